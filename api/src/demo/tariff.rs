//! What the calls of a demonstration cost: a credit a token, or what the price book says of a model's.

use anyhow::bail;
use serde_json::{Value, json};

use super::client::Client;
use super::plan::RESERVED_FOR_ANSWER;
use super::trace::ModelCall;
use crate::catalogue::file::CatalogueFile;
use crate::recipes::Recipe;

/// No token of a model that the recipe knows costs more credits.
const TOKEN_CREDITS_MAX: i64 = 400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tariff {
    /// One credit a token: the caller gives the amounts.
    Tokens,
    /// The price book's: the caller gives the tokens.
    Model(String),
}

impl Tariff {
    /// Credits that suffice for so many tokens.
    pub fn cover(&self, tokens: i64) -> i64 {
        match self {
            Self::Tokens => tokens,
            Self::Model(_) => tokens.saturating_mul(TOKEN_CREDITS_MAX),
        }
    }

    /// Gives a server without prices the recipe of the model.
    ///
    /// # Errors
    /// The model is not in the recipe, or the server does not take it.
    pub async fn prepare(&self, client: &Client) -> anyhow::Result<()> {
        let Self::Model(model) = self else { return Ok(()) };
        if client.get("/v1/price-book").await?.status == 200 {
            return Ok(());
        }
        let text = Recipe::AiTokens(vec![model.clone()]).text()?;
        let file = CatalogueFile::read(&text).expect("a test reads every recipe");
        let published = client.put("/v1/price-book", &json!(file.book)).await?;
        match published.status {
            200 => Ok(()),
            status => bail!("the price book was answered {status}: {}", published.body),
        }
    }

    /// What a call may use: its prompt, and an answer of usual length.
    pub fn reservation(&self, call: &ModelCall) -> Value {
        let metadata = json!({ "called_at": call.called_at });
        match self {
            Self::Tokens => json!({
                "amount": i64::from(call.context_tokens) + RESERVED_FOR_ANSWER,
                "over": "overdraft",
                "operation": "chat.completion",
                "quantities": { "input_tokens": call.context_tokens },
                "metadata": metadata,
            }),
            Self::Model(model) => json!({
                "over": "overdraft",
                "operation": "chat",
                "dimensions": { "model": model },
                "quantities": { "input_tokens": call.context_tokens, "output_tokens": RESERVED_FOR_ANSWER },
                "metadata": metadata,
            }),
        }
    }

    /// What it really used.
    pub fn confirmation(&self, call: &ModelCall) -> Value {
        let quantities = json!({ "input_tokens": call.context_tokens, "output_tokens": call.generated_tokens });
        match self {
            Self::Tokens => json!({ "amount": call.cost(), "quantities": quantities }),
            Self::Model(_) => json!({ "quantities": quantities }),
        }
    }
}
