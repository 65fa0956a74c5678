//! What usage costs in the naive model: unit by unit, in thousandths of a credit, from a book that is written here a
//! second time.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use domain::price::PriceBooks;
use domain::text::Text;
use domain::usage::Usage;
use domain::*;

use crate::model::{End, MHold, Model};
use crate::model_commands::{Answer, check};
use crate::price_books::published;
use crate::support::*;

/// Version 1 for the domain; in version 2 a started package of mail costs 5. Version 3 never comes into force.
pub const BOOK: &str = "
[[prices]]
operation = 'chat.*'
minimum = 2
maximum = 40
components = [
  { unit = 'input_tokens', free = 10, graduated = [{ up_to = 50, rate = '0.5' }, { up_to = 120, rate = '0.25' }, { rate = '0.125' }] },
  { unit = 'output_tokens', per_unit = '0.75' },
]

[[prices]]
operation = 'chat.b'
components = [
  { unit = 'input_tokens', volume = [{ up_to = 60, rate = 1 }, { rate = '0.5' }] },
  { unit = 'request', flat = '0.2' },
]
uncharged = ['output_tokens']

[[prices]]
operation = 'mail'
components = [{ unit = 'request', package = { size = 10, price = 3 } }]
uncharged = ['input_tokens', 'output_tokens']
";

/// When the second version comes into force.
fn second_from() -> Timestamp {
    start() + TimeDelta::seconds(40)
}

pub fn books() -> PriceBooks {
    let never = time::end_of_time();
    let second = BOOK.replace("price = 3", "price = 5");
    PriceBooks::new(vec![
        published(1, Timestamp::UNIX_EPOCH, BOOK),
        published(2, second_from(), &second),
        published(3, never, BOOK),
    ])
}

pub fn priced_usage(operation: Option<&str>, quantities: [u64; 2]) -> Arc<Usage> {
    let units = ["input_tokens", "output_tokens"].map(|unit| Text::try_new(unit).unwrap());
    let quantities = units.into_iter().zip(quantities).filter(|(_, n)| *n % 7 != 0).collect();
    Arc::new(Usage { quantities, ..(*used_for(operation)).clone() })
}

pub type Quantities = BTreeMap<String, i128>;

pub fn naive(quantities: &BTreeMap<text::Unit, u64>) -> Quantities {
    quantities.iter().map(|(unit, n)| (unit.to_string(), i128::from(*n))).collect()
}

/// Usage without its labels.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub operation: Option<String>,
    pub quantities: Quantities,
}

impl Asked {
    pub fn of(usage: &Usage) -> Self {
        Self { operation: usage.operation().map(str::to_owned), quantities: naive(&usage.quantities) }
    }

    fn counter(&self) -> Option<&'static str> {
        match self.operation.as_deref() {
            Some("chat.a") => Some("chat.*"),
            Some("chat.b") => Some("chat.b"),
            _ => None,
        }
    }

    fn price(&self, used: i128, version: u32) -> Result<i128, &'static str> {
        let output = self.quantities.get("output_tokens").copied().unwrap_or(0);
        let thousandths = match self.operation.as_deref() {
            Some("chat.a") => {
                check(!self.quantities.is_empty(), "Unpriced")?;
                let unit = |n: i128| match n {
                    ..=10 => 0,
                    11..=50 => 500,
                    51..=120 => 250,
                    _ => 125,
                };
                let input: i128 = (used + 1..=used + self.input()).map(unit).sum();
                let sum = input + output * 750;
                if sum == 0 { 0 } else { sum.clamp(2_000, 40_000) }
            }
            Some("chat.b") => {
                let reached = used + self.input();
                200 + self.input() * if reached <= 60 { 1_000 } else { 500 }
            }
            Some("mail") => 1_000 * if version == 1 { 3 } else { 5 },
            _ => return Err("Unpriced"),
        };
        Ok(thousandths / 1_000 + i128::from(thousandths % 1_000 > 0))
    }

    fn input(&self) -> i128 {
        self.quantities.get("input_tokens").copied().unwrap_or(0)
    }
}

/// The calendar month that the instant lies in: walks know two.
fn month(now: i64) -> i64 {
    i64::from(now >= start().timestamp_micros())
}

impl Model {
    fn used(&self, now: i64, counter: &str) -> i128 {
        if self.used_month == month(now) { self.used.get(counter).copied().unwrap_or(0) } else { 0 }
    }

    pub fn count(&mut self, now: i64, asked: &Asked) {
        let Some(counter) = asked.counter() else { return };
        if asked.input() > 0 {
            let used = self.used(now, counter);
            if self.used_month != month(now) {
                self.used.clear();
            }
            self.used_month = month(now);
            self.used.insert(counter, used + asked.input());
        }
    }

    fn version(&self, now: i64, wanted: Option<u32>) -> Result<u32, &'static str> {
        let in_force = if now < second_from().timestamp_micros() { 1 } else { 2 };
        let version = wanted.unwrap_or(in_force);
        check(version <= in_force, "Unpriced").map(|()| version)
    }

    /// Credits for the usage by a version, where its counter stands.
    fn price(&self, now: i64, asked: &Asked, version: u32) -> Result<i128, &'static str> {
        let used = asked.counter().map_or(0, |counter| self.used(now, counter));
        asked.price(used, version)
    }

    /// What open reservations of priced usage may still use of a counter.
    fn reserved_use(&self, counter: Option<&str>) -> i128 {
        let open = self.holds.iter().filter(|hold| hold.end == End::Open && hold.version.is_some());
        open.filter(|hold| hold.asked.counter() == counter).map(|hold| hold.asked.input()).sum()
    }

    pub fn consume_priced(&mut self, asked: &Asked) -> Answer {
        let amount = self.price(self.now, asked, self.version(self.now, None)?)?;
        self.consume(amount, asked.operation.as_deref())?;
        self.count(self.now, asked);
        Ok(())
    }

    pub fn reserve_priced(
        &self,
        now: i64,
        asked: &Asked,
        version: Option<u32>,
    ) -> Result<(i128, Option<u32>), &'static str> {
        const HOUR_MICROS: i64 = 3_600_000_000;
        let first_is_over = now >= second_from().timestamp_micros() + HOUR_MICROS;
        check(version != Some(1) || !first_is_over, "Unpriced")?;
        let version = self.version(now, version)?;
        let used = asked.counter().map_or(0, |counter| self.used(now, counter));
        let behind_all = used + self.reserved_use(asked.counter());
        Ok((asked.price(used, version)?.max(asked.price(behind_all, version)?), Some(version)))
    }

    /// What a confirmation asks for, with the quantities where it is priced.
    pub fn confirmed_price(
        &self,
        now: i64,
        hold: &MHold,
        amount: Option<i128>,
        quantities: Quantities,
    ) -> Result<(i128, Option<Quantities>), &'static str> {
        match amount {
            Some(amount) => return Ok((amount, None)),
            None if quantities.is_empty() && hold.version.is_none() => return Ok((hold.amount, None)),
            None => {}
        }
        let version = self.version(now, hold.version)?;
        let as_reserved = quantities.is_empty();
        let quantities = if as_reserved { hold.asked.quantities.clone() } else { quantities };
        let asked = Asked { quantities: quantities.clone(), ..hold.asked.clone() };
        let price = self.price(now, &asked, version)?;
        Ok((if as_reserved { price.min(hold.amount) } else { price }, Some(quantities)))
    }
}
