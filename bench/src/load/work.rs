//! What a run asks for: paths, keys and bodies, the same for every side.

use std::fmt::Write as _;

/// What a grant of a run's start gives: more than any run can spend.
pub const GRANT_AMOUNT: i64 = 1_000_000_000_000;

/// More than [`GRANT_AMOUNT`]: refused by every side.
const REFUSED_AMOUNT: i64 = GRANT_AMOUNT + 1;

/// The kind of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first command of every organization.
    Grant,
    Consume,
    /// A consumption that the price book prices, by [`price_book`].
    Priced,
    /// What such a consumption would cost.
    Estimate,
    /// A signed event of Stripe.
    Webhook,
    /// A consumption of more than there is; 402 is the right answer.
    Refused,
    /// Reserve, then confirm half of it.
    Pair,
    /// So many consumptions a request.
    Batch(u32),
    /// So many grants a request.
    BatchGrant(u32),
    /// Reads the balance.
    Balance,
    /// Reads what a screen shows: by turns the balance and the first page of transactions.
    Screen,
}

/// Which organization is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One after the other: each gets the same number of commands.
    Round,
    /// Anywhere, so that two in flight may meet at one organization as they do in life.
    Scattered,
}

/// One run's commands over its own organizations.
#[derive(Clone, Debug)]
pub struct Work {
    pub kind: Kind,
    /// Organizations are `<prefix>-0` to `<prefix>-(organizations - 1)`.
    pub prefix: String,
    pub organizations: u64,
    pub order: Order,
}

impl Work {
    /// The organization of the command with this number.
    #[must_use]
    pub fn organization(&self, number: u64) -> String {
        let place = match self.order {
            Order::Round => number,
            Order::Scattered => scatter(number),
        };
        format!("{}-{}", self.prefix, place % self.organizations)
    }

    /// A key that no other command has.
    #[must_use]
    pub fn key(&self, number: u64) -> String {
        format!("{}-{}-{number}", self.prefix, if self.grants() { "grant" } else { "spend" })
    }

    const fn grants(&self) -> bool {
        match self.kind {
            Kind::Grant | Kind::BatchGrant(_) => true,
            Kind::Consume
            | Kind::Priced
            | Kind::Estimate
            | Kind::Webhook
            | Kind::Refused
            | Kind::Pair
            | Kind::Batch(_)
            | Kind::Balance
            | Kind::Screen => false,
        }
    }

    /// The body of a request for `/commands` with the items from `first` on.
    #[must_use]
    pub fn batch(&self, first: u64, size: u32) -> String {
        let fields = if self.grants() {
            format!(r#""type":"grant",{}"#, grant_fields())
        } else {
            format!(r#""type":"consume",{}"#, consume_fields(1))
        };
        let mut body = String::from(r#"{"commands":["#);
        for number in first..first + u64::from(size) {
            let separator = if number == first { "" } else { "," };
            let (organization, key) = (self.organization(number), self.key(number));
            write!(body, r#"{separator}{{"organization_id":"{organization}","idempotency_key":"{key}",{fields}}}"#)
                .expect("writing to a string cannot fail");
        }
        body.push_str("]}");
        body
    }
}

/// Spreads consecutive numbers over all organizations (the finalizer of SplitMix64).
const fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn grant_fields() -> String {
    format!(r#""amount":{GRANT_AMOUNT},"reason":"bench""#)
}

fn consume_fields(amount: i64) -> String {
    format!(r#""amount":{amount},"operation":"chat.completion","subject":"user-7","description":"One call""#)
}

/// A grant's body.
#[must_use]
pub fn grant_body() -> String {
    format!("{{{}}}", grant_fields())
}

/// A consumption's body.
#[must_use]
pub fn consume_body() -> String {
    format!("{{{}}}", consume_fields(1))
}

/// The book of priced rows: a prefix, a dimension and tiers, and so cheap that a grant outlives the run.
#[must_use]
pub const fn price_book() -> &'static str {
    r#"{"prices":[{"operation":"chat.*","dimensions":{"model":"gpt-4*"},"components":[{"unit":"input_tokens","per_unit":"0.003"},{"unit":"output_tokens","graduated":[{"up_to":1000000,"rate":"0.012"},{"rate":"0.01"}]}]},{"operation":"*","components":[{"unit":"request","per_unit":1}]}]}"#
}

const PRICED_USAGE: &str = r#""operation":"chat.completion","dimensions":{"model":"gpt-4o"},"quantities":{"input_tokens":800,"output_tokens":200}"#;

/// The body of a priced consumption, otherwise like the plain one.
#[must_use]
pub fn priced_body() -> String {
    format!(r#"{{{PRICED_USAGE},"subject":"user-7","description":"One call"}}"#)
}

/// The body of an estimate for an organization.
#[must_use]
pub fn estimate_body(organization: &str) -> String {
    format!(r#"{{"organization_id":"{organization}",{PRICED_USAGE}}}"#)
}

/// The body of a consumption that is refused.
#[must_use]
pub fn refused_body() -> String {
    format!("{{{}}}", consume_fields(REFUSED_AMOUNT))
}

/// A reservation's body.
#[must_use]
pub fn reserve_body() -> String {
    format!("{{{}}}", consume_fields(2))
}

/// The body of a confirmation of half the reservation.
#[must_use]
pub const fn confirm_body() -> &'static str {
    r#"{"amount":1}"#
}
