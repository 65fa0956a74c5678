//! Computes every priced consumption again, by the version of the price book that its event names and the month's use
//! that the events before it tell.
//!
//! Invariant: nothing is taken from the receipt that is checked but the number of its version.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use domain::price::{MonthlyUse, PriceError, PublishedBook, Receipt, price};
use domain::usage::Usage;
use domain::{Credits, Event, Fact, OrganizationId};
use sqlx::{PgConnection, PgPool};

use super::{FINDINGS_MAX, Progress};
use crate::catalogue::{CatalogueError, price_books};
use crate::log::{FeedLimit, LogError};
use crate::postgres::Feed;
use crate::postgres::error::of_read;
use crate::record::RecordedEvent;

/// One read: a few megabytes at the largest events.
const PAGE: FeedLimit = FeedLimit { events: 1_000, bytes: 8 * 1024 * 1024 };

/// What was computed again, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceReport {
    /// Consumptions that the price book priced.
    pub priced: u64,
    /// Credits that they cost together.
    pub credits: i128,
    /// At most 100.
    pub findings: Vec<PriceFinding>,
}

/// One consumption that does not cost what it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceFinding {
    pub organization: OrganizationId,
    pub sequence: u64,
    pub fault: PriceFault,
}

impl fmt::Display for PriceFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "organization {}, sequence {}: {}", self.organization, self.sequence, self.fault)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceFault {
    #[error("version {0} of the price book is not there")]
    NoVersion(u32),
    #[error("version {0} of the price book did not hold yet")]
    TooEarly(u32),
    #[error("the version has no price for it: {0}")]
    Unpriced(#[from] PriceError),
    #[error("the receipt says {recorded} credits, and the version {computed}")]
    AmountDiffers { recorded: Credits, computed: Credits },
    #[error("the receipt's lines are not those of the version")]
    LinesDiffer,
    #[error("{charged} credits were charged, and the receipt says {priced}")]
    ChargeDiffers { charged: Credits, priced: Credits },
}

/// # Errors
/// [`LogError`] where the log or the price book cannot be read.
pub async fn verify_prices(pool: &PgPool, mut progress: impl FnMut(Progress) + Send) -> Result<PriceReport, LogError> {
    let mut connection = pool.acquire().await.map_err(of_read)?;
    let partitions: Vec<i16> = sqlx::query_scalar("SELECT h.partition FROM store.heads h ORDER BY h.partition")
        .fetch_all(&mut *connection)
        .await
        .map_err(of_read)?;
    let feed = Feed::default();
    let mut run = Run { pool: pool.clone(), books: HashMap::new(), report: PriceReport::default() };
    let mut told = Progress { events: 0, total: 0 };
    for partition in partitions.into_iter().map(i16::cast_unsigned) {
        let end = feed.end(&mut connection, partition).await?;
        told.total += end;
        run.partition(&feed, &mut connection, partition, end, |events| {
            progress(Progress { events: told.events + events, total: told.total });
        })
        .await?;
        told.events += end;
    }
    Ok(run.report)
}

struct Run {
    pool: PgPool,
    /// `None`: there is no such version.
    books: HashMap<u32, Option<Arc<PublishedBook>>>,
    report: PriceReport,
}

impl Run {
    async fn partition(
        &mut self,
        feed: &Feed,
        connection: &mut PgConnection,
        partition: u16,
        end: u64,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<(), LogError> {
        let mut used = HashMap::new();
        let mut after = 0;
        while after < end {
            let events = feed.read(connection, partition, after, PAGE).await?.events;
            let Some(last) = events.last() else { break };
            after = last.position;
            for recorded in events.iter().take_while(|recorded| recorded.position <= end) {
                self.event(recorded, &mut used).await?;
            }
            progress(after.min(end));
        }
        Ok(())
    }

    async fn event(
        &mut self,
        recorded: &RecordedEvent,
        used: &mut HashMap<OrganizationId, MonthlyUse>,
    ) -> Result<(), LogError> {
        let Some(priced) = Priced::of(&recorded.event) else { return Ok(()) };
        let book = self.book(priced.receipt.version).await?;
        let used = used.entry(recorded.organization.clone()).or_default();
        let fault = priced.check(book.as_deref(), used, &recorded.event).err();
        used.count(priced.receipt, recorded.event.occurred_at);
        self.report.priced += 1;
        self.report.credits += i128::from(priced.charged.get());
        if let Some(fault) = fault.filter(|_| self.report.findings.len() < FINDINGS_MAX) {
            let (organization, sequence) = (recorded.organization.clone(), recorded.sequence);
            self.report.findings.push(PriceFinding { organization, sequence, fault });
        }
        Ok(())
    }

    async fn book(&mut self, version: u32) -> Result<Option<Arc<PublishedBook>>, LogError> {
        if let Some(known) = self.books.get(&version) {
            return Ok(known.clone());
        }
        let book = match price_books::version(&self.pool, version).await {
            Ok(publication) => Some(publication.published),
            Err(CatalogueError::NoVersion(_)) => None,
            Err(CatalogueError::Log(error)) => return Err(error),
            Err(other) => return Err(LogError::Corrupt(other.to_string())),
        };
        self.books.insert(version, book.clone());
        Ok(book)
    }
}

/// A consumption that the price book priced.
struct Priced<'a> {
    usage: &'a Usage,
    receipt: &'a Receipt,
    charged: Credits,
    /// A confirmation of all that was reserved asks for what was held at most.
    held: Option<Credits>,
}

impl<'a> Priced<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        match &event.fact {
            Fact::CreditsConsumed(f) => {
                let receipt = f.receipt.as_deref()?;
                Some(Self { usage: &f.usage, receipt, charged: f.amount, held: None })
            }
            Fact::ReservationConfirmed(f) => {
                let receipt = f.receipt.as_deref()?;
                Some(Self { usage: &f.usage, receipt, charged: f.requested, held: Some(f.reserved) })
            }
            _ => None,
        }
    }

    fn check(&self, book: Option<&PublishedBook>, used: &MonthlyUse, event: &Event) -> Result<(), PriceFault> {
        let version = self.receipt.version;
        let book = book.ok_or(PriceFault::NoVersion(version))?;
        if book.valid_from > event.occurred_at {
            return Err(PriceFault::TooEarly(version));
        }
        let computed = price(book, self.usage, used, event.occurred_at)?;
        if computed.amount != self.receipt.amount {
            return Err(PriceFault::AmountDiffers { recorded: self.receipt.amount, computed: computed.amount });
        }
        if computed != *self.receipt {
            return Err(PriceFault::LinesDiffer);
        }
        let is_charged = self.charged == computed.amount
            || self.held.is_some_and(|held| self.charged == held && held < computed.amount);
        if is_charged {
            return Ok(());
        }
        Err(PriceFault::ChargeDiffers { charged: self.charged, priced: computed.amount })
    }
}
