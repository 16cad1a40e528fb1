//! The certificates that descriptions name (RFC 8122, section 5).
//!
//! A description must name one certificate, and not one of somebody else: otherwise a member of the room could name
//! another's, pass everything on to it, and show its picture as the own one (RFC 8844, unknown key share).

/// What a description says of its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::call) enum Print {
    /// Nothing; a browser refuses such a description.
    None,
    /// All of its fingerprints are this one.
    One(String),
    /// Fingerprints of several certificates, or by another hash than SHA-256: with two hashes one certificate has two.
    Several,
}

impl Print {
    /// The one certificate.
    pub(in crate::call) fn one(self) -> Option<String> {
        match self {
            Self::One(print) => Some(print),
            Self::None | Self::Several => None,
        }
    }
}

/// Reads the fingerprints of a description.
pub(in crate::call) fn print_of(sdp: &str) -> Print {
    let mut prints = sdp.lines().filter_map(|line| line.strip_prefix("a=fingerprint:"));
    let Some(first) = prints.next() else { return Print::None };
    let normal = |print: &str| print.trim().to_ascii_lowercase();
    let first = normal(first);
    let is_one = first.starts_with("sha-256 ") && prints.all(|print| normal(print) == first);
    if is_one { Print::One(first) } else { Print::Several }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_names_one_certificate_however_often_and_however_it_is_written() {
        for (sdp, print) in [
            ("v=0\r\n", Print::None),
            ("v=0\r\na=fingerprint:sha-256 AA:0B\r\n", Print::One("sha-256 aa:0b".into())),
            (
                "a=fingerprint:sha-256 AA:0B\r\nm=audio\r\na=fingerprint:SHA-256 aa:0b \r\n",
                Print::One("sha-256 aa:0b".into()),
            ),
            ("a=fingerprint:sha-512 AA\r\n", Print::Several),
            ("a=fingerprint:sha-256 AA\r\nm=audio\r\na=fingerprint:sha-256 AB\r\n", Print::Several),
        ] {
            assert_eq!(print_of(sdp), print, "{sdp}");
        }
    }
}
