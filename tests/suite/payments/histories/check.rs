//! The model: what Stripe holds in the end says what the ledger has to hold.

use stripe_fake::World;
use stripe_fake::objects::intent::Status;

use super::story::PACKAGES;
use super::town::Town;
use crate::payments::told::balance;
use crate::support::node::command;

/// What the money of a purchase says.
struct Wanted {
    charges: usize,
    credits: i64,
}

fn wanted(world: &World, purchase: &str, (credits, price): (i64, i64)) -> Wanted {
    let of_purchase = |labels: &stripe_fake::objects::Labels| labels.get("purchaseId").is_some_and(|id| id == purchase);
    let (charges, charged) = world.charged("purchaseId", purchase);
    let intent = world.intents.iter().find(|intent| of_purchase(&intent.metadata));
    let Some(intent) = intent.filter(|intent| intent.status == Status::Succeeded) else {
        return Wanted { charges, credits: 0 };
    };
    assert_eq!(charged, price, "{purchase} was charged its price");
    let refunded = world.refunds.iter().filter(|refund| refund.intent == intent.id && refund.status.counts());
    let disputed = world.disputes.iter().filter(|dispute| dispute.intent == intent.id && dispute.status.withholds());
    let gone = refunded.map(|refund| refund.amount).sum::<i64>() + disputed.map(|dispute| dispute.amount).sum::<i64>();
    Wanted { charges, credits: credits - credits * gone.min(price) / price }
}

impl Town {
    pub async fn check(&self, organizations: usize) {
        let accounts = self.accounts.lock().await;
        for n in 0..organizations {
            let (organization, account) = (format!("org-{n}"), &accounts[&n]);
            let mut sum = -account.spent;
            for (purchase, package) in &account.purchases {
                let wanted = self.shop.fake.with(|world| wanted(world, purchase, PACKAGES[*package]));
                let credited = self.credited(purchase).await;
                assert!(wanted.charges <= 1, "{organization}: {purchase} was charged {} times", wanted.charges);
                assert_eq!(credited, i64::try_from(wanted.charges).expect("one"), "{organization}: {purchase}");
                sum += wanted.credits;
            }
            assert_eq!(balance(&self.shop, &organization).await, sum, "{organization}: {account:?}");
        }
        let output = command(&self.database.url, &["verify"]).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
    }

    /// How often a purchase was credited.
    async fn credited(&self, purchase: &str) -> i64 {
        const COMPLETED: &str =
            "SELECT count(*) FROM store.events WHERE entity_id = $1::uuid AND event_type = 'PurchaseCompleted'";
        let count = sqlx::query_scalar(COMPLETED).bind(purchase).fetch_one(&self.database.pool).await;
        count.expect("the database answers")
    }
}
