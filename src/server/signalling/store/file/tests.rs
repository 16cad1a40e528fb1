//! Records of seats are written and read again, whatever the disk does.

use std::path::Path;

use super::*;
use crate::protocol::{PageLoad, PeerId, SeatToken};
use crate::server::signalling::room::{SeatRecord, TokenDigest};

const PATIENCE: Duration = Duration::from_secs(20);

fn record(room: &str, last_page: u32, seats: u32) -> RoomRecord {
    let token = TokenDigest::of(&SeatToken(room.to_owned()));
    let seat = |peer| SeatRecord { peer: PeerId(peer), page: PageLoad(peer), token, issued: vec![] };
    let room = RoomId::from_typed(room).unwrap();
    RoomRecord { room, last_peer: seats, last_page, seats: (1..=seats).map(seat).collect() }
}

/// Opens the store as a server that keeps all seats.
fn open(file: &Path) -> (SeatStore, Vec<RoomRecord>) {
    let (store, mut records) = SeatStore::open(file.to_owned()).unwrap();
    store.write_all(&mut records.clone().into_iter());
    records.sort_by(|a, b| a.room.cmp(&b.room));
    (store, records)
}

/// The records that a server would find; the store is closed when this returns.
fn found(file: &Path) -> Vec<RoomRecord> {
    let (store, records) = open(file);
    store.close(PATIENCE);
    records
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_newest_record_of_each_room_is_read_again_and_empty_rooms_are_gone() {
    let folder = folder();
    let file = folder.path().join("state/seats.jsonl");
    let (store, none) = open(&file);
    assert_eq!(none, []);
    for record in [record("1", 1, 1), record("2", 1, 1), record("1", 2, 2), record("2", 1, 0)] {
        store.write(record);
    }
    store.close(PATIENCE);
    let (store, records) = open(&file);
    assert_eq!(records, [record("1", 2, 2)]);
    store.write(record("3", 1, 1));
    store.close(PATIENCE);
    assert_eq!(found(&file), [record("1", 2, 2), record("3", 1, 1)]);
}

#[test]
fn a_line_cut_off_and_lines_of_nonsense_cost_only_themselves() {
    let folder = folder();
    let file = folder.path().join("seats.jsonl");
    let whole = lines([record("1", 1, 1)].iter());
    fs::write(&file, format!("nonsense\n{{}}\n\u{fffd}\n{whole}{}", &whole[..whole.len() / 2])).unwrap();
    assert_eq!(found(&file), [record("1", 1, 1)]);
}

#[test]
fn older_lines_of_a_room_are_passed_over_unread() {
    let folder = folder();
    let file = folder.path().join("seats.jsonl");
    let older = "{\"room\":\"1\",\"seats\":\"nonsense\"}\n".repeat(1_000);
    let gone = lines([record("2", 1, 1), record("2", 2, 0)].iter());
    fs::write(&file, older.clone() + &gone + &lines([record("1", 1, 1)].iter())).unwrap();
    let book = Book::new(file.clone());
    assert_eq!(book.read().unwrap(), (vec![record("1", 1, 1)], 0));
    fs::write(&file, older).unwrap();
    assert_eq!(book.read().unwrap(), (vec![], 1_000));
}

#[test]
fn the_file_stays_small_however_often_a_room_changes() {
    let folder = folder();
    let file = folder.path().join("seats.jsonl");
    let mut book = Book::new(file.clone());
    for page in 0..5_000 {
        let record = record("1", page, 2);
        book.write(HashMap::from([(record.room.clone(), record)]));
    }
    assert!(fs::metadata(&file).unwrap().len() < 2 * SMALL as u64);
    assert_eq!(found(&file), [record("1", 4_999, 2)]);
}

/// Checks the file as after the pause.
fn look_later(book: &mut Book) {
    book.next_look = None;
    book.look();
}

/// Writes one change, as the thread does.
fn change(book: &mut Book, room: &str) {
    let record = record(room, 1, 1);
    book.look();
    book.write(HashMap::from([(record.room.clone(), record)]));
}

#[test]
fn after_a_disk_that_refused_all_is_there_again() {
    let folder = folder();
    let path = folder.path().join("away");
    let file = path.join("seats.jsonl");
    let mut book = Book::new(file.clone());
    fs::write(&path, "in the way").unwrap();
    change(&mut book, "1");
    assert!(book.failing);
    fs::remove_file(&path).unwrap();
    change(&mut book, "2");
    assert!(!book.failing);
    assert_eq!(found(&file), [record("1", 1, 1), record("2", 1, 1)]);
}

#[cfg(unix)]
#[test]
fn what_is_old_is_not_left_on_a_disk_that_refuses() {
    let folder = folder();
    let file = folder.path().join("seats.jsonl");
    let record = record("1", 1, 1);
    // A device that is always full.
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    let full = fs::OpenOptions::new().write(true).open(&file).unwrap();
    let mut book = Book { file: Some(full), ..Book::new(file.clone()) };
    book.look();
    book.write(HashMap::from([(record.room.clone(), record)]));
    assert!(book.failing && fs::symlink_metadata(&file).is_err());
}

#[test]
fn a_file_or_folder_that_somebody_removed_or_changed_is_written_anew() {
    let folder = folder();
    let path = folder.path().join("state");
    let file = path.join("seats.jsonl");
    let mut book = Book::new(file.clone());
    change(&mut book, "1");
    let spoil: [(&str, &dyn Fn()); 4] = [
        ("file removed", &|| fs::remove_file(&file).unwrap()),
        ("folder removed", &|| fs::remove_dir_all(&path).unwrap()),
        ("emptied", &|| drop(File::create(&file).unwrap())),
        ("replaced", &|| {
            fs::write(path.join("other"), fs::read(&file).unwrap()).unwrap();
            fs::rename(path.join("other"), &file).unwrap();
        }),
    ];
    for (how, spoil) in spoil {
        spoil();
        look_later(&mut book);
        assert!(book.file.is_none(), "{how}");
        // No record has changed; only a check was due.
        book.write(HashMap::new());
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text, lines([record("1", 1, 1)].iter()), "{how}");
        look_later(&mut book);
        assert!(book.file.is_some(), "{how}");
    }
    // No check within the pause, and a longer pause after a change: another server may do the same.
    fs::remove_file(&file).unwrap();
    book.look();
    assert!(book.file.is_some());
    look_later(&mut book);
    assert!(book.file.is_none());
    assert!(book.next_look.unwrap() > Instant::now() + LOOK_PAUSE);
    book.write(HashMap::new());
    assert!(file.exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn a_server_that_ends_does_not_take_the_file_back_from_the_next_one() {
    let folder = folder();
    let file = folder.path().join("seats.jsonl");
    let (ending, _) = open(&file);
    ending.write(record("1", 1, 1));
    ending.let_go();
    let (next, _) = open(&file);
    next.write(record("2", 1, 1));
    next.close(PATIENCE);
    ending.write(record("3", 1, 1));
    ending.close(PATIENCE);
    assert!(found(&file).iter().all(|record| record.room.as_str() != "3"));
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let file = folder.path().join("seats.jsonl");
    found(&file);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_folder_that_takes_no_file_is_an_error_and_nothing_worse() {
    let folder = folder();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    assert!(SeatStore::open(in_the_way.join("seats.jsonl")).is_err());
}
