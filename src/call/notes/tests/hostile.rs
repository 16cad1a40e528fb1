//! A peer that keeps to no rule.

use proptest::prelude::*;

use super::super::link::{MOST_IN_WINDOW, MOST_MESSAGES};
use super::super::*;
use super::model::{World, peer};
use crate::protocol::notes::{EMPTY_STATE_MESSAGE, MAX_NOTES_BYTES, MAX_NOTES_UNITS, MAX_UPDATE_BYTES};

/// A page with a text, and a peer whose messages the test makes up.
pub(super) fn alone() -> World {
    let mut world = World::connected(2);
    world.edit(0, 0, 0, "a text 😀 of mine");
    world.settle();
    world.edit(0, 3, 2, "日本");
    world.settle();
    world
}

pub(super) fn whole(update: &[u8]) -> Vec<u8> {
    [&[3], update].concat()
}

/// The page goes on with others, and takes no more of this one.
pub(super) fn assert_refused(mut world: World) {
    assert_eq!(world.closed, [(0, 1)]);
    assert!(world.pages[0].has_refused());
    assert_eq!(world.pages[0].received(world.now, peer(1), EMPTY_STATE_MESSAGE), []);
    world.closed.clear();
    world.open(0, 1);
    world.append(0, "!");
    assert!(world.pages[0].has_refused());
    world.settle();
    world.assert_equal();
    assert!(!world.pages[0].has_refused(), "they have the same again");
}

#[test]
fn what_was_refused_of_somebody_is_forgotten_when_that_one_is_gone() {
    let mut world = World::connected(3);
    world.give(1, 0, &[]);
    world.give(2, 0, &[]);
    assert_eq!(world.closed, [(0, 1), (0, 2)]);
    world.event(0, NotesEvent::Members(vec![peer(2)]));
    assert!(world.pages[0].has_refused(), "the other is there");
    world.event(0, NotesEvent::Members(vec![]));
    assert!(!world.pages[0].has_refused());
}

#[test]
fn what_is_no_update_closes_the_channel() {
    for message in [
        whole(&[]),
        whole(&[0]),
        whole(&[0, 0, 0]),
        whole(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        vec![1, 2, 3],
        vec![],
        vec![2; MAX_NOTES_BYTES + 1],
    ] {
        let mut world = alone();
        let text = world.text(0).to_owned();
        world.give(1, 0, &message);
        assert_eq!(world.text(0), text);
        assert_refused(world);
    }
}

#[test]
fn an_update_that_does_not_end_is_dropped() {
    let mut world = alone();
    let part = vec![2; MAX_NOTES_BYTES];
    for _ in 0..MAX_UPDATE_BYTES / (MAX_NOTES_BYTES - 1) {
        world.give(1, 0, &part);
    }
    assert_eq!(world.closed, []);
    world.give(1, 0, &part);
    assert_refused(world);
}

#[test]
fn a_flood_closes_the_channel() {
    let mut world = alone();
    (0..MOST_MESSAGES).for_each(|_| world.give(1, 0, EMPTY_STATE_MESSAGE));
    assert_refused(world);

    let mut world = alone();
    world.now += Duration::from_secs(20);
    // Of a kind that it does not know.
    (0..MOST_IN_WINDOW / MAX_NOTES_BYTES).for_each(|_| world.give(1, 0, &[9; MAX_NOTES_BYTES]));
    assert_eq!(world.closed, []);
    world.give(1, 0, &[9; MAX_NOTES_BYTES]);
    assert_refused(world);
}

#[test]
fn whoever_asks_all_the_time_is_answered_from_time_to_time() {
    let mut world = alone();
    world.pass(Duration::from_secs(20));
    world.sent = 0;
    for _ in 0..500 {
        world.now += Duration::from_millis(10);
        world.give(1, 0, EMPTY_STATE_MESSAGE);
        world.ways.values_mut().for_each(|way| way.retain(|message| message[0] != 1));
    }
    let updates: usize = world.ways.values().map(|way| way.len()).sum();
    assert!((4..=7).contains(&updates), "{updates} answers in five seconds");
}

#[test]
fn more_than_there_is_room_for_is_refused() {
    let mut world = alone();
    for client in 1..9 {
        let mut other = Notes::new(client).unwrap();
        let inserted = "z".repeat(60_000);
        other.handle(world.now, NotesEvent::Edited(Splice { at: 0, removed: 0, inserted }));
        for message in NotesFrame::write_update(&other.kept()) {
            if world.closed.is_empty() {
                world.give(1, 0, &message);
            }
        }
    }
    assert!(world.text(0).len() <= 2 * MAX_NOTES_UNITS);
    assert_eq!(world.closed, [(0, 1)]);
}

/// An honest update of several who have edited each other's text.
fn honest() -> Vec<Vec<u8>> {
    let mut world = World::after(20, 3);
    world.open_all();
    for round in 0..4 {
        for page in 0..3 {
            world.edit(page, round, round % 2, ["é", "日本", "😀x"][page]);
        }
        world.settle();
    }
    // With places of clients between each other, and of one alone.
    let mut alone = World::after(30, 1);
    alone.edit(0, 0, 0, "one line");
    alone.edit(0, 3, 2, "");
    vec![world.pages[0].kept(), alone.pages[0].kept()]
}

/// Blocks of clients 1 to 6 that hang on each other in any way, in the form of an update.
fn made() -> impl Strategy<Value = Vec<u8>> {
    let id = || (1_u8..7, 0_u8..9);
    let content = prop_oneof![
        (1_u8..6).prop_map(|length| (1, vec![length])),
        "[a😀日\r]{0,3}".prop_map(|text| (4, [&[text.len() as u8], text.as_bytes()].concat())),
    ];
    let block = (prop::option::of(id()), prop::option::of(id()), content).prop_map(
        |(left, right, (kind, content))| {
            let mut bytes =
                vec![kind | if left.is_some() { 0x80 } else { 0 } | if right.is_some() { 0x40 } else { 0 }];
            left.into_iter().chain(right).for_each(|(client, clock)| bytes.extend([client, clock]));
            if left.is_none() && right.is_none() {
                bytes.extend([1, 1, b'n']);
            }
            bytes.extend(content);
            bytes
        },
    );
    let run = (1_u8..7, 0_u8..3, prop::collection::vec(block, 1..4));
    let range = prop::collection::vec((0_u8..3, 1_u8..5), 1..3).prop_map(|ranges| {
        let mut at = 0;
        let mut place = |(gap, length): (u8, u8)| {
            let start = at + gap;
            at = start + length;
            [start, length]
        };
        ranges.into_iter().map(&mut place).collect::<Vec<_>>()
    });
    let deleted = prop::collection::vec((1_u8..7, range), 0..3);
    (prop::collection::vec(run, 0..5), deleted).prop_map(|(runs, deleted)| {
        let mut bytes = vec![runs.len() as u8];
        for (client, clock, blocks) in runs {
            bytes.extend([blocks.len() as u8, client, clock]);
            bytes.extend(blocks.concat());
        }
        bytes.push(deleted.len() as u8);
        for (client, ranges) in deleted {
            bytes.extend([client, ranges.len() as u8]);
            bytes.extend(ranges.concat());
        }
        bytes
    })
}

/// Whatever was let in, the page works on, and its text goes whole to whoever is honest.
fn assert_works(mut world: World) -> Result<(), TestCaseError> {
    let length = splice::units(world.text(0));
    world.edit(0, length / 2, 1.min(length), "z");
    world.edit(0, 0, 0, "z");
    prop_assert!(!world.text(0).contains('\r'));
    let mut other = World::after(50, 2);
    std::mem::swap(&mut other.pages[0], &mut world.pages[0]);
    other.pages[0].links.clear();
    other.open(0, 1);
    other.settle();
    prop_assert_eq!(&other.closed, &[]);
    prop_assert_eq!(other.text(0), other.text(1));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn changed_bytes_do_no_harm(
        which in 0_usize..2,
        has_text in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..5), 1..6),
    ) {
        let mut update = honest().swap_remove(which);
        for (at, byte, change) in changes {
            let at = at.index(update.len());
            match change {
                0 => update[at] = byte,
                1 => update[at] ^= 1 << (byte % 8),
                2 => update.insert(at, byte),
                3 => _ = update.remove(at),
                _ => update.truncate(at.max(1)),
            }
            if update.is_empty() {
                break;
            }
        }
        let mut world = if has_text { alone() } else { World::connected(2) };
        world.give(1, 0, &whole(&update));
        assert_works(world)?;
    }

    #[test]
    fn blocks_that_hang_on_each_other_in_any_way_do_no_harm(updates in prop::collection::vec(made(), 1..4)) {
        let mut world = alone();
        for update in updates {
            if world.closed.is_empty() {
                world.give(1, 0, &whole(&update));
            }
        }
        assert_works(world)?;
    }

    #[test]
    fn any_state_does_no_harm(clients in prop::collection::vec((0_u64..9, any::<u32>()), 0..5), deleted: u64) {
        let mut world = alone();
        let own = world.pages[0].document.state().clients[0].0;
        let mut state = NotesState { deleted, clients: vec![] };
        clients.into_iter().for_each(|(client, clock)| {
            state.raise(if client == 0 { own } else { client }, clock % 30);
        });
        world.give(1, 0, &state.write());
        assert_works(world)?;
    }

    #[test]
    fn any_bytes_do_no_harm(message in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut world = alone();
        world.give(1, 0, &message);
        assert_works(world)?;
    }
}
