//! `payments.payments` and `payments.reversals`: facts, put together.

use domain::OrganizationId;
use domain::Timestamp;
use domain::commands::RevokeCause;
use domain::grant::{Currency, Money};
use domain::ids::PurchaseId;
use sqlx::{FromRow, PgPool};

use crate::Payments;
use crate::facts::{Facts, Reversal, Standing};
use crate::gateway::IntentId;

const ACCEPT: &str = "
    INSERT INTO payments.payments (intent_id, organization_id, purchase_id, amount_minor, currency, noted_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
const FIRST: &str = "SELECT intent_id FROM payments.payments WHERE purchase_id = $1";
const RECEIVED: &str = "SELECT amount_minor, currency FROM payments.payments WHERE intent_id = $1";
/// A fact only moves ahead.
const ADD: &str = "
    INSERT INTO payments.reversals AS known (intent_id, reversal_id, cause, amount_minor, currency, created_at, standing)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (intent_id, reversal_id) DO UPDATE
        SET standing = excluded.standing, amount_minor = excluded.amount_minor
        WHERE excluded.standing > known.standing";
const REVERSALS: &str = "
    SELECT reversal_id, cause, amount_minor, currency, created_at, standing
    FROM payments.reversals WHERE intent_id = $1";

#[derive(FromRow)]
struct Row {
    reversal_id: String,
    cause: String,
    amount_minor: i64,
    currency: String,
    created_at: Timestamp,
    standing: i16,
}

/// The payment that a purchase is paid by, if one has been accepted.
pub(super) async fn first(pool: &PgPool, purchase: PurchaseId) -> Result<Option<IntentId>, sqlx::Error> {
    let first: Option<String> = sqlx::query_scalar(FIRST).bind(purchase.entity()).fetch_optional(pool).await?;
    Ok(first.map(IntentId::new))
}

/// Accepts a payment that has arrived, unless another was faster; answers the one that its purchase has.
pub(super) async fn accept(
    payments: &Payments,
    intent: &IntentId,
    received: Money,
    organization: &OrganizationId,
    purchase: PurchaseId,
) -> Result<IntentId, sqlx::Error> {
    let query = sqlx::query(ACCEPT).bind(intent.as_str()).bind(organization.as_str()).bind(purchase.entity());
    let query = query.bind(received.amount_minor).bind(String::from(received.currency));
    query.bind(payments.clock.now()).execute(&payments.pool).await?;
    first(&payments.pool, purchase).await?.ok_or(sqlx::Error::RowNotFound)
}

pub(super) async fn add(pool: &PgPool, intent: &IntentId, facts: &Facts) -> Result<(), sqlx::Error> {
    for (id, reversal) in &facts.reversals {
        let query = sqlx::query(ADD).bind(intent.as_str()).bind(id).bind(name(reversal.cause));
        let query = query.bind(reversal.amount.amount_minor).bind(String::from(reversal.amount.currency));
        query.bind(reversal.created).bind(reversal.standing.rank()).execute(pool).await?;
    }
    Ok(())
}

/// All that is known of a payment.
pub(super) async fn known(pool: &PgPool, intent: &IntentId) -> Result<Facts, sqlx::Error> {
    let received: Option<(i64, String)> = sqlx::query_as(RECEIVED).bind(intent.as_str()).fetch_optional(pool).await?;
    let received = received.map(|(amount_minor, code)| money(amount_minor, &code)).transpose()?;
    let rows: Vec<Row> = sqlx::query_as(REVERSALS).bind(intent.as_str()).fetch_all(pool).await?;
    let reversals = rows.into_iter().map(reversal).collect::<Result<_, _>>()?;
    Ok(Facts { received, reversals })
}

fn reversal(row: Row) -> Result<(String, Reversal), sqlx::Error> {
    let standing = Standing::of_rank(row.standing).ok_or_else(|| sqlx::Error::Decode("a standing".into()))?;
    let cause = if row.cause == name(RevokeCause::Dispute) { RevokeCause::Dispute } else { RevokeCause::Refund };
    let amount = money(row.amount_minor, &row.currency)?;
    Ok((row.reversal_id, Reversal { cause, amount, created: row.created_at, standing }))
}

fn money(amount_minor: i64, code: &str) -> Result<Money, sqlx::Error> {
    let currency = Currency::try_new(code).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Money { amount_minor, currency })
}

const fn name(cause: RevokeCause) -> &'static str {
    match cause {
        RevokeCause::Refund => "refund",
        RevokeCause::Dispute => "dispute",
    }
}
