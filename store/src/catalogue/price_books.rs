//! Published versions of the price book.
//!
//! Invariant: a version is checked before it is published, and again whenever it is read.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::Timestamp;
use domain::limits::MAX_RESERVATION_SECONDS;
use domain::price::{Document, PriceBook, PublishedBook};
use domain::time::to_micros;
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};

use super::{Author, CatalogueError, alone};
use crate::log::LogError;

/// How long a version can still be asked for once the next one holds: by the longest reservation, and a day to spare.
const NAMED_FOR: TimeDelta = TimeDelta::seconds(MAX_RESERVATION_SECONDS as i64 + 24 * 3600);

macro_rules! select {
    () => {
        "SELECT b.version, b.valid_from, b.document, b.actor, b.published_at FROM ledger.price_book_versions b"
    };
}

/// How far ahead a version is published that is to hold at once: until then every server has read it, so that one price
/// holds at a time. The first version needs none.
pub const LEAD: TimeDelta = TimeDelta::seconds(2);

/// A version, with who published it.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    pub published: Arc<PublishedBook>,
    pub actor: String,
    pub published_at: Timestamp,
}

/// Publishes a document. One that is equal to the latest version is answered as it is where that holds or is to come, so
/// that publishing a file twice has one effect.
///
/// # Errors
/// [`CatalogueError`]: mistakes, a `valid_from` that has passed, or the database is unavailable.
pub async fn publish(pool: &PgPool, document: Document, by: &Author) -> Result<Publication, CatalogueError> {
    let book = PriceBook::try_new(document).map_err(CatalogueError::Book)?;
    let mut transaction = alone(pool).await?;
    let latest = latest(&mut *transaction).await?;
    if let Some(same) = latest.as_ref().filter(|latest| latest.published.book.document() == book.document()) {
        let holding = in_force(&mut *transaction, by.at).await?.map(|holding| holding.published.version);
        if same.published.valid_from > by.at || holding == Some(same.published.version) {
            return Ok(same.clone());
        }
    }
    let soonest = if latest.is_none() { by.at } else { by.at + LEAD };
    let valid_from = match book.document().valid_from.map(to_micros) {
        Some(given) if given < soonest => return Err(CatalogueError::InThePast { valid_from: given }),
        Some(given) => given,
        // Servers' clocks differ: what is published later holds later, and of two that hold from one instant the later.
        None => last_at_once(&mut *transaction).await?.map_or(soonest, |last| last.max(soonest)),
    };
    let version = latest.map_or(0, |latest| latest.published.version) + 1;
    sqlx::query(
        "INSERT INTO ledger.price_book_versions (version, valid_from, document, actor, published_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(i64::from(version))
    .bind(valid_from)
    .bind(Json(book.document()))
    .bind(&by.actor)
    .bind(by.at)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let published = Arc::new(PublishedBook { version, valid_from, book });
    Ok(Publication { published, actor: by.actor.clone(), published_at: by.at })
}

/// Of one version.
///
/// # Errors
/// [`CatalogueError::NoVersion`], or the database is unavailable.
pub async fn version(pool: &PgPool, version: u32) -> Result<Publication, CatalogueError> {
    let number = i32::try_from(version).map_err(|_| CatalogueError::NoVersion(version))?;
    let sql = concat!(select!(), " WHERE b.version = $1");
    let row: Option<Row> = sqlx::query_as(sql).bind(number).fetch_optional(pool).await?;
    row.ok_or(CatalogueError::NoVersion(version))?.publication()
}

/// Versions below `before`, newest first.
///
/// # Errors
/// The database is unavailable.
pub async fn list(pool: &PgPool, before: Option<u32>, limit: u32) -> Result<Vec<Publication>, CatalogueError> {
    let sql = concat!(select!(), " WHERE b.version < $1 ORDER BY b.version DESC LIMIT $2");
    let before = before.and_then(|version| i32::try_from(version).ok()).unwrap_or(i32::MAX);
    let rows: Vec<Row> = sqlx::query_as(sql).bind(before).bind(i64::from(limit)).fetch_all(pool).await?;
    rows.into_iter().map(Row::publication).collect()
}

/// The version in force at an instant.
///
/// # Errors
/// The database is unavailable.
pub async fn in_force(executor: impl PgExecutor<'_>, at: Timestamp) -> Result<Option<Publication>, CatalogueError> {
    let sql = concat!(select!(), " WHERE b.valid_from <= $1 ORDER BY b.valid_from DESC, b.version DESC LIMIT 1");
    let row: Option<Row> = sqlx::query_as(sql).bind(at).fetch_optional(executor).await?;
    row.map(Row::publication).transpose()
}

/// Numbers of the versions that a command may be priced by at an instant or later: those to come, the one in force, and
/// those that open reservations may name.
///
/// # Errors
/// The database is unavailable.
pub async fn wanted(pool: &PgPool, at: Timestamp) -> Result<Vec<u32>, CatalogueError> {
    // A version holds until the next one in order does.
    let versions: Vec<i32> = sqlx::query_scalar(
        "SELECT b.version
         FROM (SELECT v.version, lead(v.valid_from) OVER (ORDER BY v.valid_from, v.version) AS valid_until
               FROM ledger.price_book_versions v) b
         WHERE b.valid_until IS NULL OR b.valid_until > $1
         ORDER BY b.version",
    )
    .bind(at.checked_sub_signed(NAMED_FOR).unwrap_or(at))
    .fetch_all(pool)
    .await?;
    Ok(versions.into_iter().filter_map(|version| u32::try_from(version).ok()).collect())
}

/// From when the last version holds that named no time of its own.
async fn last_at_once(executor: impl PgExecutor<'_>) -> Result<Option<Timestamp>, CatalogueError> {
    let sql = "SELECT max(b.valid_from) FROM ledger.price_book_versions b WHERE b.document ->> 'valid_from' IS NULL";
    Ok(sqlx::query_scalar(sql).fetch_one(executor).await?)
}

async fn latest(executor: impl PgExecutor<'_>) -> Result<Option<Publication>, CatalogueError> {
    let sql = concat!(select!(), " ORDER BY b.version DESC LIMIT 1");
    let row: Option<Row> = sqlx::query_as(sql).fetch_optional(executor).await?;
    row.map(Row::publication).transpose()
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i32,
    valid_from: Timestamp,
    document: Json<PriceBook>,
    actor: String,
    published_at: Timestamp,
}

impl Row {
    fn publication(self) -> Result<Publication, CatalogueError> {
        let version = u32::try_from(self.version)
            .map_err(|_| LogError::Corrupt(format!("{} is not a version of the price book", self.version)))?;
        let published = Arc::new(PublishedBook { version, valid_from: self.valid_from, book: self.document.0 });
        Ok(Publication { published, actor: self.actor, published_at: self.published_at })
    }
}
