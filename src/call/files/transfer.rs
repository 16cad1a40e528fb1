//! What both sides know of a transfer, and how they tell it.

use std::time::Duration;

use super::api::{FileCommand, Kept, TransferId, TransferState, TransferView};
use super::speed::{Speed, time_for};
use crate::protocol::PeerId;
use crate::protocol::files::{FailReason, FileControl, FileInfo, FileMsg, Side, TransferKey};

/// One file and one peer.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) side: Side,
    pub(super) id: TransferId,
    pub(super) peer: PeerId,
    pub(super) key: TransferKey,
    pub(super) file: FileInfo,
    pub(super) group: u32,
    /// The own person has paused it, the peer's has.
    pub(super) paused: bool,
    pub(super) peer_paused: bool,
    /// The other side has told of it over this channel.
    pub(super) is_mentioned: bool,
    /// The other side is yet to answer that it ended.
    pub(super) is_unanswered: bool,
    /// The person has taken it off the list.
    pub(super) is_hidden: bool,
    pub(super) speed: Speed,
}

impl Transfer {
    pub(super) fn new(id: TransferId, kept: Kept) -> Self {
        Self {
            side: kept.side,
            id,
            peer: kept.peer,
            key: kept.key,
            file: kept.file,
            group: kept.group,
            paused: false,
            peer_paused: false,
            is_mentioned: false,
            is_unanswered: false,
            is_hidden: false,
            speed: Speed::default(),
        }
    }

    /// Notes that the channel is closed.
    pub(super) fn closed(&mut self) {
        (self.peer_paused, self.is_mentioned) = (false, false);
        self.speed.stop();
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused || self.peer_paused
    }

    pub(super) fn paused_state(&self) -> TransferState {
        TransferState::Paused { here: self.paused, there: self.peer_paused }
    }

    /// Has the driver keep it over a reload.
    pub(super) fn keep(&self, is_done: bool, out: &mut Vec<FileCommand>) {
        let (side, peer, key, group) = (self.side, self.peer, self.key, self.group);
        let file = self.file.clone();
        out.push(FileCommand::Keep(Kept { side, peer, key, file, group, is_done, bytes: 0 }));
    }

    /// Has the driver let go of all that there is of it.
    pub(super) fn release(&self, out: &mut Vec<FileCommand>) {
        out.push(FileCommand::Release(self.id));
        out.push(FileCommand::Forget(self.side, self.peer, self.key));
    }

    pub(super) fn view(&self, now: Duration, state: TransferState, bytes: u64) -> TransferView {
        let speed = self.speed.rate(now).filter(|_| state == TransferState::Going);
        TransferView {
            id: self.id,
            side: self.side,
            peer: self.peer,
            group: self.group,
            name: self.file.name.clone(),
            size: self.file.size,
            bytes,
            state,
            speed,
            left: time_for(self.file.size - bytes, speed),
        }
    }

    pub(super) fn tell_pause(&self, out: &mut Vec<FileCommand>) {
        self.tell(FileMsg::Pause { side: self.side, paused: self.paused }, out);
    }

    pub(super) fn tell_failed(&self, reason: FailReason, out: &mut Vec<FileCommand>) {
        self.tell(FileMsg::Fail { side: self.side, reason }, out);
    }

    pub(super) fn tell_closed(&self, out: &mut Vec<FileCommand>) {
        self.tell(FileMsg::Closed { side: self.side }, out);
    }

    /// Sends a message of it.
    pub(super) fn tell(&self, message: FileMsg, out: &mut Vec<FileCommand>) {
        out.push(FileCommand::Send(self.peer, FileControl::Transfer(self.key, message).write()));
    }
}
