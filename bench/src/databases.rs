//! One PostgreSQL, a database of its own for each side.

use anyhow::ensure;
use sqlx::{Connection as _, PgConnection};

/// The server that all sides share.
#[derive(Clone, Debug)]
pub struct Databases {
    /// The URL of its maintenance database, whose role may create databases.
    admin_url: String,
}

impl Databases {
    #[must_use]
    pub const fn new(admin_url: String) -> Self {
        Self { admin_url }
    }

    /// The URL of a database of the same server.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let (address, parameters) = match self.admin_url.split_once('?') {
            Some((address, parameters)) => (address, format!("?{parameters}")),
            None => (self.admin_url.as_str(), String::new()),
        };
        let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
        let server = rest.split('/').next().unwrap_or_default();
        format!("{scheme}://{server}/{database}{parameters}")
    }

    /// Drops and makes the database.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn recreate(&self, database: &'static str) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.admin_url).await?;
        // An identifier cannot be a parameter; the name is one of our own constants.
        for statement in [format!("DROP DATABASE IF EXISTS {database}"), format!("CREATE DATABASE {database}")] {
            sqlx::query(&statement).execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    /// Starts every row with nothing left to write from the row before.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn checkpoint(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.admin_url).await?;
        sqlx::query("CHECKPOINT").execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// The server's version, once it is sure that a commit is durable there.
    ///
    /// # Errors
    /// `fsync`, `full_page_writes` or `synchronous_commit` is off: such figures would mean nothing.
    pub async fn durable_version(&self) -> anyhow::Result<String> {
        let mut connection = PgConnection::connect(&self.admin_url).await?;
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            let value: String =
                sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(&mut connection).await?;
            ensure!(value == "on", "{setting} is {value}: figures without durable commits mean nothing");
        }
        let version = sqlx::query_scalar("SELECT current_setting('server_version')").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_takes_the_place_of_the_maintenance_database() {
        let table = [
            ("postgres://u@localhost/postgres?host=/tmp/x", "postgres://u@localhost/ours?host=/tmp/x"),
            ("postgres:///postgres?host=/tmp/x&user=u", "postgres:///ours?host=/tmp/x&user=u"),
            ("postgres://u:p@127.0.0.1:5432/postgres", "postgres://u:p@127.0.0.1:5432/ours"),
            ("postgres://u@127.0.0.1", "postgres://u@127.0.0.1/ours"),
        ];
        for (admin, expected) in table {
            assert_eq!(Databases::new(admin.to_owned()).url("ours"), expected);
        }
    }
}
