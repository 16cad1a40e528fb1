//! Signals: to whom they go, from whom they say they come, and where they never arrive.

use parlor::protocol::{ClientMsg, ErrorCode, ServerMsg};

use tokio_tungstenite::tungstenite::Message;

use crate::lab::{Server, join, sealed, to};

#[tokio::test]
async fn every_box_arrives_unchanged_with_its_sender() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    for mark in ["", "of a candidate", &"of a description".repeat(600)] {
        let sealed = sealed(mark);
        one.say(&to(2, sealed.clone())).await;
        two.hears(1, &sealed).await;
        two.say(&to(1, sealed.clone())).await;
        one.hears(2, &sealed).await;
    }
}

#[tokio::test]
async fn the_others_are_told_what_a_page_says_of_itself_and_its_name_is_not_kept() {
    let server = Server::with(|config| config.rooms.capacity = 3).await;
    let (mut one, _) = server.seat("1").await;
    let mut two = server.connect().await;
    two.text(r#"{"type":"join","room":"1","hello":"2.two","door":"two","name":"Ben"}"#).await;
    let Message::Text(frame) = one.frame().await else { panic!("no frame") };
    assert_eq!(frame.as_str(), r#"{"type":"peer_joined","peer":2,"page":2,"hello":"2.two","door":"two"}"#);
    let mut three = server.connect().await;
    three.say(&join("1")).await;
    let Message::Text(frame) = three.frame().await else { panic!("no frame") };
    assert!(frame.contains(r#"{"peer":2,"page":2,"hello":"2.two","door":"two"}"#) && !frame.contains("Ben"));
}

#[tokio::test]
async fn a_signal_is_heard_by_its_receiver_alone_whatever_is_in_it() {
    let server = Server::with(|config| config.rooms.capacity = 3).await;
    let (mut one, mut two) = server.pair("1").await;
    let (mut three, _) = server.seat("1").await;
    for early in [&mut one, &mut two] {
        assert!(matches!(early.next().await, ServerMsg::PeerJoined(_)));
    }
    one.say(&to(3, sealed("three"))).await;
    one.text(r#"{"type":"signal","to":2,"sealed": {"of a newer page":[1, "\u00e9"]} }"#).await;
    one.say(&to(2, sealed("two"))).await;
    three.hears(1, &sealed("three")).await;
    let Message::Text(frame) = two.frame().await else { panic!("no frame") };
    assert_eq!(frame.as_str(), r#"{"type":"signal","from":1,"sealed":{"of a newer page":[1, "\u00e9"]}}"#);
    two.hears(1, &sealed("two")).await;
    // What the sender hears next is from somebody else.
    two.say(&to(1, sealed("end"))).await;
    one.hears(2, &sealed("end")).await;
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
    one.say(&to(2, sealed("first"))).await;
    two.hears(1, &sealed("first")).await;
    two.say(&to(1, sealed("second"))).await;
    one.hears(2, &sealed("second")).await;
}

#[tokio::test]
async fn nobody_is_reached_by_a_wrong_number() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    for stranger in ["1", "0", "3", "4294967295"] {
        let text = format!(r#"{{"type":"signal","to":{stranger},"sealed":{{}}}}"#);
        one.refused(&text, ErrorCode::UnknownPeer).await;
    }
    one.say(&to(2, sealed("x"))).await;
    two.hears(1, &sealed("x")).await;
}

#[tokio::test]
async fn a_forged_sender_is_overwritten() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    let forged = sealed("forged");
    let text = format!(r#"{{"from":2,"type":"signal","to":2,"sealed":"{}","peer":9}}"#, forged.as_str());
    one.text(&text).await;
    two.hears(1, &forged).await;
}

#[tokio::test]
async fn signals_keep_their_order() {
    let server = Server::start().await;
    let (mut one, mut two) = server.pair("1").await;
    let sender = tokio::spawn(async move {
        for n in 0..500 {
            one.say(&to(2, sealed(&n.to_string()))).await;
        }
        one.say(&ClientMsg::Leave { held: None }).await;
        one
    });
    for n in 0..500 {
        two.hears(1, &sealed(&n.to_string())).await;
    }
    assert!(matches!(two.next().await, ServerMsg::PeerLeft { .. }));
    drop(sender.await);
}
