//! Makes the calls of a trace: reserve an estimate, confirm the cost. Organizations at the same time, the calls of one
//! in order.

use std::sync::Arc;

use anyhow::bail;
use hdrhistogram::Histogram;
use indicatif::ProgressBar;
use serde_json::json;
use tokio::task::JoinSet;

use super::client::{Client, Reply};
use super::plan::Account;
use super::tariff::Tariff;
use super::trace::ModelCall;

/// Microseconds; the client gives a request up before.
const LATENCY_US_MAX: u64 = 60_000_000;

/// Three digits are exact to a thousandth.
const LATENCY_DIGITS: u8 = 3;

/// What an organization's calls came to, by the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Played {
    pub organization: String,
    pub granted: i64,
    pub calls: u64,
    pub refused: u64,
    pub context_tokens: i64,
    pub generated_tokens: i64,
    pub spent: i64,
}

/// All organizations, and how long requests took.
pub struct Replayed {
    pub organizations: Vec<Played>,
    pub latency: Histogram<u64>,
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_US_MAX, LATENCY_DIGITS).expect("the bounds are in order")
}

/// Makes all calls.
///
/// # Errors
/// The server gives no outcome, or one that a demonstration cannot have.
pub async fn replay(
    client: &Client,
    accounts: Vec<Account>,
    tariff: &Tariff,
    bar: &ProgressBar,
) -> anyhow::Result<Replayed> {
    let mut players = JoinSet::new();
    for account in accounts.into_iter().map(Arc::new) {
        let (client, bar, tariff) = (client.clone(), bar.clone(), tariff.clone());
        let player = Player { client, bar, account, tariff, latency: histogram() };
        players.spawn(player.play());
    }
    let mut replayed = Replayed { organizations: Vec::new(), latency: histogram() };
    while let Some(result) = players.join_next().await {
        let (played, latency) = result??;
        replayed.organizations.push(played);
        replayed.latency.add(&latency)?;
    }
    replayed.organizations.sort_by(|a, b| a.organization.cmp(&b.organization));
    Ok(replayed)
}

struct Player {
    client: Client,
    bar: ProgressBar,
    account: Arc<Account>,
    tariff: Tariff,
    latency: Histogram<u64>,
}

impl Player {
    async fn play(mut self) -> anyhow::Result<(Played, Histogram<u64>)> {
        let account = Arc::clone(&self.account);
        let mut played =
            Played { organization: account.organization.clone(), granted: account.grant, ..Played::default() };
        self.grant().await?;
        for (number, call) in account.calls.iter().enumerate() {
            match self.call(number, call).await? {
                None => played.refused += 1,
                Some(spent) => {
                    played.calls += 1;
                    played.context_tokens += i64::from(call.context_tokens);
                    played.generated_tokens += i64::from(call.generated_tokens);
                    played.spent += spent;
                }
            }
            self.bar.inc(1);
        }
        Ok((played, self.latency))
    }

    async fn grant(&mut self) -> anyhow::Result<()> {
        let body = json!({ "amount": self.account.grant, "reason": "credits for the trace" });
        self.post("grants", "grant", &body).await?.expect(201)?;
        Ok(())
    }

    /// Pays for one call; answers what was spent, or nothing where the reservation was refused and no call was made.
    async fn call(&mut self, number: usize, call: &ModelCall) -> anyhow::Result<Option<i64>> {
        let body = self.tariff.reservation(call);
        let reserved = self.post("reservations", &format!("reserve-{number}"), &body).await?;
        match reserved.status {
            201 => {}
            402 => return Ok(None),
            status => bail!("a reservation was answered {status}: {}", reserved.body),
        }
        let body = self.tariff.confirmation(call);
        let path = format!("reservations/{}/confirm", reserved.id()?);
        let confirmed = self.post(&path, &format!("confirm-{number}"), &body).await?.expect(200)?;
        let spent = confirmed.body["amount"].as_i64();
        Ok(Some(spent.ok_or_else(|| anyhow::anyhow!("no amount in {}", confirmed.body))?))
    }

    async fn post(&mut self, path: &str, key: &str, body: &serde_json::Value) -> anyhow::Result<Reply> {
        let path = format!("/v1/organizations/{}/{path}", self.account.organization);
        let reply = self.client.post(&path, key, body).await?;
        self.latency.saturating_record(u64::try_from(reply.latency.as_micros()).unwrap_or(LATENCY_US_MAX));
        Ok(reply)
    }
}
