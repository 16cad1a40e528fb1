//! Proof by simulation: real calls against a real room, under thousands of schedules.
//!
//! Every delivery, every browser operation, every timer and every act of a person happens in an order drawn
//! from a seed. `MESH_SEED=n` repeats one schedule and prints its last steps; `MESH_SCHEDULES=n` sets how many
//! are run. Seeds that failed once stay in `REGRESSIONS`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected ends the proof")]

mod connection;
mod random;
mod server;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::{Weather, World};

/// Schedules in a run, over all the tests.
const SCHEDULES: u64 = 8_000;

/// Seeds that found a mistake once.
const REGRESSIONS: &[u64] = &[];

fn weather(seed: u64) -> Weather {
    let participants = 2 + (seed % 3) as usize;
    // Sometimes one seat too few, so that somebody finds the room full.
    let capacity = if seed.is_multiple_of(5) { (participants - 1).max(2) } else { participants };
    Weather { participants, capacity, storms: !seed.is_multiple_of(4), steps: 100 + (seed % 7) as usize * 50 }
}

fn run(seed: u64) {
    let mut world = World::new(seed, weather(seed));
    let outcome = catch_unwind(AssertUnwindSafe(|| world.run()));
    if let Err(panic) = outcome {
        if std::env::var_os("MESH_SEED").is_some() {
            for line in &world.trace {
                println!("{line}");
            }
        }
        println!("repeat with MESH_SEED={seed} cargo test --features ssr --test mesh -- --nocapture");
        std::panic::resume_unwind(panic);
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn whoever_is_in_the_room_sees_everybody_else_once_the_weather_clears() {
    if let Some(seed) = number("MESH_SEED") {
        return run(seed);
    }
    REGRESSIONS.iter().copied().for_each(run);
    let schedules = number("MESH_SCHEDULES").unwrap_or(SCHEDULES);
    println!("seeds 0 to {}", schedules - 1);
    (0..schedules).for_each(run);
}
