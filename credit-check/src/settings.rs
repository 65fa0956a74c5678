//! How the check behaves; the defaults suit handlers that answer within a minute.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

/// What happens to requests while the ledger cannot be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unreachable {
    /// 503: no credits, no work.
    #[default]
    Refuse,
    /// The handler runs, and nobody is charged: for products that would rather give their work away than be down. Only for
    /// a ledger that gives no answer; one that refuses is believed.
    RunUncharged,
}

/// What a handler that reports more than was reserved does to its organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// The response is withheld (402), and nothing is charged.
    Reject,
    /// What is there is taken; the rest is given away.
    TakeAvailable,
    /// All of it is charged, if need be below zero: the work is done.
    #[default]
    Overdraft,
}

/// Settings of a [`crate::CreditCheck`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Names this service in the ledger's keys, so that two services that pass one idempotency key on are charged for each.
    pub service: String,
    /// How long a handler may work; later it is dropped, answered 504, and not charged.
    pub handler_deadline: Duration,
    /// How long a request waits for the ledger to reserve, tries included.
    pub reserve_within: Duration,
    /// How long a response waits for its charge, tries included; later it is answered 503, and the charge goes on beside it
    /// until the ledger has answered.
    pub confirm_within: Duration,
    /// How long a charge or a cancellation is tried beside the requests before it is given up, and logged.
    pub settle_within: Duration,
    pub unreachable: Unreachable,
    pub over: Over,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            service: "service".to_owned(),
            handler_deadline: Duration::from_secs(60),
            reserve_within: Duration::from_secs(5),
            confirm_within: Duration::from_secs(30),
            settle_within: Duration::from_secs(15 * 60),
            unreachable: Unreachable::default(),
            over: Over::default(),
        }
    }
}

impl Settings {
    /// The body of a reservation for the usage.
    pub(crate) fn reservation(&self, mut usage: Value) -> Value {
        usage["expires_in_seconds"] = json!(self.hold_seconds());
        usage["over"] = json!(self.over);
        usage
    }

    /// How long the ledger holds the credits: as long as reserving, working and charging may take together, so that a hold
    /// ends by itself soon after its request cannot be charged for any more.
    pub(crate) fn hold_seconds(&self) -> u64 {
        /// The longest reservation that the ledger makes.
        const LEDGER_MAX: u64 = 30 * 24 * 3600;
        let whole = self.reserve_within + self.handler_deadline + self.confirm_within;
        (whole.as_secs() + u64::from(whole.subsec_nanos() > 0)).clamp(1, LEDGER_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_outlasts_its_request() {
        assert_eq!(Settings::default().hold_seconds(), 95);
        let [reserve_within, handler_deadline, confirm_within] = [1, 2, 3].map(Duration::from_millis);
        let short = Settings { reserve_within, handler_deadline, confirm_within, ..Settings::default() };
        assert_eq!(short.hold_seconds(), 1);
    }
}
