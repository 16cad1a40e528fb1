//! Networks as `address/bits`; an address alone is a network of one.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer};

/// Bits of an IPv6 address before the IPv4 address in it (RFC 4291, section 2.5.5.2).
const MAPPED_BITS: u8 = 96;

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: &String| {
        let wrong =
            || D::Error::invalid_value(Unexpected::Str(text), &"an address, or a network such as 10.0.0.0/8");
        network(text).ok_or_else(wrong)
    };
    texts.iter().map(network).collect()
}

fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    // Addresses of clients are never IPv4 mapped into IPv6.
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED_BITS)) {
        (IpAddr::V4(address), Some(bits)) if network.addr().is_ipv6() => {
            Ipv4Net::new(address, bits).ok().map(IpNet::V4)
        }
        _ => Some(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_network_and_ipv4_is_never_written_as_ipv6() {
        for (text, expected) in [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("127.0.0.1", Some("127.0.0.1/32")),
            ("::1", Some("::1/128")),
            ("2001:db8::/32", Some("2001:db8::/32")),
            ("::ffff:10.0.0.0/104", Some("10.0.0.0/8")),
            ("::ffff:127.0.0.1", Some("127.0.0.1/32")),
            ("10.0.0.0/99", None),
            ("proxy", None),
            ("", None),
        ] {
            assert_eq!(network(text).map(|network| network.to_string()).as_deref(), expected, "{text}");
        }
    }
}
