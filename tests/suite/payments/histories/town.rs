//! Where histories are played: a simulation of Stripe, a server that lives, and one that does not for long.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use stripe_fake::objects::{Labels, dispute, refund};
use stripe_fake::{Delivery, Fault, Kind, Order, World};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::story::{Dice, Op, PACKAGES};
use crate::payments::reconcile::reconcile;
use crate::payments::told::until_worked;
use crate::support::http::{Answer, Client};
use crate::support::node::Node;
use crate::support::stripe::{Shop, checkout};
use crate::support::{self, TestDatabase};

/// Tries of a request until a server answers it: one that was killed is back within a few.
const TRIES_MAX: u32 = 60;
/// How long work that is due mostly takes.
const A_WHILE: Duration = Duration::from_secs(10);

/// What is known of an organization from outside.
#[derive(Debug, Default)]
pub struct Account {
    /// The last one is what happens next is about.
    pub sessions: Vec<String>,
    pub purchases: Vec<(String, usize)>,
    pub spent: i64,
}

pub struct Town {
    pub database: TestDatabase,
    pub shop: Shop,
    victim: Arc<Mutex<Node>>,
    pub accounts: Mutex<HashMap<usize, Account>>,
    round: u64,
    is_lossy: bool,
}

impl Town {
    pub async fn open(round: u64, is_lossy: bool) -> Self {
        let database = support::database().await;
        let shop = Shop::open_by_hand(&database.url).await;
        for (n, (credits, cents)) in PACKAGES.into_iter().enumerate() {
            shop.package(&format!("package-{n}"), credits, cents).await;
        }
        let victim = Arc::new(Mutex::new(shop.another_node(&[]).await));
        Self { database, shop, victim, accounts: Mutex::default(), round, is_lossy }
    }

    /// `kill -9` at moments that nobody chose, and another server in its place.
    pub fn kill_now_and_then(&self) -> JoinHandle<()> {
        let (victim, mut dice) = (Arc::clone(&self.victim), Dice::new(self.round));
        let starting = self.shop.starting();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(100 + dice.below(900))).await;
                let mut node = victim.lock().await;
                node.kill();
                *node = starting.node().await;
            }
        })
    }

    /// A server: mostly the one that may die while it answers.
    async fn client(&self, attempt: u32) -> Client {
        if attempt % 3 == 2 { self.shop.client.clone() } else { self.victim.lock().await.client() }
    }

    /// Asks with one key until there is an answer that is not "again later".
    async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        for attempt in 0..TRIES_MAX {
            if let Ok(answer) = self.client(attempt).await.post(path, key, body).await
                && answer.status < 500
            {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} {key} was never answered")
    }

    pub async fn act(&self, n: usize, step: usize, op: &Op) {
        let (organization, key) = (format!("org-{n}"), format!("step-{step}"));
        match *op {
            Op::Buy { package } => self.buy(n, &organization, &key, package).await,
            Op::RefundHere { amount } => self.refund(n, &organization, &key, amount).await,
            Op::Spend(amount) => {
                let path = format!("/v1/organizations/{organization}/consumptions");
                let answer = self.post(&path, &key, &json!({"amount": amount})).await;
                if answer.status == 201 {
                    self.accounts.lock().await.entry(n).or_default().spent += amount;
                }
            }
            elsewhere => {
                let session = self.accounts.lock().await.get(&n).and_then(|known| known.sessions.last().cloned());
                let session = session.expect("it begins with a purchase");
                self.shop.fake.with(|world| there(world, &session, elsewhere));
            }
        }
    }

    async fn buy(&self, n: usize, organization: &str, key: &str, package: usize) {
        let path = format!("/v1/organizations/{organization}/checkout-sessions");
        let answer = self.post(&path, key, &checkout(&format!("package-{package}"))).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let text = |name: &str| answer.body[name].as_str().expect("an id").to_owned();
        let mut accounts = self.accounts.lock().await;
        let account = accounts.entry(n).or_default();
        account.sessions.push(text("checkout_session_id"));
        account.purchases.push((text("purchase_id"), package));
    }

    async fn refund(&self, n: usize, organization: &str, key: &str, amount: Option<i64>) {
        let purchase = self.accounts.lock().await.get(&n).and_then(|known| known.purchases.last().cloned());
        let (purchase, _) = purchase.expect("it begins with a purchase");
        let path = format!("/v1/organizations/{organization}/purchases/{purchase}/refund");
        let mut body = json!({"reason": "asked"});
        if let Some(amount) = amount {
            body["amount_minor"] = json!(amount);
        }
        let answer = self.post(&path, key, &body).await;
        assert!(matches!(answer.status, 200 | 409 | 422), "{}", answer.body);
    }

    /// Tells some of what has happened, and breaks something for a while.
    pub async fn tell(&self, step: usize) {
        let mut dice = Dice::new(self.round * 7_919 + u64::try_from(step).expect("a few"));
        let kind =
            dice.one(&[Kind::ResetBefore, Kind::ResetAfter, Kind::GarbageAfter, Kind::ErrorBefore { status: 500 }]);
        let path = dice.one(&["/v1/refunds", "/v1/checkout", "/v1/payment_intents", "/v1/disputes"]).to_owned();
        self.shop.fake.fault(Fault { method: None, path, after: 0, times: 2, kind });
        if dice.below(3) > 0 {
            self.deliver(dice.below(3)).await;
        }
    }

    async fn deliver(&self, duplicates: u64) {
        let duplicates = u8::try_from(duplicates).expect("a few");
        let lose_permille = if self.is_lossy { 300 } else { 0 };
        let policy =
            Delivery { automatic: false, order: Order::Shuffled, duplicates, lose_permille, ..Delivery::default() };
        for sent in self.shop.fake.deliver(&policy).await {
            assert_eq!(sent.status, Some(200), "{sent:?}");
        }
    }

    /// Nothing breaks any more; what was lost is found, and all is worked at.
    pub async fn calm(&self) {
        self.shop.fake.with(|world| world.faults.clear());
        self.victim.lock().await.kill();
        self.deliver(1).await;
        if self.is_lossy {
            let (code, report) = reconcile(&self.shop, &self.database.url, &["--since", "1d"]).await;
            assert_eq!(code, 0, "{report}");
        }
        // What the dead had claimed, and what waits for Stripe to be well again, is due in the end. More than once,
        // because the database may still run the last statement of a server that was killed.
        const DUE: &str = "UPDATE payments.stripe_events SET next_at = '2020-01-01' WHERE status = 'pending'";
        let make_due = async {
            loop {
                sqlx::query(DUE).execute(&self.database.pool).await.expect("the database answers");
                tokio::time::sleep(A_WHILE).await;
            }
        };
        tokio::select! {
            () = until_worked(&self.database.pool) => {}
            () = make_due => {}
        }
    }
}

/// What happens at Stripe; what is not possible any more does not happen.
fn there(world: &mut World, session: &str, op: Op) {
    let intent = world.sessions.get(session).expect("it was opened").intent.clone().unwrap_or_default();
    let of_intent = |one: &str| one == intent;
    let refunded = world.refunds.iter().rev().find(|refund| of_intent(&refund.intent)).map(|found| found.id.clone());
    let disputed = world.disputes.iter().rev().find(|dispute| of_intent(&dispute.intent)).map(|found| found.id.clone());
    let _possible = match op {
        Op::Pay(card) => world.pay_session(session, card).is_ok(),
        Op::Expire => world.expire_session(session).is_ok(),
        Op::Settle { succeeds } => world.settle(&intent, succeeds).is_ok(),
        Op::RefundThere { amount, pending } => {
            let status = if pending { refund::Status::Pending } else { refund::Status::Succeeded };
            world.paid_charge(&intent).is_ok_and(|charge| {
                let order = stripe_fake::RefundOrder { charge, amount, reason: None, metadata: Labels::new(), status };
                world.refund(order).is_ok()
            })
        }
        Op::RefundFails => refunded.is_some_and(|id| world.settle_refund(&id, refund::Status::Failed).is_ok()),
        Op::Dispute { amount, inquiry } => {
            use dispute::Status::{NeedsResponse, WarningNeedsResponse};
            // A bank disputes a payment once.
            disputed.is_none()
                && world.dispute(&intent, amount, if inquiry { WarningNeedsResponse } else { NeedsResponse }).is_ok()
        }
        Op::DisputeGoesOn => disputed.is_some_and(|id| world.move_dispute(&id, dispute::Status::UnderReview).is_ok()),
        Op::DisputeEnds { won } => {
            let status = if won { dispute::Status::Won } else { dispute::Status::Lost };
            disputed.is_some_and(|id| world.move_dispute(&id, status).is_ok())
        }
        Op::Buy { .. } | Op::RefundHere { .. } | Op::Spend(_) => unreachable!("these are asked of the ledger"),
    };
}
