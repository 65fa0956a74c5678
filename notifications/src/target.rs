//! The address of an endpoint.
//!
//! Invariant: an address that is shown or logged holds no password; one in the form of an IP address is judged when it is
//! given and again at every try, a name at every connection (`sender`).

use std::net::IpAddr;

use http::Uri;
use url::Url;

use crate::address::Addresses;
use crate::limits::URL_BYTES_MAX;

/// Where notifications of an endpoint go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

/// Why an address cannot be an endpoint's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    #[error("it is not a URL of at most {URL_BYTES_MAX} bytes")]
    NotAUrl,
    #[error("it does not begin with https://")]
    NotHttps,
    #[error("it holds a user or a password; receivers know us by the signature")]
    Credentials,
    #[error("it has a fragment, which is never sent")]
    Fragment,
    #[error("it is an address of a private network, of this machine or of its host")]
    Private,
}

impl Target {
    /// # Errors
    /// [`InvalidTarget`].
    pub fn try_new(text: &str, addresses: Addresses) -> Result<Self, InvalidTarget> {
        if text.len() > URL_BYTES_MAX || text.contains(char::is_whitespace) {
            return Err(InvalidTarget::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| InvalidTarget::NotAUrl)?;
        let is_allowed = match url.scheme() {
            "https" => true,
            "http" => addresses == Addresses::PrivateToo,
            _ => false,
        };
        if !is_allowed {
            return Err(InvalidTarget::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidTarget::Credentials);
        }
        if url.fragment().is_some() {
            return Err(InvalidTarget::Fragment);
        }
        let target = Self(url);
        if target.literal().is_some_and(|address| !addresses.allow(address)) {
            return Err(InvalidTarget::Private);
        }
        Ok(target)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn uri(&self) -> Result<Uri, InvalidTarget> {
        self.0.as_str().parse().map_err(|_| InvalidTarget::NotAUrl)
    }

    /// The address itself where the host is one, in whatever form it was written: no resolver is asked for it.
    fn literal(&self) -> Option<IpAddr> {
        let host = self.0.host_str()?;
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_is_refused_in_every_form() {
        let forms = [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/latest/meta-data",
            "https://169.254.169.254/",
            "https://0/",
            "https://１２７.0.0.1/",
            "https://127.0.0.1./",
        ];
        for form in forms {
            assert_eq!(Target::try_new(form, Addresses::PublicOnly), Err(InvalidTarget::Private), "{form}");
            assert!(Target::try_new(form, Addresses::PrivateToo).is_ok(), "{form}");
        }
    }

    #[test]
    fn what_is_not_a_plain_https_url_is_refused() {
        let refused = [
            ("http://example.com/", InvalidTarget::NotHttps),
            ("ftp://example.com/", InvalidTarget::NotHttps),
            ("file:///etc/passwd", InvalidTarget::NotHttps),
            ("example.com", InvalidTarget::NotAUrl),
            ("https://exa mple.com/", InvalidTarget::NotAUrl),
            ("https://", InvalidTarget::NotAUrl),
            ("https://user@example.com/", InvalidTarget::Credentials),
            ("https://:secret@example.com/", InvalidTarget::Credentials),
            ("https://example.com/#part", InvalidTarget::Fragment),
        ];
        for (text, reason) in refused {
            assert_eq!(Target::try_new(text, Addresses::PublicOnly), Err(reason), "{text}");
        }
        let long = format!("https://example.com/{}", "x".repeat(URL_BYTES_MAX));
        assert_eq!(Target::try_new(&long, Addresses::PublicOnly), Err(InvalidTarget::NotAUrl));
        let good = Target::try_new("https://example.com:8443/hooks?token=x", Addresses::PublicOnly);
        assert_eq!(good.expect("public").as_str(), "https://example.com:8443/hooks?token=x");
    }
}
