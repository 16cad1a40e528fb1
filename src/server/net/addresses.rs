//! The addresses of this machine, and their form as the host of a URL.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// Addresses of this machine, without loopback and link-local ones.
pub(crate) fn own() -> BTreeSet<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let addresses = interfaces.into_iter().filter(|one| !one.is_loopback() && !one.is_link_local());
    addresses.map(|one| one.ip()).collect()
}

/// Writes an address as the host of a URL (RFC 3986, section 3.2.2).
pub(crate) fn in_brackets(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// Writes a name or an address as the host of a URL.
pub(crate) fn as_host(name: &str) -> String {
    name.parse().map_or_else(|_| name.to_owned(), in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ipv6_stands_in_brackets() {
        for (name, host) in
            [("call.example", "call.example"), ("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "[2001:db8::7]")]
        {
            assert_eq!(as_host(name), host);
        }
    }
}
