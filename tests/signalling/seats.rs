//! Who gets a seat, keeps it, gives it up and takes it back.

use std::time::Duration;

use parlor::protocol::{
    ClientMsg, CloseCode, ErrorCode, HeldSeat, PageLoad, PeerId, RoomId, SeatToken, ServerMsg,
};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::lab::{Server, info, join, resume, resume_with, sealed, to};

const LONG: Duration = Duration::from_secs(3_600);
const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn one_creates_the_room_another_joins_and_a_third_is_told_that_it_is_full() {
    let server = Server::start().await;
    let mut ann = server.connect().await;
    ann.say(&join("4711")).await;
    let ServerMsg::RoomCreated(created) = ann.next().await else { panic!("not created") };
    assert_eq!((created.peer, created.page), (PeerId(1), PageLoad(1)));
    assert!(created.ice_servers.is_empty(), "no third party is named unless the host names one");

    let mut ben = server.connect().await;
    ben.say(&join("4711")).await;
    let ServerMsg::RoomJoined(joined) = ben.next().await else { panic!("not joined") };
    assert_eq!(joined.peers, [info(1, 1)]);
    assert_ne!(joined.resume, created.resume);
    assert_eq!(ann.next().await, ServerMsg::PeerJoined(info(2, 2)));

    let mut third = server.connect().await;
    third.say(&join("4711")).await;
    assert_eq!(third.next().await, ServerMsg::FullRoom { room: RoomId::from_typed("4711").unwrap() });
    // The same socket may try elsewhere, and nobody has heard of it.
    assert_eq!(third.join("4712").await.peer, PeerId(1));
    ann.say(&to(2, sealed("x"))).await;
    ben.hears(1, &sealed("x")).await;
}

#[tokio::test]
async fn two_spellings_of_a_number_meet_in_one_room() {
    let server = Server::start().await;
    for (one, other) in [("Team-A", "team-a"), ("４７１１", "47-11")] {
        let (mut ann, mut ben) = (server.connect().await, server.connect().await);
        for (client, room) in [(&mut ann, one), (&mut ben, other)] {
            client.text(&format!(r#"{{"type":"join","room":"{room}"}}"#)).await;
        }
        assert!(matches!(ann.next().await, ServerMsg::RoomCreated(_)));
        assert!(matches!(ben.next().await, ServerMsg::RoomJoined(_)), "{one} {other}");
    }
}

#[tokio::test]
async fn a_host_can_raise_the_capacity() {
    let server = Server::with(|config| config.rooms.capacity = 3).await;
    let (mut one, _two) = server.pair("1").await;
    let (mut three, seated) = server.seat("1").await;
    assert_eq!((seated.peer, seated.peers.len()), (PeerId(3), 2));
    let mut four = server.connect().await;
    four.say(&join("1")).await;
    assert!(matches!(four.next().await, ServerMsg::FullRoom { .. }));
    three.say(&ClientMsg::Leave { held: None }).await;
    assert!(matches!(one.next().await, ServerMsg::PeerJoined(_)));
    assert_eq!(one.next().await, ServerMsg::PeerLeft { peer: PeerId(3) });
    assert_eq!(server.seat("1").await.1.peer, PeerId(4));
}

#[tokio::test]
async fn who_waits_for_a_seat_is_told_when_there_is_one() {
    // Pings are frequent, so that the sockets would be idle soon.
    let server = Server::with(|config| {
        (config.limits.ping, config.limits.idle) = (SHORT, 4 * SHORT);
    })
    .await;
    let (mut one, mut two) = server.pair("Ab").await;
    let room = || RoomId::try_from("Ab".to_owned()).unwrap();
    let mut waiting = vec![];
    for _ in 0..3 {
        let mut client = server.connect().await;
        client.say(&ClientMsg::Wait { room: room() }).await;
        assert_eq!(client.next().await, ServerMsg::Waiting { room: room() });
        waiting.push(client);
    }
    let [first, second, third] = &mut waiting[..] else { unreachable!() };
    for _ in 0..6 {
        assert_eq!(first.message().await, ServerMsg::Heartbeat, "who waits is not idle");
    }
    first.say(&ClientMsg::Leave { held: None }).await;
    assert_eq!(first.message().await, ServerMsg::Heartbeat);
    one.say(&ClientMsg::Leave { held: None }).await;
    assert!(matches!(two.next().await, ServerMsg::PeerJoined(_) | ServerMsg::PeerLeft { .. }));
    assert_eq!(second.next().await, ServerMsg::SeatFree { room: room() });
    assert_eq!(second.join("Ab").await.peer, PeerId(3));
    // Nobody is told of a seat that is taken, and all of them when the room is empty.
    two.say(&ClientMsg::Leave { held: None }).await;
    assert_eq!(third.next().await, ServerMsg::SeatFree { room: room() });
    third.refused(r#"{"type":"wait","room":"a/b"}"#, ErrorCode::BadRoom).await;
    third.say(&ClientMsg::Wait { room: room() }).await;
    assert_eq!(third.next().await, ServerMsg::SeatFree { room: room() }, "there is nothing to wait for");
    assert_eq!(first.closed().await, CloseCode::Idle, "who waits no longer is idle");
}

#[tokio::test]
async fn leaving_frees_the_seat_at_once_and_either_can_come_back_first_any_number_of_times() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    let mut ids = (1, 2);
    for round in 0..6 {
        let leaver = if round % 2 == 0 { &mut one } else { &mut two };
        leaver.text(r#"{"type":"leave"}"#).await;
        let gone = if round % 2 == 0 { &mut ids.0 } else { &mut ids.1 };
        let left = ServerMsg::PeerLeft { peer: PeerId(*gone) };
        let (leaver, stayer) = if round % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
        assert_eq!(stayer.next().await, left);
        *gone = leaver.join("1").await.peer.0;
        assert_eq!(*gone, round + 3, "no number is given twice");
        assert!(matches!(stayer.next().await, ServerMsg::PeerJoined(_)));
    }
    one.text(r#"{"type":"leave"}"#).await;
    assert!(matches!(two.next().await, ServerMsg::PeerLeft { .. }));
    two.text(r#"{"type":"leave"}"#).await;
    // The room is forgotten with its last seat, so its numbers start anew.
    two.refused(r#"{"type":"leave"}"#, ErrorCode::NotJoined).await;
    assert_eq!(one.join("1").await.peer, PeerId(1));
}

#[tokio::test]
async fn a_lost_connection_means_away_and_after_the_grace_gone() {
    let server = Server::with(|config| config.rooms.grace = SHORT).await;
    let (mut one, two) = server.pair("1").await;
    drop(two);
    assert_eq!(one.next().await, ServerMsg::PeerAway { peer: PeerId(2), unloaded: false });
    assert_eq!(one.next().await, ServerMsg::PeerLeft { peer: PeerId(2) });
    assert_eq!(server.seat("1").await.1.peer, PeerId(3));
}

#[tokio::test]
async fn a_page_that_says_it_goes_away_keeps_its_seat_for_a_shorter_while() {
    let server = Server::with(|config| (config.rooms.grace, config.rooms.unload_grace) = (LONG, SHORT)).await;
    let (mut one, mut two) = server.pair("1").await;
    two.ws.close(Some(CloseFrame { code: 1001.into(), reason: "".into() })).await.unwrap();
    assert_eq!(one.next().await, ServerMsg::PeerAway { peer: PeerId(2), unloaded: true });
    assert_eq!(one.next().await, ServerMsg::PeerLeft { peer: PeerId(2) });
}

#[tokio::test]
async fn a_seat_token_takes_the_seat_back_and_a_reload_gives_a_new_page() {
    let server = Server::with(|config| config.rooms.grace = LONG).await;
    let (mut one, _) = server.seat("1").await;
    let (two, mut seat) = server.seat("1").await;
    assert!(matches!(one.next().await, ServerMsg::PeerJoined(_)));
    let mut socket = Some(two);
    for (reloaded, page) in
        [(false, PageLoad(2)), (true, PageLoad(3)), (false, PageLoad(3)), (true, PageLoad(4))]
    {
        drop(socket.take());
        assert_eq!(one.next().await, ServerMsg::PeerAway { peer: PeerId(2), unloaded: false });
        let mut back = server.connect().await;
        back.say(&resume(&seat, reloaded)).await;
        let seated = back.seated().await;
        assert_eq!((seated.peer, seated.page, seated.resumed), (PeerId(2), page, true));
        assert_ne!(seated.resume, seat.resume, "a fresh token every time");
        let info = info(2, page.0);
        assert_eq!(one.next().await, ServerMsg::PeerBack(info));
        seat = seated;
        back.say(&to(1, sealed("x"))).await;
        one.hears(2, &sealed("x")).await;
        socket = Some(back);
    }
}

#[tokio::test]
async fn a_newer_socket_with_the_token_replaces_one_that_hangs() {
    let server = Server::start().await;
    let (mut one, _) = server.seat("1").await;
    let (mut two, seated) = server.seat("1").await;
    assert!(matches!(one.next().await, ServerMsg::PeerJoined(_)));
    let mut newer = server.connect().await;
    newer.say(&resume(&seated, false)).await;
    assert_eq!(newer.seated().await.peer, PeerId(2));
    assert_eq!(two.closed().await, CloseCode::Replaced);
    drop(two);
    let back = info(2, 2);
    assert_eq!(one.next().await, ServerMsg::PeerBack(back));
    // The replaced socket's end is nobody's absence.
    newer.say(&to(1, sealed("x"))).await;
    one.hears(2, &sealed("x")).await;
}

#[tokio::test]
async fn a_seat_whose_answer_was_lost_with_its_socket_does_not_keep_the_room_full() {
    let server = Server::with(|config| config.rooms.grace = LONG).await;
    let (mut one, _) = server.seat("1").await;
    let mut two = server.connect().await;
    two.say(&join("1")).await;
    assert!(matches!(one.next().await, ServerMsg::PeerJoined(_)));
    drop(two);
    assert_eq!(one.next().await, ServerMsg::PeerLeft { peer: PeerId(2) });
    assert_eq!(server.seat("1").await.1.peer, PeerId(3));
}

#[tokio::test]
async fn a_seat_left_while_there_was_no_socket_is_given_up_by_its_token() {
    let server = Server::with(|config| config.rooms.grace = LONG).await;
    let (mut one, _) = server.seat("1").await;
    let (two, seated) = server.seat("1").await;
    assert!(matches!(one.next().await, ServerMsg::PeerJoined(_)));
    drop(two);
    assert!(matches!(one.next().await, ServerMsg::PeerAway { .. }));
    let mut back = server.connect().await;
    for wrong in ["", "x"] {
        let held = HeldSeat { room: seated.room.clone(), resume: SeatToken(wrong.into()) };
        back.say(&ClientMsg::Leave { held: Some(held) }).await;
    }
    back.say(&ClientMsg::Leave { held: Some(HeldSeat { room: seated.room, resume: seated.resume }) }).await;
    assert_eq!(one.next().await, ServerMsg::PeerLeft { peer: PeerId(2) });
    assert_eq!(back.join("1").await.peer, PeerId(3));
}

#[tokio::test]
async fn no_wrong_token_takes_a_seat_and_the_answer_tells_nothing() {
    let server = Server::with(|config| config.rooms.grace = LONG).await;
    let (mut one, _) = server.seat("1").await;
    let (two, seated) = server.seat("1").await;
    assert!(matches!(one.next().await, ServerMsg::PeerJoined(_)));
    drop(two);
    assert!(matches!(one.next().await, ServerMsg::PeerAway { .. }));
    let right = &seated.resume.0;
    let mut stranger = server.connect().await;
    for wrong in ["", "x", &right[1..], &right.to_uppercase().replace('A', "B"), &format!("{right}0")] {
        stranger.say(&resume_with("1", wrong)).await;
        assert!(matches!(stranger.next().await, ServerMsg::FullRoom { .. }), "{wrong:?}");
    }
    // The right token opens only its own room.
    stranger.say(&resume_with("2", right)).await;
    let elsewhere = stranger.seated().await;
    assert!(elsewhere.peer == PeerId(1) && elsewhere.resume != seated.resume);
}

#[tokio::test]
async fn a_room_named_like_a_peer_or_a_token_is_just_a_room() {
    let server = Server::start().await;
    let (_one, seated) = server.seat("4711").await;
    for name in ["1", "2", &seated.resume.0, "healthz", "__proto__", "a-", "_"] {
        let mut client = server.connect().await;
        client.say(&join(name)).await;
        assert!(matches!(client.next().await, ServerMsg::RoomCreated(_)), "{name}");
    }
}

#[tokio::test]
async fn who_sits_already_cannot_join_again_under_any_name() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    for again in [
        r#"{"type":"join","room":"1"}"#,
        r#"{"type":"join","room":"2"}"#,
        r#"{"type":"join","room":"1","hello":"2.other","door":"other"}"#,
        r#"{"type":"join","room":"1","resume":"x"}"#,
    ] {
        two.refused(again, ErrorCode::AlreadyJoined).await;
    }
    // Nobody heard of it, and the seat is still there.
    two.say(&to(1, sealed("x"))).await;
    one.hears(2, &sealed("x")).await;
    assert!(matches!(server.seat("2").await.1.peer, PeerId(1)));
}
