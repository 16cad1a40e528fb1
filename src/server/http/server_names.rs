//! Host names of this server; requests for any other name are refused (against DNS rebinding).

use std::net::{IpAddr, Ipv6Addr};

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::forwarded::ClientInfo;
use crate::server::config::Config;

/// Host names of this server, as in URLs; an empty list accepts every name.
pub(super) struct ServerNames(Vec<String>);

impl ServerNames {
    /// Takes the names from `tls.domains` and `server.names`.
    pub(super) fn new(config: &Config) -> Self {
        let names = config.tls.domains.iter().chain(&config.server.names);
        Self(names.map(|name| as_in_urls(&bare(name).to_ascii_lowercase())).collect())
    }

    /// Whether `client` asked for a name of this server; loopback names count on this machine only.
    ///
    /// By DNS rebinding another site's name can resolve to this server; the browser would then take that site's page
    /// and this server for one origin.
    pub(super) fn contains(&self, client: &ClientInfo) -> bool {
        let host = bare(&client.host);
        self.0.is_empty()
            || self.0.iter().any(|name| name == host)
            || client.address.is_loopback() && is_of_this_machine(host)
    }

    /// Answers a request for another server's name `host` with 421 (RFC 9110, section 15.5.20).
    pub(super) fn misdirected(&self, host: &str) -> Response {
        let text = format!(
            "This server is not known as {host:?}, but as {}. Whoever hosts it can add a name in server.names.",
            self.0.join(", ")
        );
        (StatusCode::MISDIRECTED_REQUEST, [(CACHE_CONTROL, HeaderValue::from_static("no-store"))], text)
            .into_response()
    }
}

/// Strips the dot that may end a DNS name.
fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Puts IPv6 addresses in brackets (RFC 3986, section 3.2.2).
fn as_in_urls(name: &str) -> String {
    if name.parse::<Ipv6Addr>().is_ok() { format!("[{name}]") } else { name.to_owned() }
}

/// Whether `host` is `localhost` or a loopback address.
pub(crate) fn is_of_this_machine(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_loopback = match address {
        Some(address) => address.parse() == Ok(Ipv6Addr::LOCALHOST),
        None => host.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
    };
    is_loopback || host == "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_settings_and_of_this_machine_are_known_and_no_others() {
        let mut config = Config::default();
        let at = |host: &str, address: &str| ClientInfo {
            address: address.parse().unwrap(),
            host: host.to_owned(),
            authority: host.to_owned(),
            secure: true,
            is_proxy: false,
        };
        let open = ServerNames::new(&config);
        assert!(open.contains(&at("evil", "192.0.2.1")));
        config.tls.domains = vec!["call.example".into()];
        config.server.names =
            vec!["Other.Example".into(), "[2001:db8::7]".into(), "2001:db8::8".into(), "192.0.2.7".into()];
        let closed = ServerNames::new(&config);
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
            assert_eq!(closed.contains(&at(host, "192.0.2.1")), from_afar, "{host}");
            assert_eq!(closed.contains(&at(host, "127.0.0.1")), from_here, "{host}");
            assert_eq!(closed.contains(&at(host, "::1")), from_here, "{host}");
        }
    }
}
