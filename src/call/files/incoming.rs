//! One file on its way from one peer: accepted, written, compared, saved.

use std::time::Duration;

use super::api::{DriverError, FileCommand, Kept, TransferId, TransferState, TransferView};
use super::transfer::Transfer;
use crate::protocol::files::{ChunkHeader, FailReason, FileDigest, FileInfo, FileMsg, Side, TransferKey};
use crate::protocol::{FileName, PeerId};

mod inflow;

use inflow::{Fit, Inflow};

/// Most times that a sender may begin anew.
const MOST_RESTARTS: u8 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Waits for the own person.
    Offered,
    /// A file to write to is being made.
    Creating,
    /// Waits for a channel.
    Accepted,
    /// The digest of what is there is asked for, to tell it.
    Hashing,
    /// Waits for the sender to begin.
    Told,
    Receiving,
    /// All bytes have come, and their digest is asked for.
    Checking(FileDigest),
    /// They agree, and some are yet to be written.
    Checked,
    /// The file is being closed.
    Finishing,
    Done,
    Failed {
        reason: FailReason,
        there: bool,
    },
}

/// One file from one peer.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) transfer: Transfer,
    state: State,
    /// The driver's hash is of an earlier life of this page.
    is_unhashed: bool,
    bytes: Inflow,
    restarts: u8,
}

impl Incoming {
    /// A transfer that was offered just now.
    pub(super) fn new(id: TransferId, peer: PeerId, key: TransferKey, file: FileInfo) -> Self {
        let side = Side::Receiver;
        let kept = Kept { side, peer, key, file, group: 0, is_done: false, bytes: 0 };
        let mut new = Self { state: State::Offered, is_unhashed: false, ..Self::kept(id, kept) };
        new.transfer.is_mentioned = true;
        new
    }

    /// The transfer as it was kept over a reload.
    pub(super) fn kept(id: TransferId, kept: Kept) -> Self {
        let received = if kept.is_done { kept.file.size } else { kept.bytes.min(kept.file.size) };
        let state = if kept.is_done { State::Done } else { State::Accepted };
        let mut transfer = Transfer::new(id, kept);
        transfer.is_unanswered = state == State::Done;
        Self { transfer, state, is_unhashed: true, bytes: Inflow::from(received), restarts: 0 }
    }

    /// Tells the transfer over a channel that has just opened.
    pub(super) fn list(&mut self, out: &mut Vec<FileCommand>) {
        match self.state {
            State::Offered | State::Creating => {}
            State::Done | State::Failed { .. } if !self.transfer.is_unanswered => {}
            State::Done => self.transfer.tell(FileMsg::Done, out),
            State::Failed { reason, .. } => self.transfer.tell_failed(reason, out),
            State::Checking(_) | State::Checked | State::Finishing => self.transfer.tell(FileMsg::Keep, out),
            State::Accepted | State::Hashing | State::Told | State::Receiving => {
                self.transfer.tell(FileMsg::Keep, out);
                if self.transfer.paused {
                    self.transfer.tell_pause(out);
                }
                self.hash(out);
            }
        }
    }

    /// Asks for the digest of what is there.
    fn hash(&mut self, out: &mut Vec<FileCommand>) {
        self.state = State::Hashing;
        out.push(if std::mem::take(&mut self.is_unhashed) {
            FileCommand::Hash { transfer: self.transfer.id, to: self.bytes.received }
        } else {
            FileCommand::Digest(self.transfer.id)
        });
    }

    /// Notes that the channel is closed.
    pub(super) fn closed(&mut self) {
        self.transfer.closed();
        self.bytes.void_credit();
        if matches!(self.state, State::Hashing | State::Told | State::Receiving) {
            self.state = State::Accepted;
        }
    }

    /// Takes the end of the sender's list: it has taken back what it did not offer.
    pub(super) fn listed(&mut self, out: &mut Vec<FileCommand>) {
        if !self.transfer.is_mentioned && matches!(self.state, State::Offered | State::Creating) {
            self.end(FailReason::Lost, true, out);
        }
    }

    /// Takes a message of the sender; says whether it fits.
    pub(super) fn received(&mut self, message: FileMsg, out: &mut Vec<FileCommand>) -> bool {
        match (message, self.state) {
            (FileMsg::Offer { .. }, State::Done | State::Failed { .. }) => {
                self.transfer.is_unanswered = true;
                match self.state {
                    State::Failed { reason, .. } => self.transfer.tell_failed(reason, out),
                    _ => self.transfer.tell(FileMsg::Done, out),
                }
            }
            (FileMsg::Offer { .. }, _) => self.transfer.is_mentioned = true,
            (FileMsg::Begin { offset }, State::Told) if offset == self.bytes.received => {
                self.state = State::Receiving;
            }
            (FileMsg::Begin { offset: 0 }, State::Told) if self.restarts < MOST_RESTARTS => {
                self.restarts += 1;
                self.bytes.restart();
                self.state = State::Receiving;
                out.push(FileCommand::Restart(self.transfer.id));
            }
            (FileMsg::Begin { .. }, State::Told) => self.end(FailReason::Broken, false, out),
            (FileMsg::End { .. }, State::Receiving) if self.bytes.received < self.transfer.file.size => {
                self.end(FailReason::TooShort, false, out);
            }
            (FileMsg::End { digest }, State::Receiving) => {
                self.state = State::Checking(digest);
                out.push(FileCommand::Digest(self.transfer.id));
            }
            (FileMsg::Begin { .. } | FileMsg::End { .. }, State::Failed { .. }) => {}
            (FileMsg::Fail { reason, .. }, _) => {
                self.end(reason, true, out);
                self.transfer.tell_closed(out);
            }
            (FileMsg::Closed { .. }, _) => self.transfer.is_unanswered = false,
            (FileMsg::Pause { paused, .. }, _) => {
                self.transfer.peer_paused = paused;
                self.transfer.speed.stop();
            }
            _ => return false,
        }
        true
    }

    /// Takes the header of a chunk; says whether it fits.
    pub(super) fn chunk(&mut self, now: Duration, chunk: &ChunkHeader, out: &mut Vec<FileCommand>) -> bool {
        match self.state {
            State::Receiving => {}
            // It was on its way.
            State::Failed { .. } => return true,
            _ => return false,
        }
        match self.bytes.take(chunk, self.transfer.file.size) {
            Fit::Fits => {}
            Fit::Unexpected => return false,
            Fit::TooLong => {
                self.end(FailReason::TooLong, false, out);
                return true;
            }
        }
        out.push(FileCommand::Write {
            transfer: self.transfer.id,
            offset: chunk.offset,
            length: chunk.length,
        });
        self.transfer.speed.count(now, chunk.length);
        true
    }

    /// Takes the word of the person that the file is wanted.
    pub(super) fn accept(&mut self, out: &mut Vec<FileCommand>) {
        if self.state == State::Offered {
            self.state = State::Creating;
            let (transfer, key, file) = (self.transfer.id, self.transfer.key, self.transfer.file.clone());
            out.push(FileCommand::Create { transfer, key, file });
        }
    }

    /// Takes the word of the driver that there is a file to write to.
    pub(super) fn created(&mut self, is_open: bool, out: &mut Vec<FileCommand>) {
        if self.state == State::Creating {
            self.transfer.keep(false, out);
            self.state = State::Accepted;
            if is_open {
                self.hash(out);
            }
        } else if matches!(self.state, State::Failed { .. }) {
            // It was made after all.
            self.transfer.release(out);
        }
    }

    /// Takes the word of the driver that the person chose no place.
    pub(super) fn not_created(&mut self) {
        if self.state == State::Creating {
            self.state = State::Offered;
        }
    }

    /// Takes a digest that was asked for; says whether `Have` is to be told.
    pub(super) fn hashed(&mut self, to: u64, digest: FileDigest, out: &mut Vec<FileCommand>) -> bool {
        match self.state {
            State::Hashing if to == self.bytes.received => true,
            State::Checking(expected) if to == self.transfer.file.size => {
                if expected == digest {
                    self.state = State::Checked;
                    self.finish(out);
                } else {
                    self.end(FailReason::Digest, false, out);
                }
                false
            }
            _ => false,
        }
    }

    /// Tells what is there, with credit for further bytes.
    pub(super) fn tell_have(&mut self, window: u64, digest: FileDigest, out: &mut Vec<FileCommand>) {
        self.state = State::Told;
        let to = self.bytes.credit_for(window, self.transfer.file.size);
        self.bytes.credit = to;
        let offset = self.bytes.received;
        self.transfer.tell(FileMsg::Have { offset, to, digest: Some(digest).filter(|_| offset > 0) }, out);
    }

    /// Whether further credit would help now.
    pub(super) fn wants_credit(&self) -> bool {
        self.state == State::Receiving && !self.transfer.paused && self.bytes.credit < self.transfer.file.size
    }

    /// Lets the sender send as much as a window has room for, if that is worth a message.
    pub(super) fn grant(&mut self, window: u64, out: &mut Vec<FileCommand>) {
        if let Some(to) = self.bytes.grant(window, self.transfer.file.size) {
            self.transfer.tell(FileMsg::Credit { to }, out);
        }
    }

    /// The bytes in memory, or that the sender may send into it.
    pub(super) fn held(&self) -> u64 {
        self.bytes.held()
    }

    /// Notes that bytes are written.
    pub(super) fn written(&mut self, length: u32, out: &mut Vec<FileCommand>) {
        self.bytes.written(length);
        self.finish(out);
    }

    fn finish(&mut self, out: &mut Vec<FileCommand>) {
        if self.state == State::Checked && self.bytes.unwritten == 0 {
            self.state = State::Finishing;
            out.push(FileCommand::Finish(self.transfer.id));
        }
    }

    /// Takes the word of the driver that the file is whole and closed.
    pub(super) fn finished(&mut self, out: &mut Vec<FileCommand>) {
        if self.state == State::Finishing {
            (self.state, self.transfer.is_unanswered) = (State::Done, true);
            self.transfer.keep(true, out);
            self.transfer.tell(FileMsg::Done, out);
        } else if matches!(self.state, State::Failed { .. }) {
            self.transfer.release(out);
        }
    }

    /// Pauses, or goes on.
    pub(super) fn pause(&mut self, paused: bool, out: &mut Vec<FileCommand>) {
        let has_begun = !matches!(self.state, State::Offered | State::Creating) && !self.has_ended();
        if paused != self.transfer.paused && has_begun {
            self.transfer.paused = paused;
            self.transfer.speed.stop();
            self.transfer.tell_pause(out);
        }
    }

    /// Takes the failure of a command.
    pub(super) fn failed(&mut self, error: DriverError, out: &mut Vec<FileCommand>) {
        self.bytes.lose();
        let is_full = error == DriverError::Full;
        self.end(if is_full { FailReason::Full } else { FailReason::Unwritable }, false, out);
    }

    /// Notes that the peer is gone for good.
    pub(super) fn gone(&mut self, out: &mut Vec<FileCommand>) {
        if !matches!(self.state, State::Checking(_) | State::Checked | State::Finishing) {
            self.end(FailReason::Left, true, out);
        }
        self.transfer.is_unanswered = false;
    }

    /// Ends the transfer, by the own side or by the other.
    pub(super) fn end(&mut self, reason: FailReason, there: bool, out: &mut Vec<FileCommand>) {
        if self.has_ended() {
            return;
        }
        if self.state != State::Offered {
            self.transfer.release(out);
        }
        self.bytes.void_credit();
        (self.state, self.transfer.is_unanswered) = (State::Failed { reason, there }, !there);
        if !there {
            self.transfer.tell_failed(reason, out);
        }
    }

    /// Takes an ended transfer off the list, with the file.
    pub(super) fn dismiss(&mut self, out: &mut Vec<FileCommand>) {
        if self.has_ended() && !self.transfer.is_hidden {
            self.transfer.is_hidden = true;
            if self.state == State::Done {
                self.transfer.release(out);
            }
        }
    }

    /// Nothing of it is needed any more.
    pub(super) fn is_over(&self) -> bool {
        self.has_ended() && !self.transfer.is_unanswered && self.bytes.unwritten == 0
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Done | State::Failed { .. })
    }

    /// The name, if it is taken: no other file may have it.
    pub(super) fn takes_name(&self) -> Option<&FileName> {
        let is_free = self.transfer.is_hidden || matches!(self.state, State::Failed { .. });
        (!is_free).then_some(&self.transfer.file.name)
    }

    pub(super) fn view(&self, now: Duration) -> TransferView {
        let state = match self.state {
            State::Offered => TransferState::Offered,
            State::Done => TransferState::Done,
            State::Failed { reason, there } => TransferState::Failed { reason, there },
            State::Checking(_) | State::Checked | State::Finishing => TransferState::Checking,
            _ if self.transfer.is_paused() => self.transfer.paused_state(),
            State::Creating | State::Accepted | State::Hashing | State::Told => TransferState::Waiting,
            State::Receiving => TransferState::Going,
        };
        self.transfer.view(now, state, self.bytes.received)
    }
}
