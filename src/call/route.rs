//! The route that the media of one connection takes.

/// The route between two devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Only the networks between the two.
    Direct,
    /// A relay; it cannot read the media.
    Relayed(RelayProtocol),
}

/// The protocol by which this side reaches the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayProtocol {
    /// As media usually goes; also where the relay is the other side's.
    Udp,
    /// Where UDP is blocked.
    Tcp,
    /// As a web page's data, where everything else is blocked.
    Tls,
}

impl Route {
    /// Reads the selected candidate pair as `getStats()` tells it: the two `candidateType`s, and the
    /// `relayProtocol` of the own candidate (W3C WebRTC Statistics, section 7.16).
    pub fn between(local: &str, remote: &str, relay_protocol: Option<&str>) -> Self {
        match (local, remote, relay_protocol) {
            ("relay", _, Some("tls")) => Self::Relayed(RelayProtocol::Tls),
            ("relay", _, Some("tcp")) => Self::Relayed(RelayProtocol::Tcp),
            ("relay", ..) | (_, "relay", _) => Self::Relayed(RelayProtocol::Udp),
            _ => Self::Direct,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relayed_if_either_end_of_it_is_a_relay() {
        for (local, remote, protocol, route) in [
            ("host", "host", None, Route::Direct),
            ("prflx", "srflx", None, Route::Direct),
            ("host", "prflx", Some("tls"), Route::Direct),
            ("relay", "host", Some("udp"), Route::Relayed(RelayProtocol::Udp)),
            ("relay", "prflx", Some("tcp"), Route::Relayed(RelayProtocol::Tcp)),
            ("relay", "relay", Some("tls"), Route::Relayed(RelayProtocol::Tls)),
            ("relay", "srflx", None, Route::Relayed(RelayProtocol::Udp)),
            ("srflx", "relay", None, Route::Relayed(RelayProtocol::Udp)),
        ] {
            assert_eq!(Route::between(local, remote, protocol), route, "{local} {remote} {protocol:?}");
        }
    }
}
