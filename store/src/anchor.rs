//! Where each partition ends, and a digest of all before it, to be kept elsewhere (CORRECTNESS C30): without it a cut
//! tail, or a chain that was computed anew, cannot be told from an honest log.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgPool;

use crate::log::LogError;
use crate::postgres::error::of_read;

/// Rows of one read: a few hundred kilobytes.
const PAGE: i64 = 10_000;

/// The ends of all partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    pub partitions: Vec<End>,
}

/// The end of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    pub partition: u16,
    /// The last position; 0 when there is none.
    pub position: u64,
    /// SHA-256, in hexadecimal, over every position and chain hash up to it.
    pub digest: String,
}

/// How a log differs from an anchor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Deviation {
    #[error("partition {partition} ends at position {position}, the anchor says {anchored}: rows were removed")]
    Shorter { partition: u16, position: u64, anchored: u64 },
    #[error("partition {partition} differs from the anchor somewhere up to position {anchored}")]
    Rewritten { partition: u16, anchored: u64 },
    #[error("the anchor is of a log with {anchored} partitions, this one has {partitions}")]
    OtherPartitions { anchored: usize, partitions: usize },
}

/// A partition, walked in the order of its positions.
pub(crate) struct Walked {
    pub end: End,
    /// The first position that is missing.
    pub missing: Option<u64>,
}

/// Walks a partition up to a position.
pub(crate) async fn walk(pool: &PgPool, partition: u16, up_to: u64) -> Result<Walked, LogError> {
    let mut hasher = Sha256::new();
    let (mut last, mut missing) = (0_i64, None);
    loop {
        let page: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT e.position, e.chain_hash FROM store.events e
             WHERE e.partition = $1 AND e.position > $2 AND e.position <= $3 ORDER BY e.position LIMIT $4",
        )
        .bind(i32::from(partition))
        .bind(last)
        .bind(i64::try_from(up_to).unwrap_or(i64::MAX))
        .bind(PAGE)
        .fetch_all(pool)
        .await
        .map_err(of_read)?;
        for (position, chain_hash) in &page {
            if *position != last + 1 {
                missing = missing.or(u64::try_from(last + 1).ok());
            }
            last = *position;
            hasher.update(position.to_be_bytes());
            hasher.update(chain_hash);
        }
        if page.is_empty() {
            let position = u64::try_from(last).map_err(|_| LogError::Corrupt("a position below zero".into()))?;
            let end = End { partition, position, digest: hex::encode(hasher.finalize()) };
            return Ok(Walked { end, missing });
        }
    }
}

/// How the log differs from an anchor that was taken of it before; it may have grown.
///
/// # Errors
/// [`LogError`] where the log cannot be read.
pub async fn compare(pool: &PgPool, partitions: u16, anchor: &Anchor) -> Result<Vec<Deviation>, LogError> {
    if anchor.partitions.len() != usize::from(partitions) {
        let (anchored, partitions) = (anchor.partitions.len(), usize::from(partitions));
        return Ok(vec![Deviation::OtherPartitions { anchored, partitions }]);
    }
    let mut deviations = Vec::new();
    for anchored in &anchor.partitions {
        let found = walk(pool, anchored.partition, anchored.position).await?.end;
        deviations.extend(deviation(&found, anchored));
    }
    Ok(deviations)
}

fn deviation(found: &End, anchored: &End) -> Option<Deviation> {
    let partition = anchored.partition;
    if found.position < anchored.position {
        return Some(Deviation::Shorter { partition, position: found.position, anchored: anchored.position });
    }
    (found != anchored).then_some(Deviation::Rewritten { partition, anchored: anchored.position })
}

impl Anchor {
    /// Reads an anchor; `None` where there is no file.
    ///
    /// # Errors
    /// Where the file cannot be read, or is not an anchor.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file whole: a crash leaves the old anchor or the new one.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let draft = path.with_added_extension("new");
        std::fs::write(&draft, text)?;
        std::fs::File::open(&draft)?.sync_all()?;
        std::fs::rename(&draft, path)
    }
}
