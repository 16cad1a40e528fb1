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
//! as it takes a file again, all is written.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{info, warn};

use super::room::RoomRecord;
use crate::protocol::RoomId;

/// Pause before another try on a disk that refused.
const RETRY: Duration = Duration::from_secs(5);
/// A file smaller than this is not worth writing anew.
const SMALL: usize = 64 * 1024;

/// The way to the writing thread; clones are the same ledger. The default keeps nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger(Option<Arc<Desk>>);

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
}

impl Ledger {
    /// Reads what `file` holds and starts the thread that writes to it.
    ///
    /// # Errors
    /// If the file cannot be read, or its folder takes no file.
    pub(super) fn open(file: PathBuf) -> io::Result<(Self, Vec<RoomRecord>)> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut book =
            Book { path: file, rooms: HashMap::new(), file: None, bytes: 0, least: 0, failing: false };
        book.read()?;
        book.write_anew()?;
        let records = book.rooms.values().cloned().collect();
        let desk = Arc::new(Desk::default());
        let writer = desk.clone();
        thread::Builder::new().name("ledger".into()).spawn(move || writer.serve(book))?;
        Ok((Self(Some(desk)), records))
    }

    /// Has a room written down, with what `record` makes if this ledger keeps anything.
    pub(super) fn write(&self, record: impl FnOnce() -> Option<RoomRecord>) {
        let Some(desk) = &self.0 else { return };
        if let Some(record) = record() {
            desk.lock().waiting.insert(record.room.clone(), record);
            desk.more.notify_one();
        }
    }

    /// Waits until all is written, but not longer than `patience`, and ends the thread.
    pub(super) fn close(&self, patience: Duration) {
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
                let patience = if book.failing { RETRY } else { Duration::MAX };
                let (woken, waited) =
                    self.more.wait_timeout(work, patience).unwrap_or_else(PoisonError::into_inner);
                work = woken;
                if waited.timed_out() {
                    break;
                }
            }
            if work.closing && work.waiting.is_empty() {
                return;
            }
            let changed = std::mem::take(&mut work.waiting);
            work.writing = true;
            drop(work);
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
}

impl Book {
    fn read(&mut self) -> io::Result<()> {
        let text = match fs::read(&self.path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut unreadable = 0;
        // What follows the last end of line was cut off while it was written.
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match serde_json::from_str(line) {
                Ok(record) => self.note(record),
                Err(_) => unreadable += 1,
            }
        }
        if unreadable > 0 {
            warn!(file = %self.path.display(), lines = unreadable, "lines that are no seats were passed over");
        }
        Ok(())
    }

    fn note(&mut self, record: RoomRecord) {
        if record.seats.is_empty() {
            self.rooms.remove(&record.room);
        } else {
            self.rooms.insert(record.room.clone(), record);
        }
    }

    fn write(&mut self, changed: HashMap<RoomId, RoomRecord>) {
        let lines = lines(changed.values());
        changed.into_values().for_each(|record| self.note(record));
        let written = match &mut self.file {
            Some(file) if self.bytes < SMALL + 4 * self.least => file.write_all(lines.as_bytes()),
            _ => self.write_anew(),
        };
        self.bytes += lines.len();
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
        let beside = self.path.with_extension("new");
        let text = lines(self.rooms.values());
        let mut file = private(&beside)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&beside, &self.path)?;
        (self.file, self.bytes, self.least) = (Some(file), text.len(), text.len());
        Ok(())
    }
}

fn lines<'a>(records: impl Iterator<Item = &'a RoomRecord>) -> String {
    // No map with other than text keys, and no Serialize that fails, is inside.
    records.filter_map(|record| serde_json::to_string(record).ok()).map(|line| line + "\n").collect()
}

/// An empty file for nobody else's eyes: room numbers are in it.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Page, PeerId, SeatToken};
    use crate::server::room::{SeatRecord, TokenDigest};

    const PATIENCE: Duration = Duration::from_secs(20);

    fn record(room: &str, last_page: u32, seats: u32) -> RoomRecord {
        let token = TokenDigest::of(&SeatToken(room.to_owned()));
        let seat = |peer| SeatRecord { peer: PeerId(peer), page: Page(peer), token, issued: vec![] };
        let room = RoomId::from_typed(room).unwrap();
        RoomRecord { room, last_peer: seats, last_page, seats: (1..=seats).map(seat).collect() }
    }

    fn open(file: &Path) -> (Ledger, Vec<RoomRecord>) {
        let (ledger, mut records) = Ledger::open(file.to_owned()).unwrap();
        records.sort_by(|a, b| a.room.cmp(&b.room));
        (ledger, records)
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn the_newest_record_of_each_room_is_read_again_and_empty_rooms_are_gone() {
        let folder = folder();
        let file = folder.path().join("state/seats.jsonl");
        let (ledger, none) = open(&file);
        assert_eq!(none, []);
        for record in [record("1", 1, 1), record("2", 1, 1), record("1", 2, 2), record("2", 1, 0)] {
            ledger.write(|| Some(record));
        }
        ledger.close(PATIENCE);
        let (ledger, records) = open(&file);
        assert_eq!(records, [record("1", 2, 2)]);
        ledger.write(|| Some(record("3", 1, 1)));
        ledger.close(PATIENCE);
        assert_eq!(open(&file).1, [record("1", 2, 2), record("3", 1, 1)]);
    }

    #[test]
    fn a_line_cut_off_and_lines_of_nonsense_cost_only_themselves() {
        let folder = folder();
        let file = folder.path().join("seats.jsonl");
        let whole = lines([record("1", 1, 1)].iter());
        fs::write(&file, format!("nonsense\n{{}}\n\u{fffd}\n{whole}{}", &whole[..whole.len() / 2])).unwrap();
        assert_eq!(open(&file).1, [record("1", 1, 1)]);
    }

    #[test]
    fn the_file_stays_small_however_often_a_room_changes() {
        let folder = folder();
        let file = folder.path().join("seats.jsonl");
        let mut book = Book {
            path: file.clone(),
            rooms: HashMap::new(),
            file: None,
            bytes: 0,
            least: 0,
            failing: false,
        };
        for page in 0..5_000 {
            let record = record("1", page, 2);
            book.write(HashMap::from([(record.room.clone(), record)]));
        }
        assert!(fs::metadata(&file).unwrap().len() < 2 * SMALL as u64);
        assert_eq!(open(&file).1, [record("1", 4_999, 2)]);
    }

    #[test]
    fn after_a_disk_that_refused_all_is_there_again() {
        let folder = folder();
        let path = folder.path().join("away");
        let file = path.join("seats.jsonl");
        let mut book = Book {
            path: file.clone(),
            rooms: HashMap::new(),
            file: None,
            bytes: 0,
            least: 0,
            failing: false,
        };
        let change = |book: &mut Book, room: &str| {
            let record = record(room, 1, 1);
            book.write(HashMap::from([(record.room.clone(), record)]));
        };
        change(&mut book, "1");
        assert!(book.failing);
        fs::create_dir(&path).unwrap();
        change(&mut book, "2");
        assert!(!book.failing);
        assert_eq!(open(&file).1, [record("1", 1, 1), record("2", 1, 1)]);
    }

    #[test]
    fn what_is_old_is_not_left_on_a_disk_that_refuses() {
        let folder = folder();
        let file = folder.path().join("seats.jsonl");
        let record = record("1", 1, 1);
        // A device that is always full.
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        fs::write(&file, lines([&record].into_iter())).unwrap();
        let mut book = Book {
            path: file.clone(),
            rooms: HashMap::new(),
            file: Some(full),
            bytes: 0,
            least: 0,
            failing: false,
        };
        book.write(HashMap::from([(record.room.clone(), record)]));
        assert!(book.failing && !file.exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_on_the_machine_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let file = folder.path().join("seats.jsonl");
        drop(open(&file));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_that_takes_no_file_is_an_error_and_nothing_worse() {
        let folder = folder();
        let in_the_way = folder.path().join("file");
        fs::write(&in_the_way, "").unwrap();
        assert!(Ledger::open(in_the_way.join("seats.jsonl")).is_err());
    }
}
