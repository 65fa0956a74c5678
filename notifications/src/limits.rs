//! Bounds of notifications.

use std::time::Duration;

use store::log::FeedLimit;

/// How often the log and the lanes are looked at: an alert needs not be faster than a person.
pub const POLL: Duration = Duration::from_millis(250);
/// Positions that one look at a partition covers: some milliseconds of reading.
pub const POSITIONS_MAX: u64 = 10_000;
/// Events that become deliveries in one transaction.
pub const BATCH: FeedLimit = FeedLimit { events: 500, bytes: 4 * 1024 * 1024 };
/// Endpoints that are told of every organization: each multiplies the deliveries of every event.
pub const ENDPOINTS_UNBOUND_MAX: i64 = 64;
/// Endpoints of one organization, for the same reason.
pub const ENDPOINTS_BOUND_MAX: i64 = 16;
/// Bytes of an endpoint's address: what common proxies take, with room for a token.
pub const URL_BYTES_MAX: usize = 2_048;
/// Lanes of one endpoint that a node works on at once: a receiver should not need more to keep up, and one that hangs
/// holds no more than this of the node.
pub const LANES_PER_ENDPOINT: usize = 8;
/// Lanes that a node works on at once, of all endpoints: each is a connection and a task.
pub const LANES_PER_NODE: usize = 256;
/// Deliveries that a worker makes of one lane before others have their turn.
pub const DELIVERIES_PER_TURN: u32 = 16;
/// From connecting to the end of the answer; Standard Webhooks advises 15 to 30 seconds.
pub const TRY_TIMEOUT: Duration = Duration::from_secs(15);
/// Connecting alone: a port that drops packets is known sooner.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a claim lasts: longer than a try and its bookkeeping, so that a lane is claimed twice only after a crash.
pub const CLAIM: Duration = Duration::from_secs(60);
/// Bytes of an answer that are read at all: nothing is done with them but to free the connection.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Bytes of an error that are kept.
pub const ERROR_BYTES_MAX: usize = 300;
/// How long a delivery is tried before it is parked.
pub const TRY_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How long what was delivered can be looked at and sent again ...
pub const KEEP_DELIVERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// ... and what was parked: somebody has to notice first.
pub const KEEP_PARKED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often a node prunes.
pub const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// Rows that one statement removes, so that no transaction is long.
pub const PRUNE_ROWS: i64 = 5_000;
/// How often grants that are about to expire are looked for.
pub const EXPIRIES_EVERY: Duration = Duration::from_secs(60);
/// Grants that are told of in one transaction.
pub const EXPIRIES_ROWS: i64 = 500;
/// How many days ahead, where nothing is set, and at most.
pub const EXPIRING_DAYS_DEFAULT: u32 = 7;
pub const EXPIRING_DAYS_MAX: u32 = 90;
/// How long a former secret signs, where nothing is said, and at most.
pub const OVERLAP_DEFAULT: Duration = Duration::from_secs(24 * 60 * 60);
pub const OVERLAP_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Deliveries that one request sends again.
pub const RESEND_MAX: i64 = 1_000;
/// The longest wait for the database: past every timeout of its session. TCP alone does not end a wait whose question
/// arrived.
pub const ANSWER_MAX: Duration = Duration::from_secs(40);
/// The longest that a worker has a lane: past all its tries. Its claim has ended before, and another worker goes on.
pub const TURN_MAX: Duration = Duration::from_secs(360);
/// After a failure of the database.
pub const FAILURE_PAUSE: Duration = Duration::from_secs(1);
/// How long shutting down waits for tries under way; what is cut off is tried again, under the same id.
pub const DRAIN_MAX: Duration = Duration::from_secs(5);
/// How often what waits is counted for metrics and `/readyz`.
pub const STANDING_EVERY: Duration = Duration::from_secs(2);
