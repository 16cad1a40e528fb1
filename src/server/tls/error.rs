//! Errors of setting up HTTPS.

use std::path::PathBuf;

use super::certificate::CertificateError;

/// The reason why HTTPS cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificate in the files cannot be used.
    #[error("tls.certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// The settings exclude each other, or one is missing.
    #[error("tls: {0}")]
    Settings(&'static str),
    /// The roots of another authority cannot be used.
    #[error("tls.directory_roots: {} cannot be used: {why}", file.display())]
    Roots {
        /// The file.
        file: PathBuf,
        /// The fault in the file.
        why: String,
    },
    /// The folder of certificates cannot be written.
    #[error("server.state: {} cannot be written, where certificates are to be kept: {why}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's message.
        why: String,
    },
    /// This machine's own certificate cannot be made.
    #[error("tls.lan: {0}")]
    Lan(String),
    /// The TLS library refuses the configuration.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}
