//! Who may read what the program keeps.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::process::Process;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// With HTTPS, a relay and seats, all of which keep something.
fn start(folder: &Path, state: &Path) -> Process {
    let settings: [(&str, &dyn AsRef<OsStr>); 5] = [
        ("PARLOR_SERVER_STATE", &state),
        ("PARLOR_TLS_LAN", &"true"),
        ("PARLOR_RELAY_ENABLED", &"true"),
        ("PARLOR_RELAY_LISTEN", &"127.0.0.1"),
        ("PARLOR_RELAY_PORT", &"0"),
    ];
    Process::start(folder, &settings)
}

#[tokio::test]
async fn what_the_program_keeps_is_closed_to_others_and_no_word_is_lost_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let process = start(folder.path(), &state);
    process.address().await;
    assert_eq!((mode(&state), mode(&state.join("tls"))), (0o700, 0o700));
    let mut files = 0;
    for entry in [&state, &state.join("tls")].into_iter().flat_map(|folder| fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        files += usize::from(path.is_file());
    }
    assert_eq!(files, 3, "the seats, the secret of the relay, the certificate");
    assert!(!process.log().contains("chmod"), "{}", process.log());
}

#[tokio::test]
async fn what_others_may_read_is_told_and_left_as_it_is() {
    let (folder, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let state = folder.path().join("state");
    let process = start(folder.path(), &state);
    process.address().await;
    process.ended().await;
    let open = ["", "relay-secret", "tls", "tls/lan.pem"].map(|name| (state.join(name), name));
    for (path, _) in &open {
        fs::set_permissions(path, Permissions::from_mode(if path.is_dir() { 0o755 } else { 0o644 })).unwrap();
    }
    let process = start(second.path(), &state);
    process.address().await;
    let log = process.log();
    let told = log.lines().filter(|line| line.contains("WARN") && line.contains("other users"));
    assert_eq!(told.count(), open.len(), "{log}");
    for (path, name) in &open {
        assert_eq!(mode(path), if path.is_dir() { 0o755 } else { 0o644 }, "{name}");
    }
}
