//! Whether the package's service can read the certificate's files. Root can read them all, so a check run by root looks
//! at permissions instead: the service runs as a user of its own.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::findings::Findings;
use crate::server::config::TlsConfig;

/// Folder of the files that `LoadCredential=` of systemd opens to one service only.
const CREDENTIALS: &str = "/run/credentials";
/// Permission bits of all users: to read a file, to enter a folder.
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

/// Finds the nearest folder around a file, or the file, that is closed to others.
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

/// Reads this process's user off `/proc/self`; without Linux there is no systemd service to check for.
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
    fn a_folder_or_the_file_itself_closes_the_way_also_behind_a_link() {
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
