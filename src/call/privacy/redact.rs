//! Redaction: takes every own address out of a signal, whatever the browser put there. With the transport policy
//! `relay` a browser should name relays only (W3C WebRTC 1.0, section 4.2.5).

use core::net::{IpAddr, Ipv4Addr};

use crate::protocol::{IceCandidate, Signal};

/// Whether a candidate is a host candidate at a public address; then STUN has no other one to tell.
pub(in crate::call) fn is_public_host(candidate: &str) -> bool {
    let words: Vec<&str> = candidate.split_ascii_whitespace().collect();
    let is_host = words.get(6..8).is_some_and(|kind| kind == ["typ", "host"]);
    let address = words.get(4).and_then(|word| word.parse().ok());
    is_host && address.is_some_and(is_public)
}

/// Whether an address, of those that a device may have, can be reached from everywhere.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [first, second, ..] = four.octets();
            // RFC 6598
            let is_shared = first == 100 && second & 0xc0 == 0x40;
            !(four.is_private()
                || four.is_link_local()
                || four.is_loopback()
                || is_shared
                || four == Ipv4Addr::UNSPECIFIED)
        }
        // RFC 4291, section 2.4, as IANA gives them out.
        IpAddr::V6(six) => six.segments()[0] & 0xe000 == 0x2000,
    }
}

/// The signal without own addresses; none if it was nothing but one.
pub(super) fn redacted(signal: Signal) -> Option<Signal> {
    Some(match signal {
        Signal::WebrtcOffer { sdp, epoch, offer } => {
            Signal::WebrtcOffer { sdp: redacted_description(&sdp), epoch, offer }
        }
        Signal::WebrtcAnswer { sdp, epoch, offer } => {
            Signal::WebrtcAnswer { sdp: redacted_description(&sdp), epoch, offer }
        }
        Signal::WebrtcIceCandidate { candidate, epoch } => {
            let candidate = match candidate.candidate.as_str() {
                "" => candidate,
                line => IceCandidate { candidate: redacted_candidate(line)?, ..candidate },
            };
            Signal::WebrtcIceCandidate { candidate, epoch }
        }
        Signal::Who { .. }
        | Signal::Commit { .. }
        | Signal::Nonce { .. }
        | Signal::Reveal { .. }
        | Signal::Vouch { .. }
        | Signal::Hold {}
        | Signal::Stop {}
        | Signal::StartCall { .. } => signal,
    })
}

/// A description as it is before any candidate is gathered (RFC 8840, section 4.1.1), but for those of relays.
fn redacted_description(sdp: &str) -> String {
    let mut hidden = String::with_capacity(sdp.len());
    for line in sdp.lines() {
        let line = match line.get(..2) {
            Some("c=") => Some("c=IN IP4 0.0.0.0".to_owned()),
            Some("m=") => Some(without_port(line)),
            Some("a=") if line.starts_with("a=rtcp:") => Some("a=rtcp:9 IN IP4 0.0.0.0".to_owned()),
            Some("a=") if line.starts_with("a=candidate:") => {
                redacted_candidate(&line[2..]).map(|candidate| format!("a={candidate}"))
            }
            _ => Some(line.to_owned()),
        };
        if let Some(line) = line {
            hidden.push_str(&line);
            hidden.push_str("\r\n");
        }
    }
    hidden
}

/// `m=audio 54321 UDP/TLS/RTP/SAVPF 111`; port 0 says that the medium is refused, and stays.
fn without_port(line: &str) -> String {
    let mut parts = line.splitn(3, ' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(media), Some(port), Some(rest)) if port != "0" => format!("{media} 9 {rest}"),
        _ => line.to_owned(),
    }
}

/// `candidate-attribute` of RFC 8839, section 5.1, if it is a relay's; the address related to it is one's own, and
/// is written as that section says for a private one.
fn redacted_candidate(line: &str) -> Option<String> {
    let mut words: Vec<&str> = line.split_ascii_whitespace().collect();
    let is_relay =
        words.get(6).is_some_and(|word| *word == "typ") && words.get(7).is_some_and(|kind| *kind == "relay");
    if !is_relay {
        return None;
    }
    let mut at = 8;
    while at + 1 < words.len() {
        match words[at] {
            "raddr" => words[at + 1] = if words[at + 1].contains(':') { "::" } else { "0.0.0.0" },
            "rport" => words[at + 1] = "9",
            _ => {}
        }
        at += 2;
    }
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Epoch, OfferId};

    const HOST: &str = "candidate:1 1 udp 2113937151 192.168.1.7 54321 typ host generation 0 ufrag x";
    const MDNS: &str = "candidate:1 1 udp 2113937151 a1b2.local 54321 typ host";
    const SRFLX: &str =
        "candidate:2 1 udp 1677729535 203.0.113.9 54321 typ srflx raddr 192.168.1.7 rport 54321";
    const RELAY: &str =
        "candidate:3 1 udp 33562623 198.51.100.1 49152 typ relay raddr 203.0.113.9 rport 54321 generation 0";
    const HIDDEN: &str =
        "candidate:3 1 udp 33562623 198.51.100.1 49152 typ relay raddr 0.0.0.0 rport 9 generation 0";

    fn candidate(line: &str) -> Signal {
        let candidate = IceCandidate { candidate: line.into(), ..Default::default() };
        Signal::WebrtcIceCandidate { candidate, epoch: Epoch(1) }
    }

    #[test]
    fn only_candidates_of_relays_and_the_end_of_them_are_told() {
        for own in [HOST, MDNS, SRFLX, "candidate:4 1 udp 1 10.0.0.1 9 typ prflx", "nonsense", "typ relay"] {
            assert_eq!(redacted(candidate(own)), None, "{own}");
        }
        assert_eq!(redacted(candidate("")), Some(candidate("")));
        assert_eq!(redacted(candidate(RELAY)), Some(candidate(HIDDEN)));
        let six = "candidate:3 1 tcp 1 2001:db8::1 9 typ relay raddr 2001:db8::7 rport 5";
        let hidden_six = "candidate:3 1 tcp 1 2001:db8::1 9 typ relay raddr :: rport 9";
        assert_eq!(redacted(candidate(six)), Some(candidate(hidden_six)));
    }

    #[test]
    fn descriptions_keep_everything_but_addresses() {
        let sdp = format!(
            "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nm=audio 54321 UDP/TLS/RTP/SAVPF 111\r\n\
             c=IN IP4 203.0.113.9\r\na=rtcp:54321 IN IP4 203.0.113.9\r\na={HOST}\r\na={SRFLX}\r\na={RELAY}\r\n\
             a=ice-ufrag:x\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\n\
             m=application 54322 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP6 2001:db8::7\r\na={SRFLX}\r\n\
             a=sctp-port:5000\r\n"
        );
        let expected = format!(
            "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
             c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na={HIDDEN}\r\n\
             a=ice-ufrag:x\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\n\
             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=sctp-port:5000\r\n"
        );
        let (epoch, offer) = (Epoch(1), OfferId(1));
        assert_eq!(
            redacted(Signal::WebrtcOffer { sdp: sdp.clone(), epoch, offer }),
            Some(Signal::WebrtcOffer { sdp: expected.clone(), epoch, offer })
        );
        assert_eq!(
            redacted(Signal::WebrtcAnswer { sdp, epoch, offer }),
            Some(Signal::WebrtcAnswer { sdp: expected, epoch, offer })
        );
        assert_eq!(redacted(Signal::StartCall { epoch }), Some(Signal::StartCall { epoch }));
    }

    #[test]
    fn addresses_that_can_be_reached_from_everywhere_are_known() {
        for (address, public) in [
            ("203.0.113.9", true),
            ("2001:db8::7", true),
            ("10.1.2.3", false),
            ("172.20.0.1", false),
            ("192.168.1.7", false),
            ("169.254.1.1", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::1", false),
            ("a1b2.local", false),
        ] {
            let line = format!("candidate:1 1 udp 2113937151 {address} 54321 typ host generation 0");
            assert_eq!(is_public_host(&line), public, "{address}");
        }
        assert!(!is_public_host("candidate:2 1 udp 1 203.0.113.9 5 typ srflx raddr 10.0.0.1 rport 5"));
        assert!(!is_public_host(""));
    }
}
