//! What a consumption adds to its hour.

use std::collections::BTreeMap;

use domain::events::Fact;
use domain::usage::Usage;
use domain::{Credits, Timestamp};
use sha2::{Digest, Sha256};
use store::RecordedEvent;
use uuid::{Builder, Uuid};

use crate::projectors::fold::{Unprojectable, add, json, long, small};
use crate::projectors::rows::columns;

columns! {
    /// A row of `usage_hourly`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UsageRow {
        partition: i16 = "smallint",
        organization_id: String = "text",
        hour: Timestamp = "timestamptz",
        series: Uuid = "uuid",
        operation: Option<String> = "text",
        subject: Option<String> = "text",
        dimensions: String = "jsonb",
        count: i64 = "bigint",
        credits: i64 = "bigint",
        shortfall: String = "numeric",
        last_position: i64 = "bigint",
        quantities: String = "jsonb",
    }
}

/// The sums of a row, as they are read.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct SumsRow {
    pub(super) organization_id: String,
    pub(super) hour: Timestamp,
    pub(super) series: Uuid,
    count: i64,
    credits: i64,
    shortfall: String,
    last_position: i64,
    quantities: String,
}

/// A consumption: what it cost, and what it was for.
pub struct Use<'a> {
    pub credits: Credits,
    pub shortfall: Credits,
    pub at: Timestamp,
    pub usage: &'a Usage,
}

/// What the event says of usage, where it says something.
#[must_use]
pub fn used(recorded: &RecordedEvent) -> Option<Use<'_>> {
    let (credits, shortfall, usage) = match &recorded.event.fact {
        Fact::CreditsConsumed(f) => (f.amount, Credits::ZERO, &*f.usage),
        Fact::ReservationConfirmed(f) => (f.amount, f.shortfall, &*f.usage),
        Fact::CreditsGranted(_)
        | Fact::GrantBecameEffective(_)
        | Fact::GrantExpired(_)
        | Fact::GrantVoided(_)
        | Fact::GrantRestored(_)
        | Fact::GrantMerged(_)
        | Fact::PurchaseStarted(_)
        | Fact::PurchaseCompleted(_)
        | Fact::PurchaseFailed(_)
        | Fact::PurchaseExpired(_)
        | Fact::PurchaseRevoked(_)
        | Fact::PurchaseReinstated(_)
        | Fact::ConsumptionRefunded(_)
        | Fact::CreditsReserved(_)
        | Fact::ReservationCancelled(_)
        | Fact::ReservationExpired(_)
        | Fact::DebtRepaid(_)
        | Fact::RepaymentReturned(_)
        | Fact::CreditsAdjustedUp(_)
        | Fact::CreditsAdjustedDown(_)
        | Fact::SettingsChanged(_)
        | Fact::LowBalanceReached(_)
        | Fact::LowBalanceCleared(_)
        | Fact::BalanceExhausted(_)
        | Fact::BalanceRecovered(_)
        | Fact::AutoRechargeConfigured(_)
        | Fact::RecurringGrantConfigured(_)
        | Fact::RecurringGrantSkipped(_)
        | Fact::RechargeRequested(_)
        | Fact::RechargeCompleted(_)
        | Fact::RechargeFailed(_)
        | Fact::RechargeSuspended(_)
        | Fact::RechargeResumed(_)
        | Fact::CommandNoted(_) => return None,
    };
    let at = usage.used_at.unwrap_or(recorded.event.occurred_at);
    Some(Use { credits, shortfall, at, usage })
}

/// The begin of an instant's hour.
#[must_use]
pub fn hour(at: Timestamp) -> Timestamp {
    const SECONDS: i64 = 3_600;
    Timestamp::from_timestamp(at.timestamp().div_euclid(SECONDS) * SECONDS, 0).expect("an hour begins before its end")
}

/// The first half of a SHA-256 over the length-prefixed labels; dimensions are in the order of their names.
#[must_use]
pub fn series(usage: &Usage) -> Uuid {
    let mut hasher = Sha256::new();
    let mut put = |text: Option<&str>| {
        hasher.update([u8::from(text.is_some())]);
        hasher.update(u64::try_from(text.map_or(0, str::len)).expect("a length fits 64 bits").to_be_bytes());
        hasher.update(text.unwrap_or_default());
    };
    put(usage.operation());
    put(usage.subject.as_ref().map(|subject| subject.as_str()));
    for (name, value) in &usage.dimensions {
        put(Some(name.as_str()));
        put(Some(value.as_str()));
    }
    let digest = hasher.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// An hour's sums in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    pub count: i64,
    pub credits: i64,
    /// A caller may ask for 10^15 again and again: the sum may pass 64 bits.
    pub shortfall: i128,
    pub last_position: i64,
    pub quantities: BTreeMap<String, u128>,
}

impl Sums {
    pub(super) fn zero() -> Self {
        Self { count: 0, credits: 0, shortfall: 0, last_position: 0, quantities: BTreeMap::new() }
    }

    /// Counts a use. One that has been counted already changes nothing.
    pub(super) fn count(&mut self, position: u64, used: &Use<'_>) -> Result<(), Unprojectable> {
        let position = long(position);
        if position <= self.last_position {
            return Ok(());
        }
        self.last_position = position;
        add(&mut self.count, Credits::new(1))?;
        add(&mut self.credits, used.credits)?;
        let shortfall = self.shortfall.checked_add(used.shortfall.get().into());
        self.shortfall = shortfall.ok_or(Unprojectable::TooLarge)?;
        for (unit, quantity) in &used.usage.quantities {
            let sum = self.quantities.entry(unit.as_str().to_owned()).or_default();
            *sum = sum.checked_add((*quantity).into()).ok_or(Unprojectable::TooLarge)?;
        }
        Ok(())
    }

    /// # Errors
    /// The row was not written by this projector.
    pub(super) fn of(row: &SumsRow) -> Result<Self, sqlx::Error> {
        let decode = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
        Ok(Self {
            count: row.count,
            credits: row.credits,
            shortfall: row.shortfall.parse().map_err(|error| decode(Box::new(error)))?,
            last_position: row.last_position,
            quantities: serde_json::from_str(&row.quantities).map_err(|error| decode(Box::new(error)))?,
        })
    }
}

impl UsageRow {
    /// The row of a use's hour with these sums.
    pub(super) fn of(event: &RecordedEvent, used: &Use<'_>, series: Uuid) -> Self {
        Self {
            partition: small(event.partition),
            organization_id: event.organization.as_str().to_owned(),
            hour: hour(used.at),
            series,
            operation: used.usage.operation().map(ToOwned::to_owned),
            subject: used.usage.subject.as_ref().map(|subject| subject.as_str().to_owned()),
            dimensions: json(&used.usage.dimensions),
            count: 0,
            credits: 0,
            shortfall: String::new(),
            last_position: 0,
            quantities: String::new(),
        }
    }

    pub(super) fn with(self, sums: &Sums) -> Self {
        Self {
            count: sums.count,
            credits: sums.credits,
            shortfall: sums.shortfall.to_string(),
            last_position: sums.last_position,
            quantities: json(&sums.quantities),
            ..self
        }
    }
}
