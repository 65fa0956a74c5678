//! What every request can reach.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use store::{Clock, Ledger};
use tokio::sync::Semaphore;

use crate::auth::Authenticator;
use crate::limits::{BODIES_BYTES_MAX, CONCURRENT_REQUESTS_MAX};

/// The server's parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts themselves.
pub struct Parts {
    pub ledger: Arc<Ledger>,
    pub clock: Arc<dyn Clock>,
    pub auth: Authenticator,
    pub metrics: PrometheusHandle,
    /// One for each request in work.
    pub permits: Semaphore,
    /// One for each byte of bodies in memory.
    pub bodies: Arc<Semaphore>,
}

impl App {
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, clock: Arc<dyn Clock>, auth: Authenticator, metrics: PrometheusHandle) -> Self {
        let permits = Semaphore::new(CONCURRENT_REQUESTS_MAX);
        let bodies = Arc::new(Semaphore::new(BODIES_BYTES_MAX));
        Self(Arc::new(Parts { ledger, clock, auth, metrics, permits, bodies }))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
