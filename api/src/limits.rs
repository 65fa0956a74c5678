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
/// The same while the database does not answer: a hiccup of the database, or of the way to it, is no outage of everything
/// that is answered from memory. A key that is revoked elsewhere meanwhile goes on working here for as long.
pub const KEY_CACHE_UNANSWERED: Duration = Duration::from_secs(60);
/// Secrets that are looked up at once, of those that are known and of those that anybody can make up, each by a
/// connection of its own: neither waits for the other, nor for payments. A connection serves one look-up in about three
/// round trips, because it is asked whether it is well before the next. Each known secret in use is looked up every two
/// seconds: four connections serve some 500 where a round trip takes 5 ms, and thousands where it takes less than one.
pub const KNOWN_SECRETS_AT_ONCE: u16 = 4;
pub const UNKNOWN_SECRETS_AT_ONCE: u16 = 2;
/// Requests with secrets that are not known, in line or looked up: half of [`CONCURRENT_REQUESTS_MAX`], and about as many
/// as are looked up within [`LOOK_UP_MAX`] where a round trip to the database takes half a millisecond.
pub const UNKNOWN_SECRETS_WAITING: usize = 2048;
/// The longest look-up of a caller, and the longest wait for its turn.
pub const LOOK_UP_MAX: Duration = Duration::from_secs(2);
/// How long a look-up waits for its connection: longer than an idle one is asked whether it lives (1 s), so that a new
/// one takes the place of one that a firewall forgot, and shorter than [`LOOK_UP_MAX`].
pub const LOOK_UP_ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1500);
/// From this age on a believed key is looked up again beside the request that uses it, so that none waits.
pub const KEY_CACHE_FRESH: Duration = Duration::from_secs(2);
/// Keys kept in memory: more than one node's callers use, at a few hundred bytes each.
pub const KEY_CACHE_ENTRIES_MAX: u64 = 10_000;
/// From this age on an organization's tier is looked up again, beside a request: a bought one counts within seconds.
pub const RATE_TIER_FRESH: Duration = Duration::from_secs(5);
/// The longest request id that is taken over from a caller.
pub const REQUEST_ID_BYTES_MAX: usize = 128;
/// The shortest bootstrap key: 32 characters cannot be guessed even when they are words.
pub const ADMIN_KEY_CHARACTERS_MIN: usize = 32;
/// How often histograms are folded: at full load a few megabytes of samples gather in between.
pub const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// Bytes of events of one page: it ends sooner than its limit where events are large.
pub const FEED_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Positions of a partition that one page of a filtered feed looks at: some milliseconds of the database, whatever matches.
pub const FEED_SEARCH_POSITIONS_MAX: u64 = 10_000;
/// Between looks at the ends of the log while somebody follows it.
pub const FEED_POLL: Duration = Duration::from_millis(50);
/// Between live batches: what a busy moment commits shares one.
pub const LIVE_PAUSE: Duration = Duration::from_millis(5);
/// Between tries to follow a log that cannot be read.
pub const FEED_RETRY: Duration = Duration::from_secs(1);
/// Live batches that a follower may be behind before it reads pages again: some seconds of full load.
pub const LIVE_BATCHES_MAX: usize = 32;
/// Events of one page of a stream, all that is in memory for a follower: a quarter of a megabyte.
pub const STREAM_PAGE_EVENTS: u32 = 256;
/// Streams of one node: each may hold a page and a connection.
pub const STREAMS_MAX: usize = 512;
/// Streams of one key on a node: a service follows with one an instance, and one key cannot take the node's room.
pub const STREAMS_PER_KEY_MAX: usize = 32;
/// Between comments on a silent stream: proxies close what is silent for 30 s or more.
pub const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);
/// Between looks whether a stream's key still holds; with the age of what is believed of a key, it ends within seconds.
pub const STREAM_KEY_CHECK: Duration = Duration::from_secs(2);
/// When a client comes back after its stream has ended.
pub const STREAM_RETRY: Duration = Duration::from_secs(1);
/// Connections of one node: twice the requests in work, so that idle ones and streams leave room. At some 20 kB each they
/// are small; the limit of open files (`ulimit -n`) has to be above it.
pub const CONNECTIONS_MAX: u32 = 8192;
/// How long a client may take for the head of a request, and so how long a kept connection may be idle: longer than the
/// 60 s after which common proxies close theirs, so that none sends on a connection that is being closed.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a client may take nothing of an answer: longer than any network pauses that a connection outlives.
pub const ANSWER_STALL_MAX: Duration = Duration::from_secs(60);
/// The same while the server stops: whoever reads at all has read by then, and the others hold up the rest.
pub const ANSWER_STALL_MAX_STOPPING: Duration = Duration::from_secs(2);
/// The longest life of a browser token (DETAILS): a page asks its service for another before.
pub const BROWSER_TOKEN_SECONDS_MAX: u32 = 3600;
/// The life of a browser token whose maker does not say: a leaked one is of little use, and a page notices no change.
pub const BROWSER_TOKEN_SECONDS_DEFAULT: u32 = 900;
/// How long somebody stays signed in to the dashboard: a working day.
pub const SESSION_SECONDS: u32 = 12 * 60 * 60;
