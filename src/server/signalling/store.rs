//! Which seats are taken, on disk, so that a server that is started again, also after `kill -9`, knows them.
//!
//! Why a file: tokens that the server signs would let everybody prove their seat after a restart, but a server
//! that knows nothing else cannot tell a room that waits for two people from an empty one, and would either let
//! strangers in between or make every newcomer wait. With the seats on disk there is nothing to settle: all of
//! them are away, as after a lost socket, and are kept for the usual grace.
//!
//! How: a line for every room that changed, the newest counts, appended by a thread of its own; no socket ever
//! waits for the disk. What is killed within the moment between a change and its line finds a new seat instead
//! of its old one. Nothing is synced: a machine that loses power loses its calls' paths as well. When the file
//! has grown enough it is written anew beside the old one, which it then replaces. On a disk that is full or gone
//! the file is removed, because seats kept for proofs that nobody has any more would be worse than none; as soon
//! as it takes a file again, all is written. So it is when somebody else removed the file or its folder, or changed
//! it: that is looked for before a write, once a second at most, and every few seconds without one.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tracing::{info, warn};

use super::room::RoomRecord;
use crate::protocol::RoomId;
use crate::server::net::private_file;

/// Pause before another look at the file, or another try on a disk that refused.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Time after a look in which there is no other; each asks the system twice, which costs more than the write itself.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Time after somebody else has changed the file in which it is not looked at again.
const SPOILED_PAUSE: Duration = Duration::from_secs(60);
/// A file smaller than this is not worth writing anew.
const SMALL: usize = 64 * 1024;

/// The way to the writing thread; clones are the same store. The default keeps nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeatStore(Option<Arc<Desk>>);

/// What waits to be written, and whether all of it has been.
#[derive(Debug, Default)]
struct Desk {
    work: Mutex<Work>,
    more: Condvar,
    done: Condvar,
}

#[derive(Debug, Default)]
struct Work {
    /// The newest record of each room; so there is never more than the rooms there are.
    waiting: HashMap<RoomId, RoomRecord>,
    writing: bool,
    closing: bool,
    let_go: bool,
}

impl SeatStore {
    /// Reads what `file` holds and starts the thread that writes to it. The file stays as it is until the caller has
    /// written all records that are still true, at once ([`SeatStore::write_all`]).
    ///
    /// # Errors
    /// If the file cannot be read, or its folder takes no file.
    pub(crate) fn open(file: PathBuf) -> io::Result<(Self, Vec<RoomRecord>)> {
        let mut book = Book::new(file);
        let (records, _) = book.read()?;
        if records.is_empty() {
            book.write_anew()?;
        } else {
            // A large one takes a while, in which nobody is to wait for the server: the thread writes it.
            book.begin_anew()?;
        }
        let desk = Arc::new(Desk::default());
        let writer = desk.clone();
        thread::Builder::new().name("seat-store".into()).spawn(move || writer.serve(book))?;
        Ok((Self(Some(desk)), records))
    }

    /// Has a room written down, with what `record` makes if this store keeps anything.
    pub(crate) fn write(&self, record: impl FnOnce() -> Option<RoomRecord>) {
        let Some(desk) = &self.0 else { return };
        if let Some(record) = record() {
            desk.lock().waiting.insert(record.room.clone(), record);
            desk.more.notify_one();
        }
    }

    /// Has many rooms written down at once, for which the thread wakes up once.
    pub(crate) fn write_all(&self, records: impl Iterator<Item = RoomRecord>) {
        let Some(desk) = &self.0 else { return records.for_each(drop) };
        let mut work = desk.lock();
        work.waiting.reserve(records.size_hint().1.unwrap_or_default());
        work.waiting.extend(records.map(|record| (record.room.clone(), record)));
        drop(work);
        desk.more.notify_one();
    }

    /// Leaves the file to whoever takes it from now on: the next server may start before this one has ended.
    pub(crate) fn let_go(&self) {
        let Some(desk) = &self.0 else { return };
        desk.lock().let_go = true;
    }

    /// Waits until all is written, but not longer than `patience`, and ends the thread.
    pub(crate) fn close(&self, patience: Duration) {
        let Some(desk) = &self.0 else { return };
        desk.lock().closing = true;
        desk.more.notify_one();
        let busy = |work: &mut Work| work.writing || !work.waiting.is_empty();
        drop(desk.done.wait_timeout_while(desk.lock(), patience, busy));
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
                // The records that were read are not written again yet if nothing else is.
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
        }
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file and what it says.
struct Book {
    path: PathBuf,
    rooms: HashMap<RoomId, RoomRecord>,
    /// `None` if the file has to be written anew before anything else.
    file: Option<File>,
    bytes: usize,
    /// The size when it was written anew last.
    least: usize,
    /// The disk refused last time.
    failing: bool,
    /// The file is not looked at before then.
    next_look: Option<Instant>,
}

/// What tells of a line whether a newer one has replaced it.
#[derive(Deserialize)]
struct Heading<'a> {
    #[serde(borrow)]
    room: Cow<'a, str>,
}

impl Book {
    fn new(path: PathBuf) -> Self {
        Self { path, rooms: HashMap::new(), file: None, bytes: 0, least: 0, failing: false, next_look: None }
    }

    /// Reads the newest line of each room and passes the older ones over; tells how many lines it could not read.
    fn read(&self) -> io::Result<(Vec<RoomRecord>, usize)> {
        let text = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(error),
        };
        let (mut newest, mut unreadable) = (HashMap::<_, RoomRecord>::new(), 0);
        // What follows the last end of line was cut off while it was written.
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

    /// Notices that the file is not there any more as it was left, so that it is written anew.
    ///
    /// Not again for a moment, and for longer where it was changed: another server with the same file would write it
    /// anew as often.
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
                // Half a line may be there, and what is old would keep seats for people who have newer proofs.
                self.file = None;
                drop(fs::remove_file(&self.path));
            }
        }
        self.failing = self.file.is_none();
    }

    fn write_anew(&mut self) -> io::Result<()> {
        self.file = None;
        let (mut file, beside) = self.begin_anew()?;
        let text = lines(self.rooms.values());
        file.write_all(text.as_bytes())?;
        fs::rename(&beside, &self.path)?;
        (self.file, self.bytes, self.least) = (Some(file), text.len(), text.len());
        Ok(())
    }

    /// Makes the file that is to replace the old one, and the folder if it is not there.
    fn begin_anew(&self) -> io::Result<(File, PathBuf)> {
        if let Some(folder) = self.path.parent() {
            private_file::make_folder(folder)?;
        }
        let beside = self.path.with_extension("new");
        Ok((private_file::create(&beside)?, beside))
    }
}

fn lines<'a>(records: impl Iterator<Item = &'a RoomRecord>) -> String {
    let mut text = Vec::new();
    for record in records {
        // No map with other than text keys, no Serialize that fails, and no disk is inside.
        if serde_json::to_writer(&mut text, record).is_ok() {
            text.push(b'\n');
        }
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Whether a path leads to the file that is open.
#[cfg(unix)]
fn is_same(there: &Metadata, own: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (there.dev(), there.ino()) == (own.dev(), own.ino())
}

#[cfg(not(unix))]
fn is_same(there: &Metadata, own: &Metadata) -> bool {
    there.len() == own.len()
}
