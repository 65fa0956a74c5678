//! What a payment carries at the processor, so that its events lead back to us whatever else was lost.
//!
//! Invariant: labels find a purchase; what it is worth is read from our own log.

use std::collections::BTreeMap;

use domain::ids::{PurchaseId, RechargeId};
use domain::text::ReferenceText;
use domain::{Credits, OrganizationId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Metadata as the processor keeps it.
pub type Pairs = BTreeMap<String, String>;

/// Whose payment it is, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentLabels {
    pub organization_id: OrganizationId,
    pub purchase_id: PurchaseId,
    pub package_id: Option<ReferenceText>,
    /// For people who look at the processor's dashboard.
    pub credits: Credits,
    /// Of a recharge.
    pub attempt_id: Option<RechargeId>,
}

impl PaymentLabels {
    #[must_use]
    pub fn pairs(&self) -> Pairs {
        let mut pairs = Pairs::from([
            ("organizationId".to_owned(), self.organization_id.to_string()),
            ("purchaseId".to_owned(), self.purchase_id.to_string()),
            ("credits".to_owned(), self.credits.get().to_string()),
        ]);
        if let Some(package) = &self.package_id {
            pairs.insert("packageId".to_owned(), package.to_string());
        }
        if let Some(attempt) = self.attempt_id {
            pairs.insert("attemptId".to_owned(), attempt.to_string());
        }
        pairs
    }

    /// The labels in somebody's metadata; `None` where the payment is not one of ours.
    #[must_use]
    pub fn read(pairs: &Pairs) -> Option<Self> {
        Some(Self {
            organization_id: OrganizationId::try_new(pairs.get("organizationId")?).ok()?,
            purchase_id: PurchaseId::new(Uuid::try_parse(pairs.get("purchaseId")?).ok()?),
            package_id: pairs.get("packageId").and_then(|id| ReferenceText::try_new(id).ok()),
            credits: Credits::new(pairs.get("credits").and_then(|credits| credits.parse().ok()).unwrap_or_default()),
            attempt_id: Self::attempt(pairs),
        })
    }

    /// The recharge that a payment belongs to.
    #[must_use]
    pub fn attempt(pairs: &Pairs) -> Option<RechargeId> {
        pairs.get("attemptId").and_then(|id| Uuid::try_parse(id).ok()).map(RechargeId::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_back() {
        let labels = PaymentLabels {
            organization_id: OrganizationId::try_new("acme").unwrap(),
            purchase_id: PurchaseId::new(Uuid::from_u128(7)),
            package_id: Some(ReferenceText::try_new("starter").unwrap()),
            credits: Credits::new(1_000),
            attempt_id: Some(RechargeId::new(Uuid::from_u128(9))),
        };
        assert_eq!(PaymentLabels::read(&labels.pairs()), Some(labels.clone()));
        let bare = PaymentLabels { package_id: None, attempt_id: None, ..labels };
        assert_eq!(PaymentLabels::read(&bare.pairs()), Some(bare));
        assert_eq!(PaymentLabels::read(&Pairs::from([("purchaseId".to_owned(), "no".to_owned())])), None);
    }
}
