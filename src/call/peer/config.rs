//! The configuration of a peer connection.

use crate::protocol::IceServer;

/// The configuration of one connection (`RTCConfiguration`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerConfig {
    /// `RTCConfiguration.iceServers`
    pub ice_servers: Vec<IceServer>,
    /// `RTCConfiguration.iceTransportPolicy` is `relay`: the other side and the networks in between see no address of
    /// this one.
    pub relay_only: bool,
}
