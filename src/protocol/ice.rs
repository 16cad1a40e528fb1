//! ICE servers, as pages are told them.

use serde::{Deserialize, Serialize};

/// `RTCIceServer` (W3C WebRTC 1.0, section 4.2.4).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// STUN and TURN URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// TURN user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// TURN password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// The answer to `GET` of [`ICE_PATH`](super::ICE_PATH), for a connection test without a seat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServersReply {
    /// Configuration for `RTCPeerConnection`, good for a short while; empty if this server offers nothing.
    pub ice_servers: Vec<IceServer>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ice_server_does_not_show_its_credential() {
        let server = IceServer {
            urls: vec!["turn:x".into()],
            username: Some("u".into()),
            credential: Some("geheim".into()),
        };
        assert!(!format!("{server:?}").contains("geheim"));
    }
}
