//! `parlor --lan` as somebody with a phone meets it: address and code in the terminal.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use qrcode::{Color, QrCode};

use crate::lab::shown;
use crate::process::Process;

/// Light modules around the code (ISO/IEC 18004).
const QUIET: usize = 4;
/// A user without rights: `nobody` on most systems.
const NOBODY: u32 = 65534;

/// Reads the code off a terminal that is dark: what is drawn is light, two modules to a character.
fn modules(poster: &str) -> Vec<Color> {
    let drawn = |line: &&str| !line.is_empty() && line.chars().all(|c| " ▀▄█".contains(c));
    let rows = poster.lines().filter(drawn).flat_map(|line| {
        let upper = line.chars().map(|c| "▀█".contains(c)).collect::<Vec<_>>();
        let lower = line.chars().map(|c| "▄█".contains(c)).collect::<Vec<_>>();
        [upper, lower]
    });
    let rows: Vec<_> = rows.collect();
    let width = rows[0].len();
    let inner = QUIET..width - QUIET;
    let inside = rows[inner.clone()].iter().flat_map(|row| &row[inner.clone()]);
    let around = rows[..QUIET].iter().chain(&rows[width - QUIET..width]).flatten();
    assert!(around.copied().all(|is_light| is_light), "{poster}");
    inside.map(|is_light| if *is_light { Color::Light } else { Color::Dark }).collect()
}

/// The address on the poster, after the code has been found to say the same.
async fn url(process: &Process) -> String {
    process.says("On a phone in the same network: ").await;
    let log = process.log();
    let (_, rest) = log.split_once("On a phone in the same network: ").unwrap();
    let url = rest.lines().next().unwrap().to_owned();
    assert_eq!(modules(&log), QrCode::new(&url).unwrap().to_colors(), "{log}");
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn address_and_code_lead_to_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path(), &[("PARLOR_TLS_LAN", &"true")]);
    let url = url(&process).await;
    let address = process.address().await;
    assert_eq!(url, format!("https://{address}"));
    let (_, names) = shown(address).await.unwrap();
    assert!(names.contains("[127, 0, 0, 1]") && names.contains("localhost"), "{names}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_have_the_port_of_https_gets_another() {
    let first_free = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    if first_free.trim().parse::<u16>().unwrap() <= 443 {
        return eprintln!("skipped: on this system everybody may have port 443");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command.args(["--lan", "--host", "127.0.0.1", "--port", "0", "--state", "none"]);
    command.args(["--set", "relay.enabled=false"]).env_clear().current_dir(folder.path());
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    let process = match Process::spawn(command, folder.path()) {
        Err(fault) if fault.kind() == std::io::ErrorKind::PermissionDenied => {
            return eprintln!("skipped: this folder is closed to the user nobody");
        }
        started => started.unwrap(),
    };
    assert_eq!(url(&process).await, "https://127.0.0.1:3443");
    assert!(
        process.log().contains("port 443 is the system's, so HTTPS is at port 3443"),
        "{}",
        process.log()
    );
    let (_, names) = shown(process.address().await).await.unwrap();
    assert!(names.contains("[127, 0, 0, 1]"), "{names}");
}
