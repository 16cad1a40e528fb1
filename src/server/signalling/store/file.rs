//! The seat store: taken seats on disk, so that a restarted server knows them, even after `kill -9`.
//!
//! Why a file: tokens signed by the server would prove a seat after a restart too, but a server without records
//! cannot tell a room that waits for two people from an empty one. It would either let other people in between or
//! make every newcomer wait. With records, every seat is away, as after a lost socket, and is kept for the usual
//! grace period.
//!
//! How: one line for every changed room, the newest counts, appended by a thread of its own; no socket ever waits for
//! the disk. After a kill between a change and its line, the peer gets a new seat instead of its old one. Nothing is
//! synced: a machine that loses power loses the network paths of its calls as well. A file that has grown enough is
//! rewritten beside the old one, which it then replaces. On a full or missing disk the file is removed, because seats
//! kept for outdated tokens would be worse than none; as soon as the disk takes a file again, all records are
//! written. The same happens if another process removes or changes the file or its folder: the file is checked before
//! a write, once a second at most, and every few seconds without one.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tempfile::NamedTempFile;
use tracing::{info, warn};

use crate::protocol::RoomId;
use crate::server::net::private_file;
use crate::server::signalling::room::RoomRecord;
use crate::server::signalling::store::RoomStore;

/// Interval of checks of the file without writes, and of retries on a disk that refused.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Least time between two checks; each makes two system calls, which cost more than the write itself.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Least time between a change by another process and the next check.
const SPOILED_PAUSE: Duration = Duration::from_secs(60);
/// Bytes below which a file is not worth rewriting.
const SMALL: usize = 64 * 1024;

/// A handle of the writing thread; clones are the same store.
#[derive(Clone, Debug)]
pub(crate) struct SeatStore(Arc<Desk>);

/// Records that wait for the writing thread.
#[derive(Debug, Default)]
struct Desk {
    work: Mutex<Work>,
    more: Condvar,
    done: Condvar,
    failing: AtomicBool,
}

#[derive(Debug, Default)]
struct Work {
    /// The newest record of each room, so never more than there are rooms.
    waiting: HashMap<RoomId, RoomRecord>,
    writing: bool,
    closing: bool,
    let_go: bool,
}

impl SeatStore {
    /// Reads `file` and starts the thread that writes to it. Records in it stay there until the caller passes all
    /// that still hold, at once, to [`RoomStore::write_all`].
    ///
    /// # Errors
    /// If the file cannot be read, or its folder takes no file.
    pub(crate) fn open(file: PathBuf) -> io::Result<(Self, Vec<RoomRecord>)> {
        let mut book = Book::new(file);
        let (records, _) = book.read()?;
        if records.is_empty() {
            book.write_anew()?;
        } else {
            // Rewriting a large file takes a while and must not delay the start: the thread does it.
            book.begin_anew()?;
        }
        let desk = Arc::new(Desk::default());
        let writer = desk.clone();
        thread::Builder::new().name("seat-store".into()).spawn(move || writer.serve(book))?;
        Ok((Self(desk), records))
    }

    /// Whether the last write failed, so that a restart would take the seats away.
    pub(crate) fn is_failing(&self) -> bool {
        self.0.failing.load(Ordering::Relaxed)
    }

    /// Leaves the file to the next server. That one may start as soon as the ports are free, while connections of this
    /// one still end.
    pub(crate) fn let_go(&self) {
        self.0.lock().let_go = true;
    }

    /// Waits until all is written, for `patience` at most, and ends the thread.
    pub(crate) fn close(&self, patience: Duration) {
        self.0.lock().closing = true;
        self.0.more.notify_one();
        let busy = |work: &mut Work| work.writing || !work.waiting.is_empty();
        drop(self.0.done.wait_timeout_while(self.0.lock(), patience, busy));
    }
}

impl RoomStore for SeatStore {
    /// Queues the record of a room.
    fn write(&self, record: RoomRecord) {
        self.0.lock().waiting.insert(record.room.clone(), record);
        self.0.more.notify_one();
    }

    /// Queues many records at once, and wakes the thread once.
    fn write_all(&self, records: &mut dyn Iterator<Item = RoomRecord>) {
        let mut work = self.0.lock();
        work.waiting.reserve(records.size_hint().1.unwrap_or_default());
        work.waiting.extend(records.map(|record| (record.room.clone(), record)));
        drop(work);
        self.0.more.notify_one();
    }
}

impl Desk {
    fn serve(&self, mut book: Book) {
        loop {
            let mut work = self.lock();
            work.writing = false;
            self.done.notify_all();
            while work.waiting.is_empty() && !work.closing {
                let (woken, waited) =
                    self.more.wait_timeout(work, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner);
                work = woken;
                // Until the records that were read come back, there is nothing to check or to retry.
                if waited.timed_out() && (book.file.is_some() || book.failing) {
                    break;
                }
            }
            if work.closing && work.waiting.is_empty() {
                return;
            }
            let changed = std::mem::take(&mut work.waiting);
            let is_ours = !work.let_go;
            work.writing = true;
            drop(work);
            if is_ours {
                book.look();
            }
            book.write(changed);
            self.failing.store(book.failing, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file and the records in it.
struct Book {
    path: PathBuf,
    rooms: HashMap<RoomId, RoomRecord>,
    /// `None` if the file has to be rewritten first.
    file: Option<File>,
    bytes: usize,
    /// Size after the last rewrite.
    least: usize,
    /// The last write failed.
    failing: bool,
    /// Earliest time of the next check.
    next_look: Option<Instant>,
}

/// The room of a line, which tells whether a newer line has replaced it.
#[derive(Deserialize)]
struct Heading<'a> {
    #[serde(borrow)]
    room: Cow<'a, str>,
}

impl Book {
    fn new(path: PathBuf) -> Self {
        Self { path, rooms: HashMap::new(), file: None, bytes: 0, least: 0, failing: false, next_look: None }
    }

    /// Reads the newest line of each room, skips older ones, and counts the unreadable lines.
    fn read(&self) -> io::Result<(Vec<RoomRecord>, usize)> {
        let text = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(error),
        };
        let (mut newest, mut unreadable) = (HashMap::<_, RoomRecord>::new(), 0);
        // Text after the last line feed was cut off while it was written.
        for line in text.rsplit(|byte| *byte == b'\n').skip(1) {
            let Ok(Heading { room }) = serde_json::from_slice(line) else {
                unreadable += 1;
                continue;
            };
            let Entry::Vacant(place) = newest.entry(room) else { continue };
            match serde_json::from_slice(line) {
                Ok(record) => _ = place.insert(record),
                Err(_) => unreadable += 1,
            }
        }
        if unreadable > 0 {
            warn!(file = %self.path.display(), lines = unreadable, "lines that are no seats were passed over");
        }
        Ok((newest.into_values().filter(|record| !record.seats.is_empty()).collect(), unreadable))
    }

    fn note(&mut self, record: RoomRecord) {
        if record.seats.is_empty() {
            self.rooms.remove(&record.room);
        } else {
            self.rooms.insert(record.room.clone(), record);
        }
    }

    /// Checks that the file is as it was left, and has it rewritten if not.
    ///
    /// Checks are spaced out, further after a change by another process: a second server with the same file would
    /// rewrite it as often.
    fn look(&mut self) {
        let Some(file) = &self.file else { return };
        let now = Instant::now();
        if self.next_look.is_some_and(|moment| now < moment) {
            return;
        }
        self.next_look = Some(now + LOOK_PAUSE);
        let is_as_left =
            |there: Metadata, own: Metadata| is_same(&there, &own) && own.len() == self.bytes as u64;
        let found = fs::metadata(&self.path).and_then(|there| Ok(is_as_left(there, file.metadata()?)));
        if !found.unwrap_or_default() {
            warn!(file = %self.path.display(), "the file of the seats was removed or changed by somebody else: it is written anew");
            self.file = None;
            self.next_look = Some(now + SPOILED_PAUSE);
        }
    }

    fn write(&mut self, changed: HashMap<RoomId, RoomRecord>) {
        let lines = lines(changed.values());
        changed.into_values().for_each(|record| self.note(record));
        let written = match &mut self.file {
            Some(file) if self.bytes < SMALL + 4 * self.least => {
                self.bytes += lines.len();
                file.write_all(lines.as_bytes())
            }
            _ => self.write_anew(),
        };
        match written {
            Ok(()) if self.failing => info!("seats are written down again"),
            Ok(()) => {}
            Err(error) => {
                if !self.failing {
                    warn!(%error, file = %self.path.display(), "seats cannot be written down; they would not outlive a restart");
                }
                // The file may end in half a line, and old records would keep seats for people with newer tokens.
                self.file = None;
                drop(fs::remove_file(&self.path));
            }
        }
        self.failing = self.file.is_none();
    }

    fn write_anew(&mut self) -> io::Result<()> {
        self.file = None;
        let mut new = self.begin_anew()?;
        let text = lines(self.rooms.values());
        new.write_all(text.as_bytes())?;
        let file = new.persist(&self.path)?;
        (self.file, self.bytes, self.least) = (Some(file), text.len(), text.len());
        Ok(())
    }

    /// Creates the file that will replace the old one, and the folder if it is missing.
    fn begin_anew(&self) -> io::Result<NamedTempFile> {
        if let Some(folder) = self.path.parent() {
            private_file::make_folder(folder)?;
        }
        private_file::beside(&self.path)
    }
}

fn lines<'a>(records: impl Iterator<Item = &'a RoomRecord>) -> String {
    let mut text = Vec::new();
    for record in records {
        // Cannot fail: all keys are text, no `Serialize` here returns an error, and no disk is involved.
        if serde_json::to_writer(&mut text, record).is_ok() {
            text.push(b'\n');
        }
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Whether a path leads to the open file.
#[cfg(unix)]
fn is_same(there: &Metadata, own: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (there.dev(), there.ino()) == (own.dev(), own.ino())
}

#[cfg(not(unix))]
fn is_same(there: &Metadata, own: &Metadata) -> bool {
    there.len() == own.len()
}
