//! What every request passes on its way in: who sent it is found out, and who should have come by HTTPS is sent
//! there.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;

use super::doors::{HTTPS_PORT, Way};
use super::prefix::Prefix;
use super::tls::Tls;
use super::visitor::{Caller, Visitor};

/// What asks for it comes by all ways and understands none of this.
pub(super) const HEALTH_PATH: &str = "/healthz";
/// A year (RFC 6797); other hosts below this name are none of our business.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The rules at the entrance.
pub(super) struct Entrance {
    trusted: Vec<IpNet>,
    https: Option<(Arc<Tls>, u16)>,
    prefix: Prefix,
}

impl Entrance {
    /// Believes `trusted` proxies, and sends people to HTTPS, if it is there, at its port.
    pub(super) fn new(trusted: Vec<IpNet>, https: Option<(Arc<Tls>, u16)>) -> Self {
        Self { trusted, https, prefix: Prefix::default() }
    }

    /// The port of HTTPS, once there is a certificate.
    fn port(&self) -> Option<u16> {
        self.https.as_ref().filter(|(tls, _)| tls.certificate().is_some()).map(|(_, port)| *port)
    }

    fn is_for_good(&self) -> bool {
        self.https.as_ref().is_some_and(|(tls, _)| tls.is_for_good())
    }
}

/// Lets a request in.
pub(super) async fn pass(State(entrance): State<Arc<Entrance>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(caller) = parts.extensions.get::<Caller>().copied() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let visitor = Visitor::of(&parts, caller, &entrance.trusted);
    let is_health = parts.uri.path() == HEALTH_PATH;
    if let Some(port) = entrance.port().filter(|_| !visitor.secure && !is_health) {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        return moved(&visitor.host, port, path);
    }
    let by_proxy = entrance.trusted.iter().any(|net| net.contains(&caller.address.ip()));
    if let Some(refusal) = Prefix::refusal(&parts.headers).filter(|_| by_proxy && !is_health) {
        return refusal;
    }
    let page = (by_proxy && Prefix::asks_for_page(&parts)).then(|| parts.uri.path().to_owned());
    parts.extensions.insert(visitor);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(path) = page {
        entrance.prefix.look(&path, response.status());
    }
    if caller.way == Way::Tls && entrance.is_for_good() {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// The same at HTTPS, for good and with the same method (RFC 9110, section 15.4.9).
fn moved(host: &str, port: u16, path: &str) -> Response {
    let port = if port == HTTPS_PORT { String::new() } else { format!(":{port}") };
    match HeaderValue::try_from(format!("https://{host}{port}{path}")) {
        Ok(place) if !host.is_empty() => {
            // Not to be kept: tomorrow another program, or none of ours with HTTPS, may have this address.
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
