//! The address at which the public finds the server, as far as the server itself knows it.

use std::fmt;
use std::sync::Arc;

use crate::protocol::RoomId;
use crate::server::config::Config;
use crate::server::listeners::https_url;
use crate::server::tls::Tls;

/// The public address: known where the server has HTTPS of its own, since a proxy before it has its own names and ports.
pub(crate) struct PublicAddress {
    /// The certificate, and the port of HTTPS.
    https: Option<(Arc<Tls>, u16)>,
    /// Names that the server answers to; none for all.
    names: Vec<String>,
}

impl PublicAddress {
    /// The address of a server with `https` at a port, or without.
    pub(crate) fn new(https: Option<(Arc<Tls>, u16)>, config: &Config) -> Self {
        Self { https, names: config.server.names.clone() }
    }

    /// The URL of a room; `None` if no certificate names the server.
    pub(super) fn room(&self, room: &RoomId) -> Option<String> {
        let (tls, port) = self.https.as_ref()?;
        let origin = https_url(chosen(&tls.hosts(), &self.names)?, *port);
        Some(format!("{origin}/room/{room}"))
    }
}

impl fmt::Debug for PublicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicAddress").field("names", &self.names).finish_non_exhaustive()
    }
}

/// The first host of the certificate that is among `names`, or else the first of all.
fn chosen<'a>(hosts: &'a [String], names: &[String]) -> Option<&'a str> {
    hosts.iter().find(|host| names.contains(host)).or(hosts.first()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_names_of_the_certificate_that_of_the_settings_counts() {
        let hosts = ["call.example", "www.call.example"].map(str::to_owned);
        for (hosts, names, expected) in [
            (&hosts[..], &[][..], Some("call.example")),
            (&hosts, &["www.call.example"], Some("www.call.example")),
            (&hosts, &["other.example"], Some("call.example")),
            (&[], &["other.example"], None),
        ] {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(chosen(hosts, &names), expected, "{hosts:?} {names:?}");
        }
    }
}
