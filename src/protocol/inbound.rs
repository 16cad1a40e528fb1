//! The server's view of a client frame: decoded as far as the server needs it, otherwise checked for shape.
//!
//! A signal's description or candidate stays the JSON text it arrived as ([`RawValue`]) and is written into
//! the outgoing frame as it is, so a relay neither unescapes nor escapes an SDP.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{DisplayName, ErrorCode, HeldSeat, PeerId, RoomId, SeatToken};

/// A client message as the server sees it.
#[derive(Debug)]
pub enum Inbound<'a> {
    /// See [`super::ClientMsg::Join`].
    Join {
        /// The room number.
        room: RoomId,
        /// The same as the page wrote it, for the answer.
        asked: RoomId,
        /// A display name.
        name: Option<DisplayName>,
        /// The token of a seat held before.
        resume: Option<SeatToken>,
        /// The page has no peer connections any more.
        reloaded: bool,
    },
    /// See [`super::ClientMsg::Signal`].
    Relay {
        /// The receiver; all others in the room without it.
        to: Option<PeerId>,
        /// The signal.
        relay: Relay<'a>,
    },
    /// See [`super::ClientMsg::Confirm`].
    Confirm,
    /// See [`super::ClientMsg::Leave`].
    Leave {
        /// A seat left while there was no socket.
        held: Option<HeldSeat>,
    },
}

/// Which signal a [`Relay`] carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayKind {
    /// [`super::Signal::StartCall`]
    StartCall,
    /// [`super::Signal::WebrtcOffer`]
    Offer,
    /// [`super::Signal::WebrtcAnswer`]
    Answer,
    /// [`super::Signal::WebrtcIceCandidate`]
    IceCandidate,
}

impl RelayKind {
    /// The `type` on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartCall => "start_call",
            Self::Offer => "webrtc_offer",
            Self::Answer => "webrtc_answer",
            Self::IceCandidate => "webrtc_ice_candidate",
        }
    }
}

/// A signal to pass on, its fields still the sender's JSON text.
#[derive(Debug)]
pub struct Relay<'a> {
    kind: RelayKind,
    frame: Frame<'a>,
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
    room: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    resume: Option<&'a RawValue>,
    #[serde(borrow)]
    reloaded: Option<&'a RawValue>,
    #[serde(borrow)]
    sdp: Option<&'a RawValue>,
    #[serde(borrow)]
    candidate: Option<&'a RawValue>,
    #[serde(borrow, rename = "sdpMid")]
    sdp_mid: Option<&'a RawValue>,
    #[serde(borrow, rename = "sdpMLineIndex")]
    sdp_m_line_index: Option<&'a RawValue>,
    #[serde(borrow, rename = "usernameFragment")]
    username_fragment: Option<&'a RawValue>,
    #[serde(borrow)]
    epoch: Option<&'a RawValue>,
    #[serde(borrow)]
    offer: Option<&'a RawValue>,
}

/// Reads one text frame.
///
/// # Errors
/// [`ErrorCode::BadMessage`], [`ErrorCode::UnknownType`], [`ErrorCode::BadRoom`] or [`ErrorCode::BadName`].
pub fn decode(text: &str) -> Result<Inbound<'_>, ErrorCode> {
    let frame: Frame<'_> = serde_json::from_str(text).map_err(|_| ErrorCode::BadMessage)?;
    match frame.kind.as_ref() {
        "join" => decode_join(&frame),
        "confirm" => Ok(Inbound::Confirm),
        "leave" => decode_leave(&frame),
        "start_call" => decode_relay(RelayKind::StartCall, frame),
        "webrtc_offer" => decode_relay(RelayKind::Offer, frame),
        "webrtc_answer" => decode_relay(RelayKind::Answer, frame),
        "webrtc_ice_candidate" => decode_relay(RelayKind::IceCandidate, frame),
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

fn decode_join<'a>(frame: &Frame<'a>) -> Result<Inbound<'a>, ErrorCode> {
    let text: String = read(frame.room, ErrorCode::BadRoom)?.ok_or(ErrorCode::BadRoom)?;
    let room = RoomId::from_typed(&text).map_err(|_| ErrorCode::BadRoom)?;
    Ok(Inbound::Join {
        asked: room.clone().as_asked(&text),
        room,
        name: read(frame.name, ErrorCode::BadName)?,
        resume: read(frame.resume, ErrorCode::BadMessage)?,
        reloaded: read(frame.reloaded, ErrorCode::BadMessage)?.unwrap_or(false),
    })
}

fn decode_relay(kind: RelayKind, frame: Frame<'_>) -> Result<Inbound<'_>, ErrorCode> {
    let to = read(frame.to, ErrorCode::BadMessage)?;
    number(frame.epoch)?;
    match kind {
        RelayKind::StartCall => {}
        RelayKind::Offer | RelayKind::Answer => {
            string(Some(frame.sdp.ok_or(ErrorCode::BadMessage)?))?;
            number(frame.offer)?;
        }
        RelayKind::IceCandidate => {
            string(Some(frame.candidate.ok_or(ErrorCode::BadMessage)?))?;
            string(frame.sdp_mid)?;
            number(frame.sdp_m_line_index)?;
            string(frame.username_fragment)?;
        }
    }
    Ok(Inbound::Relay { to, relay: Relay { kind, frame } })
}

fn string(raw: Option<&RawValue>) -> Result<(), ErrorCode> {
    shaped(raw, |json| json.starts_with('"'))
}

fn number(raw: Option<&RawValue>) -> Result<(), ErrorCode> {
    shaped(raw, |json| json.parse::<u32>().is_ok())
}

/// Well-formed JSON of the right kind can still be what no receiver reads, such as the number `1e999`.
fn shaped(raw: Option<&RawValue>, fits: fn(&str) -> bool) -> Result<(), ErrorCode> {
    match raw {
        Some(value) if !fits(value.get()) => Err(ErrorCode::BadMessage),
        _ => Ok(()),
    }
}

impl Relay<'_> {
    /// Which signal it is.
    pub fn kind(&self) -> RelayKind {
        self.kind
    }

    /// The frame for the receiver, with the sender the server vouches for.
    pub fn encode(&self, from: PeerId) -> String {
        let Frame { sdp, candidate, sdp_mid, sdp_m_line_index, username_fragment, epoch, offer, .. } =
            &self.frame;
        let fields: &[(&str, &Option<&RawValue>)] = match self.kind {
            RelayKind::StartCall => &[("epoch", epoch)],
            RelayKind::Offer | RelayKind::Answer => &[("sdp", sdp), ("epoch", epoch), ("offer", offer)],
            RelayKind::IceCandidate => &[
                ("candidate", candidate),
                ("sdpMid", sdp_mid),
                ("sdpMLineIndex", sdp_m_line_index),
                ("usernameFragment", username_fragment),
                ("epoch", epoch),
            ],
        };
        let present = || fields.iter().filter_map(|(name, raw)| raw.map(|raw| (name, raw.get())));
        let size = 64 + present().map(|(name, raw)| name.len() + raw.len() + 4).sum::<usize>();
        let mut frame = String::with_capacity(size);
        // Writing to a String cannot fail.
        let _ = write!(frame, r#"{{"from":{from},"type":"{}""#, self.kind.name());
        for (name, raw) in present() {
            for part in [",\"", name, "\":", raw] {
                frame.push_str(part);
            }
        }
        frame.push('}');
        frame
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{self as protocol, ClientMsg, Epoch, IceCandidate, OfferId, ServerMsg, Signal};
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
            (r#"{"type":"join","room":"1","name":"\n"}"#, ErrorCode::BadName),
            (r#"{"type":"join","room":"1","resume":5}"#, ErrorCode::BadMessage),
            (r#"{"type":"join","room":"1","room":"2"}"#, ErrorCode::BadMessage),
            (r#"{"type":"leave","resume":"t"}"#, ErrorCode::BadRoom),
            (r#"{"type":"leave","resume":5,"room":"1"}"#, ErrorCode::BadMessage),
            (r#"{"type":"webrtc_offer"}"#, ErrorCode::BadMessage),
            (r#"{"type":"webrtc_offer","sdp":{}}"#, ErrorCode::BadMessage),
            (r#"{"type":"webrtc_offer","sdp":"v=0","to":"2"}"#, ErrorCode::BadMessage),
            (r#"{"type":"webrtc_offer","sdp":"v=0","to":-1}"#, ErrorCode::BadMessage),
            (r#"{"type":"webrtc_ice_candidate","candidate":null}"#, ErrorCode::BadMessage),
            (r#"{"type":"webrtc_ice_candidate","candidate":"","sdpMLineIndex":"0"}"#, ErrorCode::BadMessage),
            (r#"{"type":"webrtc_ice_candidate","candidate":"","epoch":[]}"#, ErrorCode::BadMessage),
            (r#"{"type":"start_call","epoch":1e999}"#, ErrorCode::BadMessage),
            (r#"{"type":"start_call","epoch":-1}"#, ErrorCode::BadMessage),
            (r#"{"type":"start_call","epoch":4294967296}"#, ErrorCode::BadMessage),
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
    fn a_relay_passes_only_its_own_fields_and_never_a_forged_sender() {
        let text =
            r#"{"type":"webrtc_offer","from":9,"sdp":"v=0\r\n","to":2,"candidate":"x","extra":{"a":[1]}}"#;
        let Ok(Inbound::Relay { to, relay }) = decode(text) else { panic!("not a relay") };
        assert_eq!(to, Some(PeerId(2)));
        assert_eq!(relay.encode(PeerId(1)), r#"{"from":1,"type":"webrtc_offer","sdp":"v=0\r\n"}"#);
    }

    fn signals() -> impl Strategy<Value = Signal> {
        let numbers = (any::<u32>().prop_map(Epoch), any::<u32>().prop_map(OfferId));
        let text = any::<String>;
        prop_oneof![
            numbers.clone().prop_map(|(epoch, _)| Signal::StartCall { epoch }),
            (text(), numbers.clone()).prop_map(|(sdp, (epoch, offer))| Signal::WebrtcOffer {
                sdp,
                epoch,
                offer
            }),
            (text(), numbers.clone()).prop_map(|(sdp, (epoch, offer))| Signal::WebrtcAnswer {
                sdp,
                epoch,
                offer
            }),
            (text(), any::<Option<String>>(), any::<Option<u16>>(), any::<Option<String>>(), numbers)
                .prop_map(|(candidate, sdp_mid, sdp_m_line_index, username_fragment, (epoch, _))| {
                    Signal::WebrtcIceCandidate {
                        candidate: IceCandidate { candidate, sdp_mid, sdp_m_line_index, username_fragment },
                        epoch,
                    }
                }),
        ]
    }

    proptest! {
        #[test]
        fn what_a_browser_encodes_arrives_unchanged(
            signal in signals(), to in any::<Option<u32>>(), from in any::<u32>(),
        ) {
            let to = to.map(PeerId);
            let text = serde_json::to_string(&ClientMsg::Signal { to, signal: signal.clone() }).unwrap();
            let Ok(Inbound::Relay { to: read_to, relay }) = decode(&text) else { panic!("{text}") };
            prop_assert_eq!(read_to, to);
            let read: ServerMsg = protocol::read(&relay.encode(PeerId(from))).unwrap();
            prop_assert_eq!(read, ServerMsg::Signal { from: PeerId(from), signal });
        }

        #[test]
        fn no_text_makes_the_decoder_panic_or_pass_on_broken_json(text in any::<String>()) {
            if let Ok(Inbound::Relay { relay, .. }) = decode(&text) {
                serde_json::from_str::<serde_json::Value>(&relay.encode(PeerId(1))).unwrap();
            }
        }

        #[test]
        fn broken_frames_never_panic_and_never_pass_on_broken_json(
            signal in signals(), cut in any::<prop::sample::Index>(), noise in any::<char>(), insert in any::<bool>(),
        ) {
            let text = serde_json::to_string(&ClientMsg::Signal { to: None, signal }).unwrap();
            let at = (0..=cut.index(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let broken = if insert { format!("{}{noise}{}", &text[..at], &text[at..]) } else { text[..at].to_owned() };
            if let Ok(Inbound::Relay { relay, .. }) = decode(&broken) {
                serde_json::from_str::<serde_json::Value>(&relay.encode(PeerId(1))).unwrap();
            }
        }
    }
}
