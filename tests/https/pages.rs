//! Pages and sockets through TLS, by HTTP/1.1 and HTTP/2, and the way there from plain HTTP.

use axum::http::Request;
use futures::future::join_all;

use crate::authority::{Authority, self_signed};
use crate::lab::{Server, certified, plain, socket, soon, tls};

#[tokio::test]
async fn page_and_call_signalling_go_through_tls() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(certified(&Authority::new(), folder.path()));
    let page = server.get_tls("/", &[]).await;
    assert_eq!(page.status(), 200);
    assert!(page.0.contains("room-input"), "{}", page.0);
    let (mut one, mut two) = (server.seat("1").await, server.seat("1").await);
    two.reaches(1, &mut one, "a").await;
    one.reaches(2, &mut two, "b").await;
    let stream = tls(server.https, &["http/1.1"]).await.unwrap();
    let foreign = socket(stream, &server.https.to_string(), &[("origin", "https://evil.example")]).await;
    assert!(foreign.is_err(), "a foreign page");
    server.ended().await;
}

#[tokio::test]
async fn browsers_get_http2_with_many_requests_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(certified(&Authority::new(), folder.path()));
    let stream = tls(server.https, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (requests, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut requests = requests.ready().await.unwrap();
    let answers: Vec<_> = (0..20)
        .map(|room| {
            let uri = format!("https://call.example/room/{room}");
            requests.send_request(Request::get(uri).body(()).unwrap(), true).unwrap().0
        })
        .collect();
    // All at once: they share a window, so one that nobody reads would hold up the others.
    let pages = answers.into_iter().map(async |answer| {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
        let mut body = answer.into_body();
        let mut bytes = 0;
        while let Some(data) = body.data().await {
            let data = data.unwrap();
            bytes += data.len();
            body.flow_control().release_capacity(data.len()).unwrap();
        }
        assert!(bytes > 1000);
    });
    soon("all pages", join_all(pages)).await;
    // The server ends it when it stops, and is not held up by it.
    server.ended().await;
    drop(soon("the end of the connection", connection).await);
}

#[tokio::test]
async fn plain_http_leads_to_https() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(certified(&Authority::new(), folder.path()));
    let port = server.https.port();
    let moved = server.get("/room/4711?lang=ko", &[("host", "call.example:80")]).await;
    let place = format!("https://call.example:{port}/room/4711?lang=ko");
    assert_eq!((moved.status(), moved.header("location")), (308, Some(&*place)));
    assert_eq!(moved.header("strict-transport-security"), None, "never by HTTP");
    assert_eq!(server.get("/healthz", &[]).await.status(), 200);
    assert_eq!(server.get("/", &[("host", "a@evil.example")]).await.status(), 400);
    // Nobody but a trusted proxy can talk the server out of it.
    assert_eq!(server.get("/", &[("x-forwarded-proto", "https")]).await.status(), 308);
    server.ended().await;
}

#[tokio::test]
async fn where_a_router_passes_another_port_on_browsers_are_told_that_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.tls.public_port = 443;
    (config.relay.enabled, config.relay.port, config.relay.listen) = (true, 0, config.server.host);
    let server = Server::start(config);
    let moved = server.get("/room/1", &[("host", "call.example")]).await;
    assert_eq!(moved.header("location"), Some("https://call.example/room/1"));
    let ways = server.get_tls("/ice", &[("host", "call.example")]).await;
    let inner = format!(":{}", server.https.port());
    assert!(ways.0.contains("turns:call.example:443") && !ways.0.contains(&inner), "{}", ways.0);
    server.ended().await;
}

#[tokio::test]
async fn only_a_real_certificate_binds_browsers_to_https() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let mut unwanted = certified(&authority, folder.path());
    unwanted.tls.hsts = false;
    let mut own = plain();
    (own.tls.certificate, own.tls.key) = {
        let folder = folder.path().join("own");
        std::fs::create_dir(&folder).unwrap();
        self_signed().write(&folder)
    };
    let mut lan = plain();
    lan.tls.lan = true;
    let real = certified(&authority, folder.path());
    for (config, expected) in [(real, Some("max-age=31536000")), (unwanted, None), (own, None), (lan, None)] {
        let server = Server::start(config);
        assert_eq!(server.get_tls("/", &[]).await.header("strict-transport-security"), expected);
        server.ended().await;
    }
}

#[tokio::test]
async fn a_cookie_that_came_by_https_goes_back_by_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(certified(&Authority::new(), folder.path()));
    let page = server.get_tls("/?lang=ko", &[]).await;
    assert!(page.header("set-cookie").unwrap().ends_with("; Secure"));
    server.ended().await;
}
