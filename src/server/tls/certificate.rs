//! A certificate with its key: reading both, checking that they fit, and validity.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, InconsistentKeys};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;
use x509_parser::prelude::X509Certificate;
use x509_parser::time::ASN1Time;

use crate::server::net::clock::since_epoch_at;

/// Days before expiry from which a certificate that was not renewed leads to warnings.
pub(crate) const WARN_DAYS: i64 = 14;
const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;
/// Share of its life with which a certificate is overdue. Authorities ask to renew at a third, and `rustls-acme` does.
const OVERDUE: f64 = 0.3;

/// A certificate chain with the key that fits it.
#[derive(Clone, Debug)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    names: Vec<String>,
    begins: ASN1Time,
    ends: ASN1Time,
    self_signed: bool,
}

/// The validity of a certificate at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// The certificate is not valid yet.
    Early,
    /// The certificate is valid for so many more days.
    Good(i64),
    /// The certificate has expired.
    Over,
}

/// The reason why a certificate cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{} cannot be read: {why}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's message.
        why: String,
    },
    /// The text holds no certificate.
    #[error("there is no certificate in PEM form (-----BEGIN CERTIFICATE-----) where one should be")]
    NoCertificate,
    /// The text holds no private key.
    #[error("there is no private key in PEM form (-----BEGIN PRIVATE KEY-----) where one should be")]
    NoKey,
    /// The key needs a password, which a server that starts by itself cannot type.
    #[error(
        "the private key is encrypted, which a server that starts by itself cannot open; write it without its password by \
         `openssl pkey -in key.pem -out plain.pem`, readable for the server's user only"
    )]
    EncryptedKey,
    /// The certificate is no X.509 certificate that can be served.
    #[error("the certificate cannot be understood: {0}")]
    Malformed(String),
    /// The key is of a kind that cannot be used.
    #[error("the private key cannot be used: {0}")]
    BadKey(String),
    /// Certificate and key belong to different pairs.
    #[error("the private key does not fit the certificate, which must be the first one in its file")]
    Mismatch,
}

impl Certificate {
    /// Reads a chain, the server's own certificate first, and its key.
    ///
    /// # Errors
    /// If either is wrong, or they do not fit together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let read = |file: &Path| {
            fs::read(file).map_err(|error| CertificateError::Unreadable {
                file: file.to_owned(),
                why: error.to_string(),
            })
        };
        Self::from_pem(&read(certificate)?, &read(key)?)
    }

    /// Reads chain and key from PEM texts; one text may hold both.
    ///
    /// # Errors
    /// If either is wrong, or they do not fit together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(|_| CertificateError::NoCertificate)?;
        let first = chain.first().ok_or(CertificateError::NoCertificate)?.clone();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| match is_encrypted(key) {
            true => CertificateError::EncryptedKey,
            false => CertificateError::NoKey,
        })?;
        let malformed = |error: &dyn ToString| CertificateError::Malformed(error.to_string());
        let (_, about) = parse_x509_certificate(&first).map_err(|error| malformed(&error))?;
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => CertificateError::Mismatch,
            Error::InvalidCertificate(why) => CertificateError::Malformed(format!("{why:?}")),
            other => CertificateError::BadKey(other.to_string()),
        })?;
        Ok(Self {
            key: Arc::new(key),
            names: names(&about),
            begins: about.validity().not_before,
            ends: about.validity().not_after,
            self_signed: about.issuer() == about.subject(),
        })
    }

    /// Lists the names and addresses of the certificate.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the certificate names itself as its issuer, so that no authority vouches for it.
    pub fn is_self_signed(&self) -> bool {
        self.self_signed
    }

    /// Returns the date (UTC) on which the certificate becomes valid.
    pub fn first_day(&self) -> String {
        self.begins.to_datetime().date().to_string()
    }

    /// Returns the date (UTC) on which the certificate expires.
    pub fn last_day(&self) -> String {
        self.ends.to_datetime().date().to_string()
    }

    /// Returns the validity at `now`.
    pub fn standing(&self, now: SystemTime) -> Validity {
        let now = since_epoch(now);
        if now < self.begins.timestamp() {
            Validity::Early
        } else if now >= self.ends.timestamp() {
            Validity::Over
        } else {
            Validity::Good((self.ends.timestamp() - now) / SECONDS_OF_A_DAY)
        }
    }

    /// Returns chain and key in the form of rustls.
    pub(crate) fn key(&self) -> Arc<CertifiedKey> {
        self.key.clone()
    }

    /// Whether so little of its life is left at `now` that a renewal is overdue.
    pub fn is_overdue(&self, now: SystemTime) -> bool {
        let life = self.ends.timestamp() - self.begins.timestamp();
        let left = self.ends.timestamp() - since_epoch(now);
        (left as f64) < OVERDUE * life as f64
    }
}

/// Whether a text holds an encrypted key. It is PKCS #8 (RFC 7468, section 11), or OpenSSL's older form with headers
/// (RFC 1421, section 4.6.1.1).
fn is_encrypted(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.lines().map(str::trim).any(|line| {
        line == "-----BEGIN ENCRYPTED PRIVATE KEY-----"
            || line.strip_prefix("Proc-Type:").is_some_and(|kind| kind.contains("ENCRYPTED"))
    })
}

fn since_epoch(now: SystemTime) -> i64 {
    let seconds = since_epoch_at(now).as_secs();
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn names(about: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = about.subject_alternative_name() else {
        return Vec::new();
    };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// Returns the cryptography of all handshakes and certificates.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// Valid from 2001-09-09 for 100 days.
    const BEGINS: u64 = 1_000_000_000;
    const DAY: u64 = 86_400;

    fn made() -> (String, String) {
        made_for(100 * DAY)
    }

    fn made_for(seconds: u64) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names = ["call.example", "192.0.2.7", "2001:db8::7"].map(str::to_owned);
        let mut about = CertificateParams::new(names).unwrap();
        let time = |seconds: u64| ASN1Time::from_timestamp(seconds as i64).unwrap().to_datetime();
        (about.not_before, about.not_after) = (time(BEGINS), time(BEGINS + seconds));
        (about.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_certificate_tells_its_names_and_its_days() {
        let (chain, key) = made();
        let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(certificate.names(), ["call.example", "192.0.2.7", "2001:db8::7"]);
        assert_eq!(
            (certificate.first_day(), certificate.last_day()),
            ("2001-09-09".into(), "2001-12-18".into())
        );
        assert!(certificate.is_self_signed());
        let at = |day: u64, second: u64| {
            UNIX_EPOCH + Duration::from_secs(BEGINS + day * DAY) + Duration::from_secs(second)
        };
        for (now, standing) in [
            (UNIX_EPOCH, Validity::Early),
            (at(0, 0), Validity::Good(100)),
            (at(99, 1), Validity::Good(0)),
            (at(100, 0), Validity::Over),
        ] {
            assert_eq!(certificate.standing(now), standing);
        }
        assert!(!certificate.is_overdue(at(69, 0)) && certificate.is_overdue(at(71, 0)));
        assert!(!certificate.is_overdue(UNIX_EPOCH) && certificate.is_overdue(at(100, 0)));
    }

    #[test]
    fn the_life_of_a_certificate_for_a_day_is_counted_in_seconds() {
        let (chain, key) = made_for(DAY);
        let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(BEGINS + seconds);
        assert!(!certificate.is_overdue(at(DAY * 6 / 10)) && certificate.is_overdue(at(DAY * 8 / 10)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let ((chain, key), (other_chain, _)) = (made(), made());
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let bad_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let fault = |chain: &str, key: &str| {
            Certificate::from_pem(chain.as_bytes(), key.as_bytes()).map(drop).unwrap_err()
        };
        assert_eq!(fault(&other_chain, &key), CertificateError::Mismatch);
        assert_eq!(fault("", &key), CertificateError::NoCertificate);
        assert_eq!(fault(&key, &key), CertificateError::NoCertificate);
        assert_eq!(fault(&chain, &chain), CertificateError::NoKey);
        assert!(matches!(fault(broken, &key), CertificateError::Malformed(_)));
        assert!(matches!(fault(&chain, bad_key), CertificateError::BadKey(_)));
        // The headers that OpenSSL writes; the encrypted part is not read.
        for head in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0123456789ABCDEF0123456789ABCDEF\n",
            "-----BEGIN EC PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: DES-EDE3-CBC,0123456789ABCDEF\r\n",
        ] {
            let first = head.lines().next().unwrap_or_default();
            let encrypted =
                format!("{head}\nMIIBvTBXBgkqhkiG9w0BBQ0wSjAp\n{}\n", first.replace("BEGIN", "END"));
            assert_eq!(fault(&chain, &encrypted), CertificateError::EncryptedKey, "{head}");
            assert_eq!(fault(&chain, &(chain.clone() + &encrypted)), CertificateError::EncryptedKey);
        }
        let text = CertificateError::EncryptedKey.to_string();
        assert!(text.contains("openssl pkey -in key.pem -out plain.pem"), "{text}");
        let absent = Path::new("/nowhere/cert.pem");
        let text = Certificate::read(absent, absent).unwrap_err().to_string();
        assert!(text.starts_with("/nowhere/cert.pem cannot be read: "), "{text}");
    }
}
