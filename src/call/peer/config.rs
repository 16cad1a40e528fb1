//! The configuration of a peer connection.

use crate::protocol::IceServer;

/// What one connection may go through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerConfig {
    /// `RTCConfiguration.iceServers`
    pub ice_servers: Vec<IceServer>,
    /// `RTCConfiguration.iceTransportPolicy` is `relay`: nothing but relays is tried, so the other side and the
    /// networks in between see no address of this one.
    pub relay_only: bool,
}
