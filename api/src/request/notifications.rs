//! Bodies about notification endpoints.

use std::time::Duration;

use domain::OrganizationId;
use domain::text::Note;
use notifications::address::Addresses;
use notifications::limits::{OVERLAP_DEFAULT, OVERLAP_MAX};
use notifications::{EndpointChange, Kind, NewEndpoint, Target};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::problems::{of_kind, of_target};
use crate::request::amount::{self, Given, Range};
use crate::request::text;

/// An endpoint to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationEndpointBody {
    /// Where notifications are sent: `https`, and not in a private network unless the server allows that.
    #[schema(value_type = String, example = "https://example.com/hooks/credits")]
    url: Option<String>,
    /// The types to be told of; default all.
    types: Option<Vec<String>>,
    /// The only organization to be told of; default all. A key that is bound to one makes endpoints of its own only.
    pub organization_id: Option<String>,
    /// For people.
    #[schema(max_length = 1000)]
    description: Option<String>,
}

impl NotificationEndpointBody {
    /// The endpoint, of the organization that the caller may make it for.
    pub(crate) fn endpoint(
        self,
        organization: Option<OrganizationId>,
        created_by: &str,
        addresses: Addresses,
    ) -> Result<NewEndpoint, Problem> {
        Ok(NewEndpoint {
            organization,
            target: target(&self.url.ok_or_else(|| text::missing("url"))?, addresses)?,
            description: description(self.description)?.unwrap_or_default(),
            types: types(&self.types.unwrap_or_default())?,
            created_by: created_by.to_owned(),
        })
    }
}

/// What to change of an endpoint. What is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationEndpointChangeBody {
    url: Option<String>,
    /// In place of all types so far; empty: every type.
    types: Option<Vec<String>>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// `false` keeps what waits and takes no more; `true` again is told of what happens from then on.
    enabled: Option<bool>,
}

impl NotificationEndpointChangeBody {
    pub(crate) fn change(self, addresses: Addresses) -> Result<EndpointChange, Problem> {
        Ok(EndpointChange {
            target: self.url.map(|url| target(&url, addresses)).transpose()?,
            description: description(self.description)?,
            types: self.types.as_deref().map(types).transpose()?,
            enabled: self.enabled,
        })
    }
}

/// How an endpoint gets another secret.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRotationBody {
    /// How long the former secret signs, too; default a day, 0 when it has leaked.
    #[schema(value_type = Option<u64>, minimum = 0, maximum = 2592000, default = 86400)]
    overlap_seconds: Option<Given>,
}

impl SecretRotationBody {
    pub(crate) fn overlap(self) -> Result<Duration, Problem> {
        let Some(given) = self.overlap_seconds else { return Ok(OVERLAP_DEFAULT) };
        let seconds = amount::integer("overlap_seconds", given, Range::ZeroOrMore)?.unsigned_abs();
        let overlap = Duration::from_secs(seconds);
        if overlap > OVERLAP_MAX {
            let most = OVERLAP_MAX.as_secs();
            let detail = format!("`overlap_seconds` is {seconds}; it can be {most} at most");
            return Err(Problem::invalid("invalid_value", "Not a valid value", detail).with("field", "overlap_seconds"));
        }
        Ok(overlap)
    }
}

/// What to send again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendBody {
    /// The delivery; default all parked ones, oldest first, a thousand at once.
    pub(crate) delivery_id: Option<Uuid>,
}

fn target(given: &str, addresses: Addresses) -> Result<Target, Problem> {
    Target::try_new(given, addresses).map_err(of_target)
}

fn types(given: &[String]) -> Result<Vec<Kind>, Problem> {
    let mut kinds: Vec<Kind> =
        given.iter().map(|name| name.parse()).collect::<Result<_, _>>().map_err(|error| of_kind(&error))?;
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

fn description(given: Option<String>) -> Result<Option<String>, Problem> {
    match given.as_deref() {
        Some("") => Ok(Some(String::new())),
        given => {
            let text: Option<Note> = text::optional("description", given)?;
            Ok(text.map(|text| text.to_string()))
        }
    }
}
