//! Behind a reverse proxy, and beside somebody who only says so.

use tokio::net::TcpStream;

use crate::authority::Authority;
use crate::lab::{Server, certified, socket};

async fn opens(server: &Server, headers: &[(&'static str, &str)]) -> bool {
    let stream = TcpStream::connect(server.http).await.unwrap();
    socket(stream, "inside:3000", headers).await.is_ok()
}

#[tokio::test]
async fn a_trusted_proxy_speaks_for_its_visitors() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let server = Server::start(config);
    let https = ("x-forwarded-proto", "https");
    let page = server.get("/?lang=ko", &[https]).await;
    assert_eq!(page.status(), 200);
    assert!(page.header("set-cookie").unwrap().ends_with("; Secure"));
    assert_eq!(page.header("strict-transport-security"), None, "that is for the proxy to say");
    let moved =
        server.get("/x", &[("x-forwarded-proto", "http"), ("x-forwarded-host", "call.example")]).await;
    let place = format!("https://call.example:{}/x", server.https.port());
    assert_eq!((moved.status(), moved.header("location")), (308, Some(&*place)));
    let host = ("x-forwarded-host", "call.example");
    assert!(opens(&server, &[https, host, ("origin", "https://call.example")]).await);
    assert!(!opens(&server, &[https, host, ("origin", "https://inside:3000")]).await);
    server.ended().await;
}

#[tokio::test]
async fn anybody_else_speaks_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.server.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let server = Server::start(config);
    let headers = [("x-forwarded-proto", "https"), ("x-forwarded-host", "call.example")];
    let moved = server.get("/", &headers).await;
    assert_eq!(moved.status(), 308);
    assert!(moved.header("location").unwrap().starts_with("https://127.0.0.1:"));
    let page = server.get_tls("/", &[("x-forwarded-proto", "http")]).await;
    assert_eq!(page.status(), 200, "it did come by HTTPS");
    server.ended().await;
}
