//! A certificate from files that another program renews, read again whenever they change.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;
use tracing::{error, info, warn};

use super::certificate::{Certificate, CertificateError, Validity};
use super::resolver::CertResolver;
use crate::server::net::private_file;

/// Interval of looks at the files. Polling is cheap, and works on every file system and for replaced symbolic links.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The paths of certificate and key.
#[derive(Clone, Debug)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// Metadata of both files that change when one is rewritten or replaced.
type Stamp = [Option<(SystemTime, u64, [i64; 3])>; 2];

impl Files {
    pub(super) fn new(certificate: PathBuf, key: PathBuf) -> Self {
        Self { certificate, key }
    }

    /// Reads certificate and key.
    ///
    /// # Errors
    /// If either is wrong, or they do not fit together.
    pub(super) fn read(&self) -> Result<Certificate, CertificateError> {
        Certificate::read(&self.certificate, &self.key)
    }

    /// Shows each new certificate once both files are written, and at once on SIGHUP.
    pub(super) async fn follow(&self, shown: &CertResolver) {
        let mut asking = Asking::new();
        let mut known = self.stamp();
        let mut seen = known;
        // Changes between the read at the start and the first stamp would otherwise be missed.
        let mut due = true;
        let mut early = None;
        loop {
            if due {
                early = self.take(shown);
                known = seen;
            }
            let asked = tokio::select! {
                () = sleep(LOOK_EVERY) => false,
                () = asking.next() => true,
            };
            let now = self.stamp();
            // Two files are not written at once: both must have come to rest.
            let at_rest = now == seen;
            seen = now;
            let begun = early.as_ref().is_some_and(|new| !is_early(new));
            due = asked || (at_rest && (now != known || begun));
        }
    }

    /// Shows the certificate in the files if it is new and better. Returns it if it only has to wait for its first day.
    fn take(&self, shown: &CertResolver) -> Option<Certificate> {
        match self.read() {
            Ok(new) if shown.is(&new) => {}
            Ok(new) if new.standing(SystemTime::now()) == Validity::Over => {
                error!(file = %self.certificate.display(), "the new certificate expired on {}: the old one stays in use", new.last_day());
            }
            Ok(new) if is_early(&new) && shown.is_good() => {
                warn!(file = %self.certificate.display(), "the new certificate is not valid before {}: the old one stays in use until then", new.first_day());
                return Some(new);
            }
            Ok(new) => {
                info!(file = %self.certificate.display(), "a new certificate is in use, good until {}", new.last_day());
                private_file::warn_if_open_to_everybody("tls.key", &self.key);
                shown.show(new);
            }
            Err(fault) => {
                error!(file = %self.certificate.display(), "the new certificate cannot be used, the old one stays in use: {fault}");
            }
        }
        None
    }

    fn stamp(&self) -> Stamp {
        let stamp = |file: &Path| {
            let about = fs::metadata(file).ok()?;
            Some((about.modified().ok()?, about.len(), number(&about)))
        };
        [stamp(&self.certificate), stamp(&self.key)]
    }
}

fn is_early(certificate: &Certificate) -> bool {
    certificate.standing(SystemTime::now()) == Validity::Early
}

/// The inode and the time of its last change, which also covers rights.
#[cfg(unix)]
fn number(about: &Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt;
    [about.ino().cast_signed(), about.ctime(), about.ctime_nsec()]
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> [i64; 3] {
    [0; 3]
}

/// SIGHUP, by which programs that renew certificates, and `systemctl reload`, ask for another look.
#[cfg(unix)]
struct Asking(Option<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Asking {
    fn new() -> Self {
        Self(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok())
    }

    async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
struct Asking;

#[cfg(not(unix))]
impl Asking {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
