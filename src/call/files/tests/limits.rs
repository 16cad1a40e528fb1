//! Memory, turns, pace, and lists.

use super::super::link::MOST_BUFFERED_BYTES;
use super::super::*;
use super::model::{Source, World, peer};

const MIB: u64 = 1024 * 1024;

fn source(name: &str, size: u64) -> Source {
    Source::new(name, size, size)
}

#[test]
fn files_arrive_whatever_their_size() {
    for size in [0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 64 * 1024, MIB, 3 * MIB + 5] {
        let mut world = World::new(2, vec![source("a", size)]);
        world.offer(0, &[1], 0);
        world.run();
        world.check_end();
        assert_eq!(world.states(0), [TransferState::Done], "{size}");
        assert_eq!(world.views()[1][0].bytes, size);
    }
}

#[test]
fn two_files_of_one_name_are_kept_apart() {
    let mut world = World::new(2, vec![source("a.txt", 5), source("A.txt", 6)]);
    world.offer(0, &[1], 0);
    world.offer(0, &[1], 1);
    world.offer(1, &[0], 1);
    world.run();
    world.check_end();
    let names: Vec<_> = world.views()[1].iter().map(|one| one.name.as_str().to_owned()).collect();
    assert_eq!(names, ["A.txt", "a.txt", "A (2).txt"]);
}

#[test]
fn an_offer_to_all_is_a_transfer_to_each_of_one_group() {
    let mut world = World::new(3, vec![source("a.txt", 50_000)]);
    world.offer(0, &[1, 2], 0);
    world.run();
    world.check_end();
    let groups: Vec<_> = world.views()[0].iter().map(|one| (one.peer, one.group, one.state)).collect();
    assert_eq!(groups, [(peer(1), 0, TransferState::Done), (peer(2), 0, TransferState::Done)]);
}

#[test]
fn offers_beyond_the_list_are_not_made() {
    let mut world = World::new(2, vec![source("a.txt", 5)]);
    world.accepts = false;
    for _ in 0..MOST_OPEN + 3 {
        world.offer(0, &[1], 0);
    }
    world.offer(0, &[5], 0);
    assert_eq!(world.pages[0].files.view(world.now).refused, 4);
    world.run();
    assert_eq!(world.states(1).len(), MOST_OPEN);
    let dropped = world.pages[1].files.view(world.now).dropped;
    assert_eq!(dropped, [], "the other side has room for all that are made");
}

#[test]
fn a_slow_disk_stops_the_sender_and_a_slow_network_its_reading() {
    for (delivers, answers) in [(true, false), (false, true)] {
        let sources = (0..20).map(|name| source(&name.to_string(), 40 * MIB)).collect();
        let mut world = World::new(3, sources);
        for file in 0..20 {
            world.offer(file % 2, &[2], file);
        }
        // Accepted and begun; then one side stands still.
        for _ in 0..60 {
            world.step();
        }
        for _ in 0..3_000 {
            world.now += Duration::from_millis(100);
            for page in 0..2 {
                world.event(page, FileEvent::Tick);
                world.answer(page);
                if delivers {
                    world.deliver(page, 2);
                    world.deliver(2, page);
                }
            }
            if answers {
                world.answer(2);
            }
        }
        let (sending, receiving) = (world.pages[0].most_sending, world.pages[2].most_receiving);
        assert!(sending <= MOST_SENDING_BYTES && receiving <= MOST_RECEIVING_BYTES);
        assert!(!answers || sending >= MOST_BUFFERED_BYTES - 16 * 1024, "{sending}");
        assert!(!delivers || receiving > MIB, "{receiving}");
    }
}

#[test]
fn several_files_take_turns() {
    let mut world = World::new(2, (0..4).map(|name| source(&name.to_string(), 2 * MIB)).collect());
    for file in 0..4 {
        world.offer(0, &[1], file);
    }
    let bytes = |world: &World| world.views()[0].iter().map(|one| one.bytes).collect::<Vec<_>>();
    while bytes(&world).iter().max() < Some(&MIB) {
        assert!(world.step());
    }
    assert!(bytes(&world).iter().min() >= Some(&(MIB - 256 * 1024)), "{:?}", bytes(&world));
    world.run();
    world.check_end();
}

#[test]
fn more_files_than_have_credit_at_a_time_arrive_all() {
    let sources: Vec<_> = (0..40).map(|name| source(&name.to_string(), 300_000 + name)).collect();
    let mut world = World::new(2, sources);
    for file in 0..40 {
        world.offer(0, &[1], file);
    }
    world.run();
    world.check_end();
    assert_eq!(world.states(1), [TransferState::Done; 40]);
}

#[test]
fn paused_files_leave_credit_to_the_rest() {
    let mut world = World::new(2, (0..20).map(|name| source(&name.to_string(), MIB + name)).collect());
    for file in 0..20 {
        world.offer(0, &[1], file);
    }
    let begun = |world: &World| world.views()[1].iter().filter(|one| one.bytes > 0).count();
    while begun(&world) < 8 {
        assert!(world.step());
    }
    let begun: Vec<_> = world.views()[1].iter().filter(|one| one.bytes > 0).map(|one| one.id).collect();
    begun.iter().for_each(|id| world.event(1, FileEvent::Pause(*id, true)));
    world.run();
    for one in &world.views()[1] {
        assert_eq!(one.state == TransferState::Done, !begun.contains(&one.id), "{one:?}");
    }
    begun.iter().for_each(|id| world.event(1, FileEvent::Pause(*id, false)));
    world.run();
    world.check_end();
}

#[test]
fn bytes_keep_to_the_pace_and_it_to_the_voice_of_all() {
    let took = |samples: &[(usize, bool)]| {
        let mut world = World::new(3, vec![source("a", 4 * MIB)]);
        world.offer(0, &[1], 0);
        let mut sampled = world.now;
        let began = world.now;
        while !world.states(0)[0].has_ended() {
            assert!(world.step());
            while world.now >= sampled + Duration::from_secs(1) {
                sampled += Duration::from_secs(1);
                for (page, is_well) in samples {
                    world.event(0, FileEvent::Voice(peer(*page), *is_well));
                }
            }
        }
        (world.now - began).as_secs()
    };
    assert_eq!(took(&[]), 7, "4 MiB at 512 KiB a second, after what goes at once");
    assert_eq!(took(&[(1, true)]), 2);
    assert!(took(&[(1, false)]) > 180, "the least rate");
    // Somebody else's voice is heeded for a while, but does not stop the file for good.
    let other = took(&[(1, true), (2, false)]);
    assert!((25..60).contains(&other), "{other}");
}

#[test]
fn ended_transfers_leave_the_list_when_dismissed() {
    let mut world = World::new(2, vec![source("a", 5)]);
    world.offer(0, &[1], 0);
    world.event(0, FileEvent::Dismiss(world.first(0)));
    assert_eq!(world.states(0).len(), 1, "not before the end");
    world.run();
    for page in 0..2 {
        world.event(page, FileEvent::Dismiss(world.first(page)));
        assert_eq!(world.states(page), []);
    }
    assert!(world.pages[1].disk.is_empty() && world.pages[1].kept.is_empty());
    assert!(world.pages.iter().all(|page| page.files.incoming.is_empty() && page.files.outgoing.is_empty()));
}
