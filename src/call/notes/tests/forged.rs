//! Somebody who writes under the name of another page.

use super::super::*;
use super::hostile::{alone, whole};
use super::model::World;

/// All that is here, and more that is under the name of this client.
fn forged(world: &World, page: usize, client: u64) -> Vec<u8> {
    let mut pretender = Notes::new(client).unwrap().with(&world.pages[page].kept());
    let inserted = " and what was never written".to_owned();
    pretender.handle(world.now, NotesEvent::Edited(Splice { at: 1, removed: 0, inserted }));
    whole(&pretender.kept())
}

#[test]
fn a_page_goes_on_under_another_name() {
    let mut world = alone();
    let own = world.pages[0].document.state().clients[0].0;
    let message = forged(&world, 0, own);
    world.give(1, 0, &message);
    assert_eq!(world.closed, []);
    world.cut(0, 1);
    let clock = world.pages[0].document.state().clock(own);
    world.append(0, "!");
    assert_eq!(world.pages[0].document.state().clock(own), clock, "nothing more is under the old one");
    world.open(0, 1);
    world.settle();
    world.assert_equal();
    assert_eq!(world.closed, []);
    assert!(world.text(1).ends_with('!'));
}

#[test]
fn honest_pages_are_not_parted() {
    let mut world = World::connected(3);
    world.edit(1, 0, 0, "of the second");
    world.settle();
    let second = world.pages[1].document.state().clients[0].0;
    let message = forged(&world, 1, second);
    world.give(2, 0, &message);
    // The page that stands for its sender has not got it itself.
    world.cut(0, 2);
    world.open(0, 2);
    world.settle();
    world.append(1, " more");
    world.append(0, "!");
    world.settle();
    world.assert_equal();
    assert_eq!(world.closed, []);
    assert!(world.text(0).contains(" more") && world.text(1).contains('!'));
}
