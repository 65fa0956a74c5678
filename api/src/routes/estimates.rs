//! What usage would cost, before it is used.
//!
//! Invariant: nothing is changed, and the decision that prices a charge prices the estimate.
//! Invariant: counting tokens never holds up other requests; so many texts are counted at once.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use domain::commands::{Amount, Consume};
use domain::price::PriceBooks;
use domain::{CommandId, Context, Estimate, History, Organization, OrganizationId, Timestamp, estimate};
use http::StatusCode;
use tokens::Count;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::call::VisitorCall;
use super::run::{admitted, json};
use crate::answers::{EstimateAnswer, Standing};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::{of_execute, of_refusal};
use crate::request::body::read_text;
use crate::request::estimates::EstimateBody;

/// Texts that are counted at once: the largest takes a core for a moment, and the others are for commands.
const TEXTS_COUNTED_MAX: usize = 2;
static COUNTING: Semaphore = Semaphore::const_new(TEXTS_COUNTED_MAX);

/// Estimates what a consumption would cost now, by quantities or by the tokens of a text.
///
/// With an organization it counts that one's use of the month and says what the amount is to its balance; one that is
/// new is estimated with the bonus that its first command brings. A browser token and a bound key estimate for their own
/// organization, which they need not name.
#[utoipa::path(post, path = "/v1/estimates", tag = "price book", request_body = EstimateBody,
    responses((status = 200, body = EstimateAnswer<'static>), (status = "default", body = ProblemDetails)))]
pub async fn create(State(app): State<App>, VisitorCall(call): VisitorCall) -> Result<Response, Problem> {
    let mut asked = read_text::<EstimateBody>(call.body())?.asked()?;
    let own = || call.caller.organization.as_ref().map(ToString::to_string);
    let named = asked.organization_id.take().or_else(own);
    let organization = named.map(|id| admitted(&app, &call.caller, &id)).transpose()?;
    let books = app.catalogue.books_for_a_price().await?;
    let count = match asked.text.take() {
        Some(text) => Some(counted(asked.model().map(str::to_owned), text).await?),
        None => None,
    };
    let usage = asked.with_tokens(count.map(|count| count.tokens));
    let consume = Consume { amount: Amount::Priced(Arc::clone(&books)), usage };
    let (found, at) = estimated(&app, organization.as_ref(), &consume, &books).await?;
    Ok(answer(organization.as_ref(), &consume, &books, at, &found, count))
}

fn answer(
    organization: Option<&OrganizationId>,
    consume: &Consume,
    books: &PriceBooks,
    at: Timestamp,
    found: &Estimate,
    count: Option<Count>,
) -> Response {
    let price = found.receipt.as_deref().expect("a priced consumption has a receipt");
    let published = books.at(at).expect("the book that has just priced is in force");
    let standing = |id| Standing::of(OrganizationId::as_str(id), found, &published.book);
    let estimate = EstimateAnswer {
        operation: consume.usage.operation().expect("an estimate names its operation"),
        amount: found.amount.get(),
        required: found.amount.get(),
        price_version: price.version,
        price,
        tokens: count.map(Into::into),
        standing: organization.map(standing),
    };
    json(StatusCode::OK, &estimate)
}

/// On the organization's confirmed state, or on a new one's.
async fn estimated(
    app: &App,
    organization: Option<&OrganizationId>,
    consume: &Consume,
    books: &PriceBooks,
) -> Result<(Estimate, Timestamp), Problem> {
    let strong = match organization {
        Some(organization) => app.ledger.strong_balance(organization).await.map_err(of_execute)?,
        None => None,
    };
    let (state, at) = match strong {
        Some(strong) => (strong.state, strong.at),
        None => (Organization::default(), domain::time::to_micros(app.clock.now())),
    };
    let nobody = OrganizationId::try_new("nobody").expect("a word is an id");
    let context = Context {
        organization: organization.unwrap_or(&nobody),
        // Its ids are those of nothing: no event leaves an estimate.
        command_id: CommandId::without_key(Uuid::nil()),
        now: at,
        history: &History::new(),
        // By the book that prices it: a new organization's first command brings the bonus and spends it.
        welcome: books.at(at).ok().and_then(|published| published.book.welcome()),
    };
    estimate(state, consume, &context).map(|found| (found, at)).map_err(|refusal| of_refusal(&refusal))
}

/// Counted beside the requests. Whoever waits holds their place among the bodies in memory, which bounds the waiting.
async fn counted(model: Option<String>, text: String) -> Result<Count, Problem> {
    let turn = COUNTING.acquire().await.expect("it is never closed");
    let counting = tokio::task::spawn_blocking(move || {
        // Held until the text is counted, even where the caller has gone.
        let _turn = turn;
        tokens::count(model.as_deref(), &text)
    });
    counting.await.map_err(|_| {
        let detail = "the text could not be counted, which is a defect of the ledger";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Internal error", detail)
    })
}
