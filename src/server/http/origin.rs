//! Origin check: only pages of this server and of the configured origins may open a socket.

use axum::http::{HeaderMap, header};

/// Characters of a client's header that the log shows at most.
const MAX_SHOWN: usize = 100;

/// Explains, for the log, why a request to `host` may not open a socket; `None` if it may.
///
/// Browsers send exactly one `Origin` with a WebSocket handshake (RFC 6455, section 4.1); a client without one is no
/// page.
pub(crate) fn refusal(headers: &HeaderMap, host: &str, allowed: &[String]) -> Option<String> {
    let mut origins = headers.get_all(header::ORIGIN).iter().map(|value| value.as_bytes());
    let origin = String::from_utf8_lossy(origins.next()?);
    if origins.next().is_some() {
        return Some("more than one origin".into());
    }
    (!may_connect(&origin, host, allowed))
        .then(|| format!("a page of {} called this server {}", shown(&origin), shown(host)))
}

/// Shortens a text and masks characters that origins and hosts lack (RFC 6454, section 6.2; RFC 3986).
fn shown(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '\\') { c } else { '?' };
    text.chars().take(MAX_SHOWN).map(plain).collect()
}

/// Whether a page of `origin` may connect to this server under the name `host`.
///
/// `allowed` holds origins as browsers send them (`https://call.example`). The default port of a scheme may
/// stand in `host` or not.
fn may_connect(origin: &str, host: &str, allowed: &[String]) -> bool {
    if allowed.iter().any(|known| known.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |text: &str| text.strip_suffix(default_port).unwrap_or(text).to_ascii_lowercase();
    !authority.is_empty() && bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn own_and_named_origins_may_connect_and_no_others() {
        let allowed = ["https://friend.example".to_owned()];
        let table = [
            ("http://localhost:3000", "localhost:3000", true),
            ("http://LOCALHOST:3000", "localhost:3000", true),
            ("https://call.example", "call.example", true),
            ("https://call.example", "call.example:443", true),
            ("https://friend.example", "call.example", true),
            ("http://[::1]:3000", "[::1]:3000", true),
            ("http://localhost:3001", "localhost:3000", false),
            ("https://call.example", "call.example:80", false),
            ("https://call.example.evil", "call.example", false),
            ("https://evil", "call.example", false),
            ("file://call.example", "call.example", false),
            ("null", "call.example", false),
            ("http://", "", false),
            ("", "", false),
        ];
        for (origin, host, expected) in table {
            assert_eq!(may_connect(origin, host, &allowed), expected, "{origin} at {host}");
        }
    }

    #[test]
    fn a_refusal_names_origin_and_host_and_nothing_that_breaks_a_log() {
        let refused = |origins: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for origin in origins {
                headers.append(header::ORIGIN, HeaderValue::from_bytes(origin).unwrap());
            }
            refusal(&headers, "call.example:3000", &[])
        };
        assert_eq!(refused(&[]), None);
        assert_eq!(refused(&[b"http://call.example:3000"]), None);
        let plain = "a page of https://evil.example called this server call.example:3000";
        assert_eq!(refused(&[b"https://evil.example"]).as_deref(), Some(plain));
        assert_eq!(refused(&[&b"http://call.example:3000"[..]; 2]).as_deref(), Some("more than one origin"));
        let odd = refused(&["a \"\u{202e}\\".as_bytes()]).unwrap();
        assert_eq!(odd, "a page of a???? called this server call.example:3000");
        assert!(refused(&[&[0xff; 10_000]]).unwrap().len() < 200);
    }
}
