//! Forms as Stripe reads them: `line_items[0][price]=...`. What is not asked for is refused, so that a misspelt parameter
//! cannot pass for one that was understood.

use std::collections::BTreeMap;

use crate::error::ApiError;

/// Parameters that have not been read yet, by their whole name.
#[derive(Debug)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads a query or a body. `a[]=x` is the next item of `a`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut pairs = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let name = match name.strip_suffix("[]") {
                Some(list) => {
                    let next = (0..).find(|n| !pairs.contains_key(&format!("{list}[{n}]")));
                    format!("{list}[{}]", next.expect("there is no end of numbers"))
                }
                None => name.into_owned(),
            };
            pairs.insert(name, value.into_owned());
        }
        Self(pairs)
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    pub fn required(&mut self, name: &str) -> Result<String, ApiError> {
        self.text(name).ok_or_else(|| ApiError::missing(name))
    }

    pub fn integer(&mut self, name: &str) -> Result<Option<i64>, ApiError> {
        let read = |text: String| {
            text.parse().map_err(|_| ApiError::invalid(format!("Invalid integer: {text}")).with("param", name))
        };
        self.text(name).map(read).transpose()
    }

    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.text(name).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::invalid(format!("Invalid boolean: {other}")).with("param", name)),
        }
    }

    /// One of the values that the API knows.
    pub fn one_of(&mut self, name: &str, known: &[&str]) -> Result<Option<String>, ApiError> {
        match self.text(name) {
            Some(value) if !known.contains(&value.as_str()) => {
                let message = format!("Invalid {name}: must be one of {}", known.join(", "));
                Err(ApiError::invalid(message).with("param", name))
            }
            value => Ok(value),
        }
    }

    /// `name[key]=value`, such as metadata.
    pub fn map(&mut self, name: &str) -> BTreeMap<String, String> {
        let keys: Vec<(String, String)> = self
            .0
            .keys()
            .filter_map(|whole| {
                let key = whole.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
                (!key.contains('[')).then(|| (whole.clone(), key.to_owned()))
            })
            .collect();
        keys.into_iter().filter_map(|(whole, key)| Some((key, self.0.remove(&whole)?))).collect()
    }

    /// `name[0]=value`.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        self.map(name).into_values().collect()
    }

    /// `name[0][...]`, each item with parameters of its own.
    pub fn items(&mut self, name: &str) -> Vec<Params> {
        (0..).map_while(|n| self.part(&format!("{name}[{n}]"))).collect()
    }

    /// `name[...]` as parameters of its own.
    pub fn part(&mut self, name: &str) -> Option<Params> {
        let prefix = format!("{name}[");
        let names: Vec<String> = self.0.keys().filter(|whole| whole.starts_with(&prefix)).cloned().collect();
        let part: BTreeMap<String, String> = names
            .into_iter()
            .filter_map(|whole| {
                let (first, rest) = whole.strip_prefix(&prefix)?.split_once(']')?;
                Some((format!("{first}{rest}"), self.0.remove(&whole)?))
            })
            .collect();
        (!part.is_empty()).then_some(Params(part))
    }

    /// Nothing is left that nobody asked for. Called before a request has any effect.
    pub fn finish(&self) -> Result<(), ApiError> {
        match self.0.keys().next() {
            Some(name) => Err(ApiError::unknown_parameter(name)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_are_read_and_the_rest_is_refused() {
        let mut params = Params::parse(
            "line_items[0][price]=price_1&line_items[0][quantity]=2&metadata[org]=a+b%26&types[]=x&types[]=y&odd=1",
        );
        let mut items = params.items("line_items");
        let mut item = items.remove(0);
        assert_eq!(item.text("price").as_deref(), Some("price_1"));
        assert_eq!(item.integer("quantity").unwrap(), Some(2));
        assert!(item.finish().is_ok() && items.is_empty());
        assert_eq!(params.map("metadata")["org"], "a b&");
        assert_eq!(params.list("types"), ["x", "y"]);
        let refused = params.finish().unwrap_err();
        assert_eq!(refused, ApiError::unknown_parameter("odd"));
    }

    #[test]
    fn a_part_keeps_its_inner_names() {
        let mut params =
            Params::parse("payment_intent_data[metadata][a]=1&payment_intent_data[setup_future_usage]=off");
        let mut part = params.part("payment_intent_data").unwrap();
        assert_eq!(part.map("metadata")["a"], "1");
        assert_eq!(part.text("setup_future_usage").as_deref(), Some("off"));
        assert!(part.finish().is_ok() && params.finish().is_ok());
    }
}
