//! HTTPS for whatever this crate calls: with the cryptography of the database's connections and Mozilla's roots, so that
//! a release has one TLS stack.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// A client that trusts the usual authorities; redirects, proxies and timeouts are the caller's to set.
pub fn client() -> reqwest::ClientBuilder {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has ciphers for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(config)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_client_can_be_made() {
        assert!(super::client().build().is_ok());
    }
}
