//! Why there can be no HTTPS.

use std::path::PathBuf;

use super::certificate::CertificateError;

/// Why there can be no HTTPS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificate from files is of no use.
    #[error("tls.certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// Settings that exclude each other.
    #[error("tls: {0}")]
    Settings(&'static str),
    /// The roots by which another authority is trusted.
    #[error("tls.directory_roots: {} cannot be used: {why}", file.display())]
    Roots {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The folder for certificates.
    #[error("server.state: {} cannot be written, where certificates are to be kept: {why}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        why: String,
    },
    /// This machine's own certificate.
    #[error("tls.lan: {0}")]
    Lan(String),
    /// The TLS library.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}
