//! What a quantity of one unit costs. All arithmetic is checked: `None` is too large.

use crate::price::book::{Charge, Component, Tier};
use crate::price::exact::ExactCredits;
use crate::price::limits::MAX_METERED;
use crate::price::receipt::{Line, LineKind, Part, PartOf, Position};

/// The line of a component for a quantity, when `used` of its month's use has been counted.
pub(super) fn line(component: &Component, quantity: u64, used: u64) -> Option<Line> {
    let used_after = used.checked_add(quantity).filter(|after| *after <= MAX_METERED)?;
    let free = component.free.saturating_sub(used).min(quantity);
    let charged = Span { from: used + free, to: used_after };
    let (kind, rated) = rated(&component.charge, charged);
    let free = (free > 0).then_some(Part { times: free, rate: ExactCredits::ZERO, of: Some(PartOf::Free) });
    let parts: Vec<_> = free.into_iter().chain(rated).collect();
    let amount =
        parts.iter().try_fold(ExactCredits::ZERO, |sum, part| sum.checked_add(part.rate.checked_mul(part.times)?));
    let meter = component.meter.clone();
    let position = meter.map(|meter| Position { meter, used_before: used, used_after });
    Some(Line { unit: component.unit.clone(), quantity, kind, parts, amount: amount?, position })
}

/// Units of the month after the `from`-th, up to the `to`-th.
#[derive(Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
}

impl Span {
    fn units(self) -> u64 {
        self.to - self.from
    }
}

fn rated(charge: &Charge, span: Span) -> (LineKind, Vec<Part>) {
    let units = |rate: ExactCredits, of| Part { times: span.units(), rate, of };
    let (kind, parts) = match charge {
        Charge::Flat(rate) => (LineKind::Flat, vec![Part { times: 1, rate: *rate, of: None }]),
        Charge::PerUnit(rate) => (LineKind::PerUnit, vec![units(*rate, None)]),
        Charge::Package { size, price } => {
            let times = span.units().div_ceil(*size);
            (LineKind::Package, vec![Part { times, rate: *price, of: Some(PartOf::Packages(*size)) }])
        }
        Charge::Graduated(tiers) => (LineKind::Graduated, graduated(tiers, span)),
        Charge::Volume(tiers) => {
            let reached = tiers.iter().find(|tier| tier.up_to.is_none_or(|up_to| span.to <= up_to));
            (LineKind::Volume, reached.map(|tier| units(tier.rate, Some(tier.name()))).into_iter().collect())
        }
    };
    (kind, if span.units() == 0 { Vec::new() } else { parts })
}

/// Each unit at the rate of the tier that it falls into.
fn graduated(tiers: &[Tier], span: Span) -> Vec<Part> {
    let mut from = span.from;
    let mut parts = Vec::new();
    for tier in tiers {
        let to = tier.up_to.map_or(span.to, |up_to| up_to.min(span.to));
        if to > from {
            parts.push(Part { times: to - from, rate: tier.rate, of: Some(tier.name()) });
            from = to;
        }
    }
    parts
}

impl Tier {
    fn name(&self) -> PartOf {
        self.up_to.map_or(PartOf::LastTier, PartOf::TierUpTo)
    }
}
