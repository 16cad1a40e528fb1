//! What a host watches: who may, and what it tells.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::SinkExt;
use futures::future::join_all;
use parlor::protocol::{CloseCode, ErrorCode, PeerId, ServerMsg};
use parlor::server::config::Config;
use tokio_tungstenite::tungstenite::Message;

use crate::lab::{Answer, HealthyPair, Server, join, resume, sealed, to, until};

pub(crate) const TOKEN: &str = "0123456789abcdef";

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

/// What `/metrics` tells.
pub(crate) struct Metrics(String);

impl Metrics {
    async fn of(server: &Server) -> Self {
        Self::by(server, &[]).await
    }

    /// For whoever shows these headers.
    pub(crate) async fn by(server: &Server, headers: &[(&str, &str)]) -> Self {
        let answer = server.watch("/metrics", headers).await;
        assert_eq!(answer.status(), 200, "{}", answer.0);
        assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        Self(answer.0)
    }

    /// The value of a name with its labels.
    pub(crate) fn value(&self, name: &str) -> f64 {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.0)).parse().unwrap()
    }
}

/// Waits until a metric has a value.
pub(crate) async fn becomes(server: &Server, name: &str, value: f64) {
    until(&format!("{name} {value}"), async || Metrics::of(server).await.value(name) == value).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_rooms_and_sockets_are_counted_up_and_down() {
    let server = Server::with(|config| {
        watched(config);
        config.rooms.grace = Duration::from_secs(3_600);
    })
    .await;
    let before = Metrics::of(&server).await;
    for name in ["sockets", "rooms", "seats{state=\"present\"}", "seats{state=\"away\"}", "signals_total"] {
        assert_eq!(before.value(&format!("parlor_{name}")), 0.0, "{name}");
    }
    let (mut one, mut two) = server.pair("4711").await;
    let (other, _) = server.seat("4712").await;
    one.say(&to(2, sealed("x"))).await;
    two.hears(1, &sealed("x")).await;
    let now = Metrics::of(&server).await;
    for (name, value) in
        [("sockets", 3.0), ("rooms", 2.0), ("seats{state=\"present\"}", 3.0), ("signals_total", 1.0)]
    {
        assert_eq!(now.value(&format!("parlor_{name}")), value, "{name}");
    }
    // A join is counted when all of it is done, which is after its answer.
    for (name, value) in [
        ("joins_total{how=\"created\"}", 2.0),
        ("joins_total{how=\"joined\"}", 1.0),
        ("join_seconds_count", 3.0),
    ] {
        becomes(&server, &format!("parlor_{name}"), value).await;
    }
    two.text(r#"{"type":"leave"}"#).await;
    assert_eq!(one.next().await, ServerMsg::PeerLeft { peer: PeerId(2) });
    drop(two);
    let mut two = server.connect().await;
    let seated = two.join("4711").await;
    drop(two);
    becomes(&server, "parlor_seats{state=\"away\"}", 1.0).await;
    assert_eq!(Metrics::of(&server).await.value("parlor_seats{state=\"present\"}"), 2.0);
    let mut two = server.connect().await;
    two.say(&resume(&seated, false)).await;
    assert!(two.seated().await.resumed);
    assert_eq!(Metrics::of(&server).await.value("parlor_seats{state=\"away\"}"), 0.0);
    becomes(&server, "parlor_joins_total{how=\"back\"}", 1.0).await;
    for client in [&mut one, &mut two] {
        client.text(r#"{"type":"leave"}"#).await;
    }
    becomes(&server, "parlor_rooms", 1.0).await;
    drop((one, two, other));
    becomes(&server, "parlor_sockets", 0.0).await;
    becomes(&server, "parlor_seats{state=\"away\"}", 1.0).await;
    assert_eq!(Metrics::of(&server).await.value("parlor_seats{state=\"present\"}"), 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_that_expire_are_counted_no_longer() {
    let server = Server::with(|config| {
        watched(config);
        config.rooms.grace = Duration::from_millis(50);
    })
    .await;
    drop(server.pair("4711").await);
    becomes(&server, "parlor_joins_total{how=\"joined\"}", 1.0).await;
    for name in ["rooms", "seats{state=\"present\"}", "seats{state=\"away\"}"] {
        becomes(&server, &format!("parlor_{name}"), 0.0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_and_closes_are_counted_by_their_reason() {
    let server = Server::with(|config| {
        watched(config);
        config.server.names = vec!["call.example".into()];
    })
    .await;
    let _pair = server.pair("4711").await;
    let mut third = server.connect().await;
    third.say(&join("4711")).await;
    assert!(matches!(third.next().await, ServerMsg::FullRoom { .. }));
    third.refused("rubbish", ErrorCode::BadMessage).await;
    third.ws.send(Message::binary(vec![0])).await.unwrap();
    assert_eq!(third.closed().await, CloseCode::NotText);
    assert!(server.try_connect(&[("origin", "https://evil.example")]).await.is_err());
    assert_eq!(server.get("/", &[("host", "evil.example")]).await.status(), 421);
    becomes(&server, "parlor_closes_total{code=\"1003\"}", 1.0).await;
    let now = Metrics::of(&server).await;
    for why in ["room_full", "origin", "name"] {
        assert_eq!(now.value(&format!("parlor_refused_total{{why=\"{why}\"}}")), 1.0, "{why}");
    }
    assert_eq!(now.value("parlor_bad_messages_total"), 1.0);
    assert_eq!(now.value("parlor_closes_total{code=\"4005\"}"), 0.0, "there before it first happens");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_message_is_counted_even_the_one_that_closes_the_socket() {
    let server = Server::with(|config| {
        watched(config);
        config.limits.bad_messages = 2;
    })
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.refused("{", ErrorCode::BadMessage).await;
    }
    client.text("{").await;
    assert_eq!(client.closed().await, CloseCode::BadMessages);
    assert_eq!(Metrics::of(&server).await.value("parlor_bad_messages_total"), 3.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_is_watched_until_its_sockets_have_ended() {
    let mut server = Server::with(watched).await;
    assert_eq!(Metrics::of(&server).await.value("parlor_draining"), 0.0);
    let (mut one, _) = server.seat("1").await;
    // It does not answer the close, and so holds up the end.
    let (deaf, _) = server.seat("2").await;
    server.ask_to_stop();
    let (closed, ()) = tokio::join!(one.closed(), becomes(&server, "parlor_draining", 1.0));
    assert_eq!(closed, CloseCode::Restart);
    server.ended().await;
    drop(deaf);
}

#[tokio::test]
async fn the_process_and_the_release_are_told() {
    let server = Server::with(watched).await;
    let metrics = Metrics::of(&server).await;
    let build = format!("parlor_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(metrics.value(&build), 1.0);
    assert!(metrics.value("process_start_time_seconds") > 1.7e9);
    if cfg!(target_os = "linux") {
        for name in ["resident_memory_bytes", "virtual_memory_bytes", "threads", "open_fds", "max_fds"] {
            assert!(metrics.value(&format!("process_{name}")) > 0.0, "{name}");
        }
        assert!(metrics.value("process_cpu_seconds_total") >= 0.0);
    }
    assert_eq!(metrics.value("parlor_ledger_failing"), 0.0);
    let headers = [("accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")];
    let answer = server.watch("/metrics", &headers).await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(answer.0.ends_with("# EOF\n"), "{}", answer.0);
}

#[tokio::test]
async fn seats_that_cannot_be_written_down_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let server = Server::with(|config| {
        watched(config);
        config.server.state = file.join("state");
    })
    .await;
    assert_eq!(Metrics::of(&server).await.value("parlor_ledger_failing"), 1.0);
}

#[tokio::test]
async fn seats_that_cannot_be_written_down_any_more_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let server = Server::with(|config| {
        watched(config);
        config.server.state = state.clone();
    })
    .await;
    assert_eq!(Metrics::of(&server).await.value("parlor_ledger_failing"), 0.0);
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::write(&state, "").unwrap();
    becomes(&server, "parlor_ledger_failing", 1.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_room_no_name_and_no_address_is_told() {
    let server = Server::with(watched).await;
    let mut one = server.connect_from(7).await;
    let name = r#"{"type":"join","room":"48291377","hello":"2.Wilhelmine","door":"Wilhelmine"}"#;
    one.text(name).await;
    one.seated().await;
    assert_eq!(server.get("/room/48291377", &[]).await.status(), 200);
    let told = Metrics::of(&server).await.0;
    let (_, told) = told.split_once("\r\n\r\n").unwrap();
    let (page, json) = (server.watch("/status", &[]).await.0, server.watch("/api/v1/status", &[]).await.0);
    for secret in ["48291377", "Wilhelmine", "127.0.0"] {
        for told in [told, &page, &json] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    let labels = told.lines().filter_map(|line| Some(line.split_once('{')?.1.split_once('}')?.0));
    let known = ["state", "how", "why", "code", "dropped", "version", "le"];
    for (label, _) in labels.flat_map(|labels| labels.split(',')).filter_map(|label| label.split_once('=')) {
        assert!(known.contains(&label), "{label}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_are_answered_and_disturb_nobody() {
    let server = Server::with(watched).await;
    let pair = HealthyPair::start(&server).await;
    for path in ["/metrics", "/status", "/api/v1/status"] {
        for _ in 0..125 {
            let answers = (0..8).map(|_| server.watch(path, &[]));
            assert!(join_all(answers).await.iter().all(|answer| answer.status() == 200), "{path}");
        }
    }
    pair.stays_well().await;
}

/// The status as JSON.
fn json(answer: &Answer) -> serde_json::Value {
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("application/json")));
    serde_json::from_str(answer.0.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_tells_how_many_rooms_have_how_many_people() {
    let server = Server::with(|config| {
        watched(config);
        config.rooms.capacity = 8;
    })
    .await;
    let (_alone, _) = server.seat("1").await;
    let (_pair, mut trio) = (server.pair("2").await, Vec::new());
    for _ in 0..3 {
        trio.push(server.seat("3").await.0);
    }
    let _without = server.connect().await;
    let status = json(&server.watch("/api/v1/status", &[]).await);
    assert_eq!(
        status["rooms"],
        serde_json::json!({ "1": 1, "2": 1, "3": 1, "4": 0, "5": 0, "6": 0, "7": 0, "8": 0 })
    );
    assert_eq!((&status["sockets"], &status["ready"]), (&7.into(), &true.into()));
    assert_eq!((&status["relay"], &status["release"]), (&().into(), &env!("CARGO_PKG_VERSION").into()));
    assert!(status["uptime"].is_u64() && status.get("why").is_none(), "{status}");
    trio.pop().unwrap().text(r#"{"type":"leave"}"#).await;
    until("a room of three to be one of two", async || {
        json(&server.watch("/api/v1/status", &[]).await)["rooms"]["2"] == 2
    })
    .await;
}

#[tokio::test]
async fn the_status_is_a_page_for_people_and_json_for_programs() {
    let server = Server::with(watched).await;
    for accept in ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*"] {
        let page = server.watch("/status", &[("accept", accept)]).await;
        assert_eq!((page.status(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(page.0.contains("<h1>Ready</h1>"), "{}", page.0);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        for (name, value) in
            [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("vary", "accept")]
        {
            assert_eq!(page.header(name), Some(value), "{name}");
        }
    }
    let status = json(&server.watch("/status", &[("accept", "application/json")]).await);
    assert_eq!(status["ready"], true);
}

#[tokio::test]
async fn the_dashboard_shows_every_metric_and_no_other() {
    const DASHBOARD: &str = include_str!("../../docs/grafana.json");
    let server = Server::with(watched).await;
    let metrics = Metrics::of(&server).await.0;
    let named = |line: &str| line.split(['{', ' ']).next().unwrap().to_owned();
    let samples: BTreeSet<_> = metrics.lines().filter(|line| !line.starts_with('#')).map(named).collect();
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries: Vec<_> = queries.map(|target| target["expr"].as_str().unwrap()).collect();
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = queries.iter().flat_map(|query| query.split(|letter| !is_of_name(letter)));
    let is_metric = |word: &&str| word.starts_with("parlor_") || word.starts_with("process_");
    let shown: BTreeSet<_> = words.filter(is_metric).map(str::to_owned).collect();
    // Other systems tell less of a process.
    if cfg!(target_os = "linux") {
        assert_eq!(shown.difference(&samples).next(), None, "scripts/build/grafana.mjs makes it anew");
    }
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")).map(named);
    for name in types {
        let is_shown = shown.contains(&name) || shown.contains(&format!("{name}_bucket"));
        assert!(is_shown, "{name}: scripts/build/grafana.mjs makes the dashboard anew");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_knows_a_room_and_has_the_token_learns_how_many_are_there() {
    let server = Server::with(|config| {
        watched(config);
        config.ops.token = TOKEN.into();
    })
    .await;
    let token = format!("Bearer {TOKEN}");
    let room = async |number: &str| {
        server.watch(&format!("/api/v1/rooms/{number}"), &[("authorization", &token)]).await
    };
    for number in ["4711", "%ff", "a%2Fb", ""] {
        assert_eq!(room(number).await.status() / 100, 4, "{number}");
    }
    let (_one, two) = server.pair("4711").await;
    let status = json(&room("4711").await);
    assert_eq!((&status["present"], &status["away"]), (&2.into(), &0.into()));
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!((now - 60..=now).contains(&status["since"].as_u64().unwrap()), "{status}");
    drop(two);
    until("a seat to be away", async || json(&room("4711").await)["away"] == 1).await;
    assert_eq!(server.watch("/api/v1/rooms/4711", &[]).await.status(), 401);
    let server = Server::with(watched).await;
    let _pair = server.pair("4711").await;
    assert_eq!(server.watch("/api/v1/rooms/4711", &[]).await.status(), 404, "without a token");
}
