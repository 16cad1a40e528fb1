//! TLS towards other servers.

use std::sync::Arc;

use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

use super::certificate::provider;

/// Trusts the certificates that lead to these roots.
///
/// # Errors
/// If the cryptography lacks what TLS needs.
pub(crate) fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, Error> {
    let client = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
}

/// The roots that browsers trust, those of Mozilla. They are compiled in: an image of a container may have none.
pub(crate) fn public_roots() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}
