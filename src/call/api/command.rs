//! Commands: everything that a call wants its driver to do, in order.

use std::time::Duration;

use super::connection_test::{ConnectionTestId, Transport};
use super::device::{Choice, DeviceId, DeviceKind};
use super::event::{PreparedId, Remembered, SocketId};
use super::hearing::HearingId;
use super::screen::{ScreenHint, ScreenId, ShareSource};
use super::seal::{SealCommand, SealId};
use super::settings::Settings;
use crate::call::media::constraints::Constraints;
use crate::call::peer::config::PeerConfig;
use crate::protocol::{
    ClientMsg, Credential, Epoch, IceCandidate, IceServer, OfferId, PeerId, RoomId, SourceSet,
};

/// The volume at which everybody is heard at first, in per cent.
pub const USUAL_VOLUME: u16 = 100;

/// A sound that the page makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chime {
    /// How loud it begins, as a part of the loudest; it fades to its end.
    pub loudness: f32,
    /// Frequencies in hertz, each for its time.
    pub tones: &'static [(u16, Duration)],
}

/// A command to the driver.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Be the one tab of this browser that is in this room; answered by [`super::event::Event::Hold`].
    HoldRoom {
        /// The room.
        room: RoomId,
        /// The secret of the link that was pasted, or the word that was typed; from now on the page's own.
        credential: Option<Credential>,
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
    /// Capture this to be shared; answered by [`Screen`](super::event::MediaEvent::Screen) with the same number.
    CaptureScreen(ScreenId, ShareSource),
    /// Have this capture sent from now on, in the place of the one before.
    TakeScreen(ScreenId),
    /// Stop the tracks of this capture, whether it is sent or not.
    ReleaseScreen(ScreenId),
    /// Send what is shared for this (`contentHint`).
    HintScreen(ScreenHint),
    /// Stop the tracks that others have replaced, once no connection sends them any more.
    StopReplaced,
    /// Play the others' voices on this speaker, or the system's own (`setSinkId`).
    SetSpeaker(Option<DeviceId>),
    /// Play a sound on that speaker.
    Chime(Chime),
    /// Begin "hear yourself", or end it; answered by [`Hearing`](super::event::MediaEvent::Hearing).
    Hear(Option<HearingId>),
    /// Let the system blur the background of the camera's picture, or not.
    Blur(bool),
    /// Begin to measure the microphone's present track, or end it.
    Measure(bool),
    /// Keep in this browser which device of a kind is chosen.
    KeepDevice(DeviceKind, Option<Choice>),
    /// Keep the switches in this browser.
    KeepSettings(Settings),
    /// Call `play()` on every picture that is paused.
    PlaySound,
    /// Read the levels of the sound that arrives; answered by [`Levels`](super::event::Event::Levels).
    ReadLevels,
    /// Make a connection as for an [`Open`](PeerCommand::Open) of the side that offers, and its first offer
    /// (`createOffer()`), which is not set. Answered by [`NotPrepared`](super::event::Event::NotPrepared) alone.
    Prepare(PreparedId, PeerConfig),
    /// Close this connection, which nobody has got.
    DropPrepared(PreparedId),
    /// A command to a seal.
    Seal(SealId, SealCommand),
    /// A command to the connection with this peer, of this epoch.
    Peer(PeerId, Epoch, PeerCommand),
    /// Fetch the ICE servers from [`ICE_PATH`](crate::protocol::ICE_PATH); answered by
    /// [`IceServers`](super::connection_test::ConnectionTestEvent::IceServers).
    AskForIce(ConnectionTestId),
    /// Gather candidates of this transport; answered by [`Tried`](super::connection_test::ConnectionTestEvent::Tried).
    TryTransport(ConnectionTestId, Transport, Vec<IceServer>),
    /// Send data through the relay to this very page; answered by
    /// [`Relayed`](super::connection_test::ConnectionTestEvent::Relayed).
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
    /// Put the room's own address into the address bar, with the page's secret; `None` is the start page.
    ShowAddress(Option<RoomId>),
}

/// A command to the `RTCPeerConnection` with one peer.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerCommand {
    /// Create it with its data channel; the side that offers adds a transceiver for each
    /// [`Source`](crate::protocol::Source), the other takes those offered. Answered by `Opened`.
    Open {
        /// Its configuration, from the first candidate on.
        config: PeerConfig,
        /// This side makes the offers.
        offerer: bool,
        /// Take this prepared connection, if it is still there and not closed.
        prepared: Option<PreparedId>,
    },
    /// `setLocalDescription()` of an offer, after `restartIce()` if `restart`; answered by `Offered`. Where the first offer
    /// is prepared, that one; then the answer does not wait for the browser.
    Offer {
        /// Its number.
        offer: OfferId,
        /// With new ICE credentials.
        restart: bool,
    },
    /// `setRemoteDescription(offer)`, then `createAnswer()`, answered by `Answered`, and `setLocalDescription()` of it.
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
    /// Play the peer's sound at this volume, in per cent.
    Volume(u16),
    /// Close it and forget it.
    Close,
}
