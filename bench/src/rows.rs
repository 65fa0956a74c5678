//! The rows of the comparison: what is asked, of whom, over how many connections.

use std::time::Duration;

use crate::load::Kind;
use crate::side::Side;

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub quick: bool,
    pub warm_up: Duration,
    pub measured: Duration,
}

impl Size {
    #[must_use]
    pub const fn new(quick: bool) -> Self {
        let (warm_up, measured) = if quick { (2, 10) } else { (5, 20) };
        Self { quick, warm_up: Duration::from_secs(warm_up), measured: Duration::from_secs(measured) }
    }
}

/// One measurement.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The letter in the issue.
    pub row: char,
    pub title: &'static str,
    pub side: Side,
    pub kind: Kind,
    pub organizations: u64,
    pub connections: u32,
    /// At half the rate that row (a) reached at its most, instead of as fast as possible.
    pub half_load: bool,
    /// So many requests a second, instead of as fast as possible.
    pub requests_per_second: Option<u64>,
}

/// What "many organizations" are.
const ORGANIZATIONS: u64 = 1_000;

/// Where stock is at its best on one organization, or within a few per cent of it; past 8 connections it spends more and
/// more of its time on conflicts. A full run measures around it.
const STOCK_HOT_CONNECTIONS: u32 = 4;

/// What a shop window that shows prices asks for.
const ESTIMATES_PER_SECOND: u64 = 2_000;

/// What the inbox of webhooks has to take.
const WEBHOOKS_PER_SECOND: u64 = 1_000;

/// All measurements of a run, in order.
#[must_use]
pub fn specs(quick: bool) -> Vec<Spec> {
    let mut specs = Vec::new();
    let many: &[u32] = if quick { &[256] } else { &[64, 256] };
    for &connections in many {
        for side in Side::ALL {
            specs.push(spec('a', "1,000 organizations, one consumption a request", side, Kind::Consume, connections));
        }
    }
    for &connections in many {
        specs.push(hot(Side::Ours, connections));
    }
    let few: &[u32] = if quick { &[STOCK_HOT_CONNECTIONS] } else { &[1, STOCK_HOT_CONNECTIONS, 8, 16] };
    for side in Side::STOCK {
        specs.extend(few.iter().map(|&connections| hot(side, connections)));
    }
    if !quick {
        for side in Side::ALL {
            specs.push(spec('c', "reserve, then confirm half", side, Kind::Pair, 256));
        }
    }
    specs.push(spec('d', "batches of 100", Side::Ours, Kind::Batch(100), 32));
    if !quick {
        specs.push(spec('d', "batches of 1,000", Side::Ours, Kind::Batch(1_000), 8));
        for side in Side::ALL {
            specs.push(spec('e', "refused consumptions", side, Kind::Refused, 256));
        }
    }
    let steady: &[Side] = if quick { &[Side::Ours] } else { &Side::ALL };
    specs.extend(steady.iter().map(|&side| Spec {
        half_load: true,
        ..spec('f', "half of its own (a), fixed rate", side, Kind::Consume, 256)
    }));
    specs.push(spec('k', "1,000 organizations, one priced consumption a request", Side::Ours, Kind::Priced, 256));
    specs.push(Spec {
        requests_per_second: Some(ESTIMATES_PER_SECOND),
        ..spec('l', "estimates by quantities, fixed rate", Side::Ours, Kind::Estimate, 64)
    });
    specs.push(Spec {
        requests_per_second: Some(WEBHOOKS_PER_SECOND),
        ..spec('m', "signed webhooks, fixed rate", Side::Ours, Kind::Webhook, 64)
    });
    specs
}

/// Those with these letters.
///
/// # Errors
/// No row has one of the letters.
pub fn only(specs: Vec<Spec>, letters: &[char]) -> anyhow::Result<Vec<Spec>> {
    for letter in letters {
        anyhow::ensure!(specs.iter().any(|spec| spec.row == *letter), "({letter}) is no row that can be run alone");
    }
    Ok(specs.into_iter().filter(|spec| letters.contains(&spec.row)).collect())
}

const fn spec(row: char, title: &'static str, side: Side, kind: Kind, connections: u32) -> Spec {
    Spec {
        row,
        title,
        side,
        kind,
        organizations: ORGANIZATIONS,
        connections,
        half_load: false,
        requests_per_second: None,
    }
}

const fn hot(side: Side, connections: u32) -> Spec {
    Spec {
        organizations: 1,
        ..spec('b', "one hot organization, one consumption a request", side, Kind::Consume, connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_chosen_by_their_letters() {
        let chosen = only(specs(true), &['l', 'k']).expect("both can be run alone");
        assert_eq!(chosen.iter().map(|spec| spec.row).collect::<String>(), "kl");
        assert!(only(specs(true), &['k', 'z']).is_err());
    }
}
