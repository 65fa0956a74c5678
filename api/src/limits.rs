//! The limits of the HTTP side. Limits on credits, texts and organizations are in `domain`.

use std::time::Duration;

/// The largest body: a batch of 1,000 commands with labels fits many times over.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How much of a too large body is read and thrown away, so that a client that writes before it reads sees the 413.
pub const BODY_BYTES_DRAINED_MAX: usize = 8 * 1024 * 1024;
/// Bodies in memory at once: 256 of the largest, or one of 64 KiB for each request that may be in work. What is read out
/// of them takes a few times as much.
pub const BODIES_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Commands of one batch (DESIGN section 7): more gains nothing, because a flush is full long before.
pub const BATCH_COMMANDS_MAX: usize = 1000;
/// Events of one page: about a megabyte of JSON.
pub const EVENTS_PAGE_MAX: u32 = 1000;
/// Events of a page whose request does not say.
pub const EVENTS_PAGE_DEFAULT: u32 = 100;
/// The longest a request may take; the outcome of a command that takes longer is found with its key.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests in work at once: at 20,000 a second this is a fifth of a second of queue; past it a 503 helps more.
pub const CONCURRENT_REQUESTS_MAX: usize = 4096;
/// The longest that shutting down waits for open connections, and then for the database.
pub const DRAIN_MAX: Duration = Duration::from_secs(30);
/// How long a key is believed without asking the database: the longest that a revoked key goes on working.
pub const KEY_CACHE_TTL: Duration = Duration::from_secs(5);
/// From this age on a believed key is looked up again beside the request that uses it, so that none waits.
pub const KEY_CACHE_FRESH: Duration = Duration::from_secs(2);
/// Keys kept in memory: more than one node's callers use, at a few hundred bytes each.
pub const KEY_CACHE_ENTRIES_MAX: u64 = 10_000;
/// The longest request id that is taken over from a caller.
pub const REQUEST_ID_BYTES_MAX: usize = 128;
/// The shortest bootstrap key: 32 characters cannot be guessed even when they are words.
pub const ADMIN_KEY_CHARACTERS_MIN: usize = 32;
/// How often histograms are folded: at full load a few megabytes of samples gather in between.
pub const METRICS_UPKEEP: Duration = Duration::from_secs(5);
