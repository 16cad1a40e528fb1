//! Reverse proxies that serve Parlor below a path, such as `https://call.example/parlor/`.
//!
//! That is not supported, as pages name their files, links and sockets from the root. The operator learns of it in the
//! response if the proxy announces the path it strips, and in the log if it leaves the path in requests.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tracing::warn;

/// Header by which Traefik and others announce a path that they strip.
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
/// What stands before a number in the address of a room.
const ROOMS: &str = "/room/";
const REFUSAL: &str = "Parlor cannot be hosted below a path, and the reverse proxy says that it takes one away \
                       (X-Forwarded-Prefix). Give Parlor a name of its own, such as call.example; see README.md, \
                       \"Behind a proxy\".\n";

/// Tells the operator about a path; the log says it once only, as missing pages may be requested for any reason.
#[derive(Debug, Default)]
pub(crate) struct PathPrefix {
    is_told: AtomicBool,
}

impl PathPrefix {
    /// Refuses a request if a trusted proxy stripped a path from it.
    pub(crate) fn refusal(headers: &HeaderMap) -> Option<Response> {
        let paths = headers.get_all(FORWARDED_PREFIX).iter();
        let is_below = paths.into_iter().any(|path| !matches!(path.as_bytes().trim_ascii(), b"" | b"/"));
        let text = [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
        is_below.then(|| (StatusCode::NOT_FOUND, text, REFUSAL).into_response())
    }

    /// Whether a browser asks for a page.
    pub(crate) fn asks_for_page(parts: &Parts) -> bool {
        let accepted = parts.headers.get_all(ACCEPT).iter();
        parts.method == Method::GET
            && accepted.into_iter().any(|kinds| kinds.as_bytes().starts_with(b"text/html"))
    }

    /// Warns of the first missing page that a trusted proxy asked for.
    pub(crate) fn look(&self, path: &str, status: StatusCode) {
        if status == StatusCode::NOT_FOUND && !self.is_told.swap(true, Ordering::Relaxed) {
            let path = above_room(path);
            warn!(
                path,
                "a proxy asked for a page that is not there; should it serve Parlor below this path: Parlor cannot be hosted \
                 below a path, it needs a name of its own (README.md, \"Behind a proxy\")"
            );
        }
    }
}

/// Cuts a room's address off a path: the log tells no room that somebody looked for.
fn above_room(path: &str) -> &str {
    path.split_once(ROOMS).map_or(path, |(above, _)| above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_the_path_above_a_room() {
        for (path, told) in
            [("/parlor/", "/parlor/"), ("/parlor/room/4711", "/parlor"), ("/nowhere", "/nowhere")]
        {
            assert_eq!(above_room(path), told);
        }
    }

    #[test]
    fn a_path_that_was_taken_away_is_refused() {
        for (paths, is_refused) in [
            (&[][..], false),
            (&[""], false),
            (&["/"], false),
            (&[" / "], false),
            (&["/call"], true),
            (&["/", "/call/"], true),
        ] {
            let headers = paths.iter().map(|path| (FORWARDED_PREFIX, HeaderValue::from_static(path)));
            let refusal = PathPrefix::refusal(&headers.collect());
            assert_eq!(
                refusal.map(|answer| answer.status().as_u16()),
                is_refused.then_some(404),
                "{paths:?}"
            );
        }
    }
}
