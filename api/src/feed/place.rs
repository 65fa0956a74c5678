//! Where a reader is, what it wants, and what comes next: from the log by pages, or from a live batch.
//!
//! Invariant: a place moves over every position or sequence, wanted or not, and never over one that was not looked at.

use std::fmt;
use std::sync::Arc;

use domain::OrganizationId;
use store::log::{FeedLimit, FeedSearch, Log, LogError};

use super::hub::{Batch, Span};
use super::plan::{Share, shares};
use super::{Cursor, Encoded};
use crate::limits::{FEED_PAGE_BYTES, FEED_SEARCH_POSITIONS_MAX};

/// A place in the log; its text is the id behind which a reader resumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind these positions of the whole feed.
    Feed(Cursor),
    /// Behind this sequence of one organization's stream.
    Stream { organization: OrganizationId, sequence: u64 },
}

impl Place {
    /// Moves behind an event of it.
    pub fn pass(&mut self, event: &Encoded) {
        match self {
            Self::Feed(cursor) => cursor.move_to(event.partition, event.position),
            Self::Stream { sequence, .. } => *sequence = event.sequence,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed(cursor) => cursor.fmt(f),
            Self::Stream { sequence, .. } => sequence.fmt(f),
        }
    }
}

/// Which events a reader wants; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Stored names; empty: every type.
    pub types: Arc<[&'static str]>,
    /// Only this organization's.
    pub organization: Option<OrganizationId>,
}

impl Filter {
    fn is_everything(&self) -> bool {
        self.types.is_empty() && self.organization.is_none()
    }

    fn wants(&self, event: &Encoded) -> bool {
        (self.types.is_empty() || self.types.contains(&event.kind))
            && self.organization.as_ref().is_none_or(|organization| *organization == event.organization)
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub events: Vec<Arc<Encoded>>,
    /// The reader's place behind it.
    pub to: Place,
    /// Whether the reader is then where it was to be read to.
    pub at_end: bool,
}

impl Page {
    /// Roughly what it is as text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        /// An id and what stands around it.
        const AROUND: usize = 64;
        self.events.iter().map(|event| event.json.len() + AROUND).sum::<usize>() + AROUND
    }
}

/// A live batch does not follow on the reader's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap;

/// A reader of the log.
#[derive(Clone, Debug)]
pub struct LogReader {
    pub place: Place,
    pub filter: Filter,
}

impl LogReader {
    /// Where it will be at these ends.
    #[must_use]
    pub fn at_end(&self, ends: &[u64]) -> Option<Place> {
        match &self.place {
            Place::Feed(cursor) => Some(Place::Feed(Cursor::at(self.relevant(cursor, ends)))),
            Place::Stream { .. } => None,
        }
    }

    /// The next page, of the log as far as `ends`. May be empty before the end: a page covers a bounded piece of the log,
    /// whether or not anything in it is wanted.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn page(&self, log: &dyn Log, ends: &[u64], limit: u32) -> Result<Page, LogError> {
        match &self.place {
            Place::Feed(cursor) => self.feed_page(log, cursor, ends, limit).await,
            Place::Stream { organization, sequence } => {
                let events = log.stream(organization, *sequence, limit).await?;
                let at_end = u32::try_from(events.len()).is_ok_and(|count| count < limit);
                let sequence = events.last().map_or(*sequence, |last| last.sequence);
                let to = Place::Stream { organization: organization.clone(), sequence };
                let events = self.wanted(events.iter().map(Encoded::from));
                Ok(Page { events, to, at_end })
            }
        }
    }

    async fn feed_page(&self, log: &dyn Log, cursor: &Cursor, ends: &[u64], limit: u32) -> Result<Page, LogError> {
        let ends = self.relevant(cursor, ends);
        let (mut events, mut to) = (Vec::new(), cursor.clone());
        for share in shares(cursor, &ends, limit) {
            let span = read(log, &share, &self.filter).await?;
            to.move_to(share.partition, span.up_to);
            events.extend(span.events);
        }
        let at_end = to.positions().iter().zip(&ends).all(|(position, end)| position >= end);
        Ok(Page { events, to: Place::Feed(to), at_end })
    }

    /// The ends of the partitions that may hold what is wanted; of others, the place itself, which so never moves there.
    fn relevant(&self, cursor: &Cursor, ends: &[u64]) -> Vec<u64> {
        let Some(organization) = &self.filter.organization else { return ends.to_vec() };
        let mut relevant = cursor.clone();
        let partition = organization.partition(u16::try_from(ends.len()).expect("partitions are a u16"));
        relevant.move_to(partition, ends.get(usize::from(partition)).copied().unwrap_or(0));
        relevant.positions().to_vec()
    }

    /// What a live batch adds.
    ///
    /// # Errors
    /// The batch begins behind the reader's place: it has to read pages first.
    pub fn take(&self, batch: &Batch) -> Result<Page, Gap> {
        let mut page = Page { events: Vec::new(), to: self.place.clone(), at_end: true };
        for span in &batch.spans {
            self.take_span(span, &mut page)?;
        }
        Ok(page)
    }

    fn take_span(&self, span: &Span, page: &mut Page) -> Result<(), Gap> {
        match &mut page.to {
            Place::Feed(cursor) => {
                let place = cursor.position(span.partition);
                let partitions = u16::try_from(cursor.positions().len()).expect("partitions are a u16");
                let partition = self.filter.organization.as_ref().map(|id| id.partition(partitions));
                if partition.is_some_and(|partition| partition != span.partition) || place >= span.up_to {
                    return Ok(());
                }
                if place < span.after {
                    return Err(Gap);
                }
                let later = span.events.iter().filter(|event| event.position > place && self.filter.wants(event));
                page.events.extend(later.cloned());
                cursor.move_to(span.partition, span.up_to);
            }
            Place::Stream { organization, sequence } => {
                for event in span.events.iter().filter(|event| event.organization == *organization) {
                    if event.sequence > *sequence + 1 {
                        return Err(Gap);
                    }
                    if event.sequence == *sequence + 1 {
                        *sequence = event.sequence;
                        page.events.extend(self.filter.wants(event).then(|| Arc::clone(event)));
                    }
                }
            }
        }
        Ok(())
    }

    fn wanted(&self, events: impl Iterator<Item = Encoded>) -> Vec<Arc<Encoded>> {
        events.filter(|event| self.filter.wants(event)).map(Arc::new).collect()
    }
}

/// Reads a share of the feed, or as much of it as a page may bring into memory.
pub(super) async fn read(log: &dyn Log, share: &Share, filter: &Filter) -> Result<Span, LogError> {
    let limit = FeedLimit { events: share.events, bytes: FEED_PAGE_BYTES };
    let (events, up_to) = if filter.is_everything() {
        let events = log.feed(share.partition, share.after, limit).await?;
        let last = events.last().ok_or_else(|| cut(share))?.position;
        (events, last)
    } else {
        let search = FeedSearch {
            partition: share.partition,
            after: share.after,
            up_to: share.up_to.min(share.after + FEED_SEARCH_POSITIONS_MAX),
            types: Arc::clone(&filter.types),
            organization: filter.organization.clone(),
        };
        let found = log.search(&search, limit).await?;
        (found.events, found.up_to)
    };
    let events = events.iter().map(|event| Arc::new(Encoded::from(&**event))).collect();
    Ok(Span { partition: share.partition, after: share.after, up_to, events })
}

/// An end was seen, and what stood there is gone.
fn cut(share: &Share) -> LogError {
    LogError::Corrupt(format!("partition {} has no event behind position {}", share.partition, share.after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization(id: &str) -> OrganizationId {
        OrganizationId::try_new(id).expect("valid")
    }

    /// Events of one partition; every third is of `acme`, every second a consumption.
    fn span(after: u64, up_to: u64) -> Batch {
        let event = |position: u64| {
            let kind = if position.is_multiple_of(2) { "CreditsConsumed" } else { "CreditsGranted" };
            let id = if position.is_multiple_of(3) { "acme" } else { "other" };
            let (organization, sequence) = (organization(id), position / 3);
            Arc::new(Encoded {
                partition: 1,
                position,
                organization,
                sequence,
                kind,
                json: bytes::Bytes::new(),
                balance_after: 0,
            })
        };
        let events = (after + 1..=up_to).map(event).collect();
        Batch { spans: vec![Span { partition: 1, after, up_to, events }], is_cut: false }
    }

    fn feed_at(position: u64, filter: Filter) -> LogReader {
        LogReader { place: Place::Feed(Cursor::at(vec![7, position, 7, 7])), filter }
    }

    fn taken(reader: &LogReader, batch: &Batch) -> Result<(Vec<u64>, Place), Gap> {
        let page = reader.take(batch)?;
        Ok((page.events.iter().map(|event| event.position).collect(), page.to))
    }

    #[test]
    fn a_live_batch_adds_what_is_behind_the_place_and_nothing_else() {
        let at = |position| Place::Feed(Cursor::at(vec![7, position, 7, 7]));
        let reader = feed_at(5, Filter::default());
        assert_eq!(taken(&reader, &span(3, 8)), Ok((vec![6, 7, 8], at(8))));
        assert_eq!(taken(&reader, &span(2, 5)), Ok((vec![], at(5))), "read already");
        assert_eq!(taken(&reader, &span(6, 8)), Err(Gap), "position 6 would be missing");
    }

    #[test]
    fn a_place_moves_over_what_is_not_wanted() {
        let types: Arc<[&'static str]> = vec!["CreditsConsumed"].into();
        let reader = feed_at(0, Filter { types, organization: None });
        let (events, to) = taken(&reader, &span(0, 5)).expect("no gap");
        assert_eq!((events, to), (vec![2, 4], Place::Feed(Cursor::at(vec![7, 5, 7, 7]))));
        // Of an organization in another partition nothing can come, and its place there stays.
        let elsewhere = ["a", "b", "c", "d", "e"].map(organization).into_iter().find(|id| id.partition(4) != 1);
        let reader = feed_at(0, Filter { organization: elsewhere, ..Filter::default() });
        assert_eq!(taken(&reader, &span(0, 5)), Ok((vec![], reader.place.clone())));
    }

    #[test]
    fn a_stream_takes_the_next_sequences_of_its_own() {
        let place = |sequence| Place::Stream { organization: organization("acme"), sequence };
        let reader = |sequence| LogReader { place: place(sequence), filter: Filter::default() };
        assert_eq!(taken(&reader(1), &span(0, 10)), Ok((vec![6, 9], place(3))));
        assert_eq!(taken(&reader(0), &span(4, 10)), Err(Gap), "sequence 1 would be missing");
        assert_eq!(taken(&reader(3), &span(0, 10)), Ok((vec![], place(3))));
    }
}
