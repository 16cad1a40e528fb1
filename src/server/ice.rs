//! The ICE servers that browsers are told about, and the short-lived credentials of the TURN servers among them.
//!
//! Credentials follow the TURN REST scheme (draft-uberti-behave-turn-rest-00): the user name is the time at which
//! it ends and whose it is, the password a MAC of the user name, so that a TURN server with the same secret needs
//! no list of users.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::protocol::IceServer;

/// The list from the configuration.
#[derive(Clone, Debug, Default)]
pub struct IceServers(Vec<IceServer>);

impl IceServers {
    /// Takes the list as it was validated.
    pub fn new(servers: Vec<IceServer>) -> Self {
        Self(servers)
    }

    /// What one newcomer is told.
    pub fn for_newcomer(&self) -> Vec<IceServer> {
        self.0.clone()
    }
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
