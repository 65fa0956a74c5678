//! Requests a second by organization, at the rate of its tier: the price book says what a tier is, and the package that
//! the organization bought last which one it has.
//!
//! Invariant: no request waits for a look-up. A tier is believed for [`RATE_TIER_FRESH`] and then looked up beside the
//! request that uses it; an organization that this node has not met goes unlimited until its first look-up is back.
//! Invariant: only who may see an organization takes of its requests.
//! Absent: agreement between nodes; each counts for itself.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::response::Response;
use domain::OrganizationId;
use domain::price::rate_tiers::tier;
use http::StatusCode;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use rate_limit::{Buckets, KEYS_MAX, Rate, Taken, announce};
use tokio::time::Instant;

use crate::app::App;
use crate::limits::RATE_TIER_FRESH;
use crate::problem::Problem;
use crate::problems::of_query;

tokio::task_local! {
    /// What the request has taken, for the header fields of its answer.
    static TAKEN: Cell<Option<Taken>>;
}

/// What one organization may do, when it was looked up.
struct Known {
    /// `None`: whatever it wants.
    rate: Option<Rate>,
    looked_up_at: Instant,
    refreshing: AtomicBool,
}

impl Known {
    fn new(rate: Option<Rate>, refreshing: bool) -> Arc<Self> {
        Arc::new(Self { rate, looked_up_at: Instant::now(), refreshing: AtomicBool::new(refreshing) })
    }
}

/// The rates of one node's organizations.
pub struct Rates {
    known: Cache<OrganizationId, Arc<Known>>,
    buckets: Buckets<OrganizationId>,
}

impl Default for Rates {
    fn default() -> Self {
        let known = Cache::builder().max_capacity(KEYS_MAX).eviction_policy(EvictionPolicy::lru()).build();
        Self { known, buckets: Buckets::default() }
    }
}

/// Takes one of the organization's requests, and notes what is left for the header fields of the answer.
///
/// # Errors
/// 429 when it comes too early.
pub fn admit(app: &App, organization: &OrganizationId) -> Result<(), Problem> {
    let Some(taken) = take(app, organization) else { return Ok(()) };
    // Not there where no request is answered, which nobody reads the fields of.
    let _ = TAKEN.try_with(|cell| cell.set(Some(taken)));
    judge(taken)
}

/// The same for one command of a batch, whose answer is about many organizations and says nothing of what is left.
///
/// # Errors
/// As [`admit`].
pub fn admit_item(app: &App, organization: &OrganizationId) -> Result<(), Problem> {
    take(app, organization).map_or(Ok(()), judge)
}

/// Answers a request, with what its organization has left in the header fields.
pub async fn announcing(answering: impl Future<Output = Response>) -> Response {
    let noting = async {
        let response = answering.await;
        (response, TAKEN.with(Cell::get))
    };
    let (mut response, taken) = TAKEN.scope(Cell::new(None), noting).await;
    if let Some(taken) = taken {
        announce(taken, response.headers_mut());
    }
    response
}

fn judge(taken: Taken) -> Result<(), Problem> {
    let Some(wait) = taken.wait else { return Ok(()) };
    let detail = "the organization has made all the requests of its tier; nothing was done";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests", detail);
    Err(Problem { retry_after: Some(wait), ..problem.with("limit", taken.standing.limit) })
}

fn take(app: &App, organization: &OrganizationId) -> Option<Taken> {
    let rates = &app.rates;
    let known = rates.known.get(organization).unwrap_or_else(|| {
        let unknown = Known::new(None, true);
        rates.known.insert(organization.clone(), Arc::clone(&unknown));
        look_up_beside(app, organization, None);
        unknown
    });
    if known.looked_up_at.elapsed() > RATE_TIER_FRESH && !known.refreshing.swap(true, Ordering::Relaxed) {
        look_up_beside(app, organization, known.rate);
    }
    known.rate.map(|rate| rates.buckets.take(organization, rate))
}

/// What cannot be looked up goes on as it was.
fn look_up_beside(app: &App, organization: &OrganizationId, before: Option<Rate>) {
    let (app, organization) = (app.clone(), organization.clone());
    tokio::spawn(async move {
        let rate = match look_up(&app, &organization).await {
            Ok(rate) => rate,
            Err(problem) => {
                tracing::warn!(%organization, detail = %problem.detail, "a tier could not be looked up");
                before
            }
        };
        app.rates.known.insert(organization, Known::new(rate, false));
    });
}

/// Where the book has no tiers, nothing is asked of the read tables.
async fn look_up(app: &App, organization: &OrganizationId) -> Result<Option<Rate>, Problem> {
    let books = app.catalogue.books().await?;
    let Ok(published) = books.at(app.clock.now()) else { return Ok(None) };
    let tiers = published.book.rate_tiers();
    if tiers.is_empty() {
        return Ok(None);
    }
    let named = app.reads.rate_tier(organization).await.map_err(|failure| of_query(&failure))?;
    Ok(tier(tiers, named.as_deref()).and_then(|tier| Rate::new(tier.requests_per_second, tier.burst())))
}
