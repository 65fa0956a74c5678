//! How long the credits last if spending goes on as it did. Pure, in whole numbers.
//!
//! A lot's credits are counted in units of one credit divided by the microseconds of the measured window, so that what is
//! spent in a microsecond is a whole number of units and nothing is rounded before the end.
//!
//! Invariant: every operation spends at the rate of the window and draws from the lots that may pay for it, in burn order.
//! Absent: overdraft (it is debt, not credit), and seasons or trends: the past is repeated, not explained.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::grant::OperationPattern;
use domain::{Credits, Timestamp};
use uuid::Uuid;

/// One lot, in burn order with its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    pub grant_id: Uuid,
    /// What no reservation holds.
    pub free: Credits,
    /// Inclusive.
    pub effective_at: Timestamp,
    /// Exclusive.
    pub expires_at: Option<Timestamp>,
    /// Empty: pays for everything.
    pub applies_to: Vec<OperationPattern>,
}

/// What one operation has spent in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burn {
    pub operation: Option<String>,
    pub credits: Credits,
}

/// A lot that ends before its credits would be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unused {
    pub grant_id: Uuid,
    pub expires_at: Timestamp,
    /// Rounded down to whole credits.
    pub amount: Credits,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// When the first operation that spends finds no credits; `None`: not before year 10000.
    pub runs_out_at: Option<Timestamp>,
    /// By their end.
    pub unused: Vec<Unused>,
}

/// Credits a day at the rate of the window, rounded up: a forecast errs on the side of the sooner end.
#[must_use]
pub fn per_day(spent: Credits, window: TimeDelta) -> Credits {
    let day = i128::from(TimeDelta::days(1).num_microseconds().expect("a day has few microseconds"));
    let (spent, window) = (i128::from(spent.get().max(0)), micros(window).max(1));
    Credits::new(i64::try_from(rounded_up(spent * day, window)).unwrap_or(i64::MAX))
}

/// Spends from `lots` (in burn order) at the rates of `burns` over `window`, from `now` until they are gone or ended.
#[must_use]
pub fn forecast(lots: &[Lot], burns: &[Burn], window: TimeDelta, now: Timestamp) -> Forecast {
    let mut run = Run::new(lots, burns, micros(window).max(1), now);
    let mut forecast = Forecast::default();
    while run.advance(&mut forecast) {}
    forecast
}

fn micros(span: TimeDelta) -> i128 {
    i128::from(span.num_microseconds().unwrap_or(i64::MAX))
}

/// The quotient of two positive numbers.
fn rounded_up(dividend: i128, divisor: i128) -> i128 {
    (dividend + divisor - 1) / divisor
}

/// Operations that the same lots may pay for, as one.
struct Spender {
    /// Units a microsecond.
    rate: i128,
    /// By index: whether the lot may pay.
    may_use: Vec<bool>,
}

struct Run<'a> {
    lots: &'a [Lot],
    spenders: Vec<Spender>,
    /// Units left in each lot.
    left: Vec<i128>,
    /// Indexes of lots that have something left, in burn order.
    open: BTreeSet<usize>,
    /// When lots begin and end, from `at` on.
    edges: BTreeSet<(Timestamp, usize)>,
    at: Timestamp,
    unit: i128,
}

impl<'a> Run<'a> {
    fn new(lots: &'a [Lot], burns: &[Burn], unit: i128, now: Timestamp) -> Self {
        let edges = lots.iter().enumerate().flat_map(|(index, lot)| {
            let edges = [Some(lot.effective_at), lot.expires_at].into_iter().flatten();
            edges.filter(|edge| *edge > now).map(move |edge| (edge, index))
        });
        let is_open = |lot: &Lot| lot.free.is_positive() && lot.expires_at.is_none_or(|end| end > now);
        Self {
            lots,
            spenders: spenders(lots, burns),
            left: lots.iter().map(|lot| i128::from(lot.free.get().max(0)) * unit).collect(),
            open: (0..lots.len()).filter(|index| is_open(&lots[*index])).collect(),
            edges: edges.collect(),
            at: now,
            unit,
        }
    }

    /// To the next instant at which something changes; `false` when nothing will.
    fn advance(&mut self, forecast: &mut Forecast) -> bool {
        let drains = self.drains();
        if drains.values().sum::<i128>() < self.spenders.iter().map(|spender| spender.rate).sum() {
            forecast.runs_out_at.get_or_insert(self.at);
        }
        let emptied = drains.iter().map(|(index, rate)| rounded_up(self.left[*index], *rate)).min();
        let emptied = emptied.and_then(|span| later(self.at, span));
        let edge = self.edges.first().map(|(edge, _)| *edge);
        let Some(next) = emptied.into_iter().chain(edge).min() else { return false };
        let span = micros(next - self.at);
        for (index, rate) in drains {
            self.left[index] = (self.left[index] - rate * span).max(0);
            if self.left[index] == 0 {
                self.open.remove(&index);
            }
        }
        self.at = next;
        self.end_lots(forecast);
        true
    }

    /// How fast each lot is drained: every spender takes from the first lot that may pay for it.
    fn drains(&self) -> BTreeMap<usize, i128> {
        let mut drains = BTreeMap::new();
        for spender in &self.spenders {
            let pays = |index: &&usize| spender.may_use[**index] && self.lots[**index].effective_at <= self.at;
            if let Some(index) = self.open.iter().find(pays) {
                *drains.entry(*index).or_default() += spender.rate;
            }
        }
        drains
    }

    fn end_lots(&mut self, forecast: &mut Forecast) {
        while let Some((edge, index)) = self.edges.first().copied().filter(|(edge, _)| *edge <= self.at) {
            self.edges.pop_first();
            let lot = &self.lots[index];
            if lot.expires_at == Some(edge) && self.open.remove(&index) {
                let amount = i64::try_from(self.left[index] / self.unit).unwrap_or(i64::MAX);
                let unused = Unused { grant_id: lot.grant_id, expires_at: edge, amount: Credits::new(amount) };
                forecast.unused.extend(Some(unused).filter(|unused| unused.amount.is_positive()));
            }
        }
    }
}

/// `None` past the end of what an instant can be.
fn later(at: Timestamp, span_micros: i128) -> Option<Timestamp> {
    let span = TimeDelta::microseconds(i64::try_from(span_micros).ok()?);
    at.checked_add_signed(span).filter(|at| *at <= domain::time::end_of_time())
}

fn spenders(lots: &[Lot], burns: &[Burn]) -> Vec<Spender> {
    let mut rates: BTreeMap<Vec<bool>, i128> = BTreeMap::new();
    for burn in burns.iter().filter(|burn| burn.credits.is_positive()) {
        let may_use = lots.iter().map(|lot| pays_for(lot, burn.operation.as_deref())).collect();
        *rates.entry(may_use).or_default() += i128::from(burn.credits.get());
    }
    rates.into_iter().map(|(may_use, rate)| Spender { rate, may_use }).collect()
}

fn pays_for(lot: &Lot, operation: Option<&str>) -> bool {
    let matches = |operation: &str| lot.applies_to.iter().any(|pattern| pattern.matches(operation));
    lot.applies_to.is_empty() || operation.is_some_and(matches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    fn day(number: i64) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 3, 1, 0, 0, 0).single().expect("one instant") + TimeDelta::days(number)
    }

    fn lot(id: u128, free: i64, expires: Option<i64>) -> Lot {
        let (grant_id, free) = (Uuid::from_u128(id), Credits::new(free));
        Lot { grant_id, free, effective_at: day(0), expires_at: expires.map(day), applies_to: Vec::new() }
    }

    fn burn(operation: &str, credits: i64) -> Burn {
        Burn { operation: Some(operation.to_owned()), credits: Credits::new(credits) }
    }

    fn ten_days(lots: &[Lot], burns: &[Burn]) -> Forecast {
        forecast(lots, burns, TimeDelta::days(10), day(0))
    }

    fn unused(forecast: &Forecast) -> Vec<(u128, i64)> {
        forecast.unused.iter().map(|unused| (unused.grant_id.as_u128(), unused.amount.get())).collect()
    }

    #[test]
    fn steady_spending_runs_out_on_its_day() {
        let forecast = ten_days(&[lot(1, 50, None)], &[burn("chat", 100)]);
        assert_eq!(forecast, Forecast { runs_out_at: Some(day(5)), unused: vec![] });
        assert_eq!(per_day(Credits::new(100), TimeDelta::days(10)), Credits::new(10));
        assert_eq!(per_day(Credits::new(1), TimeDelta::days(10)), Credits::new(1), "rounded up");
    }

    #[test]
    fn nothing_spent_never_runs_out_and_leaves_what_expires() {
        let forecast = ten_days(&[lot(1, 7, Some(3)), lot(2, 5, None)], &[]);
        assert_eq!((forecast.runs_out_at, unused(&forecast)), (None, vec![(1, 7)]));
    }

    #[test]
    fn what_expires_before_it_is_used_is_said_and_shortens_the_rest() {
        // Ten a day: 100 of the first 130 are used by day 10, the rest ends; 40 more last four days.
        let forecast = ten_days(&[lot(1, 130, Some(10)), lot(2, 40, None)], &[burn("chat", 100)]);
        assert_eq!((forecast.runs_out_at, unused(&forecast)), (Some(day(14)), vec![(1, 30)]));
    }

    #[test]
    fn a_scheduled_lot_counts_from_its_start() {
        let late = Lot { effective_at: day(2), ..lot(2, 30, None) };
        let in_time = ten_days(&[lot(1, 20, None), late.clone()], &[burn("chat", 100)]);
        assert_eq!(in_time.runs_out_at, Some(day(5)));
        let too_late = ten_days(&[lot(1, 10, None), late], &[burn("chat", 100)]);
        assert_eq!(too_late.runs_out_at, Some(day(1)), "the day in between is not paid for");
    }

    #[test]
    fn restricted_lots_last_for_their_operations_only() {
        let chat = OperationPattern::try_new("chat.*").expect("valid");
        let restricted = Lot { applies_to: vec![chat], ..lot(1, 1_000, Some(20)) };
        let lots = [restricted, lot(2, 30, None)];
        let both = ten_days(&lots, &[burn("chat.a", 60), burn("chat.b", 40), burn("image", 100)]);
        assert_eq!((both.runs_out_at, unused(&both)), (Some(day(3)), vec![(1, 800)]));
        let unnamed = ten_days(&lots, &[Burn { operation: None, credits: Credits::new(100) }]);
        assert_eq!(unnamed.runs_out_at, Some(day(3)));
    }

    #[test]
    fn thirds_of_a_credit_are_not_lost() {
        let forecast = forecast(&[lot(1, 1, None)], &[burn("x", 1)], TimeDelta::days(3), day(0));
        assert_eq!(forecast.runs_out_at, Some(day(3)));
        let spent = [burn("x", 1)];
        let slow = super::forecast(&[lot(1, i64::MAX, None)], &spent, TimeDelta::days(90), day(0));
        assert_eq!(slow.runs_out_at, None, "past the end of time");
    }

    #[test]
    fn debt_has_run_out_already() {
        assert_eq!(ten_days(&[], &[burn("chat", 1)]).runs_out_at, Some(day(0)));
    }
}
