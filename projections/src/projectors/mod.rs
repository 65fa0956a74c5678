//! Every read model of the ledger.

use std::sync::Arc;

use crate::projector::Projector;

/// All projectors, each with its own checkpoints.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projector>> {
    Vec::new()
}
