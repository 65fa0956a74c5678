//! What tokens of well-known models cost their buyer, and so how many credits they are.
//!
//! Invariant: no floats; dollars are counted in thousandths of a cent a thousand tokens, that is dollars a million
//! tokens in thousandths.

use std::fmt::Write;

use domain::price::words::nearest;

/// A model's list price, in thousandths of a dollar for a million tokens.
struct Model {
    name: &'static str,
    input: u64,
    /// `None`: tokens from a cache cost what others do.
    cached: Option<u64>,
    output: u64,
}

/// One credit is one input token of the first. As their makers list them in late 2025.
const MODELS: [Model; 12] = [
    Model { name: "gpt-4o-mini", input: 150, cached: Some(75), output: 600 },
    Model { name: "gpt-4o", input: 2_500, cached: Some(1_250), output: 10_000 },
    Model { name: "gpt-4", input: 30_000, cached: None, output: 60_000 },
    Model { name: "gpt-4-turbo", input: 10_000, cached: None, output: 30_000 },
    Model { name: "gpt-4.1", input: 2_000, cached: Some(500), output: 8_000 },
    Model { name: "gpt-4.1-mini", input: 400, cached: Some(100), output: 1_600 },
    Model { name: "gpt-3.5-turbo", input: 500, cached: None, output: 1_500 },
    Model { name: "o3", input: 2_000, cached: Some(500), output: 8_000 },
    Model { name: "o4-mini", input: 1_100, cached: Some(275), output: 4_400 },
    Model { name: "claude-sonnet-4", input: 3_000, cached: Some(300), output: 15_000 },
    Model { name: "claude-haiku-3.5", input: 800, cached: Some(80), output: 4_000 },
    Model { name: "gemini-2.5-flash", input: 300, cached: Some(75), output: 2_500 },
];

/// The models of a recipe that names none.
const USUAL: [&str; 4] = ["gpt-4o-mini", "gpt-4o", "gpt-4.1", "claude-sonnet-4"];

/// No price of this model is known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no price of `{name}` is known here{}; known are {}. Others are added to the file by hand", did_you_mean(.nearest), names())]
pub struct UnknownModel {
    name: String,
    nearest: Option<&'static str>,
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(" (did you mean `{nearest}`?)"))
}

fn names() -> String {
    MODELS.map(|model| model.name).join(", ")
}

/// The prices of the models as entries of a file, each model once, the base model first.
///
/// # Errors
/// [`UnknownModel`].
pub fn prices(wanted: &[String]) -> Result<String, UnknownModel> {
    let wanted: Vec<&str> =
        if wanted.is_empty() { USUAL.to_vec() } else { wanted.iter().map(String::as_str).collect() };
    for name in &wanted {
        if MODELS.iter().all(|model| model.name != *name) {
            let nearest = nearest(name, MODELS.iter().map(|model| model.name));
            return Err(UnknownModel { name: (*name).to_owned(), nearest });
        }
    }
    let is_in = |model: &&Model| model.name == MODELS[0].name || wanted.contains(&model.name);
    Ok(MODELS.iter().filter(is_in).map(Model::entry).collect())
}

impl Model {
    fn entry(&self) -> String {
        let mut text = String::new();
        let cached = self.cached.unwrap_or(self.input);
        // Writing to a string cannot fail.
        let _written = write!(
            text,
            "\n# ${} a million input tokens, ${} from the cache, ${} output.\n[[prices]]\noperation = \"chat\"\n\
             dimensions = {{ model = \"{}\" }}\ncomponents = [\n",
            dollars(self.input),
            dollars(cached),
            dollars(self.output),
            self.name
        );
        for (unit, price) in [("input_tokens", self.input), ("cached_tokens", cached), ("output_tokens", self.output)] {
            let _written = writeln!(text, "  {{ unit = \"{unit}\", per_unit = \"{}\" }},", credits(price));
        }
        text.push_str("]\n");
        text
    }
}

/// Thousandths as a decimal number.
fn dollars(thousandths: u64) -> String {
    decimal(thousandths, 3)
}

/// How many input tokens of the base model a token costs, rounded up to four decimals.
fn credits(thousandths: u64) -> String {
    decimal((thousandths * 10_000).div_ceil(MODELS[0].input), 4)
}

fn decimal(value: u64, decimals: usize) -> String {
    let digits = format!("{value:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_costs_its_multiple_of_the_base_models() {
        assert_eq!(
            (credits(150), credits(75), credits(2_500)),
            ("1".to_owned(), "0.5".to_owned(), "16.6667".to_owned())
        );
        assert_eq!((dollars(150), dollars(30_000)), ("0.15".to_owned(), "30".to_owned()));
        let text = prices(&["gpt-4".to_owned()]).expect("known");
        assert!(text.contains("model = \"gpt-4o-mini\"") && text.contains("per_unit = \"400\""), "{text}");
    }

    #[test]
    fn an_unknown_model_names_its_neighbour() {
        let unknown = prices(&["gtp-4o".to_owned()]).expect_err("unknown");
        assert_eq!(unknown.nearest, Some("gpt-4o"));
        assert!(unknown.to_string().contains("did you mean `gpt-4o`?"));
    }
}
