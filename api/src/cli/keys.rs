//! `credit-ledger keys`.

use clap::{Args, Subcommand};
use domain::OrganizationId;
use store::keys::ApiKey;
use uuid::Uuid;

use super::output::say;
use super::{DatabaseArgs, Failure, Purpose};
use crate::auth::{Keys as Directory, NewKey, Scope};
use crate::routes::KeyView;

/// Makes, lists and revokes API keys.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger keys create --scope command --name billing-service\n  \
    credit-ledger keys create --scope read --organization acme\n  \
    credit-ledger keys list --json\n  \
    credit-ledger keys revoke 0198c1f8-0000-7000-8000-000000000000")]
pub struct Keys {
    #[command(subcommand)]
    action: Action,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key; it is shown once.
    Create {
        /// `read`: reads. `command`: also consumptions and reservations. `admin`: everything.
        #[arg(long, value_enum)]
        scope: Scope,
        /// Bind the key to one organization.
        #[arg(long, value_name = "ORG")]
        organization: Option<String>,
        /// What the key is for.
        #[arg(long, default_value = "")]
        name: String,
    },
    /// List all keys, revoked ones included.
    List,
    /// Revoke a key; servers stop taking it within five seconds.
    Revoke {
        /// The key's id, as `list` shows it.
        id: Uuid,
    },
}

impl Keys {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Use).await?;
        let result = self.action.run(&database.keys(), self.json).await;
        database.close().await;
        result
    }
}

impl Action {
    async fn run(self, keys: &Directory, json: bool) -> Result<(), Failure> {
        let unreadable = |error| Failure::caused("the keys cannot be read", &error);
        match self {
            Self::Create { scope, organization, name } => {
                let organization = organization.as_deref().map(OrganizationId::try_new).transpose();
                let organization = organization.map_err(|error| Failure::usage(format!("--organization: {error}")))?;
                let created = keys.create(NewKey { scope, organization, name }).await.map_err(unreadable)?;
                let (record, secret) = created;
                if json {
                    print(&KeyView { key: Some(secret.reveal().to_owned()), ..KeyView::from(record) });
                } else {
                    say(secret.reveal());
                    eprintln!("key {} was made; it is shown only this once", record.id);
                }
            }
            Self::List => {
                for key in keys.list().await.map_err(unreadable)? {
                    if json { print(&KeyView::from(key)) } else { say(line(&key)) }
                }
            }
            Self::Revoke { id } => {
                let revoked = keys.revoke(id).await.map_err(unreadable)?;
                let key = revoked.ok_or_else(|| Failure::finding(format!("there is no key {id}")))?;
                if json { print(&KeyView::from(key)) } else { say(line(&key)) }
            }
        }
        Ok(())
    }
}

fn print(key: &KeyView) {
    say(serde_json::to_string(key).expect("a key is plain JSON"));
}

fn line(key: &ApiKey) -> String {
    let organization = key.organization.as_ref().map_or("all", |id| id.as_str());
    let state = key.revoked_at.map_or_else(|| "valid".to_owned(), |at| format!("revoked {}", at.to_rfc3339()));
    format!("{}  {}  {organization}  {}  {state}  {}", key.id, key.scope, key.created_at.to_rfc3339(), key.name)
}
