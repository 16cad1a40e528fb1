//! One file of ten chunks, with every place in its way at which something may break.

use super::super::*;
use super::model::{Source, World};

const SIZE: u64 = 10 * 16 * 1024 - 7;

fn world() -> World {
    let mut world = World::new(2, vec![Source::new("a.bin", SIZE, 3)]);
    world.offer(0, &[1], 0);
    world
}

/// The steps of an undisturbed transfer.
fn steps() -> usize {
    let mut world = world();
    world.run();
    world.check_end();
    assert_eq!(world.states(0), [TransferState::Done]);
    world.steps
}

/// The world after so many steps of a transfer.
fn after(steps: usize) -> World {
    let mut world = world();
    for _ in 0..steps {
        world.step();
    }
    world
}

/// Runs from every step of a transfer on at which a page lists it, for both pages.
fn at_every_step(run: impl Fn(usize, usize, World)) {
    for (page, at) in (0..2).flat_map(|page| (0..steps()).map(move |at| (page, at))) {
        let world = after(at);
        if !world.states(page).is_empty() {
            run(page, at, world);
        }
    }
}

/// Breaks a transfer after every step, and lets some steps pass before and between the sides' new channels.
fn broken(how: impl Fn(&mut World), then: impl Fn(&World)) {
    let steps = steps();
    assert!(steps > 12, "{steps}");
    for at in 0..steps {
        for (between, first) in [(0, 0), (0, 1), (3, 0), (3, 1), (50, 0)] {
            let mut world = after(at);
            how(&mut world);
            for _ in 0..between {
                world.step();
            }
            world.open(first, 1 - first);
            for _ in 0..between {
                world.step();
            }
            world.open_all();
            world.run();
            world.check_end();
            then(&world);
        }
    }
}

fn all_done(world: &World) {
    for page in 0..2 {
        let states = world.states(page);
        assert!(states.contains(&TransferState::Done), "{states:?}");
    }
}

#[test]
fn a_transfer_outlives_a_cut_at_every_step() {
    broken(|world| world.cut(0, 1), all_done);
}

#[test]
fn a_transfer_outlives_a_reload_of_the_receiver_at_every_step() {
    broken(|world| world.reload(1), all_done);
}

#[test]
fn a_transfer_outlives_a_reload_of_the_sender_at_every_step_once_it_is_accepted() {
    // Before that, the offer is gone with the page.
    broken(
        |world| world.reload(0),
        |world| {
            let states = world.states(1);
            let is_lost = TransferState::Failed { reason: FailReason::Lost, there: true };
            assert!(
                states.is_empty() || states == [TransferState::Done] || states == [is_lost],
                "{states:?}"
            );
        },
    );
}

#[test]
fn a_transfer_outlives_both_reloads_at_every_step() {
    broken(
        |world| {
            world.reload(0);
            world.reload(1);
        },
        |_| {},
    );
}

#[test]
fn a_cancel_of_either_side_is_the_end_at_every_step() {
    at_every_step(|page, at, mut world| {
        let before = world.states(page)[0];
        world.event(page, FileEvent::Cancel(world.first(page)));
        if at % 2 == 0 {
            world.cut(0, 1);
            world.open_all();
        }
        world.run();
        world.check_end();
        let is_done = world.states(page) == [TransferState::Done];
        assert_eq!(before == TransferState::Done, is_done && before.has_ended());
    });
}

#[test]
fn a_peer_that_leaves_is_the_end_at_every_step() {
    for at in 0..steps() {
        let mut world = after(at);
        world.cut(0, 1);
        world.event(0, FileEvent::Gone(super::model::peer(1)));
        world.event(1, FileEvent::Gone(super::model::peer(0)));
        world.run();
        let left = TransferState::Failed { reason: FailReason::Left, there: true };
        for states in [world.states(0), world.states(1)] {
            assert!(states.iter().all(|state| [TransferState::Done, left].contains(state)), "{states:?}");
        }
    }
}

#[test]
fn a_call_that_is_over_at_any_step_leaves_what_came_and_was_not_saved() {
    for (at, is_saved) in (0..=steps()).flat_map(|at| [(at, false), (at, true)]) {
        let mut world = after(at);
        let has_come = world.states(1) == [TransferState::Done];
        let saved: Vec<_> = world.views()[1].iter().map(|one| one.id).filter(|_| is_saved).collect();
        world.cut(0, 1);
        for (page, other) in [(0, 1), (1, 0)] {
            world.event(page, FileEvent::Gone(super::model::peer(other)));
        }
        world.event(0, FileEvent::Over(vec![]));
        world.event(1, FileEvent::Over(saved.clone()));
        world.run();
        let left = usize::from(has_come && !is_saved);
        assert_eq!(world.states(0), []);
        assert_eq!(world.states(1), vec![TransferState::Done; left], "after {at} steps");
        assert_eq!((world.pages[1].disk.len(), world.pages[1].kept.len()), (left, left), "after {at} steps");
        // In another call it is gone, saved or not.
        let all = world.views()[1].iter().map(|one| one.id).collect();
        world.event(1, FileEvent::Over(all));
        assert_eq!((world.states(1), world.pages[1].disk.len()), (vec![], 0));
    }
}

#[test]
fn a_pause_of_either_side_holds_at_every_step_and_over_a_cut() {
    at_every_step(|page, at, mut world| {
        let id = world.first(page);
        world.event(page, FileEvent::Pause(id, true));
        let is_paused = matches!(world.states(page)[0], TransferState::Paused { here: true, .. });
        world.run();
        if at % 2 == 0 {
            world.cut(0, 1);
            world.open_all();
            world.run();
        }
        let views = world.views();
        let is_at_end = views[0][0].bytes == SIZE || views[0][0].state.has_ended();
        assert!(!is_paused || is_at_end || !views[1][0].state.has_ended(), "{views:?}");
        world.event(page, FileEvent::Pause(id, false));
        world.run();
        world.check_end();
        assert_eq!(world.states(1), [TransferState::Done]);
    });
}

#[test]
fn a_file_that_was_chosen_again_must_be_the_same() {
    let mut world = World::new(2, vec![Source::new("a.bin", SIZE, 3), Source::new("a.bin", SIZE, 4)]);
    world.offer(0, &[1], 0);
    while world.views()[1].first().is_none_or(|one| one.bytes < 5 * 16 * 1024) {
        world.step();
    }
    world.reload(0);
    world.accepts = false;
    world.open_all();
    world.run();
    let id = world.first(0);
    assert_eq!(world.states(0), [TransferState::NeedsFile { was_another: false }]);
    let choose = |world: &mut World, change: fn(&mut FileInfo), source: u32| {
        let mut file = world.sources[0].info.clone();
        change(&mut file);
        world.event(0, FileEvent::Chosen { transfer: id, file, handle: FileHandle(source) });
        world.states(0)
    };
    let another = [TransferState::NeedsFile { was_another: true }];
    assert_eq!(choose(&mut world, |file| file.size += 1, 0), another);
    assert_eq!(choose(&mut world, |file| file.name = "b.bin".into(), 0), another);
    // Pickers may tell another time of the same file. This one has other bytes: it is sent from the first on.
    choose(&mut world, |file| file.modified += 1, 1);
    world.run();
    assert_eq!(world.states(1), [TransferState::Done]);
    world.sources.remove(0);
    world.check_end();
}

#[test]
fn a_receiver_that_has_lost_all_is_offered_the_file_anew() {
    let mut world = world();
    while world.views()[1].first().is_none_or(|one| one.bytes < 5 * 16 * 1024) {
        world.step();
    }
    world.pages[1].kept.clear();
    world.reload(1);
    world.open_all();
    world.run();
    world.check_end();
    assert_eq!([world.states(0), world.states(1)], [[TransferState::Done]; 2]);
}
