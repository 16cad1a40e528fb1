//! Runs of several pages with everything that may happen, in any order.

use proptest::prelude::*;

use super::super::*;
use super::model::{Source, World, peer};

#[derive(Clone, Debug)]
enum Step {
    Offer(usize, usize, usize),
    Run(usize),
    Deliver(usize, usize),
    Answer(usize),
    Time(u64),
    Cut(usize, usize),
    Open(usize, usize),
    Reload(usize),
    Pause(usize, prop::sample::Index, bool),
    Cancel(usize, prop::sample::Index),
    Voice(usize, usize, bool),
    Full(usize),
}

const FILES: usize = 5;

fn steps(pages: usize) -> impl Strategy<Value = Step> {
    let page = || 0..pages;
    prop_oneof![
        6 => (page(), page(), 0..FILES).prop_map(|(a, b, file)| Step::Offer(a, b, file)),
        10 => (1_usize..20).prop_map(Step::Run),
        10 => (page(), page()).prop_map(|(a, b)| Step::Deliver(a, b)),
        5 => page().prop_map(Step::Answer),
        3 => (1_u64..3_000).prop_map(Step::Time),
        3 => (page(), page()).prop_map(|(a, b)| Step::Cut(a, b)),
        5 => (page(), page()).prop_map(|(a, b)| Step::Open(a, b)),
        1 => page().prop_map(Step::Reload),
        2 => (page(), any::<prop::sample::Index>(), any::<bool>()).prop_map(|(a, b, c)| Step::Pause(a, b, c)),
        1 => (page(), any::<prop::sample::Index>()).prop_map(|(a, b)| Step::Cancel(a, b)),
        3 => (page(), page(), any::<bool>()).prop_map(|(a, b, is_well)| Step::Voice(a, b, is_well)),
        1 => page().prop_map(Step::Full),
    ]
}

fn world(pages: usize) -> World {
    let sizes = [0, 9, 50_000, 163_840, 400_001];
    let sources = sizes.into_iter().zip(1..);
    World::new(pages, sources.map(|(size, seed)| Source::new(&format!("{seed}.bin"), size, seed)).collect())
}

fn take(world: &mut World, step: Step) {
    let any_of = |world: &World, page: usize, index: prop::sample::Index| {
        let transfers = world.views().swap_remove(page);
        (!transfers.is_empty()).then(|| transfers[index.index(transfers.len())].id)
    };
    match step {
        Step::Offer(a, b, file) if a != b => world.offer(a, &[b], file),
        Step::Run(steps) => (0..steps).for_each(|_| _ = world.step()),
        Step::Deliver(a, b) if a != b => _ = world.deliver(a, b),
        Step::Answer(page) => _ = world.answer(page),
        Step::Time(millis) => world.now += Duration::from_millis(millis),
        Step::Cut(a, b) if a != b => world.cut(a, b),
        Step::Open(a, b) if a != b => world.open(a, b),
        Step::Reload(page) => world.reload(page),
        Step::Pause(page, index, paused) => {
            if let Some(id) = any_of(world, page, index) {
                world.event(page, FileEvent::Pause(id, paused));
            }
        }
        Step::Cancel(page, index) => {
            if let Some(id) = any_of(world, page, index) {
                world.event(page, FileEvent::Cancel(id));
            }
        }
        Step::Voice(a, b, is_well) if a != b => world.event(a, FileEvent::Voice(peer(b), is_well)),
        Step::Full(page) => world.pages[page].disk_room = Some(100_000),
        _ => {}
    }
}

/// The network stays up, and nobody pauses any more.
fn settle(world: &mut World) {
    world.open_all();
    for page in 0..world.pages.len() {
        for transfer in world.views().swap_remove(page) {
            world.event(page, FileEvent::Pause(transfer.id, false));
        }
    }
    world.run();
    world.check_end();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_transfer_between_two_ends_and_both_agree(steps in prop::collection::vec(steps(2), 0..80)) {
        let mut world = world(2);
        for step in steps {
            take(&mut world, step);
        }
        settle(&mut world);
    }

    #[test]
    fn also_between_three(steps in prop::collection::vec(steps(3), 0..100)) {
        let mut world = world(3);
        for step in steps {
            take(&mut world, step);
        }
        settle(&mut world);
    }

    #[test]
    fn files_that_nobody_cancels_arrive_whatever_is_cut(
        steps in prop::collection::vec(
            steps(2).prop_filter("that", |step| {
                !matches!(step, Step::Cancel(..) | Step::Full(_) | Step::Reload(_))
            }),
            0..80,
        ),
    ) {
        let mut world = world(2);
        for step in steps {
            take(&mut world, step);
        }
        settle(&mut world);
        for page in 0..2 {
            prop_assert!(world.states(page).iter().all(|state| *state == TransferState::Done));
        }
    }
}
