//! A certificate from an authority that gives them to whoever answers at a name: ACME (RFC 8555), proved within
//! TLS on the same port (TLS-ALPN-01, RFC 8737). `rustls-acme` speaks the protocol; here is what lies around it:
//! where things are kept (`shelf`), at what pace it is tried, and what the host is told.

mod shelf;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use rustls_acme::acme::AcmeError;
use rustls_acme::{AcmeConfig, AcmeState, EventError, EventOk, OrderError};
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tracing::{debug, info, warn};

use super::{Shown, TlsError, private, provider};
use crate::server::config::TlsConfig;
use shelf::Shelf;

/// Pause after a first failure; it doubles up to [`LONGEST_PAUSE`]. Let's Encrypt allows five failures an hour
/// for a name (letsencrypt.org/docs/rate-limits).
const PAUSE: Duration = Duration::from_secs(2 * 60);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// After so long without a word an order counts as stuck: the protocol's library sets no limit to a request.
const STUCK: Duration = Duration::from_secs(60 * 60);
/// The library renews when a third of a certificate's life is left. With less than this it must have failed.
const OVERDUE: f64 = 0.3;
/// Characters of an answer that are worth a line.
const MAX_ANSWER: usize = 400;

/// The authority, and for which names.
#[derive(Clone)]
pub(super) struct Acme {
    names: Vec<String>,
    contact: Option<String>,
    /// `None` is Let's Encrypt.
    directory: Option<String>,
    staging: bool,
    roots: Option<Arc<ClientConfig>>,
    folder: Option<PathBuf>,
}

impl Acme {
    /// Takes the settings; account and certificates will be kept in `folder`.
    ///
    /// # Errors
    /// If the authority's own roots cannot be read, or nothing can be kept in `folder`: a certificate that was fetched
    /// and not kept is fetched again at the next start, and authorities allow that a few times a week.
    pub(super) fn new(config: &TlsConfig, folder: Option<PathBuf>) -> Result<Self, TlsError> {
        let roots = match &config.directory_roots {
            file if file.as_os_str().is_empty() => None,
            file => Some(trusting(file).map_err(|why| TlsError::Roots { file: file.clone(), why })?),
        };
        if let Some(folder) = &folder {
            private::make_folder(folder)
                .and_then(|()| private::try_folder(folder))
                .map_err(|error| TlsError::Folder { folder: folder.clone(), why: error.to_string() })?;
        }
        Ok(Self {
            names: config.domains.iter().map(|name| name.to_ascii_lowercase()).collect(),
            contact: (!config.contact.is_empty()).then(|| format!("mailto:{}", config.contact)),
            directory: (!config.directory.is_empty()).then(|| config.directory.clone()),
            staging: config.staging,
            roots,
            folder,
        })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether browsers trust what it gives.
    pub(super) fn is_trusted(&self) -> bool {
        !self.staging
    }

    /// Gets a certificate, shows it, and renews it for ever.
    pub(super) async fn follow(&self, shown: &Arc<Shown>) {
        let names = self.names.join(", ");
        match &self.folder {
            Some(folder) => debug!(folder = %folder.display(), "account and certificates are kept"),
            None => warn!(
                "no folder for certificates (server.state): each start asks the authority for a new one, and it gives only a few a week"
            ),
        }
        let shelf = Shelf::new(self.folder.clone(), shown.clone());
        let mut state = self.begin(&shelf);
        let mut pause = PAUSE;
        loop {
            match timeout(STUCK, state.next()).await {
                Ok(Some(Ok(EventOk::DeployedCachedCert))) => {
                    info!("certificate for {names}: {}", shown.describe())
                }
                Ok(Some(Ok(EventOk::DeployedNewCert))) => pause = PAUSE,
                Ok(Some(Ok(EventOk::CertCacheStore))) => {
                    info!("new certificate for {names}: {}", shown.describe())
                }
                Ok(Some(Ok(EventOk::AccountCacheStore))) => {
                    info!("asking the authority for a certificate for {names}")
                }
                Ok(Some(Err(EventError::Order(fault)))) => {
                    let minutes = pause.as_secs() / 60;
                    warn!(
                        "no new certificate for {names}: {}; next try in {minutes} minutes",
                        explain(&fault)
                    );
                    sleep(pause).await;
                    pause = (2 * pause).min(LONGEST_PAUSE);
                }
                Ok(Some(Err(fault))) => warn!("certificate for {names}: {fault}"),
                Ok(None) => return,
                Err(_) if shown.has_less_left(SystemTime::now(), OVERDUE) => {
                    warn!("the authority does not answer; asking it anew");
                    state = self.begin(&shelf);
                }
                // Nothing is due.
                Err(_) => {}
            }
        }
    }

    fn begin(&self, shelf: &Shelf) -> AcmeState<io::Error> {
        let config = match &self.roots {
            Some(client) => AcmeConfig::new_with_client_config(&self.names, client.clone()),
            None => AcmeConfig::new_with_provider(&self.names, provider()),
        };
        let config = config.contact(&self.contact).cache(shelf.clone());
        let config = match &self.directory {
            Some(directory) => config.directory(directory),
            None => config.directory_lets_encrypt(!self.staging),
        };
        let state = config.state();
        shelf.shown.challenge_by(state.resolver());
        state
    }
}

fn trusting(file: &std::path::Path) -> Result<Arc<ClientConfig>, String> {
    let text = fs::read(file).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(&text) {
        let root = root.map_err(|_| "it is not in PEM form".to_owned())?;
        roots.add(root).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("it holds no certificate".into());
    }
    let client = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
}

/// What went wrong, as far as possible in the authority's own words.
fn explain(fault: &OrderError) -> String {
    match fault {
        OrderError::BadAuth(answer) => {
            let details =
                answer.challenges.iter().filter_map(|challenge| challenge.error.as_ref()?.detail.clone());
            let details: Vec<_> = details.collect();
            if details.is_empty() {
                "the authority did not accept the proof".into()
            } else {
                details.join("; ")
            }
        }
        OrderError::Acme(AcmeError::KeyRejected(_)) => {
            "the account's key that was kept is damaged; remove the file account-*.key in the state folder"
                .into()
        }
        // The authority's answer, as it is.
        other => other.to_string().chars().take(MAX_ANSWER).collect(),
    }
}
