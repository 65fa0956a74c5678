//! What is believed while the database does not answer, and what is not.

use super::*;

fn no_answer() -> Answer {
    Err(LogError::Unavailable("away".into()))
}

fn an_interval_ago() -> Instant {
    Instant::now().checked_sub(KEY_CACHE_FRESH + INSTANT).expect("the machine runs longer")
}

#[tokio::test]
async fn a_known_secret_is_believed_longer_while_the_database_does_not_answer() {
    let believed = known(1, KEY_CACHE_TTL * 2);
    assert_eq!(found(believed.get(HASH, away).await), Some(Some(1)));
    assert_eq!(found(believed.get(HASH, never).await), Some(Some(1)), "nobody asks again at once");
    assert!(known(1, KEY_CACHE_UNANSWERED).get(HASH, away).await.is_err(), "not for ever");
    assert_eq!(found(known(1, KEY_CACHE_TTL * 2).get(HASH, says(Some(2))).await), Some(Some(2)));
}

#[tokio::test]
async fn a_database_that_answers_anything_is_not_away() {
    let believed = known(1, KEY_CACHE_TTL * 2);
    let corrupt = |_| ready(Err(LogError::Corrupt("a row".into())));
    assert!(believed.get(HASH, corrupt).await.is_err());

    believed.turns.note_unanswered(Some(an_interval_ago()));
    knows(&believed, secret(1), 1, KEY_CACHE_TTL * 2);
    assert_eq!(found(believed.get(secret(1), says(Some(1))).await), Some(Some(1)));
    nobody_asks(&believed).await;
    assert_eq!(found(believed.get(HASH, says(None)).await), Some(None), "it is back, and this was revoked");
}

#[tokio::test]
async fn a_known_secret_that_has_no_turn_is_not_believed_for_longer() {
    let believed = known(1, KEY_CACHE_TTL * 2);
    let mut busy = Vec::new();
    for number in 0..Line::Known.turns().into() {
        knows(&believed, secret(number), 1, KEY_CACHE_TTL * 2);
        busy.push(Box::pin(believed.get(secret(number), never)));
        assert!(futures::poll!(busy.last_mut().expect("it is there")).is_pending());
    }
    let found = believed.get(HASH, away).await;
    assert!(matches!(found, Err(Failed::NoTurn(_))), "the database is busy, not away");
}

#[tokio::test]
async fn while_the_database_is_away_known_secrets_do_not_wait_for_it_one_after_the_other() {
    let (believed, database) = (believed(), Database::new());
    for number in 0..100 {
        knows(&believed, secret(number), 1, KEY_CACHE_TTL * 2);
    }
    let mut requests: Vec<_> =
        (0..100).map(|number| Box::pin(believed.get(secret(number), database.answers(no_answer)))).collect();
    for request in &mut requests {
        assert!(futures::poll!(request).is_pending());
    }
    all_are_where_they_wait().await;
    database.open();
    assert!(join_all(requests).await.into_iter().all(|one| found(one) == Some(Some(1))));
    assert_eq!(database.asked(), usize::from(Line::Known.turns()), "the others did not ask in their turn");
}

#[tokio::test]
async fn while_the_database_is_away_one_secret_is_asked_for_once_an_interval_and_no_request_waits() {
    let (believed, database) = (known(1, KEY_CACHE_TTL * 2), Database::new());
    let at_once = || believed.get(HASH, database.answers(no_answer)).now_or_never().and_then(found);
    believed.turns.note_unanswered(Some(an_interval_ago()));
    for _ in 0..10 {
        assert_eq!(at_once(), Some(Some(1)));
    }
    until(|| database.asked() == 1).await;
    database.open();
    nobody_asks(&believed).await;
    for _ in 0..10 {
        assert_eq!(at_once(), Some(Some(1)));
    }
    nobody_asks(&believed).await;
    assert_eq!(database.asked(), 1);
}

/// Of two look-ups at once one is in vain: a connection broke, and the database is there.
#[tokio::test]
async fn who_was_not_answered_is_believed_although_others_are_answered_meanwhile() {
    let (believed, database) = (believed(), Database::new());
    let one_has_no_turn = 0..=usize::from(Line::Known.turns());
    for number in one_has_no_turn.clone() {
        knows(&believed, secret(number), 1, KEY_CACHE_TTL * 2);
    }
    let mut requests = Vec::new();
    for _first_and_next in 0..2 {
        for number in one_has_no_turn.clone() {
            requests.push(Box::pin(believed.get(secret(number), database.answers(no_answer))));
            assert!(futures::poll!(requests.last_mut().expect("it is there")).is_pending());
        }
        all_are_where_they_wait().await;
    }
    database.open();
    nobody_asks(&believed).await;
    believed.turns.note_unanswered(None);
    assert!(join_all(requests).await.into_iter().all(|one| found(one) == Some(Some(1))));
    assert_eq!(database.asked(), usize::from(Line::Known.turns()));
}

#[tokio::test]
async fn who_was_answered_is_not_believed_although_others_are_not_answered_meanwhile() {
    let (believed, database) = (known(1, KEY_CACHE_TTL * 2), Database::new());
    let mut request = Box::pin(believed.get(HASH, database.answers(|| Err(LogError::Corrupt("a row".into())))));
    assert!(futures::poll!(&mut request).is_pending());
    database.open();
    nobody_asks(&believed).await;
    believed.turns.note_unanswered(Some(Instant::now()));
    assert!(matches!(request.await, Err(Failed::Other(_))));
}

#[tokio::test]
async fn what_grew_too_old_while_it_waited_is_not_believed() {
    const LEFT: Duration = Duration::from_millis(100);
    let (believed, database) = (known(1, KEY_CACHE_UNANSWERED - LEFT), Database::new());
    let mut request = Box::pin(believed.get(HASH, database.answers(no_answer)));
    assert!(futures::poll!(&mut request).is_pending());
    tokio::time::sleep(LEFT).await;
    database.open();
    assert!(matches!(request.await, Err(Failed::Unanswered(_))));
}

/// Callers that give up before the database does would otherwise hide that it is away.
#[tokio::test]
async fn a_known_secrets_look_up_ends_where_its_requests_go_away() {
    let (believed, database) = (known(1, KEY_CACHE_TTL * 2), Database::new());
    let mut requests: Vec<_> = (0..3).map(|_| Box::pin(believed.get(HASH, database.answers(no_answer)))).collect();
    assert!(futures::poll!(&mut requests[0]).is_pending());
    until(|| database.asked() == 1).await;
    for request in &mut requests {
        assert!(futures::poll!(request).is_pending());
    }
    drop(requests);
    all_are_where_they_wait().await;
    assert!(!believed.turns.is_away());
    database.open();
    nobody_asks(&believed).await;
    assert!(believed.turns.is_away());
    assert_eq!(database.asked(), 1);
    assert!(believed.pending.join(HASH).is_first(), "nothing is left of it");
    let turns: Vec<_> = (0..Line::Known.turns()).map(|_| believed.turns.wait(Line::Known).now_or_never()).collect();
    assert!(turns.iter().all(|turn| matches!(turn, Some(Ok(_)))), "its turn was given back");
}
