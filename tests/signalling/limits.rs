//! What one address may have, and that nobody else, and nobody who comes back to a seat, has to suffer for it.

use std::time::{Duration, Instant};

use futures::future::join_all;
use parlor::protocol::{ClientMsg, CloseCode, HeldSeat, RoomId, SeatToken, Seated, ServerMsg};
use parlor::server::config::Config;

use crate::lab::{Client, HealthyPair, Server, join, resume, resume_with, sealed, to, until};

const LONG: Duration = Duration::from_secs(3_600);
/// Addresses of the loopback network; the healthy pair has 127.0.0.1.
const CROWD: u8 = 2;
const OTHER: u8 = 3;

/// So few that a test reaches them.
fn small(config: &mut Config) {
    config.rooms.grace = LONG;
    config.limits.sockets_per_address = 10;
    config.limits.joins_per_minute_per_address = 1;
    config.limits.join_burst_per_address = 20;
}

/// Says something that may not arrive.
async fn try_to_say(client: &mut Client, message: &ClientMsg) {
    use futures::SinkExt;
    let text = serde_json::to_string(message).unwrap();
    let _ = client.ws.send(text.into()).await;
}

/// Joins and reads the answer.
async fn asks(client: &mut Client, message: &ClientMsg) -> Option<ServerMsg> {
    try_to_say(client, message).await;
    client.answer().await
}

/// Connects, joins, and says whether there was a seat.
async fn sits_down(server: &Server, from: u8, room: &str) -> Option<(Client, Seated)> {
    let mut client = server.try_connect_from(from).await.ok()?;
    match asks(&mut client, &join(room)).await? {
        ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => Some((client, seated)),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_has_its_sockets_and_another_connects_within_50_ms() {
    let server = Server::with(|config| {
        small(config);
        config.limits.join_burst_per_address = 1_000;
    })
    .await;
    let pair = HealthyPair::start(&server).await;
    let crowd = async {
        let mut held = Vec::new();
        for wave in 0..10 {
            let names: Vec<_> = (0..50).map(|n| format!("crowd-{wave}-{n}")).collect();
            let wave = join_all(names.iter().map(|name| sits_down(&server, CROWD, name))).await;
            held.extend(wave.into_iter().flatten());
        }
        held
    };
    let other = async {
        let mut times = Vec::new();
        for n in 0..31 {
            let begun = Instant::now();
            let seat = sits_down(&server, OTHER, &format!("other-{n}")).await;
            times.push(begun.elapsed());
            assert!(seat.is_some(), "try {n}");
        }
        times.sort();
        times[times.len() / 2]
    };
    let (held, median) = tokio::join!(crowd, other);
    assert_eq!(held.len(), 10);
    assert!(median < Duration::from_millis(50), "{median:?}");
    drop(held);
    until("a free place", async || sits_down(&server, CROWD, "later").await.is_some()).await;
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_is_taken_back_while_strangers_hold_every_socket() {
    let server = Server::with(|config| {
        small(config);
        // The healthy pair and the two of this test.
        config.limits.sockets = 4;
    })
    .await;
    let pair = HealthyPair::start(&server).await;
    let mut one = server.connect_from(OTHER).await;
    one.join("1").await;
    let mut two = server.connect_from(CROWD).await;
    let mut seat = two.join("1").await;
    assert!(matches!(one.next().await, ServerMsg::PeerJoined(_)));
    let mut strangers = Vec::new();
    for round in 0..3 {
        drop(two);
        assert!(matches!(one.next().await, ServerMsg::PeerAway { .. }));
        // The one place that there is, and far more than there are.
        strangers.extend(join_all((0..100).map(|_| server.connect_from(CROWD))).await);
        for joins in [join("2"), join("1"), resume_with("1", "wrong")] {
            let mut stranger = server.connect_from(OTHER).await;
            stranger.say(&joins).await;
            assert_eq!(stranger.closed().await, CloseCode::Busy);
        }
        two = server.connect_from(CROWD).await;
        two.say(&resume(&seat, false)).await;
        seat = two.seated().await;
        assert!(seat.resumed, "round {round}");
        assert!(matches!(one.next().await, ServerMsg::PeerBack(_)));
        two.say(&to(1, sealed("x"))).await;
        one.hears(2, &sealed("x")).await;
    }
    // A seat can be given up as well.
    drop(two);
    assert!(matches!(one.next().await, ServerMsg::PeerAway { .. }));
    let mut back = server.connect_from(CROWD).await;
    back.say(&ClientMsg::Leave { held: Some(HeldSeat { room: seat.room, resume: seat.resume }) }).await;
    assert!(matches!(one.next().await, ServerMsg::PeerLeft { .. }));
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_only_takes_the_place_of_returning_people_is_closed() {
    let server = Server::with(|config| {
        config.limits.sockets = 2;
        config.limits.idle = LONG;
    })
    .await;
    let pair = HealthyPair::start(&server).await;
    let mut silent = server.connect_from(CROWD).await;
    assert_eq!(silent.closed().await, CloseCode::Idle);
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_numbers_cannot_be_found_by_trying() {
    let server = Server::with(small).await;
    let pair = HealthyPair::start(&server).await;
    let (mut waits, _) = sits_down(&server, OTHER, "waits").await.unwrap();
    let mut found = 0;
    for socket in 0..10 {
        let mut guesser = server.connect_from(CROWD).await;
        for n in 0..10 {
            try_to_say(&mut guesser, &join(&format!("{socket}{n}"))).await;
            try_to_say(&mut guesser, &ClientMsg::Leave { held: None }).await;
        }
        let mut left = 0;
        while left < 10 {
            match guesser.answer().await {
                Some(ServerMsg::RoomCreated(_)) => found += 1,
                Some(ServerMsg::Heartbeat) => left += 1,
                None => break,
                Some(other) => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(found, 20);
    assert!(sits_down(&server, CROWD, "waits").await.is_none());
    let (_guest, seated) = sits_down(&server, OTHER, "waits").await.unwrap();
    assert!(matches!(waits.next().await, ServerMsg::PeerJoined(info) if info.peer == seated.peer));
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_rooms_and_wrong_tokens_count_for_more_than_other_joins() {
    let server = Server::with(small).await;
    let pair = HealthyPair::start(&server).await;
    let mut guesser = server.connect_from(CROWD).await;
    for n in 0..4 {
        let answer = asks(&mut guesser, &resume_with("healthy", &format!("wrong {n}"))).await;
        assert!(matches!(answer, Some(ServerMsg::FullRoom { .. })));
    }
    guesser.say(&join("healthy")).await;
    assert_eq!(guesser.closed().await, CloseCode::Busy);
    let mut guesser = server.connect_from(OTHER).await;
    for n in 0..5 {
        let room = RoomId::from_typed("healthy").unwrap();
        let held = HeldSeat { room, resume: SeatToken(n.to_string()) };
        assert_eq!(
            asks(&mut guesser, &ClientMsg::Leave { held: Some(held) }).await,
            Some(ServerMsg::Heartbeat)
        );
    }
    guesser.say(&join("1")).await;
    assert_eq!(guesser.closed().await, CloseCode::Busy);
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_without_joins_left_takes_its_seats_back() {
    let server = Server::with(small).await;
    let pair = HealthyPair::start(&server).await;
    let mut client = server.connect_from(CROWD).await;
    let mut seat = client.join("1").await;
    for n in 0.. {
        if sits_down(&server, CROWD, &format!("more-{n}")).await.is_none() {
            assert_eq!(n, 19);
            break;
        }
    }
    for _ in 0..40 {
        client = server.connect_from(CROWD).await;
        client.say(&resume(&seat, true)).await;
        seat = client.seated().await;
        assert!(seat.resumed);
    }
    pair.stays_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxys_visitors_have_limits_of_their_own() {
    let server = Server::with(|config| {
        small(config);
        config.limits.returning_sockets = 0;
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let pair = HealthyPair::start(&server).await;
    let connects = async |addresses: &str| server.try_connect(&[("x-forwarded-for", addresses)]).await.ok();
    let mut held = Vec::new();
    while let Some(client) = connects("192.0.2.1").await {
        held.push(client);
    }
    assert_eq!(held.len(), 10);
    assert!(connects("198.51.100.1, 192.0.2.1").await.is_none(), "what the visitor says is no proxy's word");
    assert!(connects("192.0.2.2").await.is_some());
    for _ in 0..20 {
        held.push(server.connect().await);
    }
    pair.stays_well().await;
}
