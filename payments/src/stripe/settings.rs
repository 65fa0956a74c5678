//! What an account needs to be reached: the secret key, and where.

use std::fmt;

use reqwest::Url;

/// Stripe itself.
const STRIPE: &str = "https://api.stripe.com";

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The text is not shown: it may be another secret.
    #[error("STRIPE_SECRET_KEY: a secret or restricted key begins with sk_live_, sk_test_, rk_live_ or rk_test_")]
    NotASecretKey,
    #[error("STRIPE_API_BASE: `{0}` is not an address such as http://127.0.0.1:12111")]
    NotABase(String),
    #[error("STRIPE_API_BASE: `{0}` is plain http; only this machine may be asked without TLS")]
    PlainHttp(String),
    #[error("STRIPE_API_BASE: a live key is sent to {STRIPE} and nowhere else")]
    LiveKeyElsewhere,
    #[error(
        "STRIPE_WEBHOOK_SECRETS: give the secrets of the webhook endpoint (whsec_...), separated by commas, none empty"
    )]
    EmptyWebhookSecret,
}

/// A Stripe account.
#[derive(Clone, PartialEq, Eq)]
pub struct StripeSettings {
    key: String,
    /// Without a slash at the end.
    base: String,
    loopback: bool,
}

impl StripeSettings {
    /// # Errors
    /// A [`SettingsError`] names the setting.
    pub fn try_new(secret_key: &str, base: Option<&str>) -> Result<Self, SettingsError> {
        let key = secret_key.trim();
        let known = ["sk_live_", "sk_test_", "rk_live_", "rk_test_"];
        let named = known.iter().any(|prefix| key.len() > prefix.len() && key.starts_with(prefix));
        if !named || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(SettingsError::NotASecretKey);
        }
        let base = base.unwrap_or(STRIPE).trim_end_matches('/').to_owned();
        let url = Url::parse(&base).map_err(|_| SettingsError::NotABase(base.clone()))?;
        let host = url.host_str().ok_or_else(|| SettingsError::NotABase(base.clone()))?;
        let loopback = is_loopback(host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(SettingsError::PlainHttp(base)),
            _ => return Err(SettingsError::NotABase(base)),
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(SettingsError::NotABase(base));
        }
        let settings = Self { key: key.to_owned(), base, loopback };
        if settings.is_live() && settings.base != STRIPE {
            return Err(SettingsError::LiveKeyElsewhere);
        }
        Ok(settings)
    }

    /// Whether real money moves.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.key.contains("_live_")
    }

    /// Whether it is a simulation on this machine.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }

    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// For the one header that it belongs in.
    pub(super) fn secret_key(&self) -> &str {
        &self.key
    }
}

/// What signs webhooks: at least one secret, several while one is being replaced.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecrets(Vec<String>);

impl WebhookSecrets {
    /// # Errors
    /// There is none, or one is empty: an empty secret would let everybody sign.
    pub fn try_new(separated_by_commas: &str) -> Result<Self, SettingsError> {
        let secrets: Vec<String> = separated_by_commas.split(',').map(|secret| secret.trim().to_owned()).collect();
        if secrets.iter().any(String::is_empty) {
            return Err(SettingsError::EmptyWebhookSecret);
        }
        Ok(Self(secrets))
    }

    /// For the comparison of signatures.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(String::as_bytes)
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecrets({})", self.0.len())
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Debug for StripeSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeSettings")
            .field("base", &self.base)
            .field("live", &self.is_live())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_key_goes_to_stripe_only_and_plain_http_stays_on_this_machine() {
        let fake = "http://127.0.0.1:12111";
        for (key, base, wanted) in [
            ("sk_test_1", None, Ok(STRIPE)),
            ("rk_live_1", Some("https://api.stripe.com/"), Ok(STRIPE)),
            ("sk_test_1", Some("http://localhost:1/"), Ok("http://localhost:1")),
            ("sk_test_1", Some("http://[::1]:1"), Ok("http://[::1]:1")),
            ("sk_test_1", Some("https://stripe.internal"), Ok("https://stripe.internal")),
            ("sk_live_1", Some(fake), Err(SettingsError::LiveKeyElsewhere)),
            ("rk_live_1", Some("https://api.stripe.com.evil"), Err(SettingsError::LiveKeyElsewhere)),
            ("sk_live_1", Some("https://api.stripe.com:444"), Err(SettingsError::LiveKeyElsewhere)),
            ("sk_test_1", Some("http://10.0.0.1"), Err(SettingsError::PlainHttp("http://10.0.0.1".to_owned()))),
            ("sk_test_1", Some("ftp://x"), Err(SettingsError::NotABase("ftp://x".to_owned()))),
            ("sk_test_1", Some("nonsense"), Err(SettingsError::NotABase("nonsense".to_owned()))),
            ("pk_test_1", None, Err(SettingsError::NotASecretKey)),
            ("sk_test_", None, Err(SettingsError::NotASecretKey)),
            ("", None, Err(SettingsError::NotASecretKey)),
        ] {
            let made = StripeSettings::try_new(key, base);
            assert_eq!(made.as_ref().map(StripeSettings::base).map_err(Clone::clone), wanted, "{key} {base:?}");
        }
    }

    #[test]
    fn no_webhook_secret_is_empty() {
        for bad in ["", " ", "whsec_1,", ",whsec_1", "whsec_1,,whsec_2"] {
            assert_eq!(WebhookSecrets::try_new(bad), Err(SettingsError::EmptyWebhookSecret), "{bad:?}");
        }
        assert_eq!(WebhookSecrets::try_new("a, b").unwrap().iter().collect::<Vec<_>>(), [b"a", b"b"]);
    }

    #[test]
    fn the_key_is_in_no_debug_text() {
        let settings = StripeSettings::try_new("sk_test_hidden", None).unwrap();
        assert!(!format!("{settings:?}").contains("hidden"));
        assert!(!format!("{:?}", WebhookSecrets::try_new("whsec_hidden").unwrap()).contains("hidden"));
    }
}
