//! `GET /v1/organizations/{org}/transactions`.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::text::{Label, ReferenceText, Unit};
use http::{HeaderMap, Uri};
use projections::queries::{PageRequest, TransactionFilter, transactions::TYPES};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{listed, organization, rows_or_not_found};
use crate::answers::lists::{Listed, TransactionRow};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::problems::of_query;
use crate::request::optional_text;
use crate::request::query::{instant, list, one_of, page};
use crate::routes::call::{Ids, Params, Visitor};

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionsParams {
    /// One or more, separated by commas: `purchase`, `grant`, `consumption`, `refund`, `expiration`, `void`,
    /// `revocation`, `reinstatement`, `adjustment`.
    r#type: Option<String>,
    /// From this instant on.
    from: Option<DateTime<Utc>>,
    /// Before this instant.
    to: Option<DateTime<Utc>>,
    operation: Option<String>,
    /// The id of the caller's own record, a payment, a refund or a dispute.
    reference_id: Option<String>,
    /// With `reference_id`: its kind.
    reference_type: Option<String>,
    /// A command's `sequence`: the answer includes that command.
    min_sequence: Option<u64>,
    /// 1 to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl TransactionsParams {
    fn question(self) -> Result<(TransactionFilter, PageRequest), Problem> {
        let mut types =
            list(self.r#type.as_deref()).map(|kind| one_of("type", kind, &TYPES)).collect::<Result<Vec<_>, _>>()?;
        types.sort_unstable();
        types.dedup();
        if self.reference_type.is_some() && self.reference_id.is_none() {
            let detail = "`reference_type` goes with `reference_id`";
            return Err(
                Problem::invalid("missing_field", "Not what was expected", detail).with("field", "reference_id")
            );
        }
        let operation: Option<Label> = optional_text("operation", self.operation.as_deref())?;
        let reference_id: Option<ReferenceText> = optional_text("reference_id", self.reference_id.as_deref())?;
        let reference_type: Option<Unit> = optional_text("reference_type", self.reference_type.as_deref())?;
        let filter = TransactionFilter {
            types,
            from: instant("from", self.from)?,
            to: instant("to", self.to)?,
            operation: operation.map(|text| text.to_string()),
            reference_id: reference_id.map(|text| text.to_string()),
            reference_type: reference_type.map(|text| text.to_string()),
        };
        Ok((filter, page(self.limit, self.cursor)?))
    }
}

/// Movements of the balance, newest first; as JSON or, by `Accept: text/csv`, as CSV.
#[utoipa::path(get, path = "/v1/organizations/{org}/transactions", tag = "organizations",
    params(("org" = String, Path), TransactionsParams),
    responses(
        (status = 200, content((Listed<TransactionRow> = "application/json"), (String = "text/csv"))),
        (status = "default", body = ProblemDetails)))]
pub async fn transactions(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Ids(org): Ids<String>,
    Params(params): Params<TransactionsParams>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let min_sequence = params.min_sequence;
    let (filter, page) = params.question()?;
    let organization = organization(&app, &caller, &org, &["transactions"], min_sequence).await?;
    let page = app.reads.transactions(&organization, &filter, &page).await;
    let page = rows_or_not_found(&app, &organization, page.map_err(|failure| of_query(&failure))?).await?;
    Ok(listed(&headers, &uri, &Listed::of(page, TransactionRow::from)))
}
