//! The commands of the API: one row each, shared by its own endpoint and the batch.

use uuid::Uuid;

use crate::auth::Scope;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::{
    Asked, adjustments, auto_recharge, consumptions, grants, purchases, recurring, reservations, settings, text,
};

/// A command that callers may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Grant,
    VoidGrant,
    RecordPurchase,
    RevokePurchase,
    Consume,
    RefundConsumption,
    Reserve,
    ConfirmReservation,
    CancelReservation,
    Adjust,
    ChangeSettings,
    ConfigureRecurringGrant,
    ConfigureAutoRecharge,
    ResumeRecharge,
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::Grant,
        Self::VoidGrant,
        Self::RecordPurchase,
        Self::RevokePurchase,
        Self::Consume,
        Self::RefundConsumption,
        Self::Reserve,
        Self::ConfirmReservation,
        Self::CancelReservation,
        Self::Adjust,
        Self::ChangeSettings,
        Self::ConfigureRecurringGrant,
        Self::ConfigureAutoRecharge,
        Self::ResumeRecharge,
    ];

    /// The `type` of a batch item, and part of the request hash; equal to [`Asked::name`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::VoidGrant => "void_grant",
            Self::RecordPurchase => "record_purchase",
            Self::RevokePurchase => "revoke_purchase",
            Self::Consume => "consume",
            Self::RefundConsumption => "refund_consumption",
            Self::Reserve => "reserve",
            Self::ConfirmReservation => "confirm_reservation",
            Self::CancelReservation => "cancel_reservation",
            Self::Adjust => "adjust",
            Self::ChangeSettings => "change_settings",
            Self::ConfigureRecurringGrant => "configure_recurring_grant",
            Self::ConfigureAutoRecharge => "configure_auto_recharge",
            Self::ResumeRecharge => "resume_recharge",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The field of a batch item that takes the place of the id in the path.
    #[must_use]
    pub const fn target_field(self) -> Option<&'static str> {
        match self {
            Self::VoidGrant => Some("grant_id"),
            Self::RevokePurchase => Some("purchase_id"),
            Self::RefundConsumption => Some("consumption_id"),
            Self::ConfirmReservation | Self::CancelReservation => Some("reservation_id"),
            Self::Grant
            | Self::RecordPurchase
            | Self::Consume
            | Self::Reserve
            | Self::Adjust
            | Self::ChangeSettings
            | Self::ConfigureRecurringGrant
            | Self::ConfigureAutoRecharge
            | Self::ResumeRecharge => None,
        }
    }

    /// A service that spends needs no key that could make credits.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::Consume
            | Self::RefundConsumption
            | Self::Reserve
            | Self::ConfirmReservation
            | Self::CancelReservation => Scope::Command,
            Self::Grant
            | Self::VoidGrant
            | Self::RecordPurchase
            | Self::RevokePurchase
            | Self::Adjust
            | Self::ChangeSettings
            | Self::ConfigureRecurringGrant
            | Self::ConfigureAutoRecharge
            | Self::ResumeRecharge => Scope::Admin,
        }
    }

    /// Whether it counts as a request of its organization: what begins work does. What ends work that was let in does not,
    /// because a hold whose end is refused is work that nobody pays; nor does what only an administrator may do, so that
    /// credits reach an organization that is busy.
    #[must_use]
    pub fn is_rate_limited(self) -> bool {
        self.scope() == Scope::Command && !matches!(self, Self::ConfirmReservation | Self::CancelReservation)
    }

    /// Reads the body. `target` is the id of the path; `key` names what the command makes outside the ledger's ids.
    ///
    /// # Errors
    /// What is wrong with the body.
    pub fn read(self, target: Option<Uuid>, key: &str, body: Body<'_>) -> Result<Asked, Problem> {
        let target = || target.ok_or_else(|| text::missing(self.target_field().unwrap_or("id")));
        let command = match self {
            Self::ConfigureAutoRecharge => return body.read::<auto_recharge::AutoRechargeBody>()?.command(),
            Self::RecordPurchase => return body.read::<purchases::PurchaseBody>()?.command(),
            Self::Consume => return body.read::<consumptions::ConsumeBody>()?.command(),
            Self::Reserve => return body.read::<reservations::ReserveBody>()?.command(),
            Self::ConfirmReservation => return body.read::<reservations::ConfirmBody>()?.command(target()?),
            Self::Grant => body.read::<grants::GrantBody>()?.command()?,
            Self::VoidGrant => body.read::<grants::VoidBody>()?.command(target()?)?,
            Self::RevokePurchase => body.read::<purchases::PurchaseRefundBody>()?.command(target()?, key)?,
            Self::RefundConsumption => body.read::<consumptions::RefundBody>()?.command(target()?)?,
            Self::CancelReservation => body.read::<reservations::CancelBody>()?.command(target()?),
            Self::Adjust => body.read::<adjustments::AdjustBody>()?.command()?,
            Self::ChangeSettings => body.read::<settings::SettingsBody>()?.command()?,
            Self::ResumeRecharge => body.read::<auto_recharge::ResumeBody>()?.command(),
            Self::ConfigureRecurringGrant => body.read::<recurring::RecurringGrantBody>()?.command()?,
        };
        Ok(Asked::Command(command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: Uuid = Uuid::nil();

    fn read(kind: Kind, body: &str) -> Result<Asked, Problem> {
        kind.read(kind.target_field().map(|_| ID), "key-1", Body::Text(body.as_bytes()))
    }

    #[test]
    fn names_are_those_of_the_domain_and_bodies_make_commands() {
        let bodies = [
            (Kind::Grant, r#"{"amount": 5, "reason": "welcome"}"#),
            (Kind::VoidGrant, r#"{"reason": "mistake"}"#),
            (
                Kind::RecordPurchase,
                r#"{"credits": 5, "price": {"amount_minor": 100, "currency": "usd"}, "payment_reference": "inv-1"}"#,
            ),
            (Kind::RevokePurchase, r#"{"reason": "returned"}"#),
            (Kind::Consume, r#"{"amount": 5}"#),
            (Kind::RefundConsumption, r#"{"reason": "failed"}"#),
            (Kind::Reserve, r#"{"amount": 5}"#),
            (Kind::ConfirmReservation, ""),
            (Kind::CancelReservation, "{}"),
            (Kind::Adjust, r#"{"amount": -5, "reason": "count"}"#),
            (Kind::ChangeSettings, r#"{"overdraft_limit": 0}"#),
            (Kind::ConfigureRecurringGrant, r#"{"grant": {"amount": 5, "rollover": {"capped": 3}}}"#),
            (Kind::ConfigureAutoRecharge, r#"{"threshold": 5, "package_id": "starter"}"#),
            (Kind::ResumeRecharge, ""),
        ];
        assert_eq!(bodies.len(), Kind::ALL.len());
        for (kind, body) in bodies {
            let command = read(kind, body).unwrap_or_else(|problem| panic!("{kind:?}: {problem:?}"));
            assert_eq!((command.name(), Kind::from_name(kind.name())), (kind.name(), Some(kind)));
        }
    }

    #[test]
    fn each_bad_input_has_its_code() {
        let long = "x".repeat(1001);
        let long_reason = format!(r#"{{"amount": 5, "reason": "{long}"}}"#);
        let table = [
            (Kind::Consume, r#"{"amount": -5}"#, "amount_negative"),
            (Kind::Consume, r#"{"amount": 0}"#, "amount_zero"),
            (Kind::Consume, r#"{"amount": 1.5}"#, "amount_fractional"),
            (Kind::Consume, r#"{"amount": 9223372036854775808}"#, "amount_too_large"),
            (Kind::Consume, r#"{"amount": "5"}"#, "amount_not_a_number"),
            (Kind::Consume, "{}", "amount_missing"),
            (Kind::Consume, "", "amount_missing"),
            (Kind::Consume, r#"{"amount": null}"#, "amount_missing"),
            (Kind::Consume, r#"{"amount": 5, "amout": 5}"#, "unknown_field"),
            (Kind::Consume, r#"{"amount": 5, "amount": 6}"#, "duplicate_field"),
            (Kind::Consume, r#"{"amount": 5"#, "malformed_json"),
            (Kind::Consume, r#"{"amount": 5,}"#, "malformed_json"),
            (Kind::Consume, r#"[5]"#, "wrong_type"),
            (Kind::Consume, r#"{"amount": 5, "operation": 7}"#, "wrong_type"),
            (Kind::Consume, r#"{"amount": 5, "operation": ""}"#, "text_empty"),
            (Kind::Consume, r#"{"amount": 5, "subject": "a\u0000"}"#, "text_nul"),
            (Kind::Consume, r#"{"amount": 5, "metadata": {"a": ["\u0000"]}}"#, "text_nul"),
            (Kind::Consume, r#"{"amount": 5, "metadata": {"a": [[[[[[[[1]]]]]]]]}}"#, "metadata_too_deep"),
            (Kind::Consume, r#"{"amount": 5, "occurred_at": "yesterday"}"#, "wrong_type"),
            (Kind::Consume, r#"{"amount": 5, "quantities": {"token": -1}}"#, "amount_negative"),
            (Kind::Consume, r#"{"amount": 5, "reference": {"type": "job"}}"#, "missing_field"),
            (Kind::Grant, r#"{"amount": 5}"#, "missing_field"),
            (Kind::Grant, &long_reason, "text_too_long"),
            (Kind::Grant, r#"{"amount": 5, "reason": "r", "category": "gift"}"#, "wrong_type"),
            (
                Kind::Grant,
                r#"{"amount": 5, "reason": "r", "expires_in_seconds": 5, "expires_at": "2030-01-01T00:00:00Z"}"#,
                "two_expiries",
            ),
            (Kind::RecordPurchase, r#"{"package_id": "p", "credits": 5, "payment_reference": "r"}"#, "two_offers"),
            (Kind::Reserve, r#"{"amount": 5, "price_version": 1}"#, "two_prices"),
            (Kind::RecordPurchase, r#"{"credits": 5, "payment_reference": "r"}"#, "missing_field"),
            (
                Kind::RecordPurchase,
                r#"{"credits": 5, "price": {"amount_minor": 1, "currency": "dollars"}, "payment_reference": "r"}"#,
                "invalid_currency",
            ),
            (Kind::Reserve, r#"{"amount": 5, "over": "maybe"}"#, "wrong_type"),
            (Kind::Adjust, r#"{"amount": 0, "reason": "r"}"#, "amount_zero"),
            (Kind::ChangeSettings, r#"{"overdraft_limit": -1}"#, "amount_negative"),
            (Kind::CancelReservation, r#"{"reason": "r"}"#, "unknown_field"),
            (Kind::ConfigureAutoRecharge, r#"{"package_id": "p"}"#, "amount_missing"),
            (Kind::ConfigureAutoRecharge, r#"{"threshold": 5}"#, "missing_field"),
            (Kind::ConfigureAutoRecharge, r#"{"enabled": false, "threshold": 5}"#, "missing_field"),
            (Kind::ConfigureAutoRecharge, r#"{"threshold": 5, "package_id": "p", "amount": 0}"#, "amount_zero"),
            (
                Kind::ConfigureAutoRecharge,
                r#"{"threshold": 5, "package_id": "p", "cooldown_seconds": 2678401}"#,
                "invalid_value",
            ),
            (
                Kind::ConfigureAutoRecharge,
                r#"{"threshold": 5, "package_id": "p", "monthly_limit": {"currency": "USD"}}"#,
                "missing_field",
            ),
            (Kind::ResumeRecharge, r#"{"reason": "r"}"#, "unknown_field"),
            (Kind::ConfigureRecurringGrant, r#"{"grant": {}}"#, "amount_missing"),
            (Kind::ConfigureRecurringGrant, r#"{"grant": {"amount": 5, "rollover": "some"}}"#, "wrong_type"),
        ];
        for (kind, body, code) in table {
            let problem = read(kind, body).expect_err(body);
            assert_eq!(problem.code, code, "{kind:?} {body}: {problem:?}");
            assert!(problem.status.is_client_error() && !problem.detail.is_empty());
        }
    }

    #[test]
    fn errors_say_where() {
        let problem = read(Kind::Consume, "{\n  \"amount\": 5,\n  \"amout\": 5}").expect_err("unknown");
        assert_eq!(problem.numbers["line"], json!(3));
        let problem = read(Kind::Consume, r#"{"amount": 5, "reference": {"type": 1}}"#).expect_err("a number");
        assert_eq!(problem.numbers["field"], json!("reference.type"));
    }
}
