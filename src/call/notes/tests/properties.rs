//! Runs of several pages with everything that may happen, in any order.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::super::*;
use super::model::World;

#[derive(Clone, Debug)]
enum Step {
    /// Each character is written once in a run.
    Insert(usize, prop::sample::Index, usize),
    Remove(usize, prop::sample::Index, u32),
    Deliver(usize, usize),
    Settle,
    Time(u64),
    Cut(usize, usize),
    Open(usize, usize),
    Reload(usize),
}

fn steps(pages: usize) -> impl Strategy<Value = Step> {
    let page = || 0..pages;
    let place = any::<prop::sample::Index>;
    prop_oneof![
        10 => (page(), place(), 1_usize..5).prop_map(|(page, at, length)| Step::Insert(page, at, length)),
        5 => (page(), place(), 1_u32..6).prop_map(|(page, at, length)| Step::Remove(page, at, length)),
        20 => (page(), page()).prop_map(|(a, b)| Step::Deliver(a, b)),
        1 => Just(Step::Settle),
        3 => (1_u64..3_000).prop_map(Step::Time),
        3 => (page(), page()).prop_map(|(a, b)| Step::Cut(a, b)),
        5 => (page(), page()).prop_map(|(a, b)| Step::Open(a, b)),
        1 => page().prop_map(Step::Reload),
    ]
}

/// The text that is to be there in the end, as characters in any order.
#[derive(Default)]
struct Expected {
    written: u32,
    there: BTreeSet<char>,
}

impl Expected {
    fn next(&mut self) -> char {
        self.written += 1;
        // Some take two code units.
        let from = if self.written.is_multiple_of(3) { 0x1_f300 } else { 0x4e00 };
        let c = char::from_u32(from + self.written).unwrap();
        self.there.insert(c);
        c
    }
}

/// A place between characters, in code units.
fn place(text: &str, at: prop::sample::Index) -> (u32, usize) {
    let count = at.index(text.chars().count() + 1);
    (text.chars().take(count).map(|c| c.len_utf16() as u32).sum(), count)
}

fn take(world: &mut World, expected: &mut Expected, step: Step) {
    match step {
        Step::Insert(page, at, length) => {
            let (at, _) = place(world.text(page), at);
            let inserted: String = (0..length).map(|_| expected.next()).collect();
            world.edit(page, at, 0, &inserted);
        }
        Step::Remove(page, at, length) => {
            let (at, count) = place(world.text(page), at);
            let removed: String = world.text(page).chars().skip(count).take(length as usize).collect();
            removed.chars().for_each(|c| _ = expected.there.remove(&c));
            world.edit(page, at, splice::units(&removed), "");
        }
        Step::Deliver(a, b) => _ = world.deliver(a, b),
        Step::Settle => world.settle(),
        Step::Time(millis) => world.pass(Duration::from_millis(millis)),
        Step::Cut(a, b) => world.cut(a, b),
        Step::Open(a, b) => world.open(a, b),
        Step::Reload(page) => world.reload(page),
    }
}

fn ends_well(mut world: World, expected: &Expected) -> Result<(), TestCaseError> {
    world.settle();
    let text: Vec<_> = world.text(0).chars().collect();
    for page in &world.pages {
        prop_assert_eq!(page.text(), world.text(0));
        prop_assert!(!page.has_refused());
    }
    let there: BTreeSet<_> = text.iter().copied().collect();
    prop_assert_eq!(text.len(), there.len(), "nothing is doubled");
    prop_assert_eq!(&there, &expected.there, "nothing is lost, and nothing comes back");
    // The peace is a real one.
    world.sent = 0;
    world.pass(Duration::from_secs(60));
    prop_assert_eq!(world.sent, 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn all_texts_are_equal_in_the_end(
        (pages, steps) in (2_usize..=4).prop_flat_map(|pages| (Just(pages), prop::collection::vec(steps(pages), 1..80)))
    ) {
        let mut world = World::new(pages);
        let mut expected = Expected::default();
        for step in steps {
            take(&mut world, &mut expected, step);
        }
        world.open_all();
        ends_well(world, &expected)?;
    }

    #[test]
    fn a_chain_of_pages_is_enough(steps in prop::collection::vec(steps(4), 1..60)) {
        let mut world = World::new(4);
        let mut expected = Expected::default();
        for step in steps {
            take(&mut world, &mut expected, step);
        }
        for (a, b) in [(0, 2), (0, 3), (1, 3)] {
            world.cut(a, b);
        }
        (0..3).for_each(|page| world.open(page, page + 1));
        ends_well(world, &expected)?;
    }
}

/// The same run with a cut after each single step of it, and with a reload.
#[test]
fn a_cut_at_any_step_loses_nothing() {
    const STEPS: usize = 30;
    for (reloads, at) in [false, true].into_iter().flat_map(|reloads| (0..STEPS).map(move |at| (reloads, at)))
    {
        let mut world = World::new(3);
        let mut expected = Expected::default();
        world.open_all();
        for step in 0..STEPS {
            let page = step % 3;
            if step % 2 == 0 {
                let c = expected.next();
                world.edit(page, 0, 0, &c.to_string());
            } else if let Some(c) = world.text(page).chars().next() {
                expected.there.remove(&c);
                world.edit(page, 0, c.len_utf16() as u32, "");
                let c = expected.next();
                world.append(page, &c.to_string());
            }
            world.deliver(page, (page + 1) % 3);
            world.deliver((page + 2) % 3, page);
            if step == at {
                match reloads {
                    true => world.reload(page),
                    false => world.cut(page, (page + 1) % 3),
                }
            }
        }
        world.open_all();
        ends_well(world, &expected).unwrap();
    }
}
