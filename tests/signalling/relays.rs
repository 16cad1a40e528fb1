//! Signals: to whom they go, from whom they say they come, and where they never arrive.

use parlor::protocol::{ClientMsg, Epoch, ErrorCode, IceCandidate, OfferId, ServerMsg, Signal};

use tokio_tungstenite::tungstenite::Message;

use crate::lab::{Server, candidate, join, to};

#[tokio::test]
async fn every_kind_of_signal_arrives_unchanged_with_its_sender() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    let sdp =
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\na=\"\\\u{e9}\u{1F600}\u{2028}\r\n".to_owned();
    let candidate = IceCandidate {
        candidate: "candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx".into(),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("EEtu".into()),
    };
    for signal in [
        Signal::StartCall { epoch: Epoch(32) },
        Signal::WebrtcOffer { sdp: sdp.clone(), epoch: Epoch(32), offer: OfferId(7) },
        Signal::WebrtcAnswer { sdp, epoch: Epoch(32), offer: OfferId(7) },
        Signal::WebrtcIceCandidate { candidate, epoch: Epoch(32) },
        Signal::WebrtcIceCandidate { candidate: IceCandidate::default(), epoch: Epoch::default() },
    ] {
        one.say(&to(2, signal.clone())).await;
        two.hears(1, &signal).await;
        two.say(&to(1, signal.clone())).await;
        one.hears(2, &signal).await;
    }
}

#[tokio::test]
async fn a_signal_is_heard_by_its_receiver_alone_whatever_is_in_it() {
    let server = Server::with(|config| config.rooms.capacity = 3).await;
    let (mut one, mut two) = server.pair("1").await;
    let (mut three, _) = server.seat("1").await;
    for early in [&mut one, &mut two] {
        assert!(matches!(early.next().await, ServerMsg::PeerJoined(_)));
    }
    one.say(&to(3, candidate("three"))).await;
    one.text(r#"{"type":"signal","to":2,"sealed": {"of a newer page":[1, "\u00e9"]} }"#).await;
    one.say(&to(2, candidate("two"))).await;
    three.hears(1, &candidate("three")).await;
    let Message::Text(frame) = two.frame().await else { panic!("no frame") };
    assert_eq!(frame.as_str(), r#"{"type":"signal","from":1,"sealed":{"of a newer page":[1, "\u00e9"]}}"#);
    two.hears(1, &candidate("two")).await;
    // What the sender hears next is from somebody else.
    two.say(&to(1, candidate("end"))).await;
    one.hears(2, &candidate("end")).await;
}

#[tokio::test]
async fn signals_stay_in_their_room_and_outsiders_cannot_send_any() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    let (mut other, _) = server.pair("2").await;
    let mut third = server.connect().await;
    third.say(&join("1")).await;
    assert!(matches!(third.next().await, ServerMsg::FullRoom { .. }));
    for text in [
        r#"{"type":"signal","to":1,"sealed":{"start_call":{"epoch":1}},"room":"1"}"#,
        r#"{"type":"signal","to":2,"sealed":{"start_call":{"epoch":1}},"from":1,"roomId":"1"}"#,
        r#"{"type":"leave","room":"1"}"#,
    ] {
        third.refused(text, ErrorCode::NotJoined).await;
    }
    // A seat in another room reaches only that room, whatever the message claims.
    other
        .text(r#"{"type":"signal","to":2,"sealed":{"start_call":{"epoch":1}},"room":"1","roomId":"1","from":1}"#)
        .await;
    one.say(&to(2, candidate("first"))).await;
    two.hears(1, &candidate("first")).await;
    two.say(&to(1, candidate("second"))).await;
    one.hears(2, &candidate("second")).await;
}

#[tokio::test]
async fn nobody_is_reached_by_a_wrong_number() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    for stranger in ["1", "0", "3", "4294967295"] {
        let text = format!(r#"{{"type":"signal","to":{stranger},"sealed":{{}}}}"#);
        one.refused(&text, ErrorCode::UnknownPeer).await;
    }
    one.say(&to(2, candidate("x"))).await;
    two.hears(1, &candidate("x")).await;
}

#[tokio::test]
async fn a_forged_sender_is_overwritten() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    one.text(r#"{"from":2,"type":"signal","to":2,"sealed":{"start_call":{"epoch":7}},"peer":9}"#).await;
    two.hears(1, &Signal::StartCall { epoch: Epoch(7) }).await;
}

#[tokio::test]
async fn signals_keep_their_order() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    let sender = tokio::spawn(async move {
        for n in 0..500 {
            one.say(&to(2, candidate(&n.to_string()))).await;
        }
        one.say(&ClientMsg::Leave { held: None }).await;
        one
    });
    for n in 0..500 {
        two.hears(1, &candidate(&n.to_string())).await;
    }
    assert!(matches!(two.next().await, ServerMsg::PeerLeft { .. }));
    drop(sender.await);
}
