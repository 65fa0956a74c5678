//! What customers, banks and card holders do, by the fall of dice.

use stripe_fake::TestCard;

/// Dice that fall the same for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let count = u64::try_from(of.len()).expect("a few");
        of[usize::try_from(self.below(count)).expect("below the length")]
    }

    fn amount(&mut self, max: i64) -> i64 {
        1 + i64::try_from(self.below(max.unsigned_abs())).expect("below the largest")
    }
}

/// What happens to one organization.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    /// A package by its place.
    Buy {
        package: usize,
    },
    Pay(TestCard),
    Expire,
    /// A bank debit arrives, or does not.
    Settle {
        succeeds: bool,
    },
    /// In Stripe's dashboard; `None`: all that is left.
    RefundThere {
        amount: Option<i64>,
        pending: bool,
    },
    /// By our API.
    RefundHere {
        amount: Option<i64>,
    },
    /// A refund that the bank did not take.
    RefundFails,
    Dispute {
        amount: Option<i64>,
        inquiry: bool,
    },
    DisputeGoesOn,
    DisputeEnds {
        won: bool,
    },
    Spend(i64),
}

/// Packages: credits, and cents. Odd ones, so that every share is rounded.
pub const PACKAGES: [(i64, i64); 3] = [(1_000, 1_000), (1_001, 999), (7, 3_333)];

/// One organization's history.
pub fn story(dice: &mut Dice) -> Vec<Op> {
    let mut story = bought(dice);
    for _ in 0..dice.below(7) {
        story.push(later(dice));
    }
    if dice.below(4) == 0 {
        story.extend(bought(dice));
        story.push(later(dice));
    }
    story
}

fn bought(dice: &mut Dice) -> Vec<Op> {
    let buy = Op::Buy { package: dice.one(&[0, 1, 2]) };
    let good = Op::Pay(TestCard::Succeeds);
    match dice.below(10) {
        0 => vec![buy, Op::Expire],
        1 => vec![buy],
        2 => vec![buy, Op::Pay(TestCard::Declined), good],
        3 => vec![buy, Op::Pay(TestCard::Disputed)],
        4 => vec![buy, Op::Pay(TestCard::BankDebit), Op::Settle { succeeds: true }],
        5 => vec![buy, Op::Pay(TestCard::BankDebit), Op::Settle { succeeds: false }],
        _ => vec![buy, good],
    }
}

fn later(dice: &mut Dice) -> Op {
    let amount = Some(dice.amount(1_200)).filter(|_| dice.below(4) > 0);
    match dice.below(12) {
        0 | 1 => Op::RefundThere { amount, pending: dice.below(2) == 0 },
        2 | 3 => Op::RefundHere { amount },
        4 => Op::RefundFails,
        5 | 6 => Op::Dispute { amount, inquiry: dice.below(4) == 0 },
        7 => Op::DisputeGoesOn,
        8 | 9 => Op::DisputeEnds { won: dice.below(2) == 0 },
        _ => Op::Spend(dice.amount(900)),
    }
}
