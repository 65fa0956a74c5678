//! A command as far as its request alone can say it. What else it needs is in the catalogue.

use domain::Command;
use domain::commands::{Amount, Expiry};
use domain::text::{Metadata, ReferenceText};

use super::auto_recharge::PolicyAsked;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    Command(Command),
    /// A command whose amount the price book says: complete but for the books.
    Priced(Command),
    Package(PackagePurchase),
    /// A policy that buys whatever its package is now.
    Policy(PolicyAsked),
}

/// A purchase of whatever the package is now.
#[derive(Clone, Debug, PartialEq)]
pub struct PackagePurchase {
    pub package_id: String,
    pub payment_reference: ReferenceText,
    /// `None`: as the package says.
    pub expiry: Option<Expiry>,
    pub metadata: Metadata,
}

impl Asked {
    /// A command, and whether it needs the price books: where it says no amount.
    #[must_use]
    pub fn of(command: Command) -> Self {
        let is_priced = match &command {
            Command::Consume(c) => matches!(c.amount, Amount::Priced(_)),
            Command::Reserve(c) => matches!(c.amount, Amount::Priced(_)),
            Command::ConfirmReservation(c) => c.amount.is_none(),
            _ => false,
        };
        if is_priced { Self::Priced(command) } else { Self::Command(command) }
    }

    /// As commands are named.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Command(command) | Self::Priced(command) => command.name(),
            Self::Package(_) => "record_purchase",
            Self::Policy(_) => "configure_auto_recharge",
        }
    }
}
