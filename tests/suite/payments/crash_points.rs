//! A server that ends at a chosen moment, at each of them once: whoever comes after it finishes what it had begun, with one
//! charge, one credit and one refund.

use std::time::{Duration, Instant};

use payments::crash::{Point, SETTING};
use serde_json::{Value, json};
use stripe_fake::TestCard;

use super::told::{PATIENCE, balance, deliver, until_balance, until_worked};
use crate::support::node::command;
use crate::support::stripe::{Shop, checkout};
use crate::support::{self, TestDatabase};

const CREDITS: i64 = 1_000;

/// What is going on when the process ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scene {
    Checkout,
    Payment,
    Refund,
    Recharge,
}

/// Each moment belongs to a scene: a new one does not compile before it has its own.
const fn scene(point: Point) -> Scene {
    match point {
        Point::PurchaseStarted
        | Point::CustomerMade
        | Point::CustomerKept
        | Point::CustomerFixed
        | Point::PageMade
        | Point::PageKept => Scene::Checkout,
        Point::EventKept
        | Point::EventClaimed
        | Point::FactsRead
        | Point::PaymentAccepted
        | Point::FactsAdded
        | Point::Booked
        | Point::EventWorked => Scene::Payment,
        Point::RefundNoted | Point::RefundMade | Point::RefundKept | Point::RefundSettled => Scene::Refund,
        Point::RechargeNoticed
        | Point::RechargeClaimed
        | Point::RechargeStarted
        | Point::RechargeFrozen
        | Point::RechargeSending
        | Point::RechargeCharged
        | Point::RechargePaid
        | Point::RechargeFinished => Scene::Recharge,
    }
}

struct Stage {
    database: TestDatabase,
    shop: Shop,
}

impl Stage {
    async fn new() -> Self {
        let database = support::database().await;
        let shop = Shop::open_by_hand(&database.url).await;
        shop.package("starter", CREDITS, 1_000).await;
        Self { database, shop }
    }

    /// From now on the only server is one that ends at this moment.
    async fn doom(&mut self, point: Point) {
        self.shop.restart(&[(SETTING, &format!("{point:?}"))]).await;
    }

    /// It has ended; another one takes over, and what the dead one had claimed is due.
    async fn succeed(&mut self, point: Point) {
        assert!(self.shop.node.has_died(PATIENCE).await, "nothing passes {point:?}");
        self.shop.restart(&[]).await;
        self.make_due().await;
    }

    async fn make_due(&self) {
        for due in [
            "UPDATE payments.stripe_events SET next_at = '2020-01-01' WHERE status = 'pending'",
            "UPDATE payments.recharge_attempts SET next_at = '2020-01-01' WHERE is_open",
        ] {
            sqlx::query(due).execute(&self.database.pool).await.unwrap();
        }
    }

    async fn bought(&self, organization: &str) -> Value {
        let checkout = self.shop.checkout(organization, "buy", "starter").await;
        self.shop.pay(&checkout, TestCard::Succeeds);
        deliver(&self.shop).await;
        until_balance(&self.shop, organization, CREDITS).await;
        checkout
    }

    /// What the customer paid for was charged so often, and credited as often, and nothing is left to do.
    async fn check(&self, point: Point, organization: &str, charges: usize, credits: i64) {
        deliver(&self.shop).await;
        until_worked(&self.database.pool).await;
        let charged = self.shop.fake.with(|world| world.charged("organizationId", organization).0);
        let completed: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM store.events WHERE aggregate_id = $1 AND event_type = 'PurchaseCompleted'",
        )
        .bind(organization)
        .fetch_one(&self.database.pool)
        .await
        .unwrap();
        let found = (charged, completed, balance(&self.shop, organization).await);
        assert_eq!(found, (charges, i64::try_from(charges).unwrap(), credits), "{point:?}: {organization}");
    }

    async fn verify(&self) {
        let output = command(&self.database.url, &["verify"]).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn points(wanted: Scene) -> impl Iterator<Item = (Point, String)> {
    let points = Point::ALL.iter().copied().filter(move |point| scene(*point) == wanted);
    points.map(|point| (point, format!("{point:?}").to_lowercase()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_that_a_crash_cuts_short_anywhere_opens_one_page_for_one_customer() {
    let mut stage = Stage::new().await;
    for (point, organization) in points(Scene::Checkout) {
        stage.doom(point).await;
        let path = format!("/v1/organizations/{organization}/checkout-sessions");
        let cut = stage.shop.client.post(&path, "buy", &checkout("starter")).await;
        assert!(cut.is_err(), "{point:?}");
        stage.succeed(point).await;
        let page = stage.shop.checkout(&organization, "buy", "starter").await;
        stage.shop.pay(&page, TestCard::Succeeds);
        deliver(&stage.shop).await;
        until_balance(&stage.shop, &organization, CREDITS).await;
        stage.check(point, &organization, 1, CREDITS).await;
        let made = stage.shop.fake.with(|world| (world.sessions.iter().count(), world.customers.iter().count()));
        let done = points(Scene::Checkout).position(|(done, _)| done == point).unwrap() + 1;
        assert_eq!(made, (done, done), "{point:?}: pages and customers");
    }
    stage.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_booking_a_crash_cuts_short_anywhere_is_credited_once() {
    let mut stage = Stage::new().await;
    for (point, organization) in points(Scene::Payment) {
        stage.doom(point).await;
        let page = stage.shop.checkout(&organization, "buy", "starter").await;
        stage.shop.pay(&page, TestCard::Succeeds);
        let told = stage.shop.fake.with(|world| world.events.iter().last().expect("it was paid").id.clone());
        // Whether it is answered depends on the moment; it is delivered again either way.
        drop(stage.shop.fake.resend(&told).await);
        stage.succeed(point).await;
        until_balance(&stage.shop, &organization, CREDITS).await;
        stage.check(point, &organization, 1, CREDITS).await;
    }
    stage.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_a_crash_cuts_short_anywhere_pays_back_once() {
    let mut stage = Stage::new().await;
    for (nth, (point, organization)) in points(Scene::Refund).enumerate() {
        let purchase = stage.bought(&organization).await["purchase_id"].as_str().unwrap().to_owned();
        stage.doom(point).await;
        let path = format!("/v1/organizations/{organization}/purchases/{purchase}/refund");
        let body = json!({"amount_minor": 400, "reason": "sorry"});
        let cut = stage.shop.client.post(&path, "r", &body).await;
        assert!(cut.is_err(), "{point:?}");
        stage.succeed(point).await;
        let again = stage.shop.client.post(&path, "r", &body).await.unwrap();
        assert_eq!(again.status, 200, "{point:?}: {}", again.body);
        stage.check(point, &organization, 1, 600).await;
        let refunded: Vec<i64> =
            stage.shop.fake.with(|world| world.refunds.iter().map(|refund| refund.amount).collect());
        assert_eq!(refunded, vec![400; nth + 1], "{point:?}");
    }
    stage.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recharge_that_a_crash_cuts_short_anywhere_charges_once() {
    let mut stage = Stage::new().await;
    for (point, organization) in points(Scene::Recharge) {
        stage.bought(&organization).await;
        let path = format!("/v1/organizations/{organization}/auto-recharge");
        let policy = json!({"threshold": 100, "package_id": "starter", "cooldown_seconds": 3_600});
        let put = stage.shop.client.request("PUT", &path).header("Idempotency-Key", "policy").json(&policy);
        assert_eq!(stage.shop.client.send(put).await.unwrap().status, 200);
        stage.doom(point).await;
        let spend = format!("/v1/organizations/{organization}/consumptions");
        // It may be cut short before it is answered.
        drop(stage.shop.client.post(&spend, "c", &json!({"amount": CREDITS})).await);
        stage.succeed(point).await;
        let again = stage.shop.client.post(&spend, "c", &json!({"amount": CREDITS})).await.unwrap();
        assert_eq!(again.status, 201, "{point:?}: {}", again.body);
        until_closed(&stage, &organization).await;
        stage.check(point, &organization, 2, CREDITS).await;
    }
    stage.verify().await;
}

/// Until the recharge has ended. Its claim is ended as often as it takes: the database may still run the last statement of
/// a server that is dead.
async fn until_closed(stage: &Stage, organization: &str) {
    const CLOSED: &str = "SELECT count(*) FROM payments.recharge_attempts WHERE organization_id = $1 AND NOT is_open";
    let started = Instant::now();
    loop {
        let closed = sqlx::query_scalar(CLOSED).bind(organization).fetch_one(&stage.database.pool).await;
        if closed.unwrap_or(0_i64) == 1 {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{organization}: the recharge never ends");
        tokio::time::sleep(Duration::from_millis(200)).await;
        if started.elapsed() > Duration::from_secs(5) {
            stage.make_due().await;
        }
    }
}
