//! Proof by simulation: real calls against the real rooms and sessions of a server, under thousands of schedules.
//!
//! Every delivery, every browser operation, every timer, every act of a person and everything that goes wrong
//! happens in an order drawn from a seed. `MESH_SEED=n` repeats one schedule and prints its steps;
//! `MESH_SCHEDULES=n` sets how many are run.
//!
//! `world` draws what happens next, `faults` what goes wrong, `page`, `connection`, `path` and `channel` model a
//! browser, `wire` a socket, `server` and `server_frames` drive the server's registry and sessions, `node` is what these
//! stand on, `seats` keeps a book of its own about who sits where, `chat` one of what was written, and `properties` says what must
//! hold.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected ends the proof")]

mod channel;
mod chat;
mod connection;
mod faults;
mod node;
mod page;
mod path;
mod properties;
mod random;
mod seats;
mod server;
mod server_frames;
mod vault;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use faults::FaultPlan;
use world::World;

/// Schedules in a run.
const SCHEDULES: u64 = 20_000;

/// Runs one schedule. The error is what was wrong.
fn run(seed: u64, traced: bool) -> Result<(), String> {
    let mut world = World::new(seed, FaultPlan::of(seed));
    world.trace = traced.then(Vec::new);
    let outcome = catch_unwind(AssertUnwindSafe(|| world.run()));
    for line in world.trace.iter().flatten() {
        println!("{line}");
    }
    outcome.map_err(|panic| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => {
            panic.downcast::<&str>().map_or("a panic without words".into(), |text| text.to_string())
        }
    })
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn everybody_in_the_room_sees_all_others_once_the_faults_end() {
    if let Some(seed) = number("MESH_SEED") {
        return run(seed, true).expect("this schedule");
    }
    let schedules = number("MESH_SCHEDULES").unwrap_or(SCHEDULES);
    println!("seeds 0 to {}", schedules - 1);
    std::panic::set_hook(Box::new(|_| ()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let run_share = |share| {
        let run = |seed| run(seed, false).err().map(|text| (seed, text));
        (share..schedules).step_by(threads).filter_map(run).collect::<Vec<_>>()
    };
    let mut found: Vec<(u64, String)> = std::thread::scope(|scope| {
        let shares: Vec<_> = (0..).take(threads).map(|share| scope.spawn(move || run_share(share))).collect();
        shares.into_iter().flat_map(|share| share.join().expect("panics are caught")).collect()
    });
    drop(std::panic::take_hook());
    found.sort();
    // By what was wrong, whoever it was: how often, and with which seed first.
    let mut failures = BTreeMap::<String, (u64, u64)>::new();
    for (seed, text) in &found {
        let first_line = text.lines().next().unwrap_or_default();
        let kind = first_line.chars().filter(|c| !c.is_ascii_digit()).collect();
        failures.entry(kind).or_insert((0, *seed)).0 += 1;
    }
    for (kind, (count, seed)) in &failures {
        println!("{count} times, repeat with MESH_SEED={seed}: {kind}");
    }
    assert!(found.is_empty(), "{} schedules failed", found.len());
}
