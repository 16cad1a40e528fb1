//! A peer that keeps to no rule, and files and disks that fail.

use super::super::credit::MOST_WINDOW;
use super::super::list::MOST_ENDED;
use super::super::*;
use super::model::{Source, World, chunk, control, peer};
use crate::protocol::files::{MAX_FILE_CONTROL_IN_WINDOW, MAX_FILES_BYTES};

const KEY: TransferKey = TransferKey { life: 77, number: 1 };

/// A page, and a peer whose messages the test makes up.
fn alone() -> World {
    World::new(2, vec![Source::new("a.bin", 100_000, 3)])
}

fn offer(name: &str, size: u64) -> FileMsg {
    FileMsg::Offer { file: FileInfo { name: name.into(), size, modified: 1 } }
}

/// A page that has accepted a file, ready for chunks of it.
fn accepted(size: u64) -> World {
    let mut world = alone();
    world.give(0, 1, &control(KEY, offer("x", size)));
    world.event(1, FileEvent::Accept(world.first(1)));
    while world.answer(1) {}
    world.give(0, 1, &control(KEY, FileMsg::Begin { offset: 0 }));
    assert_eq!(world.states(1), [TransferState::Going]);
    world
}

fn dropped(world: &World, page: usize) -> Dropped {
    world.pages[page].files.view(world.now).dropped.first().map(|one| one.1).unwrap_or_default()
}

fn failed(reason: FailReason) -> [TransferState; 1] {
    [TransferState::Failed { reason, there: false }]
}

const END: FileMsg = FileMsg::End { digest: FileDigest([0; 32]) };

#[test]
fn a_size_that_is_a_lie_is_refused() {
    let mut world = accepted(10);
    world.give(0, 1, &chunk(KEY, 0, b"1234567"));
    world.give(0, 1, &chunk(KEY, 7, b"more than three"));
    assert_eq!(world.states(1), failed(FailReason::TooLong));
    assert!(world.pages[1].disk.is_empty() && world.pages[1].kept.is_empty());

    let mut world = accepted(10);
    world.give(0, 1, &chunk(KEY, 0, b"1234567"));
    world.give(0, 1, &control(KEY, END));
    assert_eq!(world.states(1), failed(FailReason::TooShort));
}

#[test]
fn a_digest_that_does_not_fit_is_refused() {
    for size in [0_u64, 7] {
        let mut world = accepted(size);
        if size > 0 {
            world.give(0, 1, &chunk(KEY, 0, b"1234567"));
        }
        world.give(0, 1, &control(KEY, END));
        while world.answer(1) {}
        assert_eq!(world.states(1), failed(FailReason::Digest));
        assert!(world.pages[1].disk.is_empty(), "nothing of it stays");
    }
}

#[test]
fn chunks_that_fit_nothing_are_dropped_and_counted() {
    let mut world = accepted(1 << 40);
    let other = TransferKey { number: 2, ..KEY };
    let unaccepted = TransferKey { number: 3, ..KEY };
    world.give(0, 1, &control(unaccepted, offer("y", 10)));
    for message in [
        chunk(other, 0, b"unknown"),
        chunk(unaccepted, 0, b"not accepted"),
        chunk(KEY, 5, b"too far"),
        chunk(KEY, 1 << 39, b"much too far"),
        chunk(KEY, 0, b""),
        vec![0; 3],
        vec![9; 3],
        vec![1],
        vec![],
        chunk(KEY, 0, &vec![0; MAX_FILES_BYTES]),
        control(other, FileMsg::Begin { offset: 0 }),
        control(KEY, FileMsg::Begin { offset: 0 }),
        control(unaccepted, FileMsg::Begin { offset: 0 }),
        control(unaccepted, END),
        control(other, FileMsg::Credit { to: 3 }),
    ]
    .iter()
    .enumerate()
    {
        world.give(0, 1, message.1);
        assert_eq!(dropped(&world, 1).messages as usize, message.0 + 1, "{:?}", message.1.get(..30));
    }
    assert_eq!(world.views()[1][0].bytes, 0);
    world.give(0, 1, &chunk(KEY, 0, b"this one fits"));
    assert_eq!(world.views()[1][0].bytes, 13);
}

#[test]
fn bytes_beyond_the_credit_are_dropped() {
    let mut world = accepted(1 << 40);
    let bytes = vec![0; 16 * 1024];
    for at in 0..1_000 {
        // The disk does not answer.
        world.give(0, 1, &chunk(KEY, at * 16 * 1024, &bytes));
    }
    assert_eq!(world.views()[1][0].bytes, MOST_WINDOW);
    assert!(dropped(&world, 1).messages > 900);
}

#[test]
fn a_peer_that_offers_a_thousand_files_has_few_listed() {
    let mut world = alone();
    for number in 0..1_000 {
        world.give(0, 1, &control(TransferKey { number, ..KEY }, offer("x", 1)));
    }
    let names: Vec<_> = world.views()[1].iter().map(|one| one.name.as_str().to_owned()).collect();
    assert_eq!(names.len(), MOST_OPEN);
    assert_eq!(names[..3], ["x", "x (2)", "x (3)"]);
    assert_eq!(dropped(&world, 1), Dropped { offers: 1_000 - MOST_OPEN as u32, messages: 0 });
    // Also when it takes them back.
    for number in 0..10_000 {
        let key = TransferKey { number, ..KEY };
        world.give(0, 1, &control(key, offer("x", 1)));
        world.give(0, 1, &control(key, FileMsg::Fail { side: Side::Sender, reason: FailReason::Cancelled }));
    }
    assert!(world.views()[1].len() <= MOST_ENDED + MOST_OPEN + 1);
}

#[test]
fn too_many_messages_are_dropped_until_the_window_is_over() {
    let mut world = alone();
    for _ in 0..MAX_FILE_CONTROL_IN_WINDOW + 50 {
        world.give(0, 1, &FileControl::Listed.write());
    }
    assert_eq!(dropped(&world, 1).messages, 50);
    world.now += Duration::from_secs(10);
    world.give(0, 1, &control(KEY, offer("x", 1)));
    assert_eq!(world.states(1), [TransferState::Offered]);
}

#[test]
fn messages_that_fit_nothing_count_within_the_window() {
    for message in [vec![9; 3], chunk(KEY, 0, b"unknown"), vec![]] {
        let mut world = alone();
        for _ in 0..MAX_FILE_CONTROL_IN_WINDOW {
            world.give(0, 1, &message);
        }
        world.give(0, 1, &control(KEY, offer("x", 1)));
        assert_eq!(world.states(1), []);
        assert_eq!(dropped(&world, 1).messages, MAX_FILE_CONTROL_IN_WINDOW + 1);
    }
}

#[test]
fn peers_of_one_key_have_records_of_their_own() {
    let mut world = World::new(3, vec![]);
    for from in 0..2 {
        world.give(from, 2, &control(KEY, offer("x", 100)));
    }
    for one in &world.views()[2] {
        world.event(2, FileEvent::Accept(one.id));
    }
    while world.answer(2) {}
    let peers = |world: &World| world.pages[2].kept.iter().map(|kept| kept.peer).collect::<Vec<_>>();
    assert_eq!(peers(&world), [peer(0), peer(1)]);
    world.event(2, FileEvent::Cancel(world.first(2)));
    assert_eq!(peers(&world), [peer(1)]);
}

#[test]
fn a_receiver_that_lies_ends_or_changes_nothing() {
    let mut world = alone();
    world.accepts = false;
    world.offer(0, &[1], 0);
    let key = TransferKey { life: 1, number: 1 };
    world.give(1, 0, &control(key, FileMsg::Credit { to: 1 << 50 }));
    world.run();
    assert_eq!((world.states(0), world.views()[0][0].bytes), (vec![TransferState::Offered], 0));
    world.give(1, 0, &control(key, FileMsg::Have { offset: 100_001, to: 100_001, digest: None }));
    assert_eq!(world.states(0), failed(FailReason::Broken));

    let mut world = alone();
    world.accepts = false;
    world.offer(0, &[1], 0);
    let digest = Some(FileDigest([1; 32]));
    // Nothing was sent, and so nothing is hashed.
    world.give(1, 0, &control(key, FileMsg::Have { offset: 50_000, to: 100_000, digest }));
    assert_eq!(world.states(0), failed(FailReason::Broken));
    assert!(!world.answer(0));

    let mut world = alone();
    world.accepts = false;
    world.offer(0, &[1], 0);
    world.give(1, 0, &control(key, FileMsg::Have { offset: 0, to: 0, digest: None }));
    world.cut(0, 1);
    world.open(0, 1);
    // What it says to have is compared, and is not what the file begins with.
    world.give(1, 0, &control(key, FileMsg::Have { offset: 50_000, to: 100_000, digest }));
    while world.answer(0) {}
    assert_eq!((world.states(0), world.views()[0][0].bytes), (vec![TransferState::Going], 0));
}

#[test]
fn a_sender_may_begin_anew_once() {
    let mut world = accepted(100);
    for turn in 0..2 {
        world.give(0, 1, &chunk(KEY, 0, b"1234567"));
        world.cut(0, 1);
        world.open(1, 0);
        while world.answer(1) {}
        world.give(0, 1, &control(KEY, FileMsg::Begin { offset: 0 }));
        let state = if turn == 0 { TransferState::Going } else { failed(FailReason::Broken)[0] };
        assert_eq!((world.states(1), world.views()[1][0].bytes > 0), (vec![state], turn == 1));
    }
}

#[test]
fn a_file_that_cannot_be_read_any_more_is_the_end_in_words() {
    for (change, reason) in [
        (
            (|source: &mut Source| source.unreadable_from = Some(70_000)) as fn(&mut Source),
            FailReason::Unreadable,
        ),
        (|source| source.ends_at = Some(70_000), FailReason::Changed),
    ] {
        let mut world = alone();
        change(&mut world.sources[0]);
        world.offer(0, &[1], 0);
        world.run();
        world.check_end();
        assert_eq!(world.states(0), failed(reason));
        assert_eq!(world.states(1), [TransferState::Failed { reason, there: true }]);
    }
}

#[test]
fn a_full_disk_is_the_end_in_words() {
    let mut world = alone();
    world.pages[1].disk_room = Some(70_000);
    world.offer(0, &[1], 0);
    world.run();
    world.check_end();
    assert_eq!(world.states(1), failed(FailReason::Full));
    assert_eq!(world.states(0), [TransferState::Failed { reason: FailReason::Full, there: true }]);
}

#[test]
fn an_offer_stands_when_no_place_was_chosen_and_nobody_answers() {
    let mut world = alone();
    world.accepts = false;
    world.pages[1].refuses = 1;
    world.offer(0, &[1], 0);
    world.run();
    world.event(1, FileEvent::Accept(world.first(1)));
    world.run();
    world.now += Duration::from_secs(100_000);
    world.event(0, FileEvent::Tick);
    world.run();
    assert_eq!([world.states(0), world.states(1)], [[TransferState::Offered]; 2]);
    world.accepts = true;
    world.run();
    world.check_end();
    assert_eq!(world.states(1), [TransferState::Done]);
}

#[test]
fn a_sender_that_vanishes_near_the_end_leaves_nothing() {
    let mut world = accepted(100);
    world.give(0, 1, &chunk(KEY, 0, &[7; 99]));
    world.cut(0, 1);
    assert_eq!(world.states(1), [TransferState::Waiting]);
    world.event(1, FileEvent::Gone(peer(0)));
    assert_eq!(world.states(1), [TransferState::Failed { reason: FailReason::Left, there: true }]);
    assert!(world.pages[1].disk.is_empty() && world.pages[1].kept.is_empty());
}

#[test]
fn a_transfer_that_is_not_known_any_more_is_told_to_be_lost() {
    let mut world = accepted(100);
    // Page 0 has never heard of it.
    world.cut(0, 1);
    world.open_all();
    world.run();
    assert_eq!(world.states(1), [TransferState::Failed { reason: FailReason::Lost, there: true }]);
}
