//! How far the read models are behind the log while a load runs, and how soon after it they have caught up.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;
use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep};

use crate::report::rounded;

/// Between looks: fine enough for a bound of a second, and nothing beside the load.
const PAUSE: Duration = Duration::from_millis(50);

/// Projectors that are not there by then do not keep up at all.
const CATCH_UP_MAX: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lag {
    /// The longest that an event was in the log before every read model had it.
    pub max_s: f64,
    /// From the end of the load until every read model had every event.
    pub caught_up_after_s: f64,
}

/// The end of one partition's log, and the last position that every projector has.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct Standing {
    last: i64,
    projected: i64,
}

/// When ends of a partition's log were first seen that are not projected yet, oldest first.
#[derive(Debug, Default)]
struct Unprojected(VecDeque<(Duration, i64)>);

impl Unprojected {
    /// How long the oldest of them has been there.
    fn see(&mut self, at: Duration, standing: Standing) -> Duration {
        if self.0.back().is_none_or(|(_, last)| *last < standing.last) {
            self.0.push_back((at, standing.last));
        }
        while self.0.front().is_some_and(|(_, last)| *last <= standing.projected) {
            self.0.pop_front();
        }
        self.0.front().map_or(Duration::ZERO, |(since, _)| at.saturating_sub(*since))
    }
}

/// Runs a load and watches the read models of the database meanwhile, and until they have caught up.
///
/// # Errors
/// The load fails, the database does not answer, or the read models do not catch up.
pub async fn during<T>(url: &str, load: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, Lag)> {
    let mut connection = PgConnection::connect(url).await?;
    let mut watch = Watch { started: Instant::now(), partitions: Vec::new(), max: Duration::ZERO };
    let mut load = std::pin::pin!(load);
    let loaded = loop {
        tokio::select! {
            loaded = &mut load => break loaded?,
            () = sleep(PAUSE) => { watch.look(&mut connection).await?; }
        }
    };
    let ended = Instant::now();
    while !watch.look(&mut connection).await? {
        ensure!(ended.elapsed() < CATCH_UP_MAX, "the read models do not catch up: see `credit-ledger status`");
        sleep(PAUSE).await;
    }
    let caught_up_after_s = rounded(ended.elapsed().as_secs_f64());
    connection.close().await?;
    Ok((loaded, Lag { max_s: rounded(watch.max.as_secs_f64()), caught_up_after_s }))
}

struct Watch {
    started: Instant,
    partitions: Vec<Unprojected>,
    max: Duration,
}

impl Watch {
    /// Whether everything is projected.
    async fn look(&mut self, connection: &mut PgConnection) -> anyhow::Result<bool> {
        let standings: Vec<Standing> = sqlx::query_as(
            "SELECT coalesce((SELECT e.position FROM store.events e WHERE e.partition = h.partition
                              ORDER BY e.position DESC LIMIT 1), 0) AS last,
                    coalesce((SELECT min(c.position) FROM ledger.checkpoints c
                              WHERE c.partition = h.partition AND c.live), 0) AS projected
             FROM store.heads h ORDER BY h.partition",
        )
        .fetch_all(connection)
        .await?;
        let at = self.started.elapsed();
        self.partitions.resize_with(standings.len(), Unprojected::default);
        for (partition, standing) in self.partitions.iter_mut().zip(&standings) {
            self.max = self.max.max(partition.see(at, *standing));
        }
        Ok(standings.iter().all(|standing| standing.projected >= standing.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_the_age_of_the_oldest_end_that_is_not_projected() {
        let mut partition = Unprojected::default();
        let mut see = |at, last, projected| partition.see(Duration::from_secs(at), Standing { last, projected });
        assert_eq!(see(0, 10, 10), Duration::ZERO);
        assert_eq!(see(1, 20, 10), Duration::ZERO, "it was seen just now");
        assert_eq!(see(3, 30, 15), Duration::from_secs(2));
        assert_eq!(see(4, 30, 20), Duration::from_secs(1), "only the later end is left");
        assert_eq!(see(9, 30, 30), Duration::ZERO);
    }
}
