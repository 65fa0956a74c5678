//! What one batch does with the checkpoints that it has locked. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;

use crate::checkpoint::{Checkpoint, Stop};
use crate::limits::{REASON_BYTES_MAX, RETRY_MAX, RETRY_MIN};

/// Projectors that stand at the same position: one read and one decode serve them all (CORRECTNESS C28).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) position: u64,
    /// The most events to read: up to where the next group stands, so that the two become one; one for those that have
    /// stopped, because the first event is the one in question.
    pub(crate) events_max: u32,
    pub(crate) members: Vec<Checkpoint>,
}

/// The groups that may go on, the furthest behind first.
pub(crate) fn groups(
    checkpoints: Vec<Checkpoint>,
    version_of: impl Fn(&str) -> Option<i32>,
    events_max: u32,
    now: Timestamp,
) -> Vec<Group> {
    let mut running: BTreeMap<u64, Vec<Checkpoint>> = BTreeMap::new();
    let mut stopped: BTreeMap<u64, Vec<Checkpoint>> = BTreeMap::new();
    for checkpoint in checkpoints {
        if version_of(&checkpoint.projector) != Some(checkpoint.version) {
            continue;
        }
        if !checkpoint.is_stopped {
            running.entry(checkpoint.position).or_default().push(checkpoint);
        } else if checkpoint.retry_at.is_some_and(|at| at <= now) {
            stopped.entry(checkpoint.position).or_default().push(checkpoint);
        }
    }
    let places: Vec<u64> = running.keys().copied().collect();
    let until = |position: u64| {
        let next = places.iter().find(|place| **place > position);
        next.map_or(events_max, |next| u32::try_from(next - position).unwrap_or(events_max).min(events_max))
    };
    let retried = stopped.into_iter().map(|(position, members)| Group { position, events_max: 1, members });
    let going = running.into_iter();
    let going = going.map(|(position, members)| Group { position, events_max: until(position), members });
    let mut groups: Vec<Group> = retried.chain(going).collect();
    groups.sort_by_key(|group| group.position);
    groups
}

/// The stop of a projector at an event that it cannot pass.
pub(crate) fn stop(position: u64, reason: &str, stops_before: u32, now: Timestamp) -> Stop {
    let stops = stops_before.saturating_add(1);
    Stop { position, reason: sentence(reason), stops, retry_at: Some(now + retry_after(stops)) }
}

/// The stop of a projector whose rows are of another log: going on would mix two histories.
pub(crate) fn stop_estranged(position: u64, end: u64) -> Stop {
    let what = if end < position {
        format!("the partition ends at {end}")
    } else {
        "the log has another event there than the one that was projected".to_owned()
    };
    let reason = format!(
        "the checkpoint is at position {position} and {what}: the log was restored or cut; rebuild this projector"
    );
    Stop { position, reason, stops: 1, retry_at: None }
}

fn retry_after(stops: u32) -> Duration {
    let doubled = 1_u32.checked_shl(stops.saturating_sub(1)).unwrap_or(u32::MAX);
    RETRY_MIN.saturating_mul(doubled).min(RETRY_MAX)
}

/// A reason that PostgreSQL can store and a person will read.
fn sentence(reason: &str) -> String {
    let end = (0..=reason.len().min(REASON_BYTES_MAX)).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or(0);
    reason[..end].replace('\0', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone, Utc};

    fn now() -> Timestamp {
        Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
    }

    fn at(projector: &str, position: u64) -> Checkpoint {
        let projector = projector.to_owned();
        Checkpoint { projector, generation: 1, version: 1, position, is_stopped: false, stops: 0, retry_at: None }
    }

    fn stopped(projector: &str, position: u64, retry_at: Option<Timestamp>) -> Checkpoint {
        Checkpoint { is_stopped: true, stops: 1, retry_at, ..at(projector, position) }
    }

    fn planned(checkpoints: Vec<Checkpoint>) -> Vec<(u64, u32, String)> {
        let names = |members: Vec<Checkpoint>| members.into_iter().map(|m| m.projector).collect::<Vec<_>>().join(" ");
        let groups = groups(checkpoints, |name| (name != "foreign").then_some(1), 100, now());
        groups.into_iter().map(|group| (group.position, group.events_max, names(group.members))).collect()
    }

    #[test]
    fn c28_projectors_at_the_same_checkpoint_are_one_group() {
        let one = vec![at("a", 7), at("b", 7), at("c", 7)];
        assert_eq!(planned(one), [(7, 100, "a b c".to_owned())]);
        let behind = vec![at("a", 7), at("b", 4), at("c", 7)];
        assert_eq!(planned(behind), [(4, 3, "b".to_owned()), (7, 100, "a c".to_owned())], "they meet at 7");
    }

    #[test]
    fn the_stopped_are_tried_with_one_event_when_their_time_has_come() {
        let due = stopped("due", 7, Some(now()));
        let later = stopped("later", 7, Some(now() + TimeDelta::seconds(1)));
        let never = stopped("never", 7, None);
        let planned = planned(vec![due, later, never, at("a", 7)]);
        assert_eq!(planned, [(7, 1, "due".to_owned()), (7, 100, "a".to_owned())]);
    }

    #[test]
    fn another_version_s_rows_are_left_alone() {
        let newer = Checkpoint { version: 2, ..at("newer", 3) };
        assert_eq!(planned(vec![newer, at("foreign", 3)]), []);
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses: Vec<u64> = [1, 2, 3, 9, 40, u32::MAX].map(|stops| retry_after(stops).as_secs()).to_vec();
        assert_eq!(pauses, [1, 2, 4, 256, 300, 300]);
    }

    #[test]
    fn a_reason_is_short_and_storable() {
        let long = format!("a\0b{}", "\u{e9}".repeat(REASON_BYTES_MAX));
        let kept = sentence(&long);
        assert!(kept.len() <= REASON_BYTES_MAX && kept.starts_with("a b\u{e9}"));
    }
}
