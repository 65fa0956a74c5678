//! One stream under verification: places, chain, commands, figures.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{Event, Organization, OrganizationId, evolve};
use uuid::Uuid;

use crate::chain::{self, AGGREGATE_TYPE, ChainHash, GENESIS};
use crate::postgres::row::{Row, Upcasters, hash};

use super::Fault;

/// One stream, as far as it was walked.
#[derive(Default)]
pub(super) struct Stream {
    pub(super) aggregate_type: String,
    pub(super) organization: String,
    pub(super) sequence: u64,
    pub(super) position: u64,
    pub(super) chain_hash: ChainHash,
    pub(super) state: Organization,
    /// The command that the last row is of, and how many of its rows follow.
    command: Option<(Uuid, u32, u32)>,
    /// A row was found wrong: nothing behind it can be judged.
    pub(super) broken: bool,
}

impl Stream {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            aggregate_type: row.aggregate_type.clone(),
            organization: row.aggregate_id.clone(),
            chain_hash: GENESIS,
            ..Self::default()
        }
    }

    pub(super) fn has(&self, row: &Row) -> bool {
        self.aggregate_type == row.aggregate_type && self.organization == row.aggregate_id
    }

    /// Judges the next row.
    pub(super) fn follow(&mut self, row: &Row, partitions: u16, upcasters: &Upcasters) -> Result<(), Fault> {
        self.check_place(row, partitions)?;
        if hash(&row.chain_hash) != Some(chain::next(&self.chain_hash, &row.link())) {
            return Err(Fault::HashDiffers);
        }
        self.check_command(row)?;
        let event = row.event(upcasters).map_err(|error| Fault::Unreadable(error.to_string()))?;
        if event.fact.name() != row.event_type
            || event.fact.entity_id() != row.entity_id
            || event.occurred_at != row.occurred_at
        {
            return Err(Fault::ColumnsDiffer);
        }
        self.fold(&event)?;
        self.sequence = row.sequence;
        self.position = row.position;
        self.chain_hash = hash(&row.chain_hash).ok_or(Fault::HashDiffers)?;
        self.command = Some((row.command_id, row.command_index, row.command_count));
        Ok(())
    }

    fn check_place(&self, row: &Row, partitions: u16) -> Result<(), Fault> {
        if row.aggregate_type != AGGREGATE_TYPE {
            return Err(Fault::ForeignStream);
        }
        let organization = OrganizationId::try_new(&row.aggregate_id).map_err(|_| Fault::ForeignStream)?;
        if organization.partition(partitions) != row.partition {
            return Err(Fault::WrongPartition);
        }
        if row.sequence != self.sequence + 1 {
            return Err(Fault::SequenceMissing { expected: self.sequence + 1 });
        }
        Ok(())
    }

    fn check_command(&self, row: &Row) -> Result<(), Fault> {
        let follows = match self.command {
            Some((id, index, count)) if index + 1 < count => {
                row.command_id == id
                    && row.command_index == index + 1
                    && row.command_count == count
                    && row.position == self.position + 1
            }
            Some(_) | None => row.command_index == 0,
        };
        if follows { Ok(()) } else { Err(Fault::CommandBroken) }
    }

    pub(super) fn is_inside_command(&self) -> bool {
        self.command.is_some_and(|(_, index, count)| index + 1 < count)
    }

    fn fold(&mut self, event: &Event) -> Result<(), Fault> {
        // Arithmetic panics rather than wraps on what `decide` did not write.
        let folded = catch_unwind(AssertUnwindSafe(|| {
            evolve(&mut self.state, event);
            self.state.check_books()?;
            let figures = self.state.figures();
            let told = (event.balance_after, event.restricted_after, event.reserved_after, event.available_after);
            if told == (figures.balance, figures.restricted, figures.reserved, figures.available) {
                Ok(())
            } else {
                Err(Fault::FiguresDiffer)
            }
        }));
        folded.unwrap_or(Err(Fault::Inapplicable))
    }
}
