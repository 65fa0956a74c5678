//! What every part of payments works with.

use std::sync::Arc;

use sqlx::PgPool;
use store::{Clock, Ledger};

use crate::gateway::PaymentGateway;

/// A node's payments; cheap to clone.
#[derive(Clone)]
pub struct Payments {
    pub gateway: Arc<dyn PaymentGateway>,
    pub ledger: Arc<Ledger>,
    pub pool: PgPool,
    pub clock: Arc<dyn Clock>,
}
