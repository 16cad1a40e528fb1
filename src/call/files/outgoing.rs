//! One file on its way to one peer: offered, read, hashed, sent.

use std::time::Duration;

use super::api::{DriverError, FileCommand, FileHandle, Kept, TransferId, TransferState, TransferView};
use super::transfer::Transfer;
use crate::protocol::PeerId;
use crate::protocol::files::{ChunkHeader, FailReason, FileDigest, FileInfo, FileMsg, Side, TransferKey};

mod read_ahead;

use read_ahead::{ReadAhead, ReadAnswer};

/// Most times that a transfer begins anew, since what the receiver has is of another file.
const MOST_RESTARTS: u8 = 1;

/// What a receiver has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Have {
    offset: u64,
    to: u64,
    digest: Option<FileDigest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Waits for the receiver's person.
    Offered,
    /// Waits for the receiver's `Have` over the channel that there is, or the next.
    Accepted,
    /// Waits for the person to choose the file again; the receiver may have told what it has.
    NeedsFile {
        was_another: bool,
        have: Option<Have>,
    },
    /// The beginning of the file is being hashed, to compare it with what the receiver has.
    Comparing(Have),
    Sending,
    /// All bytes are sent, and their digest is asked for.
    Digesting,
    /// All is sent.
    Sent,
    Done,
    Failed {
        reason: FailReason,
        there: bool,
    },
}

/// One file to one peer.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) transfer: Transfer,
    state: State,
    bytes: ReadAhead,
    restarts: u8,
}

impl Outgoing {
    /// A transfer that is to be offered.
    pub(super) fn new(id: TransferId, peer: PeerId, key: TransferKey, file: FileInfo, group: u32) -> Self {
        let kept = Kept { side: Side::Sender, peer, key, file, group, is_done: false, bytes: 0 };
        Self { state: State::Offered, ..Self::kept(id, kept) }
    }

    /// The transfer as it was kept over a reload, which has taken the file away.
    pub(super) fn kept(id: TransferId, kept: Kept) -> Self {
        let state = State::NeedsFile { was_another: false, have: None };
        Self { transfer: Transfer::new(id, kept), state, bytes: ReadAhead::default(), restarts: 0 }
    }

    /// Tells the transfer over a channel that has just opened.
    pub(super) fn list(&self, out: &mut Vec<FileCommand>) {
        match self.state {
            State::Offered => self.offer(out),
            State::Failed { reason, .. } if self.transfer.is_unanswered => {
                self.transfer.tell_failed(reason, out)
            }
            State::Accepted | State::NeedsFile { .. } if self.transfer.paused => {
                self.transfer.tell_pause(out)
            }
            _ => {}
        }
    }

    /// Tells the offer.
    pub(super) fn offer(&self, out: &mut Vec<FileCommand>) {
        self.transfer.tell(FileMsg::Offer { file: self.transfer.file.clone() }, out);
    }

    /// Notes that the channel is closed.
    pub(super) fn closed(&mut self, out: &mut Vec<FileCommand>) {
        self.drop_read(out);
        self.transfer.closed();
        match &mut self.state {
            State::Comparing(_) | State::Sending | State::Digesting | State::Sent => {
                self.state = State::Accepted;
            }
            State::NeedsFile { have, .. } => *have = None,
            _ => {}
        }
    }

    /// Takes the end of the receiver's list: it has lost what it did not tell.
    pub(super) fn listed(&mut self, out: &mut Vec<FileCommand>) {
        match self.state {
            _ if self.transfer.is_mentioned => {}
            State::Accepted => {
                self.state = State::Offered;
                self.offer(out);
            }
            State::NeedsFile { .. } => self.end(FailReason::Lost, true, out),
            _ => {}
        }
    }

    /// Takes a message of the receiver; says whether it fits.
    pub(super) fn received(&mut self, message: FileMsg, out: &mut Vec<FileCommand>) -> bool {
        match (message, self.state) {
            (FileMsg::Keep, State::Failed { reason, .. }) => {
                self.transfer.is_unanswered = true;
                self.transfer.tell_failed(reason, out);
            }
            (FileMsg::Keep, _) => self.transfer.is_mentioned = true,
            (FileMsg::Have { offset, to, digest }, _) => {
                return self.has(Have { offset, to: to.min(self.transfer.file.size), digest }, out);
            }
            (FileMsg::Credit { to }, State::Sending) => {
                self.bytes.credit = self.bytes.credit.max(to.min(self.transfer.file.size));
            }
            // It was on its way.
            (FileMsg::Credit { .. }, State::Failed { .. }) => {}
            (FileMsg::Done, state) => {
                if state != State::Done {
                    self.drop_read(out);
                    self.let_go(out);
                    (self.state, self.transfer.is_unanswered) = (State::Done, false);
                    self.bytes.sent = self.transfer.file.size;
                }
                self.transfer.tell_closed(out);
            }
            (FileMsg::Fail { reason, .. }, _) => {
                self.end(reason, true, out);
                self.transfer.tell_closed(out);
            }
            (FileMsg::Closed { .. }, _) => self.transfer.is_unanswered = false,
            (FileMsg::Pause { paused, .. }, _) => {
                self.transfer.peer_paused = paused;
                self.paused_or_not(out);
            }
            _ => return false,
        }
        true
    }

    fn has(&mut self, have: Have, out: &mut Vec<FileCommand>) -> bool {
        self.transfer.is_mentioned = true;
        match self.state {
            // It does not know of the end yet.
            State::Failed { .. } => return true,
            State::Offered | State::Accepted | State::NeedsFile { .. } => {}
            _ => return false,
        }
        // Of what was only offered, nothing can be there.
        let most = if self.state == State::Offered { 0 } else { self.transfer.file.size };
        if have.offset > most {
            self.end(FailReason::Broken, false, out);
            return true;
        }
        if self.state == State::Offered {
            self.transfer.keep(false, out);
        }
        if let State::NeedsFile { have: told, .. } = &mut self.state {
            *told = Some(have);
        } else {
            self.resume(have, out);
        }
        true
    }

    /// Goes on where the receiver is, once it is sure that this is the same file.
    fn resume(&mut self, have: Have, out: &mut Vec<FileCommand>) {
        if self.bytes.is_hashed(have.offset) {
            return self.begin(have.offset, have.to, out);
        }
        self.state = State::Comparing(have);
        self.bytes.hash(have.offset);
        out.push(FileCommand::Hash { transfer: self.transfer.id, to: have.offset });
    }

    fn begin(&mut self, offset: u64, credit: u64, out: &mut Vec<FileCommand>) {
        self.state = State::Sending;
        (self.bytes.sent, self.bytes.credit) = (offset, credit);
        self.transfer.tell(FileMsg::Begin { offset }, out);
        self.end_if_sent(out);
    }

    /// Takes a digest that was asked for.
    pub(super) fn hashed(&mut self, to: u64, digest: FileDigest, out: &mut Vec<FileCommand>) {
        self.bytes.hashed(to);
        match self.state {
            State::Comparing(have) if have.offset == to && self.bytes.is_hashed(to) => {
                if to == 0 || have.digest == Some(digest) {
                    self.begin(to, have.to, out);
                } else if self.restarts < MOST_RESTARTS {
                    self.restarts += 1;
                    // Without credit: the receiver gives it once it has begun anew.
                    self.bytes.hash(0);
                    self.state = State::Comparing(Have { offset: 0, to: 0, digest: None });
                    out.push(FileCommand::Hash { transfer: self.transfer.id, to: 0 });
                } else {
                    self.end(FailReason::Changed, false, out);
                }
            }
            State::Digesting if to == self.transfer.file.size => {
                self.state = State::Sent;
                self.transfer.tell(FileMsg::End { digest }, out);
            }
            _ => {}
        }
    }

    /// Takes a file that the person has chosen again.
    pub(super) fn chosen(&mut self, file: &FileInfo, handle: FileHandle, out: &mut Vec<FileCommand>) {
        let State::NeedsFile { have, .. } = self.state else { return };
        // Pickers of some systems tell another time at each choice. The digest decides.
        if (&file.name, file.size) != (&self.transfer.file.name, self.transfer.file.size) {
            self.state = State::NeedsFile { was_another: true, have };
            return;
        }
        out.push(FileCommand::Attach(self.transfer.id, handle));
        self.state = State::Accepted;
        if let Some(have) = have {
            self.resume(have, out);
        }
    }

    /// The next read, if there is credit and room for it.
    pub(super) fn next_read(&self) -> Option<u32> {
        self.bytes.next_read().filter(|_| self.state == State::Sending && !self.transfer.is_paused())
    }

    pub(super) fn read(&mut self, length: u32, out: &mut Vec<FileCommand>) {
        let offset = self.bytes.read(length);
        out.push(FileCommand::Read { transfer: self.transfer.id, offset, length });
    }

    /// Takes bytes that were read.
    pub(super) fn read_done(&mut self, length: u32, out: &mut Vec<FileCommand>) {
        match self.bytes.read_done(length) {
            ReadAnswer::Kept => {}
            ReadAnswer::Stale => out.push(FileCommand::DropRead(self.transfer.id)),
            ReadAnswer::Short => self.end(FailReason::Changed, false, out),
        }
    }

    /// The length of the next chunk, if its bytes are read.
    pub(super) fn next_chunk(&self) -> Option<u32> {
        self.bytes.next_chunk().filter(|_| self.state == State::Sending && !self.transfer.is_paused())
    }

    pub(super) fn send(&mut self, now: Duration, length: u32, out: &mut Vec<FileCommand>) {
        let (offset, is_hashed) = self.bytes.take_chunk(length);
        let header = ChunkHeader { key: self.transfer.key, offset, length };
        out.push(FileCommand::SendChunk {
            peer: self.transfer.peer,
            transfer: self.transfer.id,
            header,
            is_hashed,
        });
        self.transfer.speed.count(now, length);
        self.end_if_sent(out);
    }

    fn end_if_sent(&mut self, out: &mut Vec<FileCommand>) {
        if self.bytes.sent == self.transfer.file.size {
            self.state = State::Digesting;
            out.push(FileCommand::Digest(self.transfer.id));
        }
    }

    /// Pauses, or goes on.
    pub(super) fn pause(&mut self, paused: bool, out: &mut Vec<FileCommand>) {
        if paused != self.transfer.paused && self.state != State::Offered && !self.has_ended() {
            self.transfer.paused = paused;
            self.transfer.tell_pause(out);
            self.paused_or_not(out);
        }
    }

    fn paused_or_not(&mut self, out: &mut Vec<FileCommand>) {
        if self.transfer.is_paused() {
            self.drop_read(out);
            self.transfer.speed.stop();
        }
    }

    /// Takes the failure of a command.
    pub(super) fn failed(&mut self, _error: DriverError, out: &mut Vec<FileCommand>) {
        self.bytes.lose();
        self.end(FailReason::Unreadable, false, out);
    }

    /// Notes that the peer is gone for good.
    pub(super) fn gone(&mut self, out: &mut Vec<FileCommand>) {
        self.end(FailReason::Left, true, out);
        self.transfer.is_unanswered = false;
    }

    /// Ends the transfer, by the own side or by the other.
    pub(super) fn end(&mut self, reason: FailReason, there: bool, out: &mut Vec<FileCommand>) {
        if self.has_ended() {
            return;
        }
        self.drop_read(out);
        self.let_go(out);
        (self.state, self.transfer.is_unanswered) = (State::Failed { reason, there }, !there);
        if !there {
            self.transfer.tell_failed(reason, out);
        }
    }

    fn let_go(&mut self, out: &mut Vec<FileCommand>) {
        if !self.has_ended() {
            self.transfer.release(out);
        }
    }

    fn drop_read(&mut self, out: &mut Vec<FileCommand>) {
        if self.bytes.drop_read() {
            out.push(FileCommand::DropRead(self.transfer.id));
        }
    }

    /// Takes an ended transfer off the list.
    pub(super) fn dismiss(&mut self) {
        self.transfer.is_hidden |= self.has_ended();
    }

    /// Nothing of it is needed any more.
    pub(super) fn is_over(&self) -> bool {
        self.has_ended() && !self.transfer.is_unanswered && self.bytes.held() == 0
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Done | State::Failed { .. })
    }

    /// The bytes in memory that are read, or being read.
    pub(super) fn held(&self) -> u64 {
        self.bytes.held()
    }

    pub(super) fn view(&self, now: Duration) -> TransferView {
        let state = match self.state {
            State::Offered => TransferState::Offered,
            State::NeedsFile { was_another, .. } => TransferState::NeedsFile { was_another },
            State::Done => TransferState::Done,
            State::Failed { reason, there } => TransferState::Failed { reason, there },
            _ if self.transfer.is_paused() => self.transfer.paused_state(),
            State::Accepted => TransferState::Waiting,
            State::Sending => TransferState::Going,
            State::Comparing(_) | State::Digesting | State::Sent => TransferState::Checking,
        };
        let bytes = match self.state {
            State::NeedsFile { have: Some(have), .. } | State::Comparing(have) => have.offset,
            _ => self.bytes.sent,
        };
        self.transfer.view(now, state, bytes)
    }
}
