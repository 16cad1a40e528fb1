//! The names of a server, and what is asked of it by others.

use axum::http::Request;

use crate::authority::Authority;
use crate::lab::{Answer, Server, certified, socket, soon, tls};

/// A server that is `call.example`, with HTTPS.
fn named() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.server.names = vec!["call.example".into()];
    (folder, Server::start(config))
}

fn is_guarded(answer: &Answer) -> bool {
    answer.header("x-content-type-options") == Some("nosniff")
        && answer.header("cross-origin-resource-policy") == Some("same-origin")
}

#[tokio::test]
async fn other_names_than_its_own_are_misdirected() {
    let (_folder, server) = named();
    for path in ["/", "/room/1", "/ice", "/ws"] {
        for host in ["evil", "evil:443", "call.example.evil", "192.0.2.1"] {
            for answer in
                [server.get_tls(path, &[("host", host)]).await, server.get(path, &[("host", host)]).await]
            {
                assert_eq!(answer.status(), 421, "{host}{path}");
                assert!(answer.0.contains("server.names") && is_guarded(&answer), "{}", answer.0);
            }
        }
    }
    for host in ["call.example", "CALL.example.:443", "localhost", "127.0.0.1:1", "[::1]"] {
        assert_eq!(server.get_tls("/", &[("host", host)]).await.status(), 200, "{host}");
    }
    // Those who watch over a server ask by its address.
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path, &[("host", "192.0.2.1")]).await.status(), 200, "{path}");
    }
    server.ended().await;
}

#[tokio::test]
async fn a_page_that_has_its_own_name_lead_here_opens_no_socket() {
    let (_folder, server) = named();
    let opens = async |host: &str, headers: &[(&'static str, &str)]| {
        socket(tls(server.https, &["http/1.1"]).await.unwrap(), host, headers).await.is_ok()
    };
    assert!(!opens("evil", &[("origin", "https://evil")]).await);
    assert!(opens("call.example", &[("origin", "https://call.example")]).await);
    server.ended().await;
}

#[tokio::test]
async fn http2_names_are_looked_at_as_well() {
    let (_folder, server) = named();
    let (requests, connection) =
        h2::client::handshake(tls(server.https, &["h2"]).await.unwrap()).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut requests = requests.ready().await.unwrap();
    for (host, status) in [("evil", 421), ("call.example", 200)] {
        let request = Request::get(format!("https://{host}/")).body(()).unwrap();
        let answer = soon("an answer", requests.send_request(request, true).unwrap().0).await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
    }
    drop(requests);
    server.ended().await;
    drop(soon("the end of the connection", connection).await);
}

#[tokio::test]
async fn a_trusted_proxy_says_by_which_name_it_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.server.names = vec!["call.example".into()];
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let server = Server::start(config);
    let from = ("x-forwarded-for", "192.0.2.1");
    let https = ("x-forwarded-proto", "https");
    for (host, status) in [("call.example", 200), ("evil", 421), ("localhost", 421)] {
        let answer = server.get("/", &[https, from, ("x-forwarded-host", host)]).await;
        assert_eq!(answer.status(), status, "{host}");
    }
    server.ended().await;
}

#[tokio::test]
async fn a_server_without_names_answers_to_all_and_guards_every_answer() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(certified(&Authority::new(), folder.path()));
    for path in ["/", "/room/1", "/ice", "/healthz", "/nowhere"] {
        let answer = server.get_tls(path, &[("host", "anything")]).await;
        assert_ne!(answer.status(), 421);
        assert!(is_guarded(&answer), "{path}: {}", answer.0);
        assert_eq!(
            answer.header("x-robots-tag").is_some_and(|robots| robots.contains("noindex")),
            matches!(path, "/room/1" | "/nowhere"),
            "{path}"
        );
    }
    assert!(is_guarded(&server.get("/", &[]).await), "on the way to HTTPS");
    server.ended().await;
    // What a crawler may not fetch cannot tell it that it is not to be listed.
    assert!(!include_str!("../../public/robots.txt").contains("Disallow: /"));
}
