//! Requests beside a database that a test lets answer, or does not.

use std::future::{pending, ready};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::{BoxFuture, FutureExt, join_all};
use tokio::sync::Semaphore;

use super::*;
use crate::limits::UNKNOWN_SECRETS_WAITING;

mod outage;

const HASH: Hash = [7; 32];
const INSTANT: Duration = Duration::from_millis(1);

type Answer = Result<Option<u8>, LogError>;

/// The database, which answers when a test lets it.
#[derive(Clone)]
struct Database {
    gate: Arc<Semaphore>,
    asked: Arc<AtomicUsize>,
}

impl Database {
    fn new() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), asked: Arc::default() }
    }

    fn answers<A>(&self, answer: A) -> impl FnOnce(Line) -> BoxFuture<'static, Answer> + Send + use<A>
    where
        A: Fn() -> Answer + Send + 'static,
    {
        let database = self.clone();
        move |_| {
            database.asked.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                let _pass = database.gate.acquire().await;
                answer()
            })
        }
    }

    fn open(&self) {
        self.gate.add_permits(1);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn believed() -> Believed<u8> {
    Believed::new(&Arc::new(Turns::new()))
}

/// Something that was looked up so long ago.
fn known(value: u8, ago: Duration) -> Believed<u8> {
    let believed = believed();
    knows(&believed, HASH, value, ago);
    believed
}

fn knows(believed: &Believed<u8>, hash: Hash, value: u8, ago: Duration) {
    let asked_at = Instant::now().checked_sub(ago).expect("the machine runs longer");
    believed.beliefs.insert(hash, Belief { value, asked_at });
}

fn secret(number: usize) -> Hash {
    let mut hash = [255; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash
}

fn away(_: Line) -> impl Future<Output = Answer> + Send {
    ready(Err(LogError::Unavailable("away".into())))
}

fn never(_: Line) -> impl Future<Output = Answer> + Send {
    pending()
}

fn says(answer: Option<u8>) -> impl FnOnce(Line) -> std::future::Ready<Answer> + Send + 'static {
    move |_| ready(Ok(answer))
}

async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it becomes so");
}

/// Until all that was begun has gone as far as it can.
async fn all_are_where_they_wait() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

/// Until what is looked up beside requests has ended: each has a copy of what is believed.
async fn nobody_asks(believed: &Believed<u8>) {
    until(|| Arc::strong_count(&believed.turns) == 1).await;
}

/// What was found, where a test does not want the error.
fn found(found: Found<u8>) -> Option<Option<u8>> {
    found.ok()
}

#[tokio::test]
async fn what_the_database_no_longer_says_is_not_believed() {
    let believed = known(1, KEY_CACHE_TTL * 2);
    assert_eq!(found(believed.get(HASH, says(None)).await), Some(None));
    assert!(believed.get(HASH, away).await.is_err(), "nothing is left of it");
}

#[tokio::test]
async fn secrets_that_nobody_knows_wait_their_turn_and_not_all_of_them() {
    let believed = known(1, KEY_CACHE_TTL * 2);
    let mut strangers: Vec<_> =
        (0..UNKNOWN_SECRETS_WAITING).map(|number| Box::pin(believed.get(secret(number), never))).collect();
    for stranger in &mut strangers {
        assert!(futures::poll!(stranger).is_pending());
    }
    let other_kind = Believed::<u8>::new(&believed.turns);
    assert!(futures::poll!(Box::pin(other_kind.get(HASH, never))).is_ready(), "an error, at once");
    assert_eq!(found(believed.get(HASH, says(Some(2))).await), Some(Some(2)), "known ones do not wait behind them");
    strangers.clear();
    assert_eq!(found(believed.get(secret(0), says(Some(3))).await), Some(Some(3)), "there is room again");
}

#[tokio::test]
async fn strangers_beyond_those_that_are_looked_up_are_answered_when_their_turn_comes() {
    let (believed, database) = (believed(), Database::new());
    let mut strangers: Vec<_> =
        (0..200).map(|number| Box::pin(believed.get(secret(number), database.answers(|| Ok(Some(1)))))).collect();
    for stranger in &mut strangers {
        assert!(futures::poll!(stranger).is_pending());
    }
    assert_eq!(database.asked(), usize::from(Line::Strangers.turns()));
    database.open();
    assert!(join_all(strangers).await.into_iter().all(|one| found(one) == Some(Some(1))));
}

#[tokio::test]
async fn requests_at_once_with_one_secret_are_one_look_up() {
    let answers: [fn() -> Answer; 3] = [|| Ok(Some(1)), || Ok(None), || Err(LogError::Unavailable("away".into()))];
    for answer in answers {
        let (believed, database) = (believed(), Database::new());
        let mut requests: Vec<_> = (0..200).map(|_| Box::pin(believed.get(HASH, database.answers(answer)))).collect();
        for request in &mut requests {
            assert!(futures::poll!(request).is_pending());
        }
        // Who asks may go away.
        drop(requests.remove(0));
        database.open();
        let all = join_all(requests).await;
        assert!(all.into_iter().all(|one| found(one) == answer().ok()));
        assert_eq!(database.asked(), 2, "by the first one, and by one after it");
    }
}

#[tokio::test]
async fn a_secret_is_as_old_as_the_question() {
    let (believed, database) = (believed(), Database::new());
    let mut request = Box::pin(believed.get(HASH, database.answers(|| Ok(Some(1)))));
    assert!(futures::poll!(&mut request).is_pending());
    let before_the_answer = Instant::now();
    database.open();
    assert_eq!(found(request.await), Some(Some(1)));
    assert!(believed.belief(&HASH).expect("it is kept").asked_at <= before_the_answer);
}

#[tokio::test]
async fn a_look_up_that_comes_late_undoes_nothing() {
    let (believed, database) = (believed(), Database::new());
    let mut early = Box::pin(believed.get(HASH, database.answers(|| Ok(Some(1)))));
    assert!(futures::poll!(&mut early).is_pending());
    believed.forget(&HASH);
    assert_eq!(found(believed.get(HASH, says(Some(2))).await), Some(Some(2)), "it is asked anew");
    database.open();
    assert_eq!(found(early.await), Some(Some(1)), "it was so when it was asked");
    assert_eq!(found(believed.get(HASH, away).await), Some(Some(2)), "the newer one stands");
}

#[tokio::test]
async fn neither_who_asks_nor_a_refresh_brings_back_what_was_signed_out() {
    for age in [KEY_CACHE_FRESH + INSTANT, KEY_CACHE_TTL * 2] {
        let (believed, database) = (known(1, age), Database::new());
        let mut early = Box::pin(believed.get(HASH, database.answers(|| Ok(Some(1)))));
        let _either = futures::poll!(&mut early);
        until(|| database.asked() == 1).await;
        believed.forget(&HASH);
        database.open();
        if age > KEY_CACHE_TTL {
            assert_eq!(found(early.await), Some(Some(1)), "it was so when it was asked");
        }
        nobody_asks(&believed).await;
        assert!(believed.get(HASH, away).await.is_err(), "nothing is left of it");
    }
}

/// Strangers would have the connections of known ones.
#[tokio::test]
async fn a_look_up_is_told_in_which_line_it_was() {
    let (refreshed, asked_again) = (known(1, KEY_CACHE_FRESH + INSTANT), known(1, KEY_CACHE_TTL * 2));
    for (believed, line) in [(believed(), Line::Strangers), (refreshed, Line::Known), (asked_again, Line::Known)] {
        let told = Arc::new(OnceLock::new());
        let tell = Arc::clone(&told);
        let look_up =
            move |line| ready(tell.set(line).map(|()| Some(1)).map_err(|_| LogError::Corrupt("twice".into())));
        assert_eq!(found(believed.get(HASH, look_up).await), Some(Some(1)));
        nobody_asks(&believed).await;
        assert_eq!(told.get(), Some(&line));
    }
}

#[tokio::test]
async fn what_is_looked_up_beside_a_request_renews_what_is_believed_and_nothing_fresh_is() {
    let believed = known(1, KEY_CACHE_FRESH + INSTANT);
    let before = Instant::now();
    assert_eq!(found(believed.get(HASH, says(Some(2))).await), Some(Some(1)), "it does not wait");
    nobody_asks(&believed).await;
    assert!(believed.belief(&HASH).expect("it is kept").asked_at >= before);
    assert_eq!(found(believed.get(HASH, says(Some(3))).await), Some(Some(2)));
    nobody_asks(&believed).await;
    assert_eq!(believed.belief(&HASH).expect("it is kept").value, 2, "it was fresh");
}

#[tokio::test]
async fn a_look_up_that_panics_is_an_error_and_leaves_nothing() {
    let believed = known(1, KEY_CACHE_TTL * 2);
    let defect = |_| async { panic!("a defect") };
    assert!(matches!(believed.get(HASH, defect).await, Err(Failed::Other(_))));
    assert_eq!(found(believed.get(HASH, says(Some(2))).await), Some(Some(2)));
}
