//! Packages: made, changed and retired by adding a version.
//!
//! Invariant: a change that changes nothing adds no version, so whatever is sent twice has one effect.

use domain::grant::{Currency, Money};
use domain::package::{Package, PackageChange, PackageId, PackageTerms, Words};
use domain::text::{Label, ReferenceText};
use domain::{Credits, Timestamp};
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};

use super::{Author, CatalogueError, alone};
use crate::log::LogError;

/// Packages, retired ones included: a shop's shelf, and every list of them is one page.
pub const MAX_PACKAGES: usize = 1_000;

macro_rules! select {
    ($from:literal) => {
        concat!(
            "SELECT p.id, p.version, p.name, p.credits, p.bonus_credits, p.price_cents, p.currency, p.is_active, \
             p.stripe_price_id, p.features, p.validity_days, p.rate_tier, p.actor, p.recorded_at FROM ",
            $from
        )
    };
}

/// All packages in their current versions, cheapest first; retired ones where they are asked for.
///
/// # Errors
/// The database is unavailable.
pub async fn list(pool: &PgPool, with_retired: bool) -> Result<Vec<Package>, CatalogueError> {
    let sql =
        select!("ledger.credit_packages p WHERE p.is_active OR $1 ORDER BY p.currency, p.price_cents, p.id LIMIT $2");
    let limit = i64::try_from(MAX_PACKAGES).expect("a small number");
    let rows: Vec<Row> = sqlx::query_as(sql).bind(with_retired).bind(limit).fetch_all(pool).await?;
    rows.into_iter().map(Row::package).collect()
}

/// A package in its current version, retired or not.
///
/// # Errors
/// [`CatalogueError::NoPackage`], or the database is unavailable.
pub async fn current(pool: &PgPool, id: &PackageId) -> Result<Package, CatalogueError> {
    find(pool, id).await?.ok_or_else(|| CatalogueError::NoPackage(id.clone()))
}

async fn find(executor: impl PgExecutor<'_>, id: &PackageId) -> Result<Option<Package>, CatalogueError> {
    let sql = select!("ledger.credit_package_versions p WHERE p.id = $1 ORDER BY p.version DESC LIMIT 1");
    let row: Option<Row> = sqlx::query_as(sql).bind(id.as_str()).fetch_optional(executor).await?;
    row.map(Row::package).transpose()
}

/// Versions of a package below `before`, newest first.
///
/// # Errors
/// The database is unavailable.
pub async fn history(
    pool: &PgPool,
    id: &PackageId,
    before: Option<u32>,
    limit: u32,
) -> Result<Vec<Package>, CatalogueError> {
    let sql =
        select!("ledger.credit_package_versions p WHERE p.id = $1 AND p.version < $2 ORDER BY p.version DESC LIMIT $3");
    let before = before.and_then(|version| i32::try_from(version).ok()).unwrap_or(i32::MAX);
    let rows = sqlx::query_as::<_, Row>(sql).bind(id.as_str()).bind(before).bind(i64::from(limit));
    rows.fetch_all(pool).await?.into_iter().map(Row::package).collect()
}

/// Makes a package. One that is there with the same terms is answered as it is.
///
/// # Errors
/// [`CatalogueError`]: a mistake in the terms, another package of this id, or the database is unavailable.
pub async fn create(
    pool: &PgPool,
    id: &PackageId,
    terms: PackageTerms,
    by: &Author,
) -> Result<Package, CatalogueError> {
    terms.check()?;
    let mut transaction = alone(pool).await?;
    if let Some(package) = find(&mut *transaction, id).await? {
        return if package.terms == terms { Ok(package) } else { Err(CatalogueError::PackageExists(id.clone())) };
    }
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM ledger.credit_packages").fetch_one(&mut *transaction).await?;
    if usize::try_from(count).is_ok_and(|count| count >= MAX_PACKAGES) {
        return Err(CatalogueError::TooManyPackages(MAX_PACKAGES));
    }
    let package = first(id, terms, by);
    insert(&mut *transaction, &package).await?;
    transaction.commit().await?;
    Ok(package)
}

/// Adds a version with what is to be changed.
///
/// # Errors
/// [`CatalogueError`]: no such package, a mistake in the terms, or the database is unavailable.
pub async fn change(
    pool: &PgPool,
    id: &PackageId,
    change: PackageChange,
    by: &Author,
) -> Result<Package, CatalogueError> {
    let mut transaction = alone(pool).await?;
    let before = find(&mut *transaction, id).await?.ok_or_else(|| CatalogueError::NoPackage(id.clone()))?;
    let terms = before.terms.clone().changed(change);
    terms.check()?;
    if terms == before.terms {
        return Ok(before);
    }
    let after = Package { version: before.version + 1, ..first(id, terms, by) };
    insert(&mut *transaction, &after).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Makes the package, or changes it to these terms.
///
/// # Errors
/// As [`create`] and [`change`].
pub async fn put(pool: &PgPool, id: &PackageId, terms: PackageTerms, by: &Author) -> Result<Package, CatalogueError> {
    match create(pool, id, terms.clone(), by).await {
        Err(CatalogueError::PackageExists(_)) => change(pool, id, whole(terms), by).await,
        made => made,
    }
}

/// The change that leads to these terms from any others. Files say nothing of Stripe's prices, which a set-up has written
/// back: what is not named stays, as long as it is the price of the package.
fn whole(terms: PackageTerms) -> PackageChange {
    PackageChange {
        name: Some(terms.name),
        credits: Some(terms.credits),
        bonus_credits: Some(terms.bonus_credits),
        price: Some(terms.price),
        is_active: Some(terms.is_active),
        features: Some(terms.features),
        validity_days: Some(terms.validity_days),
        rate_tier: Some(terms.rate_tier),
        stripe_price_id: terms.stripe_price_id.map(Some),
    }
}

fn first(id: &PackageId, terms: PackageTerms, by: &Author) -> Package {
    Package { id: id.clone(), version: 1, terms, actor: by.actor.clone(), recorded_at: by.at }
}

async fn insert(executor: impl PgExecutor<'_>, package: &Package) -> Result<(), CatalogueError> {
    let Package { id, version, terms, actor, recorded_at } = package;
    let features: Vec<&str> = terms.features.iter().map(Words::as_str).collect();
    sqlx::query(
        "INSERT INTO ledger.credit_package_versions
             (id, version, name, credits, bonus_credits, price_cents, currency, is_active, stripe_price_id, features,
              validity_days, rate_tier, actor, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(id.as_str())
    .bind(i64::from(*version))
    .bind(terms.name.as_str())
    .bind(terms.credits.get())
    .bind(terms.bonus_credits.get())
    .bind(terms.price.amount_minor)
    .bind(String::from(terms.price.currency))
    .bind(terms.is_active)
    .bind(terms.stripe_price_id.as_ref().map(ReferenceText::as_str))
    .bind(Json(features))
    .bind(terms.validity_days.map(i64::from))
    .bind(terms.rate_tier.as_ref().map(Label::as_str))
    .bind(actor)
    .bind(recorded_at)
    .execute(executor)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    version: i32,
    name: String,
    credits: i64,
    bonus_credits: i64,
    price_cents: i64,
    currency: String,
    is_active: bool,
    stripe_price_id: Option<String>,
    features: Json<Vec<Words>>,
    validity_days: Option<i32>,
    rate_tier: Option<String>,
    actor: String,
    recorded_at: Timestamp,
}

impl Row {
    fn package(self) -> Result<Package, CatalogueError> {
        let key = format!("package {} version {}", self.id, self.version);
        self.read().ok_or_else(|| LogError::Corrupt(format!("{key} is not one")).into())
    }

    fn read(self) -> Option<Package> {
        let terms = PackageTerms {
            name: Words::try_new(&self.name).ok()?,
            credits: Credits::new(self.credits),
            bonus_credits: Credits::new(self.bonus_credits),
            price: Money { amount_minor: self.price_cents, currency: Currency::try_new(&self.currency).ok()? },
            is_active: self.is_active,
            features: self.features.0,
            validity_days: self.validity_days.map(u32::try_from).transpose().ok()?,
            rate_tier: self.rate_tier.as_deref().map(Label::try_new).transpose().ok()?,
            stripe_price_id: self.stripe_price_id.as_deref().map(ReferenceText::try_new).transpose().ok()?,
        };
        let (id, version) = (PackageId::try_new(&self.id).ok()?, u32::try_from(self.version).ok()?);
        Some(Package { id, version, terms, actor: self.actor, recorded_at: self.recorded_at })
    }
}
