//! The wire: every id, message, refusal, close code and limit that pages and server share; no I/O.
//!
//! One JSON object per WebSocket text frame on `GET /ws`, `type` names the message. A [`ClientMsg`] goes up,
//! a [`ServerMsg`] comes down; who gets a type that it does not know ignores it. What two peers say to each other is a
//! [`Signal`], sealed for the one page that it is for (see [`sealed`]): `{"type":"signal","to":2,"sealed":".."}` goes up
//! and comes down with `from` in the place of `to`. The server reads frames through [`inbound`], which leaves the sealed
//! part unread; tests there hold both views of a frame together.
//!
//! # Words
//! A **seat** is a place in a room, proved by a [`SeatToken`]; its holder is a **peer** ([`PeerId`]). The
//! [`PageLoad`] number says which page load holds the seat: it is new with every join and every reload, and kept
//! when only the socket was lost. The [`Epoch`] numbers the connections between two peers; a signal of an older epoch
//! is dropped.
//!
//! Whoever finds a room full may wait: after `full_room` the page says `{"type":"wait","room":"4711"}`, is answered with
//! `waiting`, and is told `seat_free` once when there is a seat, which it takes by a join as ever. Where too many wait
//! the answer is `full_room` again, and from a server that does not know the message it is an error.
//!
//! # From page to page
//! Beside the media each connection has one data channel, which carries a [`PeerMsg`] in each message. Its id is fixed
//! ([`DATA_CHANNEL_ID`]), so both sides open it by themselves from the first offer on. Pages tell each other their
//! display name, what of microphone and camera they send, a raised hand, reactions, what people write, and where they
//! point. The server has no part in it. A page whose browser opens no channel has a call all the same.
//!
//! What people write must arrive once and in order, also when the connection is built anew. `{"type":"chat","id":7,
//! "text":".."}` carries a number that grows with each message of a page; `{"type":"chat_ack","id":7}` says that all up to
//! it were read. A page sends one message at a time, the same again until it is acknowledged, and the other side drops the
//! numbers that it has read. A page of an earlier release acknowledges none.
//!
//! Who watches a shared screen can point at it. `{"type":"pointer_rule","allowed":true}` of the one who shares allows it;
//! `{"type":"pointer","screen":2,"draws":true,"path":[0,0,65535,9]}` goes to every page that has told such a rule, and is
//! shown by those that have heard that of peer 2.
//!
//! Files go over a data channel of their own; see [`files`].

mod chat_text;
// Pages alone have it.
#[cfg(any(target_arch = "wasm32", test))]
pub mod cpace;
pub mod credential;
mod data;
mod errors;
mod file_name;
pub mod files;
mod frame;
mod ice;
mod ids;
pub mod inbound;
mod limits;
pub mod notes;
mod reaction;
mod room_id;
pub mod sealed;
mod server;
mod signal;
mod source;
mod spot;

use serde::de::DeserializeOwned;

pub use chat_text::{ChatText, ChatTextError};
pub use credential::{Credential, Word};
pub use data::{
    CHAT_EVERY, DATA_CHANNEL_ID, DATA_CHANNEL_LABEL, DATA_WINDOW, DataError, GESTURE_EVERY,
    MAX_CHATS_IN_WINDOW, MAX_DATA_BYTES, MAX_DATA_IN_WINDOW, MAX_GESTURES_IN_WINDOW, MAX_POINTS_IN_WINDOW,
    POINT_EVERY, PeerMsg, STATE_EVERY,
};
pub use errors::{CloseCode, ErrorCode};
pub use file_name::{FileName, MAX_FILE_NAME_BYTES};
pub use ice::{IceServer, IceServersReply};
pub use ids::{DisplayName, DisplayNameError, PageLoad, PeerId, SeatToken, isolated};
pub use limits::{
    CAPACITY_RANGE, HEARTBEAT_WITHIN, MAX_CHAT_CHARS, MAX_FRAME_BYTES, MAX_NAME_CHARS, MAX_ROOM_CHARS,
};
pub use reaction::Reaction;
pub use room_id::{RoomId, RoomIdError};
pub use sealed::{Door, Hello, Introduction, SealedBox, Secret};
pub use server::{ClientMsg, HeldSeat, PeerInfo, Seated, ServerMsg};
pub use signal::{Epoch, IceCandidate, OfferId, Signal};
pub use source::{Source, SourceSet};
pub use spot::{MAX_PATH_SPOTS, Spot};

/// The version of this protocol. A page says its own with the address of its socket, and a server of another version
/// answers with [`ServerMsg::Version`] before anything else.
pub const VERSION: u32 = 3;
/// Oldest version that the server understands. An older page is closed with [`CloseCode::BadMessages`], which pages of
/// all versions put into words. Pages of version 2 seal nothing, and have calls among themselves only.
pub const OLDEST_VERSION: u32 = 2;
/// Path of the WebSocket endpoint.
pub const SOCKET_PATH: &str = "/ws";
/// Path of the [`IceServersReply`].
pub const ICE_PATH: &str = "/ice";

/// Path and query of the address at which a page of this version opens its socket.
pub fn socket_address() -> String {
    format!("{SOCKET_PATH}?version={VERSION}")
}

/// The version in the query of a socket's address; pages of version 1 did not say it.
pub fn version_in(query: &str) -> u32 {
    let said = query.split('&').find_map(|parameter| parameter.strip_prefix("version="));
    said.and_then(|said| said.parse().ok()).unwrap_or(1)
}

/// Deepest nesting of objects and lists that a page reads. The reader skips what it does not know by recursion, and the
/// stack of a page is small; the server passes on what peers write to each other as it is.
const MAX_NESTING: usize = 32;

/// Reads JSON in a page: server messages, and what the page itself has stored.
///
/// Not by `serde_json`, whose errors format the wrong value, floats included: a tenth more WebAssembly. An escaped
/// surrogate pair is refused: no server of this protocol writes one.
///
/// # Errors
/// Text that is no JSON, or not of this shape.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, serde_json_core::de::Error> {
    if nesting(json.as_bytes()) > MAX_NESTING {
        return Err(serde_json_core::de::Error::CustomError);
    }
    // What is escaped is longer than what it stands for.
    let mut unescaped = vec![0; json.len()];
    serde_json_core::from_str_escaped(json, &mut unescaped).map(|(value, _)| value)
}

/// How deep objects and lists are nested in JSON, at least where it is well-formed.
fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nesting_counts_no_bracket_inside_a_text() {
        for (json, expected) in [
            (r#"{"a":[{}]}"#, 3),
            (r#"{"a":"[[[{\"[["}"#, 1),
            (r#"[][][]"#, 1),
            (r#"]]["#, 1),
            (r#""\\"[["#, 2),
        ] {
            assert_eq!(nesting(json.as_bytes()), expected, "{json}");
        }
    }

    fn server(json: &str) -> ServerMsg {
        read(json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    fn introduction() -> Introduction {
        let (hello, door) = ("2.h".to_owned(), "d".to_owned());
        Introduction { hello: hello.try_into().unwrap(), door: door.try_into().unwrap() }
    }

    fn sealed() -> SealedBox {
        "AgAAAAG3h8VA5l3YSZAzFaP-abcdefgh".to_owned().try_into().unwrap()
    }

    #[test]
    fn signals_look_as_documented_inside_a_box() {
        let offer = Signal::WebrtcOffer { sdp: "v=0".into(), epoch: Epoch(17), offer: OfferId(1) };
        let candidate = Signal::WebrtcIceCandidate {
            candidate: IceCandidate {
                candidate: "c".into(),
                sdp_mid: Some("0".into()),
                ..Default::default()
            },
            epoch: Epoch(17),
        };
        let name = DisplayName::try_from("Ann".to_owned()).ok();
        let value: sealed::Block =
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned().try_into().unwrap();
        for (signal, json) in [
            (Signal::Who { name: name.clone(), locked: false }, r#"{"who":{"name":"Ann"}}"#),
            (Signal::Who { name, locked: true }, r#"{"who":{"name":"Ann","locked":true}}"#),
            (Signal::Hold {}, r#"{"hold":{}}"#),
            (
                Signal::Vouch {
                    peer: PeerId(3),
                    page: PageLoad(5),
                    hello: introduction().hello,
                    checked: true,
                },
                r#"{"vouch":{"peer":3,"page":5,"hello":"2.h","checked":true}}"#,
            ),
            (
                Signal::Vouch {
                    peer: PeerId(3),
                    page: PageLoad(5),
                    hello: introduction().hello,
                    checked: false,
                },
                r#"{"vouch":{"peer":3,"page":5,"hello":"2.h"}}"#,
            ),
            (Signal::Who { name: None, locked: false }, r#"{"who":{}}"#),
            (Signal::StartCall { epoch: Epoch(32) }, r#"{"start_call":{"epoch":32}}"#),
            (
                Signal::Commit { value: value.clone() },
                r#"{"commit":{"value":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}}"#,
            ),
            (
                Signal::Nonce { value: value.clone() },
                r#"{"nonce":{"value":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}}"#,
            ),
            (
                Signal::Reveal { value },
                r#"{"reveal":{"value":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}}"#,
            ),
            (Signal::Stop {}, r#"{"stop":{}}"#),
            (offer, r#"{"webrtc_offer":{"sdp":"v=0","epoch":17,"offer":1}}"#),
            (
                candidate,
                r#"{"webrtc_ice_candidate":{"candidate":{"candidate":"c","sdpMid":"0"},"epoch":17}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&signal).unwrap(), json);
            assert_eq!(read(json), Ok(signal));
        }
    }

    #[test]
    fn client_messages_look_as_documented() {
        let join = ClientMsg::Join {
            room: RoomId::from_typed("4711").unwrap(),
            introduction: introduction(),
            resume: Some(SeatToken("t".into())),
            reloaded: true,
        };
        let table = [
            (join, r#"{"type":"join","room":"4711","hello":"2.h","door":"d","resume":"t","reloaded":true}"#),
            (
                ClientMsg::Signal { to: PeerId(2), sealed: sealed() },
                r#"{"type":"signal","to":2,"sealed":"AgAAAAG3h8VA5l3YSZAzFaP-abcdefgh"}"#,
            ),
            (
                ClientMsg::Wait { room: RoomId::from_typed("4711").unwrap() },
                r#"{"type":"wait","room":"4711"}"#,
            ),
            (ClientMsg::Confirm, r#"{"type":"confirm"}"#),
            (ClientMsg::Leave { held: None }, r#"{"type":"leave"}"#),
            (
                ClientMsg::Leave {
                    held: Some(HeldSeat {
                        room: RoomId::from_typed("4711").unwrap(),
                        resume: SeatToken("t".into()),
                    }),
                },
                r#"{"type":"leave","room":"4711","resume":"t"}"#,
            ),
        ];
        for (message, json) in table {
            assert_eq!(serde_json::to_string(&message).unwrap(), json);
        }
    }

    #[test]
    fn server_messages_look_as_documented() {
        let seated = Seated {
            room: RoomId::from_typed("4711").unwrap(),
            peer: PeerId(2),
            page: PageLoad(2),
            peers: vec![PeerInfo { peer: PeerId(1), page: PageLoad(1), hello: None, door: None, away: true }],
            resume: SeatToken("t".into()),
            resumed: true,
            ice_servers: vec![],
            capacity: Some(4),
        };
        let table = [
            (
                ServerMsg::RoomJoined(seated),
                r#"{"type":"room_joined","room":"4711","peer":2,"page":2,"peers":[{"peer":1,"page":1,"away":true}],"resume":"t","resumed":true,"ice_servers":[],"capacity":4}"#,
            ),
            (
                ServerMsg::FullRoom { room: RoomId::from_typed("4711").unwrap() },
                r#"{"type":"full_room","room":"4711"}"#,
            ),
            (
                ServerMsg::Waiting { room: RoomId::from_typed("4711").unwrap() },
                r#"{"type":"waiting","room":"4711"}"#,
            ),
            (
                ServerMsg::SeatFree { room: RoomId::from_typed("4711").unwrap() },
                r#"{"type":"seat_free","room":"4711"}"#,
            ),
            (
                ServerMsg::IceServers {
                    ice_servers: vec![IceServer {
                        urls: vec!["turn:192.0.2.1:3478".into()],
                        username: Some("u".into()),
                        credential: Some("c".into()),
                    }],
                },
                r#"{"type":"ice_servers","ice_servers":[{"urls":["turn:192.0.2.1:3478"],"username":"u","credential":"c"}]}"#,
            ),
            (ServerMsg::Version { version: 3 }, r#"{"type":"version","version":3}"#),
            (ServerMsg::Heartbeat, r#"{"type":"heartbeat"}"#),
            (
                ServerMsg::PeerBack(PeerInfo {
                    peer: PeerId(1),
                    page: PageLoad(3),
                    hello: Some(introduction().hello),
                    door: Some(introduction().door),
                    away: false,
                }),
                r#"{"type":"peer_back","peer":1,"page":3,"hello":"2.h","door":"d"}"#,
            ),
            (
                ServerMsg::Signal { from: PeerId(1), sealed: sealed() },
                r#"{"type":"signal","from":1,"sealed":"AgAAAAG3h8VA5l3YSZAzFaP-abcdefgh"}"#,
            ),
            (
                ServerMsg::Error { code: ErrorCode::NotJoined, message: "x".into() },
                r#"{"type":"error","code":"not_joined","message":"x"}"#,
            ),
        ];
        for (message, json) in table {
            assert_eq!(serde_json::to_string(&message).unwrap(), json);
            assert_eq!(server(json), message);
        }
    }

    #[test]
    fn messages_without_what_they_need_are_refused() {
        for json in [
            r#"{"type":"room_joined","room":"4711"}"#,
            r#"{"type":"peer_left"}"#,
            r#"{"type":"ice_servers"}"#,
            r#"{"type":"version"}"#,
            r#"{"type":"signal","sealed":"AgAAAAG3h8VA5l3YSZAzFaP-abcdefgh"}"#,
            r#"{"type":"signal","from":1}"#,
            r#"{"type":"signal","from":1,"sealed":7}"#,
            r#"{"type":"signal","from":1,"sealed":"short"}"#,
            // What pages of version 2 say to each other in plain is never believed.
            r#"{"type":"signal","from":1,"sealed":{"start_call":{"epoch":32}}}"#,
            r#"{"type":"peer_joined","peer":4,"page":4,"hello":"a b","door":"d"}"#,
            r#"{"type":"dance","from":1}"#,
            r#"{"peer":1}"#,
            r#"{"type":"heartbeat"} {}"#,
            r#"{"type":"heartbeat""#,
            "",
        ] {
            assert!(read::<ServerMsg>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_peer_whose_name_breaks_the_rule_has_none() {
        for name in ["\u{200b}", "a\u{2028}b", ""] {
            let signal = format!(r#"{{"who":{{"name":"{name}"}}}}"#);
            assert_eq!(read(&signal), Ok(Signal::Who { name: None, locked: false }));
        }
    }

    #[test]
    fn a_signal_that_is_no_signal_is_refused() {
        for json in [
            "{}",
            r#"{"dance":{"epoch":32}}"#,
            r#"{"webrtc_offer":{"epoch":32,"offer":1}}"#,
            r#"{"start_call":{"epoch":4294967296}}"#,
        ] {
            assert!(read::<Signal>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_socket_is_opened_with_the_version_by_program_and_first_script() {
        let address = socket_address();
        assert_eq!(
            address.strip_prefix(SOCKET_PATH).and_then(|rest| rest.strip_prefix('?')).map(version_in),
            Some(VERSION)
        );
        assert!(include_str!("app/early.js").contains(&format!("'{address}'")));
        for (query, version) in [("", 1), ("version", 1), ("version=x", 1), ("a=1&version=7&b", 7)] {
            assert_eq!(version_in(query), version, "{query}");
        }
    }

    #[test]
    fn unknown_fields_of_a_newer_server_are_ignored() {
        let read = server(r#"{"type":"peer_left","peer":4,"why":"tired"}"#);
        assert_eq!(read, ServerMsg::PeerLeft { peer: PeerId(4) });
    }

    #[test]
    fn a_signal_that_is_nested_too_deep_is_refused_and_not_recursed_into() {
        let signal = |skipped: &str| format!(r#"{{"start_call":{{"x":{skipped},"epoch":3}}}}"#);
        let nested = |levels: usize, open: &str, close: &str| open.repeat(levels) + &close.repeat(levels);
        for fine in ["\"[[{\"", r#"["\"]"]"#, &nested(20, "[", "]"), &format!("\"{}\"", "[".repeat(60_000))] {
            assert_eq!(read(&signal(fine)), Ok(Signal::StartCall { epoch: Epoch(3) }));
        }
        for deep in [nested(20_000, "[", "]"), nested(9_000, r#"["]","#, "]"), nested(9_000, r#"{"x":"#, "}")]
        {
            assert!(read::<Signal>(&signal(&deep)).is_err());
        }
    }

    proptest! {
        #[test]
        fn what_a_server_says_is_read_whatever_is_in_it(message in any::<String>(), url in any::<String>()) {
            let server = IceServer { urls: vec![url], username: None, credential: None };
            for said in [
                ServerMsg::Error { code: ErrorCode::NotJoined, message },
                ServerMsg::IceServers { ice_servers: vec![server] },
            ] {
                prop_assert_eq!(read(&serde_json::to_string(&said).unwrap()), Ok(said));
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>(), at in any::<prop::sample::Index>()) {
            drop(read::<ServerMsg>(&text));
            let whole = serde_json::to_string(&ServerMsg::Error { code: ErrorCode::NotJoined, message: text }).unwrap();
            let cut = whole.char_indices().map(|(at, _)| at).nth(at.index(whole.chars().count())).unwrap();
            prop_assert!(read::<ServerMsg>(&whole[..cut]).is_err());
        }
    }
}
