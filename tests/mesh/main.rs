//! Proof by simulation: real calls against the real rooms and sessions of a server, under thousands of schedules.
//!
//! Every delivery, every browser operation, every timer, every act of a person and everything that goes wrong
//! happens in an order drawn from a seed. `MESH_SEED=n` repeats one schedule and prints its steps;
//! `MESH_SCHEDULES=n` sets how many are run of each kind. In those from [`DISHONEST`] on the server is a dishonest one
//! until the calm begins, and each thing that keeps it out is taken out once, to see that it is missed.
//!
//! `world` draws what happens next, `faults` what goes wrong, `page`, `opening`, `capture`, `connection`, `path` and
//! `channel` model a browser, `wire` a socket, `server` and `server_frames` drive the server's registry and sessions, `node` is what these
//! stand on, `malice` and `tricks` are a dishonest server, `vault` models the cryptography of a page, and `secrecy` says
//! what must hold of it, `locks` who is let in, `guard` what may be taken out, `seats` keeps a book of its own about who sits where, `chat` one of what was written, and `properties` says what must
//! hold.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected ends the proof")]

mod capture;
mod channel;
mod chat;
mod connection;
mod faults;
mod guard;
mod locks;
mod malice;
mod node;
mod opening;
mod page;
mod path;
mod properties;
mod random;
mod seats;
mod secrecy;
mod server;
mod server_frames;
mod tricks;
mod vault;
mod wire;
mod world;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use faults::FaultPlan;
use guard::Guard;
use malice::Malice;
use world::World;

/// Schedules in a run.
const SCHEDULES: u64 = 20_000;
/// The same with a dishonest server.
const DISHONEST_SCHEDULES: u64 = 5_000;
/// The first seed of a schedule with a dishonest server.
const DISHONEST: u64 = 1_000_000_000;
/// Schedules within which a guard is missed that was taken out.
const MISSED_WITHIN: u64 = 400;

thread_local! {
    /// A panic of this thread is caught, and told with others.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs one schedule. The error is what was wrong.
fn run(seed: u64, without: Option<Guard>, traced: bool) -> Result<(), String> {
    let malice = (seed >= DISHONEST).then(|| Malice::of(seed, without));
    let mut plan = FaultPlan::of(seed);
    // An attack takes some connections to begin with.
    plan.steps *= if malice.is_some() { 2 } else { 1 };
    let mut world = World::new(seed, plan, malice, without);
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

/// Panics of threads that say so are not printed.
fn catch_quietly() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_CAUGHT.get() {
                before(info);
            }
        }));
    });
}

/// Runs so many schedules from the first seed on, or the one that is asked for if it is of this kind.
fn run_all(first: u64, schedules: u64) {
    if let Some(seed) = number("MESH_SEED") {
        if (seed >= DISHONEST) == (first >= DISHONEST) {
            run(seed, None, true).expect("this schedule");
        }
        return;
    }
    let end = first + number("MESH_SCHEDULES").unwrap_or(schedules);
    println!("seeds {first} to {}", end - 1);
    catch_quietly();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let run_share = |share| {
        IS_CAUGHT.set(true);
        let run = |seed| run(seed, None, false).err().map(|text| (seed, text));
        (first + share..end).step_by(threads).filter_map(run).collect::<Vec<_>>()
    };
    let mut found: Vec<(u64, String)> = std::thread::scope(|scope| {
        let shares: Vec<_> = (0..).take(threads).map(|share| scope.spawn(move || run_share(share))).collect();
        shares.into_iter().flat_map(|share| share.join().expect("panics are caught")).collect()
    });
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

/// Runs schedules without a guard until one fails for what the guard prevents.
fn is_missed(guard: Guard, with: &str) {
    catch_quietly();
    IS_CAUGHT.set(true);
    // Where nobody locks a room, no lock is missed.
    let is_of_use = |seed: &u64| guard != Guard::Lock || FaultPlan::of(*seed).has_locks;
    let mut seeds = (DISHONEST..DISHONEST + MISSED_WITHIN).filter(is_of_use);
    let is_seen = seeds.any(|seed| run(seed, Some(guard), false).is_err_and(|found| found.contains(with)));
    IS_CAUGHT.set(false);
    assert!(is_seen, "nothing is missed without it");
}

#[test]
fn everybody_in_the_room_sees_all_others_once_the_faults_end() {
    run_all(0, SCHEDULES);
}

#[test]
fn a_dishonest_server_is_never_in_between_and_harms_nobody_once_it_is_honest() {
    run_all(DISHONEST, DISHONEST_SCHEDULES);
}

#[test]
fn a_server_in_between_would_be_seen() {
    is_missed(Guard::Secret, "the server has the keys");
}

#[test]
fn a_page_in_the_place_of_another_one_would_be_seen() {
    is_missed(Guard::Transcript, "are those of");
}

#[test]
fn a_page_that_hears_itself_would_be_seen() {
    is_missed(Guard::Direction, "are shared with []");
}

#[test]
fn a_box_that_opens_twice_would_be_seen() {
    is_missed(Guard::Window, "a box opens twice");
}

#[test]
fn a_number_that_seals_twice_would_be_seen() {
    is_missed(Guard::Count, "a number seals twice");
}

#[test]
fn somebody_who_comes_into_a_locked_room_would_be_seen() {
    is_missed(Guard::Lock, "came in by itself");
}

#[test]
fn a_signal_in_plain_would_be_seen() {
    is_missed(Guard::Seal, "a frame tells");
}

#[test]
fn what_a_dishonest_server_leaves_behind_would_be_seen() {
    is_missed(Guard::Return, "are apart");
}
