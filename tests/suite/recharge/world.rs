//! A database, nodes that recharge, a simulation of Stripe, and one clock that all of them go by.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use api::SystemClock;
use chrono::TimeDelta;
use domain::commands::{CompleteRecharge, Consume, ResumeRecharge};
use domain::grant::{Currency, Money};
use domain::recharge::{AutoRechargePolicy, Recharge, RechargePackage, ResumeCause};
use domain::text::{Metadata, ReferenceText};
use domain::{Command, Credits, Fact, OrganizationId, Timestamp};
use payments::gateway::{PaymentGateway, RequestKey};
use payments::stripe::{Patience, StripeGateway, StripeSettings};
use payments::{Payments, Process, recharge};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use store::postgres::PostgresLog;
use store::testing::world::request;
use store::{Clock, ExecuteError, Ledger};
use stripe_fake::{Fake, TestCard};

use crate::support;

pub const THRESHOLD: i64 = 100;
pub const PACKAGE: i64 = 500;
pub const PRICE_MINOR: i64 = 1_000;
pub const COOLDOWN: i64 = 60;
const RETURN_URL: &str = "https://app.test/billing";
/// More than any poll and request of these tests takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The machine's clock, moved.
#[derive(Debug, Default)]
pub struct Shifted {
    machine: SystemClock,
    seconds: AtomicI64,
}

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        self.machine.now() + TimeDelta::seconds(self.seconds.load(Ordering::Relaxed))
    }

    fn machine_now(&self) -> Timestamp {
        self.machine.machine_now()
    }
}

/// One server, as far as it recharges.
pub struct Node {
    pub ledger: Arc<Ledger>,
    /// Works as long as this lives.
    _process: Process,
}

pub struct World {
    pub fake: Fake,
    pub clock: Arc<Shifted>,
    pub pool: PgPool,
    pub nodes: Vec<Node>,
    pub organization: OrganizationId,
    commands: AtomicUsize,
}

pub fn usd(amount_minor: i64) -> Money {
    Money { amount_minor, currency: Currency::try_new("USD").unwrap() }
}

pub fn policy() -> AutoRechargePolicy {
    AutoRechargePolicy {
        enabled: true,
        threshold: Credits::new(THRESHOLD),
        package: RechargePackage {
            package_id: ReferenceText::try_new("starter").unwrap(),
            package_version: Some(1),
            credits: Credits::new(PACKAGE),
            bonus_credits: None,
            price: usd(PRICE_MINOR),
            validity_days: None,
        },
        amount: None,
        monthly_limit: None,
        cooldown_seconds: u32::try_from(COOLDOWN).unwrap(),
    }
}

/// For tests in which Stripe is silent: a second is long for a simulation on the same machine.
pub fn impatient() -> Patience {
    Patience {
        connect: Duration::from_secs(1),
        answer: Duration::from_secs(1),
        overall: Duration::from_secs(3),
        tries_max: 2,
        backoff: Duration::from_millis(10),
    }
}

pub fn gateway(fake: &Fake, patience: Patience) -> Arc<StripeGateway> {
    let settings = StripeSettings::try_new("sk_test_1", Some(&fake.url())).unwrap();
    Arc::new(StripeGateway::new(settings, patience))
}

impl World {
    /// So many nodes, and an organization whose customer has saved this card.
    pub async fn new(nodes: usize, card: Option<TestCard>) -> Self {
        Self::with(nodes, card, Patience::default()).await
    }

    pub async fn with(nodes: usize, card: Option<TestCard>, patience: Patience) -> Self {
        let options = support::migrated_database().await;
        let pool = PgPoolOptions::new().max_connections(10).connect_with(options.clone()).await.unwrap();
        let fake = Fake::start(stripe_fake::Settings::default()).await.unwrap();
        let clock = Arc::new(Shifted::default());
        let mut started = Vec::new();
        for _ in 0..nodes {
            let log = PostgresLog::connect(options.clone(), 4).await.unwrap();
            let ledger = Arc::new(Ledger::start(Arc::new(log), Arc::clone(&clock) as _));
            let (gateway, clock) = (gateway(&fake, patience), Arc::clone(&clock) as _);
            let payments = Payments { gateway, ledger: Arc::clone(&ledger), pool: pool.clone(), clock };
            let process = recharge::start(payments, Some(RETURN_URL.to_owned()));
            started.push(Node { ledger, _process: process });
        }
        let organization = OrganizationId::try_new("acme").unwrap();
        let world = Self { fake, clock, pool, nodes: started, organization, commands: AtomicUsize::new(0) };
        if let Some(card) = card {
            world.make_customer().await;
            world.save_card(card);
        }
        world
    }

    async fn make_customer(&self) {
        let key = RequestKey::of_organization("customer", &self.organization);
        let customer =
            gateway(&self.fake, Patience::default()).ensure_customer(&key, &self.organization).await.unwrap();
        let insert = "INSERT INTO payments.customers (organization_id, customer_id, created_at) VALUES ($1, $2, $3)";
        let insert = sqlx::query(insert).bind(self.organization.as_str()).bind(customer.as_str());
        insert.bind(self.clock.now()).execute(&self.pool).await.unwrap();
    }

    /// The customer saves a card, the newest from then on.
    pub fn save_card(&self, card: TestCard) {
        self.fake.with(|world| {
            let customer = world.customers.iter().next().unwrap().id.clone();
            world.card_of(card.token(), Some(&customer)).map(drop).unwrap();
        });
    }

    /// Time passes, here and at Stripe.
    pub fn pass(&self, seconds: i64) {
        self.clock.seconds.fetch_add(seconds, Ordering::Relaxed);
        self.fake.with(|world| world.clock.offset_seconds += seconds);
    }

    pub async fn run_on(&self, node: usize, command: Command) -> Result<store::Committed, ExecuteError> {
        let key = format!("k-{}", self.commands.fetch_add(1, Ordering::Relaxed));
        self.nodes[node].ledger.execute(request(&self.organization, &key, command)).await
    }

    pub async fn run(&self, command: Command) -> store::Committed {
        self.run_on(0, command).await.unwrap()
    }

    pub async fn configure(&self, policy: AutoRechargePolicy) {
        self.run(Command::ConfigureAutoRecharge(Some(policy))).await;
    }

    pub async fn resume(&self, cause: ResumeCause) {
        self.run(Command::ResumeRecharge(ResumeRecharge { cause })).await;
    }

    /// Spends all there is.
    pub async fn spend_all(&self) {
        let amount = self.balance().await;
        if amount > 0 {
            self.run(consume(amount)).await;
        }
    }

    pub async fn balance(&self) -> i64 {
        let strong = self.nodes[0].ledger.strong_balance(&self.organization).await.unwrap();
        strong.map_or(0, |strong| strong.state.balance().get())
    }

    pub async fn recharge(&self) -> Recharge {
        let strong = self.nodes[0].ledger.strong_balance(&self.organization).await.unwrap();
        strong.expect("it exists").state.recharge().clone()
    }

    /// Waits until it is so.
    pub async fn until(&self, what: &str, so: impl Fn(&Recharge) -> bool) -> Recharge {
        let started = Instant::now();
        loop {
            let recharge = self.recharge().await;
            if so(&recharge) {
                return recharge;
            }
            let rows = self.rows().await;
            assert!(started.elapsed() < PATIENCE, "never {what}: {recharge:#?} {rows:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until every attempt that was begun has ended.
    pub async fn settled(&self) {
        let started = Instant::now();
        while self.open().await > 0 || self.recharge().await.in_flight.is_some() {
            assert!(started.elapsed() < PATIENCE, "not settled: {:#?}", self.rows().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many have ended.
    pub async fn ended(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM payments.recharge_attempts WHERE NOT is_open");
        count.fetch_one(&self.pool).await.unwrap()
    }

    pub async fn open(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM payments.recharge_attempts WHERE is_open");
        count.fetch_one(&self.pool).await.unwrap()
    }

    pub async fn rows(&self) -> Vec<String> {
        let rows = sqlx::query_scalar("SELECT a::text FROM payments.recharge_attempts a ORDER BY position");
        rows.fetch_all(&self.pool).await.unwrap()
    }

    /// How many charges went through for the organization, and their sum.
    pub fn charged(&self) -> (usize, i64) {
        self.fake.with(|world| world.charged("organizationId", self.organization.as_str()))
    }

    /// How many purchases were credited, and what for, and how many recharges asked for and completed.
    pub async fn credited(&self) -> (usize, i64) {
        let events = self.nodes[0].ledger.events(&self.organization, 0, 10_000).await.unwrap();
        let prices = events.iter().filter_map(|recorded| match &recorded.event.fact {
            Fact::PurchaseCompleted(f) => Some(f.price.amount_minor),
            _ => None,
        });
        let prices: Vec<i64> = prices.collect();
        (prices.len(), prices.iter().sum())
    }

    pub async fn count(&self, name: &str) -> usize {
        let events = self.nodes[0].ledger.events(&self.organization, 0, 10_000).await.unwrap();
        events.iter().filter(|recorded| recorded.event.fact.name() == name).count()
    }

    /// What is charged is credited, to the cent.
    pub async fn assert_charged(&self, times: usize) {
        let charges = (times, i64::try_from(times).unwrap() * PRICE_MINOR);
        assert_eq!((self.charged(), self.credited().await), (charges, charges), "{:#?}", self.rows().await);
    }
}

pub fn consume(amount: i64) -> Command {
    Command::Consume(Consume { amount: Credits::new(amount).into(), usage: Arc::default() })
}

/// What a webhook makes the inbox say: the payment of a recharge has arrived.
pub fn complete(recharge_id: domain::ids::RechargeId) -> Command {
    Command::CompleteRecharge(CompleteRecharge { recharge_id, metadata: Metadata::default() })
}
