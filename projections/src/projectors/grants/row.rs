//! The rows of lots, and of their months.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::events::RestoreCause;
use domain::grant::Category;
use store::RecordedEvent;
use uuid::Uuid;

use super::effect::{Birth, Closed, Delta, Effect};
use crate::projectors::fold::{Unprojectable, add, json, long, small};
use crate::projectors::rows::{array_text, columns};

columns! {
    /// What changes of a lot.
    #[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
    pub struct LotRow {
        partition: i16 = "smallint",
        organization_id: String = "text",
        grant_id: Uuid = "uuid",
        last_sequence: i64 = "bigint",
        remaining: i64 = "bigint",
        held: i64 = "bigint",
        used: i64 = "bigint",
        expired: i64 = "bigint",
        voided: i64 = "bigint",
        revoked: i64 = "bigint",
        merged: i64 = "bigint",
        status: String = "text",
        ended_at: Option<Timestamp> = "timestamptz",
    }
}

columns! {
    /// A row of `credit_grants`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct GrantRow {
        partition: i16 = "smallint",
        organization_id: String = "text",
        grant_id: Uuid = "uuid",
        sequence: i64 = "bigint",
        last_sequence: i64 = "bigint",
        amount: i64 = "bigint",
        remaining: i64 = "bigint",
        held: i64 = "bigint",
        used: i64 = "bigint",
        expired: i64 = "bigint",
        voided: i64 = "bigint",
        revoked: i64 = "bigint",
        merged: i64 = "bigint",
        granted_at: Timestamp = "timestamptz",
        effective_at: Timestamp = "timestamptz",
        expires_at: Option<Timestamp> = "timestamptz",
        ended_at: Option<Timestamp> = "timestamptz",
        cost_minor: Option<i64> = "bigint",
        cost_credits: Option<i64> = "bigint",
        currency: Option<String> = "text",
        purchase_id: Option<Uuid> = "uuid",
        origin_grant_id: Option<Uuid> = "uuid",
        priority: i16 = "smallint",
        category: &'static str = "text",
        cause: &'static str = "text",
        status: String = "text",
        applies_to: String = "text[]",
        reason: Option<String> = "text",
        actor: String = "text",
        metadata: String = "jsonb",
    }
}

columns! {
    /// A row of `credit_grants_monthly`: what moved in a month.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MonthRow {
        partition: i16 = "smallint",
        organization_id: String = "text",
        grant_id: Uuid = "uuid",
        month: chrono::NaiveDate = "date",
        added: i64 = "bigint",
        used: i64 = "bigint",
        expired: i64 = "bigint",
        voided: i64 = "bigint",
        revoked: i64 = "bigint",
        merged: i64 = "bigint",
    }
}

/// A lot in the making.
#[derive(Clone, Debug, PartialEq)]
pub struct Lot {
    pub row: LotRow,
    /// How it began, where that is in this batch.
    pub birth: Option<(Birth, Begun)>,
    /// Whether months are kept: it has a cost basis.
    pub is_paid_for: bool,
    /// What moved in each month of this batch.
    pub months: BTreeMap<chrono::NaiveDate, MonthRow>,
}

/// The event that made a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub sequence: i64,
    pub actor: String,
}

impl Lot {
    /// A lot that is in the table.
    #[must_use]
    pub fn known(row: LotRow, is_paid_for: bool) -> Self {
        Self { row, birth: None, is_paid_for, months: BTreeMap::new() }
    }

    fn born(birth: Birth, recorded: &RecordedEvent) -> Self {
        let sequence = long(recorded.sequence);
        let row = LotRow {
            partition: small(recorded.partition),
            organization_id: recorded.organization.as_str().to_owned(),
            grant_id: birth.terms.grant_id.entity(),
            last_sequence: sequence,
            remaining: birth.amount.get(),
            held: 0,
            used: 0,
            expired: 0,
            voided: 0,
            revoked: 0,
            merged: 0,
            status: if birth.starts { "active" } else { "scheduled" }.to_owned(),
            ended_at: None,
        };
        let is_paid_for = birth.terms.cost_basis.is_some();
        let begun = Begun { sequence, actor: recorded.metadata.actor.clone() };
        let mut lot = Self { row, birth: None, is_paid_for, months: BTreeMap::new() };
        if let Some(month) = lot.month(recorded.event.occurred_at) {
            month.added = birth.amount.get();
        }
        lot.birth = Some((birth, begun));
        lot
    }

    /// Applies what an event does to the lot. One that has been applied already changes nothing.
    ///
    /// # Errors
    /// [`Unprojectable`] where the lot is unknown or a figure would not fit.
    pub fn apply(known: Option<Self>, effect: Effect, recorded: &RecordedEvent) -> Result<Self, Unprojectable> {
        let at = recorded.event.occurred_at;
        let mut lot = match (known, effect) {
            (Some(lot), _) if lot.row.last_sequence >= long(recorded.sequence) => return Ok(lot),
            (None, Effect::Begins(birth)) => return Ok(Self::born(*birth, recorded)),
            (None, Effect::Starts | Effect::Moves(_)) => return Err(Unprojectable::Unknown("grant")),
            (Some(mut lot), Effect::Begins(birth)) => {
                lot.restore(&birth, at)?;
                lot
            }
            (Some(mut lot), Effect::Starts) => {
                "active".clone_into(&mut lot.row.status);
                lot
            }
            (Some(mut lot), Effect::Moves(delta)) => {
                lot.shift(&delta, at)?;
                lot.settle(delta.closes, at);
                lot
            }
        };
        lot.row.last_sequence = long(recorded.sequence);
        Ok(lot)
    }

    /// Credits come back to the lot that they were taken from. One with nothing left opens again.
    fn restore(&mut self, birth: &Birth, at: Timestamp) -> Result<(), Unprojectable> {
        let (amount, was_empty) = (birth.amount, self.row.remaining == 0);
        let back = match birth.back {
            Some(RestoreCause::Refund) => Delta { used: -amount, ..Delta::default() },
            Some(RestoreCause::Reinstatement) => Delta { revoked: -amount, ..Delta::default() },
            None => return Err(Unprojectable::Unknown("beginning of a grant")),
        };
        self.shift(&Delta { remaining: amount, ..back }, at)?;
        if was_empty {
            "active".clone_into(&mut self.row.status);
            self.row.ended_at = None;
        }
        Ok(())
    }

    fn shift(&mut self, delta: &Delta, at: Timestamp) -> Result<(), Unprojectable> {
        let row = &mut self.row;
        add(&mut row.remaining, delta.remaining)?;
        add(&mut row.held, delta.held)?;
        add(&mut row.used, delta.used)?;
        add(&mut row.expired, delta.expired)?;
        add(&mut row.voided, delta.voided)?;
        add(&mut row.revoked, delta.revoked)?;
        add(&mut row.merged, delta.merged)?;
        let is_only_held = Delta { held: delta.held, ..Delta::default() } == *delta;
        if let Some(month) = (!is_only_held).then(|| self.month(at)).flatten() {
            add(&mut month.used, delta.used)?;
            add(&mut month.expired, delta.expired)?;
            add(&mut month.voided, delta.voided)?;
            add(&mut month.revoked, delta.revoked)?;
            add(&mut month.merged, delta.merged)?;
        }
        Ok(())
    }

    /// What the lot is after a movement.
    fn settle(&mut self, closes: Option<Closed>, at: Timestamp) {
        let is_open = matches!(self.row.status.as_str(), "scheduled" | "active");
        let status = match closes {
            Some(Closed::Expired) => "expired",
            Some(Closed::Voided) => "voided",
            Some(Closed::Merged) => "merged",
            None if is_open && self.row.remaining == 0 => "depleted",
            None => return,
        };
        if self.row.status != status {
            status.clone_into(&mut self.row.status);
            self.row.ended_at = self.row.ended_at.or(Some(at));
        }
    }

    fn month(&mut self, at: Timestamp) -> Option<&mut MonthRow> {
        let month = first_of_month(at);
        let row = &self.row;
        self.is_paid_for.then(|| {
            self.months.entry(month).or_insert_with(|| MonthRow {
                partition: row.partition,
                organization_id: row.organization_id.clone(),
                grant_id: row.grant_id,
                month,
                added: 0,
                used: 0,
                expired: 0,
                voided: 0,
                revoked: 0,
                merged: 0,
            })
        })
    }

    /// The whole row of a lot that began in this batch.
    #[must_use]
    pub fn whole(&self) -> Option<GrantRow> {
        let (birth, begun) = self.birth.as_ref()?;
        let (row, terms) = (self.row.clone(), &birth.terms);
        let cost = terms.cost_basis.as_ref();
        Some(GrantRow {
            partition: row.partition,
            organization_id: row.organization_id,
            grant_id: row.grant_id,
            sequence: begun.sequence,
            last_sequence: row.last_sequence,
            amount: birth.amount.get(),
            remaining: row.remaining,
            held: row.held,
            used: row.used,
            expired: row.expired,
            voided: row.voided,
            revoked: row.revoked,
            merged: row.merged,
            granted_at: terms.granted_at,
            effective_at: terms.effective_at,
            expires_at: terms.expires_at,
            ended_at: row.ended_at,
            cost_minor: cost.map(|cost| cost.price.amount_minor),
            cost_credits: cost.map(|cost| cost.credits.get()),
            currency: cost.map(|cost| cost.price.currency.into()),
            purchase_id: terms.purchase_id.map(|id| id.entity()),
            origin_grant_id: terms.origin_grant_id.map(|id| id.entity()),
            priority: i16::try_from(terms.priority).expect("a priority is at most 1000"),
            category: match terms.category {
                Category::Paid => "paid",
                Category::Promotional => "promotional",
            },
            cause: birth.cause,
            status: row.status,
            applies_to: array_text(terms.applies_to.iter().map(|pattern| pattern.as_str())),
            reason: birth.reason.clone(),
            actor: begun.actor.clone(),
            metadata: json(&birth.metadata),
        })
    }
}

/// The first day of an instant's month (UTC).
#[must_use]
pub fn first_of_month(at: Timestamp) -> chrono::NaiveDate {
    use chrono::Datelike;
    at.date_naive().with_day(1).expect("every month has a first day")
}
