//! Grants: the terms of one lot of credits, and what is left of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::free_credits::GrantRule;
use crate::ids::{EntityId, GrantId, PurchaseId};
use crate::text::{Label, Text};
use crate::time::Timestamp;

/// Where a lot came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Given: burns before paid ones of the same priority and expiry.
    Promotional,
    /// Bought.
    Paid,
}

/// An amount of money in the smallest unit of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    pub amount_minor: i64,
    pub currency: Currency,
}

/// A three-letter ISO 4217 code, in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a currency is a three-letter ISO 4217 code such as USD")]
pub struct InvalidCurrency;

impl Currency {
    /// # Errors
    /// [`InvalidCurrency`] unless the text is three ASCII letters (either case).
    pub fn try_new(code: &str) -> Result<Self, InvalidCurrency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| InvalidCurrency)?;
        if bytes.iter().all(u8::is_ascii_alphabetic) {
            Ok(Self(bytes.map(|b| b.to_ascii_uppercase())))
        } else {
            Err(InvalidCurrency)
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;
    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::try_new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0.iter().copied().map(char::from).collect()
    }
}

/// What was paid for how many credits: revenue is recognized at this rate as they are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostBasis {
    pub price: Money,
    pub credits: Credits,
}

/// Which operations a restricted lot may pay for: an exact name, or a prefix ending in `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationPattern(Label);

impl OperationPattern {
    /// # Errors
    /// As for every [`Text`].
    pub fn try_new(pattern: &str) -> Result<Self, crate::text::TextError> {
        Text::try_new(pattern).map(Self)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What a name must begin with, unless the pattern is a name itself.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.0.as_str().strip_suffix('*')
    }

    #[must_use]
    pub fn matches(&self, operation: &str) -> bool {
        match self.prefix() {
            Some(prefix) => operation.starts_with(prefix),
            None => operation == self.0.as_str(),
        }
    }
}

/// What never changes about a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantTerms {
    pub grant_id: GrantId,
    pub category: Category,
    pub amount: Credits,
    /// 0 to 1000; the lowest burns first.
    pub priority: u16,
    pub granted_at: Timestamp,
    /// Inclusive.
    pub effective_at: Timestamp,
    /// Exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Empty: pays for everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<OperationPattern>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_basis: Option<CostBasis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_id: Option<PurchaseId>,
    /// The first lot of this lineage, where credits came back to an organization as a lot of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_grant_id: Option<GrantId>,
    /// What gave the lot, where no command asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<GrantRule>,
}

/// Default priority of a grant.
pub const DEFAULT_PRIORITY: u16 = 100;
/// Largest priority number.
pub const MAX_PRIORITY: u16 = 1000;

impl GrantTerms {
    /// Terms without end or restriction, that cost nothing and come from no other lot.
    #[must_use]
    pub fn unrestricted(grant_id: GrantId, category: Category, amount: Credits, granted_at: Timestamp) -> Self {
        Self {
            grant_id,
            category,
            amount,
            priority: DEFAULT_PRIORITY,
            granted_at,
            effective_at: granted_at,
            expires_at: None,
            applies_to: Vec::new(),
            cost_basis: None,
            purchase_id: None,
            origin_grant_id: None,
            rule: None,
        }
    }

    /// The first lot of the lineage; its events are found under this id.
    #[must_use]
    pub fn root(&self) -> GrantId {
        self.origin_grant_id.unwrap_or(self.grant_id)
    }

    #[must_use]
    pub fn lineage(&self) -> EntityId {
        self.root().entity()
    }

    #[must_use]
    pub fn is_restricted(&self) -> bool {
        !self.applies_to.is_empty()
    }

    /// Whether the lot may pay for the operation; without one, only an unrestricted lot may.
    #[must_use]
    pub fn pays_for(&self, operation: Option<&str>) -> bool {
        !self.is_restricted()
            || operation.is_some_and(|operation| self.applies_to.iter().any(|pattern| pattern.matches(operation)))
    }

    /// DESIGN section 3, rule 1: a total order over lots.
    #[must_use]
    pub fn burn_order(&self) -> impl Ord {
        (
            self.priority,
            self.expires_at.is_none(),
            self.expires_at,
            self.category,
            self.effective_at,
            self.granted_at,
            self.grant_id,
        )
    }

    /// Equal in everything but id, amount and grant time: such lots may merge once both are effective (CORRECTNESS C20).
    /// A fact's lot is effective from its grant time, so that the start is no difference either.
    #[must_use]
    pub fn is_interchangeable_with(&self, other: &Self) -> bool {
        let normalized = |terms: &Self| Self {
            grant_id: GrantId::new(EntityId::nil()),
            amount: Credits::ZERO,
            granted_at: Timestamp::UNIX_EPOCH,
            effective_at: Timestamp::UNIX_EPOCH,
            purchase_id: None,
            origin_grant_id: None,
            ..terms.clone()
        };
        normalized(self) == normalized(other)
    }
}

/// Why a lot that still holds reserved credits gives out no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    Expired,
    Voided,
}

/// A lot with something left in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    pub terms: Arc<GrantTerms>,
    /// Held part included.
    pub remaining: Credits,
    pub held: Credits,
    /// How much of `held` a claw-back of each purchase has counted as spent: when it is released, it repays that debt
    /// (CORRECTNESS C17). Another purchase than the lot's own is there where lots have merged.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub owed: BTreeMap<PurchaseId, Credits>,
    /// Of what was released to this lot, what a claw-back has counted as spent and so repays; zero once nothing is due.
    #[serde(default, skip_serializing_if = "crate::events::is_zero")]
    pub repays: Credits,
    /// False until `effective_at` has been settled.
    pub effective: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

impl Lot {
    #[must_use]
    pub fn id(&self) -> GrantId {
        self.terms.grant_id
    }

    #[must_use]
    pub fn unheld(&self) -> Credits {
        self.remaining - self.held
    }

    /// What claw-backs have counted as spent of what is held.
    #[must_use]
    pub fn owed(&self) -> Credits {
        self.owed.values().copied().sum()
    }

    pub(crate) fn owe(&mut self, purchase: PurchaseId, amount: Credits) {
        let owed = self.owed.entry(purchase).or_insert(Credits::ZERO);
        *owed = *owed + amount;
    }

    pub(crate) fn forgive(&mut self, purchase: PurchaseId, amount: Credits) {
        self.owed.entry(purchase).and_modify(|owed| *owed = (*owed - amount).or_zero());
        self.owed.retain(|_, owed| owed.is_positive());
    }

    /// Of what comes back of the held credits, what claw-backs have counted as spent comes first.
    #[must_use]
    pub(crate) fn counted_of(&self, released: Credits) -> Credits {
        released.min(self.owed())
    }

    /// Claw-backs no longer count what comes back of the held credits.
    pub(crate) fn settle_owed(&mut self, released: Credits) {
        let mut left = released;
        for owed in self.owed.values_mut() {
            let part = left.min(*owed);
            *owed = *owed - part;
            left = left - part;
        }
        self.owed.retain(|_, owed| owed.is_positive());
    }

    pub(crate) fn bound_owed(&mut self, most: Credits) {
        let mut room = most;
        for owed in self.owed.values_mut() {
            *owed = room.min(*owed);
            room = room - *owed;
        }
        self.owed.retain(|_, owed| owed.is_positive());
    }

    /// Whether something was released to it that must repay or end before anything else happens.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.repays.is_positive() || self.closed.is_some() && self.unheld().is_positive()
    }

    /// Credits that a new command may take.
    #[must_use]
    pub fn free(&self) -> Credits {
        if self.effective && self.closed.is_none() { self.unheld() } else { Credits::ZERO }
    }

    /// The lot's part of `balance` (CORRECTNESS C15). After a command a closed lot has only held credits; between its
    /// events, what was released counts until the event that ends it, so that each event moves the balance by its amount.
    #[must_use]
    pub fn in_balance(&self) -> Credits {
        if self.effective { self.remaining } else { Credits::ZERO }
    }
}

/// Credits taken from, held in or given back to one lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    pub grant_id: GrantId,
    pub amount: Credits,
    /// The lineage's first lot, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_grant_id: Option<GrantId>,
}

impl Allocation {
    #[must_use]
    pub fn of(terms: &GrantTerms, amount: Credits) -> Self {
        Self { grant_id: terms.grant_id, amount, origin_grant_id: terms.origin_grant_id }
    }

    /// The lineage under which the lot's own events are found.
    #[must_use]
    pub fn lineage(&self) -> EntityId {
        self.origin_grant_id.unwrap_or(self.grant_id).entity()
    }
}

/// The sum of allocations.
#[must_use]
pub fn total(allocations: &[Allocation]) -> Credits {
    allocations.iter().map(|allocation| allocation.amount).sum()
}
