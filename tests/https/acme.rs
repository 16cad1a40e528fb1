//! A certificate from an ACME authority: Pebble, which Let's Encrypt made for such tests, and its DNS.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tokio::net::TcpStream;

use crate::authority::Authority;
use crate::lab::{Server, plain, shown, until};

/// Ended when dropped.
struct Program(Child);

impl Program {
    fn start(name: &str, arguments: &[&str]) -> Option<Self> {
        let child = Command::new(name)
            .args(arguments)
            // Neither naps nor nonces refused at random, with which it teaches patience.
            .envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "0"), ("PEBBLE_AUTHZREUSE", "0")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.ok().map(Self)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Pebble takes its ports by number.
fn free_ports<const N: usize>() -> [u16; N] {
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|held| held.local_addr().unwrap().port())
}

async fn listens(port: u16) {
    until("a program to listen", async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
}

struct Pebble {
    _programs: [Program; 2],
    directory: String,
}

impl Pebble {
    /// An authority that looks for proofs at port `https`.
    async fn start(folder: &Path, https: u16) -> Option<Self> {
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
        }});
        let file = folder.join("pebble.json");
        fs::write(&file, config.to_string()).unwrap();
        let (dns_at, manager_at) = (format!("127.0.0.1:{dns}"), format!("127.0.0.1:{dns_manager}"));
        let names = Program::start(
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
        let pebble = Program::start("pebble", &["-config", file.to_str().unwrap(), "-dnsserver", &dns_at])?;
        listens(listen).await;
        Some(Self { _programs: [names, pebble], directory: format!("https://localhost:{listen}/dir") })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_fetched_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let [https] = free_ports();
    let Some(pebble) = Pebble::start(folder.path(), https).await else {
        eprintln!("skipped: Pebble is not installed (Debian package pebble)");
        return;
    };
    let mut config = plain();
    config.server.state = folder.path().join("state");
    config.tls.port = https;
    config.tls.domains = vec!["Call.example".into(), "www.call.example".into()];
    config.tls.contact = "host@call.example".into();
    config.tls.directory = pebble.directory.clone();
    config.tls.directory_roots = folder.path().join("roots.pem");
    let server = Server::start(config.clone());
    assert_eq!(server.get("/healthz", &[]).await.status(), 200, "before there is a certificate");
    until("a certificate", async || shown(server.https).await.is_some()).await;
    let (number, names) = shown(server.https).await.unwrap();
    assert!(names.contains("\"call.example\"") && names.contains("\"www.call.example\""), "{names}");
    assert_eq!(server.get("/", &[]).await.status(), 308);
    let kept = || fs::read_dir(folder.path().join("state/tls")).unwrap().map(|file| file.unwrap().path());
    until("the certificate to be kept", async || {
        kept().any(|file| file.extension().is_some_and(|end| end == "pem"))
    })
    .await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("state/tls")), 0o700);
    assert!(kept().count() >= 2 && kept().all(|file| mode(&file) == 0o600));
    server.ended().await;

    // The authority is gone, the certificate is not.
    drop(pebble);
    let server = Server::start(config);
    until("the certificate from the folder", async || shown(server.https).await.is_some()).await;
    assert_eq!(shown(server.https).await.unwrap().0, number);
    server.ended().await;
}
