//! What every request can reach.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use projections::Runner;
use projections::queries::Reader;
use store::{Clock, Ledger};
use tokio::sync::Semaphore;

use crate::auth::Authenticator;
use crate::catalogue::Catalogue;
use crate::feed::Feed;
use crate::origins::Origins;
use crate::paying::Paying;

/// The server's parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts themselves.
pub struct Parts {
    pub ledger: Arc<Ledger>,
    pub reads: Reader,
    pub projections: Arc<Runner>,
    pub clock: Arc<dyn Clock>,
    pub auth: Authenticator,
    pub catalogue: Catalogue,
    pub metrics: PrometheusHandle,
    pub feed: Feed,
    pub origins: Origins,
    /// `None`: payments are off.
    pub paying: Option<Paying>,
    pub notifications: Arc<notifications::Runner>,
    /// One for each request in work.
    pub permits: Semaphore,
    /// One for each byte of bodies in memory.
    pub bodies: Arc<Semaphore>,
}

impl App {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
