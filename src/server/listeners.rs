//! The sockets that the server listens on.
//!
//! They are opened before anything else, so that the host hears at once of a port that is not available.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tracing::info;

use crate::server::config::Config;
use crate::server::ice::Secret;
use crate::server::ice::secret::relay_secret;
use crate::server::net::bind::listener;
use crate::server::net::tcp::hold_little;
use crate::server::turn::TurnServer;

/// The first port that needs no privileges.
pub(crate) const FIRST_FREE_PORT: u16 = 1024;
/// The default port of HTTPS, at which certificate authorities also connect (RFC 8737, section 3).
pub(crate) const HTTPS_PORT: u16 = 443;
/// HTTPS port in a local network if this user may not bind the configured one. There any port will do.
pub(crate) const LAN_PORT: u16 = 3443;

const RELAY_KEY: &str = "relay.port";
const OPS_KEY: &str = "ops.address";

/// The sockets that the server listens on.
#[derive(Debug)]
pub struct Listeners {
    http: Listener,
    https: Option<Listener>,
    public_https: Option<u16>,
    relay: Option<(TurnServer, Secret)>,
    ops: Option<OpsListener>,
}

/// The socket by which a host watches the server. It has a server of its own, and closes with the other sockets.
#[derive(Debug)]
pub(crate) struct OpsListener(Listener);

impl OpsListener {
    /// Returns the address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address
    }
}

/// A source of connections.
pub(crate) trait Accept: Sync {
    /// Names its connections in warnings.
    const CONNECTIONS: &'static str;

    /// Accepts the next connection, with the address of its client.
    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr, Scheme)>> + Send;
}

#[derive(Debug)]
struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

/// The error for a port that is not available.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({key}): {fault}{advice}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// The setting of the port.
    pub key: &'static str,
    /// The system's error.
    pub fault: io::Error,
    advice: String,
}

/// The scheme of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// HTTP without TLS.
    Http,
    /// HTTP within TLS.
    Https,
}

impl Listeners {
    /// Opens the configured sockets.
    ///
    /// # Errors
    /// If one cannot be opened: which, why, and what helps.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn open(config: &Config) -> Result<Self, ListenError> {
        let patience = 2 * config.limits.write_timeout;
        let http = Listener::open(config.address(), "server.port", patience)?;
        let https = config.tls.is_on().then(|| {
            let port = |port| Listener::open(SocketAddr::new(config.server.host, port), "tls.port", patience);
            match port(config.tls.port) {
                Err(error) if config.tls.lan && error.fault.kind() == io::ErrorKind::PermissionDenied => {
                    info!(
                        "port {} is the system's, so HTTPS is at port {LAN_PORT} (tls.port)",
                        config.tls.port
                    );
                    port(LAN_PORT)
                }
                result => result,
            }
        });
        let public_https = Some(config.tls.public_port).filter(|port| *port != 0);
        let ops =
            config.ops.address().map(|address| Listener::open(address, OPS_KEY, patience).map(OpsListener));
        let (https, ops) = (https.transpose()?, ops.transpose()?);
        Ok(Self { http, https, public_https, relay: open_relay(config)?, ops })
    }

    /// Returns the address of HTTP.
    pub fn http(&self) -> SocketAddr {
        self.http.address
    }

    /// Returns the address of HTTPS.
    pub fn https(&self) -> Option<SocketAddr> {
        self.https.as_ref().map(|door| door.address)
    }

    /// Returns the port at which browsers find HTTPS.
    pub(crate) fn https_port(&self) -> Option<u16> {
        self.https().map(|address| self.public_https.unwrap_or(address.port()))
    }

    /// Returns the relay and the secret of its passwords, if there is a relay.
    pub(crate) fn relay(&self) -> Option<&(TurnServer, Secret)> {
        self.relay.as_ref()
    }

    /// Returns the relay's addresses for UDP and TCP.
    pub fn relay_ports(&self) -> Option<(SocketAddr, SocketAddr)> {
        let (relay, _) = self.relay.as_ref()?;
        relay.udp_address().ok().zip(relay.tcp_address().ok())
    }

    /// Returns the address by which a host watches the server, if there is one.
    pub fn ops(&self) -> Option<SocketAddr> {
        self.ops.as_ref().map(OpsListener::address)
    }

    /// Takes the socket out by which a host watches the server.
    pub(crate) fn take_ops(&mut self) -> Option<OpsListener> {
        self.ops.take()
    }

    /// Returns the URL of HTTP on this machine. `localhost` stands in place of the unspecified address.
    pub fn url(&self) -> String {
        match self.http.address {
            all if all.ip().is_unspecified() => format!("http://localhost:{}", all.port()),
            one => format!("http://{one}"),
        }
    }

    /// Lists the URLs of HTTPS for these hosts; none without HTTPS.
    pub fn urls(&self, hosts: &[String]) -> Vec<String> {
        let Some(port) = self.https_port() else { return Vec::new() };
        hosts.iter().map(|host| https_url(host, port)).collect()
    }
}

/// The URL of HTTPS at a host.
pub(crate) fn https_url(host: &str, port: u16) -> String {
    if port == HTTPS_PORT { format!("https://{host}") } else { format!("https://{host}:{port}") }
}

impl Accept for Listeners {
    const CONNECTIONS: &'static str = "pages";

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, Scheme)> {
        let https = async {
            match &self.https {
                Some(door) => door.listener.accept().await,
                None => std::future::pending().await,
            }
        };
        let ((stream, address), scheme) = tokio::select! {
            accepted = self.http.listener.accept() => (accepted?, Scheme::Http),
            accepted = https => (accepted?, Scheme::Https),
        };
        Ok((stream, canonical(address), scheme))
    }
}

impl Accept for OpsListener {
    const CONNECTIONS: &'static str = "those who watch the server";

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, Scheme)> {
        let (stream, address) = self.0.listener.accept().await?;
        Ok((stream, canonical(address), Scheme::Http))
    }
}

impl Listener {
    fn open(address: SocketAddr, key: &'static str, patience: Duration) -> Result<Self, ListenError> {
        let open = || {
            let listener = listener(address.ip(), address.port())?;
            hold_little(&listener, patience);
            let address = listener.local_addr()?;
            Ok(Self { listener, address })
        };
        open().map_err(|fault| ListenError { advice: advice(address, key, &fault), address, key, fault })
    }
}

fn open_relay(config: &Config) -> Result<Option<(TurnServer, Secret)>, ListenError> {
    if !config.relay.enabled {
        return Ok(None);
    }
    let (host, key) = (config.relay.listen, RELAY_KEY);
    let address = SocketAddr::new(host, config.relay.port);
    let open = || {
        let folder = config.server.state_folder();
        let secret = relay_secret(&config.relay.secret, folder.as_deref())?;
        Ok((TurnServer::open(&config.relay, secret.clone(), host)?, secret))
    };
    open().map(Some).map_err(|fault| ListenError {
        advice: advice(address, key, &fault),
        address,
        key,
        fault,
    })
}

fn advice(address: SocketAddr, key: &str, fault: &io::Error) -> String {
    match fault.kind() {
        io::ErrorKind::AddrInUse => {
            format!("; another program listens there: stop it, or set another {key}")
        }
        io::ErrorKind::PermissionDenied if address.port() < FIRST_FREE_PORT => format!(
            "; ports below {FIRST_FREE_PORT} need a permission: start Parlor as a systemd service with \
             AmbientCapabilities=CAP_NET_BIND_SERVICE, or run `sudo setcap cap_net_bind_service=+ep` on its \
             file once, or set another {key}"
        ),
        io::ErrorKind::AddrNotAvailable => {
            let key = match key {
                RELAY_KEY => "relay.listen",
                OPS_KEY => OPS_KEY,
                _ => "server.host",
            };
            format!("; this machine has no such address: set another {key}")
        }
        _ => String::new(),
    }
}

/// Turns the IPv4-mapped address of a dual-stack socket into IPv4.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::*;

    fn config() -> Config {
        let mut config = Config::default();
        config.server.port = 0;
        config.relay.port = 0;
        config
    }

    #[tokio::test]
    async fn one_socket_takes_both_families_and_tells_them_apart() {
        let listeners = Listeners::open(&config()).unwrap();
        assert!(listeners.https().is_none());
        for host in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
            let stream = match TcpStream::connect((host, listeners.http().port())).await {
                Ok(stream) => stream,
                Err(_) if host.is_ipv6() => continue,
                Err(error) => panic!("{error}"),
            };
            let (_, address, scheme) = listeners.accept().await.unwrap();
            assert_eq!((address, scheme), (stream.local_addr().unwrap(), Scheme::Http));
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_named_with_its_setting() {
        let first = Listeners::open(&config()).unwrap();
        let mut second = config();
        second.server.port = first.http().port();
        let text = Listeners::open(&second).unwrap_err().to_string();
        assert!(
            text.contains(&second.address().to_string()) && text.contains("set another server.port"),
            "{text}"
        );
    }

    #[test]
    fn an_address_of_another_machine_is_told_with_its_setting() {
        let fault = io::ErrorKind::AddrNotAvailable.into();
        for (key, setting) in [
            ("server.port", "server.host"),
            ("tls.port", "server.host"),
            (RELAY_KEY, "relay.listen"),
            (OPS_KEY, OPS_KEY),
        ] {
            let text = advice("192.0.2.1:3478".parse().unwrap(), key, &fault);
            assert!(text.ends_with(&format!("set another {setting}")), "{text}");
        }
    }

    #[test]
    fn a_port_of_the_system_comes_with_advice() {
        let fault = io::ErrorKind::PermissionDenied.into();
        let text = advice("[::]:443".parse().unwrap(), "tls.port", &fault);
        for scheme in ["CAP_NET_BIND_SERVICE", "setcap", "tls.port"] {
            assert!(text.contains(scheme), "{text}");
        }
    }
}
