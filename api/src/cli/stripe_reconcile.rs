//! `credit-ledger stripe reconcile`: asks Stripe for what was lost on the way.

use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use payments::Payments;
use payments::reconcile::{Phase, Progress, ReconcileError, Report, audit, look, sweep};
use payments::stripe::{Patience, StripeGateway};
use store::{Clock, Ledger};

use super::output::say;
use super::stripe_args::StripeArgs;
use super::{Database, DatabaseArgs, Failure, Purpose};
use crate::clock::SystemClock;

/// Compares Stripe with the ledger, and books what is missing.
///
/// Events that no webhook told go into the inbox, open checkouts are read back, and each payment is compared with the log.
/// `serve` does the same by itself, from time to time; exit code 1: something needs a person. Safe to repeat.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger stripe reconcile\n  \
    credit-ledger stripe reconcile --since 2026-11-01 --json\n  credit-ledger stripe reconcile --since 7d")]
pub struct Reconcile {
    /// How far back: a date, a time (RFC 3339), or days such as 7d. Stripe lists events for 30 days, payments for ever.
    #[arg(long, default_value = "3d")]
    since: Since,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    stripe: StripeArgs,
}

/// A time, or one so long before now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    At(DateTime<Utc>),
    Ago(TimeDelta),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok()) {
            return Ok(Self::Ago(TimeDelta::days(i64::from(days))));
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Self::At(date.and_time(NaiveTime::MIN).and_utc()));
        }
        let at = DateTime::parse_from_rfc3339(text);
        at.map(|at| Self::At(at.to_utc())).map_err(|_| format!("`{text}` is no date, time or number of days (7d)"))
    }
}

impl Since {
    fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(at) => at.min(now),
            Self::Ago(delta) => now - delta,
        }
    }
}

/// What all of it found.
struct Found {
    events: Progress,
    open: Progress,
    report: Report,
}

impl Reconcile {
    pub async fn run(self, database: &DatabaseArgs) -> Result<(), Failure> {
        let settings = self.stripe.settings()?;
        let settings = settings.ok_or_else(|| Failure::usage("STRIPE_SECRET_KEY: there is no account to ask"))?;
        let live = settings.is_live();
        let gateway = Arc::new(StripeGateway::new(settings, Patience::default()));
        let database = database.open(Purpose::Use).await?;
        let found = self.reconcile(&database, gateway, live).await;
        database.close().await;
        let found = found?;
        self.print(&found);
        match found.report.unsettled.len() {
            0 => Ok(()),
            wrong => Err(Failure::finding(format!("{wrong} payments need a person"))),
        }
    }

    async fn reconcile(&self, database: &Database, gateway: Arc<StripeGateway>, live: bool) -> Result<Found, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let since = self.since.at(clock.now());
        let ledger = Arc::new(Ledger::start(database.log().await?, Arc::clone(&clock)));
        let payments = Payments { gateway, ledger: Arc::clone(&ledger), pool: database.pool().clone(), clock };
        let found = ask(&payments, since, live).await;
        ledger.shutdown().await;
        found.map_err(|error| Failure::caused("the reconciliation did not end; run it again", &error))
    }

    fn print(&self, found: &Found) {
        let Found { events, open, report } = found;
        if self.json {
            return say(serde_json::json!({
                "events": {"seen": events.seen, "missed": events.missed},
                "open": {"seen": open.seen, "settled": open.missed},
                "payments": report,
            }));
        }
        say(format_args!("events: {} listed, {} of them new; the inbox has them", events.seen, events.missed));
        say(format_args!("open checkouts and refunds: {} read back, {} of them settled", open.seen, open.missed));
        let Report { seen, missed, foreign, unsettled } = report;
        say(format_args!("payments: {seen} compared, {missed} of them put right, {foreign} of something else"));
        for line in unsettled {
            let whose = line.organization.as_ref().map(ToString::to_string).unwrap_or_default();
            let purchase = line.purchase.map(|id| id.to_string()).unwrap_or_default();
            say(format_args!("{} (organization {whose}, purchase {purchase}): {}", line.intent, line.why));
        }
    }
}

async fn ask(payments: &Payments, since: DateTime<Utc>, live: bool) -> Result<Found, ReconcileError> {
    let style = ProgressStyle::with_template("{msg:10} {spinner} {human_pos} looked at, {prefix} missing, {elapsed}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style.expect("the template is one of indicatif's"));
    let told = |progress: Progress| {
        bar.set_message(match progress.phase {
            Phase::Events => "events",
            Phase::Open => "open",
            Phase::Payments => "payments",
        });
        bar.set_prefix(progress.missed.to_string());
        bar.set_position(progress.seen);
    };
    let events = sweep(payments, live, Some(since), &told).await?;
    let open = look(payments).await?;
    told(open);
    let report = audit(payments, since, &told).await?;
    bar.finish_and_clear();
    Ok(Found { events, open, report })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn a_time_may_be_given_in_three_ways() {
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).unwrap();
        let at = |text: &str| text.parse::<Since>().map(|since| since.at(now));
        assert_eq!(at("7d"), Ok(now - TimeDelta::days(7)));
        assert_eq!(at("2026-11-01"), Ok(Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap()));
        assert_eq!(at("2026-11-01T10:00:00+02:00"), Ok(Utc.with_ymd_and_hms(2026, 11, 1, 8, 0, 0).unwrap()));
        assert_eq!(at("2027-01-01"), Ok(now), "not in the future");
        assert!(at("yesterday").is_err() && at("-3d").is_err());
    }
}
