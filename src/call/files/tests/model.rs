//! Several pages with model drivers, and channels between them that can be cut at every step.

use std::collections::{BTreeMap, VecDeque};

use super::super::*;
use crate::protocol::files::{CHUNK_HEADER_BYTES, ChunkHeader};

mod end;
mod page;
mod source;

use page::Page;
pub(super) use source::Source;

/// Several pages, and the channels between each two of them.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Duration,
    pub(super) pages: Vec<Page>,
    pub(super) sources: Vec<Source>,
    /// What is on its way, by sender and receiver.
    queues: BTreeMap<(usize, usize), VecDeque<Vec<u8>>>,
    /// The channel is open at the first of the pair.
    open: BTreeMap<(usize, usize), bool>,
    pub(super) steps: usize,
    /// Persons accept all offers and choose files again.
    pub(super) accepts: bool,
}

pub(super) fn peer(page: usize) -> PeerId {
    PeerId(u32::try_from(page).unwrap() + 1)
}

pub(super) fn page_of(peer: PeerId) -> usize {
    peer.0 as usize - 1
}

impl World {
    pub(super) fn new(pages: usize, sources: Vec<Source>) -> Self {
        let mut world = Self {
            now: Duration::from_secs(1),
            pages: (0..pages).map(|page| Page::new(page as u64 + 1)).collect(),
            sources,
            queues: BTreeMap::new(),
            open: BTreeMap::new(),
            steps: 0,
            accepts: true,
        };
        for a in 0..pages {
            for b in 0..a {
                world.open(a, b);
                world.open(b, a);
            }
        }
        world
    }

    pub(super) fn event(&mut self, page: usize, event: FileEvent) {
        let commands = self.pages[page].files.handle(self.now, event);
        self.perform(page, commands, &[]);
    }

    pub(super) fn offer(&mut self, from: usize, to: &[usize], source: usize) {
        let (peers, file) = (to.iter().copied().map(peer).collect(), self.sources[source].info.clone());
        self.event(from, FileEvent::Offer { peers, file, handle: FileHandle(source as u32) });
    }

    pub(super) fn is_open(&self, a: usize, b: usize) -> bool {
        self.open.get(&(a, b)).copied().unwrap_or(false)
    }

    /// Opens the channel at one side. What was sent to it waits there.
    pub(super) fn open(&mut self, a: usize, b: usize) {
        if !self.is_open(a, b) {
            self.open.insert((a, b), true);
            self.event(a, FileEvent::Opened(peer(b)));
        }
    }

    /// Cuts the channel between two pages.
    pub(super) fn cut(&mut self, a: usize, b: usize) {
        for (a, b) in [(a, b), (b, a)] {
            self.queues.remove(&(a, b));
            if self.open.insert((a, b), false) == Some(true) {
                self.event(a, FileEvent::Closed(peer(b)));
            }
        }
    }

    /// Loads a page anew: its channels are cut, and its memory is gone.
    pub(super) fn reload(&mut self, page: usize) {
        for other in (0..self.pages.len()).filter(|other| *other != page) {
            self.open.insert((page, other), false);
            self.queues.remove(&(page, other));
            self.cut(other, page);
        }
        self.pages[page].reload();
    }

    pub(super) fn open_all(&mut self) {
        for a in 0..self.pages.len() {
            for b in (0..self.pages.len()).filter(|b| *b != a) {
                self.open(a, b);
            }
        }
    }

    fn buffered(&self, a: usize, b: usize) -> u64 {
        let queue = self.queues.get(&(a, b));
        queue.map_or(0, |queue| queue.iter().filter(|one| one[0] == 2).map(|one| one.len() as u64 - 21).sum())
    }

    /// Delivers the next message from one page to another.
    pub(super) fn deliver(&mut self, a: usize, b: usize) -> bool {
        if !self.is_open(b, a) {
            return false;
        }
        let before = self.buffered(a, b);
        let Some(message) = self.queues.get_mut(&(a, b)).and_then(VecDeque::pop_front) else { return false };
        self.give(a, b, &message);
        if before > LOW_BUFFERED_BYTES && self.buffered(a, b) <= LOW_BUFFERED_BYTES {
            self.event(a, FileEvent::Drained(peer(b)));
        }
        true
    }

    /// Gives a page a message of another, whatever that has sent.
    pub(super) fn give(&mut self, a: usize, b: usize, message: &[u8]) {
        let commands = self.pages[b].files.received(self.now, peer(a), message);
        let bytes = message.get(CHUNK_HEADER_BYTES..).unwrap_or_default();
        self.perform(b, commands, bytes);
    }

    /// Lets the driver of a page answer the oldest command.
    pub(super) fn answer(&mut self, page: usize) -> bool {
        let Some(event) = self.pages[page].answer() else { return false };
        self.event(page, event);
        true
    }

    fn perform(&mut self, at: usize, commands: Vec<FileCommand>, received: &[u8]) {
        let mut sent_to = vec![];
        for command in commands {
            let is_chunk = matches!(command, FileCommand::SendChunk { .. });
            let Some((to, message)) = self.pages[at].perform(command, &self.sources, received) else {
                continue;
            };
            let to = page_of(to);
            assert!(self.is_open(at, to), "sent over a closed channel");
            self.queues.entry((at, to)).or_default().push_back(message);
            sent_to.extend(is_chunk.then_some(to));
        }
        sent_to.dedup();
        for to in sent_to {
            if self.buffered(at, to) <= LOW_BUFFERED_BYTES {
                self.pages[at].answers.push_back(FileEvent::Drained(peer(to)));
            }
        }
        let buffered = (0..self.pages.len()).map(|to| self.buffered(at, to)).sum();
        self.pages[at].check(buffered);
    }

    /// Does what the persons would do.
    pub(super) fn persons(&mut self) -> bool {
        let mut has_acted = false;
        for page in 0..if self.accepts { self.pages.len() } else { 0 } {
            for transfer in self.pages[page].files.view(self.now).transfers {
                match transfer.state {
                    TransferState::Offered if transfer.side == Side::Receiver => {
                        self.event(page, FileEvent::Accept(transfer.id));
                        has_acted = true;
                    }
                    TransferState::NeedsFile { was_another: false } => {
                        let index = self.sources.iter().position(|one| one.info.name == transfer.name);
                        let index = index.expect("somebody has offered it");
                        let (file, handle) = (self.sources[index].info.clone(), FileHandle(index as u32));
                        self.event(page, FileEvent::Chosen { transfer: transfer.id, file, handle });
                        has_acted = true;
                    }
                    _ => {}
                }
            }
        }
        has_acted
    }

    /// One round: a message on each channel, an answer of each driver, persons, timers. Nothing left to do is `false`.
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        let mut has_acted = self.persons();
        for a in 0..self.pages.len() {
            has_acted |= self.answer(a);
            for b in (0..self.pages.len()).filter(|b| *b != a) {
                has_acted |= self.deliver(a, b);
            }
        }
        for page in 0..self.pages.len() {
            if let Some(due) = self.pages[page].files.deadline().filter(|_| !has_acted) {
                self.now = self.now.max(due);
                self.event(page, FileEvent::Tick);
                has_acted = true;
            }
        }
        has_acted
    }

    /// Steps until nothing is left to do.
    pub(super) fn run(&mut self) {
        for _ in 0..200_000 {
            if !self.step() {
                return;
            }
        }
        panic!("no end: {:?}", self.views());
    }

    pub(super) fn views(&self) -> Vec<Vec<TransferView>> {
        self.pages.iter().map(|page| page.files.view(self.now).transfers).collect()
    }

    /// The states at a page, in order.
    pub(super) fn states(&self, page: usize) -> Vec<TransferState> {
        self.pages[page].files.view(self.now).transfers.iter().map(|one| one.state).collect()
    }

    pub(super) fn first(&self, page: usize) -> TransferId {
        self.pages[page].files.view(self.now).transfers[0].id
    }

    /// That every transfer has ended, each side sees the same, and files that arrived are those that were offered.
    pub(super) fn check_end(&self) {
        end::check(self);
    }
}

/// A control message, as a peer may make it up.
pub(super) fn control(key: TransferKey, message: FileMsg) -> Vec<u8> {
    FileControl::Transfer(key, message).write()
}

/// A chunk, as a peer may make it up.
pub(super) fn chunk(key: TransferKey, offset: u64, bytes: &[u8]) -> Vec<u8> {
    let header = ChunkHeader { key, offset, length: bytes.len() as u32 };
    [&header.write()[..], bytes].concat()
}
