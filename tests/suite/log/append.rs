//! Appending: what a bad command costs, what a lost answer means, who gets a turn.

use domain::OrganizationId;
use store::log::{Log, LogError, Outcome};
use store::postgres::{self, PostgresLog, StartupError, UnsafeServer};
use store::verify::verify;

use super::fixture::*;
use crate::support;
use crate::support::node::Node;

#[tokio::test]
async fn c01_a_bad_command_fails_only_those_behind_it_in_its_stream() {
    let f = Fixture::new(1).await;
    let (mut a, mut b, mut c) = (Writer::new("a", 1), Writer::new("b", 1), Writer::new("c", 1));
    let first = [a.next(&grant(100), Some("a0")), b.next(&grant(100), Some("b0")), c.next(&grant(100), None)];
    let events: u64 = first.iter().map(|c| u64::try_from(c.events.len()).unwrap()).sum();
    assert_eq!(positions(&f.append(&first).await).len(), 3);

    let good = a.next(&consume(1), Some("a1"));
    let mut conflict = b.clone();
    conflict.sequence += 5;
    let mut lost = c.clone();
    let batch = [
        good,
        conflict.next(&consume(1), Some("b1")),
        c.next(&consume(1), Some("c1")),
        conflict.next(&consume(1), Some("b2")),
        a.next(&consume(1), Some("a0")),
        a.next(&consume(1), Some("a2")),
        c.next(&consume(2), Some("c2")),
        b.next(&consume(1), Some("b3")),
    ];
    let outcomes = f.append(&batch).await;
    assert_eq!(
        outcomes,
        [
            Outcome::Appended { position: events + 1 },
            Outcome::Conflict,
            Outcome::Appended { position: events + 2 },
            Outcome::Behind,
            Outcome::Duplicate,
            Outcome::Behind,
            Outcome::Appended { position: events + 3 },
            Outcome::Behind,
        ]
    );
    // What was written has no gap, and the next append goes on behind it.
    assert_eq!(f.count("SELECT max(position) - count(*) FROM store.events").await, 0);
    assert_eq!(f.append(&[lost.next(&consume(9), None)]).await, [Outcome::Conflict]);
    assert_eq!(f.append(&[c.next(&consume(1), None)]).await, [Outcome::Appended { position: events + 4 }]);
    let report = verify(&f.admin, |_| ()).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.streams, report.events), (3, events + 4));
}

#[tokio::test]
async fn c01_a_key_twice_in_a_batch_has_one_effect() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(100), None)]).await;
    let batch = [a.next(&consume(1), Some("k")), a.next(&consume(1), Some("k"))];
    let outcomes = f.append(&batch).await;
    assert!(matches!(outcomes[..], [Outcome::Appended { .. }, Outcome::Duplicate]), "{outcomes:?}");
}

#[tokio::test]
async fn c01_a_refused_value_appends_nothing() {
    let f = Fixture::new(1).await;
    let (mut a, mut b) = (Writer::new("a", 1), Writer::new("b", 1));
    let mut bad = b.next(&grant(1), None);
    bad.events[0].payload = "not json".to_owned();
    let result = f.log.append(0, &[a.next(&grant(1), None), bad]).await;
    assert!(matches!(result, Err(LogError::Rejected(_))), "{result:?}");
    assert_eq!(f.count("SELECT count(*) FROM store.events").await, 0);
    assert_eq!(f.append(&[Writer::new("a", 1).next(&grant(1), None)]).await, [Outcome::Appended { position: 1 }]);
}

#[tokio::test]
async fn c02_the_head_row_is_locked_and_never_updated() {
    let f = Fixture::new(2).await;
    let mut a = Writer::new("a", 2);
    for _ in 0..20 {
        f.append(&[a.next(&grant(10), None)]).await;
    }
    let sql = "SELECT (n_tup_upd + n_dead_tup)::bigint FROM pg_stat_user_tables WHERE relname = 'heads'";
    f.run("SELECT pg_stat_force_next_flush()").await;
    assert_eq!(f.count(sql).await, 0);
    assert_eq!(f.count("SELECT count(DISTINCT xmin::text) FROM store.heads").await, 1);
}

#[tokio::test]
async fn c03_a_key_stands_on_the_first_event_and_brings_back_its_command() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(1000), Some("top-up")), a.next(&consume(995), Some("spend"))]).await;
    let organization = a.organization.clone();
    let asked = [
        (organization.clone(), Some(key("spend"))),
        (organization.clone(), Some(key("other"))),
        (organization.clone(), None),
        (OrganizationId::try_new("nobody").unwrap(), Some(key("spend"))),
    ];
    let answers: Vec<_> = f.log.heads_and_keys(0, &asked).await.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().map(|a| a.sequence).collect::<Vec<_>>(), [a.sequence, a.sequence, a.sequence, 0]);
    let command = answers[0].command.as_ref().unwrap();
    assert!(command.len() > 1, "the command also caused an alert");
    assert_eq!(command[0].idempotency_key.as_deref(), Some("c:spend"));
    assert_eq!(command[0].request_hash, Some([7; 32]));
    assert!(command[1..].iter().all(|event| event.idempotency_key.is_none() && event.request_hash.is_none()));
    assert!(answers[1..].iter().all(|answer| answer.command.is_none()));
    let all = f.log.stream(&organization, 0, 100).await.unwrap();
    assert_eq!(&all[all.len() - command.len()..], &command[..]);
    let entity = command[0].entity_id.unwrap();
    assert_eq!(f.log.entity(&organization, entity, a.sequence).await.unwrap(), command[..1]);
    assert_eq!(f.log.entity(&organization, entity, command[0].sequence - 1).await.unwrap(), []);
}

/// A node of an older version meets a key whose command a newer one wrote, as often as somebody retries it.
#[tokio::test]
async fn c09_a_command_that_cannot_be_read_fails_its_own_question_only() {
    let f = Fixture::new(1).await;
    let (mut a, mut b) = (Writer::new("a", 1), Writer::new("b", 1));
    f.append(&[a.next(&grant(5), Some("new")), b.next(&grant(5), Some("k"))]).await;
    f.run("UPDATE store.events SET event_version = '99.0.0' WHERE aggregate_id = 'a'").await;
    let asked = [
        (a.organization.clone(), Some(key("new"))),
        (b.organization.clone(), Some(key("k"))),
        (a.organization.clone(), None),
    ];
    let answers = f.log.heads_and_keys(0, &asked).await.unwrap();
    assert!(matches!(&answers[0], Err(LogError::Corrupt(_))), "{:?}", answers[0]);
    assert!(answers[1].as_ref().unwrap().command.is_some());
    assert_eq!(answers[2].as_ref().unwrap().sequence, a.sequence);
}

#[tokio::test]
async fn c04_a_lost_append_is_read_back_by_its_batch() {
    let f = Fixture::new(1).await;
    let (mut a, mut b) = (Writer::new("a", 1), Writer::new("b", 1));
    let done = [a.next(&grant(5), None), b.next(&grant(5), Some("k"))];
    let outcomes = f.append(&done).await;
    assert_eq!(f.log.read_back(0, &done).await.unwrap(), positions(&outcomes));
    let not_done = [a.next(&consume(1), None), Writer::new("b", 1).next(&grant(6), None)];
    assert_eq!(f.log.read_back(0, &not_done).await.unwrap(), [None, None]);
    let elsewhere = [Writer::new("b", 1).next(&grant(6), Some("k"))];
    assert_eq!(elsewhere[0].command_id, done[1].command_id);
    assert_eq!(f.log.read_back(0, &elsewhere).await.unwrap(), [None], "the same key, decided elsewhere");
}

#[tokio::test]
async fn c04_a_killed_connection_is_an_unknown_outcome_and_the_next_append_works() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(5), None)]).await;
    let mut lock = f.admin.begin().await.unwrap();
    sqlx::query("SELECT store.lock_head(0::smallint)").execute(&mut *lock).await.unwrap();
    let batch = [a.next(&consume(1), None)];
    let kill = async {
        let waiting = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while f.count(waiting).await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let (result, ()) = tokio::join!(f.log.append(0, &batch), kill);
    assert!(matches!(result, Err(LogError::OutcomeUnknown(_))), "{result:?}");
    lock.rollback().await.unwrap();
    assert_eq!(f.log.read_back(0, &batch).await.unwrap(), [None]);
    assert!(matches!(f.append(&batch).await[..], [Outcome::Appended { .. }]));
}

#[tokio::test]
async fn c04_sessions_are_durable_and_bounded() {
    let f = Fixture::new(1).await;
    let setting = |name: &'static str| {
        let pool = f.log.pool().clone();
        async move {
            sqlx::query_scalar::<_, String>("SELECT current_setting($1)").bind(name).fetch_one(&pool).await.unwrap()
        }
    };
    assert_eq!(setting("synchronous_commit").await, "on");
    assert_eq!(setting("transaction_isolation").await, "read committed");
    for name in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
        assert_ne!(setting(name).await, "0", "{name}");
    }
    assert!(postgres::check_server(f.log.pool(), UnsafeServer::Refused).await.is_ok());
}

/// A database in which a setting of the server seems to be off.
async fn pretending(setting: &str) -> (Fixture, String) {
    let f = Fixture::new(1).await;
    let database = f.options.get_database().expect("it was named").to_owned();
    f.run(&format!(
        "CREATE SCHEMA pretended;
         CREATE FUNCTION pretended.current_setting(name text) RETURNS text LANGUAGE sql STABLE
             RETURN CASE name WHEN '{setting}' THEN 'off' ELSE pg_catalog.current_setting(name) END;
         ALTER DATABASE {database} SET search_path = public, pretended, pg_catalog"
    ))
    .await;
    let url = support::url_of(&database);
    (f, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn c04_a_server_that_may_lose_what_it_commits_is_refused_unless_it_is_allowed_by_name() {
    for setting in ["fsync", "full_page_writes"] {
        let (f, url) = pretending(setting).await;
        let log = PostgresLog::connect(f.options.clone(), 1).await.expect("it runs");
        let refused = postgres::check_server(log.pool(), UnsafeServer::Refused).await;
        assert!(matches!(refused, Err(StartupError::Unsafe(name)) if name == setting), "{refused:?}");
        assert!(postgres::check_server(log.pool(), UnsafeServer::Allowed).await.is_ok());

        let output = support::node::command(&url, &["serve", "--listen", "127.0.0.1:0"]).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(&format!("{setting} = off")), "{said}");
        let allowed = Node::start_with(&url, &[("CREDIT_LEDGER_ALLOW_UNSAFE_DURABILITY", "true")]).await;
        assert_eq!(allowed.client().get("/readyz").await.expect("it answers").status, 200);
    }
}

/// As behind a pooler that ignores what a session asks for when it begins.
#[tokio::test]
async fn c04_sessions_that_are_not_what_they_ask_for_are_refused() {
    let f = Fixture::new(1).await;
    for (name, value) in [("synchronous_commit", "off"), ("default_transaction_isolation", r"repeatable\ read")] {
        let options = postgres::session_options(f.options.clone()).options([(name, value)]);
        let pool = sqlx::PgPool::connect_with(options).await.unwrap();
        let checked = postgres::check_server(&pool, UnsafeServer::Allowed).await;
        assert!(matches!(checked, Err(StartupError::Overruled { .. })), "{name}: {checked:?}");
    }
}

#[tokio::test]
async fn c05_a_turn_reads_decides_and_appends_with_nobody_in_between() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(100), Some("k"))]).await;
    let mut turn = f.log.turn(0).await.unwrap();
    let loaded = turn.load(&a.organization).await.unwrap();
    assert_eq!((loaded.sequence, loaded.chain_hash, loaded.state), (a.sequence, a.chain_hash, a.state.clone()));
    assert!(turn.command(&a.organization, &key("k")).await.unwrap().is_some());
    let mut rival = a.clone();
    let rivals = [rival.next(&consume(2), None)];
    let ours = [a.next(&consume(1), None)];
    let (rivals, ours) = tokio::join!(f.append(&rivals), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        turn.append(&ours).await.unwrap()
    });
    assert!(matches!(ours[..], [Outcome::Appended { .. }]));
    assert_eq!(rivals, [Outcome::Conflict]);
}
