//! A simulation, a gateway to it, and a customer who has something to buy.

use std::time::Duration;

use domain::grant::{Currency, Money};
use domain::ids::{PurchaseId, RechargeId};
use domain::{Credits, OrganizationId};
use payments::gateway::{
    CheckoutRequest, CustomerId, OffSessionCharge, PaymentGateway, PaymentLabels, PaymentMethodId, PriceId, RequestKey,
};
use payments::stripe::{Patience, StripeGateway, StripeSettings};
use serde_json::Value;
use stripe_fake::{Fake, Settings, TestCard};
use uuid::Uuid;

pub const PRICE_MINOR: i64 = 1_000;

pub struct Setting {
    pub fake: Fake,
    pub gateway: StripeGateway,
    pub customer: CustomerId,
    pub price: PriceId,
}

/// Quick enough for tests; a second is long for a simulation on the same machine.
pub fn impatient() -> Patience {
    Patience {
        connect: Duration::from_secs(1),
        answer: Duration::from_secs(1),
        overall: Duration::from_secs(5),
        tries_max: 3,
        backoff: Duration::from_millis(10),
    }
}

pub fn organization() -> OrganizationId {
    OrganizationId::try_new("acme").expect("an id")
}

pub fn gateway(fake: &Fake) -> StripeGateway {
    let settings = StripeSettings::try_new("sk_test_1", Some(&fake.url())).expect("a test key on this machine");
    StripeGateway::new(settings, impatient())
}

impl Setting {
    pub async fn start() -> Self {
        let fake = Fake::start(Settings::default()).await.expect("a free port");
        let gateway = gateway(&fake);
        let price = {
            let product = call(&fake, "POST", "/v1/products", "name=Starter").await;
            let id = product["id"].as_str().expect("an id");
            let form = format!("product={id}&currency=usd&unit_amount={PRICE_MINOR}");
            let price = call(&fake, "POST", "/v1/prices", &form).await;
            PriceId::new(price["id"].as_str().expect("an id"))
        };
        let key = RequestKey::of_organization("customer", &organization());
        let customer = gateway.ensure_customer(&key, &organization()).await.expect("a customer");
        Self { fake, gateway, customer, price }
    }

    pub fn labels(&self, n: u128) -> PaymentLabels {
        PaymentLabels {
            organization_id: organization(),
            purchase_id: PurchaseId::new(Uuid::from_u128(n)),
            package_id: None,
            credits: Credits::new(1_000),
            attempt_id: Some(RechargeId::new(Uuid::from_u128(n))),
        }
    }

    pub fn checkout(&self, n: u128) -> CheckoutRequest {
        CheckoutRequest {
            customer: self.customer.clone(),
            price: self.price.clone(),
            quantity: 2,
            success_url: "https://app.test/paid?session={CHECKOUT_SESSION_ID}&x=a b".to_owned(),
            cancel_url: "https://app.test/back".to_owned(),
            save_card: true,
            labels: self.labels(n),
        }
    }

    pub fn charge(&self, n: u128, card: PaymentMethodId) -> OffSessionCharge {
        let currency = Currency::try_new("USD").expect("a code");
        OffSessionCharge {
            customer: self.customer.clone(),
            payment_method: card,
            amount: Money { amount_minor: PRICE_MINOR, currency },
            labels: self.labels(n),
        }
    }

    /// Saves a card as a customer does on the checkout page.
    pub async fn save_card(&self, card: TestCard) -> PaymentMethodId {
        let form = format!("customer={}", self.customer);
        let path = format!("/v1/payment_methods/{}/attach", card.token());
        let saved = call(&self.fake, "POST", &path, &form).await;
        PaymentMethodId::new(saved["id"].as_str().expect("an id"))
    }

    /// How many payments of purchase `n` went through, and their sum.
    pub fn charged(&self, n: u128) -> (usize, i64) {
        self.fake.with(|world| world.charged("purchaseId", &Uuid::from_u128(n).to_string()))
    }
}

/// One request, answered as it came.
pub async fn text(fake: &Fake, method: &str, path: &str, form: &str) -> (u16, String) {
    let http = payments::https::client().no_proxy().build().expect("a client");
    let url = format!("{}{path}", fake.url());
    let request = match method {
        "POST" => http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form.to_owned()),
        _ => http.get(url),
    };
    let answer = request.bearer_auth("sk_test_1").send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

pub async fn call(fake: &Fake, method: &str, path: &str, form: &str) -> Value {
    let (status, text) = text(fake, method, path, form).await;
    assert_eq!(status, 200, "{method} {path}: {text}");
    serde_json::from_str(&text).expect("JSON")
}
