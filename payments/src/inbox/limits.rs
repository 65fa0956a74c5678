//! Bounds of the inbox.

use chrono::TimeDelta;

/// Whoever works at an event has it for so long: more than the few questions to Stripe take with all their tries.
pub const CLAIM: TimeDelta = TimeDelta::minutes(2);
/// Events worked at together on a node: mostly they wait for Stripe, which takes some hundred requests a second.
pub const AT_ONCE: usize = 8;
/// Tries before an event is parked: with the pauses between them, about two days, by when somebody has been paged.
pub const TRIES_MAX: i32 = 30;
/// Tries for a purchase that the ledger does not know: with their pauses, over five minutes, longer than an append whose
/// outcome was unknown, or a node that was away, takes to show it.
pub const ORPHAN_TRIES_MAX: i32 = 6;
/// Finished events are kept so long: three times as long as Stripe lists them.
pub const KEPT: TimeDelta = TimeDelta::days(90);
/// Rows that one removal takes, so that no statement is long.
pub const REMOVED_MAX: i64 = 1_000;
/// Bytes of a note: some sentences.
pub const NOTE_BYTES_MAX: usize = 1_000;

/// The pause after so many tries: seconds at first, at most two hours.
#[must_use]
pub fn pause(tries: i32) -> TimeDelta {
    const FIRST_SECONDS: i64 = 5;
    const LONGEST_SECONDS: i64 = 7_200;
    TimeDelta::seconds((FIRST_SECONDS << tries.clamp(0, 12)).min(LONGEST_SECONDS))
}
