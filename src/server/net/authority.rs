//! Hosts and authorities of URLs, as text.

use std::net::Ipv6Addr;

use axum::http::uri::Authority;
use tokio_rustls::rustls::pki_types::{DnsName, ServerName};

/// Splits `host[:port]` (RFC 3986, section 3.2) without user information.
///
/// `None` unless the host is an address, IPv6 in brackets, or a DNS name. Underscores are allowed, as container networks
/// have them; hyphens at the ends of a label are not.
pub(crate) fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    let (host, rest) = text.split_at_checked(authority.host().len())?;
    let port = authority.port_u16();
    let is_port = |digits: &str| port.is_some() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let ends_well = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
    (ends_well && is_host(host)).then_some((host, port))
}

/// Whether a text is the host of a URL: an address, IPv6 in brackets, or a DNS name.
fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !text.contains(':') && ServerName::try_from(text).is_ok(),
    }
}

/// Whether a text is a host name: letters, digits and hyphens (RFC 1123, section 2.1), no dot at its end.
pub(crate) fn is_host_name(text: &str) -> bool {
    DnsName::try_from(text).is_ok() && !text.contains('_') && !text.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_a_host_and_maybe_a_port() {
        for (text, expected) in [
            ("call.example", Some(("call.example", None))),
            ("call.example.:443", Some(("call.example.", Some(443)))),
            ("relay_1:3478", Some(("relay_1", Some(3478)))),
            ("[2001:db8::1]:443", Some(("[2001:db8::1]", Some(443)))),
            ("127.0.0.1:3000", Some(("127.0.0.1", Some(3000)))),
            ("", None),
            (":443", None),
            ("call.example:", None),
            ("call.example:99999", None),
            ("call.example:+80", None),
            ("call.example/path", None),
            ("a@b", None),
            ("b:80@b:80", None),
            ("[evil]", None),
            ("[127.0.0.1]", None),
            ("[::1", None),
            ("::1", None),
            ("a b", None),
            ("a..b", None),
            ("a%20b", None),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn a_host_name_is_letters_digits_and_hyphens() {
        for (text, expected) in [
            ("call.example", true),
            ("studio", true),
            ("a_b", false),
            ("a.", false),
            ("-a", false),
            ("", false),
        ] {
            assert_eq!(is_host_name(text), expected, "{text}");
        }
    }
}
