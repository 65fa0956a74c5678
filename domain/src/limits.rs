//! Limits on what callers choose (CORRECTNESS C20). Facts pass them, up to [`MAX_LOTS`].

/// Open grants that commands may create: far beyond any real use, and a burn stays a scan of one small array.
pub const MAX_OPEN_GRANTS: usize = 900;
/// Lots that facts (purchases, refunds, reinstatements) may fill up to before equal ones no longer suffice to merge.
pub const MAX_LOTS: usize = 10_000;
/// Open reservations: a snapshot with this many stays in the low megabytes.
pub const MAX_OPEN_RESERVATIONS: usize = 10_000;
/// Allocations of all open reservations together, for the same reason.
pub const MAX_HELD_ALLOCATIONS: usize = 20_000;
/// Bytes of labels of all open reservations together, for the same reason.
pub const MAX_HELD_USAGE_BYTES: usize = 8 * 1024 * 1024;
/// Events of one piece of settlement (CORRECTNESS C3), so that no command waits behind an unbounded one.
pub const MAX_SETTLED_EVENTS: usize = 500;
/// The longest reservation: 30 days in seconds.
pub const MAX_RESERVATION_SECONDS: u32 = 30 * 24 * 3600;
/// Days that a caller's own time of use may lie in the past (CORRECTNESS C14).
pub const USED_AT_DAYS_PAST_MAX: i64 = 35;
/// Minutes that it may lie in the future: clocks differ.
pub const USED_AT_MINUTES_AHEAD_MAX: i64 = 5;
/// Operation patterns of one grant.
pub const MAX_PATTERNS: usize = 32;
