//! Whatever goes wrong before or after an effect, on every call that has one: there is one effect, and nobody takes an
//! unknown outcome for a failure.

use domain::text::Note;
use payments::gateway::{
    ChargeOutcome, CheckoutId, Doubt, GatewayError, IntentId, PaymentGateway, PaymentMethodId, RefundRequest,
    RequestKey,
};
use stripe_fake::{Fault, Kind, TestCard};
use uuid::Uuid;

use crate::setting::{Setting, organization};

/// Longer than [`crate::setting::impatient`] waits.
const SILENCE: u64 = 1_200;

const FAULTS: [Kind; 14] = Kind::each(SILENCE);

#[derive(Clone, Copy, Debug)]
enum Call {
    Customer,
    Checkout,
    Expire,
    Charge,
    Cancel,
    Refund,
}

const CALLS: [Call; 6] = [Call::Customer, Call::Checkout, Call::Expire, Call::Charge, Call::Cancel, Call::Refund];

/// What each call works on, made before anything goes wrong.
struct Prepared {
    setting: Setting,
    card: PaymentMethodId,
    open: CheckoutId,
    waiting: IntentId,
    paid: IntentId,
}

impl Prepared {
    async fn new() -> Self {
        let setting = Setting::start().await;
        let key = |n| RequestKey::of("prepared", Uuid::from_u128(n));
        let card = setting.save_card(TestCard::Succeeds).await;
        let open = setting.gateway.create_checkout(&key(1), &setting.checkout(901)).await.expect("a session").id;
        let shy = setting.save_card(TestCard::AuthenticationRequired).await;
        let waiting = setting.gateway.charge_off_session(&key(2), &setting.charge(902, shy)).await;
        let Ok(ChargeOutcome::NeedsCustomer { intent: waiting, .. }) = waiting else { panic!("{waiting:?}") };
        let paid = setting.gateway.charge_off_session(&key(3), &setting.charge(903, card.clone())).await;
        let Ok(ChargeOutcome::Succeeded { intent: paid, .. }) = paid else { panic!("{paid:?}") };
        Self { setting, card, open, waiting, paid }
    }

    async fn make(&self, call: Call) -> Result<(), GatewayError> {
        let gateway = &self.setting.gateway;
        let key = RequestKey::of("faulty", Uuid::from_u128(1));
        match call {
            Call::Customer => gateway.ensure_customer(&key, &organization()).await.map(drop),
            Call::Checkout => gateway.create_checkout(&key, &self.setting.checkout(1)).await.map(drop),
            Call::Expire => gateway.expire_checkout(&key, &self.open).await.map(drop),
            Call::Charge => {
                let charge = self.setting.charge(1, self.card.clone());
                gateway.charge_off_session(&key, &charge).await.map(drop)
            }
            Call::Cancel => gateway.cancel_intent(&key, &self.waiting).await.map(drop),
            Call::Refund => {
                let request = RefundRequest {
                    intent: self.paid.clone(),
                    amount_minor: Some(100),
                    reason: Note::try_new("asked").expect("short"),
                    labels: self.setting.labels(903),
                };
                gateway.refund(&key, &request).await.map(drop)
            }
        }
    }

    /// How often each thing has happened.
    fn effects(&self) -> [usize; 6] {
        self.setting.fake.with(|world| {
            let of = |kind: &str| world.events.iter().filter(|event| event.kind == kind).count();
            [
                world.customers.len() - 1,
                world.sessions.len() - 1,
                of("checkout.session.expired"),
                of("payment_intent.succeeded") - 1,
                of("payment_intent.canceled"),
                world.refunds.len(),
            ]
        })
    }
}

#[tokio::test]
async fn one_fault_has_one_effect() {
    let runs = CALLS.iter().enumerate().map(|(place, call)| async move {
        for fault in FAULTS {
            let prepared = Prepared::new().await;
            prepared.setting.fake.fault(Fault::of_post("/v1", fault));
            let answer = prepared.make(*call).await;
            // A key keeps a server's error for ever; everything else is healed by asking again.
            if matches!(fault, Kind::ErrorAfter { .. }) {
                let doubt = matches!(&answer, Err(GatewayError::Unknown { why: Doubt::Server(_), .. }));
                assert!(doubt, "{call:?} {fault:?}: {answer:?}");
            } else {
                assert_eq!(answer, Ok(()), "{call:?} {fault:?}");
            }
            let mut wanted = [0; 6];
            wanted[place] = 1;
            assert_eq!(prepared.effects(), wanted, "{call:?} {fault:?}");
        }
    });
    futures_all(runs).await;
}

#[tokio::test]
async fn faults_without_end_are_unknown_and_asking_later_has_no_second_effect() {
    for fault in FAULTS {
        let prepared = Prepared::new().await;
        prepared.setting.fake.fault(Fault { times: 3, ..Fault::of_post("/v1", fault) });
        let answer = prepared.make(Call::Charge).await;
        assert!(
            matches!(&answer, Err(error @ GatewayError::Unknown { .. }) if error.retryable()),
            "{fault:?}: {answer:?}"
        );
        let later = prepared.make(Call::Charge).await;
        assert_eq!(later.is_ok(), !matches!(fault, Kind::ErrorAfter { .. }), "{fault:?}: {later:?}");
        assert_eq!(prepared.setting.charged(1).0, 1, "{fault:?}");
        // Where the key answers with an error for ever, the attempt is found by what it carries.
        let attempt = prepared.setting.labels(1).attempt_id.expect("a recharge");
        let found = prepared.setting.gateway.find_intent(&prepared.setting.customer, Default::default(), attempt);
        assert!(found.await.expect("a list").is_some_and(|intent| intent.received_minor > 0), "{fault:?}");
    }
}

#[tokio::test]
async fn no_post_of_the_gateway_goes_without_a_key() {
    let prepared = Prepared::new().await;
    let already = prepared.setting.fake.with(|world| world.seen.len());
    for call in CALLS {
        prepared.make(call).await.ok();
    }
    prepared.setting.fake.with(|world| {
        let posts: Vec<_> = world.seen.iter().skip(already).filter(|seen| seen.method == "POST").collect();
        assert!(posts.len() == CALLS.len() && posts.iter().all(|seen| seen.key.is_some()), "{posts:?}");
    });
}

#[tokio::test]
async fn nobody_at_the_address_is_unknown() {
    let prepared = Prepared::new().await;
    let Prepared { setting, card, .. } = prepared;
    let charge = setting.charge(1, card);
    let Setting { fake, gateway, .. } = setting;
    drop(fake);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let answer = gateway.charge_off_session(&RequestKey::of("faulty", Uuid::from_u128(1)), &charge).await;
    assert!(matches!(answer, Err(GatewayError::Unknown { why: Doubt::Connection(_), .. })), "{answer:?}");
}

/// Runs them side by side: most of their time is waiting.
async fn futures_all(runs: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut runs: Vec<_> = runs.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        runs.retain_mut(|run| run.as_mut().poll(context).is_pending());
        if runs.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
