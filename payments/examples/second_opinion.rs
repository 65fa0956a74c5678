//! Asks localstripe, a simulation of Stripe by other people, what it makes of our requests, and prints a row for each.
//! `scripts/second-opinion` runs it; `docs/stripe.md` has the result.

#![expect(clippy::expect_used, reason = "a run that cannot go on should say where")]

use domain::grant::{Currency, Money};
use domain::ids::{PurchaseId, RechargeId};
use domain::text::Note;
use domain::{Credits, OrganizationId, Timestamp};
use payments::gateway::{
    ChargeOutcome, CheckoutRequest, CustomerId, OffSessionCharge, PaymentGateway, PaymentLabels, PaymentMethodId,
    PriceId, RefundRequest, RequestKey,
};
use payments::stripe::{Patience, StripeGateway, StripeSettings, read_event};
use uuid::Uuid;

struct Opinion {
    gateway: StripeGateway,
    http: reqwest::Client,
    base: String,
    customer: CustomerId,
}

#[tokio::main]
async fn main() {
    let base = std::env::args().nth(1).expect("the address of localstripe");
    let settings = StripeSettings::try_new("sk_test_opinion", Some(&base)).expect("an address on this machine");
    let gateway = StripeGateway::new(settings, Patience { tries_max: 1, ..Patience::default() });
    let organization = OrganizationId::try_new("acme").expect("an id");
    let made = gateway.ensure_customer(&RequestKey::of_organization("customer", &organization), &organization).await;
    row("make a customer", &made);
    let customer = made.expect("nothing goes without a customer");
    let opinion =
        Opinion { gateway, http: payments::https::client().no_proxy().build().expect("a client"), base, customer };
    opinion.charges().await;
    opinion.reads().await;
    opinion.lacks().await;
}

fn row<T: std::fmt::Debug, E: std::fmt::Display>(what: &str, result: &Result<T, E>) {
    match result {
        Ok(seen) => println!("| {what} | {} |", shortened(&format!("{seen:?}"))),
        Err(error) => println!("| {what} | FAILS: {} |", shortened(&error.to_string())),
    }
}

fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 150;
    text.replace(['\n', '|'], " ").chars().take(CHARS_MAX).collect()
}

fn key(n: u128) -> RequestKey {
    RequestKey::of("opinion", Uuid::from_u128(n))
}

impl Opinion {
    fn labels(&self, n: u128) -> PaymentLabels {
        PaymentLabels {
            organization_id: OrganizationId::try_new("acme").expect("an id"),
            purchase_id: PurchaseId::new(Uuid::from_u128(n)),
            package_id: None,
            credits: Credits::new(1_000),
            attempt_id: Some(RechargeId::new(Uuid::from_u128(n))),
        }
    }

    fn charge(&self, n: u128, card: &PaymentMethodId) -> OffSessionCharge {
        let amount = Money { amount_minor: 1_000, currency: Currency::try_new("usd").expect("a code") };
        OffSessionCharge {
            customer: self.customer.clone(),
            payment_method: card.clone(),
            amount,
            labels: self.labels(n),
        }
    }

    /// A card as a page of Stripe's would save it.
    async fn save(&self, number: &str) -> PaymentMethodId {
        let card = format!("type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123");
        let id = self.post("/v1/payment_methods", card).await;
        let id = id["id"].as_str().expect("an id").to_owned();
        self.post(&format!("/v1/payment_methods/{id}/attach"), format!("customer={}", self.customer)).await;
        PaymentMethodId::new(id)
    }

    async fn post(&self, path: &str, form: String) -> serde_json::Value {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth("sk_test_opinion");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    async fn charges(&self) {
        let good = self.save("4242424242424242").await;
        row("read the saved cards", &self.gateway.saved_cards(&self.customer).await);
        let paid = self.gateway.charge_off_session(&key(1), &self.charge(1, &good)).await;
        row("charge a saved card", &paid);
        row("the same key again", &self.gateway.charge_off_session(&key(1), &self.charge(1, &good)).await);
        for (n, what, number) in [
            (2, "charge a card that is declined", "4000000000000341"),
            (3, "charge a card that wants its holder", "4000002500003155"),
        ] {
            let card = self.save(number).await;
            let outcome = self.gateway.charge_off_session(&key(n), &self.charge(n, &card)).await;
            row(what, &outcome);
            if let Ok(ChargeOutcome::NeedsCustomer { intent, .. }) = outcome {
                let canceled = self.gateway.cancel_intent(&key(20), &intent).await;
                row("cancel it", &canceled.map(|intent| intent.status));
            }
        }
        let Ok(ChargeOutcome::Succeeded { intent, .. }) = paid else { return };
        row("read the payment", &self.gateway.intent(&intent).await.map(|intent| intent.status));
        let request = RefundRequest {
            intent: intent.clone(),
            amount_minor: Some(300),
            reason: Note::try_new("asked").expect("short"),
            labels: self.labels(1),
        };
        row("refund a part", &self.gateway.refund(&key(10), &request).await.map(|refund| refund.status));
        row("list its refunds", &self.gateway.refunds_of(&intent).await.map(|refunds| refunds.len()));
        row("list its disputes", &self.gateway.disputes_of(&intent).await.map(|disputes| disputes.len()));
    }

    async fn reads(&self) {
        let long_ago = Timestamp::default();
        let attempt = self.labels(1).attempt_id.expect("a recharge");
        let found = self.gateway.find_intent(&self.customer, long_ago, attempt).await;
        row("find a payment by its labels", &found.map(|found| found.map(|intent| intent.status)));
        let far = domain::time::end_of_time();
        let events = self.gateway.events(long_ago, far, None).await;
        row("list events", &events.as_ref().map(|page| page.items.len()));
        let readable = events.map(|page| page.items.iter().filter(|event| read_event(&event.payload).is_ok()).count());
        row("read events", &readable);
    }

    async fn lacks(&self) {
        row("read a price", &self.gateway.price(&PriceId::new("price_1")).await);
        let request = CheckoutRequest {
            customer: self.customer.clone(),
            price: PriceId::new("price_1"),
            quantity: 1,
            success_url: "https://app.test/".to_owned(),
            cancel_url: "https://app.test/".to_owned(),
            save_card: true,
            labels: self.labels(4),
        };
        row("open a checkout", &self.gateway.create_checkout(&key(30), &request).await);
    }
}
