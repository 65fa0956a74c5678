//! The cqrs-es adapter, by the crate's own test framework.

use cqrs_es::event_sink::EventSink;
use cqrs_es::test::TestFramework;
use cqrs_es::{Aggregate, DomainEvent};
use domain::aggregate::{AggregateError, DatedCommand};
use domain::commands::*;
use domain::*;

use crate::support::*;

type Framework = TestFramework<Organization>;

fn dated(n: u128, command: Command) -> DatedCommand {
    DatedCommand {
        organization: OrganizationId::try_new("acme").unwrap(),
        command_id: CommandId::without_key(uuid::Uuid::from_u128(n)),
        now: start(),
        command,
        history: History::new(),
    }
}

fn consume(amount: i64) -> Command {
    Command::Consume(Consume { amount: credits(amount).into(), usage: used_for(None) })
}

/// What the world emits for the commands, each command's events apart.
fn emitted(commands: &[Command]) -> Vec<Vec<Event>> {
    let mut world = World::new();
    commands.iter().map(|command| world.run(command).unwrap()).collect()
}

#[tokio::test]
async fn given_credits_when_some_are_consumed_then_the_decided_events_are_written() {
    let events = emitted(&[Command::Grant(a_grant(100)), consume(95)]);
    let names: Vec<_> = events[1].iter().map(DomainEvent::event_type).collect();
    assert_eq!(names, ["CreditsConsumed", "LowBalanceReached"]);
    let given = Framework::with(()).given(events[0].clone());
    given.when_async(dated(2, consume(95))).await.then_expect_events(events[1].clone());
}

#[tokio::test]
async fn given_nothing_when_consumed_then_refused() {
    let refused = Framework::with(()).given_no_previous_events().when_async(dated(1, consume(5))).await;
    let (required, none) = (credits(5), Credits::ZERO);
    let error = CommandError::InsufficientCredits { required, balance: none, available: none };
    refused.then_expect_error(AggregateError::Refused(error));
}

#[tokio::test]
async fn what_needs_history_says_whose() {
    let consumption_id = ids::ConsumptionId::new(uuid::Uuid::from_u128(9));
    let refund = Command::RefundConsumption(RefundConsumption { consumption_id, amount: None, reason: note("sorry") });
    let mut asked = dated(1, refund);
    let executor = || Framework::with(()).given_no_previous_events();
    let stopped = executor().when_async(asked.clone()).await;
    stopped.then_expect_error(AggregateError::NeedsHistory(consumption_id.entity()));
    asked.history.insert(consumption_id.entity(), PastEvents::default());
    let refused = executor().when_async(asked).await;
    refused.then_expect_error(AggregateError::Refused(CommandError::ConsumptionNotFound(consumption_id)));
}

#[tokio::test]
async fn a_refusal_leaves_the_state_untouched_and_an_acceptance_applies_each_event_once() {
    let mut state = Organization::default();
    let sink = EventSink::default();
    state.handle(dated(1, Command::Grant(a_grant(100))), &(), &sink).await.unwrap();
    assert_eq!(state.balance(), credits(100));
    let before = state.clone();
    state.handle(dated(2, consume(101)), &(), &sink).await.unwrap_err();
    assert_eq!(state, before);
    state.handle(dated(3, consume(60)), &(), &sink).await.unwrap();
    assert_eq!(state.balance(), credits(40));
}
