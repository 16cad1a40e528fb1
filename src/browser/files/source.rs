//! A file that goes out: read, and hashed from before a reload.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::bindings::Bytes;
use super::hash::Hash;
use super::queue::Inputs;
use super::store::{hash, read};
use crate::call::files::{DriverError, FileEvent, TransferId};
use crate::protocol::files::ChunkHeader;

/// A step.
enum Job {
    Read(u64, u32),
    Hash(u64),
    Digest,
}

/// What is read and hashed of the file.
#[derive(Default)]
struct State {
    read: Vec<u8>,
    /// How many of these bytes are sent.
    taken: usize,
    hash: Hash,
}

/// A file that goes out.
pub(super) struct Source {
    jobs: UnboundedSender<Job>,
    state: Rc<RefCell<State>>,
    /// Nothing of it is of use any more.
    is_over: Rc<Cell<bool>>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.is_over.set(true);
    }
}

impl Source {
    pub(super) fn new(inputs: &Inputs, id: TransferId, file: Bytes) -> Self {
        let (jobs, queue) = unbounded();
        let state = Rc::<RefCell<State>>::default();
        let is_over = Rc::<Cell<bool>>::default();
        spawn_local(run(inputs.clone(), id, file, Rc::clone(&state), Rc::clone(&is_over), queue));
        Self { jobs, state, is_over }
    }

    fn push(&self, job: Job) {
        // The task ends with this, or once it has reported a failure, which answers for all.
        let _ = self.jobs.unbounded_send(job);
    }

    /// Reads bytes.
    pub(super) fn read(&self, offset: u64, length: u32) {
        self.push(Job::Read(offset, length));
    }

    /// Begins the hash anew with so many bytes.
    pub(super) fn hash(&self, to: u64) {
        self.push(Job::Hash(to));
    }

    /// Has the digest told.
    pub(super) fn digest(&self) {
        self.push(Job::Digest);
    }

    /// Drops all that was read.
    pub(super) fn drop_read(&self) {
        let mut state = self.state.borrow_mut();
        state.read.clear();
        state.taken = 0;
    }

    /// The message with the first of the bytes that were read.
    pub(super) fn chunk(&self, header: &ChunkHeader, is_hashed: bool) -> Vec<u8> {
        let state = &mut *self.state.borrow_mut();
        let rest = state.read.get(state.taken..).unwrap_or_default();
        let bytes = rest.get(..header.length as usize).unwrap_or(rest);
        let message = [&header.write()[..], bytes].concat();
        if is_hashed {
            state.hash.add(bytes);
        }
        state.taken += bytes.len();
        if state.taken == state.read.len() {
            state.read.clear();
            state.taken = 0;
        }
        message
    }
}

async fn run(
    inputs: Inputs,
    id: TransferId,
    file: Bytes,
    state: Rc<RefCell<State>>,
    is_over: Rc<Cell<bool>>,
    mut queue: UnboundedReceiver<Job>,
) {
    while let Some(job) = queue.next().await {
        if let Err(error) = step(&inputs, id, &file, &state, &is_over, job).await {
            state.take();
            return inputs.failed(id, DriverError::Unreadable, error);
        }
    }
}

async fn step(
    inputs: &Inputs,
    id: TransferId,
    file: &Bytes,
    state: &RefCell<State>,
    is_over: &Cell<bool>,
    job: Job,
) -> Result<(), JsValue> {
    match job {
        Job::Read(offset, length) => {
            let bytes = read(file, offset, offset + u64::from(length)).await?;
            let length = u32::try_from(bytes.len()).unwrap_or(0);
            let mut state = state.borrow_mut();
            let taken = std::mem::take(&mut state.taken);
            drop(state.read.drain(..taken));
            state.read.extend_from_slice(&bytes);
            drop(state);
            inputs.event(FileEvent::ReadDone(id, length));
            return Ok(());
        }
        Job::Hash(to) => {
            let hash = hash(file, to, is_over).await?;
            state.borrow_mut().hash = hash;
        }
        Job::Digest => {}
    }
    let (to, digest) = state.borrow().hash.digest();
    inputs.event(FileEvent::Hashed { transfer: id, to, digest });
    Ok(())
}
