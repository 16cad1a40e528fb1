//! One page with its driver: a disk that can be full, files that can be unreadable, a person who can cancel.

use std::collections::{BTreeMap, VecDeque};

use super::super::super::incoming::Incoming;
use super::source::{Hash, Source};
use crate::call::files::{
    DriverError, FileCommand, FileEvent, FileHandle, Files, Kept, MOST_RECEIVING_BYTES, MOST_SENDING_BYTES,
    TransferId,
};
use crate::protocol::PeerId;
use crate::protocol::files::{Side, TransferKey};

/// Bytes that a reload may lose: the disk keeps whole segments.
const SEGMENT: usize = 40 * 1024;

/// A file that comes in.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Partial {
    pub(in super::super) bytes: Vec<u8>,
    pub(in super::super) is_finished: bool,
}

/// One page with its driver.
#[derive(Debug)]
pub(in super::super) struct Page {
    pub(in super::super) files: Files,
    life: u64,
    /// What outlives a reload.
    pub(in super::super) kept: Vec<Kept>,
    pub(in super::super) disk: BTreeMap<TransferKey, Partial>,
    /// What does not.
    attached: BTreeMap<TransferId, FileHandle>,
    keys: BTreeMap<TransferId, TransferKey>,
    hashes: BTreeMap<TransferId, Hash>,
    ready: BTreeMap<TransferId, VecDeque<u8>>,
    pub(super) answers: VecDeque<FileEvent>,
    pub(super) unwritten: u64,
    pub(super) reading: u64,
    /// The bytes that the disk takes; `None` is any.
    pub(in super::super) disk_room: Option<usize>,
    /// The next pickers are cancelled.
    pub(in super::super) refuses: u32,
    pub(in super::super) most_sending: u64,
    pub(in super::super) most_receiving: u64,
    /// It was loaded anew, and so no longer lists what ended before.
    pub(in super::super) is_reloaded: bool,
}

impl Page {
    pub(super) fn new(life: u64) -> Self {
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

    pub(super) fn reload(&mut self) {
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

    /// The oldest answer of the driver.
    pub(super) fn answer(&mut self) -> Option<FileEvent> {
        let event = self.answers.pop_front()?;
        match &event {
            FileEvent::Written(_, length) => self.unwritten -= u64::from(*length),
            FileEvent::Created(transfer) => {
                self.disk.insert(self.keys[transfer], Partial::default());
                self.hashes.insert(*transfer, Hash::EMPTY);
            }
            FileEvent::ReadDone(transfer, length) => {
                self.reading -= u64::from(*length);
                // The bytes themselves were put there by the command.
                let _ = self.ready.entry(*transfer).or_default();
            }
            _ => {}
        }
        Some(event)
    }

    /// Carries out a command, of which `received` is the chunk that it may be about; returns the message to send.
    pub(super) fn perform(
        &mut self,
        command: FileCommand,
        sources: &[Source],
        received: &[u8],
    ) -> Option<(PeerId, Vec<u8>)> {
        match command {
            FileCommand::Send(peer, bytes) => return Some((peer, bytes)),
            FileCommand::Attach(transfer, handle) => {
                self.attached.insert(transfer, handle);
                self.hashes.insert(transfer, Hash::EMPTY);
            }
            FileCommand::Read { transfer, offset, length } => {
                let source = &sources[self.attached[&transfer].0 as usize];
                if source.unreadable_from.is_some_and(|from| offset + u64::from(length) > from) {
                    self.ready.remove(&transfer);
                    self.answers.push_back(FileEvent::Failed(transfer, DriverError::Unreadable));
                    return None;
                }
                let end = source.ends_at.unwrap_or(u64::MAX).max(offset);
                let length = length.min(u32::try_from(end - offset).unwrap_or(u32::MAX));
                self.ready.entry(transfer).or_default().extend(source.bytes(offset, length));
                self.reading += u64::from(length);
                self.answers.push_back(FileEvent::ReadDone(transfer, length));
            }
            FileCommand::DropRead(transfer) => {
                // What is being read is dropped by a command of its own.
                let pending = self.answers.iter().rev().find_map(|answer| match answer {
                    FileEvent::ReadDone(of, length) if *of == transfer => Some(*length as usize),
                    _ => None,
                });
                let ready = self.ready.entry(transfer).or_default();
                let dropped = ready.len() - pending.unwrap_or(0);
                ready.drain(..dropped);
            }
            FileCommand::SendChunk { peer, transfer, header, is_hashed } => {
                let ready = self.ready.get_mut(&transfer).expect("chunks were read");
                let bytes: Vec<u8> = ready.drain(..header.length as usize).collect();
                let source = &sources[self.attached[&transfer].0 as usize];
                assert!(bytes[0] == source.bytes(header.offset, 1)[0], "what was read is of this place");
                let hash = self.hashes.get_mut(&transfer).expect("it has a hash");
                assert!(is_hashed == (hash.1 == header.offset) || hash.1 > header.offset, "{hash:?}");
                if is_hashed {
                    assert_eq!(hash.1, header.offset);
                    hash.add(&bytes);
                }
                return Some((peer, [&header.write()[..], &bytes].concat()));
            }
            FileCommand::Hash { transfer, to } => {
                let mut hash = Hash::EMPTY;
                if let Some(handle) = self.attached.get(&transfer) {
                    hash.add(&sources[handle.0 as usize].bytes(0, u32::try_from(to).unwrap()));
                } else {
                    hash.add(&self.disk[&self.keys[&transfer]].bytes[..usize::try_from(to).unwrap()]);
                }
                self.hashes.insert(transfer, hash);
                self.answers.push_back(hash.event(transfer));
            }
            FileCommand::Digest(transfer) => {
                self.answers.push_back(self.hashes[&transfer].event(transfer));
            }
            FileCommand::Create { transfer, key, .. } => {
                if self.refuses > 0 {
                    self.refuses -= 1;
                    self.answers.push_back(FileEvent::NotCreated(transfer));
                    return None;
                }
                self.keys.insert(transfer, key);
                self.answers.push_back(FileEvent::Created(transfer));
            }
            FileCommand::Write { transfer, offset, length } => {
                assert_eq!(received.len(), length as usize);
                let has_failed =
                    |answer: &FileEvent| matches!(answer, FileEvent::Failed(of, _) if *of == transfer);
                if self.answers.iter().any(has_failed) {
                    return None;
                }
                let partial = self.disk.get_mut(&self.keys[&transfer]).expect("it was created");
                assert_eq!(partial.bytes.len() as u64, offset, "no gap, and nothing twice");
                if self.disk_room.is_some_and(|room| partial.bytes.len() + received.len() > room) {
                    let unwritten = &mut self.unwritten;
                    self.answers.retain(|answer| match answer {
                        FileEvent::Written(of, length) if *of == transfer => {
                            *unwritten -= u64::from(*length);
                            false
                        }
                        _ => true,
                    });
                    self.answers.push_back(FileEvent::Failed(transfer, DriverError::Full));
                    return None;
                }
                partial.bytes.extend(received);
                self.hashes.get_mut(&transfer).expect("it has a hash").add(received);
                self.unwritten += u64::from(length);
                self.answers.push_back(FileEvent::Written(transfer, length));
            }
            FileCommand::Restart(transfer) => {
                self.disk.insert(self.keys[&transfer], Partial::default());
                self.hashes.insert(transfer, Hash::EMPTY);
            }
            FileCommand::Finish(transfer) => {
                self.disk.get_mut(&self.keys[&transfer]).expect("it was written").is_finished = true;
                self.answers.push_back(FileEvent::Finished(transfer));
            }
            FileCommand::Release(transfer) => {
                if let Some(key) = self.keys.get(&transfer) {
                    self.disk.remove(key);
                }
            }
            FileCommand::Keep(kept) => {
                self.kept.retain(|one| (one.side, one.peer, one.key) != (kept.side, kept.peer, kept.key));
                self.kept.push(kept);
            }
            FileCommand::Forget(side, peer, key) => {
                self.kept.retain(|one| (one.side, one.peer, one.key) != (side, peer, key));
            }
        }
        None
    }

    /// What must hold at every step, with what the channels have buffered of this page.
    pub(super) fn check(&mut self, buffered: u64) {
        let ready: u64 = self.ready.values().map(|ready| ready.len() as u64).sum();
        self.most_sending = self.most_sending.max(ready + buffered);
        self.most_receiving = self.most_receiving.max(self.unwritten);
        assert!(ready + buffered <= MOST_SENDING_BYTES, "{ready} read, {buffered} buffered");
        assert!(self.unwritten <= MOST_RECEIVING_BYTES, "{} not written", self.unwritten);
        let held: u64 = self.files.incoming.iter().map(Incoming::held).sum();
        assert!(self.unwritten <= held && held <= MOST_RECEIVING_BYTES, "{held} with credit");
    }
}
