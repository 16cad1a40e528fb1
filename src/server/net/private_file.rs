//! Files and folders that only the server's own user may read: keys, secrets, seats.
//!
//! New files and folders are closed to other users. Existing ones stay as they are, since the host may have reasons;
//! [`warn_if_open`] warns.

use std::fs::{self, DirBuilder, Metadata};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;
use tracing::warn;

/// Mode bits of a file's group and of others.
const GROUP_OR_OTHERS: u32 = 0o077;
/// Mode bits of others.
const OTHERS: u32 = 0o007;

/// Makes a folder and its parents with mode 700; an existing one stays as it is.
///
/// # Errors
/// If it cannot be made.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    close_folder(&mut builder);
    builder.create(folder)
}

/// Checks that a folder takes files, by creating one, which is removed again.
///
/// # Errors
/// If the folder takes no file.
pub(crate) fn try_folder(folder: &Path) -> io::Result<()> {
    NamedTempFile::new_in(folder).map(drop)
}

/// Writes a secret atomically: readers find all of the old text or all of the new one.
///
/// # Errors
/// If the disk refuses.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = beside(file)?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}

/// Creates the empty file `FILE.new` with mode 600, which can replace `file`; dropped, it is removed.
///
/// # Errors
/// If the disk refuses.
pub(crate) fn beside(file: &Path) -> io::Result<NamedTempFile> {
    let new = file.with_extension("new");
    // A killed server may have left one behind. A name of its own for each would fill the folder.
    drop(fs::remove_file(&new));
    let folder = new.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = new.file_name().unwrap_or_default();
    tempfile::Builder::new().prefix(name).rand_bytes(0).tempfile_in(folder)
}

/// Whether the path exists, and its group or others have any right to it.
pub(crate) fn is_open(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| has_right(&about, GROUP_OR_OTHERS))
}

/// Warns if other users have a right to a file or folder of Parlor's own.
pub(crate) fn warn_if_open(setting: &str, path: &Path) {
    if is_open(path) {
        let mode = if path.is_dir() { 700 } else { 600 };
        warn!(path = %path.display(), "{setting}: other users of this machine have rights to what is private: chmod {mode}");
    }
}

/// Warns if every user has a right to a file of the host's; its group may be meant to.
pub(crate) fn warn_if_open_to_everybody(setting: &str, path: &Path) {
    if fs::metadata(path).is_ok_and(|about| has_right(&about, OTHERS)) {
        warn!(path = %path.display(), "{setting}: every user of this machine has rights to this file: chmod o= takes them away");
    }
}

#[cfg(unix)]
fn has_right(about: &Metadata, rights: u32) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & rights != 0
}

#[cfg(unix)]
fn close_folder(builder: &mut DirBuilder) {
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
}

// Other systems close a user's folders to other users by default.
#[cfg(not(unix))]
fn has_right(_: &Metadata, _: u32) -> bool {
    false
}

#[cfg(not(unix))]
fn close_folder(_: &mut DirBuilder) {}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_closed_to_others() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        let file = folder.join("key.pem");
        make_folder(&folder).unwrap();
        fs::write(folder.join("key.new"), "left behind").unwrap();
        for text in ["one", "two"] {
            write(&file, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        drop(beside(&file).unwrap());
        try_folder(&folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert!(!is_open(&folder) && !is_open(&file));
    }

    #[test]
    fn what_others_may_read_or_enter_is_open_and_left_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("key.pem");
        fs::write(&file, "").unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for (mode, open) in [(0o600, false), (0o400, false), (0o640, true), (0o644, true), (0o604, true)] {
            set(&file, mode);
            assert_eq!(is_open(&file), open, "{mode:o}");
        }
        for (mode, open) in [(0o700, false), (0o750, true), (0o711, true), (0o755, true)] {
            set(place.path(), mode);
            make_folder(place.path()).unwrap();
            assert_eq!(is_open(place.path()), open, "{mode:o}");
        }
        assert!(!is_open(&place.path().join("nowhere")));
    }
}
