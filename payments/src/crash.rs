//! Moments between two steps at which a test ends the process, as `kill -9` would.
//!
//! Absent from a release build: without the feature `crash-points` nothing is asked and nothing is compiled.

#[cfg(all(feature = "crash-points", not(debug_assertions)))]
compile_error!("the feature `crash-points` is for tests: a release build ends when it is told to");

/// The setting that names the moment, by the name of a [`Point`].
#[cfg(feature = "crash-points")]
pub const SETTING: &str = "CREDIT_LEDGER_CRASH_AT";

/// After which step. What follows each is done by nobody but whoever finds it undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The purchase of a checkout is in the log, and the row of the checkout in its table.
    PurchaseStarted,
    /// A customer exists at the processor that we have not written down.
    CustomerMade,
    CustomerKept,
    CustomerFixed,
    /// A page exists that we have not written down.
    PageMade,
    /// Written down, and not answered.
    PageKept,
    /// A webhook is kept, and not answered.
    EventKept,
    /// Nobody has begun to work at an event that is claimed.
    EventClaimed,
    /// What the processor says of a payment is read.
    FactsRead,
    PaymentAccepted,
    FactsAdded,
    /// A command of a payment is in the log.
    Booked,
    /// The log holds all, and the inbox does not know.
    EventWorked,
    RefundNoted,
    /// Money went back, and we have not written it down.
    RefundMade,
    RefundKept,
    /// The credits went, too, and nobody was answered.
    RefundSettled,
    /// The attempt of a recharge has its row.
    RechargeNoticed,
    RechargeClaimed,
    /// The purchase of a recharge is in the log.
    RechargeStarted,
    /// What will be sent is fixed.
    RechargeFrozen,
    /// That it is being sent is written down, and it is not.
    RechargeSending,
    /// The card was charged, and we have not written it down.
    RechargeCharged,
    /// The credits are in the log, and the attempt is open.
    RechargePaid,
    RechargeFinished,
}

#[cfg(feature = "crash-points")]
impl Point {
    pub const ALL: [Self; 25] = [
        Self::PurchaseStarted,
        Self::CustomerMade,
        Self::CustomerKept,
        Self::CustomerFixed,
        Self::PageMade,
        Self::PageKept,
        Self::EventKept,
        Self::EventClaimed,
        Self::FactsRead,
        Self::PaymentAccepted,
        Self::FactsAdded,
        Self::Booked,
        Self::EventWorked,
        Self::RefundNoted,
        Self::RefundMade,
        Self::RefundKept,
        Self::RefundSettled,
        Self::RechargeNoticed,
        Self::RechargeClaimed,
        Self::RechargeStarted,
        Self::RechargeFrozen,
        Self::RechargeSending,
        Self::RechargeCharged,
        Self::RechargePaid,
        Self::RechargeFinished,
    ];
}

/// Ends the process where a test asked for it here.
#[cfg(not(feature = "crash-points"))]
pub(crate) const fn at(_: Point) {}

/// Ends the process where a test asked for it here.
#[cfg(feature = "crash-points")]
pub(crate) fn at(point: Point) {
    if std::env::var(SETTING).is_ok_and(|name| name == format!("{point:?}")) {
        // Nothing is dropped, flushed or answered.
        std::process::abort();
    }
}
