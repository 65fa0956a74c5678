//! From facts and log to the next command.

use std::collections::BTreeMap;

use domain::commands::RevokeCause;
use domain::grant::Money;
use domain::text::ReferenceText;

use super::{Booked, Facts, Reversal, Standing};

/// The next command that a payment needs. Its key is made of all of it, so that whoever finds the same difference gives
/// the same command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Credit what was paid.
    Complete,
    /// Take back what a refund or dispute took.
    Revoke {
        reference: ReferenceText,
        cause: RevokeCause,
        amount_minor: i64,
        /// How often the reference has been revoked before.
        nth: u32,
    },
    /// Give back what was taken for a reversal that is over.
    Reinstate { reference: ReferenceText, nth: u32 },
}

/// Why a person has to look: nothing is booked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Review {
    /// The payment carries our labels, and the ledger has no such purchase.
    #[error("the payment names a purchase that the ledger does not know")]
    Orphan,
    #[error("{} was asked for and {} arrived", say(*.asked), say(*.received))]
    Amount { asked: Money, received: Money },
    #[error("{reference} is in another currency than the purchase")]
    Currency { reference: String },
    #[error("`{0}` is no reference that the ledger can keep")]
    Reference(String),
}

impl Review {
    /// Whether no credits can be there for the payment.
    #[must_use]
    pub const fn is_of_nothing(&self) -> bool {
        match self {
            Self::Orphan | Self::Amount { .. } => true,
            // They are found only where credits were given.
            Self::Currency { .. } | Self::Reference(_) => false,
        }
    }
}

fn say(money: Money) -> String {
    format!("{} {}", money.amount_minor, String::from(money.currency))
}

/// The next step, `None` when the log holds what it should.
///
/// # Errors
/// [`Review`].
pub fn difference(booked: &Booked, facts: &Facts) -> Result<Option<Step>, Review> {
    let Some(received) = facts.received else { return Ok(None) };
    let asked = booked.completed.or_else(|| booked.started.as_ref().map(|started| started.offer.price));
    let asked = asked.ok_or(Review::Orphan)?;
    if asked != received {
        return Err(Review::Amount { asked, received });
    }
    if booked.completed.is_none() {
        return Ok(Some(Step::Complete));
    }
    let target = target(asked, &facts.reversals)?;
    match to_return(booked, facts, &target) {
        Some(step) => Ok(Some(step)),
        None => to_take(booked, facts, &target, asked),
    }
}

/// How much of the price each reversal takes: together never more than all of it, refunds before disputes, which are
/// about what was left.
fn target(price: Money, reversals: &BTreeMap<String, Reversal>) -> Result<BTreeMap<&str, i64>, Review> {
    let mut going: Vec<(&String, &Reversal)> =
        reversals.iter().filter(|(_, reversal)| reversal.standing == Standing::Taken).collect();
    going.sort_by_key(|(id, reversal)| (reversal.cause == RevokeCause::Dispute, reversal.created, *id));
    let mut room = price.amount_minor;
    let mut target = BTreeMap::new();
    for (id, reversal) in going {
        if reversal.amount.currency != price.currency {
            return Err(Review::Currency { reference: id.clone() });
        }
        let amount = reversal.amount.amount_minor.clamp(0, room);
        room -= amount;
        target.insert(id.as_str(), amount);
    }
    Ok(target)
}

/// What stands and should not, or not so much. The last one goes first, whichever it is: shares of the price are rounded
/// in the order in which they were taken, and only so is the rest rounded as if the other had never been.
fn to_return(booked: &Booked, facts: &Facts, target: &BTreeMap<&str, i64>) -> Option<Step> {
    let wanted = |reference: &str| target.get(reference).copied().unwrap_or(0);
    let ours = || booked.taken.iter().filter(|taken| facts.reversals.contains_key(taken.reference.as_str()));
    let is_too_much =
        ours().any(|taken| booked.taken_minor(taken.reference.as_str()) > wanted(taken.reference.as_str()));
    let last = ours().next_back().filter(|_| is_too_much)?;
    let (_, nth) = booked.counts(last.reference.as_str());
    Some(Step::Reinstate { reference: last.reference.clone(), nth })
}

fn to_take(booked: &Booked, facts: &Facts, target: &BTreeMap<&str, i64>, price: Money) -> Result<Option<Step>, Review> {
    let room = price.amount_minor - booked.taken_minor_in_all();
    for (id, reversal) in &facts.reversals {
        let wanted = target.get(id.as_str()).copied().unwrap_or(0);
        let amount_minor = (wanted - booked.taken_minor(id)).min(room);
        if amount_minor <= 0 {
            continue;
        }
        let reference = ReferenceText::try_new(id).map_err(|_| Review::Reference(id.clone()))?;
        let (nth, _) = booked.counts(id);
        return Ok(Some(Step::Revoke { reference, cause: reversal.cause, amount_minor, nth }));
    }
    Ok(None)
}
