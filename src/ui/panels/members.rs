//! The call as files and notes see it.

use crate::call::{CallView, Phase};
use crate::protocol::{PeerId, RoomId};

/// The call, as far as files and notes follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// The screen.
    pub phase: Phase,
    /// The room.
    pub room: Option<RoomId>,
    /// Everybody else in the room.
    pub peers: Vec<PeerId>,
}

impl Members {
    /// As the call is now.
    pub(super) fn of(view: &CallView) -> Self {
        let peers = view.peers.iter().map(|peer| peer.peer).collect();
        Self { phase: view.phase, room: view.room.clone(), peers }
    }
}
