//! Which way the media of one connection takes.

/// What media between two devices passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Only the networks between the two.
    Direct,
    /// A relay; it passes on what it cannot read.
    Relayed(Carrier),
}

/// How this side reaches the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// As media usually goes; also where the relay is the other side's.
    Udp,
    /// Where UDP is blocked.
    Tcp,
    /// As a web page's data, where everything else is blocked.
    Tls,
}

impl Path {
    /// Reads the selected candidate pair as `getStats()` tells it: the two `candidateType`s, and the
    /// `relayProtocol` of the own candidate (W3C WebRTC Statistics, section 7.16).
    pub fn between(local: &str, remote: &str, relay_protocol: Option<&str>) -> Self {
        match (local, remote, relay_protocol) {
            ("relay", _, Some("tls")) => Self::Relayed(Carrier::Tls),
            ("relay", _, Some("tcp")) => Self::Relayed(Carrier::Tcp),
            ("relay", ..) | (_, "relay", _) => Self::Relayed(Carrier::Udp),
            _ => Self::Direct,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relayed_if_either_end_of_it_is_a_relay() {
        for (local, remote, protocol, path) in [
            ("host", "host", None, Path::Direct),
            ("prflx", "srflx", None, Path::Direct),
            ("host", "prflx", Some("tls"), Path::Direct),
            ("relay", "host", Some("udp"), Path::Relayed(Carrier::Udp)),
            ("relay", "prflx", Some("tcp"), Path::Relayed(Carrier::Tcp)),
            ("relay", "relay", Some("tls"), Path::Relayed(Carrier::Tls)),
            ("relay", "srflx", None, Path::Relayed(Carrier::Udp)),
            ("srflx", "relay", None, Path::Relayed(Carrier::Udp)),
        ] {
            assert_eq!(Path::between(local, remote, protocol), path, "{local} {remote} {protocol:?}");
        }
    }
}
