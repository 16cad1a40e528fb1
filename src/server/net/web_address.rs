//! Addresses of other web servers, as text.

use axum::http::uri::PathAndQuery;

use super::authority;

/// An `http://` or `https://` URL (RFC 9110, section 4.2) without user information and fragment, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebAddress {
    /// Whether it is `https://`.
    pub(crate) is_secure: bool,
    /// A DNS name or an address, IPv6 without brackets.
    pub(crate) host: String,
    /// The port, that of the scheme if none is named.
    pub(crate) port: u16,
    /// `host[:port]`, as a request names it.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
}

impl WebAddress {
    /// Takes a URL apart; `None` if it is none.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let is_secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = authority::split(authority)?;
        if port == Some(0) || !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return None;
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        path.parse::<PathAndQuery>().ok()?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Some(Self {
            is_secure,
            host: bare.to_owned(),
            port: port.unwrap_or(if is_secure { 443 } else { 80 }),
            authority: authority.to_owned(),
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (url, is_secure, host, port, authority, path) in [
            ("https://call.example", true, "call.example", 443, "call.example", "/"),
            ("http://call.example?x=1", false, "call.example", 80, "call.example", "/?x=1"),
            (
                "https://call.example:8443/a/b?c=d",
                true,
                "call.example",
                8443,
                "call.example:8443",
                "/a/b?c=d",
            ),
            ("http://[::1]:8080/x", false, "::1", 8080, "[::1]:8080", "/x"),
        ] {
            let (host, authority, path) = (host.to_owned(), authority.to_owned(), path.to_owned());
            let parsed = WebAddress { is_secure, host, port, authority, path };
            assert_eq!(WebAddress::parse(url), Some(parsed), "{url}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "call.example",
            "ftp://call.example",
            "https://",
            "https:///x",
            "https://a@call.example/",
            "https://call.example:0/",
            "https://call.example:99999/",
            "https://call.example/#x",
            "https://call.example/a b",
            "https://call.example/\u{e9}",
            "https://call.example/\r\nx: y",
        ] {
            assert_eq!(WebAddress::parse(text), None, "{text}");
        }
    }
}
