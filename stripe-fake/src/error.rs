//! How a request fails, in Stripe's words.

use http::StatusCode;
use serde_json::{Map, Value, json};

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    pub status: StatusCode,
    error: Map<String, Value>,
    /// Whether the key keeps this answer: only where the request was carried out.
    pub kept: bool,
}

impl ApiError {
    #[must_use]
    pub fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        let error = json!({"type": kind, "message": message.into()});
        let Value::Object(error) = error else { unreachable!("it was written as an object") };
        Self { status, error, kept: false }
    }

    /// A request that Stripe does not understand or allow.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    #[must_use]
    pub fn missing(param: &str) -> Self {
        Self::invalid(format!("Missing required param: {param}."))
            .with("code", "parameter_missing")
            .with("param", param)
    }

    #[must_use]
    pub fn unknown_parameter(param: &str) -> Self {
        Self::invalid(format!("Received unknown parameter: {param}"))
            .with("code", "parameter_unknown")
            .with("param", param)
    }

    #[must_use]
    pub fn no_such(what: &str, id: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message).with("code", "resource_missing")
    }

    /// The same, where the id was a parameter and not in the address.
    #[must_use]
    pub fn in_param(self, param: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, ..self }.with("param", param)
    }

    /// A card that was not charged: the request was carried out, and this is its result.
    #[must_use]
    pub fn card(code: &str, message: &str) -> Self {
        let error = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message).with("code", code);
        Self { kept: true, ..error }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.error.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn body(&self) -> Value {
        json!({"error": self.error})
    }
}
