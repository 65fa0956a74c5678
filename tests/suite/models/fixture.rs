//! Organizations that live on a log of their own, projected.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::commands::*;
use domain::grant::{Category, Currency, Money, OperationPattern};
use domain::ids::{ConsumptionId, GrantId, PurchaseId, ReservationId};
use domain::text::{Label, Metadata, Note, ReferenceText, Unit};
use domain::usage::Usage;
use domain::{Command, CommandId, Credits, EntityId, OrganizationId};
use projections::projectors;
use projections::rebuild::Rebuild;
use projections::verify::{Report, verify};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use store::Ledger;
use store::postgres::PostgresLog;
use store::testing::world::{key, request};
use store::testing::{ManualClock, World};

use crate::support;
use crate::support::projected::project;

pub(super) struct Ground {
    pub(super) options: PgConnectOptions,
    pub(super) url: String,
    pub(super) pool: PgPool,
    pub(super) world: World,
    ledger: Arc<Ledger>,
    seed: u64,
    commands: u64,
}

impl Ground {
    pub(super) async fn new(seed: u64) -> Self {
        let support::TestDatabase { pool, url } = support::database().await;
        let options: PgConnectOptions = url.parse().unwrap();
        let log = PostgresLog::connect(options.clone(), 4).await.unwrap();
        let world = World::new(Arc::new(log));
        let ledger = world.node();
        Self { options, url, pool, world, ledger, seed, commands: 0 }
    }

    pub(super) async fn project(&self) {
        self.project_by(7).await;
    }

    pub(super) async fn project_by(&self, events: u32) {
        project(&self.options, &self.pool, events).await;
    }

    pub(super) async fn rebuild_all(&self) {
        for projector in projectors::all() {
            let rebuild = Rebuild::new(self.options.clone(), projector, Arc::new(ManualClock::new()));
            rebuild.run(&|_| ()).await.unwrap();
        }
    }

    /// Each read model with the number of its rows and a hash of all that they say.
    pub(super) async fn digests(&self) -> Vec<(String, i64, String)> {
        let views = "SELECT viewname::text FROM pg_views WHERE schemaname = 'ledger' AND
            EXISTS (SELECT FROM pg_tables t WHERE t.schemaname = 'ledger' AND t.tablename ~ ('^' || viewname || '_v[0-9]+$'))
            ORDER BY 1";
        let views: Vec<String> = sqlx::query_scalar(views).fetch_all(&self.pool).await.unwrap();
        assert!(views.len() >= 6, "{views:?}");
        let mut digests = Vec::new();
        for view in views {
            let sql = format!(
                "SELECT count(*), md5(string_agg(row, '' ORDER BY row)) FROM (
                     SELECT md5(v::text) COLLATE \"C\" AS row FROM ledger.{view} v) rows"
            );
            let (rows, digest) = sqlx::query_as(&sql).fetch_one(&self.pool).await.unwrap();
            digests.push((view, rows, digest));
        }
        digests
    }

    pub(super) async fn verify(&self) -> Report {
        verify(self.options.clone(), projectors::all(), |_| ()).await.unwrap()
    }

    pub(super) async fn run(&self, sql: &str) {
        sqlx::raw_sql(sql).execute(&self.pool).await.unwrap();
    }

    pub(super) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Many commands of every kind on a few organizations, refused ones among them, while time passes.
    pub(super) async fn live(&mut self, commands: u64) {
        let mut lives: Vec<Life> = ["ada", "ben", "cyd", "dan", "eve"].map(Life::new).into();
        for _ in 0..commands {
            let which = self.pick(lives.len());
            let life = &mut lives[which];
            self.commands += 1;
            let text = format!("k{}", self.commands);
            let command = self.command(life);
            let id = CommandId::of_key(&life.organization, &key(&text)).entity(0);
            let asked = request(&life.organization, &text, command.clone());
            if self.ledger.execute(asked).await.is_ok() {
                lives[which].made(&command, id);
            }
            if self.pick(10) == 0 {
                let seconds = self.amount(1_000);
                self.world.clock.advance_seconds(seconds);
            }
        }
    }

    /// A number below the bound: splitmix64, so that a seed tells the whole story.
    fn pick(&mut self, bound: usize) -> usize {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn amount(&mut self, bound: i64) -> i64 {
        i64::try_from(self.pick(usize::try_from(bound).unwrap())).unwrap() + 1
    }

    fn of(&mut self, ids: &[EntityId]) -> EntityId {
        if ids.is_empty() { EntityId::from_u128(7) } else { ids[self.pick(ids.len())] }
    }

    fn maybe(&mut self, bound: i64) -> Option<Credits> {
        (self.pick(2) == 0).then(|| Credits::new(self.amount(bound)))
    }

    fn expiry(&mut self) -> Expiry {
        if self.pick(2) == 0 { Expiry::Never } else { Expiry::In(u32::try_from(self.amount(5_000)).unwrap()) }
    }

    fn usage(&mut self) -> Arc<Usage> {
        let label = |text: &str| Label::try_new(text).unwrap();
        let unit = Unit::try_new("tokens").unwrap();
        let operation = ["chat.a", "chat.b", "mail"][self.pick(3)];
        Arc::new(Usage {
            operation: (self.pick(4) > 0).then(|| label(operation)),
            subject: (self.pick(2) == 0).then(|| label("user-1")),
            quantities: [(unit, u64::try_from(self.amount(1_000)).unwrap())].into(),
            ..Usage::default()
        })
    }

    fn command(&mut self, life: &Life) -> Command {
        match self.pick(14) {
            0 => {
                let starts = (self.pick(3) == 0).then(|| self.world_now() + TimeDelta::seconds(self.amount(2_000)));
                let applies_to: Vec<OperationPattern> =
                    if self.pick(4) == 0 { vec![OperationPattern::try_new("chat.*").unwrap()] } else { vec![] };
                Command::Grant(Grant {
                    amount: Credits::new(self.amount(500)),
                    category: [Category::Paid, Category::Promotional][self.pick(2)],
                    priority: 100,
                    effective_at: starts,
                    expiry: self.expiry(),
                    applies_to,
                    reason: note("welcome"),
                    metadata: Metadata::default(),
                })
            }
            1 => Command::VoidGrant(VoidGrant { grant_id: GrantId::new(self.of(&life.grants)), reason: note("no") }),
            2 => {
                let (offer, payment_reference) = (self.offer(), payment(self.amount(40)));
                let metadata = Metadata::default();
                Command::StartPurchase(StartPurchase { offer, payment_reference, metadata })
            }
            3 => Command::RecordPurchase(RecordPurchase {
                offer: self.offer(),
                payment_reference: payment(self.amount(40)),
                expiry: self.expiry(),
                metadata: Metadata::default(),
            }),
            4 => {
                let end = EndPurchase { purchase_id: self.purchase(life), reason: note("no funds") };
                if self.pick(2) == 0 { Command::FailPurchase(end) } else { Command::ExpirePurchase(end) }
            }
            5 => Command::RevokePurchase(RevokePurchase {
                purchase_id: self.purchase(life),
                extent: [RevokeExtent::Rest, RevokeExtent::PriceMinor(100)][self.pick(2)],
                cause: RevokeCause::Dispute,
                reference: reference("re"),
                reason: note("disputed"),
            }),
            6 => Command::ReinstatePurchase(ReinstatePurchase {
                purchase_id: self.purchase(life),
                reference: reference("re"),
                reason: note("won"),
            }),
            7 | 8 => Command::Consume(Consume { amount: Credits::new(self.amount(300)).into(), usage: self.usage() }),
            9 => Command::RefundConsumption(RefundConsumption {
                consumption_id: ConsumptionId::new(self.of(&life.consumptions)),
                amount: self.maybe(100),
                reason: note("blank"),
            }),
            10 => Command::Reserve(Reserve {
                amount: Credits::new(self.amount(200)).into(),
                price_version: None,
                expires_in_seconds: u32::try_from(self.amount(3_000)).unwrap(),
                over: Over {
                    policy: [OverPolicy::Reject, OverPolicy::TakeAvailable, OverPolicy::Overdraft][self.pick(3)],
                    max_amount: None,
                },
                usage: self.usage(),
            }),
            11 => Command::ConfirmReservation(ConfirmReservation {
                reservation_id: ReservationId::new(self.of(&life.reservations)),
                amount: self.maybe(300),
                quantities: Default::default(),
                books: None,
            }),
            12 => {
                let reservation_id = ReservationId::new(self.of(&life.reservations));
                Command::CancelReservation(CancelReservation { reservation_id })
            }
            _ => match self.pick(3) {
                0 => Command::Adjust(Adjust { amount: Credits::new(self.amount(100)), reason: note("up") }),
                1 => Command::Adjust(Adjust { amount: Credits::new(-self.amount(100)), reason: note("down") }),
                _ => Command::ChangeSettings(Settings {
                    low_balance_threshold: self.maybe(400),
                    overdraft_limit: Credits::new(self.amount(200)),
                }),
            },
        }
    }

    fn world_now(&self) -> domain::Timestamp {
        use store::Clock;
        self.world.clock.now()
    }

    fn offer(&mut self) -> Offer {
        let price = Money { amount_minor: self.amount(5_000), currency: Currency::try_new("USD").unwrap() };
        Offer {
            credits: Credits::new(self.amount(700)),
            price,
            package_id: Some(reference("pro")),
            package_version: None,
            bonus_credits: None,
        }
    }

    fn purchase(&mut self, life: &Life) -> PurchaseId {
        PurchaseId::of_reference(&life.organization, payment(self.amount(40)).as_str())
    }
}

/// What an organization has made so far.
struct Life {
    organization: OrganizationId,
    grants: Vec<EntityId>,
    consumptions: Vec<EntityId>,
    reservations: Vec<EntityId>,
}

impl Life {
    fn new(id: &str) -> Self {
        let organization = OrganizationId::try_new(id).unwrap();
        Self { organization, grants: Vec::new(), consumptions: Vec::new(), reservations: Vec::new() }
    }

    fn made(&mut self, command: &Command, id: EntityId) {
        match command {
            Command::Grant(_) => self.grants.push(id),
            Command::Consume(_) => self.consumptions.push(id),
            Command::Reserve(_) => self.reservations.push(id),
            Command::ConfirmReservation(c) => self.consumptions.push(c.reservation_id.consumption().entity()),
            _ => {}
        }
    }
}

fn note(text: &str) -> Note {
    Note::try_new(text).unwrap()
}

fn reference(text: &str) -> ReferenceText {
    ReferenceText::try_new(text).unwrap()
}

fn payment(number: i64) -> ReferenceText {
    reference(&format!("inv-{number}"))
}
