//! What two pages need to seal their signals: public keys, links' secrets, and what both put into their keys.
//!
//! Each page load makes a key pair (ECDH on P-256) and tells its public half, the [`Hello`], with its join; the server
//! tells it to the others. So both pages of a pair can derive the same keys before the first signal, and the server,
//! which sees public halves only, cannot:
//! ```text
//! door = base64url(HKDF-SHA-256(secret, salt = room, info = "parlor 2 door", 6 bytes))
//! keys = HKDF-SHA-256(ECDH(own private key, their hello) || secret, salt = SHA-256(transcript), info, 128 bytes)
//! box  = base64url(head || AES-256-GCM(key of the direction, iv = 8 zero bytes || number, aad = head, padded signal))
//! head = 0x02 || number, four bytes, big-endian; 1, 2, .. in each direction
//! ```
//! (RFC 5869 for HKDF, SP 800-38D for AES-GCM, RFC 4648 section 5 without padding for base64url.) The 128 bytes are the
//! key from the lower peer id to the higher, the one back, and 64 that are kept for later. `info` names the [`Proof`], and
//! the secret is part of it only where both pages have it.
//!
//! A box whose number was opened before is refused, as is one that is far behind: see [`ReplayWindow`]. Others may come
//! out of order, and some not at all.
//!
//! A **secret** is the part of an invite link behind `#`, which no server sees. Its **door** tells pages with the same
//! secret that they have it, and nobody else anything of it. Pages with a **word** all have one door; they exchange shares
//! of [CPace](https://datatracker.ietf.org/doc/draft-irtf-cfrg-cpace/) first, and its key takes the place of the secret:
//! ```text
//! share = base64url(0x03 || first 8 bytes of session || Y)
//! session = SHA-256(transcript), channel = "parlor 2 word", data = hello
//! ```
//! A server that stands between two pages with keys of its own
//! can be found out by the proof alone: without the secret it seals nothing that a page with the link opens.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{PageLoad, PeerId, RoomId, Signal};

/// The first part of `info` for HKDF, before the name of the [`Proof`].
pub const KEYS_INFO: &str = "parlor 2 ";
/// Bytes of AES-GCM's tag and of the head, which a box has beside its signal.
const OVERHEAD: usize = 16 + 5;
/// Plain bytes of a small signal; all but descriptions are as long, sealed.
const SMALL: usize = 384;
/// A large signal is padded to a multiple of this.
const STEP: usize = 4096;
/// Most characters of a box; the server refuses longer ones.
pub const MAX_BOX_CHARS: usize = 60_000;
/// Characters of a secret: 16 bytes.
const SECRET_CHARS: usize = 22;

/// What CPace is used for here (its channel identifier).
pub const WORD_CHANNEL: &[u8] = b"parlor 2 word";
/// The first byte of a share of CPace, which is no box.
pub const SHARE_MARK: u8 = 3;
/// Bytes of the session in a share, so that one for the page before is not taken for one for this page.
pub const SHARE_TAG: usize = 8;

/// The first part of what goes into a commitment to a number; see [`parts`].
pub const COMMIT: &[u8] = b"parlor 2 commit";
/// The first part of what the pictures of a pair are made of.
pub const PICTURES: &[u8] = b"parlor 2 pictures";
/// Number of pictures that two people compare, of 64 each.
pub const PICTURE_COUNT: usize = 6;

/// A text that is not what its type promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text that is too short, too long or has other characters")]
pub struct SealedTextError;

/// A text of its own alphabet: base64url, and dots where they are allowed.
macro_rules! sealed_text {
    ($(#[$doc:meta])* $name:ident, $lengths:expr, $other:pat) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = SealedTextError;

            fn try_from(text: String) -> Result<Self, SealedTextError> {
                let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, $other);
                let fits = $lengths.contains(&text.len()) && text.bytes().all(is_known);
                if fits { Ok(Self(text)) } else { Err(SealedTextError) }
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

sealed_text! {
    /// The public key of a page load: `2.` and the raw point in base64url. The server reads nothing in it.
    Hello, 1..=256, b'.' | b'_' | b'-'
}
sealed_text! {
    /// What the server sees of a secret: the same for pages with the same secret.
    Door, 1..=16, b'_' | b'-'
}
sealed_text! {
    /// A sealed signal. One that does not open is dropped, and changes nothing.
    SealedBox, 28..=MAX_BOX_CHARS, b'_' | b'-'
}

sealed_text! {
    /// 32 bytes.
    Block, 43..=43, b'_' | b'-'
}

impl SealedBox {
    /// Whether it is a share of CPace.
    pub fn is_share(&self) -> bool {
        // The first two letters hold the mark, and four bits of what follows.
        matches!(self.0.as_bytes(), [b'A', b'w'..=b'z' | b'0'..=b'9' | b'-' | b'_', ..])
    }
}

/// The secret of an invite link: 16 bytes in base64url. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret(String);

impl Secret {
    /// The text, as it stands in a link behind `#`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The secret of a pasted link, if it has a whole one. Chat programs add punctuation behind links.
    pub fn of_link(link: &str) -> Option<Self> {
        let (_, behind) = link.rsplit_once('#')?;
        let is_known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = behind.bytes().take_while(is_known).count();
        behind.get(..length)?.to_owned().try_into().ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl TryFrom<String> for Secret {
    type Error = SealedTextError;

    fn try_from(text: String) -> Result<Self, SealedTextError> {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let fits = text.len() == SECRET_CHARS && text.bytes().all(is_known);
        if fits { Ok(Self(text)) } else { Err(SealedTextError) }
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        secret.0
    }
}

/// What keeps a server out of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: the pages have found each other by the room number alone.
    Open,
    /// Both have the same invite link.
    Link,
    /// Both have the same word, as soon as something opens.
    Word,
}

impl Proof {
    /// Its name in `info`, behind [`KEYS_INFO`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Link => "link",
            Self::Word => "word",
        }
    }
}

/// What a page says of itself with its join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// Its public key.
    pub hello: Hello,
    /// Of its secret.
    pub door: Door,
}

/// One page of a pair.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// Its peer.
    pub peer: PeerId,
    /// Which page load of it.
    pub page: PageLoad,
    /// What it says of itself.
    pub introduction: &'a Introduction,
}

/// What both pages of a pair know of it, and both have to see alike: the room that they asked for, and who is who. Every
/// part stands behind its length in two bytes, numbers are big-endian, the lower peer id comes first.
pub fn transcript(room: &RoomId, one: Party<'_>, other: Party<'_>) -> Vec<u8> {
    let (low, high) = if one.peer < other.peer { (one, other) } else { (other, one) };
    let [(low_peer, low_page), (high_peer, high_page)] =
        [low, high].map(|party| (party.peer.0.to_be_bytes(), party.page.0.to_be_bytes()));
    parts(&[
        b"parlor 2 seal",
        room.as_str().as_bytes(),
        &low_peer,
        &low_page,
        low.introduction.hello.as_str().as_bytes(),
        low.introduction.door.as_str().as_bytes(),
        &high_peer,
        &high_page,
        high.introduction.hello.as_str().as_bytes(),
        high.introduction.door.as_str().as_bytes(),
    ])
}

/// Each part behind its length in two bytes, so that no two lists are alike. No part is longer than that tells.
pub fn parts(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![];
    for part in parts {
        bytes.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(*part);
    }
    bytes
}

/// The first six bits of a digest, the next six, and so on: each the number of a picture, from 0 to 63.
pub fn picture_numbers(digest: &[u8]) -> Option<[u8; PICTURE_COUNT]> {
    let begin: &[u8; 8] = digest.first_chunk()?;
    let bits = u64::from_be_bytes(*begin);
    Some([58, 52, 46, 40, 34, 28].map(|shift| (bits >> shift & 63) as u8))
}

/// The plain bytes of a signal: its JSON, and blanks behind it, so that its length tells little.
///
/// # Errors
/// A signal that is longer than a box may be; a description of a browser is far shorter.
pub fn plain(signal: &Signal) -> Result<Vec<u8>, SealedTextError> {
    let mut bytes = serde_json::to_vec(signal).map_err(|_| SealedTextError)?;
    let length = if bytes.len() <= SMALL { SMALL } else { bytes.len().next_multiple_of(STEP) };
    bytes.resize(length, b' ');
    let characters = (length + OVERHEAD).div_ceil(3) * 4;
    if characters <= MAX_BOX_CHARS { Ok(bytes) } else { Err(SealedTextError) }
}

/// The numbers of boxes that were opened, so that none is opened twice (RFC 9147, section 4.5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayWindow {
    /// The highest number opened; 0 before any.
    highest: u32,
    /// Which of those before it were opened, itself the lowest bit.
    opened: u128,
}

impl ReplayWindow {
    /// Whether a box of this number may be opened.
    pub fn accepts(&self, number: u32) -> bool {
        match self.highest.checked_sub(number) {
            None => true,
            Some(behind) => number > 0 && behind < u128::BITS && self.opened & (1 << behind) == 0,
        }
    }

    /// Notes that one of this number has opened.
    pub fn note(&mut self, number: u32) {
        if number > self.highest {
            self.opened = self.opened.checked_shl(number - self.highest).unwrap_or(0);
            self.highest = number;
        }
        self.opened |= 1_u128.checked_shl(self.highest - number).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{DisplayName, Epoch, IceCandidate, OfferId, read};
    use super::*;

    /// The keys of RFC 5903, section 8.1, as two pages would tell them.
    const LOW: &str =
        "2.BNrQtlOUIhz5sFHh_spXh9CY3-Y3_JC575RdDDdyWBGAUnGgRhzbglLWHxxFb6PlmrH0WzOsz19YOJ4Fd7iZC7M";

    fn introduction(hello: &str) -> Introduction {
        let door = "3NEtrsyq".to_owned();
        Introduction { hello: hello.to_owned().try_into().unwrap(), door: door.try_into().unwrap() }
    }

    #[test]
    fn both_pages_of_a_pair_see_the_same_and_every_part_of_it_counts() {
        let room = RoomId::from_typed("4711").unwrap();
        let (low, high) = (introduction(LOW), introduction(&LOW.replace("BNrQ", "BNrR")));
        let party =
            |peer, page, introduction| Party { peer: PeerId(peer), page: PageLoad(page), introduction };
        let seen = transcript(&room, party(1, 1, &low), party(2, 2, &high));
        assert_eq!(seen, transcript(&room, party(2, 2, &high), party(1, 1, &low)));
        assert_eq!(seen.len(), 247);
        assert_eq!(&seen[..21], b"\x00\x0dparlor 2 seal\x00\x044711");
        for other in [
            transcript(&RoomId::from_typed("4712").unwrap(), party(1, 1, &low), party(2, 2, &high)),
            transcript(&room, party(1, 1, &low), party(3, 2, &high)),
            transcript(&room, party(1, 1, &low), party(2, 3, &high)),
            transcript(&room, party(1, 1, &high), party(2, 2, &low)),
            transcript(&room, party(1, 1, &low), party(2, 2, &low)),
        ] {
            assert_ne!(seen, other);
        }
    }

    #[test]
    fn six_bits_are_a_picture() {
        assert_eq!(picture_numbers(&[0xff; 32]), Some([63; 6]));
        let digest = [0b0000_0100, 0b0010_0000, 0b1100_0100, 0b0001_0100, 0b0110_0000, 0, 0, 0];
        assert_eq!(picture_numbers(&digest), Some([1, 2, 3, 4, 5, 6]));
        assert_eq!(picture_numbers(&[0; 7]), None);
    }

    #[test]
    fn a_secret_is_read_from_a_link_that_has_it_whole() {
        const SECRET: &str = "AAECAwQFBgcICQoLDA0ODw";
        for (link, found) in [
            (format!("https://parlor.example/room/4711#{SECRET}"), true),
            (format!("Call me: parlor.example/room/4711#{SECRET}."), true),
            (format!("parlor.example/room/4711#{SECRET})"), true),
            (format!("parlor.example/room/4711#{}", &SECRET[1..]), false),
            (format!("parlor.example/room/4711#{SECRET}A"), false),
            ("parlor.example/room/4711#".to_owned(), false),
            ("4711".to_owned(), false),
        ] {
            let secret = Secret::of_link(&link);
            assert_eq!(secret.as_ref().map(Secret::as_str), found.then_some(SECRET), "{link}");
        }
        assert!(!format!("{:?}", Secret::of_link(&format!("#{SECRET}"))).contains("AAEC"));
    }

    #[test]
    fn texts_of_other_characters_or_lengths_are_refused() {
        let hello = |text: &str| Hello::try_from(text.to_owned()).is_ok();
        assert!(hello(LOW) && hello("2.of-a_newer.page"));
        assert!(!hello("") && !hello(&"a".repeat(257)) && !hello("a b") && !hello("a\"b") && !hello("é"));
        let door = |text: &str| Door::try_from(text.to_owned()).is_ok();
        assert!(door("3NEtrsyq") && door("word") && !door("") && !door("3NEtrsyq3NEtrsyq3") && !door("a.b"));
        let sealed = |chars: usize| SealedBox::try_from("A".repeat(chars)).is_ok();
        assert!(sealed(28) && sealed(MAX_BOX_CHARS) && !sealed(27) && !sealed(MAX_BOX_CHARS + 1));
        assert!(SealedBox::try_from("A".repeat(40) + "=").is_err());
    }

    #[test]
    fn small_signals_are_as_long_as_each_other() {
        let epoch = Epoch(1);
        let name = DisplayName::try_from("Ann".to_owned()).unwrap();
        let candidate = IceCandidate { candidate: "c".repeat(180), ..IceCandidate::default() };
        for small in [
            Signal::Who { name: None, locked: true },
            Signal::Who { name: Some(name), locked: true },
            Signal::StartCall { epoch },
            Signal::WebrtcIceCandidate { candidate, epoch },
        ] {
            assert_eq!(plain(&small).unwrap().len(), SMALL, "{small:?}");
        }
        let offer = |length| Signal::WebrtcOffer { sdp: "v".repeat(length), epoch, offer: OfferId(1) };
        assert_eq!(plain(&offer(6_500)).unwrap().len(), 2 * STEP);
        assert!(plain(&offer(40_000)).is_ok() && plain(&offer(60_000)).is_err());
    }

    #[test]
    fn a_box_far_behind_is_refused() {
        let mut window = ReplayWindow::default();
        assert!(!window.accepts(0) && window.accepts(1));
        window.note(200);
        assert!(window.accepts(200 - 127) && !window.accepts(200 - 128) && !window.accepts(200));
        window.note(u32::MAX);
        assert!(!window.accepts(u32::MAX) && window.accepts(u32::MAX - 1) && !window.accepts(201));
    }

    proptest! {
        #[test]
        fn every_number_is_opened_once_in_whatever_order_it_comes(
            numbers in prop::collection::vec(1_u32..120, 1..400),
        ) {
            let (mut window, mut opened) = (ReplayWindow::default(), std::collections::BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(window.accepts(number), opened.insert(number));
                window.note(number);
            }
        }

        #[test]
        fn what_is_padded_is_read_as_before(name in "[a-zA-Z가-힣]{1,40}", sdp in any::<String>()) {
            let name = DisplayName::try_from(name).ok();
            for signal in [Signal::Who { name, locked: true }, Signal::WebrtcOffer { sdp, epoch: Epoch(9), offer: OfferId(2) }] {
                if let Ok(bytes) = plain(&signal) {
                    prop_assert_eq!(read(str::from_utf8(&bytes).unwrap()), Ok(signal));
                }
            }
        }
    }
}
