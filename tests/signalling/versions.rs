//! Pages of another version than the server's.

use parlor::protocol::{CloseCode, PeerId, SOCKET_PATH, ServerMsg, VERSION, socket_address};

use crate::lab::{HealthyPair, Server};

/// What a page of version 1 said, recorded in a call that went on over a restart of the server: its socket's address, and
/// what it sent on it.
const ADDRESS_1: &str = "/ws";
const FRAMES_1: [&str; 4] = [
    r#"{"type":"join","room":"4711","name":"Ann","resume":"8f3b0c5d1e2a4f60718293a4b5c6d7e8"}"#,
    r#"{"type":"confirm"}"#,
    r#"{"type":"start_call","to":1,"epoch":2048}"#,
    r#"{"type":"webrtc_ice_candidate","to":1,"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"EEtu","epoch":2048}"#,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_version_1_is_closed_with_a_code_that_it_has_words_for() {
    let server = Server::start().await;
    let pair = HealthyPair::start(&server).await;
    let (mut one, _) = server.seat("4711").await;
    for said in [0, 1, FRAMES_1.len()] {
        let mut old = server.connect_at(ADDRESS_1).await;
        for frame in &FRAMES_1[..said] {
            old.text(frame).await;
        }
        // Of a type that version 1 does not know, and passes over.
        assert_eq!(old.message().await, ServerMsg::Version { version: VERSION });
        assert_eq!(old.closed().await, CloseCode::BadMessages);
    }
    // It got no seat, and nobody heard of it.
    let (_two, seated) = server.seat("4711").await;
    assert_eq!(seated.peer, PeerId(2));
    assert!(matches!(one.next().await, ServerMsg::PeerJoined(info) if info.peer == PeerId(2)));
    pair.stays_well().await;
}

#[tokio::test]
async fn a_page_of_a_newer_version_is_told_the_servers_and_served() {
    let server = Server::start().await;
    let mut newer = server.connect_at(&format!("{SOCKET_PATH}?version={}", VERSION + 1)).await;
    assert_eq!(newer.message().await, ServerMsg::Version { version: VERSION });
    assert_eq!(newer.join("1").await.peer, PeerId(1));
    let mut same = server.connect_at(&socket_address()).await;
    assert_eq!(same.join("1").await.peer, PeerId(2), "the first that it is told is its seat");
}
