//! One attempt, as far as it goes now: asks, sends, tells the ledger, and writes down when to look again.
//!
//! Invariant: nothing here is remembered beyond a step: whatever is lost is asked for again, from the log and the row.

use chrono::TimeDelta;
use domain::commands::EndPurchase;
use domain::events::RechargeRequested;
use domain::recharge::RechargeFailure;
use domain::{Command, CommandError, Timestamp};
use store::{CommandRequest, ExecuteError, RecordedEvent};

use super::attempt::{Attempt, Standing, request};
use super::limits::{FOUND_SINCE, PROCESSING, pause};
use super::next::{Next, NotFound, Outcome, next};
use super::outcome::{Verdict, of_charge, of_intent, of_refusal};
use super::rows::Attempts;
use super::{cards, commands, link, meters};
use crate::crash::{self, Point};
use crate::gateway::{GatewayError, IntentId, IntentSeen, IntentStatus, OffSessionCharge, PaymentLabels, RequestKey};
use crate::{Payments, customers};

/// What a step needs.
pub struct Worker {
    pub payments: Payments,
    pub attempts: Attempts,
    /// Where customers come back to from a page that they pay on; `None`: they get no such page.
    pub return_url: Option<String>,
}

/// What keeps a step from its end; the attempt is looked at again later.
#[derive(Debug, thiserror::Error)]
pub enum Hindrance {
    #[error("the ledger: {0}")]
    Ledger(#[from] ExecuteError),
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error("{0}")]
    Unclear(String),
}

/// How far a step came.
enum Came {
    /// There is a next step now.
    On,
    /// Look again after the pause.
    Wait(TimeDelta),
    End,
}

/// Steps that one claim may take: more would be a circle.
const STEPS_MAX: usize = 8;

impl Worker {
    /// Takes an attempt as far as it goes now.
    pub async fn work(&self, attempt: Attempt) {
        let (id, organization) = (attempt.recharge_id, attempt.organization.clone());
        let doubts = attempt.doubts;
        crash::at(Point::RechargeClaimed);
        let (pause, problem, is_doubt) = match self.steps(attempt).await {
            Ok(None) => return,
            Ok(Some(pause)) => (pause, None, false),
            Err(hindrance) => {
                tracing::warn!(%organization, recharge = %id, %hindrance, "a recharge has to wait");
                let is_doubt = matches!(hindrance, Hindrance::Gateway(GatewayError::Unknown { .. }));
                if is_doubt {
                    meters::doubt();
                }
                (pause(doubts), Some(hindrance.to_string()), is_doubt)
            }
        };
        let postponed =
            self.attempts.postpone(id, self.payments.clock.now(), pause, problem.as_deref(), is_doubt).await;
        if let Err(error) = postponed {
            // The claim ends by itself.
            tracing::warn!(%organization, recharge = %id, %error, "a recharge cannot be postponed");
        }
    }

    /// `None`: it has ended.
    async fn steps(&self, mut attempt: Attempt) -> Result<Option<TimeDelta>, Hindrance> {
        for _ in 0..STEPS_MAX {
            match self.step(&mut attempt).await? {
                Came::On => {}
                Came::Wait(pause) => return Ok(Some(pause)),
                Came::End => return Ok(None),
            }
        }
        Err(Hindrance::Unclear(format!("no end after {STEPS_MAX} steps")))
    }

    async fn step(&self, attempt: &mut Attempt) -> Result<Came, Hindrance> {
        let now = self.payments.clock.now();
        let history = self.payments.ledger.entity(&attempt.organization, attempt.recharge_id.entity()).await?;
        let standing = self.standing(attempt, &history).await?;
        match next(attempt, standing, now) {
            Next::Prepare => self.prepare(attempt, &history).await,
            Next::Send(charge) => self.send(attempt, &charge, now).await,
            Next::Look(intent) => {
                let seen = self.payments.gateway.intent(&intent).await?;
                self.seen(attempt, seen).await
            }
            Next::Search { charge, not_found } => self.search(attempt, charge, not_found, now).await,
            Next::Withdraw(why) => self.fail(attempt, RechargeFailure::Withdrawn, Some(why)).await,
            Next::Finish(outcome) => self.finish(attempt, outcome, now).await,
        }
    }

    async fn standing(&self, attempt: &Attempt, history: &[RecordedEvent]) -> Result<Standing, Hindrance> {
        let standing = Standing::of(history);
        if attempt.charge.is_some() || standing != Standing::Open {
            return Ok(standing);
        }
        let strong = self.payments.ledger.strong_balance(&attempt.organization).await?;
        Ok(strong.map_or(standing, |strong| standing.wanted_by(&strong.state)))
    }

    async fn prepare(&self, attempt: &mut Attempt, history: &[RecordedEvent]) -> Result<Came, Hindrance> {
        let Some(request) = request(history) else {
            return Err(Hindrance::Unclear("the log has no such request".to_owned()));
        };
        let Some(customer) = customers::find(&self.payments.pool, &attempt.organization).await? else {
            return self.fail(attempt, RechargeFailure::NoCard, Some("the organization has never paid")).await;
        };
        let saved = match self.payments.gateway.saved_cards(&customer).await {
            Ok(saved) => saved,
            Err(GatewayError::Refused { status: 404, .. }) => {
                let detail = "the payment processor does not know the customer";
                return self.fail(attempt, RechargeFailure::NoCard, Some(detail)).await;
            }
            Err(error) => return Err(error.into()),
        };
        let Some(card) = cards::choose(&saved, self.payments.clock.now()) else {
            return self.fail(attempt, RechargeFailure::NoCard, None).await;
        };
        self.tell(commands::start(&attempt.organization, request)).await?;
        crash::at(Point::RechargeStarted);
        let charge = OffSessionCharge {
            customer,
            payment_method: card.id.clone(),
            amount: request.price,
            labels: labels(attempt, request),
        };
        attempt.charge = self.attempts.freeze(attempt.recharge_id, &charge).await?;
        crash::at(Point::RechargeFrozen);
        Ok(if attempt.charge.is_some() { Came::On } else { Came::End })
    }

    async fn send(&self, attempt: &mut Attempt, charge: &OffSessionCharge, now: Timestamp) -> Result<Came, Hindrance> {
        if !self.attempts.sending(attempt.recharge_id, now).await? {
            return Ok(Came::End);
        }
        attempt.sends += 1;
        attempt.last_sent_at = Some(now);
        meters::sent(attempt.sends > 1);
        let key = RequestKey::of("recharge", attempt.recharge_id.entity());
        crash::at(Point::RechargeSending);
        let charged = self.payments.gateway.charge_off_session(&key, charge).await;
        crash::at(Point::RechargeCharged);
        match charged {
            Ok(outcome) => self.judge(attempt, of_charge(outcome)).await,
            Err(error) => match of_refusal(&error) {
                Some((failure, detail)) => self.refused(attempt, charge, failure, &detail, error).await,
                None => Err(error.into()),
            },
        }
    }

    /// Where an earlier try had no answer, its charge may exist whatever is said of this one; and the key may have been
    /// used by a request that a restored database has forgotten.
    async fn refused(
        &self,
        attempt: &mut Attempt,
        charge: &OffSessionCharge,
        failure: RechargeFailure,
        detail: &str,
        error: GatewayError,
    ) -> Result<Came, Hindrance> {
        match self.find(attempt, charge).await? {
            Some(seen) => self.seen(attempt, seen).await,
            None if attempt.sends > 1 => Err(error.into()),
            None => self.fail(attempt, failure, Some(detail)).await,
        }
    }

    async fn find(&self, attempt: &Attempt, charge: &OffSessionCharge) -> Result<Option<IntentSeen>, GatewayError> {
        let since = attempt.requested_at - FOUND_SINCE;
        self.payments.gateway.find_intent(&charge.customer, since, attempt.recharge_id).await
    }

    async fn search(
        &self,
        attempt: &mut Attempt,
        charge: OffSessionCharge,
        not_found: NotFound,
        now: Timestamp,
    ) -> Result<Came, Hindrance> {
        if let Some(seen) = self.find(attempt, &charge).await? {
            return self.seen(attempt, seen).await;
        }
        match not_found {
            NotFound::SendAgain => self.send(attempt, &charge, now).await,
            NotFound::Wait => Ok(Came::Wait(pause(attempt.doubts))),
            NotFound::Abandon => self.fail(attempt, RechargeFailure::Abandoned, None).await,
            NotFound::Forget(failure) => self.finish(attempt, Outcome::Failed(failure), now).await,
        }
    }

    /// A payment was found or looked at; only one of the amount that was asked for is taken for it.
    async fn seen(&self, attempt: &mut Attempt, seen: IntentSeen) -> Result<Came, Hindrance> {
        let asked = attempt.charge.as_ref().map(|charge| charge.amount);
        let is_short = seen.status == IntentStatus::Succeeded && seen.received_minor != seen.amount.amount_minor;
        if asked != Some(seen.amount) || is_short {
            let (id, amount, received) = (seen.id, seen.amount, seen.received_minor);
            let problem = format!("payment {id} is of {amount:?}, {received} arrived, and {asked:?} was asked for");
            return Err(Hindrance::Unclear(problem));
        }
        self.judge(attempt, of_intent(seen)).await
    }

    async fn judge(&self, attempt: &mut Attempt, verdict: Verdict) -> Result<Came, Hindrance> {
        let id = attempt.recharge_id;
        match verdict {
            Verdict::Paid { intent, charge } => {
                self.tell(commands::paid(&attempt.organization, id, &intent, charge.as_ref())).await?;
                crash::at(Point::RechargePaid);
                Ok(Came::On)
            }
            Verdict::Processing { intent } => {
                self.attempts.found(id, &intent).await?;
                Ok(Came::Wait(PROCESSING))
            }
            Verdict::Unpaid { intent, failure, detail } => self.cancel(attempt, intent, failure, detail).await,
            Verdict::Ended { failure, detail } => self.fail(attempt, failure, detail.as_deref()).await,
            Verdict::Unclear { intent, problem } => {
                self.attempts.found(id, &intent).await?;
                Err(Hindrance::Unclear(problem))
            }
        }
    }

    /// A payment that nobody has paid is ended at the processor before another may be asked for.
    async fn cancel(
        &self,
        attempt: &mut Attempt,
        intent: IntentId,
        failure: RechargeFailure,
        detail: Option<String>,
    ) -> Result<Came, Hindrance> {
        self.attempts.found(attempt.recharge_id, &intent).await?;
        attempt.intent = Some(intent.clone());
        let key = RequestKey::of("cancel-recharge", attempt.recharge_id.entity());
        let seen = match self.payments.gateway.cancel_intent(&key, &intent).await {
            Ok(seen) => seen,
            // It may have been paid or cancelled meanwhile.
            Err(GatewayError::Refused { .. }) => self.payments.gateway.intent(&intent).await?,
            Err(unknown) => return Err(unknown.into()),
        };
        match of_intent(seen) {
            Verdict::Ended { .. } if failure == RechargeFailure::ActionRequired => self.call_for(attempt, detail).await,
            Verdict::Ended { .. } => self.fail(attempt, failure, detail.as_deref()).await,
            Verdict::Paid { intent, charge } => {
                let (organization, id) = (&attempt.organization, attempt.recharge_id);
                self.tell(commands::paid(organization, id, &intent, charge.as_ref())).await?;
                Ok(Came::On)
            }
            Verdict::Processing { .. } => Ok(Came::Wait(PROCESSING)),
            Verdict::Unpaid { intent, .. } => Err(Hindrance::Unclear(format!("payment {intent} cannot be cancelled"))),
            Verdict::Unclear { problem, .. } => Err(Hindrance::Unclear(problem)),
        }
    }

    /// Only the customer can pay: they are told where.
    async fn call_for(&self, attempt: &Attempt, detail: Option<String>) -> Result<Came, Hindrance> {
        let (organization, id) = (&attempt.organization, attempt.recharge_id);
        let history = self.payments.ledger.entity(organization, id.entity()).await?;
        let link = match (&self.return_url, request(&history)) {
            (Some(url), Some(request)) => link::open(&self.payments, url, organization, request).await?,
            (None, _) | (_, None) => None,
        };
        let failure = RechargeFailure::ActionRequired;
        self.tell(commands::failed(organization, id, failure, detail.as_deref(), link)).await?;
        Ok(Came::On)
    }

    /// One that has ended meanwhile is found so by the next step. Where nothing was sent, nobody may send any more before
    /// that is told.
    async fn fail(&self, attempt: &Attempt, failure: RechargeFailure, detail: Option<&str>) -> Result<Came, Hindrance> {
        if attempt.charge.is_none() && !self.attempts.shut(attempt.recharge_id).await? {
            return Err(Hindrance::Unclear("another node is about to send it".to_owned()));
        }
        self.tell(commands::failed(&attempt.organization, attempt.recharge_id, failure, detail, None)).await?;
        Ok(Came::On)
    }

    async fn finish(&self, attempt: &Attempt, outcome: Outcome, now: Timestamp) -> Result<Came, Hindrance> {
        let name = match outcome {
            Outcome::Paid => "paid".to_owned(),
            Outcome::Failed(failure) => {
                let name = name(failure);
                self.tell(commands::purchase_failed(&attempt.organization, attempt.recharge_id, &name)).await?;
                name
            }
        };
        self.attempts.finish(attempt.recharge_id, &name, now).await?;
        crash::at(Point::RechargeFinished);
        meters::finished(&name);
        Ok(Came::End)
    }

    /// Tells the ledger; what it knows already is no error.
    async fn tell(&self, request: CommandRequest) -> Result<(), Hindrance> {
        let command = request.command.clone();
        match self.payments.ledger.execute(request).await {
            Ok(_) => Ok(()),
            Err(ExecuteError::Refused(error)) if is_known(&command, &error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a refusal says that the ledger has heard of it before, or that there is nothing to end.
fn is_known(command: &Command, error: &CommandError) -> bool {
    match (command, error) {
        (Command::StartPurchase(_), CommandError::PaymentReferenceUsed(_))
        | (Command::FailRecharge(_), CommandError::RechargeEnded(_)) => true,
        (Command::FailPurchase(EndPurchase { .. }), error) => {
            matches!(error, CommandError::PurchaseNotFound(_) | CommandError::PurchaseAlreadyPaid(_))
        }
        _ => false,
    }
}

/// As it is written in events.
fn name(failure: RechargeFailure) -> String {
    let text = serde_json::to_value(failure).ok();
    text.as_ref().and_then(serde_json::Value::as_str).unwrap_or("failed").to_owned()
}

fn labels(attempt: &Attempt, request: &RechargeRequested) -> PaymentLabels {
    PaymentLabels {
        organization_id: attempt.organization.clone(),
        purchase_id: attempt.recharge_id.purchase(&attempt.organization),
        package_id: Some(request.package_id.clone()),
        credits: request.credits,
        attempt_id: Some(attempt.recharge_id),
    }
}
