//! CPace: two pages find out whether they have the same word, and tell nobody else anything of it
//! (draft-irtf-cfrg-cpace-21, suite CPACE-RISTR255-SHA512).
//!
//! Each sends one share as soon as it knows of the other, so neither is the initiator (section 3.1, "symmetric"). Whoever
//! stands between them can try one word for each run, and sees only whether it was the right one:
//! ```text
//! g   = ristretto255(SHA-512(lv(DSI) || lv(word) || lv(zeros up to a block) || lv(channel) || lv(session)))
//! Y   = y * g, y random                          sent
//! ISK = SHA-512(lv(DSI || "_ISK") || lv(session) || lv(y * Y') || "oc" || both of lv(Y) || lv(data), the larger first)
//! ```
//! `lv` is a part behind its length in LEB128 (section 5). What follows has to show that both have the same ISK.

use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::IsIdentity;
use curve25519_dalek::{RistrettoPoint, Scalar};
use sha2::{Digest, Sha512};

/// Identifies the group (section 9.3).
const DSI: &[u8] = b"CPaceRistretto255";
/// The same for the key.
const DSI_ISK: &[u8] = b"CPaceRistretto255_ISK";
/// Bytes of a block of SHA-512.
const BLOCK: usize = 128;

/// Bytes of a share.
pub const SHARE_BYTES: usize = 32;
/// What a page sends: an element of the group.
pub type Share = [u8; SHARE_BYTES];
/// The key that follows, and is the same only for those with the same word.
pub type SessionKey = [u8; 64];

/// What both pages of a run have to see alike.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What the protocol is used for (`CI`).
    pub channel: &'a [u8],
    /// Unlike that of any other run (`sid`).
    pub session: &'a [u8],
}

/// The own part of a run. `Debug` does not show it.
pub struct Exchange {
    scalar: Scalar,
    share: Share,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exchange(..)")
    }
}

impl Exchange {
    /// Begins a run with 64 random bytes, which serve no other one.
    pub fn begin(run: Run<'_>, word: &str, random: &[u8; 64]) -> Self {
        Self::with(Scalar::from_bytes_mod_order_wide(random), run, word.as_bytes())
    }

    fn with(scalar: Scalar, run: Run<'_>, word: &[u8]) -> Self {
        let digest: [u8; 64] = Sha512::digest(generator(run, word)).into();
        let point = RistrettoPoint::from_uniform_bytes(&digest) * scalar;
        Self { scalar, share: point.compress().to_bytes() }
    }

    /// The own share.
    pub fn share(&self) -> Share {
        self.share
    }

    /// The key that follows of the other page's share; `own` and `theirs` are what each is known by (`AD`). None for a
    /// share that is no element of the group, its neutral element, or the own one sent back.
    pub fn finish(&self, run: Run<'_>, own: &[u8], share: &Share, theirs: &[u8]) -> Option<SessionKey> {
        let point = CompressedRistretto(*share).decompress().filter(|_| *share != self.share)?;
        let common = point * self.scalar;
        if common.is_identity() {
            return None;
        }
        let mut sides =
            [[prefixed(&self.share), prefixed(own)].concat(), [prefixed(share), prefixed(theirs)].concat()];
        sides.sort_unstable();
        let [smaller, larger] = sides;
        let mut hash = Sha512::new();
        for part in [DSI_ISK, run.session, common.compress().as_bytes()] {
            hash.update(prefixed(part));
        }
        hash.update(b"oc");
        hash.update(larger);
        hash.update(smaller);
        Some(hash.finalize().into())
    }
}

/// `generator_string` (section 7.1): zeros fill the first block, so that no time tells of the word.
fn generator(run: Run<'_>, word: &[u8]) -> Vec<u8> {
    let begin = [prefixed(DSI), prefixed(word)].concat();
    let zeros = vec![0; BLOCK.saturating_sub(1 + begin.len())];
    [begin, prefixed(&zeros), prefixed(run.channel), prefixed(run.session)].concat()
}

/// A part behind its length in LEB128 (`prepend_len`).
fn prefixed(part: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(part.len() + 2);
    let mut length = part.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f | 0x80) as u8);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(part);
    bytes
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// Appendix B.3 of the draft.
    const RUN: &str = "7e4b4791d6a8ef019b936c79fb7f2c57";
    const CHANNEL: &[u8] = b"\x0bA_initiator\x0bB_responder";
    const WORD: &[u8] = b"Password";
    const SCALARS: [&str; 2] = [
        "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08",
        "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d",
    ];
    const SHARES: [&str; 2] = [
        "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157",
        "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258",
    ];
    const KEY: &str = "544199d71f62f8d9a1fee55727e24fe4a45844593c2b6013c4fa3969d0e5debb\
        2244675c0b43397cbb68d342b01fc0f98fc961469a25134de9f0f813c1a57476";

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
    }

    fn exchange(at: usize, session: &[u8]) -> Exchange {
        let scalar = Scalar::from_canonical_bytes(bytes(SCALARS[at])).unwrap();
        Exchange::with(scalar, Run { channel: CHANNEL, session }, WORD)
    }

    #[test]
    fn the_drafts_vector_is_met() {
        let session: [u8; 16] = bytes(RUN);
        let run = Run { channel: CHANNEL, session: &session };
        assert_eq!(generator(run, WORD).len(), 170);
        let digest: [u8; 64] = Sha512::digest(generator(run, WORD)).into();
        assert_eq!(HEXLOWER.encode(&digest[..8]), "da6d3ddc8802fca9");
        let point = RistrettoPoint::from_uniform_bytes(&digest).compress().to_bytes();
        assert_eq!(point, bytes("222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56"));
        let (a, b) = (exchange(0, &session), exchange(1, &session));
        assert_eq!([a.share(), b.share()], SHARES.map(bytes));
        assert_eq!(a.finish(run, b"ADa", &b.share(), b"ADb").unwrap(), bytes(KEY));
        assert_eq!(b.finish(run, b"ADb", &a.share(), b"ADa").unwrap(), bytes(KEY));
    }

    /// Appendix B.3.10: the product that goes into the key, and B.3.11: what is refused.
    #[test]
    fn shares_that_are_none_are_refused() {
        let scalar = Scalar::from_canonical_bytes(bytes(
            "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05",
        ));
        let valid = "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c";
        let product = CompressedRistretto(bytes(valid)).decompress().unwrap() * scalar.unwrap();
        let expected = "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e";
        assert_eq!(product.compress().to_bytes(), bytes(expected));
        let session: [u8; 16] = bytes(RUN);
        let run = Run { channel: CHANNEL, session: &session };
        let own = exchange(0, &session);
        let invalid = "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c";
        for refused in [bytes(invalid), [0; 32], [0xff; 32], own.share()] {
            assert_eq!(own.finish(run, b"ADa", &refused, b"ADb"), None, "{refused:?}");
        }
        assert!(own.finish(run, b"ADa", &bytes(valid), b"ADb").is_some());
    }

    #[test]
    fn only_the_same_word_in_the_same_run_gives_the_same_key() {
        let run = |session| Run { channel: b"parlor 2 word", session };
        let key = |word: &str, session: &'static [u8], ad: &[u8]| {
            let own = Exchange::begin(run(b"one"), "maple syrup", &[7; 64]);
            let other = Exchange::begin(run(session), word, &[9; 64]);
            let ours = own.finish(run(b"one"), b"low", &other.share(), b"high").unwrap();
            ours == other.finish(run(session), ad, &own.share(), b"low").unwrap()
        };
        assert!(key("maple syrup", b"one", b"high"));
        assert!(!key("maple", b"one", b"high"));
        assert!(!key("maple syrup", b"two", b"high"));
        assert!(!key("maple syrup", b"one", b"someone"));
    }

    #[test]
    fn a_long_part_is_behind_its_length_in_leb128() {
        assert_eq!(prefixed(&[5; 127])[..2], [127, 5]);
        assert_eq!(prefixed(&[5; 128])[..3], [0x80, 1, 5]);
        assert_eq!(prefixed(&[5; 300])[..3], [0xac, 2, 5]);
    }
}
