//! Bodies that hold credits, and end the hold.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Command;
use domain::commands::{Amount, CancelReservation, ConfirmReservation, Over, OverPolicy, Reserve};
use domain::ids::ReservationId;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::usage::{ReferenceBody, UsageFields};
use crate::request::{Asked, grants, text};

/// Seconds that a reservation lasts when its request does not say (DESIGN section 7).
const EXPIRES_IN_SECONDS_DEFAULT: u32 = 900;

/// Credits to hold for work in progress.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveBody {
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000_000_000_000_i64, example = 500)]
    amount: Option<Given>,
    /// How long the hold lasts; at most 30 days.
    #[schema(value_type = Option<u32>, default = 900, minimum = 1, maximum = 2_592_000)]
    expires_in_seconds: Option<Given>,
    /// What a confirmation for more does: `reject`, `take_available` or `overdraft`, or an object with that `policy` and
    /// a `max_amount`.
    #[schema(value_type = Option<Object>)]
    over: Option<OverBody>,
    /// The price version of an estimate, to be charged by; default the one in force.
    #[schema(value_type = Option<u32>, minimum = 1)]
    price_version: Option<Given>,
    #[schema(max_length = 128)]
    operation: Option<String>,
    #[schema(value_type = Option<BTreeMap<String, u64>>)]
    quantities: Option<BTreeMap<String, Given>>,
    dimensions: Option<BTreeMap<String, String>>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    reference: Option<ReferenceBody>,
    #[schema(max_length = 128)]
    subject: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    occurred_at: Option<DateTime<Utc>>,
}

/// What a confirmation for more than was reserved does: the policy's name, or an object with a cap.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "`over` is \"reject\", \"take_available\", \"overdraft\" or {\"policy\": one of these, \"max_amount\": n}"
)]
pub enum OverBody {
    Policy(OverPolicy),
    Capped(CappedOver),
}

/// A policy with a cap on the confirmed amount.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CappedOver {
    #[schema(value_type = String, pattern = "^(reject|take_available|overdraft)$")]
    policy: OverPolicy,
    #[schema(value_type = Option<i64>, minimum = 1)]
    max_amount: Option<Given>,
}

impl OverBody {
    fn over(self) -> Result<Over, Problem> {
        Ok(match self {
            Self::Policy(policy) => Over { policy, max_amount: None },
            Self::Capped(CappedOver { policy, max_amount }) => {
                Over { policy, max_amount: amount::optional("over.max_amount", max_amount, Range::Positive)? }
            }
        })
    }
}

impl ReserveBody {
    pub(crate) fn command(self) -> Result<Asked, Problem> {
        let seconds = self.expires_in_seconds.map(|given| grants::interval("expires_in_seconds", given));
        let fields = UsageFields {
            operation: self.operation,
            quantities: self.quantities,
            dimensions: self.dimensions,
            subject: self.subject,
            description: self.description,
            reference: self.reference,
            metadata: self.metadata,
            occurred_at: self.occurred_at,
        };
        let amount = fields.amount(self.amount)?;
        if self.price_version.is_some() && matches!(amount, Amount::Given(_)) {
            let detail = "`price_version` goes with `operation` and `quantities`, not with `amount`";
            return Err(Problem::invalid("two_prices", "Two prices", detail).with("field", "price_version"));
        }
        Ok(Asked::of(Command::Reserve(Reserve {
            amount,
            price_version: self.price_version.map(version).transpose()?,
            expires_in_seconds: seconds.transpose()?.unwrap_or(EXPIRES_IN_SECONDS_DEFAULT),
            over: self.over.map(OverBody::over).transpose()?.unwrap_or_default(),
            usage: fields.usage()?,
        })))
    }
}

fn version(given: Given) -> Result<u32, Problem> {
    let value = amount::integer("price_version", given, Range::Positive)?;
    // No book has so high a version, which is what the caller is told.
    Ok(u32::try_from(value).unwrap_or(u32::MAX))
}

/// What the work cost in the end.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    /// Default: what `quantities` cost, or the reserved amount. 0 is a fact, too.
    #[schema(value_type = Option<i64>, minimum = 0)]
    amount: Option<Given>,
    /// What was really used; recorded with `amount`, priced by the price book without it.
    #[schema(value_type = Option<BTreeMap<String, u64>>)]
    quantities: Option<BTreeMap<String, Given>>,
}

impl ConfirmBody {
    pub(crate) fn command(self, reservation: Uuid) -> Result<Asked, Problem> {
        Ok(Asked::of(Command::ConfirmReservation(ConfirmReservation {
            reservation_id: ReservationId::new(reservation),
            amount: amount::optional("amount", self.amount, Range::ZeroOrMore)?,
            quantities: text::quantities(self.quantities)?,
            books: None,
        })))
    }
}

/// Nothing needs to be said; the body may be empty.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {}

impl CancelBody {
    pub(crate) fn command(self, reservation: Uuid) -> Command {
        Command::CancelReservation(CancelReservation { reservation_id: ReservationId::new(reservation) })
    }
}
