//! Up to a thousand commands of any organizations in one request, each with its own outcome.

use axum::extract::State;
use axum::response::Response;
use domain::OrganizationId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use store::{Committed, EventMetadata, RecordedEvent};
use utoipa::ToSchema;

use super::call::{Call, key, key_required};
use super::run::{Item, Ready, first_outcome, json, no_events, visible};
use crate::answers::{Answer, outcome};
use crate::app::App;
use crate::auth::{Caller, Scope};
use crate::limits::BATCH_COMMANDS_MAX;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_execute;
use crate::rates::admit_item;
use crate::request::body::{Body, Object, read_text};
use crate::request::{Kind, id, missing};

/// A batch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// Each is `{"type", "organization_id", "idempotency_key", ...}` with the fields of its own endpoint's body, and
    /// `grant_id`, `purchase_id`, `consumption_id` or `reservation_id` where that path has an id.
    #[schema(value_type = Vec<Object>, max_items = 1000)]
    commands: Vec<Box<RawValue>>,
}

/// What became of one command.
#[derive(Serialize, ToSchema)]
pub struct ItemResult<'a> {
    /// The status that its own endpoint would have answered.
    status: u16,
    /// The key had been used for this command before; this is its first outcome.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemDetails>)]
    problem: Option<&'a Problem>,
    /// On a failed command: whether the same command may succeed later, unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    retryable: Option<bool>,
}

/// One result a command, in listed order.
#[derive(Serialize, ToSchema)]
pub struct BatchAnswer<'a> {
    results: Vec<ItemResult<'a>>,
}

/// Runs up to 1,000 commands, each independent of the others.
///
/// Commands of one organization are decided in listed order, organizations concurrently. A command hashes as at its
/// own endpoint, so a retry may use either.
#[utoipa::path(post, path = "/v1/commands", tag = "commands", request_body = BatchBody,
    responses(
        (status = 200, body = BatchAnswer<'static>, description = "Each command's own status"),
        (status = 422, body = ProblemDetails, description = "More than 1,000 commands"),
        (status = "default", body = ProblemDetails)))]
pub async fn commands(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    call.caller.must_have(Scope::Command)?;
    let batch: BatchBody = read_text(call.body())?;
    if batch.commands.len() > BATCH_COMMANDS_MAX {
        let (given, detail) = (batch.commands.len(), format!("a batch has at most {BATCH_COMMANDS_MAX} commands"));
        let problem = Problem::invalid("too_many_commands", "Batch too large", detail);
        return Err(problem.with("maximum", BATCH_COMMANDS_MAX).with("given", given));
    }
    let metadata = call.metadata();
    let mut requests = Vec::with_capacity(batch.commands.len());
    for text in &batch.commands {
        requests.push(ready(&app, &call.caller, &metadata, text.get()).await);
    }
    let outcomes = execute(&app, requests).await;
    let results = outcomes.iter().map(result).collect();
    Ok(json(StatusCode::OK, &BatchAnswer { results }))
}

/// Reads one item.
async fn ready(app: &App, caller: &Caller, metadata: &EventMetadata, text: &str) -> Result<Ready, Problem> {
    let Object(object) = read_text(text.as_bytes())?;
    let (envelope, object) = Envelope::take(caller, object)?;
    let Envelope { kind, organization, target, key } = envelope;
    if kind.is_rate_limited() {
        admit_item(app, &organization)?;
    }
    let key = self::key(&key)?;
    let asked = kind.read(target, key.text(), Body::Object(object.clone()))?;
    Item { kind, organization, target, key, object: &object, asked }.ready(app, metadata.clone()).await
}

/// What the path and the headers say at a single endpoint.
struct Envelope {
    kind: Kind,
    organization: OrganizationId,
    target: Option<uuid::Uuid>,
    key: String,
}

impl Envelope {
    /// Takes the envelope's fields out of an item; what remains is the body.
    fn take(caller: &Caller, mut item: Map<String, Value>) -> Result<(Self, Map<String, Value>), Problem> {
        let name = take_text(&mut item, "type")?.ok_or_else(|| missing("type"))?;
        let kind = Kind::from_name(&name).ok_or_else(|| unknown_type(&name))?;
        caller.must_have(kind.scope())?;
        let organization = take_text(&mut item, "organization_id")?.ok_or_else(|| missing("organization_id"))?;
        let organization = visible(caller, &organization)?;
        let key = take_text(&mut item, "idempotency_key")?.ok_or_else(key_required)?;
        let target = match kind.target_field() {
            None => None,
            Some(field) => {
                let given = take_text(&mut item, field)?.ok_or_else(|| missing(field))?;
                Some(id(field, &given)?)
            }
        };
        Ok((Self { kind, organization, target, key }, item))
    }
}

fn take_text(item: &mut Map<String, Value>, field: &'static str) -> Result<Option<String>, Problem> {
    match item.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => {
            let detail = format!("`{field}` is not a string");
            Err(Problem::invalid("wrong_type", "Not what was expected", detail).with("field", field))
        }
    }
}

fn unknown_type(name: &str) -> Problem {
    let known = Kind::ALL.map(Kind::name).join(", ");
    let detail = format!("there is no command of type `{name}`; the types are {known}");
    Problem::invalid("unknown_command_type", "No such command", detail).with("field", "type")
}

/// A durable command, with the events of the first outcome where it only repeats one.
type Done = (Committed, Option<Vec<RecordedEvent>>);

/// Executes what could be read; one outcome an item, in order.
async fn execute(app: &App, items: Vec<Result<Ready, Problem>>) -> Vec<Result<Done, Problem>> {
    let mut requests = Vec::with_capacity(items.len());
    let mut take = |ready| match ready {
        Ready::Known(committed) => Some(committed),
        Ready::Request(request) => {
            requests.push(request);
            None
        }
    };
    let items: Vec<Result<Option<Committed>, Problem>> = items.into_iter().map(|item| item.map(&mut take)).collect();
    let mut executed = app.ledger.execute_all(requests).await.into_iter();
    let mut outcomes = Vec::with_capacity(items.len());
    for item in items {
        let committed = match item {
            Err(problem) => Err(problem),
            Ok(Some(known)) => Ok(known),
            Ok(None) => executed.next().expect("the ledger answers every command").map_err(of_execute),
        };
        outcomes.push(match committed {
            Err(problem) => Err(problem),
            Ok(committed) => first_outcome(app, &committed).await.map(|first| (committed, first)),
        });
    }
    outcomes
}

fn result(outcome: &Result<Done, Problem>) -> ItemResult<'_> {
    match outcome {
        Err(problem) => failed(problem),
        Ok((committed, first)) => match self::outcome(first.as_deref().unwrap_or(&committed.events)) {
            Some(outcome) => ItemResult {
                status: outcome.status.as_u16(),
                replayed: committed.replayed,
                answer: Some(outcome.answer),
                problem: None,
                retryable: None,
            },
            None => {
                let status = no_events().status.as_u16();
                ItemResult { status, replayed: false, answer: None, problem: None, retryable: Some(false) }
            }
        },
    }
}

fn failed(problem: &Problem) -> ItemResult<'_> {
    ItemResult {
        status: problem.status.as_u16(),
        replayed: false,
        answer: None,
        problem: Some(problem),
        retryable: Some(problem.retryable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Role;
    use crate::request::request_hash;

    fn admin() -> Caller {
        Caller { actor: "key:1".into(), scope: Scope::Admin, organization: None, role: Role::Key([0; 32]) }
    }

    fn take(item: &str) -> Result<(Envelope, Map<String, Value>), Problem> {
        Envelope::take(&admin(), read_text::<Object>(item.as_bytes())?.0)
    }

    #[test]
    fn c22_an_item_hashes_like_its_own_endpoint() {
        let id = "0198c1f8-0000-8000-8000-000000000000";
        let item = format!(
            r#"{{"idempotency_key": "k", "amount": 1e0, "type": "refund_consumption", "reason": "x",
                "consumption_id": "{id}", "organization_id": "acme"}}"#
        );
        let (envelope, body) = take(&item).expect("a whole envelope");
        let Object(single) = read_text(br#"{"reason":"x","amount":1}"#).expect("an object");
        let hash = |target, body| request_hash(envelope.kind.name(), &envelope.organization, target, body);
        let single_hash = hash(Some(uuid::Uuid::parse_str(id).expect("a UUID")), &single);
        assert_eq!(hash(envelope.target, &body).expect("plain"), single_hash.expect("plain"));
    }

    #[test]
    fn each_bad_envelope_has_its_code() {
        for (item, code) in [
            ("[]", "wrong_type"),
            ("{}", "missing_field"),
            (r#"{"type": "spend", "organization_id": "acme", "idempotency_key": "k"}"#, "unknown_command_type"),
            (r#"{"type": "consume", "organization_id": "a b", "idempotency_key": "k"}"#, "invalid_organization_id"),
            (r#"{"type": "consume", "organization_id": "acme"}"#, "idempotency_key_required"),
            (r#"{"type": "consume", "organization_id": 5, "idempotency_key": "k"}"#, "wrong_type"),
            (r#"{"type": "cancel_reservation", "organization_id": "acme", "idempotency_key": "k"}"#, "missing_field"),
            (
                r#"{"type": "cancel_reservation", "organization_id": "acme", "idempotency_key": "k", "reservation_id": "7"}"#,
                "invalid_id",
            ),
        ] {
            assert_eq!(take(item).err().expect(item).code, code, "{item}");
        }
    }
}
