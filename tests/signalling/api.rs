//! What programs with the token do to rooms.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parlor::protocol::{ClientMsg, CloseCode, PeerId, RoomId, Seated, ServerMsg};
use parlor::server::config::Config;
use rcgen::{CertificateParams, KeyPair};

use crate::lab::{Answer, Server, resume, sealed, to, until};
use crate::ops::{Metrics, TOKEN};

/// A server that programs with the token act on.
fn served(config: &mut Config) {
    config.ops.address = "127.0.0.1:0".into();
    config.ops.token = TOKEN.into();
    config.rooms.grace = Duration::from_secs(3_600);
}

async fn act(server: &Server, method: &str, path: &str) -> Answer {
    server.act(method, path, &[("authorization", &format!("Bearer {TOKEN}"))]).await
}

async fn end(server: &Server, room: &str) -> u16 {
    act(server, "DELETE", &format!("/api/v1/rooms/{room}")).await.status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_ended_is_over_for_everybody_in_the_room_and_for_nobody_else() {
    let server = Server::with(served).await;
    let (mut one, seated) = server.seat("4711").await;
    let (mut two, _) = server.seat("4711").await;
    let (mut bystander, mut third) = (server.seat("4712").await.0, server.connect().await);
    let room = RoomId::from_typed("4711").unwrap();
    third.say(&ClientMsg::Wait { room: room.clone() }).await;
    assert_eq!(third.next().await, ServerMsg::Waiting { room: room.clone() });
    let answer = act(&server, "DELETE", "/api/v1/rooms/4711").await;
    assert_eq!((answer.status(), answer.0.split("\r\n\r\n").nth(1)), (204, Some("")));
    assert_eq!((one.closed().await, two.closed().await), (CloseCode::Ended, CloseCode::Ended));
    assert_eq!(third.next().await, ServerMsg::SeatFree { room });
    assert_eq!(act(&server, "GET", "/api/v1/rooms/4711").await.status(), 404);
    assert_eq!(end(&server, "4711").await, 404, "nobody is there any more");
    until("both closes to be counted", async || {
        let metrics = Metrics::by(&server, &[("authorization", &format!("Bearer {TOKEN}"))]).await;
        metrics.value("parlor_closes_total{code=\"4007\"}") == 2.0
            && metrics.value("parlor_rooms_ended_total") == 1.0
            && metrics.value("parlor_seats{state=\"present\"}") == 1.0
            && metrics.value("parlor_rooms") == 1.0
    })
    .await;
    let mut again = server.connect().await;
    again.say(&resume(&seated, false)).await;
    let seated = again.seated().await;
    assert_eq!((seated.resumed, seated.peer, seated.peers.len()), (false, PeerId(1), 0), "a call of its own");
    bystander.text(r#"{"type":"leave"}"#).await;
    until("the other room to be left", async || end(&server, "4712").await == 404).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_that_is_kept_for_a_return_ends_with_its_call() {
    let state = tempfile::tempdir().unwrap();
    let kept = |config: &mut Config| {
        served(config);
        config.server.state = state.path().to_owned();
    };
    let mut server = Server::with(kept).await;
    let mut seats = Vec::new();
    for room in ["4711", "4712", "4713"] {
        seats.push(server.seat(room).await.1);
        let path = format!("/api/v1/rooms/{room}");
        until("a seat to be away", async || act(&server, "GET", &path).await.0.contains(r#""away":1"#)).await;
    }
    for room in ["4711", "4712"] {
        assert_eq!(end(&server, room).await, 204);
    }
    assert!(!comes_back(&server, &seats[0]).await);
    let address = server.address;
    server.ask_to_stop();
    server.ended().await;
    let server = Server::with_at(address, kept).await;
    for (seat, is_kept) in seats.iter().zip([false, false, true]).skip(1) {
        assert_eq!(comes_back(&server, seat).await, is_kept, "after a restart");
    }
}

/// Whether a page that shows the token of this seat gets it.
async fn comes_back(server: &Server, seat: &Seated) -> bool {
    let mut page = server.connect().await;
    page.say(&resume(seat, false)).await;
    page.seated().await.resumed
}

#[tokio::test]
async fn only_who_has_the_token_and_a_number_ends_a_call() {
    let server = Server::with(served).await;
    let (_one, _) = server.seat("4711").await;
    for (room, status) in [("4712", 404), ("a%2Fb", 400), ("%ff", 400), (&"1".repeat(65), 400), ("", 404)] {
        assert_eq!(end(&server, room).await, status, "{room}");
    }
    for headers in [&[][..], &[("authorization", "Bearer 0123456789abcdeF")]] {
        assert_eq!(server.act("DELETE", "/api/v1/rooms/4711", headers).await.status(), 401);
    }
    let headers = [("authorization", &*format!("Bearer {TOKEN}"))];
    let public = Server::request(server.address, "DELETE", "/api/v1/rooms/4711", &headers);
    assert_eq!(public.await.status() / 100, 4, "not at the public port");
    assert_eq!(act(&server, "GET", "/api/v1/rooms/4711").await.status(), 200, "nothing has happened");
    let tokenless = Server::with(|config| config.ops.address = "127.0.0.1:0".into()).await;
    let (_one, _) = tokenless.seat("4711").await;
    assert_eq!(tokenless.act("DELETE", "/api/v1/rooms/4711", &[]).await.status(), 404, "without a token");
}

/// A certificate for two names of this server, and its key, as files.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let names = ["*.call.example", "call.example", "www.call.example"].map(str::to_owned);
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let files = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&files.0, certificate.pem()).unwrap();
    std::fs::write(&files.1, key.serialize_pem()).unwrap();
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_gets_numbers_that_nobody_has() {
    let server = Server::with(served).await;
    let mut numbers = BTreeSet::new();
    for _ in 0..50 {
        let made = made(&act(&server, "POST", "/api/v1/rooms").await);
        let number = made["room"].as_str().unwrap().to_owned();
        assert!(number.len() == 12 && number.bytes().all(|digit| digit.is_ascii_digit()), "{number}");
        assert_eq!(made.get("url"), None, "a server without HTTPS does not know its address");
        numbers.insert(number);
    }
    assert_eq!(numbers.len(), 50);
    let number = numbers.first().unwrap();
    assert_eq!(
        act(&server, "GET", &format!("/api/v1/rooms/{number}")).await.status(),
        404,
        "nothing is kept"
    );
    let _pair = server.pair(number).await;
    assert_eq!(server.act("POST", "/api/v1/rooms", &[]).await.status(), 401);
    assert_eq!(act(&server, "GET", "/api/v1/rooms").await.status(), 405, "there is no list");
    let tokenless = Server::with(|config| config.ops.address = "127.0.0.1:0".into()).await;
    assert_eq!(tokenless.act("POST", "/api/v1/rooms", &[]).await.status(), 404, "without a token");
}

#[tokio::test]
async fn a_server_with_a_certificate_tells_where_a_new_room_is() {
    let folder = tempfile::tempdir().unwrap();
    for (names, port, origin) in [
        (&[][..], 443, "https://call.example"),
        (&["www.call.example"], 8443, "https://www.call.example:8443"),
    ] {
        let server = Server::with(|config| {
            served(config);
            config.server.names = names.iter().map(|name| (*name).to_owned()).collect();
            (config.tls.certificate, config.tls.key) = certificate(folder.path());
            (config.tls.port, config.tls.public_port) = (0, port);
        })
        .await;
        let made = made(&act(&server, "POST", "/api/v1/rooms").await);
        let url = format!("{origin}/room/{}", made["room"].as_str().unwrap());
        assert_eq!(made["url"], url);
    }
}

/// The room that was made, as JSON.
fn made(answer: &Answer) -> serde_json::Value {
    assert_eq!((answer.status(), answer.header("content-type")), (201, Some("application/json")));
    serde_json::from_str(answer.0.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// What is told of a server that is drained or not: readiness at both ports, the status, and the metric.
async fn told(server: &Server) -> [String; 4] {
    let token = format!("Bearer {TOKEN}");
    let body = |answer: Answer| format!("{} {}", answer.status(), answer.0.split_once("\r\n\r\n").unwrap().1);
    let status = act(server, "GET", "/api/v1/status").await;
    let status: serde_json::Value = serde_json::from_str(status.0.split_once("\r\n\r\n").unwrap().1).unwrap();
    [
        body(server.get("/readyz", &[]).await),
        body(act(server, "GET", "/readyz").await),
        format!("{} {}", status["ready"], status["why"]),
        Metrics::by(server, &[("authorization", &token)]).await.value("parlor_draining").to_string(),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_drained_is_not_ready_and_goes_on_with_all_it_does() {
    let server = Server::with(|config| {
        served(config);
        config.rooms.capacity = 3;
    })
    .await;
    let ready = r#"{"ready":true}"#;
    let ready = [&*format!("200 {ready}"), &format!("200 {ready}"), "true null", "0"].map(str::to_owned);
    let not_ready = r#"503 {"ready":false,"why":["draining"]}"#;
    let drained = [not_ready, not_ready, r#"false ["draining"]"#, "1"].map(str::to_owned);
    let (mut one, mut two) = server.pair("4711").await;
    assert_eq!(told(&server).await, ready);
    for _ in 0..2 {
        assert_eq!(act(&server, "POST", "/api/v1/drain").await.status(), 204);
        assert_eq!(told(&server).await, drained);
    }
    let page = act(&server, "GET", "/status").await;
    assert!(page.0.contains("<h1>Not ready: the host drains the server</h1>"), "{}", page.0);
    assert_eq!(server.get("/healthz", &[]).await.status(), 200);
    one.say(&to(2, sealed("x"))).await;
    two.hears(1, &sealed("x")).await;
    assert_eq!(server.get("/room/4711", &[]).await.status(), 200);
    let (_three, seated) = server.seat("4711").await;
    assert_eq!((seated.peer, server.seat("4712").await.1.peer), (PeerId(3), PeerId(1)));
    for _ in 0..2 {
        assert_eq!(act(&server, "DELETE", "/api/v1/drain").await.status(), 204);
        assert_eq!(told(&server).await, ready);
    }
}

#[tokio::test]
async fn only_who_has_the_token_drains_the_server() {
    let server = Server::with(served).await;
    for method in ["POST", "DELETE"] {
        assert_eq!(server.act(method, "/api/v1/drain", &[]).await.status(), 401, "{method}");
        let headers = [("authorization", &*format!("Bearer {TOKEN}"))];
        let public = Server::request(server.address, method, "/api/v1/drain", &headers).await;
        assert_eq!(public.status() / 100, 4, "{method}: not at the public port");
        let tokenless = Server::with(|config| config.ops.address = "127.0.0.1:0".into()).await;
        assert_eq!(tokenless.act(method, "/api/v1/drain", &[]).await.status(), 404, "without a token");
        assert_eq!(tokenless.get("/readyz", &[]).await.status(), 200);
    }
    assert_eq!(act(&server, "GET", "/api/v1/drain").await.status(), 405);
    assert_eq!(server.get("/readyz", &[]).await.status(), 200);
}
