//! `credit-ledger notifications`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use domain::OrganizationId;
use notifications::{
    Deliveries, Delivery, Endpoint, EndpointChange, Endpoints, Kind, NewEndpoint, NotificationError, Secret, State,
    Target,
};
use serde::Serialize;
use uuid::Uuid;

use super::actor::actor;
use super::notification_args::NotificationArgs;
use super::output::say;
use super::{DatabaseArgs, Failure, Purpose};
use crate::answers::{DeliveryView, NotificationEndpointView, ResentView};
use crate::clock::SystemClock;

/// How long `test` waits for a server to have sent it: longer than a try may take.
const TEST_PATIENCE: Duration = Duration::from_secs(20);
/// Endpoints and deliveries that a list shows.
const LIST_MAX: u32 = 1_000;

/// Makes, changes and tests the endpoints that are told of low balances, payments and expiries; shows what they were told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger notifications add https://example.com/hooks/credits\n  \
    credit-ledger notifications add https://example.com/acme --organization acme --type credits.balance.low\n  \
    credit-ledger notifications list --json\n  \
    credit-ledger notifications test 0198c1f8-0000-7000-8000-000000000000\n  \
    credit-ledger notifications deliveries 0198c1f8-0000-7000-8000-000000000000 --state parked\n  \
    credit-ledger notifications resend 0198c1f8-0000-7000-8000-000000000000\n  \
    credit-ledger notifications rotate 0198c1f8-0000-7000-8000-000000000000 --overlap-seconds 3600")]
pub struct Notifications {
    #[command(subcommand)]
    action: Action,
    /// Print the result as JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    notifications: NotificationArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All endpoints.
    List,
    /// Make an endpoint; its secret is shown once.
    Add {
        /// Where notifications are posted to, https.
        url: String,
        /// A type to be told of; may be repeated; default all.
        #[arg(long = "type", value_name = "TYPE")]
        types: Vec<Kind>,
        /// The only organization to be told of; default all.
        #[arg(long, value_name = "ORG", value_parser = OrganizationId::try_new)]
        organization: Option<OrganizationId>,
        /// For people.
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Remove an endpoint, with all that it was told or waits for.
    Remove {
        /// The endpoint's id, as `list` shows it.
        id: Uuid,
    },
    /// Tell it no more; what waits is kept.
    Disable {
        /// The endpoint's id, as `list` shows it.
        id: Uuid,
    },
    /// Tell it of what happens from now on.
    Enable {
        /// The endpoint's id, as `list` shows it.
        id: Uuid,
    },
    /// Give it another secret, shown once; the one before signs beside it for a while.
    Rotate {
        /// The endpoint's id, as `list` shows it.
        id: Uuid,
        /// How long; 0 when the secret has leaked.
        #[arg(long, default_value_t = 86_400, value_name = "SECONDS",
            value_parser = clap::value_parser!(u64).range(..=notifications::limits::OVERLAP_MAX.as_secs()))]
        overlap_seconds: u64,
    },
    /// Send it a test, and wait for what a running server makes of it.
    Test {
        /// The endpoint's id, as `list` shows it.
        id: Uuid,
    },
    /// What it was told, newest first.
    Deliveries {
        /// The endpoint's id, as `list` shows it.
        id: Uuid,
        /// Only these; default all.
        #[arg(long, value_enum)]
        state: Option<StateArg>,
    },
    /// Send a delivery that has ended again, or all parked ones.
    Resend {
        /// The endpoint's id, as `list` shows it.
        id: Uuid,
        /// As `deliveries` shows it; default all parked ones.
        delivery: Option<Uuid>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StateArg {
    Waiting,
    Delivered,
    Parked,
}

impl From<StateArg> for State {
    fn from(state: StateArg) -> Self {
        match state {
            StateArg::Waiting => Self::Waiting,
            StateArg::Delivered => Self::Delivered,
            StateArg::Parked => Self::Parked,
        }
    }
}

impl Notifications {
    pub async fn run(self) -> Result<(), Failure> {
        let sealer = self.notifications.sealer()?;
        let database = self.database.open(Purpose::Use).await?;
        let endpoints = Endpoints::new(database.pool().clone(), Arc::new(SystemClock::new()), sealer);
        let desk = Desk { endpoints, json: self.json };
        let result = desk.run(self.action, &self.notifications).await;
        database.close().await;
        result
    }
}

/// Does what is asked, and prints.
struct Desk {
    endpoints: Endpoints,
    json: bool,
}

impl Desk {
    async fn run(&self, action: Action, settings: &NotificationArgs) -> Result<(), Failure> {
        match action {
            Action::List => {
                for endpoint in self.endpoints.list(None, None, LIST_MAX).await.map_err(failure)? {
                    self.show(endpoint);
                }
                Ok(())
            }
            Action::Add { url, types, organization, description } => {
                let target = Target::try_new(&url, settings.addresses());
                let target = target.map_err(|error| Failure::usage(format!("the URL: {error}")))?;
                let new = NewEndpoint { organization, target, description, types, created_by: actor() };
                let (endpoint, secret) = self.endpoints.create(new).await.map_err(failure)?;
                self.show_secret(endpoint, &secret);
                Ok(())
            }
            Action::Remove { id } => self.endpoints.remove(id, None).await.map_err(failure),
            Action::Disable { id } => self.switch(id, false).await,
            Action::Enable { id } => self.switch(id, true).await,
            Action::Rotate { id, overlap_seconds } => {
                let overlap = Duration::from_secs(overlap_seconds);
                let (endpoint, secret) = self.endpoints.rotate(id, None, overlap).await.map_err(failure)?;
                self.show_secret(endpoint, &secret);
                Ok(())
            }
            Action::Test { id } => self.test(id).await,
            Action::Deliveries { id, state } => {
                self.endpoints.find(id, None).await.map_err(failure)?;
                let found = self.deliveries().list(id, state.map(State::from), None, LIST_MAX).await;
                found.map_err(failure)?.into_iter().for_each(|delivery| self.show_delivery(delivery));
                Ok(())
            }
            Action::Resend { id, delivery: Some(delivery) } => {
                self.show_delivery(self.deliveries().resend(id, delivery).await.map_err(failure)?);
                Ok(())
            }
            Action::Resend { id, delivery: None } => self.resend_parked(id).await,
        }
    }

    fn deliveries(&self) -> Deliveries {
        Deliveries::new(self.endpoints.clone())
    }

    async fn switch(&self, id: Uuid, enabled: bool) -> Result<(), Failure> {
        let change = EndpointChange { enabled: Some(enabled), ..EndpointChange::default() };
        self.show(self.endpoints.change(id, None, change).await.map_err(failure)?);
        Ok(())
    }

    async fn test(&self, id: Uuid) -> Result<(), Failure> {
        let sent = self.deliveries().test(id, None).await.map_err(failure)?;
        let started = Instant::now();
        loop {
            let delivery = self.deliveries().find(id, sent.notification_id).await.map_err(failure)?;
            let is_over = started.elapsed() >= TEST_PATIENCE;
            if delivery.tries == 0 && !is_over {
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
            let (is_delivered, is_untried) = (delivery.state == State::Delivered.name(), delivery.tries == 0);
            self.show_delivery(delivery);
            return match (is_delivered, is_untried) {
                (true, _) => Ok(()),
                (false, true) => Err(Failure::unavailable("nobody has sent it yet: is a server running?")),
                (false, false) => Err(Failure::finding("it was not delivered; it is tried again for a day")),
            };
        }
    }

    async fn resend_parked(&self, id: Uuid) -> Result<(), Failure> {
        self.endpoints.find(id, None).await.map_err(failure)?;
        let mut count = 0;
        loop {
            let resent = self.deliveries().resend_parked(id).await.map_err(failure)?;
            count += resent.count;
            if !resent.has_more {
                break;
            }
        }
        if self.json {
            print(&ResentView { count, has_more: false })
        } else {
            say(format!("{count} are sent again"))
        }
        Ok(())
    }

    fn show(&self, endpoint: Endpoint) {
        if self.json { print(&NotificationEndpointView::from(endpoint)) } else { say(line(&endpoint)) }
    }

    fn show_secret(&self, endpoint: Endpoint, secret: &Secret) {
        let id = endpoint.id;
        if self.json {
            print(&NotificationEndpointView { secret: Some(secret.reveal()), ..endpoint.into() });
        } else {
            say(secret.reveal());
            eprintln!("the secret of endpoint {id}; it is shown only this once");
        }
    }

    fn show_delivery(&self, delivery: Delivery) {
        if self.json { print(&DeliveryView::from(delivery)) } else { say(delivery_line(&delivery)) }
    }
}

fn failure(error: NotificationError) -> Failure {
    match error {
        NotificationError::Database(_) => Failure::caused("notifications cannot be read", &error),
        NotificationError::NoEndpoint
        | NotificationError::NoDelivery
        | NotificationError::StillWaiting
        | NotificationError::TooMany(_)
        | NotificationError::Sealed => Failure::finding(error),
    }
}

fn print(view: &impl Serialize) {
    say(serde_json::to_string(view).expect("plain JSON"));
}

fn line(endpoint: &Endpoint) -> String {
    let organization = endpoint.organization.as_ref().map_or("all", |id| id.as_str());
    let types = if endpoint.types.is_empty() { "every type".to_owned() } else { endpoint.types.join(",") };
    let state = if endpoint.enabled { "enabled" } else { "disabled" };
    format!("{}  {state}  {organization}  {}  {types}  {}", endpoint.id, endpoint.url, endpoint.description)
}

fn delivery_line(delivery: &Delivery) -> String {
    let organization = delivery.organization.as_deref().unwrap_or("-");
    let accepted = delivery.accepted_at.to_rfc3339();
    let error = delivery.error.as_deref().unwrap_or_default();
    let Delivery { notification_id, kind, state, tries, .. } = delivery;
    format!("{notification_id}  {accepted}  {state}  {tries} tries  {organization}  {kind}  {error}")
}
