//! Characters of a room number as keyboards of the world write them: digits and dashes of every script,
//! full-width forms, characters that cannot be seen, punctuation around it.

type Range = (u16, u16);

/// Digits zero of the Basic Multilingual Plane besides ASCII's (Unicode 17, general category Nd); nine digits
/// follow each.
const ZEROS: [u16; 35] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6,
    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0,
    0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
];
/// The same of the next plane, less 0x10000.
const HIGH_ZEROS: [u16; 39] = [
    0x04a0, 0x0d30, 0x0d40, 0x1066, 0x10f0, 0x1136, 0x11d0, 0x12f0, 0x1450, 0x14d0, 0x1650, 0x16c0, 0x16d0,
    0x16da, 0x1730, 0x18e0, 0x1950, 0x1bf0, 0x1c50, 0x1d50, 0x1da0, 0x1de0, 0x1f50, 0x6a60, 0x6ac0, 0x6b50,
    0x6d70, 0xccf0, 0xd7ce, 0xd7d8, 0xd7e2, 0xd7ec, 0xd7f6, 0xe140, 0xe2f0, 0xe4f0, 0xe5f1, 0xe950, 0xfbf0,
];
/// General category Pd, and what keyboards offer beside it: minus signs, a bullet, the long marks of Katakana.
const DASHES: [Range; 20] = [
    (0x02d7, 0x02d7),
    (0x058a, 0x058a),
    (0x05be, 0x05be),
    (0x1400, 0x1400),
    (0x1806, 0x1806),
    (0x2010, 0x2015),
    (0x2043, 0x2043),
    (0x2212, 0x2212),
    (0x2e17, 0x2e17),
    (0x2e1a, 0x2e1a),
    (0x2e3a, 0x2e3b),
    (0x2e40, 0x2e40),
    (0x2e5d, 0x2e5d),
    (0x301c, 0x301c),
    (0x3030, 0x3030),
    (0x30a0, 0x30a0),
    (0x30fc, 0x30fc),
    (0xfe31, 0xfe32),
    (0xfe58, 0xfe63),
    (0xff70, 0xff70),
];
/// Property Default_Ignorable_Code_Point in the Basic Multilingual Plane.
const INVISIBLE: [Range; 14] = [
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x061c, 0x061c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfff8),
];
/// Quotation marks, brackets, full stops and their like beyond ASCII.
const PUNCTUATION: [Range; 9] = [
    (0x00ab, 0x00ab),
    (0x00bb, 0x00bb),
    (0x2018, 0x2026),
    (0x2032, 0x2036),
    (0x2039, 0x203a),
    (0x3001, 0x3003),
    (0x3008, 0x301f),
    (0xfe50, 0xfe57),
    (0xff5f, 0xff65),
];

/// Writes a character the way room numbers are written; `None` if it cannot be seen. White space becomes one
/// space, letters small ones.
pub(super) fn fold(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(if c.is_ascii_whitespace() { ' ' } else { c.to_ascii_lowercase() });
    }
    let code = u32::from(c);
    let (zeros, low): (&[u16], _) =
        if code < 0x10000 { (&ZEROS, code) } else { (&HIGH_ZEROS, code - 0x10000) };
    let digit = |zero: &u16| low.checked_sub(u32::from(*zero)).and_then(|digit| char::from_digit(digit, 10));
    if let Some(digit) = zeros.iter().find_map(digit) {
        return Some(digit);
    }
    match code {
        // The full-width forms of ASCII, in its order.
        0xff01..=0xff5e => char::from_u32(code - 0xfee0).and_then(fold),
        0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff => None,
        _ if within(c, &INVISIBLE) => None,
        _ if within(c, &DASHES) => Some('-'),
        _ if c.is_whitespace() => Some(' '),
        _ => Some(c),
    }
}

/// Whether a folded character may stand around a number and does not belong to it.
pub(super) fn is_around(c: char) -> bool {
    "()[]{}<>\"'`.,:;!?*#/ ".contains(c) || within(c, &PUNCTUATION)
}

fn within(c: char, ranges: &[Range]) -> bool {
    let code = u32::from(c);
    ranges.iter().any(|&(first, last)| (u32::from(first)..=u32::from(last)).contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_folded_to_their_value() {
        let folded = |c: char| fold(c).filter(char::is_ascii_digit);
        let digits: Vec<_> = ('\0'..=char::MAX).filter_map(folded).collect();
        assert_eq!(digits.len(), 10 * (ZEROS.len() + HIGH_ZEROS.len() + 2));
        assert!(digits.chunks(10).all(|ten| ten.iter().copied().eq('0'..='9')));
        // The tables of the standard library know these for numbers, too.
        assert!(('\0'..=char::MAX).filter(|&c| folded(c).is_some()).all(char::is_numeric));
    }

    #[test]
    fn nothing_that_looks_like_a_letter_is_dropped() {
        let lost = |c: char| fold(c).is_none() && c.is_alphabetic();
        let letters: Vec<_> = ('\0'..=char::MAX).filter(|&c| lost(c)).collect();
        // Fillers, which have no shape.
        assert_eq!(letters, ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}']);
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in ('\0'..=char::MAX).filter_map(fold) {
            assert_eq!(fold(c), Some(c));
        }
    }
}
