//! Names of hosts in the form that the DNS, certificates and browsers' requests have: lower case and, for names in
//! other scripts, the `xn--` form (IDNA, by UTS 46 as browsers read addresses).
//!
//! Texts that are no names stay as they were written, for `rules` to refuse.

use std::net::Ipv6Addr;

use idna::AsciiDenyList;

use super::Config;

/// Converts every name in the settings to this form.
pub(super) fn in_ascii(config: &mut Config) {
    config.tls.domains.iter_mut().for_each(|name| *name = host_name(name));
    config.server.names.iter_mut().for_each(|name| *name = host(name));
    config.relay.host = host(&config.relay.host);
    config.server.origins.iter_mut().for_each(|origin| *origin = in_url(origin));
    config.ops.hooks.iter_mut().for_each(|hook| hook.url = in_url(&hook.url));
    if let Some((who, at)) = config.tls.contact.split_once('@') {
        config.tls.contact = format!("{who}@{}", host_name(at));
    }
    for url in config.ice.servers.iter_mut().flat_map(|server| &mut server.urls) {
        *url = in_ice_url(url);
    }
}

/// Converts a name and strips its final dot, which certificates and requests lack.
pub(super) fn host_name(name: &str) -> String {
    let ascii = in_ascii_letters(name);
    ascii.strip_suffix('.').map(str::to_owned).unwrap_or(ascii)
}

/// Converts a name, or an address to its form in URLs: IPv6 in brackets (RFC 3986, section 3.2.2).
fn host(text: &str) -> String {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    match bare.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host_name(text),
    }
}

/// Converts the host within `scheme://host:port/path?query`. An origin is then as browsers write it (RFC 6454, section
/// 6.2).
fn in_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (name, port) = parts(rest);
    format!("{}://{}{port}", scheme.to_ascii_lowercase(), host_name(name))
}

/// Converts the host within `scheme:host:port?query` (RFC 7064, RFC 7065).
fn in_ice_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once(':') else { return url.to_owned() };
    let (name, port) = parts(rest);
    format!("{scheme}:{}{port}", in_ascii_letters(name))
}

/// Splits a text behind its host.
fn parts(text: &str) -> (&str, &str) {
    let is_address = text.starts_with('[');
    text.split_at(
        text.find(|c: char| matches!(c, '/' | '?') || c == ':' && !is_address).unwrap_or(text.len()),
    )
}

fn in_ascii_letters(name: &str) -> String {
    idna::domain_to_ascii_cow(name.as_bytes(), AsciiDenyList::URL)
        .map_or_else(|_| name.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_the_form_that_requests_have() {
        for (name, expected) in [
            ("call.example", "call.example"),
            ("Call.Example", "call.example"),
            ("call.example.", "call.example"),
            ("통화.example", "xn--hz7bo8f.example"),
            ("통화.한국", "xn--hz7bo8f.xn--3e0b707e"),
            // Decomposed, as macOS types it.
            ("\u{1110}\u{1169}\u{11bc}\u{1112}\u{116a}.example", "xn--hz7bo8f.example"),
            ("ＣＡＬＬ。example", "call.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("turn_server", "turn_server"),
            ("*.call.example", "*.call.example"),
            ("a b.example", "a b.example"),
            ("", ""),
        ] {
            assert_eq!(host_name(name), expected, "{name}");
        }
    }

    #[test]
    fn hosts_within_other_settings_get_it_too() {
        for (text, expected) in [("통화.example.", "xn--hz7bo8f.example"), ("2001:DB8::1", "[2001:db8::1]")]
        {
            assert_eq!(host(text), expected);
        }
        for (text, expected) in [
            ("HTTPS://통화.example:8443", "https://xn--hz7bo8f.example:8443"),
            ("https://call.example", "https://call.example"),
            ("https://통화.example/통화?x=통화", "https://xn--hz7bo8f.example/통화?x=통화"),
            ("http://[2001:db8::1]:3000", "http://[2001:db8::1]:3000"),
            ("call.example", "call.example"),
        ] {
            assert_eq!(in_url(text), expected);
        }
        for (text, expected) in [
            ("turn:통화.example:3478?transport=udp", "turn:xn--hz7bo8f.example:3478?transport=udp"),
            ("stun:Call.example", "stun:call.example"),
            ("turns:[2001:db8::1]:443?transport=tcp", "turns:[2001:db8::1]:443?transport=tcp"),
            ("turn:call.example?transport=tcp", "turn:call.example?transport=tcp"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(in_ice_url(text), expected);
        }
    }
}
