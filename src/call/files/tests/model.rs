//! Pages with model drivers: files are functions of the offset, disks can be full, channels can be cut at every step.

use std::collections::{BTreeMap, VecDeque};

use super::super::*;
use crate::protocol::FileName;
use crate::protocol::files::{CHUNK_HEADER_BYTES, ChunkHeader};

/// Bytes that a reload may lose: the disk keeps whole segments.
pub(super) const SEGMENT: usize = 40 * 1024;

/// A file of somebody's, made of a seed.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) info: FileInfo,
    pub(super) seed: u64,
    /// Reads from here on fail, or are cut short here.
    pub(super) unreadable_from: Option<u64>,
    pub(super) ends_at: Option<u64>,
}

impl Source {
    pub(super) fn new(name: &str, size: u64, seed: u64) -> Self {
        let info = FileInfo { name: FileName::from(name), size, modified: 1 };
        Self { info, seed, unreadable_from: None, ends_at: None }
    }

    pub(super) fn bytes(&self, offset: u64, length: u32) -> Vec<u8> {
        (offset..offset + u64::from(length)).map(|at| byte(self.seed, at)).collect()
    }
}

fn byte(seed: u64, at: u64) -> u8 {
    ((at ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

/// A hash in the place of SHA-256, of 64 bits.
#[derive(Clone, Copy, Debug)]
struct Hash(u64, u64);

impl Hash {
    const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325, 0);

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.1 += bytes.len() as u64;
    }

    fn event(self, transfer: TransferId) -> FileEvent {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&self.0.to_be_bytes());
        FileEvent::Hashed { transfer, to: self.1, digest: FileDigest(digest) }
    }
}

/// A file that comes in.
#[derive(Clone, Debug, Default)]
pub(super) struct Partial {
    pub(super) bytes: Vec<u8>,
    pub(super) is_finished: bool,
}

/// One page with its driver.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) files: Files,
    life: u64,
    /// What outlives a reload.
    pub(super) kept: Vec<Kept>,
    pub(super) disk: BTreeMap<TransferKey, Partial>,
    /// What does not.
    attached: BTreeMap<TransferId, FileHandle>,
    keys: BTreeMap<TransferId, TransferKey>,
    hashes: BTreeMap<TransferId, Hash>,
    ready: BTreeMap<TransferId, VecDeque<u8>>,
    answers: VecDeque<FileEvent>,
    unwritten: u64,
    reading: u64,
    /// The bytes that the disk takes; `None` is any.
    pub(super) disk_room: Option<usize>,
    /// The next pickers are cancelled.
    pub(super) refuses: u32,
    pub(super) most_sending: u64,
    pub(super) most_receiving: u64,
    /// It was loaded anew, and so no longer lists what ended before.
    pub(super) is_reloaded: bool,
}

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

impl Page {
    fn new(life: u64) -> Self {
        Self {
            files: Files::new(life, vec![]),
            life,
            kept: vec![],
            disk: BTreeMap::new(),
            attached: BTreeMap::new(),
            keys: BTreeMap::new(),
            hashes: BTreeMap::new(),
            ready: BTreeMap::new(),
            answers: VecDeque::new(),
            unwritten: 0,
            reading: 0,
            disk_room: None,
            refuses: 0,
            most_sending: 0,
            most_receiving: 0,
            is_reloaded: false,
        }
    }

    fn reload(&mut self) {
        let mut kept = vec![];
        for one in &self.kept {
            let mut one = one.clone();
            if one.side == Side::Receiver && !one.is_done {
                let partial = self.disk.entry(one.key).or_default();
                let is_whole = std::mem::take(&mut partial.is_finished);
                let safe =
                    if is_whole { partial.bytes.len() } else { partial.bytes.len() / SEGMENT * SEGMENT };
                partial.bytes.truncate(safe);
                one.bytes = safe as u64;
            }
            kept.push(one);
        }
        let keys = (1..).map(TransferId).zip(kept.iter().map(|one| one.key));
        let keys: BTreeMap<_, _> = keys.take(kept.len()).collect();
        let (disk, life) = (std::mem::take(&mut self.disk), self.life + 1000);
        let kept_keys: Vec<_> = kept.iter().map(|one| one.key).collect();
        let disk = disk.into_iter().filter(|(key, _)| kept_keys.contains(key)).collect();
        let (disk_room, refuses) = (self.disk_room, self.refuses);
        let files = Files::new(life, kept.clone());
        let is_reloaded = true;
        *self = Self { files, life, kept, disk, keys, disk_room, refuses, is_reloaded, ..Self::new(life) };
    }
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
        let Some(event) = self.pages[page].answers.pop_front() else { return false };
        match &event {
            FileEvent::Written(_, length) => self.pages[page].unwritten -= u64::from(*length),
            FileEvent::Created(transfer) => {
                let page = &mut self.pages[page];
                page.disk.insert(page.keys[transfer], Partial::default());
                page.hashes.insert(*transfer, Hash::EMPTY);
            }
            FileEvent::ReadDone(transfer, length) => {
                let page = &mut self.pages[page];
                page.reading -= u64::from(*length);
                // The bytes themselves were put there by the command.
                let _ = page.ready.entry(*transfer).or_default();
            }
            _ => {}
        }
        self.event(page, event);
        true
    }

    fn perform(&mut self, at: usize, commands: Vec<FileCommand>, received: &[u8]) {
        let mut sent_to = vec![];
        for command in commands {
            let page = &mut self.pages[at];
            match command {
                FileCommand::Send(peer, bytes) => {
                    assert!(self.is_open(at, page_of(peer)), "sent over a closed channel");
                    self.queues.entry((at, page_of(peer))).or_default().push_back(bytes);
                }
                FileCommand::Attach(transfer, handle) => {
                    page.attached.insert(transfer, handle);
                    page.hashes.insert(transfer, Hash::EMPTY);
                }
                FileCommand::Read { transfer, offset, length } => {
                    let source = &self.sources[page.attached[&transfer].0 as usize];
                    if source.unreadable_from.is_some_and(|from| offset + u64::from(length) > from) {
                        page.ready.remove(&transfer);
                        page.answers.push_back(FileEvent::Failed(transfer, DriverError::Unreadable));
                        continue;
                    }
                    let end = source.ends_at.unwrap_or(u64::MAX).max(offset);
                    let length = length.min(u32::try_from(end - offset).unwrap_or(u32::MAX));
                    page.ready.entry(transfer).or_default().extend(source.bytes(offset, length));
                    page.reading += u64::from(length);
                    page.answers.push_back(FileEvent::ReadDone(transfer, length));
                }
                FileCommand::DropRead(transfer) => {
                    // What is being read is dropped by a command of its own.
                    let pending = page.answers.iter().rev().find_map(|answer| match answer {
                        FileEvent::ReadDone(of, length) if *of == transfer => Some(*length as usize),
                        _ => None,
                    });
                    let ready = page.ready.entry(transfer).or_default();
                    let dropped = ready.len() - pending.unwrap_or(0);
                    ready.drain(..dropped);
                }
                FileCommand::SendChunk { peer, transfer, header, is_hashed } => {
                    let ready = page.ready.get_mut(&transfer).expect("chunks were read");
                    let bytes: Vec<u8> = ready.drain(..header.length as usize).collect();
                    let source = &self.sources[page.attached[&transfer].0 as usize];
                    assert!(bytes[0] == source.bytes(header.offset, 1)[0], "what was read is of this place");
                    let hash = page.hashes.get_mut(&transfer).expect("it has a hash");
                    assert!(is_hashed == (hash.1 == header.offset) || hash.1 > header.offset, "{hash:?}");
                    if is_hashed {
                        assert_eq!(hash.1, header.offset);
                        hash.add(&bytes);
                    }
                    let message = [&header.write()[..], &bytes].concat();
                    assert!(self.is_open(at, page_of(peer)));
                    self.queues.entry((at, page_of(peer))).or_default().push_back(message);
                    sent_to.push(page_of(peer));
                }
                FileCommand::Hash { transfer, to } => {
                    let mut hash = Hash::EMPTY;
                    if let Some(handle) = page.attached.get(&transfer) {
                        hash.add(&self.sources[handle.0 as usize].bytes(0, u32::try_from(to).unwrap()));
                    } else {
                        hash.add(&page.disk[&page.keys[&transfer]].bytes[..usize::try_from(to).unwrap()]);
                    }
                    page.hashes.insert(transfer, hash);
                    page.answers.push_back(hash.event(transfer));
                }
                FileCommand::Digest(transfer) => {
                    page.answers.push_back(page.hashes[&transfer].event(transfer));
                }
                FileCommand::Create { transfer, key, .. } => {
                    if page.refuses > 0 {
                        page.refuses -= 1;
                        page.answers.push_back(FileEvent::NotCreated(transfer));
                        continue;
                    }
                    page.keys.insert(transfer, key);
                    page.answers.push_back(FileEvent::Created(transfer));
                }
                FileCommand::Write { transfer, offset, length } => {
                    assert_eq!(received.len(), length as usize);
                    let has_failed =
                        |answer: &FileEvent| matches!(answer, FileEvent::Failed(of, _) if *of == transfer);
                    if page.answers.iter().any(has_failed) {
                        continue;
                    }
                    let partial = page.disk.get_mut(&page.keys[&transfer]).expect("it was created");
                    assert_eq!(partial.bytes.len() as u64, offset, "no gap, and nothing twice");
                    if page.disk_room.is_some_and(|room| partial.bytes.len() + received.len() > room) {
                        let unwritten = &mut page.unwritten;
                        page.answers.retain(|answer| match answer {
                            FileEvent::Written(of, length) if *of == transfer => {
                                *unwritten -= u64::from(*length);
                                false
                            }
                            _ => true,
                        });
                        page.answers.push_back(FileEvent::Failed(transfer, DriverError::Full));
                        continue;
                    }
                    partial.bytes.extend(received);
                    page.hashes.get_mut(&transfer).expect("it has a hash").add(received);
                    page.unwritten += u64::from(length);
                    page.answers.push_back(FileEvent::Written(transfer, length));
                }
                FileCommand::Restart(transfer) => {
                    page.disk.insert(page.keys[&transfer], Partial::default());
                    page.hashes.insert(transfer, Hash::EMPTY);
                }
                FileCommand::Finish(transfer) => {
                    page.disk.get_mut(&page.keys[&transfer]).expect("it was written").is_finished = true;
                    page.answers.push_back(FileEvent::Finished(transfer));
                }
                FileCommand::Release(transfer) => {
                    if let Some(key) = page.keys.get(&transfer) {
                        page.disk.remove(key);
                    }
                }
                FileCommand::Keep(kept) => {
                    page.kept.retain(|one| (one.side, one.peer, one.key) != (kept.side, kept.peer, kept.key));
                    page.kept.push(kept);
                }
                FileCommand::Forget(side, peer, key) => {
                    page.kept.retain(|one| (one.side, one.peer, one.key) != (side, peer, key));
                }
            }
        }
        sent_to.dedup();
        for to in sent_to {
            if self.buffered(at, to) <= LOW_BUFFERED_BYTES {
                self.pages[at].answers.push_back(FileEvent::Drained(peer(to)));
            }
        }
        self.check(at);
    }

    /// What must hold at every step.
    fn check(&mut self, at: usize) {
        let buffered: u64 = (0..self.pages.len()).map(|to| self.buffered(at, to)).sum();
        let page = &mut self.pages[at];
        let ready: u64 = page.ready.values().map(|ready| ready.len() as u64).sum();
        page.most_sending = page.most_sending.max(ready + buffered);
        page.most_receiving = page.most_receiving.max(page.unwritten);
        assert!(ready + buffered <= MOST_SENDING_BYTES, "{ready} read, {buffered} buffered");
        assert!(page.unwritten <= MOST_RECEIVING_BYTES, "{} not written", page.unwritten);
        let held: u64 = page.files.incoming.iter().map(Incoming::held).sum();
        assert!(page.unwritten <= held && held <= MOST_RECEIVING_BYTES, "{held} with credit");
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
        let done = |page: usize, side: Side, other: usize| -> Vec<(FileName, u64)> {
            let transfers = self.pages[page].files.view(self.now).transfers.into_iter();
            let of = transfers.filter(|one| one.side == side && one.peer == peer(other));
            let of = of.inspect(|one| assert!(one.state.has_ended(), "page {page}: {one:?}"));
            let done = of.filter(|one| one.state == TransferState::Done);
            let mut done: Vec<_> = done.map(|one| (one.name, one.size)).collect();
            done.sort();
            done
        };
        for a in 0..self.pages.len() {
            assert_eq!(self.pages[a].unwritten + self.pages[a].reading, 0);
            for b in (0..self.pages.len()).filter(|b| *b != a) {
                let sizes =
                    |done: Vec<(FileName, u64)>| done.into_iter().map(|one| one.1).collect::<Vec<_>>();
                let (sent, mut arrived) =
                    (sizes(done(a, Side::Sender, b)), sizes(done(b, Side::Receiver, a)));
                for size in sent {
                    let index =
                        arrived.iter().position(|one| *one == size).expect("what is done has arrived");
                    arrived.remove(index);
                }
                assert!(self.pages[a].is_reloaded || arrived.is_empty(), "{a} to {b}: {arrived:?}");
            }
            for kept in self.pages[a].kept.iter() {
                assert!(kept.is_done && kept.side == Side::Receiver, "{kept:?} is kept");
                let partial = &self.pages[a].disk[&kept.key];
                let is_same = |source: &&Source| {
                    source.info.size == kept.file.size
                        && source.bytes(0, u32::try_from(kept.file.size).unwrap()) == partial.bytes
                };
                assert!(partial.is_finished && self.sources.iter().any(|source| is_same(&source)));
            }
            let files = self.pages[a].disk.len();
            assert_eq!(files, self.pages[a].kept.len(), "no file is left over on the disk");
        }
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
