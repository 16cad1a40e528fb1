//! TURN over TLS on the port of the pages, in a whole server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parlor::server::config::{Config, STATE_NONE};
use parlor::server::http::site::Site;
use parlor::server::listeners::Listeners;
use parlor::server::run;
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::client::{Client, SECRET, connect, credentials, soon};
use crate::program::Program;

/// The first bytes of a handshake that announces more.
const HALF_A_HELLO: [u8; 9] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc];

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Files of a certificate for localhost, and what trusts it.
fn certificate() -> (RootCertStore, tempfile::TempDir) {
    let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.path().join(CERTIFICATE), certificate.pem()).unwrap();
    std::fs::write(folder.path().join(KEY), key.serialize_pem()).unwrap();
    let mut trusting = RootCertStore::empty();
    trusting.add(certificate.der().clone()).unwrap();
    (trusting, folder)
}

async fn stream(server: SocketAddr, trusting: RootCertStore, alpn: &[&str]) -> TlsStream<TcpStream> {
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let client = client.with_safe_default_protocol_versions().unwrap();
    let mut client = client.with_root_certificates(trusting).with_no_client_auth();
    client.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(server).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    soon("a handshake", TlsConnector::from(Arc::new(client)).connect(name, stream)).await.unwrap()
}

/// A running server with a certificate; stops when dropped.
struct Whole {
    https: SocketAddr,
    udp: SocketAddr,
    trusting: RootCertStore,
    _folder: tempfile::TempDir,
    _stop: oneshot::Sender<()>,
}

impl Whole {
    fn start(change: impl FnOnce(&mut Config)) -> Self {
        let (trusting, folder) = certificate();
        let mut config = Config::default();
        (config.server.host, config.relay.listen) = (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into());
        (config.server.port, config.tls.port, config.relay.port) = (0, 0, 0);
        (config.server.state, config.relay.secret) = (STATE_NONE.into(), SECRET.into());
        config.tls.certificate = folder.path().join(CERTIFICATE);
        config.tls.key = folder.path().join(KEY);
        change(&mut config);
        let doors = Listeners::open(&config).unwrap();
        let (https, (udp, _)) = (doors.https().unwrap(), doors.relay_ports().unwrap());
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(run(config, doors, Site::default(), async move { drop(stopped.await) }));
        Self { https, udp, trusting, _folder: folder, _stop: stop }
    }

    async fn stream(&self, alpn: &[&str]) -> TlsStream<TcpStream> {
        stream(self.https, self.trusting.clone(), alpn).await
    }

    /// As browsers have it: without ALPN.
    async fn tls_client(&self, holder: &str) -> Client {
        Client::over_stream(self.stream(&[]).await, credentials(holder))
    }

    async fn udp_client(&self, holder: &str) -> Client {
        Client::over_udp(self.udp, credentials(holder)).await
    }
}

#[tokio::test]
async fn a_call_is_relayed_through_the_port_of_the_pages() {
    let server = Whole::start(|_| {});
    for alpn in [&[][..], &["stun.turn"], &["http/1.1"]] {
        let mut one = Client::over_stream(server.stream(alpn).await, credentials("a"));
        for mut other in [server.udp_client("b").await, server.tls_client("b").await] {
            if one.nonce.is_empty() {
                assert!(one.binding().await.ip().is_loopback());
            } else {
                one.refresh(0).await.unwrap();
            }
            connect(&mut one, &mut other).await;
            for length in [0, 1, 4, 5, 1_200] {
                one.send(0x4000, &vec![7; length]).await;
                assert_eq!(other.coming().await, vec![7; length], "{alpn:?}");
                other.send(0x4000, &vec![8; length]).await;
                assert_eq!(one.coming().await, vec![8; length], "{alpn:?}");
            }
        }
    }
    let mut page = server.stream(&["http/1.1"]).await;
    page.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    drop(soon("a page", page.read_to_string(&mut text)).await);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_handshakes_and_silent_streams_hold_up_no_call() {
    let server = Whole::start(|config| config.limits.request_timeout = Duration::from_secs(2));
    let (mut one, mut other) = (server.tls_client("a").await, server.udp_client("b").await);
    connect(&mut one, &mut other).await;
    let mut slow = Vec::new();
    for n in 0..100_u32 {
        let mut stream = TcpStream::connect(server.https).await.unwrap();
        match n % 3 {
            0 => {}
            1 => stream.write_all(&HALF_A_HELLO).await.unwrap(),
            _ => stream.write_all(&[0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42]).await.unwrap(),
        }
        slow.push(stream);
        one.send(0x4000, &n.to_be_bytes()).await;
        assert_eq!(other.coming().await, n.to_be_bytes());
        other.send(0x4000, b"and back").await;
        assert_eq!(one.coming().await, b"and back");
    }
    server.tls_client("c").await.allocate().await.unwrap();
    for mut stream in slow {
        drop(soon("the end of a handshake", stream.read_to_end(&mut Vec::new())).await);
    }
    one.send(0x4000, b"still here").await;
    assert_eq!(other.coming().await, b"still here");
}

#[tokio::test]
async fn a_stream_that_nobody_reads_takes_little_memory_and_is_closed_soon() {
    let (trusting, folder) = certificate();
    let file = |key, name| format!("tls.{key}={}", folder.path().join(name).display());
    let server = Program::start(&[
        "tls.port=0",
        &file("certificate", CERTIFICATE),
        &file("key", KEY),
        "relay.bytes_per_second_per_seat=4294967295",
        "relay.allocations_per_seat=1",
    ]);
    let (mut one, mut again) = (server.udp_client("a").await, server.udp_client("b").await);
    let stream = stream(server.tls.unwrap(), trusting, &[]).await;
    let mut other = Client::over_stream(stream, credentials("b"));
    connect(&mut one, &mut other).await;
    let before = server.memory();
    for n in 0..40_000 {
        one.send(0x4000, &[7; 1000]).await;
        if n % 100 == 0 {
            one.binding().await;
        }
    }
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes more");
    soon("the end of the stream", async {
        let mut pace = tokio::time::interval(Duration::from_millis(200));
        while again.allocate().await.is_err() {
            pace.tick().await;
        }
    })
    .await;
}
