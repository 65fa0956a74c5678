//! Live tables against their copies, both ways, a few hundred organizations at a time.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::{Connection, PgConnection};

use super::recompute::{Copies, live};
use super::{Fault, Finding, VerifyError};
use crate::projector::Target;
use crate::projectors::small;

/// Organizations of one snapshot: short enough that none holds back the cleaning of tables.
const ORGANIZATIONS: i64 = 200;

/// Organizations behind the first, up to the second.
type Span<'a> = (&'a str, Option<&'a str>);

/// The first difference of each table.
pub(super) async fn compare(connection: &mut PgConnection, copies: &mut Copies) -> Result<Vec<Finding>, VerifyError> {
    let mut findings = Vec::new();
    let mut found = BTreeSet::new();
    let mut after = String::new();
    loop {
        let until = boundary(connection, copies.partition, &after).await?;
        let mut transaction = connection.begin().await?;
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *transaction).await?;
        for which in 0..copies.all.len() {
            if let Some((generation, position)) = current(&mut transaction, copies, which).await? {
                copies.catch_up(&mut transaction, which, position).await?;
                if copies.all[which].is_broken {
                    continue;
                }
                for view in copies.all[which].projector.views() {
                    let span = (after.as_str(), until.as_deref());
                    if !found.contains(view)
                        && let Some(finding) = first(&mut transaction, copies.partition, view, generation, span).await?
                    {
                        found.insert(*view);
                        findings.push(finding);
                    }
                }
            }
        }
        transaction.commit().await?;
        match until {
            Some(until) => after = until,
            None => return Ok(findings),
        }
    }
}

/// The live tables' generation and position as the transaction sees them. Positions that lie behind the copy (a swap to
/// a generation that is not as far) cannot be compared, and are not.
async fn current(
    connection: &mut PgConnection,
    copies: &Copies,
    which: usize,
) -> Result<Option<(i32, u64)>, sqlx::Error> {
    let copy = &copies.all[which];
    if copy.is_broken {
        return Ok(None);
    }
    let live = live(connection, copies.partition, copy.projector.name()).await?;
    Ok(live.filter(|(_, position)| *position >= copy.filled))
}

/// Where the next organizations end, by their computed balances; `None` behind the last.
async fn boundary(connection: &mut PgConnection, partition: u16, after: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT o.organization_id FROM pg_temp.organization_credits o
         WHERE o.partition = $1 AND o.organization_id > $2 ORDER BY o.organization_id OFFSET $3 LIMIT 1",
    )
    .bind(small(partition))
    .bind(after)
    .bind(ORGANIZATIONS)
    .fetch_optional(connection)
    .await
}

/// The first row, by its key, that differs.
async fn first(
    connection: &mut PgConnection,
    partition: u16,
    view: &'static str,
    generation: i32,
    (after, until): Span<'_>,
) -> Result<Option<Finding>, sqlx::Error> {
    let stored = Target::new(generation).table(view);
    let keys = keys(connection, &stored).await?;
    let by = keys.join(", ");
    let span = "partition = $1 AND organization_id > $2 AND ($3::text IS NULL OR organization_id <= $3)";
    let sql = format!(
        "SELECT to_jsonb(s), to_jsonb(c)
         FROM (SELECT * FROM {stored} WHERE {span}) s
         FULL JOIN (SELECT * FROM {} WHERE {span}) c USING ({by})
         WHERE s IS DISTINCT FROM c ORDER BY {by} LIMIT 1",
        Target::TEMPORARY.table(view)
    );
    let query = sqlx::query_as(&sql).bind(small(partition)).bind(after).bind(until);
    let row: Option<(Option<Value>, Option<Value>)> = query.fetch_optional(connection).await?;
    Ok(row.and_then(|(stored, computed)| {
        let key = key(&keys, stored.as_ref().or(computed.as_ref())?);
        let fault = fault(stored.as_ref(), computed.as_ref())?;
        Some(Finding { partition, table: view.to_owned(), key: Some(key), fault })
    }))
}

async fn keys(connection: &mut PgConnection, table: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT a.attname::text FROM pg_index i
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY k.n",
    )
    .bind(table)
    .fetch_all(connection)
    .await
}

/// Without the partition, which the finding names anyway.
fn key(keys: &[String], row: &Value) -> String {
    let named = keys.iter().filter(|key| *key != "partition").map(|key| format!("{key} {}", plain(&row[key])));
    named.collect::<Vec<_>>().join(", ")
}

fn fault(stored: Option<&Value>, computed: Option<&Value>) -> Option<Fault> {
    match (stored, computed) {
        (None, _) => Some(Fault::Missing),
        (_, None) => Some(Fault::Extra),
        (Some(Value::Object(stored)), Some(Value::Object(computed))) => {
            let differing = computed.iter().find(|(column, value)| stored.get(*column) != Some(value));
            let (column, value) = differing?;
            let stored = stored.get(column).map_or_else(String::new, plain);
            Some(Fault::Differs { column: column.clone(), stored, computed: plain(value) })
        }
        (Some(_), Some(_)) => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_is_named_by_its_column() {
        let (stored, computed) = (json!({"a": 1, "b": "x"}), json!({"a": 1, "b": "y"}));
        let differs = fault(Some(&stored), Some(&computed)).map(|fault| fault.to_string());
        assert_eq!(differs.as_deref(), Some("b is x and has to be y"));
        assert_eq!(fault(None, Some(&computed)), Some(Fault::Missing));
        assert_eq!(fault(Some(&stored), None), Some(Fault::Extra));
        assert_eq!(key(&["partition".into(), "b".into(), "a".into()], &stored), "b x, a 1");
    }
}
