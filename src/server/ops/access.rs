//! Who may watch the server: whoever has the token, or without one whoever is on this machine.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::server::config::{Config, OpsConfig};
use crate::server::event_log::EventLog;
use crate::server::http::forwarded::{ClientInfo, TransportInfo, TrustedProxies};
use crate::server::http::headers::guard;
use crate::server::http::server_names::is_of_this_machine;
use crate::server::net::random::random;

/// The check that every request passes.
pub(super) struct Access {
    /// MAC of the token under `key`; `None` if the listener has no token.
    token: Option<Hmac<Sha256>>,
    key: [u8; 32],
    event_log: EventLog,
}

impl Access {
    /// Takes the token from the settings.
    pub(super) fn new(config: &OpsConfig, event_log: EventLog) -> Self {
        let key = random();
        let token = Some(&config.token).filter(|token| !token.is_empty());
        Self { token: token.map(|token| mac(&key, token.as_bytes())), key, event_log }
    }

    /// The answer to a request that may not be served.
    fn refusal(&self, parts: &Parts) -> Option<Response> {
        match &self.token {
            Some(token) => {
                let shown = bearer(&parts.headers);
                // Compares in constant time, and MACs are of one length.
                if shown.is_some_and(|shown| mac(&self.key, shown).finalize() == token.clone().finalize()) {
                    return None;
                }
                let why = if shown.is_some() { "a wrong token" } else { "no token" };
                self.event_log.remark("request to watch the server refused", why, 1);
                let asks = [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
                Some(
                    (StatusCode::UNAUTHORIZED, asks, "Authorization: Bearer and ops.token are needed\n")
                        .into_response(),
                )
            }
            // By DNS rebinding a page of another site could ask with the browser of this machine.
            None if !is_asked_for_this_machine(parts) => Some(
                (StatusCode::MISDIRECTED_REQUEST, "without ops.token only localhost is answered\n")
                    .into_response(),
            ),
            None => None,
        }
    }
}

/// Passes a request on, or refuses it. No answer is kept, nor used by a page of another origin.
pub(super) async fn admit(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match access.refusal(&parts) {
        Some(refusal) => refusal,
        None => next.run(Request::from_parts(parts, body)).await,
    };
    guard(response.headers_mut());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_asked_for_this_machine(parts: &Parts) -> bool {
    let Some(transport) = parts.extensions.get::<TransportInfo>() else { return false };
    let client = ClientInfo::of(parts, *transport, &TrustedProxies::new(&Config::default()));
    is_of_this_machine(&client.host)
}

/// The token of a request (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("a key").chain_update(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = "0123456789abcdef";
        let config = OpsConfig { token: token.into(), ..OpsConfig::default() };
        let access = Access::new(&config, EventLog::default());
        let answer = |value: &str| {
            let request = axum::http::Request::get("/").header(AUTHORIZATION, value).body(()).unwrap();
            access.refusal(&request.into_parts().0).map(|refusal| refusal.status().as_u16())
        };
        for value in ["Bearer 0123456789abcdef", "bearer 0123456789abcdef", "BEARER  0123456789abcdef "] {
            assert_eq!(answer(value), None, "{value}");
        }
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0",
            "Bearer 0123456789ABCDEF",
            "Basic 0123456789abcdef",
            "0123456789abcdef",
        ] {
            assert_eq!(answer(value), Some(401), "{value}");
        }
    }
}
