//! Messages from page to page over their data channel; the server never sees them.
//!
//! One JSON object per message, `type` names it. A page ignores kinds and fields that it does not know, so a newer one
//! can say more. What is read comes from another person's page: nothing in it may harm this one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::name_of_peer;
use super::{DisplayName, SourceSet, nesting, read};

/// Label of the data channel.
pub const DATA_CHANNEL_LABEL: &str = "parlor";
/// Id of the data channel, which both sides open by themselves (W3C WebRTC 1.0, section 6.2, `negotiated`).
pub const DATA_CHANNEL_ID: u16 = 0;
/// Largest message either side reads, in bytes.
pub const MAX_DATA_BYTES: usize = 16 * 1024;
/// Most messages that a page reads of a peer within [`DATA_WINDOW`]; further ones are dropped.
pub const MAX_DATA_IN_WINDOW: u32 = 200;
/// The time for which [`MAX_DATA_IN_WINDOW`] messages are read.
pub const DATA_WINDOW: Duration = Duration::from_secs(10);
/// Shortest time between two states that a page tells, far below the limit: of those between only the latest counts.
pub const STATE_EVERY: Duration = Duration::from_millis(100);

/// Largest message that tells a state; a longest name takes some 200 bytes.
const MAX_STATE_BYTES: usize = 1024;
/// Deepest nesting of a message: its reader calls itself for what it ignores.
const MAX_DEPTH: usize = 8;

/// A message to a peer. Each tells a state, of which only the latest counts.
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
        let DataFrame { kind, name, sends } = read(text).map_err(|_| DataError::Unreadable)?;
        let message = match kind.as_str() {
            "hello" => Self::Hello { name },
            "sources" => Self::Sources { sends: sends.ok_or(DataError::Unreadable)? },
            _ => return Ok(None),
        };
        if bytes.len() > MAX_STATE_BYTES { Err(DataError::TooLarge) } else { Ok(Some(message)) }
    }

    /// The message as it is sent.
    pub fn write(self) -> Vec<u8> {
        let frame = match self {
            Self::Hello { name } => DataFrame { kind: "hello".to_owned(), name, sends: None },
            Self::Sources { sends } => {
                DataFrame { kind: "sources".to_owned(), name: None, sends: Some(sends) }
            }
        };
        // Texts and lists of texts can always be written.
        serde_json::to_vec(&frame).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hello(name: &str) -> PeerMsg {
        PeerMsg::Hello { name: DisplayName::try_from(name.to_owned()).ok() }
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
        ] {
            assert_eq!(String::from_utf8(message.clone().write()).unwrap(), json);
            assert_eq!(PeerMsg::read(json.as_bytes()), Ok(Some(message)));
        }
    }

    #[test]
    fn what_a_newer_page_says_beyond_is_ignored() {
        for (json, message) in [
            (r#"{"type":"hand","raised":true}"#, None),
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
            (br#"{"type":7}"#.to_vec(), DataError::Unreadable),
            (br#"{"name":"Ann"}"#.to_vec(), DataError::Unreadable),
            (b"{\"type\":\"hello\",\"name\":\"\xff\"}".to_vec(), DataError::Unreadable),
            (b"".to_vec(), DataError::Unreadable),
        ] {
            assert_eq!(PeerMsg::read(&bytes), Err(error), "{}", String::from_utf8_lossy(&bytes));
        }
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
    }
}
