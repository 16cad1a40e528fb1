//! Commands: everything that a call wants its driver to do, in order.

use super::event::{ConnectionTestId, Remembered, SocketId, Transport};
use crate::call::media::constraints::Constraints;
use crate::call::peer::config::PeerConfig;
use crate::protocol::{ClientMsg, Epoch, IceCandidate, IceServer, OfferId, PeerId, RoomId, SourceSet};

/// A command to the driver.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Be the one tab of this browser that is in this room; answered by [`super::event::Event::Hold`].
    HoldRoom {
        /// The room.
        room: RoomId,
        /// Another tab that is in it has to go, and hands its seat over.
        take: bool,
    },
    /// Be in no room any more; hands the seat to the tab that wants it.
    LetGo(Option<Remembered>),
    /// Open a socket.
    OpenSocket(SocketId),
    /// Close the socket, if it is open.
    CloseSocket,
    /// Send on the open socket.
    Send(ClientMsg),
    /// Call `getUserMedia` for these sources.
    Capture(Vec<Constraints>),
    /// Stop these tracks, so that the light goes out.
    Release(SourceSet),
    /// Set `MediaStreamTrack.enabled`.
    Enable {
        /// The tracks.
        sources: SourceSet,
        /// Heard or seen, or silent and black.
        enabled: bool,
    },
    /// Call `play()` on every picture that is paused.
    PlaySound,
    /// A command to the connection with this peer, of this epoch.
    Peer(PeerId, Epoch, PeerCommand),
    /// Fetch the ICE servers from [`ICE_PATH`](crate::protocol::ICE_PATH); answered by
    /// [`IceServers`](super::event::ConnectionTestEvent::IceServers).
    AskForIce(ConnectionTestId),
    /// Gather candidates of this transport; answered by [`Tried`](super::event::ConnectionTestEvent::Tried).
    TryTransport(ConnectionTestId, Transport, Vec<IceServer>),
    /// Send data through the relay to this very page; answered by
    /// [`Relayed`](super::event::ConnectionTestEvent::Relayed).
    TryRelay(ConnectionTestId, Vec<IceServer>),
    /// Keep or forget the seat in the tab's own storage.
    Remember(Option<Remembered>),
    /// Keep in this browser whether the own address is hidden.
    KeepHidden(bool),
    /// Load the page anew.
    LoadAnew {
        /// Only if the tab's own storage keeps that it was done for this version of the server.
        once_for: Option<u32>,
    },
    /// Log this text, for developers.
    Log(String),
    /// Put the room's own address into the address bar; `None` is the start page.
    ShowAddress(Option<RoomId>),
}

/// A command to the `RTCPeerConnection` with one peer.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerCommand {
    /// Create it with its data channel; the side that offers adds the audio and video transceivers, the other takes
    /// those offered.
    Open {
        /// Its configuration, from the first candidate on.
        config: PeerConfig,
        /// This side makes the offers.
        offerer: bool,
    },
    /// `setLocalDescription()` of an offer, after `restartIce()` if `restart`; answered by `Offered`.
    Offer {
        /// Its number.
        offer: OfferId,
        /// With new ICE credentials.
        restart: bool,
    },
    /// `setRemoteDescription(offer)`, then `setLocalDescription()` of the answer; answered by `Answered`.
    AcceptOffer {
        /// Its number.
        offer: OfferId,
        /// The description.
        sdp: String,
    },
    /// `setRemoteDescription(answer)`; answered by `Applied`.
    AcceptAnswer {
        /// The description.
        sdp: String,
    },
    /// `addIceCandidate`; errors are logged only.
    AddCandidate(IceCandidate),
    /// `setConfiguration()`; candidates gathered from now on follow it.
    Configure(PeerConfig),
    /// `replaceTrack` with the tracks that exist now.
    Attach,
    /// Send a message over the data channel; answered by `Unsent` if it does not take it.
    Send(Vec<u8>),
    /// Close it and forget it.
    Close,
}
