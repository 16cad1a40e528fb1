//! The transfers of files between the pages of a call.
//!
//! [`Files`] stands beside [`super::Call`] and knows nothing of it, so that its code is fetched when it is first needed. It
//! holds no bytes: commands say which of them the driver reads, sends and writes.
//!
//! # The driver
//! Commands are carried out in their order. `Read`, `Write`, `Hash`, `Digest`, `Create` and `Finish` are answered by one
//! event each, also after `Release`; one `Failed` stands for all answers of a transfer that are open. Each transfer has
//! one hash: what [`FileCommand::SendChunk`] says is added to it, and all that [`FileCommand::Write`] writes. A channel that
//! does not take a message is closed. Nothing of an earlier channel is reported once the next is open.
//!
//! # Bounds
//! Of what it sends, a page holds [`MOST_SENDING_BYTES`] at most: bytes read ahead, and those that the channels have
//! buffered. Of what it receives, [`MOST_RECEIVING_BYTES`]: bytes that are not written, and those that senders have credit
//! for. A slow disk gives no credit, and so stops the sender. A peer has [`MOST_OPEN`] open transfers each way.
//!
//! # Fairness
//! To one peer, transfers take turns by chunks (`turns`); each peer's channel has a pace of its own (`pace`). Those that
//! come in have credit whatever the others do (`credit`).

use std::time::Duration;

use crate::protocol::PeerId;
use crate::protocol::files::{
    FailReason, FileControl, FileDigest, FileFrame, FileInfo, FileMsg, MAX_FILE_BYTES, Side, TransferKey,
};

mod api;
mod credit;
mod incoming;
mod link;
mod list;
mod outgoing;
mod pace;
mod pixels;
mod speed;
#[cfg(test)]
mod tests;
mod transfer;
mod turns;

use credit::window_of;
use incoming::Incoming;
use link::Link;
use outgoing::Outgoing;
use turns::pump;

pub use api::*;
pub use credit::MOST_RECEIVING_BYTES;
pub use link::LOW_BUFFERED_BYTES;
pub use pixels::pixels;

/// Most bytes in memory of files that are sent.
pub const MOST_SENDING_BYTES: u64 = 8 * 1024 * 1024;
/// Most transfers with one peer that have not ended, each way.
pub const MOST_OPEN: usize = 64;

/// The transfers of one page.
#[derive(Debug, Default)]
pub struct Files {
    life: u64,
    last_id: u32,
    last_number: u32,
    links: Vec<Link>,
    outgoing: Vec<Outgoing>,
    incoming: Vec<Incoming>,
    refused: u32,
}

impl Files {
    /// The transfers of a page, with those that were kept over its reload, which get the ids from 1 on in their order.
    /// `life` is random, and below [`MAX_FILE_BYTES`]: it tells the transfers of this page load from all others.
    pub fn new(life: u64, kept: Vec<Kept>) -> Self {
        let mut files = Self { life: life % MAX_FILE_BYTES, ..Self::default() };
        for kept in kept {
            let id = files.next_id();
            match kept.side {
                Side::Sender => files.outgoing.push(Outgoing::kept(id, kept)),
                Side::Receiver => files.incoming.push(Incoming::kept(id, kept)),
            }
        }
        files
    }

    /// Takes one event; returns what to do, in order.
    pub fn handle(&mut self, now: Duration, event: FileEvent) -> Vec<FileCommand> {
        let mut out = vec![];
        self.take(now, event, &mut out);
        self.settle(now, out)
    }

    /// Takes a message of a peer; returns what to do, in order, before the next is given.
    pub fn received(&mut self, now: Duration, peer: PeerId, message: &[u8]) -> Vec<FileCommand> {
        let mut out = vec![];
        let fits = self.message(now, peer, message, &mut out);
        if let Some(link) = self.link(peer).filter(|_| !fits) {
            // It has changed nothing, and so nothing else becomes possible.
            link.drop_message();
            return out;
        }
        self.settle(now, out)
    }

    /// When the next [`FileEvent::Tick`] is due.
    pub fn deadline(&self) -> Option<Duration> {
        self.links.iter().filter_map(|link| link.due).min()
    }

    /// What there is to draw.
    pub fn view(&self, now: Duration) -> FilesView {
        let outgoing = self.outgoing.iter().filter(|one| !one.transfer.is_hidden).map(|one| one.view(now));
        let incoming = self.incoming.iter().filter(|one| !one.transfer.is_hidden).map(|one| one.view(now));
        let mut transfers: Vec<_> = outgoing.chain(incoming).collect();
        transfers.sort_by_key(|transfer| transfer.id);
        let dropped = self.links.iter().map(|link| (link.peer, link.dropped));
        let dropped = dropped.filter(|(_, dropped)| *dropped != Dropped::default()).collect();
        FilesView { transfers, dropped, refused: self.refused }
    }

    fn take(&mut self, now: Duration, event: FileEvent, out: &mut Vec<FileCommand>) {
        match event {
            FileEvent::Opened(peer) => self.opened(now, peer, out),
            FileEvent::Closed(peer) => self.closed(peer, out),
            FileEvent::Gone(peer) => {
                self.closed(peer, out);
                self.links.retain(|link| link.peer != peer);
                self.outgoing
                    .iter_mut()
                    .filter(|one| one.transfer.peer == peer)
                    .for_each(|one| one.gone(out));
                self.incoming
                    .iter_mut()
                    .filter(|one| one.transfer.peer == peer)
                    .for_each(|one| one.gone(out));
            }
            FileEvent::Drained(peer) => self.link(peer).into_iter().for_each(Link::drained),
            FileEvent::Voice(peer, is_well) => self.sampled(now, peer, is_well),
            FileEvent::Offer { peers, file, handle } => self.offer(&peers, &file, handle, out),
            FileEvent::Accept(id) => self.of_in(id).into_iter().for_each(|one| one.accept(out)),
            FileEvent::Cancel(id) => {
                self.of_out(id).into_iter().for_each(|one| one.end(FailReason::Cancelled, false, out));
                self.of_in(id).into_iter().for_each(|one| one.end(FailReason::Cancelled, false, out));
            }
            FileEvent::Pause(id, paused) => {
                self.of_out(id).into_iter().for_each(|one| one.pause(paused, out));
                self.of_in(id).into_iter().for_each(|one| one.pause(paused, out));
            }
            FileEvent::Chosen { transfer, file, handle } => {
                self.of_out(transfer).into_iter().for_each(|one| one.chosen(&file, handle, out));
            }
            FileEvent::Dismiss(id) => {
                self.of_out(id).into_iter().for_each(Outgoing::dismiss);
                self.of_in(id).into_iter().for_each(|one| one.dismiss(out));
            }
            FileEvent::Over(saved) => list::over(&mut self.outgoing, &mut self.incoming, &saved, out),
            FileEvent::ReadDone(id, length) => {
                self.of_out(id).into_iter().for_each(|one| one.read_done(length, out));
            }
            FileEvent::Hashed { transfer, to, digest } => self.hashed(transfer, to, digest, out),
            FileEvent::Created(id) => {
                let Some(peer) = self.of_in(id).map(|one| one.transfer.peer) else { return };
                let is_open = self.link(peer).is_some_and(|link| link.is_open);
                self.of_in(id).into_iter().for_each(|one| one.created(is_open, out));
            }
            FileEvent::NotCreated(id) => self.of_in(id).into_iter().for_each(Incoming::not_created),
            FileEvent::Written(id, length) => {
                self.of_in(id).into_iter().for_each(|one| one.written(length, out));
            }
            FileEvent::Finished(id) => self.of_in(id).into_iter().for_each(|one| one.finished(out)),
            FileEvent::Failed(id, error) => {
                self.of_out(id).into_iter().for_each(|one| one.failed(error, out));
                self.of_in(id).into_iter().for_each(|one| one.failed(error, out));
            }
            FileEvent::Tick => {}
        }
    }

    fn opened(&mut self, now: Duration, peer: PeerId, out: &mut Vec<FileCommand>) {
        self.closed(peer, out);
        match self.link(peer) {
            Some(link) => link.set_open(true),
            None => self.links.push(Link::new(now, peer)),
        }
        self.outgoing.iter().filter(|one| one.transfer.peer == peer).for_each(|one| one.list(out));
        self.incoming.iter_mut().filter(|one| one.transfer.peer == peer).for_each(|one| one.list(out));
        out.push(FileCommand::Send(peer, FileControl::Listed.write()));
    }

    fn closed(&mut self, peer: PeerId, out: &mut Vec<FileCommand>) {
        let Some(link) = self.link(peer) else { return };
        if std::mem::take(&mut link.is_open) {
            link.set_open(false);
            self.outgoing.iter_mut().filter(|one| one.transfer.peer == peer).for_each(|one| one.closed(out));
            self.incoming.iter_mut().filter(|one| one.transfer.peer == peer).for_each(Incoming::closed);
        }
    }

    fn sampled(&mut self, now: Duration, peer: PeerId, is_well: bool) {
        self.link(peer).into_iter().for_each(|link| link.sampled(now, is_well));
        for index in 0..self.links.len() {
            let Some(by) = self.links.get(index).map(|link| link.peer) else { continue };
            let gives_way = self.links.iter().any(|link| link.is_heeded(now, by));
            let is_of = |link: &&Link| link.peer == peer && link.is_heeded(now, by);
            // A sample halves once, and that of a peer that is well leaves those alone which wait for another.
            if gives_way && !self.links.iter().any(|link| is_of(&link)) {
                continue;
            }
            if let Some(link) = self.links.get_mut(index) {
                link.pace.sampled(now, !gives_way);
            }
        }
    }

    fn offer(&mut self, peers: &[PeerId], file: &FileInfo, handle: FileHandle, out: &mut Vec<FileCommand>) {
        for peer in peers {
            let open =
                self.outgoing.iter().filter(|one| one.transfer.peer == *peer && !one.has_ended()).count();
            let is_known = self.links.iter().any(|link| link.peer == *peer);
            if !is_known || open >= MOST_OPEN || file.size > MAX_FILE_BYTES || file.modified > MAX_FILE_BYTES
            {
                self.refused = self.refused.saturating_add(1);
                continue;
            }
            self.last_number += 1;
            let key = TransferKey { life: self.life, number: self.last_number };
            let transfer = Outgoing::new(self.next_id(), *peer, key, file.clone(), handle.0);
            out.push(FileCommand::Attach(transfer.transfer.id, handle));
            transfer.offer(out);
            self.outgoing.push(transfer);
        }
    }

    /// Takes a message; says whether it fits.
    fn message(&mut self, now: Duration, peer: PeerId, bytes: &[u8], out: &mut Vec<FileCommand>) -> bool {
        let Some(link) = self.link(peer).filter(|link| link.is_open) else { return true };
        match FileFrame::read(bytes) {
            Ok(FileFrame::Chunk(header)) => {
                let transfer = self
                    .incoming
                    .iter_mut()
                    .find(|one| one.transfer.peer == peer && one.transfer.key == header.key);
                // Credit bounds those that fit.
                let fits = transfer.is_some_and(|one| one.chunk(now, &header, out));
                self.link(peer).filter(|_| !fits).into_iter().for_each(|link| link.count(now));
                fits
            }
            Ok(FileFrame::Control(json)) if link.admits(now) => match FileControl::read(json) {
                Ok(Some(FileControl::Listed)) => {
                    self.outgoing
                        .iter_mut()
                        .filter(|one| one.transfer.peer == peer)
                        .for_each(|one| one.listed(out));
                    self.incoming
                        .iter_mut()
                        .filter(|one| one.transfer.peer == peer)
                        .for_each(|one| one.listed(out));
                    true
                }
                Ok(Some(FileControl::Transfer(key, message))) => self.control(peer, key, message, out),
                Ok(None) | Err(_) => false,
            },
            Ok(FileFrame::Control(_)) => false,
            Ok(FileFrame::Unknown) | Err(_) => {
                link.count(now);
                false
            }
        }
    }

    fn control(
        &mut self,
        peer: PeerId,
        key: TransferKey,
        message: FileMsg,
        out: &mut Vec<FileCommand>,
    ) -> bool {
        let told_by = match &message {
            FileMsg::Offer { .. } | FileMsg::Begin { .. } | FileMsg::End { .. } => Side::Sender,
            FileMsg::Keep | FileMsg::Have { .. } | FileMsg::Credit { .. } | FileMsg::Done => Side::Receiver,
            FileMsg::Fail { side, .. } | FileMsg::Closed { side } | FileMsg::Pause { side, .. } => *side,
        };
        let side = told_by.other();
        let fits = match side {
            Side::Sender => {
                let known =
                    self.outgoing.iter_mut().find(|one| one.transfer.peer == peer && one.transfer.key == key);
                known.map(|one| one.received(message.clone(), out))
            }
            Side::Receiver => {
                let known =
                    self.incoming.iter_mut().find(|one| one.transfer.peer == peer && one.transfer.key == key);
                known.map(|one| one.received(message.clone(), out))
            }
        };
        if let Some(fits) = fits {
            return fits;
        }
        let answer = match message {
            FileMsg::Offer { file } => return self.offered(peer, key, file),
            // It was ended and forgotten here.
            FileMsg::Fail { .. } | FileMsg::Done => FileMsg::Closed { side },
            FileMsg::Closed { .. } => return true,
            FileMsg::Keep | FileMsg::Have { .. } => FileMsg::Fail { side, reason: FailReason::Lost },
            _ => return false,
        };
        out.push(FileCommand::Send(peer, FileControl::Transfer(key, answer).write()));
        true
    }

    fn offered(&mut self, peer: PeerId, key: TransferKey, mut file: FileInfo) -> bool {
        let open = self.incoming.iter().filter(|one| one.transfer.peer == peer && !one.has_ended()).count();
        if open >= MOST_OPEN {
            self.link(peer).into_iter().for_each(Link::drop_offer);
            return true;
        }
        file.name = list::free_name(&self.incoming, file.name);
        let transfer = Incoming::new(self.next_id(), peer, key, file);
        self.incoming.push(transfer);
        true
    }

    fn hashed(&mut self, id: TransferId, to: u64, digest: FileDigest, out: &mut Vec<FileCommand>) {
        self.of_out(id).into_iter().for_each(|one| one.hashed(to, digest, out));
        if self.of_in(id).is_some_and(|one| one.hashed(to, digest, out)) {
            let window = window_of(&self.incoming, id);
            self.of_in(id).into_iter().for_each(|one| one.tell_have(window, digest, out));
        }
    }

    /// Does what has become possible, whatever has happened, and sends nothing where no channel is.
    fn settle(&mut self, now: Duration, mut out: Vec<FileCommand>) -> Vec<FileCommand> {
        for index in 0..self.incoming.len() {
            let Some(id) =
                self.incoming.get(index).filter(|one| one.wants_credit()).map(|one| one.transfer.id)
            else {
                continue;
            };
            let window = window_of(&self.incoming, id);
            self.of_in(id).into_iter().for_each(|one| one.grant(window, &mut out));
        }
        for index in 0..self.links.len() {
            let held: u64 = self.outgoing.iter().map(Outgoing::held).sum();
            let buffered: u64 = self.links.iter().map(|link| link.buffered).sum();
            let room = MOST_SENDING_BYTES.saturating_sub(held + buffered);
            if let Some(link) = self.links.get_mut(index).filter(|link| link.is_open) {
                pump(now, link, &mut self.outgoing, room, &mut out);
            }
        }
        list::prune(&self.links, &mut self.outgoing, &mut self.incoming);
        let is_open = |peer: &PeerId| self.links.iter().any(|link| link.is_open && link.peer == *peer);
        out.retain(|command| !matches!(command, FileCommand::Send(peer, _) if !is_open(peer)));
        out
    }

    fn next_id(&mut self) -> TransferId {
        self.last_id += 1;
        TransferId(self.last_id)
    }

    fn link(&mut self, peer: PeerId) -> Option<&mut Link> {
        self.links.iter_mut().find(|link| link.peer == peer)
    }

    fn of_out(&mut self, id: TransferId) -> Option<&mut Outgoing> {
        self.outgoing.iter_mut().find(|one| one.transfer.id == id)
    }

    fn of_in(&mut self, id: TransferId) -> Option<&mut Incoming> {
        self.incoming.iter_mut().find(|one| one.transfer.id == id)
    }
}
