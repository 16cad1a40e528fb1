//! The server's settings and their defaults: [`arguments`] reads the command line, `load` gathers the settings from all
//! sources, `rules` validates them, `place` finds the line that made a setting.

pub mod arguments;
pub mod environment;
mod given;
mod hooks;
pub mod load;
mod log;
mod names;
mod networks;
mod ops;
mod place;
mod rules;
mod seconds;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use hooks::{HookConfig, HookEvent};
pub use log::{LogConfig, LogFormat};
pub use ops::OpsConfig;

/// All settings; `Leptos.toml` in the repository explains each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address, names and trusted proxies of the server.
    pub server: ServerConfig,
    /// Size of rooms, and grace periods of seats.
    pub rooms: RoomsConfig,
    /// Limits for one client, and for all together.
    pub limits: LimitsConfig,
    /// ICE servers besides the built-in one.
    pub ice: IceConfig,
    /// HTTPS.
    pub tls: TlsConfig,
    /// The built-in STUN and TURN server.
    pub relay: RelayConfig,
    /// The listener by which a host watches the server, and webhooks.
    pub ops: OpsConfig,
    /// The log.
    pub log: LogConfig,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on.
    pub port: u16,
    /// Host names besides those in `tls.domains`; with any of either, requests for other names are refused.
    pub names: Vec<String>,
    /// Origins whose pages may connect besides the server's own.
    pub origins: Vec<String>,
    /// Folder for state that outlives a restart, or [`STATE_AUTO`] or [`STATE_NONE`].
    pub state: PathBuf,
    /// Reverse proxies whose `X-Forwarded-*` headers are believed about a request's client, host and scheme.
    #[serde(deserialize_with = "networks::deserialize")]
    pub trusted_proxies: Vec<IpNet>,
}

/// Value of `server.state` for the system's default folder: `$STATE_DIRECTORY` (systemd), else
/// `$XDG_STATE_HOME/parlor` or `$HOME/.local/state/parlor` (XDG Base Directory Specification).
pub const STATE_AUTO: &str = "auto";
/// Value of `server.state` that keeps nothing.
pub const STATE_NONE: &str = "none";

impl ServerConfig {
    /// Resolves `state` to a folder; `None` if nothing is kept.
    pub fn state_folder(&self) -> Option<PathBuf> {
        // systemd lists several folders with colons between; the first will do.
        let first = |paths: std::ffi::OsString| std::env::split_paths(&paths).next();
        let place = |name| std::env::var_os(name).and_then(first).filter(|path| path.is_absolute());
        match self.state.to_str() {
            Some(STATE_NONE) => None,
            Some(STATE_AUTO) => place("STATE_DIRECTORY")
                .or_else(|| place("XDG_STATE_HOME").map(|home| home.join("parlor")))
                .or_else(|| place("HOME").map(|home| home.join(".local/state/parlor"))),
            _ => Some(self.state.clone()),
        }
    }
}

/// `[rooms]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomsConfig {
    /// Seats in a room.
    pub capacity: usize,
    /// How long the seat of a lost socket is kept.
    #[serde(with = "seconds")]
    pub grace: Duration,
    /// How long the seat is kept after the browser reported that the page unloads.
    #[serde(with = "seconds")]
    pub unload_grace: Duration,
}

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Rooms at one time.
    pub rooms: usize,
    /// Open sockets at one time.
    pub sockets: usize,
    /// Open sockets at one time for one address, or one network of IPv6.
    pub sockets_per_address: usize,
    /// Sockets beyond both limits that take a seat back.
    pub returning_sockets: usize,
    /// Joins a minute from one address, or one network of IPv6; those that take a seat back do not count.
    pub joins_per_minute_per_address: u32,
    /// Joins at once from one address, or one network of IPv6.
    pub join_burst_per_address: u32,
    /// Connections at one time that have not become a socket.
    pub requests: usize,
    /// Such connections at one time for one address, or one network of IPv6.
    pub requests_per_address: usize,
    /// Messages a second from one socket, where each frame of a message counts.
    pub messages_per_second: u32,
    /// Messages at once from one socket.
    pub message_burst: u32,
    /// Bytes a second from one socket.
    pub bytes_per_second: u32,
    /// Bytes at once from one socket.
    pub byte_burst: u32,
    /// Malformed messages from one socket until it is closed.
    pub bad_messages: u32,
    /// Frames that may wait for one socket.
    pub queue_frames: usize,
    /// Bytes that may wait for one socket.
    pub queue_bytes: usize,
    /// How long a write to one socket may take.
    #[serde(with = "seconds")]
    pub write_timeout: Duration,
    /// How long a request may take to arrive.
    #[serde(with = "seconds")]
    pub request_timeout: Duration,
    /// Time between two pings.
    #[serde(with = "seconds")]
    pub ping: Duration,
    /// Time without any frame after which a socket counts as dead.
    #[serde(with = "seconds")]
    pub silent: Duration,
    /// Time without a seat after which a socket is closed.
    #[serde(with = "seconds")]
    pub idle: Duration,
}

/// `[tls]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Port to listen on for HTTPS and TURN over TLS.
    pub port: u16,
    /// Port at which browsers find HTTPS; 0 if that is `port`.
    pub public_port: u16,
    /// PEM file with the certificate and its intermediates; empty for none.
    pub certificate: PathBuf,
    /// PEM file with the certificate's private key.
    pub key: PathBuf,
    /// Names to get a certificate for by ACME (RFC 8555).
    pub domains: Vec<String>,
    /// Mail address for the certificate authority to write to; may be empty.
    pub contact: String,
    /// Whether to use the staging environment of Let's Encrypt.
    pub staging: bool,
    /// Directory URL of another authority; empty for Let's Encrypt.
    pub directory: String,
    /// PEM file with the roots by which `directory` is trusted; empty for the public ones.
    pub directory_roots: PathBuf,
    /// Whether to make a self-signed certificate for this machine's addresses.
    pub lan: bool,
    /// Whether browsers are told to come by HTTPS only (RFC 6797); never with a self-signed certificate.
    pub hsts: bool,
}

/// `[relay]`
///
/// A browser makes an allocation for each connection to a peer, each of its adapters, each family of addresses and
/// each of UDP, TCP and TLS; while it restarts ICE it holds both sets. The quotas fit the most of an honest one:
/// - a seat in a room of eight, behind five adapters: 7 peers * 5 adapters * 2 families * 3 transports * 2 = 420;
/// - an office with 50 such seats behind one address of IPv4, two adapters each: 50 * 7 * 2 * 3 * 2 = 4,200, of which
///   two thirds, 2,800, come by TCP and TLS connections.
///
/// An allocation takes about 4 KiB, so that all of them take 84 MB.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// Whether the built-in server runs.
    pub enabled: bool,
    /// Address to listen on.
    pub listen: IpAddr,
    /// Port to listen on, UDP and TCP.
    pub port: u16,
    /// Host of the relay in ICE URLs; empty for the host of the page.
    pub host: String,
    /// Secret that credentials are derived from; empty for a random one, kept in the state folder.
    pub secret: String,
    /// How long credentials are valid for new allocations.
    #[serde(with = "seconds")]
    pub credential_lifetime: Duration,
    /// Allocations at one time.
    pub allocations: usize,
    /// Allocations at one time for one seat.
    pub allocations_per_seat: usize,
    /// Allocations at one time for one address, or one network of IPv6.
    pub allocations_per_address: usize,
    /// Bytes a second through the relay.
    pub bytes_per_second: u32,
    /// Bytes a second through the relay for one seat.
    pub bytes_per_second_per_seat: u32,
    /// TCP and TLS connections at one time.
    pub connections: usize,
    /// TCP and TLS connections at one time from one address.
    pub connections_per_address: usize,
    /// Requests a second to process for clients without an allocation: by UDP, and as many by TCP and TLS.
    pub strangers_per_second: u32,
}

/// `[ice]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceConfig {
    /// STUN and TURN servers that browsers use besides the built-in one.
    pub servers: Vec<IceServerConfig>,
}

/// An entry of `ice.servers`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceServerConfig {
    /// STUN and TURN URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// TURN user name, the same for everybody.
    #[serde(default)]
    pub username: Option<String>,
    /// TURN password, the same for everybody.
    #[serde(default)]
    pub credential: Option<String>,
    /// Secret in place of both, to derive short-lived credentials from (coturn's `static-auth-secret`).
    #[serde(default)]
    pub secret: Option<String>,
}

impl fmt::Debug for IceServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServerConfig").field("urls", &self.urls).finish_non_exhaustive()
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            host: Ipv6Addr::UNSPECIFIED.into(),
            port: 3000,
            names: Vec::new(),
            origins: Vec::new(),
            state: STATE_AUTO.into(),
            trusted_proxies: Vec::new(),
        }
    }
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            port: 443,
            public_port: 0,
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            domains: Vec::new(),
            contact: String::new(),
            staging: false,
            directory: String::new(),
            directory_roots: PathBuf::new(),
            lan: false,
            hsts: true,
        }
    }
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: Ipv6Addr::UNSPECIFIED.into(),
            port: 3478,
            host: String::new(),
            secret: String::new(),
            credential_lifetime: Duration::from_secs(3600),
            allocations: 20_000,
            allocations_per_seat: 512,
            allocations_per_address: 4_500,
            bytes_per_second: 125_000_000,
            bytes_per_second_per_seat: 2_500_000,
            connections: 10_000,
            connections_per_address: 3_000,
            strangers_per_second: 10_000,
        }
    }
}

impl fmt::Debug for RelayConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { enabled, port, host, .. } = self;
        f.debug_struct("RelayConfig")
            .field("enabled", enabled)
            .field("port", port)
            .field("host", host)
            .finish_non_exhaustive()
    }
}

impl Default for RoomsConfig {
    fn default() -> Self {
        Self { capacity: 2, grace: Duration::from_secs(30), unload_grace: Duration::from_secs(5) }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            rooms: 100_000,
            sockets: 20_000,
            sockets_per_address: 500,
            returning_sockets: 5_000,
            joins_per_minute_per_address: 60,
            join_burst_per_address: 300,
            requests: 4_000,
            requests_per_address: 500,
            messages_per_second: 500,
            message_burst: 1_000,
            bytes_per_second: 128 * 1024,
            byte_burst: 512 * 1024,
            bad_messages: 20,
            queue_frames: 2_048,
            queue_bytes: 1024 * 1024,
            write_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            ping: Duration::from_secs(5),
            silent: Duration::from_secs(12),
            idle: Duration::from_secs(60),
        }
    }
}

impl Config {
    /// Address and port to listen on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.server.host, self.server.port)
    }
}

impl TlsConfig {
    /// Whether there is HTTPS at all.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty() || !self.domains.is_empty() || self.lan
    }
}
