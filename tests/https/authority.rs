//! A certificate authority for tests, and a client that takes every certificate and tells which it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SerialNumber};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

const DAY: Duration = Duration::from_secs(86_400);

/// Signs certificates for localhost.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// PEM texts.
pub(crate) struct Made {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut about = CertificateParams::new(Vec::new()).unwrap();
        about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        about.distinguished_name.push(DnType::CommonName, "Authority");
        let pem = about.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(about, key), pem }
    }

    /// One whose number is `serial`, good for `days` more; negative is expired.
    pub(crate) fn make(&self, serial: u64, days: i64) -> Made {
        self.sign(about(serial, days))
    }

    /// One that becomes valid in a while.
    pub(crate) fn make_early(&self, serial: u64, begins_in: Duration) -> Made {
        let mut about = about(serial, 90);
        about.not_before = (SystemTime::now() + begins_in).into();
        self.sign(about)
    }

    fn sign(&self, about: CertificateParams) -> Made {
        let key = KeyPair::generate().unwrap();
        Made { certificate: about.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }
}

/// One that nobody vouches for.
pub(crate) fn self_signed() -> Made {
    let key = KeyPair::generate().unwrap();
    Made { certificate: about(1, 90).self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

fn about(serial: u64, days: i64) -> CertificateParams {
    let mut about = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    about.serial_number = Some(SerialNumber::from(serial));
    about.distinguished_name.push(DnType::CommonName, "Server");
    let now = SystemTime::now();
    let end = if days < 0 { now - DAY * (-days) as u32 } else { now + DAY * days as u32 };
    about.not_before = (now - 90 * DAY).into();
    about.not_after = end.into();
    about
}

impl Made {
    /// Writes both into `folder`, over what is there.
    pub(crate) fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let files = (folder.join("certificate.pem"), folder.join("key.pem"));
        fs::write(&files.0, &self.certificate).unwrap();
        fs::write(&files.1, &self.key).unwrap();
        files
    }
}

/// A client that offers `alpn`.
pub(crate) fn client(alpn: &[&str]) -> Arc<ClientConfig> {
    let provider = Arc::new(default_provider());
    let mut client = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything(provider)))
        .with_no_client_auth();
    client.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(client)
}

#[derive(Debug)]
struct Anything(Arc<CryptoProvider>);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        tokio_rustls::rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
