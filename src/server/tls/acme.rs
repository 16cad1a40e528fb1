//! A certificate from an authority by ACME (RFC 8555).
//!
//! The proof of the name is given within TLS on the same port (TLS-ALPN-01, RFC 8737). `rustls-acme` speaks the
//! protocol; this module adds the files (`cache`), the pace of tries, and messages to the host.

mod cache;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use rustls_acme::acme::{AcmeError, LETS_ENCRYPT_PRODUCTION_DIRECTORY, LETS_ENCRYPT_STAGING_DIRECTORY};
use rustls_acme::{AcmeConfig, AcmeState, EventError, EventOk, OrderError};
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tracing::{debug, info, warn};

use super::certificate::provider;
use super::client::trusting;
use super::error::TlsError;
use super::resolver::CertResolver;
use crate::server::config::TlsConfig;
use crate::server::net::private_file;
use cache::{Cache, certificate_file};

/// Pause after a first failure; it doubles up to [`LONGEST_PAUSE`]. Let's Encrypt allows five failures an hour
/// for a name (letsencrypt.org/docs/rate-limits).
const FIRST_PAUSE: Duration = Duration::from_secs(2 * 60);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// Silence after which an order counts as stuck. `rustls-acme` sets no time limit to its requests.
const STUCK: Duration = Duration::from_secs(60 * 60);
/// Most characters of an authority's answer in the log.
const MAX_ANSWER: usize = 400;

/// An ACME authority, and the names of the certificate.
#[derive(Clone)]
pub(crate) struct Acme {
    names: Vec<String>,
    contact: Option<String>,
    directory: String,
    roots: Option<Arc<ClientConfig>>,
    folder: Option<PathBuf>,
}

impl Acme {
    /// Takes the settings; account and certificates are kept in `folder`.
    ///
    /// # Errors
    /// If the authority's own roots cannot be read.
    pub(crate) fn new(config: &TlsConfig, folder: Option<PathBuf>) -> Result<Self, TlsError> {
        let roots = match &config.directory_roots {
            file if file.as_os_str().is_empty() => None,
            file => Some(trusting_roots_of(file).map_err(|why| TlsError::Roots { file: file.clone(), why })?),
        };
        Ok(Self {
            names: config.domains.iter().map(|name| name.to_ascii_lowercase()).collect(),
            contact: (!config.contact.is_empty()).then(|| format!("mailto:{}", config.contact)),
            directory: match (&*config.directory, config.staging) {
                ("", false) => LETS_ENCRYPT_PRODUCTION_DIRECTORY.to_owned(),
                ("", true) => LETS_ENCRYPT_STAGING_DIRECTORY.to_owned(),
                (other, _) => other.to_owned(),
            },
            roots,
            folder,
        })
    }

    /// Makes the folder, and checks that files can be written there.
    ///
    /// # Errors
    /// If they cannot: a certificate that was not kept is fetched again at the next start, and authorities allow that a
    /// few times a week.
    pub(super) fn make_folder(&self) -> Result<(), TlsError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        private_file::make_folder(folder)
            .and_then(|()| private_file::try_folder(folder))
            .map_err(|error| TlsError::Folder { folder: folder.clone(), why: error.to_string() })
    }

    /// Returns the file of the certificate, if there is a folder.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        Some(certificate_file(self.folder.as_deref()?, &self.names, &self.directory))
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether browsers trust certificates of this authority. They trust no test system, and hardly an authority whose
    /// own address needs private roots.
    pub(crate) fn is_trusted(&self) -> bool {
        self.directory != LETS_ENCRYPT_STAGING_DIRECTORY && self.roots.is_none()
    }

    /// Gets a certificate, shows it, and renews it for ever.
    pub(super) async fn follow(&self, shown: &Arc<CertResolver>) {
        let names = self.names.join(", ");
        match &self.folder {
            Some(folder) => debug!(folder = %folder.display(), "account and certificates are kept"),
            None => warn!(
                "no folder for certificates (server.state): each start asks the authority for a new one, and it gives only a few a week"
            ),
        }
        let shelf = Cache::new(self.folder.clone(), shown.clone());
        let mut state = self.begin(&shelf);
        let mut pace = Pace::default();
        loop {
            match timeout(STUCK, state.next()).await {
                Ok(Some(Ok(EventOk::DeployedCachedCert))) => {
                    info!("certificate for {names}: {}", shown.describe())
                }
                Ok(Some(Ok(EventOk::DeployedNewCert))) => pace = Pace::default(),
                Ok(Some(Ok(EventOk::CertCacheStore))) => {
                    info!("new certificate for {names}: {}", shown.describe())
                }
                Ok(Some(Ok(EventOk::AccountCacheStore))) => {
                    info!("asking the authority for a certificate for {names}")
                }
                Ok(Some(Err(fault))) => {
                    let Some(why) = refusal(&fault) else {
                        warn!("certificate for {names}: {fault}");
                        continue;
                    };
                    let pause = pace.pause();
                    warn!(
                        "no new certificate for {names}: {why}; next try in {} minutes",
                        pause.as_secs() / 60
                    );
                    sleep(pause).await;
                    // The library's own pauses grow beyond ours, and after some failures it makes none.
                    state = self.begin(&shelf);
                }
                Ok(None) => return,
                Err(_) if shown.is_overdue(SystemTime::now()) => {
                    warn!("the authority does not answer; asking it anew");
                    state = self.begin(&shelf);
                }
                // The certificate is not due for renewal.
                Err(_) => {}
            }
        }
    }

    fn begin(&self, shelf: &Cache) -> AcmeState<io::Error> {
        let config = match &self.roots {
            Some(client) => AcmeConfig::new_with_client_config(&self.names, client.clone()),
            None => AcmeConfig::new_with_provider(&self.names, provider()),
        };
        let state = config.contact(&self.contact).cache(shelf.clone()).directory(&self.directory).state();
        shelf.shown.challenge_by(state.resolver());
        state
    }
}

fn trusting_roots_of(file: &std::path::Path) -> Result<Arc<ClientConfig>, String> {
    let text = fs::read(file).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(&text) {
        let root = root.map_err(|_| "it is not in PEM form".to_owned())?;
        roots.add(root).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("it holds no certificate".into());
    }
    trusting(roots).map_err(|error| error.to_string())
}

/// The growing pauses after failures.
struct Pace(Duration);

impl Default for Pace {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pace {
    /// Returns the pause after one more failure.
    fn pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (2 * pause).min(LONGEST_PAUSE);
        pause
    }
}

/// Explains a fault that leaves the order without a certificate; `None` for other faults.
fn refusal(fault: &EventError<io::Error, io::Error>) -> Option<String> {
    match fault {
        EventError::Order(fault) => Some(explain(fault)),
        EventError::NewCertParse(fault) => {
            Some(format!("what the authority gave is no certificate: {fault}"))
        }
        _ => None,
    }
}

/// Explains a failed order, if possible in the authority's own words.
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

#[cfg(test)]
mod tests {
    use rustls_acme::acme::Auth;

    use super::*;

    fn acme(change: impl FnOnce(&mut TlsConfig)) -> Acme {
        let mut config = TlsConfig { domains: vec!["Call.example".into()], ..TlsConfig::default() };
        change(&mut config);
        Acme::new(&config, None).unwrap()
    }

    #[test]
    fn browsers_trust_an_authority_unless_it_is_for_tests_or_private() {
        let folder = tempfile::tempdir().unwrap();
        let roots = folder.path().join("roots.pem");
        let key = rcgen::KeyPair::generate().unwrap();
        let root = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        fs::write(&roots, root.pem()).unwrap();
        let real = acme(|_| {});
        assert!(real.is_trusted() && !real.directory.contains("staging"), "{}", real.directory);
        let staging = acme(|config| config.staging = true);
        assert!(!staging.is_trusted() && staging.directory.contains("staging"), "{}", staging.directory);
        let by_address = acme(|config| config.directory = LETS_ENCRYPT_STAGING_DIRECTORY.to_owned());
        assert!(!by_address.is_trusted());
        let other = acme(|config| config.directory = "https://acme.example/dir".to_owned());
        assert!(other.is_trusted() && other.directory == "https://acme.example/dir");
        let private = acme(|config| {
            config.directory = "https://acme.example/dir".to_owned();
            config.directory_roots = roots;
        });
        assert!(!private.is_trusted());
    }

    #[test]
    fn what_different_authorities_have_given_is_kept_apart() {
        let acme = Acme { folder: Some("/state".into()), ..acme(|_| {}) };
        let file = acme.file();
        let staging = Acme { directory: LETS_ENCRYPT_STAGING_DIRECTORY.to_owned(), ..acme.clone() };
        let other_names = Acme { names: vec!["other.example".to_owned()], ..acme.clone() };
        assert!(file.is_some() && staging.file() != file && other_names.file() != file);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_is_there_and_takes_no_file_is_a_fault_before_any_order() {
        let acme = Acme { folder: Some("/proc/self".into()), ..acme(|_| {}) };
        assert!(matches!(acme.make_folder(), Err(TlsError::Folder { .. })));
    }

    #[test]
    fn pauses_grow_to_an_hour() {
        let mut pace = Pace::default();
        let minutes = [(); 7].map(|()| pace.pause().as_secs() / 60);
        assert_eq!(minutes, [2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_failure_is_told_in_the_authoritys_own_words() {
        let refused = |detail: serde_json::Value| -> Auth {
            serde_json::from_value(serde_json::json!({
                "status": "invalid",
                "identifier": { "type": "dns", "value": "call.example" },
                "challenges": [
                    { "type": "tls-alpn-01", "url": "", "error": { "type": "connection", "detail": detail } },
                    { "type": "http-01", "url": "" },
                ],
            }))
            .unwrap()
        };
        let order = |fault| refusal(&EventError::Order(fault)).unwrap();
        assert_eq!(order(OrderError::BadAuth(refused("Connection refused".into()))), "Connection refused");
        let silent = order(OrderError::BadAuth(refused(serde_json::Value::Null)));
        assert_eq!(silent, "the authority did not accept the proof");
        let long = io::Error::other("x".repeat(10_000));
        assert_eq!(order(OrderError::Acme(AcmeError::Io(long))).chars().count(), MAX_ANSWER);
    }

    #[test]
    fn what_is_no_certificate_is_a_failure_and_what_cannot_be_kept_is_none() {
        let parsing = rustls_acme::CertParseError::TooFewPem(1);
        assert!(refusal(&EventError::NewCertParse(parsing)).is_some());
        assert!(refusal(&EventError::CertCacheStore(io::ErrorKind::StorageFull.into())).is_none());
    }
}
