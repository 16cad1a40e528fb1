//! The server's view of a client frame, decoded as far as the server needs it.
//!
//! What is sealed in an [`Envelope`] stays the JSON text it arrived as ([`RawValue`]) and is written into the outgoing
//! frame as it is: a text that only the receiver can read. Of pages of version 2 it is an object, which is passed on as well.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ErrorCode, HeldSeat, Introduction, PeerId, RoomId, SeatToken};

/// A client message as the server sees it.
#[derive(Debug)]
pub enum Inbound<'a> {
    /// See [`super::ClientMsg::Join`].
    Join {
        /// The room number.
        room: RoomId,
        /// The same as the page wrote it, for the answer.
        asked: RoomId,
        /// What the page says of itself; one of version 2 says nothing.
        introduction: Option<Introduction>,
        /// The token of a seat held before.
        resume: Option<SeatToken>,
        /// The page has no peer connections any more.
        reloaded: bool,
    },
    /// See [`super::ClientMsg::Wait`].
    Wait {
        /// The room number.
        room: RoomId,
        /// The same as the page wrote it, for the answer.
        asked: RoomId,
    },
    /// See [`super::ClientMsg::Signal`].
    Signal(Envelope<'a>),
    /// See [`super::ClientMsg::Confirm`].
    Confirm,
    /// See [`super::ClientMsg::Leave`].
    Leave {
        /// A seat left while there was no socket.
        held: Option<HeldSeat>,
    },
}

/// A signal to pass on: the receiver, and a JSON text that only the receiver reads.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// The receiver.
    pub to: PeerId,
    sealed: &'a RawValue,
}

/// The one flat object that every client frame is read into.
#[derive(Debug, Deserialize)]
struct Frame<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    // Nothing but the type is read before it is known: in a message of a newer page each may be something else.
    #[serde(borrow)]
    to: Option<&'a RawValue>,
    #[serde(borrow)]
    sealed: Option<&'a RawValue>,
    #[serde(borrow)]
    room: Option<&'a RawValue>,
    #[serde(borrow)]
    hello: Option<&'a RawValue>,
    #[serde(borrow)]
    door: Option<&'a RawValue>,
    #[serde(borrow)]
    resume: Option<&'a RawValue>,
    #[serde(borrow)]
    reloaded: Option<&'a RawValue>,
}

/// Reads one text frame.
///
/// # Errors
/// [`ErrorCode::BadMessage`], [`ErrorCode::UnknownType`] or [`ErrorCode::BadRoom`].
pub fn decode(text: &str) -> Result<Inbound<'_>, ErrorCode> {
    let frame: Frame<'_> = serde_json::from_str(text).map_err(|_| ErrorCode::BadMessage)?;
    match frame.kind.as_ref() {
        "join" => decode_join(&frame),
        "confirm" => Ok(Inbound::Confirm),
        "leave" => decode_leave(&frame),
        "wait" => decode_room(&frame).map(|(room, asked)| Inbound::Wait { room, asked }),
        "signal" => decode_signal(&frame),
        _ => Err(ErrorCode::UnknownType),
    }
}

fn read<T: for<'de> Deserialize<'de>>(
    raw: Option<&RawValue>,
    wrong: ErrorCode,
) -> Result<Option<T>, ErrorCode> {
    raw.map(|raw| serde_json::from_str(raw.get()).map_err(|_| wrong)).transpose()
}

fn decode_leave<'a>(frame: &Frame<'a>) -> Result<Inbound<'a>, ErrorCode> {
    let Some(resume) = read(frame.resume, ErrorCode::BadMessage)? else {
        return Ok(Inbound::Leave { held: None });
    };
    let room = read(frame.room, ErrorCode::BadRoom)?.ok_or(ErrorCode::BadRoom)?;
    Ok(Inbound::Leave { held: Some(HeldSeat { room, resume }) })
}

/// The room number in its normal form, and as the page wrote it.
fn decode_room(frame: &Frame<'_>) -> Result<(RoomId, RoomId), ErrorCode> {
    let text: String = read(frame.room, ErrorCode::BadRoom)?.ok_or(ErrorCode::BadRoom)?;
    let room = RoomId::from_typed(&text).map_err(|_| ErrorCode::BadRoom)?;
    Ok((room.clone(), room.as_asked(&text)))
}

fn decode_join<'a>(frame: &Frame<'a>) -> Result<Inbound<'a>, ErrorCode> {
    let (room, asked) = decode_room(frame)?;
    let hello = read(frame.hello, ErrorCode::BadMessage)?;
    let door = read(frame.door, ErrorCode::BadMessage)?;
    Ok(Inbound::Join {
        room,
        asked,
        introduction: hello.zip(door).map(|(hello, door)| Introduction { hello, door }),
        resume: read(frame.resume, ErrorCode::BadMessage)?,
        reloaded: read(frame.reloaded, ErrorCode::BadMessage)?.unwrap_or(false),
    })
}

fn decode_signal<'a>(frame: &Frame<'a>) -> Result<Inbound<'a>, ErrorCode> {
    let to = read(frame.to, ErrorCode::BadMessage)?.ok_or(ErrorCode::BadMessage)?;
    let sealed = frame.sealed.ok_or(ErrorCode::BadMessage)?;
    Ok(Inbound::Signal(Envelope { to, sealed }))
}

impl Envelope<'_> {
    /// The frame for the receiver, with the sender the server vouches for.
    pub fn encode(&self, from: PeerId) -> String {
        let sealed = self.sealed.get();
        let mut frame = String::with_capacity(48 + sealed.len());
        // Writing to a String cannot fail.
        let _ = write!(frame, r#"{{"type":"signal","from":{from},"sealed":"#);
        frame.push_str(sealed);
        frame.push('}');
        frame
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{self as protocol, ClientMsg, SealedBox, ServerMsg};
    use super::*;

    fn refusal(text: &str) -> ErrorCode {
        decode(text).map(|read| panic!("{text} was read as {read:?}")).unwrap_or_else(|code| code)
    }

    #[test]
    fn bad_frames_get_their_own_code() {
        let table = [
            ("", ErrorCode::BadMessage),
            ("[]", ErrorCode::BadMessage),
            ("\"join\"", ErrorCode::BadMessage),
            ("{}", ErrorCode::BadMessage),
            (r#"{"type":1}"#, ErrorCode::BadMessage),
            (r#"{"type":"dance"}"#, ErrorCode::UnknownType),
            (r#"{"type":"dance","to":["all"],"room":{},"sdp":null}"#, ErrorCode::UnknownType),
            (r#"{"type":"join"}"#, ErrorCode::BadRoom),
            (r#"{"type":"join","room":""}"#, ErrorCode::BadRoom),
            (r#"{"type":"join","room":4711}"#, ErrorCode::BadRoom),
            (r#"{"type":"join","room":"a/b"}"#, ErrorCode::BadRoom),
            (r#"{"type":"join","room":"1","hello":"a b","door":"d"}"#, ErrorCode::BadMessage),
            (r#"{"type":"join","room":"1","hello":"h","door":5}"#, ErrorCode::BadMessage),
            (r#"{"type":"join","room":"1","resume":5}"#, ErrorCode::BadMessage),
            (r#"{"type":"join","room":"1","room":"2"}"#, ErrorCode::BadMessage),
            (r#"{"type":"wait"}"#, ErrorCode::BadRoom),
            (r#"{"type":"leave","resume":"t"}"#, ErrorCode::BadRoom),
            (r#"{"type":"leave","resume":5,"room":"1"}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal"}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","to":2}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","to":2,"sealed":null}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","to":2,"sealed":{]}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","to":2,"sealed":1,"sealed":2}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","sealed":1}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","to":null,"sealed":1}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","to":"2","sealed":1}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","to":-1,"sealed":1}"#, ErrorCode::BadMessage),
            (r#"{"type":"signal","to":4294967296,"sealed":1}"#, ErrorCode::BadMessage),
            (r#"{"type":"webrtc_offer","sdp":"v=0"}"#, ErrorCode::UnknownType),
        ];
        for (text, code) in table {
            assert_eq!(refusal(text), code, "{text}");
        }
    }

    #[test]
    fn a_room_is_known_by_its_normal_form_and_answered_as_it_was_asked_for() {
        for (text, known, answered) in [("4711", "4711", "4711"), ("Abc", "abc", "Abc"), ("４７", "47", "47")]
        {
            let text = format!(r#"{{"type":"join","room":"{text}"}}"#);
            let Ok(Inbound::Join { room, asked, .. }) = decode(&text) else { panic!("{text}") };
            assert_eq!((room.as_str(), asked.as_str()), (known, answered));
        }
    }

    #[test]
    fn an_envelope_passes_unread_and_never_with_a_forged_sender() {
        for sealed in [r#"{"a kind of its own":[1e999, "\ud83d"]}"#, r#""ciphertext""#, "7"] {
            let text =
                format!(r#"{{"type":"signal","from":9,"sealed": {sealed} ,"to":2,"extra":{{"a":[1]}}}}"#);
            let Ok(Inbound::Signal(envelope)) = decode(&text) else { panic!("{text}") };
            assert_eq!(envelope.to, PeerId(2));
            let passed = format!(r#"{{"type":"signal","from":1,"sealed":{sealed}}}"#);
            assert_eq!(envelope.encode(PeerId(1)), passed);
        }
    }

    #[test]
    fn a_join_tells_the_others_what_they_need_and_no_name() {
        let join = |rest: &str| {
            let text = format!(r#"{{"type":"join","room":"1"{rest}}}"#);
            let Ok(Inbound::Join { introduction, .. }) = decode(&text) else { panic!("{text}") };
            introduction.map(|said| (said.hello.as_str().to_owned(), said.door.as_str().to_owned()))
        };
        let both = Some(("2.h".to_owned(), "d".to_owned()));
        assert_eq!(join(r#","hello":"2.h","door":"d""#), both);
        assert_eq!(join(r#","hello":"2.h","door":"d","name":"Ann""#), both);
        // A page of version 2.
        assert_eq!(join(r#","name":"Ann""#), None);
    }

    fn boxes() -> impl Strategy<Value = SealedBox> {
        "[A-Za-z0-9_-]{28,600}".prop_map(|text| text.try_into().unwrap())
    }

    proptest! {
        #[test]
        fn what_a_browser_encodes_arrives_unchanged(
            sealed in boxes(), to in any::<u32>(), from in any::<u32>(),
        ) {
            let to = PeerId(to);
            let text = serde_json::to_string(&ClientMsg::Signal { to, sealed: sealed.clone() }).unwrap();
            let Ok(Inbound::Signal(envelope)) = decode(&text) else { panic!("{text}") };
            prop_assert_eq!(envelope.to, to);
            let read: ServerMsg = protocol::read(&envelope.encode(PeerId(from))).unwrap();
            prop_assert_eq!(read, ServerMsg::Signal { from: PeerId(from), sealed });
        }

        #[test]
        fn no_text_makes_the_decoder_panic_or_pass_on_broken_json(text in any::<String>()) {
            if let Ok(Inbound::Signal(envelope)) = decode(&text) {
                serde_json::from_str::<&RawValue>(&envelope.encode(PeerId(1))).unwrap();
            }
        }

        #[test]
        fn broken_frames_never_panic_and_never_pass_on_broken_json(
            sealed in boxes(), cut in any::<prop::sample::Index>(), noise in any::<char>(), insert in any::<bool>(),
        ) {
            let text = serde_json::to_string(&ClientMsg::Signal { to: PeerId(2), sealed }).unwrap();
            let at = (0..=cut.index(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let broken = if insert { format!("{}{noise}{}", &text[..at], &text[at..]) } else { text[..at].to_owned() };
            if let Ok(Inbound::Signal(envelope)) = decode(&broken) {
                serde_json::from_str::<&RawValue>(&envelope.encode(PeerId(1))).unwrap();
            }
        }
    }
}
