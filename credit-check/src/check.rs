//! The check itself: whose request it is, what it may cost, and whether there are credits for it.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use rate_limit::{Buckets, Rate};

use crate::cost::Cost;
use crate::layer::CreditLayer;
use crate::ledger::Ledger;
use crate::problem::Problem;
use crate::settings::Settings;
use crate::tasks::Tasks;

type OrganizationOf = dyn Fn(&Parts) -> Option<String> + Send + Sync;
type RateOf = dyn Fn(&Parts, &str) -> Option<Rate> + Send + Sync;

/// A service's check of credits, from which layers are made. Cheap to clone.
#[derive(Clone)]
pub struct CreditCheck {
    pub(crate) shared: Arc<Shared>,
    limits: Option<Arc<Limits>>,
}

/// What all layers of a check share.
pub(crate) struct Shared {
    pub(crate) ledger: Ledger,
    pub(crate) settings: Settings,
    pub(crate) tasks: Tasks,
    organization: Box<OrganizationOf>,
}

struct Limits {
    rate: Box<RateOf>,
    buckets: Buckets<String>,
}

impl fmt::Debug for CreditCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreditCheck").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl CreditCheck {
    /// `organization` says who pays, from what the service's own authentication has found out: of a header or a path that a
    /// caller may write freely, callers would spend each other's credits. `None` is answered 401.
    pub fn new(
        ledger: Ledger,
        organization: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
        settings: Settings,
    ) -> Self {
        let shared = Shared { ledger, settings, tasks: Tasks::default(), organization: Box::new(organization) };
        Self { shared: Arc::new(shared), limits: None }
    }

    /// Lets each organization make so many requests through this service's layers, counted in this process; `None` is no
    /// limit. A request that comes too early is answered 429, and nothing is reserved for it.
    #[must_use]
    pub fn limited(mut self, rate: impl Fn(&Parts, &str) -> Option<Rate> + Send + Sync + 'static) -> Self {
        self.limits = Some(Arc::new(Limits { rate: Box::new(rate), buckets: Buckets::default() }));
        self
    }

    /// A layer for handlers that cost the same whatever is asked.
    #[must_use]
    pub fn costing(&self, cost: Cost) -> CreditLayer {
        self.costing_by(move |_| cost.clone())
    }

    /// A layer for handlers whose cost depends on the request.
    #[must_use]
    pub fn costing_by(&self, cost: impl Fn(&Parts) -> Cost + Send + Sync + 'static) -> CreditLayer {
        CreditLayer::new(self.clone(), Arc::new(cost))
    }

    /// Waits until no request, charge or cancellation is under way: for the end of a process, after its server has stopped.
    pub async fn settled(&self) {
        self.shared.tasks.ended().await;
    }

    pub(crate) fn organization(&self, request: &Parts) -> Result<Arc<str>, Problem> {
        let given = (self.shared.organization)(request).filter(|id| is_organization(id));
        given.map(Arc::from).ok_or_else(Problem::nobody)
    }

    pub(crate) fn admit(&self, request: &Parts, organization: &str) -> Result<(), Problem> {
        let Some(limits) = &self.limits else { return Ok(()) };
        let Some(rate) = (limits.rate)(request, organization) else { return Ok(()) };
        let taken = limits.buckets.take(&organization.to_owned(), rate);
        taken.wait.map_or(Ok(()), |wait| Err(Problem::rate_limited(Some(taken), Some(wait))))
    }
}

/// The form of the ledger's ids, so that none is ever a path of its own.
fn is_organization(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.as_bytes()[0].is_ascii_alphanumeric()
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_are_put_into_paths() {
        for id in ["acme", "a", "0198c1f8-0000-8000-8000-000000000000", "a.b_c:d"] {
            assert!(is_organization(id), "{id}");
        }
        for bad in ["", "../keys", "a/b", "a?b", "a%2Fb", ".a", "ä", &"x".repeat(65)] {
            assert!(!is_organization(bad), "{bad}");
        }
    }
}
