//! The cache of ACME accounts and certificates. Each authority and set of names has its own files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use rustls_acme::{AccountCache, CertCache};
use sha2::{Digest, Sha256};
use tracing::warn;

use crate::server::net::private_file;
use crate::server::tls::certificate::Certificate;
use crate::server::tls::resolver::CertResolver;

/// A cache in files, which shows each certificate at once.
#[derive(Clone)]
pub(super) struct Cache {
    folder: Option<PathBuf>,
    pub(super) shown: Arc<CertResolver>,
    /// The account key of this run. Also without a folder one account is enough.
    account: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Cache {
    /// Opens the cache in `folder`; without a folder it starts empty.
    pub(super) fn new(folder: Option<PathBuf>, shown: Arc<CertResolver>) -> Self {
        Self { folder, shown, account: Arc::default() }
    }

    fn certificate_file(&self, names: &[String], directory: &str) -> Option<PathBuf> {
        Some(certificate_file(self.folder.as_deref()?, names, directory))
    }

    fn account_file(&self, contact: &[String], directory: &str) -> Option<PathBuf> {
        Some(self.folder.as_deref()?.join(format!("account-{}.key", digest(contact, directory))))
    }

    fn show(&self, pem: &[u8]) {
        match Certificate::from_pem(pem, pem) {
            Ok(certificate) => self.shown.show(certificate),
            Err(fault) => warn!("the authority's certificate cannot be used: {fault}"),
        }
    }
}

/// Returns the file of the certificate for `names` by the authority at `directory`.
pub(super) fn certificate_file(folder: &Path, names: &[String], directory: &str) -> PathBuf {
    folder.join(format!("certificate-{}.pem", digest(names, directory)))
}

fn digest(about: &[String], directory: &str) -> String {
    let about = format!("{}\n{directory}", about.join("\n"));
    HEXLOWER.encode(&Sha256::digest(about)[..8])
}

fn read(file: Option<PathBuf>) -> io::Result<Option<Vec<u8>>> {
    match file.map(fs::read).transpose() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result,
    }
}

#[async_trait]
impl CertCache for Cache {
    type EC = io::Error;

    async fn load_cert(&self, names: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        let pem = read(self.certificate_file(names, directory))?;
        // Read again after every failure, when a newer certificate that could not be kept may be shown.
        if let Some(pem) = pem.as_ref().filter(|_| self.shown.get().is_none()) {
            self.show(pem);
        }
        Ok(pem)
    }

    async fn store_cert(&self, names: &[String], directory: &str, pem: &[u8]) -> io::Result<()> {
        self.show(pem);
        self.certificate_file(names, directory).map_or(Ok(()), |file| private_file::write(&file, pem))
    }
}

#[async_trait]
impl AccountCache for Cache {
    type EA = io::Error;

    async fn load_account(&self, contact: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        let kept = self.account.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.map_or_else(|| read(self.account_file(contact, directory)), |kept| Ok(Some(kept)))
    }

    async fn store_account(&self, contact: &[String], directory: &str, key: &[u8]) -> io::Result<()> {
        *self.account.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_vec());
        self.account_file(contact, directory).map_or(Ok(()), |file| private_file::write(&file, key))
    }
}
