//! The strong read: the write side's own figures, durable and confirmed on the primary (CORRECTNESS C9).

use domain::{IdempotencyKey, Organization, OrganizationId, Timestamp};

use crate::ledger::{ExecuteError, StrongBalance};
use crate::record::RecordedEvent;

use super::Engine;
use super::cache::{Lease, Use};
use super::confirm::{NoAnswer, answered};
use super::execute::landed;
use super::head::Head;
use super::limits::CONFLICTS_BEFORE_TURN;
use super::step::{head_of, judged, settlement, unreadable, without_key};

impl Engine {
    pub(crate) async fn strong_balance(
        &self,
        organization: &OrganizationId,
    ) -> Result<Option<StrongBalance>, ExecuteError> {
        self.admit().await?;
        let lease = self.cache.lease(organization, Use::Command);
        let _permit = self.permit(&lease, 1)?;
        for _ in 0..CONFLICTS_BEFORE_TURN {
            if let Some((state, sequence)) = self.confirmed_state(&lease).await? {
                return self.balance(organization, state, sequence);
            }
        }
        let mut turn = self.log.turn(lease.slot().partition()).await.map_err(unreadable)?;
        let head = Head::from(turn.load(organization).await.map_err(unreadable)?);
        self.balance(organization, head.state, head.sequence)
    }

    /// The state under the lock, once it is durable; `None` where another node has written meanwhile.
    async fn confirmed_state(&self, lease: &Lease) -> Result<Option<(Organization, u64)>, ExecuteError> {
        let slot = lease.slot();
        let (state, judged) = {
            let mut desk = self.locked(lease).await.map_err(unreadable)?;
            (head_of(&mut desk).state.clone(), judged(slot, &mut desk))
        };
        if !landed(&judged.after).await {
            return Ok(None);
        }
        let found = match answered(self.ask(slot, None)).await {
            Ok(found) => found,
            Err(NoAnswer(reason)) => return Err(ExecuteError::unavailable(reason)),
        };
        if slot.stands(judged.epoch, judged.sequence, found.sequence).await {
            return Ok(Some((state, judged.sequence)));
        }
        slot.end_epoch(judged.epoch);
        Ok(None)
    }

    /// The state as of `at`, with all that was due then settled in a copy (CORRECTNESS C29).
    pub(crate) async fn balance_at(
        &self,
        organization: &OrganizationId,
        at: Timestamp,
    ) -> Result<Option<StrongBalance>, ExecuteError> {
        let past = self.log.state_at(organization, at).await.map_err(unreadable)?;
        let exists = past.state.exists();
        let settled = || StrongBalance { state: settled(past.state, organization, at), sequence: past.sequence, at };
        Ok(exists.then(settled))
    }

    /// The events of the command with this key, if they are durable.
    pub(crate) async fn command(
        &self,
        organization: &OrganizationId,
        key: &IdempotencyKey,
    ) -> Result<Option<Vec<RecordedEvent>>, ExecuteError> {
        let lease = self.cache.lease(organization, Use::Command);
        let _permit = self.permit(&lease, 1)?;
        match answered(self.partition(lease.slot().partition()).asker.ask(organization, Some(key))).await {
            Ok(found) => Ok(found.command),
            Err(NoAnswer(reason)) => Err(ExecuteError::unavailable(reason)),
        }
    }

    /// By a clock that is right, as commands are decided (CORRECTNESS C12): what expires is no longer there.
    fn balance(
        &self,
        organization: &OrganizationId,
        state: Organization,
        sequence: u64,
    ) -> Result<Option<StrongBalance>, ExecuteError> {
        if !state.exists() {
            return Ok(None);
        }
        let at = self.now(&state)?;
        Ok(Some(StrongBalance { state: settled(state, organization, at), sequence, at }))
    }
}

/// A copy in which everything due has happened.
fn settled(mut state: Organization, organization: &OrganizationId, at: Timestamp) -> Organization {
    while let Some((_, after)) = settlement(&state, organization, without_key(at), at) {
        state = after;
    }
    state
}
