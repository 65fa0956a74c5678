//! Bounds of reconciling.

use std::time::Duration;

use chrono::TimeDelta;

/// How often a node looks whether something is due: an order of magnitude finer than what it looks for.
pub const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Events are swept so often: a customer whose webhook was lost waits no longer than that.
pub const SWEEP_EVERY: TimeDelta = TimeDelta::minutes(5);
/// A sweep goes back behind the last one by so much: Stripe's list may be moments behind, and its clock another than ours.
pub const SWEEP_OVERLAP: TimeDelta = TimeDelta::hours(1);
/// A sweep does not vouch for its last moments, for the same reason.
pub const SWEEP_MARGIN: TimeDelta = TimeDelta::seconds(60);
/// Stripe lists events for so long.
pub const EVENTS_LISTED: TimeDelta = TimeDelta::days(30);
/// Sweeps that have not come to their end for so long need a person, while there still is time.
pub const SWEEP_LATE: TimeDelta = TimeDelta::days(25);
/// Payments are compared with the log so often: what this finds was lost in two ways before.
pub const AUDIT_EVERY: TimeDelta = TimeDelta::hours(24);
/// Payments as old as this are compared each time, so that one missed audit matters to nobody.
pub const AUDIT_BACK: TimeDelta = TimeDelta::days(3);
/// Whoever runs an audit has it for so long.
pub const AUDIT_CLAIM: TimeDelta = TimeDelta::hours(1);
/// A page that was opened so long ago is looked at: its webhook should have come.
pub const OPEN_AFTER: TimeDelta = TimeDelta::minutes(15);
/// Pages and refunds that one look takes; the next takes the next.
pub const OPEN_AT_ONCE: i64 = 50;
/// Nobody looks at a page longer than this: bank debits take two weeks at most.
pub const OPEN_FOR: TimeDelta = TimeDelta::days(30);
