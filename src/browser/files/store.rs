//! A file that comes in: written, hashed, and handed over whole, one step after the other.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::bindings::{Bytes, Directory, blob};
use super::disk::{Segments, UNKNOWN};
use super::hash::Hash;
use super::queue::{Input, Inputs};
use crate::browser::error::settled;
use crate::call::files::{DriverError, FileEvent, TransferId};
use crate::protocol::PeerId;
use crate::protocol::files::{CHUNK_HEADER_BYTES, TransferKey};

/// Largest file in memory, where the browser has no file system for pages.
const MOST_IN_MEMORY: u64 = 64 * 1024 * 1024;
/// Most bytes that are written at once.
const BATCH: usize = 512 * 1024;
/// Bytes that are read at once to be hashed.
const PIECE: u64 = 1024 * 1024;

/// A step.
pub(super) enum Job {
    /// Make an empty file of this size.
    Create(u64),
    /// Write the bytes of a chunk, with its header, at this offset.
    Write(u64, Vec<u8>),
    /// Begin the hash anew with so many bytes.
    Hash(u64),
    /// Say the digest.
    Digest,
    /// Empty the file.
    Restart,
    /// Close the file.
    Finish,
    /// Remove the file.
    Release,
}

/// A file that comes in. Dropped without `Release`, it stays for the next load of the page.
pub(super) struct Store {
    jobs: UnboundedSender<Job>,
    is_over: Rc<Cell<bool>>,
}

/// The name of the directory of a transfer. Keys are chosen by peers, each for itself.
pub(super) fn name_of(peer: PeerId, key: TransferKey) -> String {
    [peer.to_string(), key.life.to_string(), key.number.to_string()].join("-")
}

enum Place {
    None,
    Disk(Segments),
    /// Blobs; the browser may put them on its disk.
    Memory(Array),
}

impl Store {
    /// A file that is to come, or of which there is a part from before a reload.
    pub(super) fn new(
        inputs: &Inputs,
        id: TransferId,
        tab: Option<Directory>,
        name: String,
        kept: Option<Segments>,
    ) -> Self {
        let (jobs, queue) = unbounded();
        let place = kept.map_or(Place::None, Place::Disk);
        let (inputs, is_over) = (inputs.clone(), Rc::<Cell<bool>>::default());
        let (hash, is_released) = (Hash::default(), Rc::clone(&is_over));
        let task = Task { inputs, id, tab, name, place, hash, is_broken: false, is_over: is_released };
        spawn_local(task.run(queue));
        Self { jobs, is_over }
    }

    /// Has the step done after those before it.
    pub(super) fn push(&self, job: Job) {
        if let Job::Release = job {
            self.is_over.set(true);
        }
        // The task ends with this only.
        let _ = self.jobs.unbounded_send(job);
    }
}

struct Task {
    inputs: Inputs,
    id: TransferId,
    tab: Option<Directory>,
    name: String,
    place: Place,
    hash: Hash,
    is_broken: bool,
    /// It is to be removed.
    is_over: Rc<Cell<bool>>,
}

impl Task {
    async fn run(mut self, mut queue: UnboundedReceiver<Job>) {
        let mut next = VecDeque::new();
        loop {
            let job = match next.pop_front() {
                Some(job) => job,
                None => match queue.next().await {
                    Some(job) => job,
                    None => return,
                },
            };
            match job {
                Job::Release => return self.release().await,
                // One failure has answered for all.
                _ if self.is_broken => {}
                Job::Write(offset, message) => {
                    let bytes = message.get(CHUNK_HEADER_BYTES..).unwrap_or_default();
                    let mut all = bytes.to_vec();
                    // Chunks come in order, and so belong together until something else is to be done.
                    while all.len() < BATCH
                        && let Ok(job) = queue.try_recv()
                    {
                        let Job::Write(_, message) = &job else {
                            next.push_back(job);
                            break;
                        };
                        let bytes = message.get(CHUNK_HEADER_BYTES..).unwrap_or_default();
                        all.extend_from_slice(bytes);
                    }
                    let done = self.write(offset, &all).await;
                    if self.check(done) {
                        let length = u32::try_from(all.len()).unwrap_or(0);
                        self.inputs.event(FileEvent::Written(self.id, length));
                    }
                }
                job => {
                    let done = self.step(job).await;
                    self.check(done);
                }
            }
        }
    }

    fn check(&mut self, done: Result<(), JsValue>) -> bool {
        if let Err(error) = done {
            self.is_broken = true;
            self.inputs.failed(self.id, DriverError::Unwritable, error);
        }
        !self.is_broken
    }

    async fn step(&mut self, job: Job) -> Result<(), JsValue> {
        match job {
            Job::Create(size) => self.create(size).await,
            Job::Hash(to) => {
                let all = match &self.place {
                    Place::Disk(segments) => blob(&segments.content().await.1, UNKNOWN)?,
                    _ => blob(&Array::new(), UNKNOWN)?,
                };
                self.hash = hash(&all, to, &self.is_over).await?;
                self.tell_digest();
                Ok(())
            }
            Job::Digest => {
                self.tell_digest();
                Ok(())
            }
            Job::Restart => {
                self.hash = Hash::default();
                match &mut self.place {
                    Place::Disk(segments) => segments.empty().await?,
                    Place::Memory(parts) => parts.set_length(0),
                    Place::None => {}
                }
                Ok(())
            }
            Job::Finish => {
                let whole = match &mut self.place {
                    Place::Disk(segments) => segments.whole().await?,
                    Place::Memory(parts) => blob(parts, UNKNOWN)?,
                    Place::None => blob(&Array::new(), UNKNOWN)?,
                };
                if whole.size() as u64 != self.hash.bytes() {
                    return Err(JsValue::NULL);
                }
                self.inputs.push(Input::Whole(self.id, whole));
                self.inputs.event(FileEvent::Finished(self.id));
                Ok(())
            }
            Job::Write(..) | Job::Release => Ok(()),
        }
    }

    fn tell_digest(&self) {
        let (to, digest) = self.hash.digest();
        self.inputs.event(FileEvent::Hashed { transfer: self.id, to, digest });
    }

    async fn create(&mut self, size: u64) -> Result<(), JsValue> {
        self.place = match self.on_disk().await {
            Ok(segments) => Place::Disk(segments),
            Err(_) if size <= MOST_IN_MEMORY => Place::Memory(Array::new()),
            Err(_) => {
                self.inputs.push(Input::TooLarge(self.id));
                self.inputs.event(FileEvent::NotCreated(self.id));
                return Ok(());
            }
        };
        self.inputs.event(FileEvent::Created(self.id));
        Ok(())
    }

    async fn on_disk(&self) -> Result<Segments, JsValue> {
        let tab = self.tab.as_ref().ok_or(JsValue::NULL)?;
        let mut segments = Segments::open(tab, self.name.clone(), true).await?;
        segments.empty().await?;
        segments.try_out().await?;
        Ok(segments)
    }

    async fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), JsValue> {
        self.hash.add(bytes);
        if let Place::None = self.place {
            // What was kept over a reload was no more than a record.
            if offset > 0 {
                return Err(JsValue::NULL);
            }
            self.place = self.on_disk().await.map_or_else(|_| Place::Memory(Array::new()), Place::Disk);
        }
        match &mut self.place {
            Place::Disk(segments) => segments.write(offset, bytes).await?,
            Place::Memory(parts) => drop(parts.push(&part(bytes)?)),
            Place::None => {}
        }
        if let Place::Memory(_) = &self.place
            && self.hash.bytes() > MOST_IN_MEMORY
        {
            return Err(JsValue::NULL);
        }
        Ok(())
    }

    async fn release(self) {
        if let Place::Disk(segments) = self.place {
            segments.remove().await;
        }
    }
}

fn part(bytes: &[u8]) -> Result<JsValue, JsValue> {
    Ok(blob(&Array::of1(&Uint8Array::from(bytes)), UNKNOWN)?.into())
}

/// The hash of the first bytes of a file, which is no shorter; fails once it is of no use.
pub(super) async fn hash(file: &Bytes, to: u64, is_over: &Cell<bool>) -> Result<Hash, JsValue> {
    let mut hash = Hash::default();
    while hash.bytes() < to {
        let bytes = read(file, hash.bytes(), to.min(hash.bytes() + PIECE)).await?;
        if bytes.is_empty() || is_over.get() {
            return Err(JsValue::NULL);
        }
        hash.add(&bytes);
    }
    Ok(hash)
}

/// Reads bytes of a file.
pub(super) async fn read(file: &Bytes, from: u64, to: u64) -> Result<Vec<u8>, JsValue> {
    let slice = file.slice(from as f64, to as f64)?;
    let buffer: ArrayBuffer = settled(slice.buffer()).await?.unchecked_into();
    Ok(Uint8Array::new(&buffer).to_vec())
}
