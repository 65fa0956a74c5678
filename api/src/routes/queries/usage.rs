//! `GET /v1/organizations/{org}/usage`.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use domain::Timestamp;
use domain::text::{Label, Unit};
use http::{HeaderMap, Uri};
use projections::queries::{Bucket, Group, PageRequest, UsageFilter};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{listed, organization, rows_or_not_found};
use crate::answers::lists::{Listed, UsageRow};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_query;
use crate::request::optional_text;
use crate::request::query::{instant, list, page};
use crate::routes::call::{Ids, Params, Visitor};

/// More would make nearly every row a group of its own.
const GROUPS_MAX: usize = 4;
const DIMENSION_PREFIX: &str = "dimensions.";

/// What one row stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    Hour,
    #[default]
    Day,
    Month,
}

impl Interval {
    fn bucket(self) -> Bucket {
        match self {
            Self::Hour => Bucket::Hour,
            Self::Day => Bucket::Day,
            Self::Month => Bucket::Month,
        }
    }

    /// The span of a request that names none, and the longest: what a chart shows, and what a page is computed from.
    fn days_default_and_max(self) -> (i64, i64) {
        match self {
            Self::Hour => (1, 31),
            Self::Day => (30, 366),
            Self::Month => (365, 3_660),
        }
    }
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageParams {
    /// From this hour on; default a day before `to` by hours, 30 days by days, 365 days by months.
    from: Option<DateTime<Utc>>,
    /// Before the end of this hour; default now. At most 31 days by hours, 366 by days, 3,660 by months.
    to: Option<DateTime<Utc>>,
    /// What one row stands for, in UTC: `hour`, `day` (default) or `month`.
    #[serde(default)]
    #[param(inline)]
    bucket: Interval,
    /// Up to four, separated by commas: `operation`, `subject`, `dimensions.<name>`.
    group_by: Option<String>,
    /// Only this operation.
    operation: Option<String>,
    /// Only this subject.
    subject: Option<String>,
    /// A command's `sequence`: the answer includes that command.
    min_sequence: Option<u64>,
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl UsageParams {
    fn question(self, now: Timestamp) -> Result<(UsageFilter, PageRequest), Problem> {
        let asked = (instant("from", self.from)?, instant("to", self.to)?);
        let (from, to) = span(self.bucket, asked, now)?;
        let operation: Option<Label> = optional_text("operation", self.operation.as_deref())?;
        let subject: Option<Label> = optional_text("subject", self.subject.as_deref())?;
        let filter = UsageFilter {
            asked,
            from,
            to,
            bucket: self.bucket.bucket(),
            groups: groups(self.group_by.as_deref())?,
            operation: operation.map(|text| text.to_string()),
            subject: subject.map(|text| text.to_string()),
        };
        Ok((filter, page(self.limit, self.cursor)?))
    }
}

/// Whole hours.
fn span(
    interval: Interval,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Problem> {
    let hour = TimeDelta::hours(1);
    let begin = |at: Timestamp| at.duration_trunc(hour).map_err(|_| too_far());
    let (days_default, days_max) = interval.days_default_and_max();
    // Usage may be labelled with a time some minutes ahead (CORRECTNESS C14).
    let to = begin(to.unwrap_or(now + hour) + (hour - TimeDelta::microseconds(1)))?;
    let from = begin(from.unwrap_or(to - TimeDelta::days(days_default)))?;
    if from >= to {
        let detail = "`from` is not before `to`";
        return Err(Problem::invalid("invalid_value", "Not a valid value", detail).with("field", "from"));
    }
    if to - from > TimeDelta::days(days_max) + hour {
        let detail = format!("`from` and `to` are more than {days_max} days apart; ask for less, or a larger bucket");
        return Err(Problem::invalid("span_too_long", "Not a valid span", detail).with("maximum_days", days_max));
    }
    Ok((from, to))
}

fn too_far() -> Problem {
    Problem::invalid("invalid_value", "Not a valid value", "`from` or `to` is too far away").with("field", "from")
}

fn groups(given: Option<&str>) -> Result<Vec<Group>, Problem> {
    let mut groups = Vec::new();
    for name in list(given) {
        let group = match (name, name.strip_prefix(DIMENSION_PREFIX)) {
            ("operation", _) => Group::Operation,
            ("subject", _) => Group::Subject,
            (_, Some(dimension)) => {
                let dimension: Option<Unit> = optional_text("group_by", Some(dimension))?;
                Group::Dimension(dimension.map(|text| text.to_string()).unwrap_or_default())
            }
            (_, None) => {
                let detail = format!("`group_by` has {name:?}; it can be operation, subject or dimensions.<name>");
                return Err(Problem::invalid("invalid_value", "Not a valid value", detail).with("field", "group_by"));
            }
        };
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    if groups.len() > GROUPS_MAX {
        let detail = format!("`group_by` has {} names; give at most {GROUPS_MAX}", groups.len());
        return Err(Problem::invalid("invalid_value", "Not a valid value", detail).with("field", "group_by"));
    }
    Ok(groups)
}

/// What was used, by time and, where asked for, by operation, subject and dimensions; as JSON or, by
/// `Accept: text/csv`, as CSV.
#[utoipa::path(get, path = "/v1/organizations/{org}/usage", tag = "organizations",
    params(("org" = String, Path), UsageParams),
    responses(
        (status = 200, content((Listed<UsageRow> = "application/json"), (String = "text/csv"))),
        (status = "default", body = ProblemDetails)))]
pub async fn usage(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Ids(org): Ids<String>,
    Params(params): Params<UsageParams>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let min_sequence = params.min_sequence;
    let (filter, page) = params.question(app.clock.now())?;
    let organization = organization(&app, &caller, &org, &["usage"], min_sequence).await?;
    let page = app.reads.usage(&organization, &filter, &page).await;
    let page = rows_or_not_found(&app, &organization, page.map_err(|failure| of_query(&failure))?).await?;
    Ok(listed(&headers, &uri, &Listed::of(page, |row| UsageRow::of(row, &filter.groups))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn spans_are_whole_hours_and_bounded() {
        let now = at("2026-11-23T09:30:00Z");
        let day = span(Interval::Day, (None, None), now).expect("the default");
        assert_eq!(day, (at("2026-10-24T11:00:00Z"), at("2026-11-23T11:00:00Z")));
        let exact = (Some(at("2026-11-01T00:00:00Z")), Some(at("2026-11-02T00:00:00Z")));
        assert_eq!(span(Interval::Hour, exact, now).ok(), exact.0.zip(exact.1));
        let long = (Some(at("2026-01-01T00:00:00Z")), Some(at("2026-11-02T00:00:00Z")));
        assert_eq!(span(Interval::Hour, long, now).expect_err("too long").code, "span_too_long");
        assert!(span(Interval::Day, long, now).is_ok());
        assert_eq!(span(Interval::Day, (long.1, long.0), now).expect_err("backwards").code, "invalid_value");
        let far = Some(at("0001-01-01T00:00:00Z"));
        assert!(span(Interval::Day, (far, None), now).is_err());
    }

    #[test]
    fn groups_are_named_once_and_few() {
        assert_eq!(
            groups(Some("operation,dimensions.model,operation")).expect("valid"),
            [Group::Operation, Group::Dimension("model".to_owned())]
        );
        for wrong in ["colour", "dimensions.", "operation,subject,dimensions.a,dimensions.b,dimensions.c"] {
            assert!(groups(Some(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(groups(None).expect("valid"), []);
    }
}
