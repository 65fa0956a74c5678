//! What goes wrong on purpose: each fault waits for the next request that it matches.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a request goes wrong. *Before* and *after* are before and after its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// An error in Stripe's words: 409, 429, 500, 503.
    ErrorBefore {
        status: u16,
    },
    /// The effect takes place, and the key answers this error for ever.
    ErrorAfter {
        status: u16,
    },
    /// No answer for so long.
    TimeoutBefore {
        milliseconds: u64,
    },
    TimeoutAfter {
        milliseconds: u64,
    },
    /// The connection ends without an answer.
    ResetBefore,
    ResetAfter,
    /// A page of some proxy in between.
    HtmlBefore {
        status: u16,
    },
    HtmlAfter {
        status: u16,
    },
    /// A success that ends in the middle.
    GarbageAfter,
}

impl Kind {
    /// One of each, and of each status that tells something else. `silence`: milliseconds without an answer.
    #[must_use]
    pub const fn each(silence: u64) -> [Self; 14] {
        [
            Self::ErrorBefore { status: 409 },
            Self::ErrorBefore { status: 429 },
            Self::ErrorBefore { status: 500 },
            Self::ErrorBefore { status: 503 },
            Self::ErrorAfter { status: 500 },
            Self::ErrorAfter { status: 503 },
            Self::TimeoutBefore { milliseconds: silence },
            Self::TimeoutAfter { milliseconds: silence },
            Self::ResetBefore,
            Self::ResetAfter,
            Self::HtmlBefore { status: 502 },
            Self::HtmlAfter { status: 502 },
            Self::HtmlAfter { status: 200 },
            Self::GarbageAfter,
        ]
    }
}

/// A fault that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `POST`, `GET`; absent: any.
    #[serde(default)]
    pub method: Option<String>,
    /// What the path begins with, such as `/v1/refunds`; empty: any.
    #[serde(default)]
    pub path: String,
    /// How many of these requests go well before.
    #[serde(default)]
    pub after: u32,
    /// For how many requests.
    #[serde(default = "once")]
    pub times: u32,
    #[serde(flatten)]
    pub kind: Kind,
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// A fault of the next POST whose path begins so.
    #[must_use]
    pub fn of_post(path: &str, kind: Kind) -> Self {
        Self { method: Some("POST".to_owned()), path: path.to_owned(), after: 0, times: 1, kind }
    }
}

/// Faults that wait, first come first served.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fault of this request, which is used up.
    pub fn take(&mut self, method: &str, path: &str) -> Option<Kind> {
        let matches =
            |fault: &Fault| fault.method.as_deref().is_none_or(|m| m == method) && path.starts_with(&fault.path);
        let place = self.0.iter().position(matches)?;
        let fault = &mut self.0[place];
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        let kind = fault.kind;
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            self.0.remove(place);
        }
        Some(kind)
    }
}

impl Kind {
    /// Whether the request is carried out.
    #[must_use]
    pub const fn takes_effect(self) -> bool {
        match self {
            Self::ErrorBefore { .. } | Self::TimeoutBefore { .. } | Self::ResetBefore | Self::HtmlBefore { .. } => {
                false
            }
            Self::ErrorAfter { .. }
            | Self::TimeoutAfter { .. }
            | Self::ResetAfter
            | Self::HtmlAfter { .. }
            | Self::GarbageAfter => true,
        }
    }

    /// How long nothing is answered.
    #[must_use]
    pub const fn silence(self) -> Option<Duration> {
        match self {
            Self::TimeoutBefore { milliseconds } | Self::TimeoutAfter { milliseconds } => {
                Some(Duration::from_millis(milliseconds))
            }
            Self::ErrorBefore { .. }
            | Self::ErrorAfter { .. }
            | Self::ResetBefore
            | Self::ResetAfter
            | Self::HtmlBefore { .. }
            | Self::HtmlAfter { .. }
            | Self::GarbageAfter => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_the_requests_that_it_names_and_is_used_up() {
        let mut faults = Faults::default();
        faults.add(Fault { times: 2, ..Fault::of_post("/v1/refunds", Kind::ResetAfter) });
        assert_eq!(faults.take("GET", "/v1/refunds"), None);
        assert_eq!(faults.take("POST", "/v1/payment_intents"), None);
        assert_eq!(faults.take("POST", "/v1/refunds"), Some(Kind::ResetAfter));
        assert_eq!(faults.take("POST", "/v1/refunds"), Some(Kind::ResetAfter));
        assert_eq!(faults.take("POST", "/v1/refunds"), None);
        faults.add(Fault { after: 1, ..Fault::of_post("", Kind::ResetAfter) });
        assert_eq!(faults.take("POST", "/v1/refunds"), None);
        assert_eq!(faults.take("POST", "/v1/refunds"), Some(Kind::ResetAfter));
        assert!(faults.is_empty());
    }

    #[test]
    fn faults_are_read_from_json() {
        let fault: Fault = serde_json::from_str(r#"{"kind":"timeout_after","milliseconds":50}"#).unwrap();
        assert_eq!(
            fault,
            Fault {
                method: None,
                path: String::new(),
                after: 0,
                times: 1,
                kind: Kind::TimeoutAfter { milliseconds: 50 }
            }
        );
    }
}
