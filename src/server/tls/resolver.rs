//! The certificate for new handshakes, and warnings before it expires.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls_acme::{ResolvesServerCertAcme, is_tls_alpn_challenge};
use tokio::time::sleep;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tracing::warn;

use super::certificate::{Certificate, Validity, WARN_DAYS};

/// Interval of warnings about the certificate's dates.
const WARN_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// The certificate for new connections, and the answers to ACME challenges.
#[derive(Debug, Default)]
pub(super) struct CertResolver {
    certificate: RwLock<Option<Certificate>>,
    challenges: RwLock<Option<Arc<ResolvesServerCertAcme>>>,
}

impl CertResolver {
    pub(super) fn show(&self, certificate: Certificate) {
        *self.certificate.write().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
    }

    pub(super) fn challenge_by(&self, resolver: Arc<ResolvesServerCertAcme>) {
        *self.challenges.write().unwrap_or_else(PoisonError::into_inner) = Some(resolver);
    }

    pub(super) fn get(&self) -> Option<Certificate> {
        self.certificate.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether `other` is the certificate shown now.
    pub(super) fn is(&self, other: &Certificate) -> bool {
        self.get().is_some_and(|shown| shown.key().cert == other.key().cert)
    }

    /// Whether the certificate shown now is valid by its dates.
    pub(super) fn is_good(&self) -> bool {
        let good =
            |certificate: Certificate| matches!(certificate.standing(SystemTime::now()), Validity::Good(_));
        self.get().is_some_and(good)
    }

    /// Whether a certificate is missing or due for renewal.
    pub(super) fn is_overdue(&self, now: SystemTime) -> bool {
        self.get().is_none_or(|certificate| certificate.is_overdue(now))
    }

    pub(super) fn describe(&self) -> String {
        self.get()
            .map_or_else(|| "none".into(), |certificate| format!("good until {}", certificate.last_day()))
    }

    /// Warns every day of a certificate that is not valid, or not for long.
    pub(super) async fn remind(&self) {
        loop {
            if let Some(certificate) = self.get() {
                let now = SystemTime::now();
                match certificate.standing(now) {
                    Validity::Early => {
                        warn!(
                            "the certificate is valid only from {} on: browsers refuse it, or this machine's clock is wrong",
                            certificate.first_day()
                        );
                    }
                    Validity::Over => {
                        warn!(
                            "the certificate has expired on {}: browsers refuse it",
                            certificate.last_day()
                        );
                    }
                    Validity::Good(days) if days < WARN_DAYS && certificate.is_overdue(now) => {
                        warn!("the certificate expires in {days} days, on {}", certificate.last_day());
                    }
                    Validity::Good(_) => {}
                }
            }
            sleep(WARN_EVERY).await;
        }
    }
}

impl ResolvesServerCert for CertResolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if is_tls_alpn_challenge(&hello) {
            let challenges = self.challenges.read().unwrap_or_else(PoisonError::into_inner).clone();
            return challenges?.resolve(hello);
        }
        self.get().map(|certificate| certificate.key())
    }
}
