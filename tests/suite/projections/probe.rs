//! A projector that counts, so that an event which is applied twice or never shows in its rows; and that fails where it is
//! told to.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use async_trait::async_trait;
use projections::{ApplyError, Projector, Target};
use sqlx::PgConnection;
use store::RecordedEvent;

/// How the probe fails at an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poison {
    /// It names the event.
    Named,
    /// The database refuses a value of the batch, and nobody says which.
    Refused,
    Panic,
}

pub struct Probe {
    name: &'static str,
    view: [&'static str; 1],
    poison: Mutex<Option<(u16, u64, Poison)>>,
    version: AtomicU64,
    /// Fails everything, as a database that is away does.
    is_away: AtomicBool,
    /// So often it panics where no batch is applied.
    panics: AtomicUsize,
    /// The largest batch, and how many there were.
    pub largest: AtomicUsize,
    pub batches: AtomicUsize,
}

impl Probe {
    /// Its view is called like itself.
    pub fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self {
            name,
            view: [name],
            poison: Mutex::default(),
            version: AtomicU64::new(1),
            is_away: AtomicBool::default(),
            panics: AtomicUsize::default(),
            largest: AtomicUsize::default(),
            batches: AtomicUsize::default(),
        })
    }

    /// Makes the first generation of its table.
    pub async fn migrate(&self, pool: &sqlx::PgPool) {
        let name = self.name;
        let sql = format!(
            "CREATE TABLE ledger.{name}_v1 (
                 partition smallint NOT NULL, organization_id text COLLATE \"C\" NOT NULL,
                 events bigint NOT NULL, last_sequence bigint NOT NULL, positions numeric NOT NULL,
                 PRIMARY KEY (partition, organization_id));
             CREATE INDEX {name}_v1_by_events ON ledger.{name}_v1 (events) WHERE events > 0;
             COMMENT ON TABLE ledger.{name}_v1 IS 'for tests';
             COMMENT ON COLUMN ledger.{name}_v1.events IS 'how many';
             SELECT ledger.publish('{name}', 1)"
        );
        sqlx::raw_sql(&sql).execute(pool).await.unwrap();
    }

    pub fn poison(&self, partition: u16, position: u64, poison: Poison) {
        *self.poison.lock().unwrap() = Some((partition, position, poison));
    }

    pub fn cure(&self) {
        *self.poison.lock().unwrap() = None;
    }

    pub fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    pub fn panic_outside_batches(&self, times: usize) {
        self.panics.store(times, Ordering::Relaxed);
    }

    pub fn raise_version(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Projector for Probe {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> i32 {
        let panics = self.panics.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        assert!(panics.is_err(), "the probe was told to");
        self.version.load(Ordering::Relaxed).try_into().unwrap()
    }

    fn views(&self) -> &'static [&'static str] {
        Box::leak(Box::new(self.view))
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        target: &Target,
        events: &[Arc<RecordedEvent>],
    ) -> Result<(), ApplyError> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(ApplyError::Database(sqlx::Error::PoolTimedOut));
        }
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.largest.fetch_max(events.len(), Ordering::Relaxed);
        let organizations: Vec<&str> = events.iter().map(|event| event.organization.as_str()).collect();
        let sql = format!(
            "INSERT INTO {} AS known (partition, organization_id, events, last_sequence, positions)
             SELECT $1, u.organization, count(*), max(u.sequence), sum(u.position)
             FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS u (organization, sequence, position)
             GROUP BY u.organization
             ON CONFLICT (partition, organization_id) DO UPDATE
                 SET events = known.events + excluded.events, last_sequence = excluded.last_sequence,
                     positions = known.positions + excluded.positions",
            target.table(self.view[0])
        );
        sqlx::query(&sql)
            .bind(events.first().map_or(0, |event| i32::from(event.partition)))
            .bind(organizations)
            .bind(events.iter().map(|event| event.sequence.cast_signed()).collect::<Vec<_>>())
            .bind(events.iter().map(|event| event.position.cast_signed()).collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
        // After the rows were written: what a failure leaves behind would be counted.
        let poison = *self.poison.lock().unwrap();
        let poisoned = poison.filter(|(partition, position, _)| {
            events.iter().any(|event| event.partition == *partition && event.position == *position)
        });
        match poisoned {
            None => Ok(()),
            Some((_, position, Poison::Named)) => {
                Err(ApplyError::Poisoned { position, reason: "the probe was told to".to_owned() })
            }
            Some((_, _, Poison::Refused)) => {
                Ok(sqlx::query("SELECT 1 / 0").execute(&mut *connection).await.map(|_| ())?)
            }
            Some((_, _, Poison::Panic)) => panic!("the probe was told to"),
        }
    }
}
