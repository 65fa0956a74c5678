//! The read tables of one partition, computed anew into temporary tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::PgConnection;
use store::log::FeedLimit;
use store::postgres::Feed;

use super::{Fault, Finding, VerifyError};
use crate::projector::{ApplyError, Projector, Target};

/// Events of one page: a few megabytes at the largest events.
const PAGE: FeedLimit = FeedLimit { events: 2_000, bytes: 8 * 1024 * 1024 };

/// The live tables of a partition, and their copies.
pub(super) struct Copies {
    pub(super) partition: u16,
    feed: Feed,
    pub(super) all: Vec<Copy>,
    /// Up to where all copies have been filled together.
    pub(super) floor: u64,
    findings: Vec<Finding>,
}

/// One projector's copy.
pub(super) struct Copy {
    pub(super) projector: Arc<dyn Projector>,
    /// Of the live tables; `None` where it has no checkpoint.
    pub(super) generation: Option<i32>,
    /// The live tables' checkpoint.
    pub(super) position: u64,
    /// The copy's.
    pub(super) filled: u64,
    pub(super) is_broken: bool,
}

impl Copies {
    /// Makes empty copies.
    pub(super) async fn make(
        connection: &mut PgConnection,
        projectors: &[Arc<dyn Projector>],
        partition: u16,
    ) -> Result<Self, sqlx::Error> {
        let mut all = Vec::new();
        for projector in projectors {
            let live = live(connection, partition, projector.name()).await?;
            let (generation, position) = live.map_or((None, 0), |(generation, at)| (Some(generation), at));
            for view in projector.views() {
                make(connection, view, generation).await?;
            }
            let projector = Arc::clone(projector);
            all.push(Copy { projector, generation, position, filled: 0, is_broken: generation.is_none() });
        }
        Ok(Self { partition, feed: Feed::default(), all, floor: 0, findings: Vec::new() })
    }

    /// Projectors that never began, as findings.
    pub(super) fn unregistered(&self) -> Vec<Finding> {
        let without = self.all.iter().filter(|copy| copy.generation.is_none());
        without.map(|copy| self.finding(&copy.projector, Fault::NoCheckpoint)).collect()
    }

    fn finding(&self, projector: &Arc<dyn Projector>, fault: Fault) -> Finding {
        Finding { partition: self.partition, table: projector.name().to_owned(), key: None, fault }
    }

    /// Fills all copies to the lowest checkpoint.
    pub(super) async fn fill(
        &mut self,
        connection: &mut PgConnection,
        told: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), VerifyError> {
        let floor = self.all.iter().filter(|copy| !copy.is_broken).map(|copy| copy.position).min().unwrap_or(0);
        let everyone: BTreeSet<usize> = (0..self.all.len()).collect();
        while self.floor < floor {
            let Some(at) = self.page(connection, self.floor, floor, &everyone).await? else { break };
            self.floor = at;
            told(at);
        }
        Ok(())
    }

    /// Brings one copy to a position.
    pub(super) async fn catch_up(
        &mut self,
        connection: &mut PgConnection,
        which: usize,
        to: u64,
    ) -> Result<(), VerifyError> {
        while !self.all[which].is_broken && self.all[which].filled < to {
            let from = self.all[which].filled;
            if self.page(connection, from, to, &BTreeSet::from([which])).await?.is_none() {
                let fault = Fault::PastTheEnd { position: to, end: from };
                let finding = self.finding(&self.all[which].projector, fault);
                self.give_up(which, finding);
            }
        }
        Ok(())
    }

    /// Applies the next page of events behind `after`, up to `to`; answers where it ends, or `None` at the log's end.
    async fn page(
        &mut self,
        connection: &mut PgConnection,
        after: u64,
        to: u64,
        which: &BTreeSet<usize>,
    ) -> Result<Option<u64>, VerifyError> {
        let mut events = self.feed.read(connection, self.partition, after, PAGE).await?.events;
        events.retain(|event| event.position <= to);
        let Some(last) = events.last().map(|event| event.position) else { return Ok(None) };
        for index in which {
            let copy = &mut self.all[*index];
            if copy.is_broken {
                continue;
            }
            match copy.projector.apply(connection, &Target::TEMPORARY, &events).await {
                Ok(()) => copy.filled = last,
                Err(error @ ApplyError::Poisoned { .. }) => {
                    let finding = self.finding(&self.all[*index].projector, Fault::Unprojectable(error.to_string()));
                    self.give_up(*index, finding);
                }
                Err(ApplyError::Database(error)) => return Err(error.into()),
            }
        }
        Ok(Some(last))
    }

    fn give_up(&mut self, which: usize, finding: Finding) {
        self.all[which].is_broken = true;
        self.findings.push(finding);
    }

    /// Rows of all copies.
    pub(super) async fn count(&self, connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
        let mut rows = 0;
        for view in self.all.iter().flat_map(|copy| copy.projector.views()) {
            let table = Target::TEMPORARY.table(view);
            // The comparison is planned for what is in it.
            sqlx::query(&format!("ANALYZE {table}")).execute(&mut *connection).await?;
            let count: i64 =
                sqlx::query_scalar(&format!("SELECT count(*) FROM {table}")).fetch_one(&mut *connection).await?;
            rows += count.unsigned_abs();
        }
        Ok(rows)
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// The live generation of a projector in a partition, and how far it is.
pub(super) async fn live(
    connection: &mut PgConnection,
    partition: u16,
    projector: &str,
) -> Result<Option<(i32, u64)>, sqlx::Error> {
    let live: Option<(i32, i64)> = sqlx::query_as(
        "SELECT c.generation, c.position FROM ledger.checkpoints c
         WHERE c.partition = $1 AND c.projector = $2 AND c.live",
    )
    .bind(crate::projectors::small(partition))
    .bind(projector)
    .fetch_optional(connection)
    .await?;
    Ok(live.map(|(generation, position)| (generation, position.unsigned_abs())))
}

/// Makes the temporary table of a view, like its live one, with the key that projectors write by and no other index.
async fn make(connection: &mut PgConnection, view: &'static str, generation: Option<i32>) -> Result<(), sqlx::Error> {
    let (live, copy) = (Target::new(generation.unwrap_or(1)).table(view), Target::TEMPORARY.table(view));
    let key: String = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = $1::regclass AND c.contype = 'p'",
    )
    .bind(&live)
    .fetch_one(&mut *connection)
    .await?;
    let sql = format!(
        "DROP TABLE IF EXISTS {copy}; CREATE TEMPORARY TABLE {view} (LIKE {live}); ALTER TABLE {copy} ADD {key}"
    );
    sqlx::raw_sql(&sql).execute(connection).await?;
    Ok(())
}
