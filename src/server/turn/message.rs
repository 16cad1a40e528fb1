//! The kinds and lengths of messages, by their first bytes, and simple answers.
//!
//! See RFC 8489 section 5 and RFC 8656 section 12.

use turn_types::stun::attribute::{ErrorCode, XorMappedAddress};
use turn_types::stun::message::{IntegrityAlgorithm, IntegrityKey, Message, MessageWriteVec};
use turn_types::stun::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};

use std::net::SocketAddr;

/// Longest message taken. Media keeps below the packets of its network, which are far shorter.
pub(super) const MAX_MESSAGE: usize = 4096;

const STUN_HEAD: usize = 20;
const CHANNEL_HEAD: usize = 4;

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A request, which gets an answer.
    Request,
    /// Data for a peer: ChannelData or an indication.
    Data,
}

impl Kind {
    /// Classifies a whole message; `None` stands for one that no client sends.
    pub(super) fn of(message: &[u8]) -> Option<Self> {
        match *message {
            [first, second, ..] if first < 0x40 && message.len() >= STUN_HEAD => {
                match (first & 1, second & 0x10) {
                    (0, 0) => Some(Self::Request),
                    (0, _) => Some(Self::Data),
                    // Answers, which only servers send.
                    _ => None,
                }
            }
            [0x40..0x80, ..] if message.len() >= CHANNEL_HEAD => Some(Self::Data),
            _ => None,
        }
    }
}

/// Returns the length of a stream's first message, without and with padding.
///
/// `None` stands for bytes that are no message, or one that is too long.
/// On streams ChannelData is padded to a multiple of four, which its length field leaves out (RFC 8656 section 12.5).
pub(super) fn lengths(head: [u8; CHANNEL_HEAD]) -> Option<(usize, usize)> {
    let said = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let (message, whole) = match head[0] {
        0..0x40 => (STUN_HEAD + said, STUN_HEAD + said),
        0x40..0x80 => (CHANNEL_HEAD + said, CHANNEL_HEAD + padded(said)),
        _ => return None,
    };
    (whole <= MAX_MESSAGE).then_some((message, whole))
}

/// Rounds up to a multiple of four.
pub(super) fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}

/// Answers a Binding request with the address it came from (RFC 8489 section 6.3.1.1).
pub(super) fn binding_answer(request: &Message<'_>, from: SocketAddr) -> Vec<u8> {
    let mut answer = Message::builder_success(request, MessageWriteVec::with_capacity(64));
    let address = XorMappedAddress::new(from, request.transaction_id());
    let written = answer.add_attribute(&address).and_then(|()| answer.add_fingerprint());
    written.map_or_else(|_| Vec::new(), |()| answer.finish())
}

/// Builds an error answer, signed if there is a key.
pub(super) fn error_answer(
    request: &Message<'_>,
    code: u16,
    more: &[&dyn AttributeWrite],
    key: Option<&IntegrityKey>,
) -> Vec<u8> {
    let mut answer = Message::builder_error(request, MessageWriteVec::with_capacity(192));
    let written = ErrorCode::builder(code).build().and_then(|error| {
        answer.add_attribute(&error)?;
        more.iter().try_for_each(|attribute| answer.add_attribute(*attribute))?;
        key.map_or(Ok(()), |key| answer.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1))
    });
    written.map_or_else(|_| Vec::new(), |()| answer.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_by_their_first_bytes() {
        let stun = |first, second| {
            let mut message = [0; STUN_HEAD];
            (message[0], message[1]) = (first, second);
            Kind::of(&message)
        };
        assert_eq!(stun(0, 1), Some(Kind::Request));
        assert_eq!(stun(0, 3), Some(Kind::Request));
        assert_eq!(stun(0, 0x16), Some(Kind::Data));
        assert_eq!(stun(1, 1), None);
        assert_eq!(stun(1, 0x11), None);
        assert_eq!(stun(0x80, 1), None);
        assert_eq!(Kind::of(&[0, 1, 0, 0]), None);
        assert_eq!(Kind::of(&[0x40, 0, 0, 0]), Some(Kind::Data));
        assert_eq!(Kind::of(&[0x40, 0, 0]), None);
        assert_eq!(Kind::of(&[]), None);
    }

    #[test]
    fn only_channel_data_is_padded_on_streams() {
        assert_eq!(lengths([0, 1, 0, 8]), Some((28, 28)));
        assert_eq!(lengths([0x40, 0, 0, 5]), Some((9, 12)));
        assert_eq!(lengths([0x40, 0, 0, 8]), Some((12, 12)));
        assert_eq!(lengths([0x40, 0, 0xff, 0xff]), None);
        assert_eq!(lengths([0x16, 3, 1, 0]).map(|_| ()), Some(()));
        assert_eq!(lengths([0x80, 0, 0, 0]), None);
    }
}
