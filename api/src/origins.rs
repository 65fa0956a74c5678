//! The origins of web pages that may use this server: for CORS, for frames around `/billing`, and for the addresses that
//! a checkout returns to.
//!
//! Invariant: an origin is compared as a whole; there are no wildcards, and `null` is no origin.

use std::sync::Arc;

/// `scheme://host` or `scheme://host:port`, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Arc<[String]>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin: give `https://app.example.com`, without a path, a wildcard or a slash at its end")]
pub struct NotAnOrigin(String);

impl Origins {
    /// # Errors
    /// One of them is not an origin.
    pub fn try_new<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<Self, NotAnOrigin> {
        let given = given.into_iter().map(str::trim).filter(|text| !text.is_empty());
        given.map(|text| origin(text).ok_or_else(|| NotAnOrigin(text.to_owned()))).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the value of a header `Origin` is one of them.
    #[must_use]
    pub fn allow(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| allowed == origin)
    }

    /// Whether an address lies in one of them.
    #[must_use]
    pub fn allow_url(&self, url: &str) -> bool {
        self.0.iter().any(|allowed| {
            let path = url.strip_prefix(allowed.as_str());
            path.is_some_and(|path| path.is_empty() || path.starts_with(['/', '?', '#']))
        })
    }

    /// As the directive `frame-ancestors` wants them.
    #[must_use]
    pub fn as_sources(&self) -> String {
        self.0.join(" ")
    }
}

fn origin(text: &str) -> Option<String> {
    let (scheme, host) = text.split_once("://")?;
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    let is_ours = matches!(scheme, "http" | "https") && is_name && port.parse::<u16>().is_ok();
    is_ours.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_whole() {
        for good in ["https://app.example.com", "http://localhost:3000", " https://A.example "] {
            assert!(Origins::try_new([good]).is_ok(), "{good}");
        }
        for bad in
            ["*", "null", "https://*.example.com", "https://a.example/", "ftp://a", "https://a:b", "https://", "a b"]
        {
            assert!(Origins::try_new([bad]).is_err(), "{bad}");
        }
        let origins = Origins::try_new(["https://a.example", "http://localhost:3000"]).expect("good");
        assert_eq!(origins.as_sources(), "https://a.example http://localhost:3000");
        for (origin, allowed) in [
            ("https://a.example", true),
            ("https://a.example:8443", false),
            ("http://a.example", false),
            ("https://a.example.evil.test", false),
            ("null", false),
        ] {
            assert_eq!(origins.allow(origin), allowed, "{origin}");
        }
        for (url, allowed) in [
            ("https://a.example/billing?credits=purchased", true),
            ("https://a.example", true),
            ("https://a.example.evil.test/", false),
            ("https://a.example@evil.test/", false),
            ("https://a.example:444/", false),
        ] {
            assert_eq!(origins.allow_url(url), allowed, "{url}");
        }
    }
}
