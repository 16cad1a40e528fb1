//! Messages from page to page over their data channel; the server never sees them.
//!
//! One JSON object per message, `type` names it. A page ignores kinds and fields that it does not know, so a newer one
//! can say more. What is read comes from another person's page: nothing in it may harm this one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::name_of_peer;
use super::{ChatText, DisplayName, PeerId, Reaction, SourceSet, Spot, nesting, read};

/// Label of the data channel.
pub const DATA_CHANNEL_LABEL: &str = "parlor";
/// Id of the data channel, which both sides open by themselves (W3C WebRTC 1.0, section 6.2, `negotiated`).
pub const DATA_CHANNEL_ID: u16 = 0;
/// Largest message either side reads, in bytes.
pub const MAX_DATA_BYTES: usize = 16 * 1024;
/// Most messages that a page reads of a peer within [`DATA_WINDOW`]; further ones are dropped.
pub const MAX_DATA_IN_WINDOW: u32 = 350;
/// The time for which [`MAX_DATA_IN_WINDOW`] messages are read.
pub const DATA_WINDOW: Duration = Duration::from_secs(10);
/// Shortest time between two states that a page tells, far below the limit: of those between only the latest counts.
pub const STATE_EVERY: Duration = Duration::from_millis(100);
/// Shortest time between two words of a page on its raised hand, and between two reactions.
pub const GESTURE_EVERY: Duration = Duration::from_millis(400);
/// Most messages of each of these kinds that a page reads within [`DATA_WINDOW`]; further ones are dropped.
pub const MAX_GESTURES_IN_WINDOW: u32 = 60;

/// Shortest time between two chat messages, and between two acknowledgements, of a page to another.
pub const CHAT_EVERY: Duration = Duration::from_millis(250);
/// Most messages of each of these kinds that a page reads within [`DATA_WINDOW`]; further ones are dropped.
pub const MAX_CHATS_IN_WINDOW: u32 = 100;

/// Shortest time between two messages of a page that point.
pub const POINT_EVERY: Duration = Duration::from_millis(80);
/// Most of them that a page reads within [`DATA_WINDOW`]; further ones are dropped.
pub const MAX_POINTS_IN_WINDOW: u32 = 150;

/// Largest message that tells a state; a longest name takes some 200 bytes.
const MAX_STATE_BYTES: usize = 1024;
/// Deepest nesting of a message: its reader calls itself for what it ignores.
const MAX_DEPTH: usize = 8;

/// A message to a peer. Hello, sources, hand and pointer rule tell a state, of which only the latest counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerMsg {
    /// Introduces the page, first of all on every channel, and again with another name.
    Hello {
        /// The display name, if the person has one.
        name: Option<DisplayName>,
    },
    /// Tells which sources are sent; of the others nothing is heard or seen.
    Sources {
        /// The sources that are sent.
        sends: SourceSet,
    },
    /// Tells whether the person raises a hand; nobody does who has not told.
    Hand {
        /// The hand is up.
        raised: bool,
    },
    /// Tells whether others may point at what this page shares; nobody may where it was not told.
    PointerRule {
        /// They may.
        allowed: bool,
    },
    /// Points at a shared screen, or draws on it. The pen goes on from the message before, if that drew there as well.
    Pointer {
        /// Who shares it.
        screen: PeerId,
        /// The pen is down.
        draws: bool,
        /// Where it went, in order, at most [`MAX_PATH_SPOTS`](super::MAX_PATH_SPOTS); none if the pen is lifted, or the pointer has left.
        path: Vec<Spot>,
    },
    /// Shows a reaction for a moment.
    Reaction {
        /// Which one.
        kind: Reaction,
    },
    /// Says something to everybody in the room.
    Chat {
        /// Its number, larger than those before it of the same page.
        id: u32,
        /// The text; none if it breaks this page's rule, which may be another than the sender's.
        text: Option<ChatText>,
    },
    /// Acknowledges all chat messages up to a number.
    ChatAck {
        /// The number.
        id: u32,
    },
}

/// The reason why a message is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// It is larger than its kind may be.
    #[error("too large")]
    TooLarge,
    /// It is no JSON of this shape, or nested too deep.
    #[error("unreadable")]
    Unreadable,
}

/// All fields of all messages; see `frame` for the reason.
#[derive(Default, Serialize, Deserialize)]
struct DataFrame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "name_of_peer", skip_serializing_if = "Option::is_none")]
    name: Option<DisplayName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sends: Option<SourceSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raised: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reaction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screen: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draws: Option<bool>,
    /// The numbers of each spot in turn, first across, then down.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Vec<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl PeerMsg {
    /// Reads a message; `None` if it is of a kind that only newer pages know.
    ///
    /// # Errors
    /// The message is too large, or unreadable.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, DataError> {
        if bytes.len() > MAX_DATA_BYTES {
            return Err(DataError::TooLarge);
        }
        if nesting(bytes) > MAX_DEPTH {
            return Err(DataError::Unreadable);
        }
        let text = str::from_utf8(bytes).map_err(|_| DataError::Unreadable)?;
        let frame: DataFrame = read(text).map_err(|_| DataError::Unreadable)?;
        let message = match frame.kind.as_str() {
            "hello" => Self::Hello { name: frame.name },
            "sources" => Self::Sources { sends: frame.sends.ok_or(DataError::Unreadable)? },
            "hand" => Self::Hand { raised: frame.raised.ok_or(DataError::Unreadable)? },
            "pointer_rule" => Self::PointerRule { allowed: frame.allowed.ok_or(DataError::Unreadable)? },
            "pointer" => {
                let (Some(screen), Some(draws), Some(path)) = (frame.screen, frame.draws, frame.path) else {
                    return Err(DataError::Unreadable);
                };
                let path = Spot::read(&path).ok_or(DataError::Unreadable)?;
                Self::Pointer { screen: PeerId(screen), draws, path }
            }
            "reaction" => {
                let named = frame.reaction.ok_or(DataError::Unreadable)?;
                let Some(kind) = Reaction::ALL.into_iter().find(|kind| kind.name() == named) else {
                    return Ok(None);
                };
                Self::Reaction { kind }
            }
            "chat" => {
                let text = frame.text.and_then(|text| ChatText::try_from(text.as_str()).ok());
                return Ok(Some(Self::Chat { id: frame.id.ok_or(DataError::Unreadable)?, text }));
            }
            "chat_ack" => Self::ChatAck { id: frame.id.ok_or(DataError::Unreadable)? },
            _ => return Ok(None),
        };
        if bytes.len() > MAX_STATE_BYTES { Err(DataError::TooLarge) } else { Ok(Some(message)) }
    }

    /// The message as it is sent.
    pub fn write(self) -> Vec<u8> {
        let mut frame = DataFrame::default();
        let kind = match self {
            Self::Hello { name } => {
                frame.name = name;
                "hello"
            }
            Self::Sources { sends } => {
                frame.sends = Some(sends);
                "sources"
            }
            Self::Hand { raised } => {
                frame.raised = Some(raised);
                "hand"
            }
            Self::PointerRule { allowed } => {
                frame.allowed = Some(allowed);
                "pointer_rule"
            }
            Self::Pointer { screen, draws, path } => {
                (frame.screen, frame.draws) = (Some(screen.0), Some(draws));
                frame.path = Some(path.iter().flat_map(|spot| [spot.x, spot.y]).collect());
                "pointer"
            }
            Self::Reaction { kind } => {
                frame.reaction = Some(kind.name().to_owned());
                "reaction"
            }
            Self::Chat { id, text } => {
                (frame.id, frame.text) = (Some(id), text.map(ChatText::into_string));
                "chat"
            }
            Self::ChatAck { id } => {
                frame.id = Some(id);
                "chat_ack"
            }
        };
        frame.kind = kind.to_owned();
        // Texts and lists of texts can always be written.
        serde_json::to_vec(&frame).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::{MAX_CHAT_CHARS, MAX_PATH_SPOTS};

    fn hello(name: &str) -> PeerMsg {
        PeerMsg::Hello { name: DisplayName::try_from(name.to_owned()).ok() }
    }

    fn chat(id: u32, text: &str) -> PeerMsg {
        PeerMsg::Chat { id, text: ChatText::try_from(text).ok() }
    }

    fn points(path: Vec<Spot>) -> PeerMsg {
        PeerMsg::Pointer { screen: PeerId(2), draws: true, path }
    }

    #[test]
    fn messages_look_as_documented() {
        for (message, json) in [
            (hello("Ann"), r#"{"type":"hello","name":"Ann"}"#),
            (hello(r#"[["#), r#"{"type":"hello","name":"[["}"#),
            (hello(""), r#"{"type":"hello"}"#),
            (
                PeerMsg::Sources { sends: SourceSet::DEVICES },
                r#"{"type":"sources","sends":["microphone","camera"]}"#,
            ),
            (PeerMsg::Sources { sends: SourceSet::NONE }, r#"{"type":"sources","sends":[]}"#),
            (PeerMsg::Hand { raised: true }, r#"{"type":"hand","raised":true}"#),
            (PeerMsg::Hand { raised: false }, r#"{"type":"hand","raised":false}"#),
            (PeerMsg::PointerRule { allowed: true }, r#"{"type":"pointer_rule","allowed":true}"#),
            (
                points(vec![Spot { x: 0, y: 7 }, Spot { x: 65_535, y: 9 }]),
                r#"{"type":"pointer","screen":2,"draws":true,"path":[0,7,65535,9]}"#,
            ),
            (points(vec![]), r#"{"type":"pointer","screen":2,"draws":true,"path":[]}"#),
            (PeerMsg::Reaction { kind: Reaction::Clap }, r#"{"type":"reaction","reaction":"clap"}"#),
            (chat(7, "Hi\n\"Ben\""), r#"{"type":"chat","id":7,"text":"Hi\n\"Ben\""}"#),
            (PeerMsg::ChatAck { id: 7 }, r#"{"type":"chat_ack","id":7}"#),
        ] {
            assert_eq!(String::from_utf8(message.clone().write()).unwrap(), json);
            assert_eq!(PeerMsg::read(json.as_bytes()), Ok(Some(message)));
        }
    }

    #[test]
    fn every_reaction_is_read_as_it_was_shown() {
        for kind in Reaction::ALL {
            assert_eq!(
                PeerMsg::read(&PeerMsg::Reaction { kind }.write()),
                Ok(Some(PeerMsg::Reaction { kind }))
            );
        }
    }

    #[test]
    fn what_a_newer_page_says_beyond_is_ignored() {
        for (json, message) in [
            (r#"{"type":"wave","strength":3}"#, None),
            (r#"{"type":"reaction","reaction":"rude"}"#, None),
            (r#"{"type":"hello","name":"Ann","badge":{"of":["x",1.5,null]}}"#, Some(hello("Ann"))),
            (
                r#"{"sends":["hologram","camera"],"type":"sources"}"#,
                Some(PeerMsg::Sources { sends: SourceSet::CAMERA }),
            ),
        ] {
            assert_eq!(PeerMsg::read(json.as_bytes()), Ok(message), "{json}");
        }
    }

    #[test]
    fn a_name_that_breaks_the_rule_counts_as_none() {
        let long = "x".repeat(crate::protocol::MAX_NAME_CHARS + 1);
        for name in ["\u{200b}", r"a\nb", "a\u{2028}b", &long] {
            let json = format!(r#"{{"type":"hello","name":"{name}"}}"#);
            assert_eq!(PeerMsg::read(json.as_bytes()), Ok(Some(hello(""))), "{name:?}");
        }
    }

    #[test]
    fn the_longest_text_fits_into_a_message_whatever_it_is_made_of() {
        for letter in ["\"", "\\", "\t.", "한", "😀", "[", "<"] {
            let text = letter.repeat(MAX_CHAT_CHARS / letter.chars().count());
            let message = chat(u32::MAX, &text);
            assert!(matches!(&message, PeerMsg::Chat { text: Some(_), .. }), "{letter}");
            let bytes = message.clone().write();
            assert!(bytes.len() <= MAX_DATA_BYTES, "{letter}: {}", bytes.len());
            assert_eq!(PeerMsg::read(&bytes), Ok(Some(message)));
        }
    }

    #[test]
    fn a_chat_text_that_breaks_the_rule_counts_as_none() {
        for text in ["", "\u{200b}", &"x".repeat(MAX_CHAT_CHARS + 1)] {
            let json = format!(r#"{{"type":"chat","id":7,"text":"{text}"}}"#);
            assert_eq!(PeerMsg::read(json.as_bytes()), Ok(Some(chat(7, ""))), "{text:?}");
        }
        let turned = "{\"type\":\"chat\",\"id\":7,\"text\":\"a\u{202e}b\"}";
        assert_eq!(PeerMsg::read(turned.as_bytes()), Ok(Some(chat(7, "ab"))));
    }

    #[test]
    fn unreadable_messages_are_refused() {
        let filled = |bytes: usize| {
            let message = r#"{"type":"hello","more":""}"#;
            message.replace(r#""""#, &format!("\"{}\"", "x".repeat(bytes - message.len())))
        };
        let nested =
            |depth: usize| format!(r#"{{"type":"hello","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(PeerMsg::read(filled(MAX_STATE_BYTES).as_bytes()), Ok(Some(hello(""))));
        assert_eq!(PeerMsg::read(nested(MAX_DEPTH - 1).as_bytes()), Ok(Some(hello(""))));
        for (bytes, error) in [
            (filled(MAX_STATE_BYTES + 1).into_bytes(), DataError::TooLarge),
            (vec![b' '; MAX_DATA_BYTES + 1], DataError::TooLarge),
            (nested(MAX_DEPTH).into_bytes(), DataError::Unreadable),
            (vec![b'['; MAX_DATA_BYTES], DataError::Unreadable),
            (br#"{"type":"sources"}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"sources","sends":"camera"}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"hand","raised":"high"}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"reaction"}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"pointer_rule"}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"pointer","screen":2,"draws":true}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"pointer","screen":2,"draws":true,"path":[1]}"#.to_vec(), DataError::Unreadable),
            (
                br#"{"type":"pointer","screen":2,"draws":true,"path":[65536,1]}"#.to_vec(),
                DataError::Unreadable,
            ),
            (br#"{"type":"pointer","screen":2,"draws":true,"path":[-1,1]}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"pointer","screen":2,"draws":true,"path":[0.5,1]}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"pointer","screen":-2,"draws":true,"path":[1,1]}"#.to_vec(), DataError::Unreadable),
            (points(vec![Spot::default(); MAX_PATH_SPOTS + 1]).write(), DataError::Unreadable),
            (br#"{"type":7}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"chat","text":"x"}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"chat","id":-1,"text":"x"}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"chat","id":1,"text":["x"]}"#.to_vec(), DataError::Unreadable),
            (br#"{"type":"chat_ack","id":4294967296}"#.to_vec(), DataError::Unreadable),
            (
                format!(r#"{{"type":"chat","id":1,"text":"{}"}}"#, "x".repeat(1 << 20)).into_bytes(),
                DataError::TooLarge,
            ),
            (br#"{"name":"Ann"}"#.to_vec(), DataError::Unreadable),
            (b"{\"type\":\"hello\",\"name\":\"\xff\"}".to_vec(), DataError::Unreadable),
            (b"".to_vec(), DataError::Unreadable),
        ] {
            assert_eq!(PeerMsg::read(&bytes), Err(error), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn the_longest_path_fits_into_a_message() {
        let path = vec![Spot { x: u16::MAX, y: u16::MAX }; MAX_PATH_SPOTS];
        let message = PeerMsg::Pointer { screen: PeerId(u32::MAX), draws: false, path };
        assert_eq!(PeerMsg::read(&message.clone().write()), Ok(Some(message)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, text: String) {
            drop(PeerMsg::read(&bytes));
            let json = serde_json::json!({ "type": "hello", "name": text, "sends": [text] }).to_string();
            let is_hello = matches!(PeerMsg::read(json.as_bytes()), Ok(Some(PeerMsg::Hello { .. })) | Err(_));
            prop_assert!(is_hello, "{}", json);
        }

        #[test]
        fn every_name_is_read_as_it_was_told(text: String) {
            let hello = PeerMsg::Hello { name: DisplayName::try_from(text).ok() };
            prop_assert_eq!(PeerMsg::read(&hello.clone().write()), Ok(Some(hello)));
        }

        #[test]
        fn every_chat_message_is_read_as_it_was_written(id: u32, text: String) {
            let message = chat(id, &text);
            prop_assert_eq!(PeerMsg::read(&message.clone().write()), Ok(Some(message)));
        }
    }
}
