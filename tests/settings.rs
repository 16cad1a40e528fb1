//! The program as a host meets it: its help, its faults, `parlor check`, `parlor health`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, DnType, Issuer, KeyPair, date_time_ymd};

/// After this long without what a test waits for, it fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// A relay would want ports that other tests may have.
const QUIET: [&str; 6] = ["--host", "127.0.0.1", "--port", "0", "--set", "relay.enabled=false"];

/// A folder to start the program in, with no settings from elsewhere.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", self.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A server that is well.
    fn serving(&self, arguments: &[&str]) -> Running {
        let child = self.command(arguments).stdout(Stdio::null()).spawn().unwrap();
        let mut running = Running(child);
        let began = Instant::now();
        while self.run(&[&["health"], arguments].concat()).status.code() != Some(0) {
            assert!(began.elapsed() < PATIENCE && running.0.try_wait().unwrap().is_none());
        }
        running
    }

    /// What `parlor check` says, and with which status it ends.
    fn check(&self, arguments: &[&str]) -> (String, i32) {
        let output = self.run(&[&["check"], arguments].concat());
        (text(&output.stdout), output.status.code().unwrap())
    }

    /// A certificate for `name` that somebody else has signed.
    fn signed(&self, name: &str, from_year: i32, to_year: i32) {
        let (issuer_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut issuer = CertificateParams::new(Vec::new()).unwrap();
        issuer.distinguished_name.push(DnType::CommonName, "Authority");
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(from_year, 1, 1);
        params.not_after = date_time_ymd(to_year, 1, 1);
        let pem = params.signed_by(&key, &Issuer::new(issuer, issuer_key)).unwrap().pem();
        self.write("signed.pem", &pem);
        self.write("signed.key", &key.serialize_pem());
    }

    /// A certificate for `call.example` that is signed by itself, its key beside it.
    fn certificate(&self, name: &str, from_year: i32, to_year: i32) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["call.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from_year, 1, 1);
        params.not_after = date_time_ymd(to_year, 1, 1);
        self.write(&format!("{name}.pem"), &params.self_signed(&key).unwrap().pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
    }
}

/// A user without rights: `nobody` on most systems.
#[cfg(target_os = "linux")]
const NOBODY: u32 = 65534;

/// A server that is stopped when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A port below those that the system gives to other tests meanwhile.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(30_000);
    let mut ports = std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed)).take(1_000);
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}

#[test]
fn the_help_names_every_setting_with_its_default() {
    let place = Place::new();
    let help = text(&place.run(&["--help"]).stdout);
    for line in include_str!("../Leptos.toml").lines() {
        assert!(help.contains(line), "{line}");
    }
    let short = text(&place.run(&["-h"]).stdout);
    assert!(short.contains("--domain <NAME>") && short.lines().count() < 40, "{short}");
}

#[test]
fn a_wrong_setting_stops_the_start_and_is_named_with_its_line() {
    let place = Place::new();
    place.write("parlor.toml", "[rooms]\n# How many?\ncapacity = 99\n\n[relay]\nallocations = 0\n");
    let output = place.run(&["--config", "parlor.toml"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("parlor.toml:3: rooms.capacity: a room has 2 to 8 seats, not 99"), "{said}");
    assert!(said.contains("parlor.toml:6: relay.allocations: it must be at least 1"), "{said}");
    let (said, status) = place.check(&["--config", "parlor.toml"]);
    assert_eq!((said.lines().filter(|line| line.starts_with("wrong ")).count(), status), (2, 2), "{said}");
}

#[test]
fn a_listener_that_other_machines_reach_does_not_open_without_a_token() {
    let place = Place::new();
    let arguments = [&QUIET[..], &["--set", "ops.address=0.0.0.0:0"]].concat();
    let output = place.run(&arguments);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let fault = "ops.token: it must be set for 0.0.0.0:0, which other machines may reach";
    assert!(said.contains(fault), "{said}");
    let (said, status) = place.check(&arguments);
    assert!(status == 2 && said.contains("wrong  ops.token: it must be set"), "{said}");
    let hooks = r#"ops.hooks=[{url="https://call.example/hook",secret="whsec_secret"}]"#;
    let output = place.run(&[&QUIET[..], &["--set", hooks]].concat());
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let fault = "ops.hooks.0: the secret must be \"whsec_\" and 24 to 64 random bytes in base64";
    assert!(said.contains(fault) && !said.contains("whsec_secret"), "{said}");
    let (said, status) = place.check(&[&QUIET[..], &["--set", "ops.address=127.0.0.1:0"]].concat());
    assert!(status == 0 && said.contains("ops.address = 0: any free port"), "{said}");
}

#[test]
fn an_environment_file_may_quote_its_values_and_leave_some_empty() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for (quoted, log) in [(format!("\"{port}\""), ""), (format!("'{port}'\r"), "\"info\"")] {
        let mut command = place.command(&["--host", "127.0.0.1", "--set", "relay.enabled=\"false\""]);
        command.env("PORT", quoted).env("PARLOR_ROOMS_CAPACITY", "").env("RUST_LOG", log);
        let output = command.output().unwrap();
        let said = text(&output.stdout);
        assert!(said.contains("limit of open files"), "the log is as without a word about it: {said}");
        assert!(said.contains(&port.to_string()) && output.status.code() == Some(1), "{said}");
    }
}

#[test]
fn a_file_that_is_not_named_is_read_from_the_working_directory_only() {
    let place = Place::new();
    place.write("Leptos.toml", "[rooms]\ncapacity = 99\n");
    assert!(place.check(&QUIET).0.contains("Leptos.toml:2: rooms.capacity"));
    let (said, status) = Place::new().check(&QUIET);
    assert_eq!(status, 0, "{said}");
}

#[test]
fn the_check_finds_a_plain_start_fine_and_leaves_nothing_behind() {
    let place = Place::new();
    let (said, status) = place.check(&QUIET);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("ok     the settings are valid") && said.contains("can be written"), "{said}");
    assert!(
        said.contains("http://localhost:0: browsers on this machine give camera and microphone"),
        "{said}"
    );
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn the_check_says_that_plain_http_gives_other_machines_no_camera() {
    let (said, status) = Place::new().check(&["--port", "0", "--set", "relay.port=0"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("no camera and no microphone without HTTPS; use --lan"), "{said}");
}

#[test]
fn the_check_names_ports_that_others_have() {
    let (tcp, udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let (port, relay) = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
    let (port, relay) = (port.to_string(), format!("relay.port={relay}"));
    let (said, status) = Place::new().check(&["--host", "127.0.0.1", "--port", &port, "--set", &relay]);
    assert_eq!(status, 2, "{said}");
    let taken: Vec<_> = said.lines().filter(|line| line.contains("is in use by another program")).collect();
    // The relay's port for TCP may be in use too: by a connection of another test, which has left and is not forgotten.
    assert!(taken.len() >= 2 && taken[0].contains(&port) && taken[1].contains("/udp (relay.port"), "{said}");
}

#[test]
fn the_check_looks_at_the_certificate() {
    let place = Place::new();
    place.certificate("good", 2020, 2999);
    place.certificate("old", 2020, 2021);
    place.certificate("early", 2998, 2999);
    place.write("empty.pem", "");
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    place.write("encrypted.key", encrypted);
    for (certificate, key, expected) in [
        ("good.pem", "good.key", "ok     tls.certificate: good.pem fits its key; it is for call.example"),
        ("good.pem", "old.key", "wrong  tls.key: the private key does not fit the certificate"),
        ("old.pem", "old.key", "wrong  tls.certificate: it ended on"),
        ("early.pem", "early.key", "wrong  tls.certificate: it is not valid before"),
        ("empty.pem", "good.key", "wrong  tls.certificate: there is no certificate in PEM form"),
        ("good.pem", "empty.pem", "wrong  tls.key: there is no private key in PEM form"),
        ("good.pem", "encrypted.key", "wrong  tls.key: the private key is encrypted"),
        ("nowhere.pem", "good.key", "wrong  tls.certificate: nowhere.pem cannot be read: No such file"),
    ] {
        let arguments = ["--certificate", certificate, "--key", key, "--tls-port", "0"];
        let (said, status) = place.check(&[&QUIET[..], &arguments].concat());
        assert!(said.contains(expected), "{said}");
        assert_eq!(status, if expected.starts_with("ok") { 0 } else { 2 }, "{said}");
    }
}

#[test]
fn the_check_promises_camera_and_microphone_only_with_a_certificate_that_browsers_take() {
    let place = Place::new();
    let arguments = ["--certificate", "signed.pem", "--key", "signed.key", "--tls-port", "0"];
    for (name, from, to, pages) in [
        ("call.example", 2020, 2999, Some("https://call.example:0")),
        ("*.call.example", 2020, 2999, Some("https://<any name>.call.example:0")),
        ("2001:db8::7", 2020, 2999, Some("https://[2001:db8::7]:0")),
        ("call.example", 2020, 2021, None),
        ("call.example", 2998, 2999, None),
    ] {
        place.signed(name, from, to);
        let (said, status) = place.check(&[&QUIET[..], &arguments].concat());
        let promise = said.lines().find(|line| line.contains("browsers give camera"));
        let expected = pages.map(|pages| format!("ok     {pages}: browsers give camera and microphone"));
        assert_eq!((promise, status), (expected.as_deref(), if pages.is_some() { 0 } else { 2 }), "{said}");
    }
    place.certificate("own", 2020, 2999);
    let arguments = ["--certificate", "own.pem", "--key", "own.key", "--tls-port", "0"];
    let (said, status) = place.check(&[&QUIET[..], &arguments].concat());
    assert!(status == 0 && said.contains("note   tls.certificate: it is signed by itself"), "{said}");
    assert!(!said.contains("browsers give camera"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_check_tells_root_which_files_the_packages_service_cannot_read() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    place.certificate("own", 2020, 2999);
    let arguments = ["--certificate", "own.pem", "--key", "own.key", "--tls-port", "0"];
    let (said, status) = place.check(&[&QUIET[..], &arguments].concat());
    // Who is not root sees for himself.
    let notes = said.lines().filter(|line| line.contains("is not open to everybody")).count();
    assert_eq!((notes, status), (if is_root() { 2 } else { 0 }, 0), "{said}");
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn the_check_names_the_pages_of_ones_own_network_and_the_certificate_that_is_kept() {
    let place = Place::new();
    let port = free_port().to_string();
    let arguments = ["--lan", "--host", "127.0.0.1", "--port", &port, "--tls-port", "0"];
    let arguments = [&arguments[..], &["--set", "relay.enabled=false"]].concat();
    let (said, status) = place.check(&arguments);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("note   tls.lan: the start makes a new certificate"), "{said}");
    let pages: Vec<_> = said.lines().filter(|line| line.contains("https://")).collect();
    let expected = "ok     https://127.0.0.1:0: browsers warn once, then give camera and microphone";
    assert_eq!(pages, [expected], "only where it listens");
    let _running = place.serving(&arguments);
    let (said, status) = place.check(&arguments);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("ok     tls.lan: the certificate that is kept is good for 82"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_check_names_the_port_that_somebody_without_rights_gets() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let first_free = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    if first_free.trim().parse::<u16>().unwrap() <= 443 {
        return eprintln!("skipped: on this system everybody may have port 443");
    }
    let place = Place::new();
    let mut command = place.command(&[&["check", "--lan", "--state", "none"], &QUIET[..]].concat());
    if is_root() {
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    let said = match command.output() {
        Err(fault) if fault.kind() == std::io::ErrorKind::PermissionDenied => {
            return eprintln!("skipped: this folder is closed to the user nobody");
        }
        output => text(&output.unwrap().stdout),
    };
    assert!(said.contains("so HTTPS will be at port 3443"), "{said}");
    assert!(said.contains("ok     https://127.0.0.1:3443: browsers warn once"), "{said}");
}

#[test]
fn the_check_says_whether_browsers_trust_the_authority() {
    let arguments = ["--domain", "call.invalid", "--tls-port", "0"];
    let check = |others: &[&str]| Place::new().check(&[&QUIET[..], &arguments, others].concat()).0;
    let said = check(&[]);
    assert!(said.contains("ok     https://call.invalid:0: browsers give camera and microphone"), "{said}");
    assert!(said.contains("note   tls.domains: no certificate is kept yet; the start fetches one"), "{said}");
    let said = check(&["--set", "tls.staging=true"]);
    assert!(said.contains("note   https://call.invalid:0: browsers do not trust this authority"), "{said}");
    let said = check(&["--set", "tls.directory_roots=nowhere.pem"]);
    assert!(said.contains("wrong  tls.directory_roots: nowhere.pem cannot be used: "), "{said}");
}

#[test]
fn the_check_leaves_https_to_a_proxy() {
    let arguments = ["--set", "server.trusted_proxies=127.0.0.1"];
    let (said, status) = Place::new().check(&[&QUIET[..], &arguments].concat());
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("note   server.trusted_proxies: HTTPS is the reverse proxy's task"), "{said}");
}

#[test]
fn the_check_says_whether_browsers_find_the_relay_behind_a_cdn() {
    let check = |proxies: &str, host: &str| {
        let (proxies, host) = (format!("server.trusted_proxies={proxies}"), format!("relay.host={host}"));
        let own = ["--host", "127.0.0.1", "--port", "0", "--set", "relay.port=0"];
        Place::new().check(&[&own[..], &["--set", &proxies, "--set", &host]].concat()).0
    };
    let note = "note   relay.host: browsers look for the relay by the page's name";
    assert!(check("203.0.113.0/24", "").contains(note));
    assert!(!check("127.0.0.1", "").contains("relay.host"), "a proxy on this machine");
    for host in ["2001:db8::7", "[2001:db8::7]", "192.0.2.7"] {
        let said = check("203.0.113.0/24", host);
        assert!(!said.contains("relay.host"), "there is nothing to look up: {said}");
    }
    let said = check("203.0.113.0/24", "Turn.invalid.");
    assert!(said.contains("wrong  relay.host: turn.invalid has no address in the DNS"), "{said}");
}

#[test]
fn the_check_names_a_folder_that_cannot_be_written() {
    let place = Place::new();
    place.write("file", "");
    let state = place.path().join("file/state").display().to_string();
    let (said, status) = place.check(&[&QUIET[..], &["--state", &state]].concat());
    assert!(status == 2 && said.contains("wrong  server.state: "), "{said}");
}

#[test]
fn a_name_without_an_address_is_wrong() {
    // RFC 6761, section 6.4: there is never such a name.
    let arguments = ["--domain", "call.invalid", "--tls-port", "0"];
    let (said, status) = Place::new().check(&[&QUIET[..], &arguments].concat());
    assert!(status == 2 && said.contains("wrong  tls.domains: "), "{said}");
}

#[test]
fn a_running_server_is_found_well_and_left_alone() {
    let place = Place::new();
    let port = free_port().to_string();
    let arguments = ["--host", "127.0.0.1", "--port", &port, "--set", "relay.enabled=false"];
    let health = || place.run(&[&["health"], &arguments[..]].concat()).status.code();
    assert_eq!(health(), Some(1));
    let _running = place.serving(&arguments);
    let (said, status) = place.check(&arguments);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("is in use, by the running Parlor"), "{said}");
    assert_eq!(health(), Some(0));
}
