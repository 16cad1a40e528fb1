//! Reverse proxies that serve Parlor below a path, such as `https://call.example/parlor/`: that is not supported, as pages
//! name their files, links and sockets from the root. It is said in words where a host looks: in the answer to a
//! proxy that tells the path it took away, and in the log for one that leaves the path in requests.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tracing::warn;

/// What Traefik and others send besides `X-Forwarded-Host` when they take a path away.
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const REFUSAL: &str = "Parlor cannot be hosted below a path, and the reverse proxy says that it takes one away \
                       (X-Forwarded-PathPrefix). Give Parlor a name of its own, such as call.example; see README.md, \
                       \"Behind a proxy\".\n";

/// Tells a host about a path, in the log only once: what asks for pages that are not there may be anything.
#[derive(Debug, Default)]
pub(crate) struct PathPrefix {
    is_told: AtomicBool,
}

impl PathPrefix {
    /// The answer to a request from a trusted proxy that took a path away.
    pub(crate) fn refusal(headers: &HeaderMap) -> Option<Response> {
        let paths = headers.get_all(FORWARDED_PREFIX).iter();
        let is_below = paths.into_iter().any(|path| !matches!(path.as_bytes().trim_ascii(), b"" | b"/"));
        let text = [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
        is_below.then(|| (StatusCode::NOT_FOUND, text, REFUSAL).into_response())
    }

    /// Whether a person asks for a page.
    pub(crate) fn asks_for_page(parts: &Parts) -> bool {
        let accepted = parts.headers.get_all(ACCEPT).iter();
        parts.method == Method::GET
            && accepted.into_iter().any(|kinds| kinds.as_bytes().starts_with(b"text/html"))
    }

    /// Notices the first page that a trusted proxy asked for in vain.
    pub(crate) fn look(&self, path: &str, status: StatusCode) {
        if status == StatusCode::NOT_FOUND && !self.is_told.swap(true, Ordering::Relaxed) {
            warn!(
                path,
                "a proxy asked for a page that is not there; should it serve Parlor below this path: Parlor cannot be hosted \
                 below a path, it needs a name of its own (README.md, \"Behind a proxy\")"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
