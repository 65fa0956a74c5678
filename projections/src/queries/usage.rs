//! What an organization has used, by hour, day or month, and by operation, subject or a dimension.

use chrono::{DateTime, Utc};
use domain::{OrganizationId, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};

use super::cursor::Walk;
use super::page::{Page, PageRequest};
use super::{QueryError, Reader};

/// How much time one row stands for; in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Bucket {
    Hour,
    Day,
    Month,
    /// The whole span in one.
    Whole,
}

/// What one row stands for besides its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Group {
    Operation,
    Subject,
    /// The value of one dimension, such as `model`.
    Dimension(String),
}

/// Which usage, and how it is added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsageFilter {
    /// What the caller said of the span: a cursor goes on although an open span has moved meanwhile.
    pub asked: (Option<Timestamp>, Option<Timestamp>),
    /// Inclusive; a whole hour, because hours are what is kept.
    #[serde(skip)]
    pub from: Timestamp,
    /// Exclusive; a whole hour.
    #[serde(skip)]
    pub to: Timestamp,
    pub bucket: Bucket,
    pub groups: Vec<Group>,
    pub operation: Option<String>,
    pub subject: Option<String>,
}

/// The sum of one bucket and group.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Usage {
    /// Begin of the bucket.
    pub bucket: DateTime<Utc>,
    /// One value a group, in the order of the filter's; `None`: not given.
    pub groups: Vec<Option<String>>,
    pub count: i64,
    pub credits: i64,
    /// A whole number of any size, as JSON.
    pub shortfall: Json<Box<RawValue>>,
    /// Whole numbers of any size by unit, as JSON.
    pub quantities: Json<Box<RawValue>>,
}

/// Where a page ends.
type Key = (Timestamp, Vec<Option<String>>);

impl Reader {
    /// # Errors
    /// The cursor is not of this query, or the tables cannot be read.
    pub async fn usage(
        &self,
        organization: &OrganizationId,
        filter: &UsageFilter,
        page: &PageRequest,
    ) -> Result<Page<Usage>, QueryError> {
        let walk = Walk::of("usage", organization.as_str(), filter);
        let after = page.after(&walk)?;
        let _room = self.room_for_sums().await?;
        let rows =
            self.rows(statement(self.partition(organization), organization, filter, after, page.limit.and_one()));
        Ok(Page::of(rows.await?, page.limit, &walk, |row: &Usage| (row.bucket, row.groups.clone())))
    }
}

/// Groups are one array, whatever their number: arrays compare element by element, and a NULL is equal to a NULL.
#[must_use]
pub fn statement<'q>(
    partition: i16,
    organization: &'q OrganizationId,
    filter: &'q UsageFilter,
    after: Option<Key>,
    limit: i64,
) -> QueryBuilder<'q, Postgres> {
    let mut sql = QueryBuilder::new("WITH picked AS (SELECT ");
    push_bucket(&mut sql, filter);
    sql.push(" AS bucket, ");
    push_groups(&mut sql, &filter.groups);
    sql.push(" AS groups, u.count, u.credits, u.shortfall, u.quantities FROM ledger.usage_hourly u");
    sql.push(" WHERE u.partition = ").push_bind(partition);
    sql.push(" AND u.organization_id = ").push_bind(organization.as_str());
    // A bucket begins at its first hour or before it: nothing of an earlier page lies behind this one.
    let from = after.as_ref().map_or(filter.from, |(bucket, _)| filter.from.max(*bucket));
    sql.push(" AND u.hour >= ").push_bind(from).push(" AND u.hour < ").push_bind(filter.to);
    if let Some(operation) = &filter.operation {
        sql.push(" AND u.operation = ").push_bind(operation.as_str());
    }
    if let Some(subject) = &filter.subject {
        sql.push(" AND u.subject = ").push_bind(subject.as_str());
    }
    sql.push(
        "), page AS (SELECT p.bucket, p.groups, sum(p.count)::bigint AS count, sum(p.credits)::bigint AS credits, \
         sum(p.shortfall) AS shortfall FROM picked p",
    );
    if let Some((bucket, groups)) = after {
        sql.push(" WHERE (p.bucket, p.groups) > (").push_bind(bucket).push(", ").push_bind(groups).push(")");
    }
    sql.push(" GROUP BY p.bucket, p.groups ORDER BY p.bucket, p.groups LIMIT ").push_bind(limit);
    sql.push(
        "), units AS (SELECT p.bucket, p.groups, q.key AS unit, sum(q.value::numeric) AS quantity \
         FROM page JOIN picked p USING (bucket, groups) CROSS JOIN LATERAL jsonb_each_text(p.quantities) q \
         GROUP BY p.bucket, p.groups, q.key), \
         quantities AS (SELECT n.bucket, n.groups, jsonb_object_agg(n.unit, n.quantity) AS quantities \
         FROM units n GROUP BY n.bucket, n.groups) \
         SELECT page.bucket, page.groups, page.count, page.credits, to_jsonb(page.shortfall) AS shortfall, \
         coalesce(q.quantities, '{}') AS quantities \
         FROM page LEFT JOIN quantities q USING (bucket, groups) ORDER BY page.bucket, page.groups",
    );
    sql
}

fn push_bucket<'q>(sql: &mut QueryBuilder<'q, Postgres>, filter: &'q UsageFilter) {
    match filter.bucket {
        Bucket::Hour => sql.push("u.hour"),
        Bucket::Day => sql.push("date_trunc('day', u.hour, 'UTC')"),
        Bucket::Month => sql.push("date_trunc('month', u.hour, 'UTC')"),
        Bucket::Whole => sql.push_bind(filter.from),
    };
}

fn push_groups<'q>(sql: &mut QueryBuilder<'q, Postgres>, groups: &'q [Group]) {
    sql.push("ARRAY[");
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            sql.push(", ");
        }
        match group {
            Group::Operation => sql.push("u.operation"),
            Group::Subject => sql.push("u.subject"),
            Group::Dimension(name) => sql.push("u.dimensions ->> ").push_bind(name.as_str()),
        };
        sql.push(" COLLATE \"C\"");
    }
    sql.push("]::text[]");
}
