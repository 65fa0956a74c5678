//! The published price books in memory.
//!
//! Invariant: no command is priced by books that were read more than [`STALE`] ago; the version that priced it is on its
//! event. A version never changes, so each is read once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::price::{PriceBooks, PublishedBook};
use sqlx::PgPool;
use store::Clock;
use store::catalogue::{CatalogueError, price_books};
use store::log::LogError;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout};

use crate::problem::Problem;
use crate::problems::{of_catalogue, of_log};

/// From this age on the books are looked up again beside the command that uses them, so that none waits under load.
const FRESH: Duration = Duration::from_millis(500);
/// From this age on a command waits for the look-up: the longest that a new version goes unnoticed.
const STALE: Duration = Duration::from_secs(1);
/// The longest look-up: a thousand times what it takes, so that one whose answer is lost keeps no other waiting for long.
const READ_MAX: Duration = Duration::from_secs(10);

/// What was read.
#[derive(Clone, Default)]
struct Kept {
    books: Arc<PriceBooks>,
    versions: BTreeMap<u32, Arc<PublishedBook>>,
    read_at: Option<Instant>,
}

impl Kept {
    fn is_older_than(&self, age: Duration) -> bool {
        self.read_at.is_none_or(|at| at.elapsed() > age)
    }
}

pub(super) struct Books {
    pool: PgPool,
    clock: Arc<dyn Clock>,
    kept: watch::Sender<Kept>,
    /// One look-up at a time; who waits for it needs none of their own.
    reading: Mutex<()>,
    refreshing: AtomicBool,
}

impl Books {
    pub(super) fn new(pool: PgPool, clock: Arc<dyn Clock>) -> Arc<Self> {
        let (kept, _) = watch::channel(Kept::default());
        Arc::new(Self { pool, clock, kept, reading: Mutex::new(()), refreshing: AtomicBool::new(false) })
    }

    pub(super) async fn current(self: &Arc<Self>) -> Result<Arc<PriceBooks>, Problem> {
        if self.kept.borrow().is_older_than(STALE) {
            self.read_unless_newer_than(STALE).await?;
        } else if self.kept.borrow().is_older_than(FRESH) && !self.refreshing.swap(true, Ordering::Relaxed) {
            let books = Arc::clone(self);
            tokio::spawn(async move {
                if let Err(problem) = books.read_unless_newer_than(FRESH).await {
                    tracing::warn!(detail = %problem.detail, "the price books could not be read again");
                }
                books.refreshing.store(false, Ordering::Relaxed);
            });
        }
        Ok(Arc::clone(&self.kept.borrow().books))
    }

    /// What was read last, however long ago; `None` before the first time.
    pub(super) fn known(&self) -> Option<Arc<PriceBooks>> {
        let kept = self.kept.borrow();
        kept.read_at.is_some().then(|| Arc::clone(&kept.books))
    }

    pub(super) async fn refresh(&self) -> Result<(), Problem> {
        self.read_unless_newer_than(Duration::ZERO).await
    }

    async fn read_unless_newer_than(&self, age: Duration) -> Result<(), Problem> {
        let _alone = self.reading.lock().await;
        let before = self.kept.borrow().clone();
        if !before.is_older_than(age) {
            return Ok(());
        }
        let unanswered = |elapsed| of_log(&LogError::Unavailable(Box::new(elapsed)));
        let read = timeout(READ_MAX, self.read(before)).await.map_err(unanswered)?;
        let after = read.map_err(|error| of_catalogue(&error))?;
        self.kept.send_replace(after);
        Ok(())
    }

    /// Reads the versions that are not in memory, and drops those that nothing can ask for any more.
    async fn read(&self, before: Kept) -> Result<Kept, CatalogueError> {
        // Before the look-up: what is published while it runs counts as unread.
        let read_at = Some(Instant::now());
        let wanted = price_books::wanted(&self.pool, self.clock.now()).await?;
        if wanted.iter().eq(before.versions.keys()) {
            return Ok(Kept { read_at, ..before });
        }
        let mut versions = BTreeMap::new();
        for version in wanted {
            let published = match before.versions.get(&version) {
                Some(known) => Arc::clone(known),
                None => price_books::version(&self.pool, version).await?.published,
            };
            versions.insert(version, published);
        }
        let books = Arc::new(PriceBooks::new(versions.values().cloned().collect()));
        Ok(Kept { books, versions, read_at })
    }
}
