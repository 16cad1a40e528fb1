//! The ICE servers that browsers are told about, and the short-lived credentials of the TURN servers among them.
//!
//! Credentials follow the TURN REST scheme (draft-uberti-behave-turn-rest-00): the user name is the time at which
//! it ends and whose it is, the password a MAC of the user name, so that a TURN server with the same secret needs
//! no list of users.

pub(crate) mod secret;

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::protocol::{IceServer, PeerId, RoomId};

/// How names of those without a seat begin.
pub const TESTER: &str = "test-";
/// How long a test of the connection may take.
const TEST_LIFETIME: Duration = Duration::from_secs(60);

/// All TURN and STUN servers that browsers of this server are told about.
#[derive(Clone, Debug)]
pub struct IceServers {
    /// The relay inside, unless it is switched off.
    pub own: Option<OwnRelay>,
    /// Others, in the order of the configuration.
    pub others: Vec<OtherServer>,
    /// How long credentials are good for.
    pub lifetime: Duration,
    /// What names of holders are derived from.
    pub key: Secret,
}

/// Where the relay inside is found.
#[derive(Clone, Debug)]
pub struct OwnRelay {
    /// Its host, if it is not the one that the browser found the page at.
    pub host: Option<String>,
    /// Its port for UDP (RFC 8656).
    pub udp: u16,
    /// Its port for TCP.
    pub tcp: u16,
    /// Its port for TLS, which is the page's.
    pub tls: Option<u16>,
    /// What its passwords are derived from.
    pub secret: Secret,
}

/// A server that runs elsewhere.
#[derive(Clone, Debug)]
pub struct OtherServer {
    /// Its URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// How browsers prove that they may use it.
    pub login: Login,
}

/// How a browser proves that it may use a TURN server.
#[derive(Clone, Debug)]
pub enum Login {
    /// Not at all, as for STUN.
    None,
    /// With a user name and a password that are the same for everybody.
    Fixed {
        /// RTCIceServer.username
        username: String,
        /// RTCIceServer.credential
        credential: String,
    },
    /// With short-lived ones.
    Derived(Secret),
}

impl IceServers {
    /// What `holder`, whose browser found this server at `host`, is told at a time since the Unix epoch.
    ///
    /// In the order in which they should be tried: STUN, then a relay by UDP, by TCP and by TLS.
    pub fn for_holder(&self, host: &str, holder: &str, now: Duration) -> Vec<IceServer> {
        self.list(host, &username(now + self.lifetime, holder))
    }

    /// What a page without a seat is told, to test its connection from `network`. What it allocates at the relay
    /// inside ends with these credentials, and the whole network has one small quota.
    pub fn for_tester(&self, host: &str, network: impl fmt::Display, now: Duration) -> Vec<IceServer> {
        let tester = format!("{TESTER}{}", self.key.name(&format!("test {network}")));
        self.list(host, &username(now + TEST_LIFETIME, &tester))
    }

    fn list(&self, host: &str, username: &str) -> Vec<IceServer> {
        let own = self.own.iter().flat_map(|relay| relay.servers(host, username));
        own.chain(self.others.iter().map(|other| other.server(username))).collect()
    }

    /// A name for whoever has a seat: tells nobody the room, and stays the same as long as the seat does, or until the
    /// server is started again. Rooms that were empty have their numbers of peers again, and another `generation`.
    pub fn holder(&self, room: &RoomId, generation: u64, peer: PeerId) -> String {
        self.key.name(&format!("seat {peer} {generation} {room}"))
    }

    /// Whether some of it ends and has to be renewed.
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

/// What the passwords of a TURN server are derived from; shared with it and with nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes as the TURN server has them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The password of `username`: base64 of HMAC-SHA1, as coturn's `use-auth-secret` has it.
    pub fn password(&self, username: &str) -> String {
        // Does not fail: HMAC takes keys of every length (RFC 2104).
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        mac.update(username.as_bytes());
        BASE64_STANDARD.encode(mac.finalize().into_bytes())
    }

    /// Sixteen hexadecimal digits that stand for `what`.
    fn name(&self, what: &str) -> String {
        let digest = Sha256::new().chain_update(&self.0).chain_update(what).finalize();
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The user name of `holder` until `expiry`, a time since the Unix epoch.
pub fn username(expiry: Duration, holder: &str) -> String {
    format!("{}:{holder}", expiry.as_secs())
}

/// Whether a holder only tests its connection.
pub fn is_tester(holder: &str) -> bool {
    holder.starts_with(TESTER)
}

/// When a user name ends, since the Unix epoch, and whose it is.
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
    fn a_browser_is_told_the_relay_at_the_host_it_came_to_and_the_others_as_they_are() {
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
