//! Bounds of recharging.

use chrono::TimeDelta;

use crate::gateway::RequestKey;

/// Nothing is sent later than this after the request: the processor may forget a key a day after it saw it first.
pub const SEND_WITHIN: TimeDelta = TimeDelta::hours(RequestKey::LIFE_HOURS);
/// A charge that cannot be found is taken not to exist only so long after it was last sent: lists of the processor may be
/// moments behind, and so may a request on its way.
pub const FOUND_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// A charge is looked for from so long before its request: clocks differ.
pub const FOUND_SINCE: TimeDelta = TimeDelta::hours(1);
/// A request that the ledger gave up is looked up at the processor so long, in case its charge went through after all.
pub const LOOK_UP_WITHIN: TimeDelta = TimeDelta::days(7);
/// Whoever works at an attempt has it for so long: more than a request takes with all of its tries.
pub const CLAIM: TimeDelta = TimeDelta::minutes(2);
/// After so many unknown answers the charge is looked for before it is sent again: a server error is answered again for
/// ever under its key, although the charge may exist.
pub const DOUBTS_BEFORE_SEARCH: u32 = 3;
/// Attempts worked at together on a node: mostly they wait for the processor.
pub const AT_ONCE: usize = 16;
/// New requests noticed by one statement a partition.
pub const NOTICED_MAX: i64 = 200;

/// The pause after so many unknown answers: seconds at first, at most half an hour.
#[must_use]
pub fn pause(doubts: u32) -> TimeDelta {
    const FIRST_SECONDS: i64 = 5;
    const LONGEST_SECONDS: i64 = 1_800;
    TimeDelta::seconds((FIRST_SECONDS << doubts.min(10)).min(LONGEST_SECONDS))
}

/// The pause before a payment that the bank works at is looked at again; its event usually comes first.
pub const PROCESSING: TimeDelta = TimeDelta::minutes(5);
