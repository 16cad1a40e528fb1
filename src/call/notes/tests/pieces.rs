//! Texts of many pieces, of many clients, and what they cost.

use super::super::update::MOST_BLOCKS;
use super::super::*;
use super::hostile::{alone, assert_refused, whole};
use super::model::World;
use crate::protocol::notes::{MAX_NOTES_CLIENTS, MAX_NOTES_UNITS};

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn numbers(out: &mut Vec<u8>, all: &[u64]) {
    all.iter().for_each(|one| number(out, *one));
}

const MOST: u64 = MOST_BLOCKS as u64;
/// In the place of a block's flags: the id that follows is of what stands before it, or behind it.
const LEFT: u8 = 0x84;
const RIGHT: u8 = 0x44;

type Beside = Option<(u8, u64, u64)>;

/// So many blocks of this text of each of so many clients, each beside what `beside` says by client and block.
fn lattice(clients: u64, blocks: u64, text: &str, beside: impl Fn(u64, u64) -> Beside) -> Vec<u8> {
    let mut out = vec![];
    number(&mut out, clients);
    for client in 0..clients {
        numbers(&mut out, &[blocks, client, 0]);
        for block in 0..blocks {
            match beside(client, block) {
                Some((side, client, clock)) => {
                    out.push(side);
                    numbers(&mut out, &[client, clock]);
                }
                None => out.extend([4, 1, 1, b'n']),
            }
            number(&mut out, text.len() as u64);
            out.extend(text.bytes());
        }
    }
    out.push(0);
    out
}

/// Blocks of one client, none beside another.
fn many(blocks: u64, text: &str) -> Vec<u8> {
    lattice(1, blocks, text, |_, _| None)
}

fn give_whole(world: &mut World, update: &[u8]) {
    for message in NotesFrame::write_update(update) {
        world.give(1, 0, &message);
    }
}

/// What the page keeps for a reload is all that it has.
fn assert_keeps(world: &World) {
    let kept = world.pages[0].kept();
    assert!(Notes::new(1 << 50).unwrap().with(&kept).text() == world.text(0));
}

#[test]
fn updates_that_wait_for_each_other_are_merged() {
    for (clients, blocks) in [(2, MOST / 2), (500, MOST / 500)] {
        // The first block of all is the last client's, and each waits for one of the client behind it.
        let last = clients - 1;
        let ring = lattice(clients, blocks, "x", |client, block| match (client == last, block) {
            (true, 0) => None,
            (true, _) => Some((LEFT, 0, block - 1)),
            (false, _) => Some((LEFT, client + 1, block)),
        });
        let mut world = World::connected(2);
        give_whole(&mut world, &ring);
        assert_eq!(world.closed, [], "{clients} clients");
        assert_eq!(world.text(0).len(), (clients * blocks) as usize);
    }
}

/// Two clients whose blocks all want to be the first: each of the one is looked at for each of the other.
#[test]
fn blocks_that_are_slow_to_order_are_few() {
    let siblings =
        |blocks| lattice(2, blocks, "x", |client, block| Some((RIGHT, client, block.checked_sub(1)?)));
    let mut world = World::connected(2);
    give_whole(&mut world, &siblings(500));
    assert_eq!(world.text(0).len(), 1_000);
    // Of so many, thirty million would be looked at.
    let mut world = World::connected(2);
    give_whole(&mut world, &siblings(5_478));
    assert_eq!(world.text(0), "");
    assert_refused(world);
}

#[test]
fn blocks_that_wait_for_each_other_in_a_ring_are_refused() {
    let mut world = alone();
    give_whole(&mut world, &lattice(3, 2, "x", |client, block| Some((LEFT, (client + 1) % 3, block))));
    assert_refused(world);
}

#[test]
fn a_text_of_too_many_pieces_is_refused_and_nobody_adds_to_one_of_many() {
    let mut world = World::connected(2);
    give_whole(&mut world, &many(MOST / 2 - 1, "x"));
    assert!(!world.pages[0].is_full());
    let mut world = World::connected(2);
    give_whole(&mut world, &many(MOST / 2 + 1_000, "x"));
    assert!(world.pages[0].is_full());
    let length = world.text(0).len();
    world.edit(0, 0, 0, "more");
    assert_eq!(world.text(0).len(), length);
    world.edit(0, 0, 2_000, "");
    assert_eq!(world.text(0).len(), length - 2_000, "it can be made shorter");
    let mut world = World::connected(2);
    give_whole(&mut world, &many(MOST + 1, "x"));
    assert_eq!(world.closed, [(0, 1)]);
}

#[test]
fn an_update_that_makes_too_many_pieces_of_a_text_changes_nothing() {
    // Every second unit deleted, or a block put behind every second unit.
    let deleted = |client| {
        let mut out = vec![0];
        numbers(&mut out, &[1, client, MOST]);
        (0..MOST).for_each(|range| numbers(&mut out, &[2 * range, 1]));
        out
    };
    let divided = |of| lattice(1, MOST - 1, "x", |_, block| Some((LEFT, of, 2 * block)));
    for update in [&deleted as &dyn Fn(u64) -> Vec<u8>, &divided] {
        let mut world = World::connected(2);
        world.edit(0, 0, 0, &"x".repeat(MAX_NOTES_UNITS));
        world.settle();
        let client = world.pages[0].document.state().clients[0].0;
        give_whole(&mut world, &update(client));
        assert_eq!(world.text(0).len(), MAX_NOTES_UNITS);
        world.edit(0, 0, 10, "");
        world.edit(0, 5, 0, "yz");
        assert_eq!(world.text(0).len(), MAX_NOTES_UNITS - 8);
        assert_keeps(&world);
        assert_refused(world);
    }
}

#[test]
fn an_own_edit_makes_no_more_pieces_than_others_read() {
    let mut world = World::connected(2);
    give_whole(&mut world, &many(MOST, "xyz"));
    assert_eq!(world.text(0).len(), 3 * MOST_BLOCKS);
    world.edit(0, 1, 1, "");
    assert_keeps(&world);
    world.edit(0, 0, 3_000, "");
    assert_eq!(world.text(0).len(), 3 * MOST_BLOCKS - 3_000);
    assert_keeps(&world);
    world.cut(0, 1);
    world.open(0, 1);
    world.settle();
    world.assert_equal();
    assert_eq!(world.closed, []);
}

#[test]
fn nobody_becomes_one_client_too_many() {
    let strangers = |clients| lattice(clients, 1, "x", |_, _| None);
    let mut world = World::connected(2);
    give_whole(&mut world, &strangers(MAX_NOTES_CLIENTS as u64));
    assert_eq!(world.text(0).len(), MAX_NOTES_CLIENTS);
    assert!(world.pages[0].is_full());
    world.edit(0, 0, 0, "y");
    world.edit(0, 0, 1, "");
    assert_eq!(world.text(0).len(), MAX_NOTES_CLIENTS - 1);
    assert_keeps(&world);
    world.cut(0, 1);
    world.open(0, 1);
    world.settle();
    world.assert_equal();

    // Whoever has written goes on.
    let mut world = alone();
    give_whole(&mut world, &strangers(MAX_NOTES_CLIENTS as u64 - 1));
    assert!(!world.pages[0].is_full());
    world.append(0, "!");
    assert!(world.text(0).ends_with('!'));
}

#[test]
fn an_update_that_adds_nothing_costs_nothing() {
    let mut world = alone();
    // A text that was read anew is in another place.
    let place = world.text(0).as_ptr();
    world.give(1, 0, &whole(&[0, 0]));
    assert_eq!(world.text(0).as_ptr(), place);
    assert_eq!(world.closed, []);
}

#[test]
fn three_that_fill_the_page_at_once_keep_what_they_have_and_are_told() {
    let mut world = World::connected(3);
    for (page, text) in ["x", "y", "z"].into_iter().enumerate() {
        world.edit(page, 0, 0, &text.repeat(MAX_NOTES_UNITS));
    }
    world.settle();
    for (page, text) in ["x", "y", "z"].into_iter().enumerate() {
        assert!(world.text(page).contains(&text.repeat(MAX_NOTES_UNITS)));
        assert!(world.text(page).len() <= 2 * MAX_NOTES_UNITS);
    }
    assert!(world.pages.iter().any(Notes::has_refused));
}
