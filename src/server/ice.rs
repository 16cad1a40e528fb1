//! The ICE servers for browsers, and short-lived credentials for the TURN servers.
//!
//! Credentials follow the TURN REST scheme (draft-uberti-behave-turn-rest-00): the user name holds its expiry and its
//! quota holder, and the password is a MAC of the user name, so that a TURN server with the same secret needs no list
//! of users.

pub(crate) mod secret;

use std::fmt;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::protocol::{IceServer, PeerId, RoomId};

/// Prefix of quota holders without a seat, which only test their connection.
pub const TESTER: &str = "test-";
/// Life of the credentials for a connection test.
const TEST_LIFETIME: Duration = Duration::from_secs(60);

/// All STUN and TURN servers that this server gives to browsers.
#[derive(Clone, Debug)]
pub struct IceServers {
    /// The relay inside, unless it is switched off.
    pub own: Option<OwnRelay>,
    /// Other servers, in the order of the configuration.
    pub others: Vec<OtherServer>,
    /// Life of credentials for seats.
    pub lifetime: Duration,
    /// The key from which names of quota holders are derived.
    pub key: Secret,
}

/// The host, ports and secret of the relay inside.
#[derive(Clone, Debug)]
pub struct OwnRelay {
    /// Its host, if that is not the host of the page.
    pub host: Option<String>,
    /// Its port for UDP (RFC 8656).
    pub udp: u16,
    /// Its port for TCP.
    pub tcp: u16,
    /// Its port for TLS, which is the page's.
    pub tls: Option<u16>,
    /// The secret from which its passwords are derived.
    pub secret: Secret,
}

/// A STUN or TURN server that runs elsewhere.
#[derive(Clone, Debug)]
pub struct OtherServer {
    /// Its URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// The credentials for browsers.
    pub login: Login,
}

/// The kind of credentials that a server needs.
#[derive(Clone, Debug)]
pub enum Login {
    /// No credentials, as for STUN.
    None,
    /// A user name and a password that are the same for everybody.
    Fixed {
        /// RTCIceServer.username
        username: String,
        /// RTCIceServer.credential
        credential: String,
    },
    /// Short-lived credentials, derived from this secret.
    Derived(Secret),
}

impl IceServers {
    /// Lists the servers for a quota holder whose browser found this server at `host`.
    ///
    /// `now` is a time since the Unix epoch. The order is that of tries: STUN, then a relay by UDP, by TCP and by TLS.
    pub fn for_holder(&self, host: &str, holder: &str, now: Duration) -> Vec<IceServer> {
        self.list(host, &username(now + self.lifetime, holder))
    }

    /// Lists the servers for a page without a seat that tests its connection from `network`.
    ///
    /// Its allocations at the relay inside end with these credentials, and the whole network has one small quota.
    pub fn for_tester(&self, host: &str, network: impl fmt::Display, now: Duration) -> Vec<IceServer> {
        let tester = format!("{TESTER}{}", self.key.name(&format!("test {network}")));
        self.list(host, &username(now + TEST_LIFETIME, &tester))
    }

    fn list(&self, host: &str, username: &str) -> Vec<IceServer> {
        let own = self.own.iter().flat_map(|relay| relay.servers(host, username));
        own.chain(self.others.iter().map(|other| other.server(username))).collect()
    }

    /// Names the quota holder of a seat, without telling its room.
    ///
    /// The name stays the same as long as the seat, or until the server is started again. A room that was empty gives
    /// the same peer ids again, but has another `generation`.
    pub fn holder(&self, room: &RoomId, generation: u64, peer: PeerId) -> String {
        self.key.name(&format!("seat {peer} {generation} {room}"))
    }

    /// Returns the time after which credentials are renewed, if any expire.
    pub fn renewed_after(&self) -> Option<Duration> {
        let derived = self.others.iter().any(|other| matches!(other.login, Login::Derived(_)));
        (derived || self.own.is_some()).then_some(self.lifetime / 2)
    }
}

impl OwnRelay {
    fn servers(&self, host: &str, username: &str) -> [IceServer; 2] {
        let host = self.host.as_deref().unwrap_or(host);
        let Self { udp, tcp, tls, secret, .. } = self;
        let mut urls =
            vec![format!("turn:{host}:{udp}?transport=udp"), format!("turn:{host}:{tcp}?transport=tcp")];
        urls.extend(tls.map(|tls| format!("turns:{host}:{tls}?transport=tcp")));
        let stun = IceServer { urls: vec![format!("stun:{host}:{udp}")], username: None, credential: None };
        [stun, IceServer { urls, ..with(username, secret) }]
    }
}

impl OtherServer {
    fn server(&self, name: &str) -> IceServer {
        let urls = self.urls.clone();
        match &self.login {
            Login::None => IceServer { urls, username: None, credential: None },
            Login::Fixed { username, credential } => {
                IceServer { urls, username: Some(username.clone()), credential: Some(credential.clone()) }
            }
            Login::Derived(secret) => IceServer { urls, ..with(name, secret) },
        }
    }
}

fn with(username: &str, secret: &Secret) -> IceServer {
    let credential = Some(secret.password(username));
    IceServer { urls: Vec::new(), username: Some(username.to_owned()), credential }
}

/// The secret from which a TURN server's passwords are derived, shared with that server only.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes as the TURN server has them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Derives the password of `username`: base64 of HMAC-SHA1, as by coturn's `use-auth-secret`.
    pub fn password(&self, username: &str) -> String {
        // Does not fail: HMAC takes keys of every length (RFC 2104).
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        mac.update(username.as_bytes());
        BASE64.encode(&mac.finalize().into_bytes())
    }

    /// Derives sixteen hexadecimal digits from `what`.
    fn name(&self, what: &str) -> String {
        let digest = Sha256::new().chain_update(&self.0).chain_update(what).finalize();
        HEXLOWER.encode(&digest[..8])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Makes the user name of a quota holder. `expiry` is a time since the Unix epoch.
pub fn username(expiry: Duration, holder: &str) -> String {
    format!("{}:{holder}", expiry.as_secs())
}

/// Whether a quota holder only tests its connection.
pub fn is_tester(holder: &str) -> bool {
    holder.starts_with(TESTER)
}

/// Splits a user name into expiry, since the Unix epoch, and quota holder.
pub fn parse_username(username: &str) -> Option<(Duration, &str)> {
    let (expiry, holder) = username.split_once(':')?;
    Some((Duration::from_secs(expiry.parse().ok()?), holder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_those_of_other_turn_servers() {
        // echo -n 1795430701:alice | openssl dgst -sha1 -hmac secret -binary | base64
        let name = username(Duration::from_secs(1_795_430_701), "alice");
        assert_eq!(name, "1795430701:alice");
        assert_eq!(Secret::new("secret").password(&name), "KXE4d2Z7zw2yJ1xfxK0rj8lcuGc=");
        assert_eq!(parse_username(&name), Some((Duration::from_secs(1_795_430_701), "alice")));
    }

    fn servers() -> IceServers {
        let own =
            OwnRelay { host: None, udp: 3478, tcp: 3479, tls: Some(443), secret: Secret::new("secret") };
        let login = Login::Derived(Secret::new("other"));
        let region = OtherServer { urls: vec!["turn:eu.example".into(), "turn:us.example".into()], login };
        IceServers {
            own: Some(own),
            others: vec![region],
            lifetime: Duration::from_secs(3600),
            key: Secret::new("key"),
        }
    }

    #[test]
    fn the_relay_is_at_the_host_of_the_page_and_other_servers_as_configured() {
        let now = Duration::from_secs(1_795_430_701 - 3600);
        let list = servers().for_holder("[::1]", "alice", now);
        let urls: Vec<_> = list.iter().map(|server| server.urls.join(" ")).collect();
        let relay =
            "turn:[::1]:3478?transport=udp turn:[::1]:3479?transport=tcp turns:[::1]:443?transport=tcp";
        assert_eq!(urls, ["stun:[::1]:3478", relay, "turn:eu.example turn:us.example"]);
        assert_eq!((&list[0].username, &list[0].credential), (&None, &None));
        for (server, secret) in [(&list[1], "secret"), (&list[2], "other")] {
            assert_eq!(server.username.as_deref(), Some("1795430701:alice"));
            assert_eq!(server.credential, Some(Secret::new(secret).password("1795430701:alice")));
        }
        let named = IceServers {
            own: servers().own.map(|own| OwnRelay { host: Some("turn.example".into()), tls: None, ..own }),
            ..servers()
        };
        let list = named.for_holder("ignored", "alice", now);
        assert_eq!(
            list[1].urls,
            ["turn:turn.example:3478?transport=udp", "turn:turn.example:3479?transport=tcp"]
        );
    }

    #[test]
    fn only_what_ends_is_renewed() {
        assert_eq!(servers().renewed_after(), Some(Duration::from_secs(1800)));
        let fixed = Login::Fixed { username: "u".into(), credential: "p".into() };
        let others = vec![OtherServer { urls: vec!["turn:x".into()], login: fixed }];
        assert_eq!(IceServers { own: None, others, ..servers() }.renewed_after(), None);
    }

    #[test]
    fn a_holder_is_one_seat_and_does_not_tell_the_room() {
        let servers = servers();
        let room = RoomId::from_typed("4711").unwrap();
        let name = servers.holder(&room, 7, PeerId(1));
        assert_eq!(name, servers.holder(&room, 7, PeerId(1)));
        assert_ne!(name, servers.holder(&room, 7, PeerId(2)));
        assert_ne!(name, servers.holder(&room, 8, PeerId(1)));
        assert!(name.len() == 16 && !name.starts_with(TESTER));
    }

    #[test]
    fn whoever_only_tests_is_called_so_and_not_for_long() {
        let list = servers().for_tester("localhost", "192.0.2.1", Duration::from_secs(1000));
        let (expiry, holder) = parse_username(list[1].username.as_deref().unwrap()).unwrap();
        assert!(is_tester(holder) && !holder.contains("192"), "{holder}");
        assert_eq!(expiry, Duration::from_secs(1060));
    }

    #[test]
    fn odd_user_names_are_nobodys() {
        for name in ["", "alice", "alice:1", ":alice", "-1:alice", "99999999999999999999999:alice"] {
            assert_eq!(parse_username(name), None, "{name}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert!(!format!("{:?}", Secret::new("geheim")).contains("geheim"));
    }
}
