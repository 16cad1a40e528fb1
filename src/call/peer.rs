//! What is done to, and reported by, the `RTCPeerConnection` of one peer.

use super::path::Path;
use super::ways::Ways;
use crate::protocol::{IceCandidate, OfferId};

/// Something to do to the `RTCPeerConnection` of one peer.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerCommand {
    /// Make it; the side that offers adds the audio and video transceivers, the other takes those offered.
    Open {
        /// What it may go through, from its first candidate on.
        ways: Ways,
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
    /// `setConfiguration()`; what is gathered from now on follows it.
    Configure(Ways),
    /// `replaceTrack` with the tracks that exist now.
    Attach,
    /// Close it and forget it.
    Close,
}

/// Something a peer connection reports.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerEvent {
    /// The own offer is set and can be sent.
    Offered {
        /// Its number.
        offer: OfferId,
        /// The description.
        sdp: String,
    },
    /// The remote offer is set, and so is the answer.
    Answered {
        /// The offer answered.
        offer: OfferId,
        /// The answer's description.
        sdp: String,
    },
    /// The remote answer is set.
    Applied,
    /// The step under way failed; the text is for the log.
    StepFailed(String),
    /// A candidate of this side, or the end of them.
    Candidate(IceCandidate),
    /// `connectionState` changed.
    State(PeerState),
    /// The way that media takes now; nothing while there is none.
    Path(Option<Path>),
    /// Pictures of the peer began or stopped to arrive.
    Video(bool),
}

/// `RTCPeerConnectionState`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeerState {
    /// Nothing happened yet.
    #[default]
    New,
    /// ICE or DTLS is at work.
    Connecting,
    /// Media can flow.
    Connected,
    /// Checks fail at the moment.
    Disconnected,
    /// ICE gave up, or DTLS failed.
    Failed,
    /// Closed.
    Closed,
}
