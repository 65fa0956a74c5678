//! How rows travel: one array a column, so that a batch of any size is one statement.

use sqlx::PgConnection;
use sqlx::postgres::PgArguments;

/// A statement on its way to PostgreSQL.
pub(crate) type Statement<'q> = sqlx::query::Query<'q, sqlx::Postgres, PgArguments>;

/// A column of a read table.
pub(crate) struct Column {
    /// The field of the row: the column's name, which may be a word of Rust's.
    pub field: &'static str,
    /// Its type in the table.
    pub sql: &'static str,
}

impl Column {
    fn name(&self) -> &'static str {
        self.field.strip_prefix("r#").unwrap_or(self.field)
    }

    /// The type of an element on its way. What has no array type in the driver travels as text and is cast.
    fn sent_as(&self) -> &'static str {
        match self.sql {
            "jsonb" | "numeric" | "text[]" => "text",
            other => other,
        }
    }
}

/// A row that can be written with others in one statement.
pub(crate) trait Columns {
    const COLUMNS: &'static [Column];

    /// Binds one array a column, in the order of [`Self::COLUMNS`].
    fn bind<'q>(rows: &'q [Self], statement: Statement<'q>) -> Statement<'q>
    where
        Self: Sized;
}

/// Declares a row with the SQL type of each column.
macro_rules! columns {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(<$life:lifetime>)? {
        $($(#[$field_meta:meta])* $field:ident: $type:ty = $sql:literal),* $(,)?
    }) => {
        $(#[$meta])*
        $vis struct $name $(<$life>)? { $($(#[$field_meta])* pub $field: $type,)* }

        impl $(<$life>)? $crate::projectors::rows::Columns for $name $(<$life>)? {
            const COLUMNS: &'static [$crate::projectors::rows::Column] =
                &[$($crate::projectors::rows::Column { field: stringify!($field), sql: $sql }),*];

            fn bind<'q>(
                rows: &'q [Self],
                statement: $crate::projectors::rows::Statement<'q>,
            ) -> $crate::projectors::rows::Statement<'q> {
                $(let statement = statement.bind(rows.iter().map(|row| row.$field.clone()).collect::<Vec<_>>());)*
                statement
            }
        }
    };
}
pub(crate) use columns;

/// The rows as a table `u` in a statement.
pub(crate) fn unnest(columns: &[Column]) -> String {
    let arrays = columns.iter().enumerate().map(|(n, column)| format!("${}::{}[]", n + 1, column.sent_as()));
    format!("unnest({}) AS u ({})", list(arrays), names(columns))
}

/// The names of columns with commas between them.
pub(crate) fn names(columns: &[Column]) -> String {
    list(columns.iter().map(|column| column.name().to_owned()))
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Inserts rows; `on_conflict` says what becomes of those that are there.
pub(crate) async fn insert<R: Columns>(
    connection: &mut PgConnection,
    table: &str,
    rows: &[R],
    on_conflict: &str,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let values = list(R::COLUMNS.iter().map(|column| format!("u.{}::{}", column.name(), column.sql)));
    let sql = format!(
        "INSERT INTO {table} AS t ({}) SELECT {values} FROM {} ON CONFLICT {on_conflict}",
        names(R::COLUMNS),
        unnest(R::COLUMNS)
    );
    R::bind(rows, sqlx::query(&sql)).execute(connection).await?;
    Ok(())
}

/// What an update makes of a value that is NULL.
#[derive(Clone, Copy)]
pub(crate) enum Null {
    Set,
    Keep,
}

/// Sets all columns but the first `keys`, by which rows are found. `condition` may refuse some (`t` the row, `u` the
/// new values).
pub(crate) async fn update<R: Columns>(
    connection: &mut PgConnection,
    table: &str,
    rows: &[R],
    keys: usize,
    null: Null,
    condition: &str,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let (found_by, set) = R::COLUMNS.split_at(keys);
    let matches =
        found_by.iter().map(|column| format!("t.{0} = u.{0}", column.name())).collect::<Vec<_>>().join(" AND ");
    let assign = |column: &Column| match null {
        Null::Set => format!("{0} = u.{0}::{1}", column.name(), column.sql),
        Null::Keep => format!("{0} = coalesce(u.{0}::{1}, t.{0})", column.name(), column.sql),
    };
    let sql = format!(
        "UPDATE {table} AS t SET {} FROM {} WHERE {matches} AND {condition}",
        list(set.iter().map(assign)),
        unnest(R::COLUMNS)
    );
    R::bind(rows, sqlx::query(&sql)).execute(connection).await?;
    Ok(())
}

/// The end of a look-up by key inside a LATERAL: a plan that begins with the rows of a young table instead of the keys
/// would compare each with each.
pub(crate) const ONE: &str = "LIMIT 1";

/// `ON CONFLICT (keys) DO UPDATE` of all columns behind the first `keys` and the `fixed` ones that follow them.
pub(crate) fn replace<R: Columns>(keys: usize, fixed: usize) -> String {
    let (keys, set) = R::COLUMNS.split_at(keys);
    let set = list(set[fixed..].iter().map(|column| format!("{0} = excluded.{0}", column.name())));
    format!("({}) DO UPDATE SET {set}", names(keys))
}

/// An array of texts as PostgreSQL writes it.
pub(crate) fn array_text<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let quoted = items.map(|item| format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\"")));
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    columns! {
        #[derive(Clone)]
        struct Probe<'a> {
            key: i64 = "bigint",
            text: &'a str = "jsonb",
        }
    }

    #[test]
    fn a_batch_is_one_statement() {
        assert_eq!(unnest(Probe::COLUMNS), "unnest($1::bigint[], $2::text[]) AS u (key, text)");
        assert_eq!(replace::<Probe<'_>>(1, 0), "(key) DO UPDATE SET text = excluded.text");
    }

    #[test]
    fn arrays_keep_every_character() {
        assert_eq!(array_text([r#"a"b"#, r"c\d", "e,f", "NULL"].into_iter()), r#"{"a\"b","c\\d","e,f","NULL"}"#);
        assert_eq!(array_text(std::iter::empty()), "{}");
    }
}
