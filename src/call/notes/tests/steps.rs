//! What happens step by step.

use super::super::*;
use super::model::{World, peer};
use crate::protocol::notes::{EMPTY_STATE_MESSAGE, MAX_NOTES_UNITS};

#[test]
fn what_two_write_at_once_is_there_for_both() {
    let mut world = World::connected(2);
    world.edit(0, 0, 0, "Hello ");
    world.edit(1, 0, 0, "world");
    world.settle();
    world.assert_equal();
    assert!(["Hello world", "worldHello "].contains(&world.text(0)), "{}", world.text(0));
}

#[test]
fn an_edit_is_one_small_message_to_each() {
    let mut world = World::connected(3);
    world.append(0, "A long line that is not sent again and again.");
    world.settle();
    world.append(1, "x");
    world.settle();
    for key in ["a", "b", "c"] {
        world.sent = 0;
        world.append(1, key);
        assert_eq!(world.sent, 2, "no more than the edit");
        let bytes: usize = world.ways.values().flatten().map(Vec::len).sum();
        assert!(bytes < 100, "{bytes} bytes");
        world.settle();
    }
    world.assert_equal();
}

#[test]
fn whoever_opens_later_gets_all_and_nothing_is_told_before() {
    let mut world = World::new(3);
    world.open(0, 1);
    world.settle();
    world.edit(0, 0, 0, "one two");
    world.settle();
    world.edit(1, 0, 4, "");
    world.settle();
    world.open(2, 0);
    assert_eq!(world.ways[&(2, 0)], [EMPTY_STATE_MESSAGE]);
    world.settle();
    assert_eq!(world.text(2), "two");
    world.edit(2, 0, 0, "and ");
    world.settle();
    world.assert_equal();
    assert_eq!(world.text(1), "and two", "by way of the first");
}

#[test]
fn a_deletion_alone_goes_by_way_of_another() {
    let mut world = World::connected(3);
    world.edit(0, 0, 0, "aa");
    world.settle();
    world.cut(0, 2);
    world.edit(0, 0, 1, "");
    world.settle();
    world.assert_equal();
    assert_eq!(world.text(2), "a");
}

#[test]
fn what_was_typed_without_a_channel_is_merged_after() {
    let mut world = World::connected(2);
    world.edit(0, 0, 0, "middle");
    world.settle();
    world.cut(0, 1);
    world.edit(0, 0, 0, "before ");
    world.append(1, " after");
    world.edit(1, 0, 1, "M");
    world.open(0, 1);
    world.settle();
    world.assert_equal();
    assert_eq!(world.text(0), "before Middle after");
}

#[test]
fn a_page_that_is_loaded_anew_goes_on_alone() {
    let mut world = World::new(1);
    world.edit(0, 0, 0, "kept 😀");
    world.reload(0);
    assert_eq!(world.text(0), "kept 😀");
    world.append(0, "!");
    assert_eq!(world.text(0), "kept 😀!");
}

#[test]
fn whoever_is_gone_is_told_nothing() {
    let mut world = World::connected(2);
    world.event(0, NotesEvent::Closed(peer(1)));
    let commands = world.pages[0]
        .handle(world.now, NotesEvent::Edited(Splice { at: 0, removed: 0, inserted: "x".into() }));
    assert_eq!(commands, []);
    assert_eq!(world.pages[0].received(world.now, peer(1), EMPTY_STATE_MESSAGE), []);
}

#[test]
fn a_person_writes_as_much_as_there_is_room_for() {
    let mut world = World::connected(2);
    world.edit(0, 0, 0, &"x".repeat(MAX_NOTES_UNITS - 3));
    assert!(!world.pages[0].is_full());
    world.edit(0, 1, 0, "😀😀");
    assert_eq!(splice::units(world.text(0)) as usize, MAX_NOTES_UNITS - 1, "no half of a character");
    world.edit(0, 1, 0, "yz");
    assert!(world.pages[0].is_full());
    world.edit(0, 1, 0, "z");
    assert_eq!(splice::units(world.text(0)) as usize, MAX_NOTES_UNITS);
    world.edit(0, 1, 1, "replaced");
    world.settle();
    world.assert_equal();
    world.edit(1, 0, 50_000, "");
    world.settle();
    assert!(!world.pages[0].is_full());
    world.assert_equal();
}

#[test]
fn two_that_fill_the_page_at_once_lose_nothing() {
    let mut world = World::connected(2);
    world.edit(0, 0, 0, &"x".repeat(MAX_NOTES_UNITS));
    world.edit(1, 0, 0, &"y".repeat(MAX_NOTES_UNITS));
    world.settle();
    world.assert_equal();
    assert_eq!(world.text(0).len(), 2 * MAX_NOTES_UNITS);
    world.append(0, "z");
    assert_eq!(world.text(0).len(), 2 * MAX_NOTES_UNITS);
    world.edit(1, 0, 1, "");
    world.settle();
    world.assert_equal();
    assert!(world.closed.is_empty());
}

#[test]
fn those_that_have_deleted_apart_agree_by_few_messages() {
    let mut world = World::connected(2);
    world.edit(0, 0, 0, "abcd");
    world.settle();
    world.cut(0, 1);
    world.edit(0, 0, 1, "");
    world.edit(1, 3, 1, "");
    world.sent = 0;
    world.open(0, 1);
    world.settle();
    world.assert_equal();
    assert_eq!(world.text(0), "bc");
    assert!(world.sent <= 12, "{} messages", world.sent);
}
