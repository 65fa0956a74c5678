//! A server that is killed at each of its requests to Stripe in turn: before the request takes effect, which is after all
//! that the server has written so far, and after it, which is before the server has written anything of it. Between two
//! requests it writes by commands that have keys of their own, or not at all. Or it stands still at that request, and goes
//! on long after another server has done its work. However it goes, one who asks again gets one purchase, one refund and
//! one recharge.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stripe_fake::{Delivery, Fault, Kind, TestCard};
use tempfile::NamedTempFile;

use super::told::{PATIENCE, balance};
use crate::support::http::Answer;
use crate::support::node::{Node, command};
use crate::support::stripe::{Shop, checkout};
use crate::support::{self, TestDatabase};

const POLL: Duration = Duration::from_millis(50);
/// How long a server that was late is watched.
const LATE_FOR: Duration = Duration::from_secs(3);
/// Longer than the claim of a server that died.
const PAST_THE_CLAIM: i64 = 150;
/// Every so many requests of a run of `make test` have their turn; with `SOAK`, all.
const STRIDE: u32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_or_stands_still_at_any_request_to_stripe_leaves_one_of_everything() {
    let stride = if std::env::var_os("SOAK").is_some() { 1 } else { STRIDE };
    let mut turns = 0;
    loop {
        let request = turns * stride;
        let was_met = tokio::join!(
            story(request, Moment::Before, End::Killed),
            // Not the same requests of every kind.
            story(request + stride / 3, Moment::After, End::Killed),
            story(request + stride * 2 / 3, Moment::After, End::Late),
        );
        if was_met == (false, false, false) {
            break;
        }
        turns += 1;
    }
    println!("{turns} requests of each kind");
    assert!(turns * stride > 10, "the server asks Stripe more than {} things", turns * stride);
}

#[derive(Clone, Copy, Debug)]
enum Moment {
    Before,
    After,
}

/// What becomes of the server at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Killed,
    /// It stands still until everything has been done without it.
    Late,
}

/// Bought, refunded in part, recharged. Answers whether so many requests were made.
async fn story(request: u32, moment: Moment, end: End) -> bool {
    let mut stage = Stage::open(request, moment, end).await;
    let bought = stage.ask("POST", "checkout-sessions", "buy", &checkout("starter")).await;
    assert_eq!(bought.status, 201, "{}", bought.body);
    stage.shop.pay(&bought.body, TestCard::Succeeds);
    stage.until_balance(1_000).await;

    let path = format!("purchases/{}/refund", bought.body["purchase_id"].as_str().expect("an id"));
    let refunded = stage.ask("POST", &path, "refund", &json!({"amount_minor": 400, "reason": "asked"})).await;
    assert_eq!(refunded.status, 200, "{}", refunded.body);
    stage.until_balance(600).await;

    let policy = json!({"threshold": 700, "package_id": "starter", "cooldown_seconds": 3_600});
    let set = stage.ask("PUT", "auto-recharge", "policy", &policy).await;
    assert_eq!(set.status, 200, "{}", set.body);
    stage.until_balance(1_600).await;
    stage.check().await
}

struct Stage {
    database: TestDatabase,
    shop: Shop,
    clock: NamedTempFile,
    end: End,
    is_met: bool,
    /// The server that stands still.
    late: Option<Node>,
}

impl Stage {
    async fn open(request: u32, moment: Moment, end: End) -> Self {
        let database = support::database().await;
        let clock = NamedTempFile::new().unwrap();
        std::fs::write(clock.path(), "0").unwrap();
        let by_hand = Delivery { automatic: false, ..Delivery::default() };
        let shop = Shop::open_with(&database.url, by_hand, &[environment(&clock)]).await;
        shop.package("starter", 1_000, 1_000).await;
        let kind = match moment {
            Moment::Before => Kind::TimeoutBefore { milliseconds: 600_000 },
            Moment::After => Kind::TimeoutAfter { milliseconds: 600_000 },
        };
        shop.fake.fault(Fault { method: None, path: String::new(), after: request, times: 1, kind });
        Self { database, shop, clock, end, is_met: false, late: None }
    }

    /// Asks with one key until there is an answer that is not "again later".
    async fn ask(&mut self, method: &str, path: &str, key: &str, body: &Value) -> Answer {
        let started = Instant::now();
        loop {
            let client = self.shop.client.clone();
            let request = client.request(method, &format!("/v1/organizations/acme/{path}"));
            let asked = client.send(request.header("Idempotency-Key", key).json(body));
            tokio::select! {
                answer = asked => match answer {
                    Ok(answer) if answer.status < 500 => return answer,
                    Ok(_) | Err(_) => assert!(started.elapsed() < PATIENCE, "{path} was never answered"),
                },
                () = self.struck() => self.strike().await,
            }
        }
    }

    /// Tells all that happens until the balance is that.
    async fn until_balance(&mut self, wanted: i64) {
        let started = Instant::now();
        loop {
            let events: Vec<String> =
                self.shop.fake.with(|world| world.events.iter().map(|event| event.id.clone()).collect());
            for event in events {
                self.shop.fake.resend(&event).await;
            }
            if self.is_struck() {
                self.strike().await;
            }
            let found = balance(&self.shop, "acme").await;
            if found == wanted {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "the balance is {found}, not {wanted}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Whether the server waits for an answer that it will not live to hear.
    fn is_struck(&self) -> bool {
        !self.is_met && self.shop.fake.with(|world| world.faults.is_empty())
    }

    async fn struck(&self) {
        while !self.is_struck() {
            tokio::time::sleep(POLL).await;
        }
    }

    /// The end of the server, and another one once what it had claimed is due.
    async fn strike(&mut self) {
        // The effect of the request that waits comes before its silence.
        tokio::time::sleep(POLL).await;
        self.is_met = true;
        // Before the time passes, so that it claims nothing of the time after.
        match self.end {
            End::Killed => self.shop.node.kill(),
            End::Late => self.shop.node.signal("STOP"),
        }
        std::fs::write(self.clock.path(), PAST_THE_CLAIM.to_string()).unwrap();
        self.shop.fake.with(|world| world.clock.offset_seconds += PAST_THE_CLAIM);
        let before = self.shop.replace(&[environment(&self.clock)]).await;
        self.late = (self.end == End::Late).then_some(before);
    }

    /// Whoever stood still goes on, and finds everything done.
    async fn go_on(&mut self) {
        let Some(late) = &self.late else { return };
        late.signal("CONT");
        // Its time for an answer is over: it looks at once, and again, what has become of its request.
        tokio::time::sleep(LATE_FOR).await;
        self.until_balance(1_600).await;
    }

    async fn check(mut self) -> bool {
        self.go_on().await;
        let (charges, sum, refunds, sessions) = self.shop.fake.with(|world| {
            let (charges, sum) = world.charged("organizationId", "acme");
            let refunds: Vec<i64> = world.refunds.iter().map(|refund| refund.amount).collect();
            (charges, sum, refunds, world.sessions.iter().count())
        });
        assert_eq!((charges, sum, refunds, sessions), (2, 2_000, vec![400], 1));
        let output = command(&self.database.url, &["verify"]).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.is_met
    }
}

fn environment(clock: &NamedTempFile) -> (&str, &str) {
    ("CREDIT_LEDGER_TEST_CLOCK_FILE", clock.path().to_str().expect("a plain path"))
}
