//! What an estimate is asked of.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::text::Unit;
use domain::usage::Usage;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::text;

/// The unit of a text's tokens.
pub const INPUT_TOKENS: &str = "input_tokens";
/// The unit of the tokens that a model may answer with.
pub const OUTPUT_TOKENS: &str = "output_tokens";

/// Usage to come: by `quantities`, by `text`, or both.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateBody {
    /// Whose use of the month and whose balance counts; without it the first use of a month, and no balance.
    organization_id: Option<String>,
    #[schema(value_type = String, max_length = 128, example = "chat")]
    operation: Option<String>,
    #[schema(value_type = Option<BTreeMap<String, u64>>)]
    quantities: Option<BTreeMap<String, Given>>,
    /// `model` also says how the tokens of `text` are counted.
    dimensions: Option<BTreeMap<String, String>>,
    /// Counted into `input_tokens`.
    text: Option<String>,
    /// The `output_tokens` of the dearest answer.
    #[schema(value_type = Option<u64>, minimum = 0)]
    max_output_tokens: Option<Given>,
}

/// An estimate that was asked for and read; the tokens of its text are still to be counted.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateAsked {
    pub organization_id: Option<String>,
    pub usage: Usage,
    pub text: Option<String>,
}

impl EstimateBody {
    /// # Errors
    /// A field is not valid, or something is given twice.
    pub fn asked(self) -> Result<EstimateAsked, Problem> {
        let mut quantities = text::quantities(self.quantities)?;
        if self.text.is_some() && quantities.contains_key(&unit(INPUT_TOKENS)) {
            return Err(twice("text", INPUT_TOKENS));
        }
        if let Some(given) = self.max_output_tokens {
            let most = amount::integer("max_output_tokens", given, Range::ZeroOrMore)?;
            let most = u64::try_from(most).expect("the range begins at zero");
            if quantities.insert(unit(OUTPUT_TOKENS), most).is_some() {
                return Err(twice("max_output_tokens", OUTPUT_TOKENS));
            }
        }
        let usage = Usage {
            operation: Some(text::required("operation", self.operation.as_deref())?),
            quantities,
            dimensions: text::dimensions(self.dimensions)?,
            ..Usage::default()
        };
        Ok(EstimateAsked { organization_id: self.organization_id, usage, text: self.text })
    }
}

impl EstimateAsked {
    /// The model that is to read the text, where the usage says so.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.usage.dimensions.get(&unit("model")).map(|model| model.as_str())
    }

    /// The usage with the text's tokens in it.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Option<u64>) -> Arc<Usage> {
        self.usage.quantities.extend(tokens.map(|tokens| (unit(INPUT_TOKENS), tokens)));
        Arc::new(self.usage)
    }
}

fn unit(name: &str) -> Unit {
    Unit::try_new(name).expect("the usual words are valid names")
}

fn twice(field: &'static str, unit: &str) -> Problem {
    let detail = format!("`{field}` says how many `{unit}` there are, and `quantities` says it, too: give one of them");
    Problem::invalid("two_quantities", "Two quantities", detail).with("field", field)
}
