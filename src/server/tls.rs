//! HTTPS: the source of the certificate, and the handshakes that present it.
//!
//! The certificate has one of three sources: files that another program renews, an ACME authority, or this machine
//! itself. Each source puts its certificate into `CertResolver`, where every new handshake finds it; open connections
//! do not notice a change.

pub(crate) mod acme;
pub mod certificate;
pub(crate) mod client;
mod error;
mod files;
pub mod lan;
mod resolver;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls_acme::acme::ACME_TLS_ALPN_NAME;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::server::config::Config;
use crate::server::net::addresses::as_host;
use crate::server::net::private_file;
use acme::Acme;
use certificate::{Certificate, provider};
pub use error::TlsError;
use files::Files;
use lan::LanHost;
use resolver::CertResolver;

/// ALPN name of HTTP/2 (RFC 9113, section 3.1).
pub(crate) const ALPN_HTTP2: &[u8] = b"h2";
/// ALPN name of HTTP/1.1.
const ALPN_HTTP1: &[u8] = b"http/1.1";
/// ALPN name of TURN (RFC 7443).
pub(crate) const ALPN_TURN: &[u8] = b"stun.turn";
/// ALPN name of STUN (RFC 7443).
pub(crate) const ALPN_STUN: &[u8] = b"stun.nat-discovery";
/// ALPN name by which an ACME authority checks its challenge (RFC 8737).
pub(crate) const ALPN_ACME: &[u8] = ACME_TLS_ALPN_NAME;

/// Returns the folder of certificates and ACME accounts, if there is a state folder.
pub(crate) fn folder(config: &Config) -> Option<PathBuf> {
    config.server.state_folder().map(|folder| folder.join("tls"))
}

/// Warns of kept keys that other users than the server's have rights to.
fn warn_if_kept_open(folder: &Path) {
    private_file::warn_if_open("server.state", folder);
    // The folder does not exist before the first start.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        private_file::warn_if_open("server.state", &entry.path());
    }
}

/// HTTPS as configured.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<CertResolver>,
    source: Source,
    /// The folder of kept certificates.
    folder: Option<PathBuf>,
    hsts: bool,
}

enum Source {
    Files(Files),
    Acme(Acme),
    Lan(LanHost),
}

impl Tls {
    /// Sets up HTTPS if it is configured. Reads or makes the certificate, unless ACME gives it later.
    ///
    /// # Errors
    /// If the settings or the certificate are wrong.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>, TlsError> {
        let tls = &config.tls;
        let folder = folder(config);
        let files = !tls.certificate.as_os_str().is_empty();
        let now = SystemTime::now();
        let shown = Arc::new(CertResolver::default());
        if !files && tls.is_on() {
            folder.as_deref().into_iter().for_each(warn_if_kept_open);
        }
        let source = match (files, !tls.domains.is_empty(), tls.lan) {
            (false, false, false) => return Ok(None),
            (true, false, false) if tls.key.as_os_str().is_empty() => {
                return Err(TlsError::Settings("a certificate needs its key (tls.key)"));
            }
            (true, false, false) => {
                let files = Files::new(tls.certificate.clone(), tls.key.clone());
                shown.show(files.read()?);
                private_file::warn_if_open_to_everybody("tls.key", &tls.key);
                Source::Files(files)
            }
            (false, true, false) => {
                let acme = Acme::new(tls, folder.clone())?;
                acme.make_folder()?;
                Source::Acme(acme)
            }
            (false, false, true) => {
                let machine = LanHost::look(config.server.host);
                shown.show(lan::certificate(folder.as_deref(), &machine, now).map_err(TlsError::Lan)?);
                Source::Lan(machine)
            }
            _ => return Err(TlsError::Settings("only one of certificate, domains and lan can be set")),
        };
        let setup = |error: tokio_rustls::rustls::Error| TlsError::Setup(error.to_string());
        let mut server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(setup)?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        let mut known = vec![ALPN_HTTP2, ALPN_HTTP1, ALPN_TURN, ALPN_STUN];
        if matches!(source, Source::Acme(_)) {
            known.push(ALPN_ACME);
        }
        server.alpn_protocols = known.into_iter().map(<[u8]>::to_vec).collect();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        Ok(Some(Self { acceptor, shown, source, folder, hsts: tls.hsts }))
    }

    /// Returns the acceptor of TLS handshakes.
    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Returns the certificate of new connections, once there is one.
    pub(crate) fn certificate(&self) -> Option<Certificate> {
        self.shown.get()
    }

    /// Whether to tell browsers to use HTTPS only (HSTS). With a certificate that they do not trust, HSTS would lock
    /// people out (RFC 6797, section 12.1).
    pub(crate) fn is_for_good(&self) -> bool {
        let trusted = match &self.source {
            Source::Files(_) => self.shown.get().is_some_and(|certificate| !certificate.is_self_signed()),
            Source::Acme(acme) => acme.is_trusted(),
            Source::Lan(_) => false,
        };
        self.hsts && trusted
    }

    /// Lists the hosts at which browsers find the server.
    pub(crate) fn hosts(&self) -> Vec<String> {
        match &self.source {
            Source::Files(_) => {
                let names = self.shown.get().map(|certificate| certificate.names().to_vec());
                let names = names.into_iter().flatten().filter(|name| !name.starts_with("*."));
                names.map(|name| as_host(&name)).collect()
            }
            Source::Acme(acme) => acme.names().to_vec(),
            Source::Lan(machine) => machine.hosts(),
        }
    }

    /// Keeps the certificate new, and warns of its expiry, while it is polled.
    pub(crate) async fn keep(&self) {
        let follow = async {
            match &self.source {
                Source::Files(files) => files.follow(&self.shown).await,
                Source::Acme(acme) => acme.follow(&self.shown).await,
                Source::Lan(machine) => {
                    lan::follow(self.folder.as_deref(), machine, &self.shown, SystemTime::now).await;
                }
            }
        };
        tokio::join!(follow, self.shown.remind());
    }
}
