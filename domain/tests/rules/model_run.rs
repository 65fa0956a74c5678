//! The commands of the domain as those of the naive model.

use domain::commands::*;
use domain::grant::Category;
use domain::*;

use crate::model::{End, MHold, MLot, Model, Stage};
use crate::model_commands::{Answer, check};
use crate::model_prices::{Asked, naive};
use crate::support::*;
use crate::walk::micros;

/// Runs a command of the domain on the model.
pub fn model_run(model: &mut Model, command: &Command) -> Answer {
    let now = model.now;
    let given = |amount: Credits| check(amount.is_positive() && amount.get() <= 1_000_000_000_000_000, "Invalid");
    let wide = |amount: Credits| i128::from(amount.get());
    match command {
        Command::Grant(c) => {
            given(c.amount)?;
            check(c.priority <= 1000, "Invalid")?;
            let effective = c.effective_at.map_or(now, micros);
            let expires = match c.expiry {
                Expiry::Never => None,
                Expiry::At(end) => Some(micros(end)),
                Expiry::In(seconds) => Some(effective.max(now) + i64::from(seconds) * 1_000_000),
            };
            check(expires.is_none_or(|end| end > now.max(effective)), "Invalid")?;
            let lot = MLot {
                effective,
                expires,
                priority: c.priority,
                patterns: c.applies_to.iter().map(|p| p.as_str().to_owned()).collect(),
                stage: if effective <= now { Stage::Open } else { Stage::Future },
                ..MLot::unrestricted(model.next_id(), wide(c.amount), c.category == Category::Paid, now)
            };
            model.totals.granted += wide(c.amount);
            model.add(lot)
        }
        Command::VoidGrant(c) => model.void(c.grant_id.entity().as_u128()),
        Command::RecordPurchase(c) => {
            given(c.offer.credits)?;
            let id = purchase_id(c.payment_reference.as_str()).entity().as_u128();
            let expires = match c.expiry {
                Expiry::In(seconds) => Some(now + i64::from(seconds) * 1_000_000),
                Expiry::At(end) => Some(micros(end)),
                Expiry::Never => None,
            };
            let lot = MLot::unrestricted(id, wide(c.offer.credits), true, now);
            model.buy(MLot { expires, cost: Some(lot.remaining), ..lot })
        }
        Command::RevokePurchase(c) => {
            let wanted = match c.extent {
                RevokeExtent::Rest => None,
                RevokeExtent::Credits(wanted) => Some(wanted),
                RevokeExtent::PriceMinor(_) => unreachable!("refunds in money have a property of their own"),
            };
            wanted.map_or(Ok(()), given)?;
            model.revoke(now, c.purchase_id.entity().as_u128(), wanted.map(wide), c.reference.as_str())
        }
        Command::ReinstatePurchase(c) => model.reinstate(c.purchase_id.entity().as_u128(), c.reference.as_str()),
        Command::Consume(c) => {
            let usage = &c.usage;
            match &c.amount {
                Amount::Given(amount) => {
                    given(*amount)?;
                    model.consume(wide(*amount), usage.operation())
                }
                Amount::Priced(_) => model.consume_priced(&Asked::of(usage)),
            }
        }
        Command::RefundConsumption(c) => {
            c.amount.map_or(Ok(()), given)?;
            model.refund(c.consumption_id.entity().as_u128(), c.amount.map(wide))
        }
        Command::Reserve(c) => {
            check((1..=2_592_000).contains(&c.expires_in_seconds), "Invalid")?;
            let (amount, version) = match &c.amount {
                Amount::Given(amount) => {
                    given(*amount)?;
                    (wide(*amount), None)
                }
                Amount::Priced(_) => model.reserve_priced(now, &Asked::of(&c.usage), c.price_version)?,
            };
            check(c.over.max_amount.is_none_or(|max| wide(max) >= amount), "Invalid")?;
            model.reserve(MHold {
                id: 0,
                amount,
                version,
                asked: Asked::of(&c.usage),
                parts: Vec::new(),
                overdraft: 0,
                over: match c.over.policy {
                    OverPolicy::Reject => 0,
                    OverPolicy::TakeAvailable => 1,
                    OverPolicy::Overdraft => 2,
                },
                max: c.over.max_amount.map(wide),
                reserved_at: now,
                deadline: now + i64::from(c.expires_in_seconds) * 1_000_000,
                end: End::Open,
            })
        }
        Command::ConfirmReservation(c) => {
            let quantities = naive(&c.quantities);
            model.confirm(now, c.reservation_id.entity().as_u128(), c.amount.map(wide), quantities)
        }
        Command::CancelReservation(c) => model.cancel(c.reservation_id.entity().as_u128()),
        Command::Adjust(c) if c.amount.is_zero() => Err("Invalid"),
        Command::Adjust(c) if c.amount.is_positive() => {
            model.totals.adjusted_up += wide(c.amount);
            let id = model.next_id();
            model.add(MLot::unrestricted(id, wide(c.amount), false, now))
        }
        Command::Adjust(c) => model.adjust_down(-wide(c.amount)),
        Command::ChangeSettings(c) => {
            check(c.overdraft_limit >= Credits::ZERO, "Invalid")?;
            model.limit = wide(c.overdraft_limit);
            Ok(())
        }
        other => panic!("the walk has no {other:?}"),
    }
}
