//! Files that nobody but the server's own user may read: keys.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a folder, and those above it, for what is secret.
///
/// # Errors
/// If it cannot be made or closed to others.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    close_folder(&mut builder);
    builder.create(folder)
}

/// Writes a file into a folder and takes it away again.
///
/// # Errors
/// If that cannot be done.
pub(super) fn try_folder(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!("trial-{}", std::process::id()));
    write(&file, b"")?;
    fs::remove_file(file)
}

/// Writes a secret in one step: whoever reads the file finds all of the old text or all of the new one.
///
/// # Errors
/// If the disk refuses.
pub(super) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    // One that was left behind may have been open to others.
    drop(fs::remove_file(&new));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    close_file(&mut options);
    let mut writer = options.open(&new)?;
    writer.write_all(bytes)?;
    writer.sync_all()?;
    fs::rename(&new, file)
}

#[cfg(unix)]
fn close_folder(builder: &mut DirBuilder) {
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
}

#[cfg(unix)]
fn close_file(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

// Elsewhere the folders of a user are closed to others by themselves.
#[cfg(not(unix))]
fn close_folder(_: &mut DirBuilder) {}

#[cfg(not(unix))]
fn close_file(_: &mut OpenOptions) {}

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
        try_folder(&folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}
