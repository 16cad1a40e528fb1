//! Whether others than root can read the certificate's files: whoever asks as root sees no hindrance, but the package's
//! service is a user of its own.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::findings::Findings;
use crate::server::config::TlsConfig;

/// Where systemd lays what LoadCredential= names, open to that service only.
const CREDENTIALS: &str = "/run/credentials";
/// Rights of everybody, as file systems write them.
const READ: u32 = 0o004;
const ENTER: u32 = 0o001;

pub(super) fn check(tls: &TlsConfig, findings: &mut Findings) {
    if !is_root() {
        return;
    }
    for (key, file) in [
        ("tls.certificate", &tls.certificate),
        ("tls.key", &tls.key),
        ("tls.directory_roots", &tls.directory_roots),
    ] {
        let Some(closed) = closed(file).filter(|_| !file.starts_with(CREDENTIALS)) else { continue };
        findings.note(format!(
            "{key}: {} is not open to everybody, so the package's service, a user of its own, reads {} only as a \
             credential: LoadCredential= in `systemctl edit parlor`",
            closed.display(),
            file.display()
        ));
    }
}

/// The part of the way to a file that only some users may go.
fn closed(file: &Path) -> Option<PathBuf> {
    let way = std::path::absolute(file).ok()?;
    // The file may be a link.
    let real = fs::canonicalize(&way).ok()?;
    let folders = way.ancestors().skip(1).chain(real.ancestors().skip(1));
    let is_closed = |path: &Path, right| fs::metadata(path).is_ok_and(|about| !is_open(&about, right));
    let folder = folders.into_iter().find(|path| is_closed(path, ENTER));
    folder.or_else(|| is_closed(&real, READ).then_some(&*real)).map(Path::to_owned)
}

#[cfg(unix)]
fn is_open(about: &Metadata, right: u32) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & right != 0
}

#[cfg(not(unix))]
fn is_open(_: &Metadata, _: u32) -> bool {
    true
}

/// Linux shows a program as a folder of the user that it runs as; elsewhere nobody has this service.
#[cfg(unix)]
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_way_to_a_file_is_closed_by_a_folder_or_by_the_file_also_behind_a_link() {
        let place = tempfile::tempdir().unwrap();
        let place = fs::canonicalize(place.path()).unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        mode(&place, 0o755);
        let (folder, link) = (place.join("archive"), place.join("key.pem"));
        let file = folder.join("key1.pem");
        fs::create_dir(&folder).unwrap();
        fs::write(&file, "").unwrap();
        symlink(&file, &link).unwrap();
        for (of_folder, of_file, expected) in
            [(0o755, 0o644, None), (0o755, 0o600, Some(&file)), (0o700, 0o644, Some(&folder))]
        {
            mode(&folder, of_folder);
            mode(&file, of_file);
            assert_eq!(closed(&link).as_ref(), expected);
        }
        assert_eq!(closed(&place.join("nowhere")), None);
    }
}
