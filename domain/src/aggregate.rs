//! The adapter to cqrs-es, and the only file that knows its `Aggregate`. Decide first, then write all: `EventSink`
//! applies each event at once, and a refusal must leave the state untouched.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};

use crate::decide::{Decision, History, decide};
use crate::{Command, CommandError, CommandId, Context, Event, Organization, OrganizationId, Timestamp};

/// A command with what its decision needs.
#[derive(Clone, Debug)]
pub struct DatedCommand {
    pub organization: OrganizationId,
    pub command_id: CommandId,
    pub now: Timestamp,
    pub command: Command,
    pub history: History,
}

/// Why the cqrs-es path answered no events.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AggregateError {
    #[error(transparent)]
    Refused(#[from] CommandError),
    /// The decision needs the events of this entity in [`DatedCommand::history`].
    #[error("the history of entity {0} is needed")]
    NeedsHistory(crate::EntityId),
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        self.fact.name().to_owned()
    }

    fn event_version(&self) -> String {
        self.fact.version().to_owned()
    }
}

impl Aggregate for Organization {
    const TYPE: &'static str = "organization";
    type Command = DatedCommand;
    type Event = Event;
    type Error = AggregateError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let context = Context {
            organization: &command.organization,
            command_id: command.command_id,
            now: command.now,
            history: &command.history,
            welcome: None,
        };
        match decide(self, &command.command, &context)? {
            Decision::Accepted { events, .. } => {
                for event in events {
                    sink.write(event, self).await;
                }
                Ok(())
            }
            Decision::NeedsHistory(entity) => Err(AggregateError::NeedsHistory(entity)),
        }
    }

    fn apply(&mut self, event: Self::Event) {
        crate::evolve(self, &event);
    }
}
