//! The processor's ids: opaque texts, each of one kind.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! processor_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        })*
    };
}

processor_id!(
    /// Who pays: one for each organization.
    CustomerId,
    /// A page where a customer pays.
    CheckoutId,
    /// One payment, from its first try to its end.
    IntentId,
    /// One try that reached a bank.
    ChargeId,
    RefundId,
    DisputeId,
    PriceId,
    /// A saved card.
    PaymentMethodId,
    EventId,
);
