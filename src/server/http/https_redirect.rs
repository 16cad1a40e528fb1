//! What every request passes on its way in: who sent it is found out, who asks for a name that this server does not
//! have is turned away, and who should have come by HTTPS is sent there.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use tracing::warn;

use super::forwarded::{Caller, Visitor};
use super::headers::guard;
use super::path_prefix::Prefix;
use crate::server::config::Config;
use crate::server::event_log::Journal;
use crate::server::listeners::{HTTPS_PORT, Way};
use crate::server::tls::Tls;

/// What asks for it comes by all ways and understands none of this.
pub(crate) const HEALTH_PATH: &str = "/healthz";
/// A year (RFC 6797); other hosts below this name are none of our business.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The rules at the entrance.
pub(crate) struct Entrance {
    trusted: Vec<IpNet>,
    /// All that this server has; any will do if there are none.
    names: Vec<String>,
    https: Option<(Arc<Tls>, u16)>,
    prefix: Prefix,
    journal: Journal,
    told_of_proxy: AtomicBool,
}

impl Entrance {
    /// Believes the proxies and knows the names of the settings, and sends people to HTTPS, if it is there.
    pub(crate) fn new(config: &Config, https: Option<(Arc<Tls>, u16)>, journal: Journal) -> Self {
        let names = config.tls.domains.iter().chain(&config.server.names);
        let names = names.map(|name| as_in_urls(&bare(name).to_ascii_lowercase())).collect();
        let (trusted, prefix) = (config.server.trusted_proxies.clone(), Prefix::default());
        Self { trusted, names, https, prefix, journal, told_of_proxy: AtomicBool::new(false) }
    }

    /// Whether the name by which `visitor` came is one of this server. A page of another site can have its own name
    /// lead here (DNS rebinding), and what it then asks for would look as if it came from a page of this server.
    fn is_known_as(&self, visitor: &Visitor) -> bool {
        let host = bare(&visitor.host);
        self.names.is_empty()
            || self.names.iter().any(|name| name == host)
            || visitor.address.is_loopback() && is_of_this_machine(host)
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
pub(crate) async fn pass(State(entrance): State<Arc<Entrance>>, request: Request, next: Next) -> Response {
    let mut response = entrance.let_in(request, next).await;
    // A socket is no content.
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        guard(response.headers_mut());
    }
    response
}

impl Entrance {
    async fn let_in(&self, request: Request, next: Next) -> Response {
        let (mut parts, body) = request.into_parts();
        let Some(caller) = parts.extensions.get::<Caller>().copied() else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let visitor = Visitor::of(&parts, caller, &self.trusted);
        // Those who watch over servers ask by addresses, and by HTTP.
        let is_of_health = parts.uri.path() == HEALTH_PATH;
        if !is_of_health && !self.is_known_as(&visitor) {
            self.journal.remark("request refused: no name of this server (server.names)", &visitor.host, 1);
            return misdirected(&visitor.host, &self.names);
        }
        if let Some(port) = self.port().filter(|_| !visitor.secure && !is_of_health) {
            let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
            return moved(&visitor.host, port, path);
        }
        let by_proxy = self.trusted.iter().any(|net| net.contains(&caller.address.ip()));
        if !by_proxy {
            self.look_for_proxy(&parts.headers, caller.address.ip());
        }
        if let Some(refusal) = Prefix::refusal(&parts.headers).filter(|_| by_proxy && !is_of_health) {
            return refusal;
        }
        let page = (by_proxy && Prefix::asks_for_page(&parts)).then(|| parts.uri.path().to_owned());
        parts.extensions.insert(visitor);
        let mut response = next.run(Request::from_parts(parts, body)).await;
        if let Some(path) = page {
            self.prefix.look(&path, response.status());
        }
        if caller.way == Way::Tls && self.is_for_good() {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HSTS);
        }
        response
    }
}

impl Entrance {
    /// Warns, once, of a proxy nearby whose visitors would all count as one address.
    fn look_for_proxy(&self, headers: &HeaderMap, from: IpAddr) {
        if is_near(from)
            && headers.contains_key("x-forwarded-for")
            && !self.told_of_proxy.swap(true, Ordering::Relaxed)
        {
            warn!(
                %from,
                "requests come through a proxy that is not in server.trusted_proxies: all its visitors share what one \
                 address may have"
            );
        }
    }
}

/// Whether an address is of this machine or of a network of one's own (RFC 1918, RFC 4193).
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// Without the dot that ends a name in the DNS.
fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Addresses of IPv6 stand in brackets (RFC 3986, section 3.2.2).
fn as_in_urls(name: &str) -> String {
    if name.parse::<Ipv6Addr>().is_ok() { format!("[{name}]") } else { name.to_owned() }
}

/// Whether `host` means, on every machine, the machine itself.
fn is_of_this_machine(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_loopback = match address {
        Some(address) => address.parse() == Ok(Ipv6Addr::LOCALHOST),
        None => host.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
    };
    is_loopback || host == "localhost"
}

/// RFC 9110, section 15.5.20.
fn misdirected(host: &str, names: &[String]) -> Response {
    let text = format!(
        "This server is not known as {host:?}, but as {}. Whoever hosts it can add a name in server.names.",
        names.join(", ")
    );
    (StatusCode::MISDIRECTED_REQUEST, [(CACHE_CONTROL, HeaderValue::from_static("no-store"))], text)
        .into_response()
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
    fn names_of_the_settings_and_of_this_machine_are_known_and_no_others() {
        let mut config = Config::default();
        let at = |host: &str, address: &str| Visitor {
            address: address.parse().unwrap(),
            host: host.to_owned(),
            authority: host.to_owned(),
            secure: true,
            is_proxy: false,
        };
        let open = Entrance::new(&config, None, Journal::default());
        assert!(open.is_known_as(&at("evil", "192.0.2.1")));
        config.tls.domains = vec!["call.example".into()];
        config.server.names =
            vec!["Other.Example".into(), "[2001:db8::7]".into(), "2001:db8::8".into(), "192.0.2.7".into()];
        let closed = Entrance::new(&config, None, Journal::default());
        for (host, from_afar, from_here) in [
            ("call.example", true, true),
            ("call.example.", true, true),
            ("other.example", true, true),
            ("[2001:db8::7]", true, true),
            ("[2001:db8::8]", true, true),
            ("192.0.2.7", true, true),
            ("localhost", false, true),
            ("127.0.0.1", false, true),
            ("[::1]", false, true),
            ("", false, false),
            ("192.0.2.8", false, false),
            ("www.call.example", false, false),
            ("evil", false, false),
        ] {
            assert_eq!(closed.is_known_as(&at(host, "192.0.2.1")), from_afar, "{host}");
            assert_eq!(closed.is_known_as(&at(host, "127.0.0.1")), from_here, "{host}");
            assert_eq!(closed.is_known_as(&at(host, "::1")), from_here, "{host}");
        }
    }

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
