//! Scenarios as tables: `command | outcome | balance reserved available | events`. A row's last columns may be left out;
//! `tick` moves the clock and settles. Names are given where something is made, and used afterwards.
//! The amount `priced` is that of the table's price books, for quantities `#unit=3` and dimensions `@name=value`.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use domain::commands::*;
use domain::grant::Category;
use domain::ids::{ConsumptionId, GrantId, RechargeId, ReservationId};
use domain::price::PriceBooks;
use domain::recharge::{AutoRechargePolicy, RechargeFailure, RechargePackage, ResumeCause, SuspensionCause};
use domain::*;
use uuid::Uuid;

use crate::support::*;

/// Runs a table in a new world, and answers the world for more.
pub fn table(rows: &str) -> Table {
    priced_table(PriceBooks::default(), rows)
}

/// The same with price books.
pub fn priced_table(books: PriceBooks, rows: &str) -> Table {
    let mut table = Table { world: World::new(), named: HashMap::new(), books: Arc::new(books) };
    table.rows(rows);
    table
}

pub struct Table {
    pub world: World,
    named: HashMap<String, EntityId>,
    pub books: Arc<PriceBooks>,
}

/// The words of a command: those with `=` by name, the others in order.
struct Words<'a> {
    plain: Vec<&'a str>,
    named: HashMap<&'a str, &'a str>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let (named, plain): (Vec<_>, Vec<_>) = text.split_whitespace().partition(|word| word.contains('='));
        Self { plain, named: named.iter().filter_map(|word| word.split_once('=')).collect() }
    }

    fn word(&self, place: usize) -> &'a str {
        self.plain.get(place).unwrap_or_else(|| panic!("{:?} has no word {place}", self.plain))
    }

    fn number(&self, place: usize) -> i64 {
        self.word(place).parse().unwrap()
    }

    fn maybe(&self, place: usize) -> Option<i64> {
        self.plain.get(place).map(|word| word.parse().unwrap())
    }

    fn named(&self, name: &str) -> Option<i64> {
        self.named.get(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
    }

    /// The values of the words whose name begins with a sign.
    fn signed(&self, sign: char) -> impl Iterator<Item = (text::Unit, &'a str)> {
        let named = self.named.iter().filter_map(move |(name, value)| Some((name.strip_prefix(sign)?, *value)));
        named.map(|(name, value)| (text::Unit::try_new(name).unwrap(), value))
    }

    fn quantities(&self) -> std::collections::BTreeMap<text::Unit, u64> {
        self.signed('#').map(|(unit, number)| (unit, number.parse().unwrap())).collect()
    }

    fn list(&self, name: &str) -> Vec<&'a str> {
        self.named.get(name).map_or(Vec::new(), |text| text.split(',').collect())
    }
}

impl Table {
    pub fn rows(&mut self, rows: &str) -> &mut Self {
        for row in rows.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with("--")) {
            self.row(row);
        }
        self
    }

    /// Runs a row's command, whatever comes of it.
    pub fn try_row(&mut self, command: &str) -> String {
        let words = Words::of(command);
        let outcome = if words.word(0) == "tick" {
            self.world.tick(words.number(1));
            self.world.settle();
            "ok".to_owned()
        } else {
            let command = self.command(&words);
            match self.world.run(&command) {
                Ok(_) => "ok".to_owned(),
                Err(error) => kind(&error),
            }
        };
        if outcome == "ok" && matches!(words.word(0), "grant" | "consume" | "reserve") {
            self.named.insert(words.word(1).to_owned(), self.world.command_id().entity(0));
        }
        outcome
    }

    fn row(&mut self, row: &str) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let before = self.world.log.len();
        let outcome = self.try_row(columns[0]);
        assert_eq!(columns.get(1).copied().unwrap_or("ok"), outcome, "{row}");
        if let Some(figures) = columns.get(2).filter(|text| !text.is_empty()) {
            let (balance, reserved, available) = self.world.figures();
            let real = format!("{balance} {reserved} {available}");
            assert_eq!(figures.split_whitespace().collect::<Vec<_>>().join(" "), real, "{row}");
        }
        if let Some(events) = columns.get(3) {
            let real: Vec<_> = self.world.log[before..].iter().map(|event| event.fact.name()).collect();
            assert_eq!(events.split_whitespace().collect::<Vec<_>>(), real, "{row}");
        }
    }

    pub fn id(&self, name: &str) -> EntityId {
        self.named.get(name).copied().unwrap_or(Uuid::nil())
    }

    fn command(&self, words: &Words<'_>) -> Command {
        let payment = || match words.word(1).strip_prefix("recharge-") {
            Some(n) => self.recharge(n.parse().unwrap()).purchase(&self.world.organization),
            None => purchase_id(words.word(1)),
        };
        let why = || reference(words.named.get("ref").copied().unwrap_or("d1"));
        match words.word(0) {
            "grant" => self.grant(words),
            "void" => Command::VoidGrant(VoidGrant { grant_id: self.grant_id(words.word(1)), reason: note("void") }),
            "start" => Command::StartPurchase(StartPurchase {
                offer: Offer {
                    credits: credits(words.number(2)),
                    price: usd(1_000),
                    package_id: None,
                    package_version: None,
                    bonus_credits: None,
                },
                payment_reference: reference(words.word(1)),
                metadata: text::Metadata::default(),
            }),
            "buy" => purchase(words.number(2), words.word(1), expiry(words)),
            "fail" => Command::FailPurchase(EndPurchase { purchase_id: payment(), reason: note("declined") }),
            "lapse" => Command::ExpirePurchase(EndPurchase { purchase_id: payment(), reason: note("left open") }),
            "revoke" => Command::RevokePurchase(RevokePurchase {
                purchase_id: payment(),
                extent: words.maybe(2).map(credits).map_or(RevokeExtent::Rest, RevokeExtent::Credits),
                cause: match words.named.get("cause").copied() {
                    Some("dispute") => RevokeCause::Dispute,
                    _ => RevokeCause::Refund,
                },
                reference: why(),
                reason: note("refund"),
            }),
            "reinstate" => Command::ReinstatePurchase(ReinstatePurchase {
                purchase_id: payment(),
                reference: why(),
                reason: note("won"),
            }),
            "consume" => Command::Consume(Consume { amount: self.amount(words), usage: self.usage(words) }),
            "refund" => Command::RefundConsumption(RefundConsumption {
                consumption_id: ConsumptionId::new(self.id(words.word(1))),
                amount: words.maybe(2).map(credits),
                reason: note("sorry"),
            }),
            "reserve" => self.reserve(words),
            "confirm" => Command::ConfirmReservation(ConfirmReservation {
                reservation_id: ReservationId::new(self.id(words.word(1))),
                amount: words.maybe(2).map(credits),
                quantities: words.quantities(),
                books: Some(Arc::clone(&self.books)),
            }),
            "cancel" => Command::CancelReservation(CancelReservation {
                reservation_id: ReservationId::new(self.id(words.word(1))),
            }),
            "adjust" => Command::Adjust(Adjust { amount: credits(words.number(1)), reason: note("fix") }),
            "settings" => Command::ChangeSettings(Settings {
                low_balance_threshold: words.named("low").map(credits),
                overdraft_limit: credits(words.named("limit").unwrap_or(0)),
            }),
            _ => self.recharge_command(words),
        }
    }

    fn recharge_command(&self, words: &Words<'_>) -> Command {
        match words.word(0) {
            "policy" => Command::ConfigureAutoRecharge(Some(policy(words))),
            "switch_off" => Command::ConfigureAutoRecharge(None),
            "recharge" => Command::RequestRecharge,
            "charged" => Command::CompleteRecharge(CompleteRecharge {
                recharge_id: self.recharge(words.number(1)),
                metadata: text::Metadata::default(),
            }),
            "paid" => self.paid(words),
            "failed" => Command::FailRecharge(FailRecharge {
                recharge_id: self.recharge(words.number(1)),
                failure: serde_json::from_value::<RechargeFailure>(words.word(2).into()).unwrap(),
                detail: None,
                link: None,
            }),
            "suspend" => {
                Command::SuspendRecharge(SuspendRecharge { cause: SuspensionCause::Asked, reason: note("asked") })
            }
            "resume" => Command::ResumeRecharge(ResumeRecharge { cause: ResumeCause::Person }),
            "card" => Command::ResumeRecharge(ResumeRecharge { cause: ResumeCause::NewCard }),
            other => panic!("no command {other}"),
        }
    }

    /// The payment of the n-th recharge, as somebody records it who knows purchases only.
    fn paid(&self, words: &Words<'_>) -> Command {
        let id = self.recharge(words.number(1));
        let requested = self.world.log.iter().find_map(|event| match &event.fact {
            Fact::RechargeRequested(f) if f.recharge_id == id => Some(f.offer()),
            _ => None,
        });
        Command::RecordPurchase(RecordPurchase {
            offer: requested.expect("it was asked for"),
            payment_reference: id.payment_reference(),
            expiry: Expiry::Never,
            metadata: text::Metadata::default(),
        })
    }

    /// The n-th recharge that was asked for, from 1.
    fn recharge(&self, n: i64) -> RechargeId {
        let requests = self.world.log.iter().filter(|event| event.fact.name() == "RechargeRequested");
        let request = requests.clone().nth(usize::try_from(n - 1).unwrap());
        RechargeId::new(request.and_then(|event| event.fact.entity_id()).unwrap_or(Uuid::nil()))
    }

    /// The lot of a purchase has the purchase's id.
    fn grant_id(&self, name: &str) -> GrantId {
        self.named.get(name).map_or_else(|| purchase_id(name).grant(), |id| GrantId::new(*id))
    }

    fn grant(&self, words: &Words<'_>) -> Command {
        let is_paid = words.plain.contains(&"paid");
        Command::Grant(Grant {
            category: if is_paid { Category::Paid } else { Category::Promotional },
            priority: u16::try_from(words.named("priority").unwrap_or(100)).unwrap(),
            effective_at: words.named("starts").map(|seconds| self.world.now + TimeDelta::seconds(seconds)),
            expiry: match words.named("ends") {
                Some(seconds) => Expiry::At(self.world.now + TimeDelta::seconds(seconds)),
                None => expiry(words),
            },
            applies_to: patterns(&words.list("for")),
            ..a_grant(words.number(2))
        })
    }

    fn amount(&self, words: &Words<'_>) -> Amount {
        match words.word(2) {
            "priced" => Amount::Priced(Arc::clone(&self.books)),
            _ => credits(words.number(2)).into(),
        }
    }

    fn usage(&self, words: &Words<'_>) -> Arc<usage::Usage> {
        let used_at = words.named("used").map(|seconds| self.world.now + TimeDelta::seconds(seconds));
        let usage = used_for(words.named.get("op").copied());
        let dimensions = words.signed('@').map(|(name, value)| (name, text::Label::try_new(value).unwrap())).collect();
        Arc::new(usage::Usage { used_at, quantities: words.quantities(), dimensions, ..(*usage).clone() })
    }

    fn reserve(&self, words: &Words<'_>) -> Command {
        let policy = match words.named.get("over").copied() {
            None => OverPolicy::Reject,
            Some("take") => OverPolicy::TakeAvailable,
            Some("overdraft") => OverPolicy::Overdraft,
            Some(other) => panic!("no policy {other}"),
        };
        Command::Reserve(Reserve {
            amount: self.amount(words),
            price_version: words.named("version").map(|version| u32::try_from(version).unwrap()),
            expires_in_seconds: u32::try_from(words.named("life").unwrap_or(900)).unwrap(),
            over: Over { policy, max_amount: words.named("max").map(credits) },
            usage: self.usage(words),
        })
    }
}

fn expiry(words: &Words<'_>) -> Expiry {
    words.named("life").map_or(Expiry::Never, |seconds| Expiry::In(u32::try_from(seconds).unwrap()))
}

fn policy(words: &Words<'_>) -> AutoRechargePolicy {
    AutoRechargePolicy {
        enabled: !words.plain.contains(&"off"),
        threshold: credits(words.named("below").unwrap_or(100)),
        package: RechargePackage {
            package_id: reference("pack"),
            package_version: words.named("version").map(|version| u32::try_from(version).unwrap()),
            bonus_credits: words.named("bonus").map(credits),
            credits: credits(words.named("package").unwrap_or(500)),
            price: usd(words.named("price").unwrap_or(1_000)),
            validity_days: words.named("days").map(|days| u32::try_from(days).unwrap()),
        },
        amount: words.named("amount").map(credits),
        monthly_limit: words.named("month").map(usd),
        cooldown_seconds: u32::try_from(words.named("cooldown").unwrap_or(0)).unwrap(),
    }
}
