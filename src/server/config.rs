//! The server's settings: defaults, then `Leptos.toml`, then the environment, then arguments; checked once.
//!
//! In the environment a key is `PARLOR_<SECTION>_<KEY>`, such as `PARLOR_ROOMS_CAPACITY`; `PORT` also works,
//! as hosting services set it. Times are in seconds.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::protocol::{CAPACITY_RANGE, HEARTBEAT_WITHIN, IceServer, MAX_FRAME_BYTES};

/// The file that is read if it is there.
pub const DEFAULT_FILE: &str = "Leptos.toml";

/// A private video call that anyone can host.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "parlor", version)]
pub struct Arguments {
    /// File with settings, instead of Leptos.toml in the working directory.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address to listen on, instead of server.host.
    #[arg(long)]
    pub host: Option<IpAddr>,
    /// Port to listen on, instead of server.port.
    #[arg(long)]
    pub port: Option<u16>,
}

/// All settings; `Leptos.toml` in the repository explains each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it is served.
    pub server: ServerConfig,
    /// What a room holds to.
    pub rooms: RoomsConfig,
    /// What one client, and all together, may use up.
    pub limits: LimitsConfig,
    /// How browsers find a way to each other.
    pub ice: IceConfig,
    /// HTTPS.
    pub tls: TlsConfig,
    /// The STUN and TURN server inside.
    pub relay: RelayConfig,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on.
    pub port: u16,
    /// Origins whose pages may connect besides the server's own.
    pub origins: Vec<String>,
    /// Folder for what outlives a restart, or [`STATE_AUTO`] or [`STATE_NONE`].
    pub state: PathBuf,
    /// Reverse proxies whose word about a request's sender, host and scheme is taken.
    pub trusted_proxies: Vec<IpNet>,
}

/// Value of `server.state` for the system's own place: `$STATE_DIRECTORY` (systemd), else
/// `$XDG_STATE_HOME/parlor` or `$HOME/.local/state/parlor` (XDG Base Directory Specification).
pub const STATE_AUTO: &str = "auto";
/// Value of `server.state` for keeping nothing.
pub const STATE_NONE: &str = "none";

impl ServerConfig {
    /// The folder for what outlives a restart, if there is to be one.
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
    /// The same when the browser said that the page goes away.
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
    /// Connections at one time that have not become a socket.
    pub requests: usize,
    /// Messages a second from one socket.
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
    /// Between two pings.
    #[serde(with = "seconds")]
    pub ping: Duration,
    /// Without any frame until a socket counts as dead.
    #[serde(with = "seconds")]
    pub silent: Duration,
    /// Without a seat until a socket is closed.
    #[serde(with = "seconds")]
    pub idle: Duration,
}

/// `[tls]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Port to listen on for HTTPS and TURN over TLS.
    pub port: u16,
    /// PEM file with the certificate and those between it and its authority; empty for none.
    pub certificate: PathBuf,
    /// PEM file with the certificate's private key.
    pub key: PathBuf,
    /// Names to get a certificate for by ACME (RFC 8555).
    pub domains: Vec<String>,
    /// Mail address that the authority may write to; may be empty.
    pub contact: String,
    /// Ask the authority's test system.
    pub staging: bool,
    /// Directory URL of another authority; empty for Let's Encrypt.
    pub directory: String,
    /// PEM file with the roots by which `directory` is trusted; empty for the public ones.
    pub directory_roots: PathBuf,
    /// A self-signed certificate for this machine's addresses.
    pub lan: bool,
    /// Whether browsers are told to come by HTTPS only (RFC 6797); never with a self-signed certificate.
    pub hsts: bool,
}

/// `[relay]`
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// Whether it runs at all.
    pub enabled: bool,
    /// Port to listen on, UDP and TCP.
    pub port: u16,
    /// Host that browsers are told; empty for the one by which they came to the page.
    pub host: String,
    /// What credentials are derived from; empty for a random one, kept in the state folder.
    pub secret: String,
    /// How long credentials are good for new allocations.
    #[serde(with = "seconds")]
    pub credential_lifetime: Duration,
    /// Allocations at one time.
    pub allocations: usize,
    /// Allocations at one time for one seat.
    pub allocations_per_seat: usize,
    /// Bytes a second through the relay.
    pub bytes_per_second: u32,
    /// Bytes a second through the relay for one seat.
    pub bytes_per_second_per_seat: u32,
    /// TCP and TLS connections at one time.
    pub connections: usize,
    /// TCP and TLS connections at one time from one address.
    pub connections_per_address: usize,
    /// Requests a second without valid credentials that are answered.
    pub strangers_per_second: u32,
}

/// `[ice]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceConfig {
    /// STUN and TURN servers that browsers use.
    pub servers: Vec<IceServer>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            host: Ipv6Addr::UNSPECIFIED.into(),
            port: 3000,
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
            port: 3478,
            host: String::new(),
            secret: String::new(),
            credential_lifetime: Duration::from_secs(3600),
            allocations: 4_000,
            allocations_per_seat: 64,
            bytes_per_second: 125_000_000,
            bytes_per_second_per_seat: 2_500_000,
            connections: 2_000,
            connections_per_address: 200,
            strangers_per_second: 2_000,
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
            requests: 4_000,
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

/// What is wrong with the settings, one line a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Gathers the settings for a start with `arguments` in the working directory.
    ///
    /// # Errors
    /// The key, what is wrong with it, and where it was set.
    pub fn load(arguments: &Arguments) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        match &arguments.config {
            Some(file) if !file.is_file() => {
                return Err(ConfigError(format!("{}: there is no such file", file.display())));
            }
            Some(file) => figment = figment.merge(Toml::file_exact(file)),
            None if Path::new(DEFAULT_FILE).is_file() => {
                figment = figment.merge(Toml::file_exact(DEFAULT_FILE))
            }
            None => {}
        }
        figment = figment
            .merge(Env::raw().only(&["PORT"]).map(|_| "server.port".into()))
            .merge(Env::prefixed("PARLOR_").map(|key| key.as_str().replacen('_', ".", 1).into()));
        if let Some(host) = arguments.host {
            figment = figment.merge(Serialized::default("server.host", host));
        }
        if let Some(port) = arguments.port {
            figment = figment.merge(Serialized::default("server.port", port));
        }
        let config: Self = figment.extract().map_err(|errors| {
            let lines: Vec<_> = errors.into_iter().map(|error| explain(&error)).collect();
            ConfigError(lines.join("\n"))
        })?;
        config.check().map_err(|(key, wrong)| {
            let metadata = figment.find_metadata(key);
            ConfigError(format!("{key}: {wrong}{}", metadata.map(place).unwrap_or_default()))
        })?;
        Ok(config)
    }

    /// Where to listen.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.server.host, self.server.port)
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        let Self { server, rooms, limits, ice, .. } = self;
        if !CAPACITY_RANGE.contains(&rooms.capacity) {
            let (least, most) = (CAPACITY_RANGE.start(), CAPACITY_RANGE.end());
            return Err((
                "rooms.capacity",
                format!("a room has {least} to {most} seats, not {}", rooms.capacity),
            ));
        }
        if let Some(origin) = server.origins.iter().find(|origin| !is_origin(origin)) {
            return Err((
                "server.origins",
                format!("{origin:?} is no origin, which is a scheme, a host, maybe a port and nothing more"),
            ));
        }
        let counts = [
            ("limits.rooms", limits.rooms),
            ("limits.sockets", limits.sockets),
            ("limits.requests", limits.requests),
            ("limits.messages_per_second", limits.messages_per_second as usize),
            ("limits.message_burst", limits.message_burst as usize),
            ("limits.bytes_per_second", limits.bytes_per_second as usize),
            ("limits.queue_frames", limits.queue_frames),
        ];
        if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err((key, "it must be at least 1".into()));
        }
        if (limits.byte_burst as usize) < MAX_FRAME_BYTES {
            return Err(("limits.byte_burst", format!("one frame must fit, so at least {MAX_FRAME_BYTES}")));
        }
        if limits.queue_bytes < 2 * MAX_FRAME_BYTES {
            return Err((
                "limits.queue_bytes",
                format!("two frames must fit, so at least {}", 2 * MAX_FRAME_BYTES),
            ));
        }
        let times = [
            ("limits.write_timeout", limits.write_timeout),
            ("limits.request_timeout", limits.request_timeout),
            ("limits.ping", limits.ping),
            ("limits.idle", limits.idle),
        ];
        if let Some((key, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
            return Err((key, "it must be longer than 0 seconds".into()));
        }
        if 2 * limits.ping > HEARTBEAT_WITHIN {
            let most = HEARTBEAT_WITHIN.as_secs_f64() / 2.0;
            return Err(("limits.ping", format!("pages give a silent server up, so at most {most} seconds")));
        }
        if limits.silent <= limits.ping {
            return Err(("limits.silent", "it must be longer than limits.ping".into()));
        }
        let urls = ice.servers.iter().flat_map(|server| &server.urls);
        if let Some(url) = urls.into_iter().find(|url| !is_ice_url(url)) {
            return Err(("ice.servers", format!("{url:?} is neither a stun: nor a turn: URL")));
        }
        if ice.servers.iter().any(|server| server.urls.is_empty()) {
            return Err(("ice.servers", "an entry names no URL".into()));
        }
        // Browsers throw a whole configuration away for this (W3C WebRTC 1.0, section 4.4.1.1).
        let nameless = |server: &&IceServer| server.username.is_none() || server.credential.is_none();
        let turn = |server: &&IceServer| server.urls.iter().any(|url| url.starts_with("turn"));
        if let Some(server) = ice.servers.iter().filter(turn).find(nameless) {
            return Err(("ice.servers", format!("{:?} needs a username and a credential", server.urls)));
        }
        Ok(())
    }
}

/// As browsers send it: scheme, host, maybe a port, nothing after it.
fn is_origin(text: &str) -> bool {
    let authority = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    authority.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', '*']))
}

/// RFC 7064 and RFC 7065.
fn is_ice_url(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, host)| {
        matches!(scheme, "stun" | "stuns" | "turn" | "turns") && !host.is_empty() && !host.starts_with('/')
    })
}

fn explain(error: &figment::Error) -> String {
    let key = error.path.join(".");
    let colon = if key.is_empty() { "" } else { ": " };
    format!("{key}{colon}{}{}", error.kind, error.metadata.as_ref().map(place).unwrap_or_default())
}

fn place(metadata: &figment::Metadata) -> String {
    match &metadata.source {
        Some(source) => format!(" (in {source})"),
        None => format!(" (in {})", metadata.name),
    }
}

/// Durations as a number of seconds, whole or not.
mod seconds {
    use std::time::Duration;

    use serde::de::{Error, Unexpected};
    use serde::{Deserialize, Deserializer, Serializer};

    /// A day; longer is a mistake.
    const MOST: f64 = 86_400.0;

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(time.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        if !(0.0..=MOST).contains(&seconds) {
            return Err(D::Error::invalid_value(Unexpected::Float(seconds), &"0 to 86400 seconds"));
        }
        Ok(Duration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
#[expect(clippy::result_large_err, reason = "the jail asks for figment's own error")]
mod tests {
    use std::net::Ipv4Addr;

    use figment::Jail;

    use super::*;

    fn error(toml: &str, environment: &[(&str, &str)]) -> String {
        let mut text = String::new();
        Jail::expect_with(|jail| {
            jail.clear_env();
            jail.create_file(DEFAULT_FILE, toml)?;
            environment.iter().for_each(|(key, value)| jail.set_env(key, value));
            text = match Config::load(&Arguments::default()) {
                Ok(_) => "accepted".into(),
                Err(error) => error.to_string(),
            };
            Ok(())
        });
        text
    }

    #[test]
    fn later_sources_win() {
        Jail::expect_with(|jail| {
            jail.clear_env();
            let load = |arguments: &Arguments| Config::load(arguments).map_err(|error| error.to_string());
            assert_eq!(load(&Arguments::default())?, Config::default());
            jail.create_file(DEFAULT_FILE, "[server]\nport = 1\n[rooms]\ncapacity = 3\ngrace = 0.5")?;
            let config = load(&Arguments::default())?;
            assert_eq!((config.server.port, config.rooms.capacity), (1, 3));
            assert_eq!(config.rooms.grace, Duration::from_millis(500));
            jail.set_env("PORT", "2");
            assert_eq!(load(&Arguments::default())?.server.port, 2);
            jail.set_env("PARLOR_SERVER_PORT", "3");
            jail.set_env("PARLOR_ROOMS_UNLOAD_GRACE", "7");
            let config = load(&Arguments::default())?;
            assert_eq!((config.server.port, config.rooms.unload_grace), (3, Duration::from_secs(7)));
            let arguments =
                Arguments { port: Some(4), host: Some(Ipv4Addr::LOCALHOST.into()), ..Arguments::default() };
            assert_eq!(load(&arguments)?.address().to_string(), "127.0.0.1:4");
            jail.create_file("other.toml", "[rooms]\ncapacity = 8")?;
            let arguments = Arguments { config: Some("other.toml".into()), ..Arguments::default() };
            assert_eq!(load(&arguments)?.rooms.capacity, 8);
            Ok(())
        });
    }

    #[test]
    fn faults_name_the_key_and_the_place() {
        let table = [
            ("[rooms]\ncapacity = 9", "rooms.capacity: a room has 2 to 8 seats, not 9"),
            ("[rooms]\ncapacity = 'two'", "rooms.capacity"),
            ("[rooms]\ngrace = -1", "rooms.grace"),
            ("[rooms]\nseats = 2", "unknown field: found `seats`"),
            ("[room]\ncapacity = 2", "unknown field: found `room`"),
            ("[server]\nport = 70000", "server.port"),
            ("[server]\nhost = 'here'", "server.host"),
            ("[server]\norigins = ['call.example']", "server.origins: \"call.example\" is no origin"),
            ("[server]\norigins = ['https://call.example/']", "server.origins"),
            ("[limits]\nsockets = 0", "limits.sockets"),
            ("[limits]\nsilent = 1", "limits.silent"),
            ("[limits]\nping = 8\nsilent = 20", "limits.ping"),
            ("[limits]\nqueue_bytes = 1", "limits.queue_bytes"),
            ("[ice]\nservers = [{ urls = ['https://x'] }]", "ice.servers"),
            ("[ice]\nservers = [{ url = 'stun:x' }]", "ice.servers"),
            ("[ice]\nservers = [{ urls = [] }]", "ice.servers: an entry names no URL"),
            ("[ice]\nservers = [{ urls = ['turn:x'], username = 'u' }]", "needs a username and a credential"),
            ("[limits]\nbyte_burst = 1", "limits.byte_burst"),
        ];
        for (toml, expected) in table {
            let text = error(toml, &[]);
            assert!(text.contains(expected) && text.contains(DEFAULT_FILE), "{toml}: {text}");
        }
        assert!(error("[server", &[]).contains(DEFAULT_FILE));
        let text = error("", &[("PARLOR_ROOMS_CAPACITY", "1")]);
        assert!(text.contains("rooms.capacity") && text.contains("PARLOR_"), "{text}");
        let text = error("", &[("PARLOR_ROOMS_SEATS", "2")]);
        assert!(text.contains("seats") && text.contains("PARLOR_"), "{text}");
        let text = error("", &[("PORT", "http")]);
        assert!(text.contains("server.port") && text.contains("environment"), "{text}");
    }

    #[test]
    fn a_file_that_was_asked_for_must_exist() {
        let arguments = Arguments { config: Some("nowhere.toml".into()), ..Arguments::default() };
        assert!(Config::load(&arguments).unwrap_err().to_string().contains("nowhere.toml"));
    }

    #[test]
    fn the_file_in_the_repository_holds_every_key_with_its_default_and_a_sentence() {
        let file = include_str!("../../Leptos.toml");
        // No defaults beneath: a key that is missing is an error.
        let config: Config = Figment::from(Toml::string(file)).extract().unwrap();
        assert_eq!(config, Config::default());
        let lines: Vec<_> = file.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[1].contains(" = ") && !pair[1].starts_with('#')) {
            assert!(pair[0].starts_with("# ") && pair[0].ends_with('.'), "no sentence above {}", pair[1]);
        }
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let servers = vec![IceServer {
            urls: vec!["turn:x".into()],
            username: Some("u".into()),
            credential: Some("geheim".into()),
        }];
        let config = Config { ice: IceConfig { servers }, ..Config::default() };
        assert!(!format!("{config:?}").contains("geheim"));
    }
}
