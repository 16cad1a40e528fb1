//! Which web pages may open a socket: those this server served, and those the host names.

/// Whether a page of `origin` may talk to the server that was called `host`.
///
/// `allowed` holds origins as browsers send them (`https://call.example`). The default port of a scheme may
/// stand in `host` or not.
pub(super) fn may_connect(origin: &str, host: &str, allowed: &[String]) -> bool {
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
}
