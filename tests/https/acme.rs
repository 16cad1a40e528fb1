//! A certificate from an ACME authority: Pebble, which Let's Encrypt made for such tests, and its DNS.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use parlor::server::config::Config;
use tokio::net::TcpStream;

use crate::authority::Authority;
use crate::lab::{Server, get, plain, shown, until};
use crate::process::{Process, Program, free_ports, listens};

/// In seconds: the life of a certificate that is not to be renewed in a test.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// One of its programs, without naps and without nonces refused at random, with which it teaches patience.
fn pebble(name: &str, arguments: &[&str]) -> Option<Program> {
    let mut command = Command::new(name);
    command.args(arguments);
    command.envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "0"), ("PEBBLE_AUTHZREUSE", "0")]);
    Program::start(command)
}

struct Pebble {
    _programs: [Program; 2],
    directory: String,
}

impl Pebble {
    /// An authority that looks for proofs at port `https` and gives certificates for so many seconds.
    async fn start(folder: &Path, https: u16, life: u64) -> Option<Self> {
        let [dns, dns_manager, listen, manager] = free_ports();
        let own = Authority::new();
        fs::write(folder.join("roots.pem"), &own.pem).unwrap();
        let (certificate, key) = own.make(1, 90).write(folder);
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{listen}"),
            "managementListenAddress": format!("127.0.0.1:{manager}"),
            "certificate": certificate,
            "privateKey": key,
            "httpPort": 1,
            "tlsPort": https,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "certificateValidityPeriod": life,
        }});
        let file = folder.join("pebble.json");
        fs::write(&file, config.to_string()).unwrap();
        let (dns_at, manager_at) = (format!("127.0.0.1:{dns}"), format!("127.0.0.1:{dns_manager}"));
        let names = pebble(
            "pebble-challtestsrv",
            &[
                "-dns01",
                &dns_at,
                "-management",
                &manager_at,
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-defaultIPv6",
                "",
            ],
        )?;
        listens(dns_manager).await;
        let authority = pebble("pebble", &["-config", file.to_str().unwrap(), "-dnsserver", &dns_at])?;
        listens(listen).await;
        Some(Self { _programs: [names, authority], directory: format!("https://localhost:{listen}/dir") })
    }
}

/// Settings by which a server asks `pebble`.
fn config(folder: &Path, https: u16, pebble: &Pebble) -> Config {
    let mut config = plain();
    config.server.state = folder.join("state");
    config.tls.port = https;
    config.tls.domains = vec!["Call.example".into(), "www.call.example".into()];
    config.tls.contact = "host@call.example".into();
    config.tls.directory = pebble.directory.clone();
    config.tls.directory_roots = folder.join("roots.pem");
    config
}

/// What is kept in `folder`, by the ending of its name.
fn kept(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(folder.join("state/tls")) else { return Vec::new() };
    let files = files.map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|end| end == ending)).collect()
}

async fn number(server: &Server) -> String {
    until("a certificate", async || shown(server.https).await.is_some()).await;
    shown(server.https).await.unwrap().0
}

fn skipped() {
    eprintln!("skipped: Pebble is not installed (Debian package pebble)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_fetched_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let [https] = free_ports();
    let Some(pebble) = Pebble::start(folder.path(), https, YEAR).await else { return skipped() };
    let config = config(folder.path(), https, &pebble);
    let server = Server::start(config.clone());
    assert_eq!(server.get("/healthz", &[]).await.status(), 200, "before there is a certificate");
    let first = number(&server).await;
    let (_, names) = shown(server.https).await.unwrap();
    assert!(names.contains("\"call.example\"") && names.contains("\"www.call.example\""), "{names}");
    assert_eq!(server.get("/", &[]).await.status(), 308);
    let page = server.get_tls("/", &[]).await;
    assert_eq!(page.header("strict-transport-security"), None, "an authority that browsers do not know");
    until("the certificate to be kept", async || !kept(folder.path(), "pem").is_empty()).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("state/tls")), 0o700);
    let files = [kept(folder.path(), "pem"), kept(folder.path(), "key")].concat();
    assert!(files.len() == 2 && files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    server.ended().await;

    // The authority is gone, the certificate is not.
    drop(pebble);
    let server = Server::start(config);
    assert_eq!(number(&server).await, first);
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_is_used_again_for_another_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let [https] = free_ports();
    let Some(pebble) = Pebble::start(folder.path(), https, YEAR).await else { return skipped() };
    let config = config(folder.path(), https, &pebble);
    let mut numbers = Vec::new();
    let mut accounts = Vec::new();
    for _ in 0..2 {
        let server = Server::start(config.clone());
        numbers.push(number(&server).await);
        until("the certificate to be kept", async || !kept(folder.path(), "pem").is_empty()).await;
        server.ended().await;
        accounts.push(
            kept(folder.path(), "key").into_iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>(),
        );
        fs::remove_file(&kept(folder.path(), "pem")[0]).unwrap();
    }
    assert_ne!(numbers[0], numbers[1]);
    assert_eq!((accounts[0].len(), &accounts[0]), (1, &accounts[1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_renewed_in_time_and_no_connection_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let [https] = free_ports();
    let Some(pebble) = Pebble::start(folder.path(), https, 15).await else { return skipped() };
    let server = Server::start(config(folder.path(), https, &pebble));
    let first = number(&server).await;
    let (mut one, mut two) = (server.seat("1").await, server.seat("1").await);
    until("another certificate", async || {
        one.reaches(2, &mut two, "meanwhile").await;
        two.reaches(1, &mut one, "meanwhile").await;
        number(&server).await != first
    })
    .await;
    one.reaches(2, &mut two, "after the renewal").await;
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_proof_is_told_and_waited_with() {
    let folder = tempfile::tempdir().unwrap();
    let [elsewhere, http] = free_ports();
    // It looks for the proof where nobody is.
    let Some(pebble) = Pebble::start(folder.path(), elsewhere, YEAR).await else { return skipped() };
    let state = folder.path().join("state");
    let roots = folder.path().join("roots.pem");
    let process = Process::start(
        folder.path(),
        &[
            ("PORT", &http.to_string()),
            ("PARLOR_SERVER_STATE", &state),
            ("PARLOR_TLS_DOMAINS", &"call.example"),
            ("PARLOR_TLS_DIRECTORY", &pebble.directory),
            ("PARLOR_TLS_DIRECTORY_ROOTS", &roots),
        ],
    );
    process.says("no new certificate for call.example: ").await;
    let log = process.log();
    let line = log.lines().find(|line| line.contains("no new certificate")).unwrap();
    assert!(line.ends_with("; next try in 2 minutes"), "{line}");
    assert!(line.to_lowercase().contains("connect"), "the authority's own words: {line}");
    assert_eq!(kept(folder.path(), "key").len(), 1, "the account is for the next try");
    // Without a certificate nobody is sent to HTTPS.
    let stream = TcpStream::connect(("127.0.0.1", http)).await.unwrap();
    assert_eq!(get(stream, "call.example", "/", &[]).await.status(), 200);
    // It does not wait out the two minutes when it is to stop.
    process.ended().await;
}
