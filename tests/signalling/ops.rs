//! What a host watches: who may, and what it tells.

use parlor::server::config::Config;

use crate::lab::Server;

const TOKEN: &str = "0123456789abcdef";

/// A server that is watched from this machine.
fn watched(config: &mut Config) {
    config.ops.address = "127.0.0.1:0".into();
}

#[tokio::test]
async fn nothing_is_watched_unless_it_is_set() {
    let server = Server::start().await;
    assert_eq!(server.ops, None);
    for path in ["/metrics", "/status", "/api/v1/status"] {
        assert_eq!(server.get(path, &[]).await.status(), 404, "{path}");
    }
    let server = Server::with(watched).await;
    for path in ["/metrics", "/status", "/api/v1/status"] {
        assert_eq!(server.get(path, &[]).await.status(), 404, "{path} is not at the public port");
    }
    assert_eq!(server.watch("/readyz", &[]).await.status(), 200);
}

#[tokio::test]
async fn whoever_watches_needs_the_token() {
    let server = Server::with(|config| {
        watched(config);
        config.ops.token = TOKEN.into();
    })
    .await;
    for path in ["/healthz", "/metrics", "/status", "/nowhere"] {
        for headers in [
            &[][..],
            &[("authorization", "Bearer 0123456789abcdeF")],
            &[("authorization", "Bearer")],
            &[("authorization", "Basic MDEyMzQ1Njc4OWFiY2RlZg==")],
        ] {
            let refused = server.watch(path, headers).await;
            assert_eq!(refused.status(), 401, "{path} {headers:?}");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
            assert_eq!(refused.header("x-content-type-options"), Some("nosniff"));
        }
    }
    let token = format!("Bearer {TOKEN}");
    for host in ["call.example", "127.0.0.1"] {
        let answer = server.watch("/healthz", &[("host", host), ("authorization", &token)]).await;
        assert_eq!((answer.status(), answer.header("cache-control")), (200, Some("no-store")), "{host}");
    }
    assert_eq!(server.watch("/nowhere", &[("authorization", &token)]).await.status(), 404);
}

#[tokio::test]
async fn without_a_token_only_this_machine_is_answered() {
    let server = Server::with(watched).await;
    for host in ["localhost:9464", "127.0.0.1", "[::1]:9464"] {
        assert_eq!(server.watch("/healthz", &[("host", host)]).await.status(), 200, "{host}");
    }
    for host in ["evil.example", "192.0.2.1", "localhost.evil.example", ""] {
        assert_eq!(server.watch("/healthz", &[("host", host)]).await.status(), 421, "{host}");
    }
}
