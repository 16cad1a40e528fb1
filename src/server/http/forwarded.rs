//! Clients of requests: their addresses and the host names they asked for, also through reverse proxies. Headers of
//! proxies that are not trusted (`server.trusted_proxies`) are ignored.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::server::config::Config;
use crate::server::listeners::Scheme;
use crate::server::net::authority;
use crate::server::net::connection_limit::network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client that sent a request; every request carries it as an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientInfo {
    /// Address of the client; an IPv4 address is never mapped into IPv6.
    pub(crate) address: IpAddr,
    /// The name of this server as the client knows it, without a port; IPv6 in brackets. Empty if none was given
    /// or it is no name.
    pub(crate) host: String,
    /// `host` with its port, if one was given, as in an `Origin`.
    pub(crate) authority: String,
    /// Whether the browser uses HTTPS, be it only to a proxy.
    pub(crate) secure: bool,
    /// Whether `address` is a trusted proxy's, which forwarded no address of a client.
    pub(crate) is_proxy: bool,
}

/// The other end of the connection that a request came through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransportInfo {
    /// Remote address.
    pub(crate) address: SocketAddr,
    /// HTTP or HTTPS, by the listener that accepted it.
    pub(crate) scheme: Scheme,
}

/// Reverse proxies whose `X-Forwarded-*` headers are believed.
#[derive(Debug)]
pub(crate) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Takes them from `server.trusted_proxies`.
    pub(crate) fn new(config: &Config) -> Self {
        Self(config.server.trusted_proxies.clone())
    }

    /// Whether `address` belongs to a trusted proxy.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

impl ClientInfo {
    /// Host name under which the client finds this server; `localhost` if it sent none.
    pub(crate) fn known_as(&self) -> &str {
        if self.host.is_empty() { "localhost" } else { &self.host }
    }

    /// Network that limits count the client under; `None` for a proxy, which many clients share.
    pub(crate) fn counted_as(&self) -> Option<IpAddr> {
        (!self.is_proxy).then(|| network(self.address))
    }

    /// Identifies the client of a request that arrived over `transport`.
    pub(crate) fn of(parts: &Parts, transport: TransportInfo, proxies: &TrustedProxies) -> Self {
        let headers = &parts.headers;
        let is_trusted = |address: IpAddr| proxies.contains(address);
        let by_proxy = is_trusted(transport.address.ip());
        let forwarded = |name| by_proxy.then(|| last(headers, &name)).flatten();
        // HTTP/2 has the authority in the request's URI (RFC 9113, section 8.3.1).
        let own = parts.uri.authority().map(|authority| authority.as_str());
        let own = own.or_else(|| headers.get(HOST)?.to_str().ok());
        let authority = forwarded(FORWARDED_HOST).or(own).unwrap_or_default();
        let host = authority::split(authority).map_or("", |(host, _)| host);
        let address = sender(headers, transport.address.ip(), is_trusted);
        Self {
            address,
            is_proxy: is_trusted(address),
            host: host.to_ascii_lowercase(),
            authority: if host.is_empty() { String::new() } else { authority.to_ascii_lowercase() },
            secure: match forwarded(FORWARDED_PROTO) {
                Some(scheme) => scheme.eq_ignore_ascii_case("https"),
                None => transport.scheme == Scheme::Https,
            },
        }
    }
}

/// Walks `X-Forwarded-For` from the right to the first address that is not trusted. Each proxy appends its peer at
/// that end, so entries further left are only the claim of that address.
fn sender(headers: &HeaderMap, transport: IpAddr, is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let lines = headers.get_all(FORWARDED_FOR).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    // Lossy: skipping a line that is no UTF-8 would promote an earlier one, which the client may have forged.
    let lines: Vec<_> = lines.collect();
    let entries: Vec<_> = lines.iter().flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut sender = transport;
    for entry in entries.into_iter().rev() {
        if !is_trusted(sender) {
            break;
        }
        let Some(address) = address(entry) else { break };
        sender = address;
    }
    sender
}

/// Parses an address, with or without the port that some proxies add.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let address: IpAddr = bare.or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))?;
    Some(address.to_canonical())
}

/// Value that the nearest proxy added, the last of several.
fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Request};

    use super::*;

    fn client(from: &str, headers: &[(&str, &str)]) -> ClientInfo {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let proxies = TrustedProxies(["10.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap()).to_vec());
        let transport =
            TransportInfo { address: SocketAddr::new(from.parse().unwrap(), 1), scheme: Scheme::Http };
        ClientInfo::of(&parts, transport, &proxies)
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_about_whom_they_heard() {
        let table = [
            ("203.0.113.9", &["1.1.1.1"][..], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("::1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["1.1.1.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["\u{e9}, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1", "\u{e9}, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1", "\u{e9}"], "10.0.0.1"),
            ("10.0.0.1", &["1.1.1.1, <script>, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
        ];
        for (from, chain, expected) in table {
            let headers: Vec<_> = chain.iter().map(|line| ("x-forwarded-for", *line)).collect();
            assert_eq!(client(from, &headers).address.to_string(), expected, "{from} {chain:?}");
        }
    }

    #[test]
    fn clients_are_counted_by_network_and_a_proxy_is_not() {
        let counted = |from: &str, chain: &[(&str, &str)]| client(from, chain).counted_as();
        let network = |text: &str| Some(text.parse().unwrap());
        assert_eq!(counted("203.0.113.9", &[]), network("203.0.113.9"));
        assert_eq!(counted("2001:db8::1", &[]), network("2001:db8::"));
        assert_eq!(counted("10.0.0.1", &[("x-forwarded-for", "203.0.113.9")]), network("203.0.113.9"));
        assert_eq!(counted("10.0.0.1", &[]), None);
    }

    #[test]
    fn host_and_scheme_are_the_browsers() {
        let headers = [
            ("host", "inside:3000"),
            ("x-forwarded-host", "evil.example, Call.Example:8443"),
            ("x-forwarded-proto", "https"),
        ];
        let proxied = client("10.0.0.1", &headers);
        assert_eq!((&*proxied.host, &*proxied.authority), ("call.example", "call.example:8443"));
        assert!(proxied.secure);
        let spoofed = client("203.0.113.9", &headers);
        assert_eq!((&*spoofed.host, &*spoofed.authority, spoofed.secure), ("inside", "inside:3000", false));
    }

    #[test]
    fn what_is_no_host_is_none() {
        for (text, expected) in [
            ("call.example", "call.example"),
            ("call.example:443", "call.example"),
            ("[2001:db8::1]:443", "[2001:db8::1]"),
            ("127.0.0.1:3000", "127.0.0.1"),
            ("", ""),
            (":443", ""),
            ("call.example:", ""),
            ("call.example:99999", ""),
            ("call.example/evil", ""),
            ("a@b", ""),
            ("[evil]", ""),
            ("[::1", ""),
            ("::1", ""),
            ("a b", ""),
        ] {
            let client = client("203.0.113.9", &[("host", text)]);
            assert_eq!(client.host, expected, "{text}");
            assert_eq!(client.authority.is_empty(), expected.is_empty(), "{text}");
        }
    }
}
