//! What browsers are told about our pages.

use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue};

use crate::origins::Origins;

/// Everything from this server, nothing inline. Pictures may be `data:`: small icons stand in the style sheet.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                       connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors ";

/// The headers of a page.
#[derive(Clone, Debug)]
pub struct Policy {
    content: HeaderValue,
    is_framed: bool,
}

impl Policy {
    /// For pages that nobody may frame.
    #[must_use]
    pub fn unframed() -> Self {
        Self { content: with_ancestors("'none'"), is_framed: false }
    }

    /// For a page that these may frame, and this server.
    #[must_use]
    pub fn framed_by(origins: &Origins) -> Self {
        Self { content: with_ancestors(format!("'self' {}", origins.as_sources()).trim()), is_framed: true }
    }

    /// Sets the headers.
    pub fn apply(&self, headers: &mut HeaderMap) {
        headers.insert(CONTENT_SECURITY_POLICY, self.content.clone());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if !self.is_framed {
            headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
    }
}

fn with_ancestors(sources: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("{CONTENT}{sources}")).expect("origins are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ancestors(policy: &Policy) -> String {
        let mut headers = HeaderMap::new();
        policy.apply(&mut headers);
        let content = headers[CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(!content.contains("unsafe"), "{content}");
        content.rsplit_once("frame-ancestors ").expect("it is last").1.to_owned()
    }

    #[test]
    fn only_the_billing_page_is_framed_and_only_by_allowed_origins() {
        let origins = Origins::try_new(["https://app.example.com"]).expect("an origin");
        assert_eq!(ancestors(&Policy::unframed()), "'none'");
        assert_eq!(ancestors(&Policy::framed_by(&Origins::default())), "'self'");
        assert_eq!(ancestors(&Policy::framed_by(&origins)), "'self' https://app.example.com");
    }
}
