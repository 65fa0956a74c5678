//! What a reconciliation found.

use domain::OrganizationId;
use domain::ids::PurchaseId;
use serde::Serialize;

use crate::gateway::IntentId;

/// The result of an audit, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Payments of ours that were looked at.
    pub seen: u64,
    /// Payments whose credits were not as they should be, and are now.
    pub missed: u64,
    /// Payments that the account has for other things.
    pub foreign: u64,
    /// What a person has to look at.
    pub unsettled: Vec<Unsettled>,
}

/// A payment that the log does not agree with, and cannot be made to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unsettled {
    pub intent: IntentId,
    #[serde(serialize_with = "shown")]
    pub organization: Option<OrganizationId>,
    #[serde(serialize_with = "shown")]
    pub purchase: Option<PurchaseId>,
    pub why: String,
}

fn shown<T: std::fmt::Display, S: serde::Serializer>(id: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Events,
    Open,
    Payments,
}

/// How far it has come; there is no total, because lists have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    pub seen: u64,
    pub missed: u64,
}
