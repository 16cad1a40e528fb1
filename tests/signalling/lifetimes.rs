//! How sockets and the server come to their end.

use std::time::{Duration, Instant};

use parlor::protocol::{CloseCode, PeerId, ServerMsg};
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::lab::{HealthyPair, Server, join, soon, until};

#[tokio::test]
async fn a_socket_without_a_sign_of_life_is_given_up() {
    let server = Server::with(|config| {
        config.limits.ping = Duration::from_millis(50);
        config.limits.silent = Duration::from_millis(400);
    })
    .await;
    let pair = HealthyPair::start(&server).await;
    let (mut one, mut two) = server.pair("1").await;
    // `two` is not polled, so it answers no ping; `one` waits and answers all of them.
    assert_eq!(one.next().await, ServerMsg::PeerAway { peer: PeerId(2), unloaded: false });
    assert_eq!(two.closed().await, CloseCode::Silent);
    pair.stays_well().await;
}

#[tokio::test]
async fn a_page_hears_that_the_server_lives_though_nobody_says_anything() {
    let server = Server::with(|config| config.limits.ping = Duration::from_millis(50)).await;
    let (mut one, _) = server.seat("1").await;
    for _ in 0..3 {
        assert_eq!(one.message().await, ServerMsg::Heartbeat);
    }
}

#[tokio::test]
async fn a_socket_that_asks_for_no_seat_is_closed() {
    let server = Server::with(|config| config.limits.idle = Duration::from_millis(300)).await;
    let (mut seated, _) = server.seat("1").await;
    let mut idle = server.connect().await;
    assert_eq!(idle.closed().await, CloseCode::Idle);
    // The idle one has outlived the seated one's first moments, and that one is still there.
    let mut other = server.connect().await;
    other.say(&join("1")).await;
    assert!(matches!(seated.next().await, ServerMsg::PeerJoined(_)));
    seated.text(r#"{"type":"leave"}"#).await;
    assert_eq!(seated.closed().await, CloseCode::Idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_tells_every_socket_to_come_back_and_ends_in_time() {
    let mut server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    let mut unseated = server.connect().await;
    let (deaf, _) = server.seat("2").await;
    let mut waiting = server.tcp().await;
    let address = server.address;
    let begun = Instant::now();
    server.ask_to_stop();
    for client in [&mut one, &mut two, &mut unseated] {
        assert_eq!(client.closed().await, CloseCode::Restart);
    }
    let end = soon("the end of a connection that asked nothing", waiting.read_to_end(&mut Vec::new())).await;
    // One that was not even accepted yet ends with the listener, by a reset.
    let ended =
        end.map_or_else(|error| error.kind() == std::io::ErrorKind::ConnectionReset, |read| read == 0);
    assert!(ended, "it was neither closed nor reset");
    server.ended().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
    drop(deaf);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_is_well_and_not_ready_until_its_sockets_have_ended() {
    let mut server = Server::start().await;
    let (mut one, _) = server.seat("1").await;
    // It does not answer the close, and so holds up the end.
    let (deaf, _) = server.seat("2").await;
    server.ask_to_stop();
    // Asked from the first moment on, while the close is under way: the end waits for the deaf one only for a while.
    let not_ready = until("the server to be well and not ready", async || {
        let (ready, health) = (server.get("/readyz", &[]).await, server.get("/healthz", &[]).await);
        assert!(health.status() == 200 && health.0.ends_with("ok"), "{}", health.0);
        ready.status() == 503 && ready.0.ends_with(r#"{"ready":false,"why":["stopping"]}"#)
    });
    let no_socket = until("sockets to be refused", async || match server.try_connect(&[]).await {
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16() == 503,
        Err(other) => panic!("{other}"),
        Ok(_) => false,
    });
    let (closed, (), ()) = tokio::join!(one.closed(), not_ready, no_socket);
    assert_eq!(closed, CloseCode::Restart);
    server.ended().await;
    drop(deaf);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_told_last_that_the_server_stops_hears_nothing_of_those_told_first() {
    let mut server = Server::start().await;
    let (mut first, _) = server.seat("1").await;
    // Sockets are closed in the order of their coming, so many of them one after another.
    let mut others = Vec::new();
    for _ in 0..100 {
        others.push(server.connect().await);
    }
    let (mut last, _) = server.seat("1").await;
    assert!(matches!(first.next().await, ServerMsg::PeerJoined(_)));
    server.ask_to_stop();
    assert_eq!(first.closed().await, CloseCode::Restart);
    let next = soon("a close", async {
        loop {
            match last.frame().await {
                Message::Text(text) if text.contains("heartbeat") => {}
                other => return other,
            }
        }
    });
    assert!(
        matches!(next.await, Message::Close(Some(frame)) if u16::from(frame.code) == CloseCode::Restart.code())
    );
    server.ended().await;
}
