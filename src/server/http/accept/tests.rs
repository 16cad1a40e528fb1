//! Protocols told apart within TLS.

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::server::config::Config;

/// Sends `text` over a connection that offers `alpn`; returns all that comes back until the server closes.
async fn talk(server: &Arc<HttpServer>, trusted: &RootCertStore, alpn: &str, text: &[u8]) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (far, address) = listener.accept().await.unwrap();
    let serving = server.clone();
    let server = tokio::spawn(async move {
        let transport = TransportInfo { address, scheme: Scheme::Https };
        if let Some(relay) = serving.serve(far, transport, &Activity::default()).await {
            relay.await;
        }
    });
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut client = client.with_root_certificates(trusted.clone()).with_no_client_auth();
    client.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, near).await.unwrap();
    stream.write_all(text).await.unwrap();
    let mut heard = Vec::new();
    drop(stream.read_to_end(&mut heard).await);
    server.await.unwrap();
    heard
}

#[tokio::test]
async fn the_first_byte_tells_turn_from_http() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.tls.lan = true;
    config.server.state = folder.path().into();
    let tls = Arc::new(Tls::open(&config).unwrap().unwrap());
    let mut trusted = RootCertStore::empty();
    trusted.add(tls.certificate().unwrap().key().cert[0].clone()).unwrap();
    let serve_turn: ServeTurn = Arc::new(|mut stream, address| {
        Box::pin(async move {
            assert!(address.ip().is_loopback());
            let mut bytes = [0; 4];
            stream.read_exact(&mut bytes).await.unwrap();
            bytes.reverse();
            stream.write_all(&bytes).await.unwrap();
            stream.shutdown().await.unwrap();
        })
    });
    let router = Router::new().route("/", get(async || "page"));
    let server = HttpServer::new(&config, router, Some(tls), Some(serve_turn), TaskTracker::new());
    let server = Arc::new(server);
    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for alpn in ["http/1.1", "stun.turn"] {
        assert_eq!(talk(&server, &trusted, alpn, &[0, 3, 0, 8]).await, [8, 0, 3, 0], "{alpn}");
    }
    assert_eq!(talk(&server, &trusted, "stun.turn", b"GET ").await, b" TEG", "it said what it speaks");
    let page = talk(&server, &trusted, "http/1.1", request).await;
    assert!(page.starts_with(b"HTTP/1.1 200") && page.ends_with(b"page"));
}
