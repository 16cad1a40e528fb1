//! From HTTP to HTTPS: the redirect, and HSTS for browsers to use HTTPS from then on (RFC 6797).

use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::forwarded::ClientInfo;
use crate::server::listeners::HTTPS_PORT;
use crate::server::tls::Tls;

/// A year (RFC 6797), without `includeSubDomains`: hosts below this name may be others'.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Redirects to HTTPS, if the server has it.
pub(super) struct HttpsRedirect(Option<(Arc<Tls>, u16)>);

impl HttpsRedirect {
    /// Redirects to the public port of `https`, if there is one.
    pub(super) fn new(https: Option<(Arc<Tls>, u16)>) -> Self {
        Self(https)
    }

    /// The redirect for a request that came by HTTP, once there is a certificate.
    pub(super) fn of(&self, client: &ClientInfo, uri: &Uri) -> Option<Response> {
        let (tls, port) = self.0.as_ref().filter(|_| !client.secure)?;
        tls.certificate()?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Some(moved(&client.host, *port, path))
    }

    /// Adds HSTS, if browsers trust the certificate and the settings allow it.
    pub(super) fn insist(&self, headers: &mut HeaderMap) {
        if self.0.as_ref().is_some_and(|(tls, _)| tls.is_for_good()) {
            headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }
}

/// Redirects permanently to the same path at HTTPS, keeping the method (RFC 9110, section 15.4.9).
fn moved(host: &str, port: u16, path: &str) -> Response {
    let port = if port == HTTPS_PORT { String::new() } else { format!(":{port}") };
    match HeaderValue::try_from(format!("https://{host}{port}{path}")) {
        Ok(place) if !host.is_empty() => {
            // Not to be cached: tomorrow another program, or Parlor without HTTPS, may have this address.
            let headers = [(LOCATION, place), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            (StatusCode::PERMANENT_REDIRECT, HeaderMap::from_iter(headers)).into_response()
        }
        _ => (
            StatusCode::BAD_REQUEST,
            "this server is at HTTPS, and the request does not say which name it has",
        )
            .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_https_keeps_everything_but_the_scheme() {
        for (host, port, path, expected) in [
            ("call.example", 443, "/room/1?lang=ko&x=%20", Some("https://call.example/room/1?lang=ko&x=%20")),
            ("[::1]", 8443, "/", Some("https://[::1]:8443/")),
            ("call.example", 443, "//evil.example", Some("https://call.example//evil.example")),
            ("", 443, "/", None),
        ] {
            let response = moved(host, port, path);
            let place = response.headers().get(LOCATION).map(|place| place.to_str().unwrap());
            assert_eq!(place, expected);
            assert_eq!(response.status().as_u16(), if expected.is_some() { 308 } else { 400 });
        }
    }
}
