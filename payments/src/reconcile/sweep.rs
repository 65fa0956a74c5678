//! Puts into the inbox whatever Stripe lists and no webhook told.

use domain::Timestamp;

use super::limits::{EVENTS_LISTED, SWEEP_LATE, SWEEP_MARGIN, SWEEP_OVERLAP};
use super::report::{Phase, Progress};
use super::rows::{self, Name, Ran};
use super::{ReconcileError, meters};
use crate::Payments;
use crate::inbox::{Received, Source, receive};

/// Answers how many events were listed, and how many of them were not known. `since`: further back than the last sweep.
///
/// # Errors
/// [`ReconcileError`]; what was found so far is kept.
pub async fn sweep(
    payments: &Payments,
    live: bool,
    since: Option<Timestamp>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Progress, ReconcileError> {
    let started = payments.clock.now();
    let covered = rows::covered(&payments.pool, Name::Events).await?;
    let from = since.unwrap_or_else(|| begin(covered, started));
    let mut told = Progress { phase: Phase::Events, seen: 0, missed: 0 };
    let mut after: Option<String> = None;
    loop {
        // A clock that is ahead of ours must not hide what happened a moment ago.
        let page = payments.gateway.events(from, started + SWEEP_OVERLAP, after.as_deref()).await?;
        for event in page.items {
            let received = receive(&payments.pool, event, Source::Sweep, live, payments.clock.now()).await?;
            told.seen += 1;
            told.missed += u64::from(received == Received::New);
        }
        progress(told);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    meters::swept(told.missed);
    finish(payments, covered, from, started, told).await?;
    Ok(told)
}

/// Where a sweep begins: some time before the end of the last one, or with all that Stripe lists.
fn begin(covered: Option<Timestamp>, now: Timestamp) -> Timestamp {
    covered.map_or(now - EVENTS_LISTED, |to| to - SWEEP_OVERLAP)
}

/// A sweep that began behind the end of the last one leaves a gap, and so does not move it.
async fn finish(
    payments: &Payments,
    covered: Option<Timestamp>,
    from: Timestamp,
    started: Timestamp,
    told: Progress,
) -> Result<(), ReconcileError> {
    let is_whole = covered.is_none_or(|to| from <= to);
    let covered_to = match covered {
        Some(to) if !is_whole => to,
        _ => started - SWEEP_MARGIN,
    };
    let ran = Ran { covered_to, at: started, seen: told.seen, missed: told.missed, unsettled: 0 };
    rows::done(&payments.pool, Name::Events, &ran).await?;
    Ok(())
}

/// Says how old the last sweep is, aloud while events may be lost for good.
pub(super) async fn watch(payments: &Payments) -> Result<(), sqlx::Error> {
    let now = payments.clock.now();
    let Some(to) = rows::covered(&payments.pool, Name::Events).await? else { return Ok(()) };
    meters::covered(to, now);
    if now - to > SWEEP_LATE {
        let days = (now - to).num_days();
        let listed = EVENTS_LISTED.num_days();
        tracing::error!(days, listed, "Stripe's events have not been swept for too long: soon some cannot be found");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone, Utc};

    #[test]
    fn a_sweep_overlaps_the_last_one() {
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).unwrap();
        assert_eq!(begin(None, now), now - TimeDelta::days(30));
        let covered = now - TimeDelta::minutes(5);
        assert!(begin(Some(covered), now) < covered);
    }
}
