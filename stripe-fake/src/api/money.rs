//! Refunds, disputes, events.

use serde_json::Value;

use crate::error::ApiError;
use crate::form::Params;
use crate::objects::dispute::Dispute;
use crate::objects::event::Event;
use crate::objects::refund::{Refund, Status};
use crate::world::RefundOrder;
use crate::world::World;

/// The most types that a list of events may be narrowed to.
const TYPES_MAX: usize = 20;

pub fn refund(world: &mut World, params: &mut Params) -> Result<Value, ApiError> {
    let charge = match (params.text("charge"), params.text("payment_intent")) {
        (Some(charge), _) => charge,
        (None, Some(intent)) => world.paid_charge(&intent)?,
        (None, None) => return Err(ApiError::missing("payment_intent")),
    };
    let order = RefundOrder {
        charge,
        amount: params.integer("amount")?,
        reason: params.one_of("reason", &["duplicate", "fraudulent", "requested_by_customer"])?,
        metadata: params.map("metadata"),
        status: Status::Succeeded,
    };
    params.finish()?;
    world.refund(order)
}

pub fn list_refunds(world: &World, params: &mut Params) -> Result<Value, ApiError> {
    let (charge, intent) = (params.text("charge"), params.text("payment_intent"));
    let wanted = |refund: &Refund| {
        charge.as_ref().is_none_or(|id| refund.charge == *id) && intent.as_ref().is_none_or(|id| refund.intent == *id)
    };
    world.refunds.page("/v1/refunds", params, wanted)
}

pub fn list_disputes(world: &World, params: &mut Params) -> Result<Value, ApiError> {
    let (charge, intent) = (params.text("charge"), params.text("payment_intent"));
    let wanted = |dispute: &Dispute| {
        charge.as_ref().is_none_or(|id| dispute.charge == *id) && intent.as_ref().is_none_or(|id| dispute.intent == *id)
    };
    world.disputes.page("/v1/disputes", params, wanted)
}

pub fn list_events(world: &World, params: &mut Params) -> Result<Value, ApiError> {
    let (mut types, kind) = (params.list("types"), params.text("type"));
    if types.len() > TYPES_MAX {
        return Err(ApiError::invalid("You may specify at most 20 types.").with("param", "types"));
    }
    types.extend(kind);
    let wanted = |event: &Event| types.is_empty() || types.iter().any(|kind| kind == event.kind);
    world.events.page("/v1/events", params, wanted)
}
