//! What must be true in the log before a refusal or a strong read leaves (CORRECTNESS C9): one batched read of heads and
//! keys on the primary, at most one under way a partition.
//!
//! Invariant: a read begins after each question that it answers was asked.

use std::sync::Arc;

use domain::{IdempotencyKey, OrganizationId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use crate::log::{HeadAndKey, Log};

/// Why the log did not answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoAnswer(pub(crate) &'static str);

const SILENT: NoAnswer = NoAnswer("the database does not answer");
/// A program of a newer version may have written it, and can answer.
pub(crate) const UNREADABLE: NoAnswer = NoAnswer("the command of this key cannot be read here");

pub(crate) type Answer = oneshot::Receiver<Result<HeadAndKey, NoAnswer>>;

pub(crate) struct Question {
    organization: OrganizationId,
    key: Option<IdempotencyKey>,
    answer: oneshot::Sender<Result<HeadAndKey, NoAnswer>>,
}

/// Where a partition's questions go; the askers' permits bound the queue.
#[derive(Clone)]
pub(crate) struct Asker(pub(crate) UnboundedSender<Question>);

impl Asker {
    pub(crate) fn ask(&self, organization: &OrganizationId, key: Option<&IdempotencyKey>) -> Answer {
        let (sender, receiver) = oneshot::channel();
        let question = Question { organization: organization.clone(), key: key.cloned(), answer: sender };
        // Where the reader is gone the question is dropped with its sender, and the receiver says so.
        let _ = self.0.send(question);
        receiver
    }
}

/// Waits for an answer.
pub(crate) async fn answered(answer: Answer) -> Result<HeadAndKey, NoAnswer> {
    answer.await.unwrap_or(Err(SILENT))
}

/// Answers a partition's questions until no asker is left.
pub(crate) async fn run(
    partition: u16,
    log: Arc<dyn Log>,
    questions_max: usize,
    mut queue: UnboundedReceiver<Question>,
) {
    let mut questions = Vec::with_capacity(questions_max);
    while queue.recv_many(&mut questions, questions_max).await > 0 {
        questions.retain(|question| !question.answer.is_closed());
        let asked: Vec<_> = questions.iter().map(|q| (q.organization.clone(), q.key.clone())).collect();
        if asked.is_empty() {
            continue;
        }
        match log.heads_and_keys(partition, &asked).await {
            Ok(answers) => {
                for (question, answer) in questions.drain(..).zip(answers) {
                    let answer = answer.map_err(|error| {
                        tracing::error!(partition, organization = %question.organization, %error, "a key's command cannot be read");
                        UNREADABLE
                    });
                    let _ = question.answer.send(answer);
                }
            }
            Err(error) => {
                tracing::warn!(partition, %error, "heads and keys could not be read");
                for question in questions.drain(..) {
                    let _ = question.answer.send(Err(SILENT));
                }
            }
        }
    }
}
