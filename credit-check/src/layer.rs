//! The tower layer: one request, from its hold to its charge.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tower::{Layer, Service};
use uuid::Uuid;

use crate::charge::ActualCost;
use crate::check::CreditCheck;
use crate::cost::Cost;
use crate::hold::{Held, Hold};
use crate::key::RequestKey;
use crate::problem::Problem;
use crate::reserve::{Denial, Reserve};
use crate::settings::Unreachable;

type CostOf = dyn Fn(&Parts) -> Cost + Send + Sync;

/// Charges for whatever it is laid around; made by [`CreditCheck::costing`]. A request is charged once, by the outermost
/// layer that it passes.
#[derive(Clone)]
pub struct CreditLayer {
    check: CreditCheck,
    cost: Arc<CostOf>,
}

impl CreditLayer {
    pub(crate) fn new(check: CreditCheck, cost: Arc<CostOf>) -> Self {
        Self { check, cost }
    }
}

impl fmt::Debug for CreditLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreditLayer").field("check", &self.check).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for CreditLayer {
    type Service = CreditService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CreditService { inner, layer: self.clone() }
    }
}

/// A service that is charged for.
#[derive(Clone, Debug)]
pub struct CreditService<S> {
    inner: S,
    layer: CreditLayer,
}

impl<S, Q, B> Service<Request<Q>> for CreditService<S>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    Q: Send + 'static,
    B: From<Bytes> + Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<B>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // The one that is ready, not its clone.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        self.layer.clone().serve(inner, request).boxed()
    }
}

/// What stands before the handler.
enum Admission {
    /// The credits are held.
    Held(Hold),
    /// Nothing is charged.
    Uncharged,
}

impl CreditLayer {
    async fn serve<S, Q, B>(self, mut inner: S, request: Request<Q>) -> Result<Response<B>, S::Error>
    where
        S: Service<Request<Q>, Response = Response<B>>,
        B: From<Bytes>,
    {
        let (mut parts, body) = request.into_parts();
        let hold = match self.admission(&parts).await {
            Ok(Admission::Held(hold)) => hold,
            Ok(Admission::Uncharged) => return inner.call(Request::from_parts(parts, body)).await,
            Err(problem) => return Ok(problem.response()),
        };
        parts.extensions.insert(hold.held.clone());
        // From here to the charge `hold` is dropped, and so cancelled, by whatever ends this future early: an error, the
        // deadline, a panic of the handler, a caller that has gone.
        let working = inner.call(Request::from_parts(parts, body));
        match timeout(self.check.shared.settings.handler_deadline, working).await {
            Ok(Ok(response)) if is_charged_for(response.status()) => Ok(self.charged(hold, response).await),
            Ok(unsuccessful) => unsuccessful,
            Err(_) => Ok(Problem::handler_timeout().response()),
        }
    }

    async fn admission(&self, request: &Parts) -> Result<Admission, Problem> {
        let cost = (self.cost)(request);
        if cost.is_free() || request.extensions.get::<Held>().is_some() {
            return Ok(Admission::Uncharged);
        }
        let organization = self.check.organization(request)?;
        self.check.admit(request, &organization)?;
        let shared = Arc::clone(&self.check.shared);
        let run = Uuid::now_v7();
        let key = RequestKey::of(&shared.settings.service, &request.headers, run);
        let runtime = Handle::current();
        // A task of its own: where nobody waits for it any more, its hold is dropped when it comes, and so cancelled.
        let reserving = runtime.spawn(Reserve { shared, organization, cost, key, run }.run(runtime.clone()));
        match reserving.await.unwrap_or(Err(Denial::Unreachable)) {
            Ok(hold) => Ok(Admission::Held(hold)),
            Err(Denial::Problem(problem)) => Err(problem),
            Err(Denial::Unreachable) => match self.check.shared.settings.unreachable {
                Unreachable::Refuse => Err(Problem::unreachable()),
                Unreachable::RunUncharged => {
                    tracing::warn!(%run, "the ledger gives no answer: a handler runs uncharged");
                    Ok(Admission::Uncharged)
                }
            },
        }
    }

    /// The handler's response, once it is charged for.
    async fn charged<B: From<Bytes>>(&self, hold: Hold, mut response: Response<B>) -> Response<B> {
        let actual = response.extensions_mut().remove::<ActualCost>();
        // A task of its own: a caller that goes away now has had its work done.
        let charging = hold.runtime.clone().spawn(hold.charge(actual));
        match timeout(self.check.shared.settings.confirm_within, charging).await {
            Ok(Ok(Ok(charged))) => {
                response.extensions_mut().insert(charged);
                response
            }
            Ok(Ok(Err(problem))) => problem.response(),
            Ok(Err(_)) | Err(_) => Problem::charge_pending().response(),
        }
    }
}

/// Success, and the switch to another protocol, which is where the work of a web socket begins.
fn is_charged_for(status: StatusCode) -> bool {
    status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS
}
