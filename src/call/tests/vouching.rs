//! Vouches: whose word counts, what it changes, and what this page says of others.

use super::*;
use crate::protocol::sealed::Block;

const BEN: PeerId = PeerId(2);
const CAT: PeerId = PeerId(3);
const DAN: PeerId = PeerId(4);

fn linked(peer: PeerId) -> PeerInfo {
    PeerInfo { door: Some(identity().introduction.door), ..by_number(peer) }
}

fn by_number(peer: PeerId) -> PeerInfo {
    let door = Some(said("-", &format!("door-{peer}")).door);
    PeerInfo { door, ..present(peer, PageLoad(peer.0)) }
}

fn who(name: &str, locked: bool) -> Signal {
    Signal::Who { name: DisplayName::try_from(name.to_owned()).ok(), locked }
}

fn vouch(about: PeerId, checked: bool) -> Signal {
    let PeerInfo { peer, page, hello, .. } = by_number(about);
    Signal::Vouch { peer, page, hello: hello.unwrap(), checked }
}

/// In a call with these, who have said who they are.
fn call_with(others: &[(PeerInfo, &str)]) -> Tab {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    page.socket(SocketEvent::Opened);
    page.hears(seated("t1", false, others.iter().map(|(info, _)| info.clone()).collect()));
    for (info, name) in others {
        page.opens(info.peer, who(name, false));
    }
    page
}

fn trust(page: &Tab, peer: PeerId) -> Trust {
    page.call.view().peers.iter().find(|other| other.peer == peer).unwrap().trust
}

/// Both people see the same pictures.
fn compares(page: &mut Tab, peer: PeerId) -> Vec<Command> {
    let seal = page.seal(peer);
    let block: Block = "p".repeat(43).try_into().unwrap();
    page.happens(Event::Seal(seal, SealEvent::Drawn { commit: block.clone(), nonce: block }));
    page.happens(Event::Seal(seal, SealEvent::Pictures(Some([0; 6]))));
    page.happens(Event::User(UserAction::ComparePictures(peer, seal, true)))
}

fn vouches(commands: &[Command]) -> Vec<(PeerId, Signal)> {
    let said = commands.iter().filter_map(|command| match command {
        Command::Seal(_, SealCommand::Close(to, signal @ Signal::Vouch { .. })) => {
            Some((*to, signal.clone()))
        }
        _ => None,
    });
    said.collect()
}

#[test]
fn who_is_checked_by_one_who_is_proved_is_private_and_one_says_by_whom() {
    for (ben, checked, expected) in [
        (linked(BEN), true, Trust::Vouched),
        (linked(BEN), false, Trust::Unchecked),
        (by_number(BEN), true, Trust::Unchecked),
    ] {
        let mut page = call_with(&[(ben, "Ben"), (by_number(CAT), "Cat")]);
        page.opens(BEN, vouch(CAT, checked));
        assert_eq!(trust(&page, CAT), expected);
        let by = page.call.view().peers[1].checked_by.clone().map(String::from);
        assert_eq!(by.as_deref(), (expected == Trust::Vouched).then_some("Ben"));
    }
}

#[test]
fn what_was_said_before_its_speaker_was_proved_counts_then() {
    let mut page = call_with(&[(by_number(BEN), "Ben"), (by_number(CAT), "Cat")]);
    page.opens(BEN, vouch(CAT, true));
    assert_eq!(trust(&page, CAT), Trust::Unchecked);
    compares(&mut page, BEN);
    assert_eq!((trust(&page, BEN), trust(&page, CAT)), (Trust::Compared, Trust::Vouched));
}

#[test]
fn nobody_passes_a_vouch_on() {
    let all = [(linked(BEN), "Ben"), (by_number(CAT), "Cat"), (by_number(DAN), "Dan")];
    let mut page = call_with(&all);
    page.opens(BEN, vouch(CAT, true));
    page.opens(CAT, vouch(DAN, true));
    assert_eq!((trust(&page, CAT), trust(&page, DAN)), (Trust::Vouched, Trust::Unchecked));
    assert!(!vouches(&page.happens(Event::Tick)).iter().any(|(_, said)| *said == vouch(CAT, true)));
}

#[test]
fn another_page_than_the_one_meant_has_nothing_of_it() {
    let mut page = call_with(&[(linked(BEN), "Ben"), (by_number(CAT), "Cat")]);
    page.opens(BEN, vouch(CAT, true));
    page.hears(ServerMsg::PeerBack(present(CAT, PageLoad(9))));
    page.opens(CAT, who("Cat", false));
    assert_eq!(trust(&page, CAT), Trust::Unchecked);
    // Nobody vouches for this page, or for themselves.
    page.opens(BEN, vouch(PeerId(1), true));
    page.opens(CAT, vouch(CAT, true));
    assert_eq!(trust(&page, CAT), Trust::Unchecked);
}

#[test]
fn a_page_that_one_who_is_proved_knows_as_another_one_is_stopped() {
    let other_key = |peer, page| {
        let hello = said("another", "d").hello;
        Signal::Vouch { peer, page, hello, checked: false }
    };
    let mut page = call_with(&[(linked(BEN), "Ben"), (by_number(CAT), "Cat")]);
    assert!(page.opens(BEN, other_key(CAT, PageLoad(3))).iter().any(closes));
    assert_eq!(trust(&page, CAT), Trust::Stopped);
    // Not by one who is not proved, and not one who has shown the link itself.
    let mut page = call_with(&[(by_number(BEN), "Ben"), (by_number(CAT), "Cat")]);
    assert!(!page.opens(BEN, other_key(CAT, PageLoad(3))).iter().any(closes));
    let mut page = call_with(&[(linked(BEN), "Ben"), (linked(CAT), "Cat")]);
    assert!(!page.opens(BEN, other_key(CAT, PageLoad(3))).iter().any(closes));
}

#[test]
fn who_is_let_in_by_one_who_is_proved_comes_in_everywhere() {
    for (ben, locks, comes_in) in [
        (linked(BEN), true, true),
        (by_number(BEN), true, false),
        // The room is locked since Ben said so: so Ben can let in.
        (by_number(BEN), false, true),
    ] {
        let mut page = call_with(&[(ben, "Ben")]);
        if locks {
            page.happens(Event::User(UserAction::LockRoom(true)));
        } else {
            page.opens(BEN, who("Ben", true));
        }
        page.hears(ServerMsg::PeerJoined(by_number(CAT)));
        page.opens(CAT, who("Cat", false));
        assert_eq!(page.call.view().knocks.len(), 1);
        let commands = page.opens(BEN, vouch(CAT, false));
        assert_eq!(commands.iter().any(|command| opened(command).is_some()), comes_in);
    }
}

#[test]
fn nobody_passes_on_whom_another_one_has_let_in_nor_who_was_there() {
    let all = [(linked(BEN), "Ben"), (by_number(DAN), "Dan")];
    let mut page = call_with(&all);
    page.happens(Event::User(UserAction::LockRoom(true)));
    page.hears(ServerMsg::PeerJoined(by_number(CAT)));
    page.opens(CAT, who("Cat", false));
    let mut said = vouches(&page.opens(BEN, vouch(CAT, false)));
    said.extend(vouches(&page.happens(Event::Tick)));
    assert_eq!(page.call.view().peers.len(), 3, "Cat has come in");
    assert!(said.iter().all(|(_, said)| *said == vouch(BEN, true)), "{said:?}");
}

#[test]
fn a_vouch_counts_also_when_it_comes_first_and_less_than_the_person() {
    let mut page = call_with(&[(linked(BEN), "Ben")]);
    page.happens(Event::User(UserAction::LockRoom(true)));
    page.opens(BEN, vouch(CAT, false));
    page.hears(ServerMsg::PeerJoined(by_number(CAT)));
    assert!(page.opens(CAT, who("Cat", false)).iter().any(|command| opened(command).is_some()));

    let mut page = call_with(&[(linked(BEN), "Ben")]);
    page.happens(Event::User(UserAction::LockRoom(true)));
    page.hears(ServerMsg::PeerJoined(by_number(CAT)));
    page.opens(CAT, who("Cat", false));
    let seal = page.seal(CAT);
    page.happens(Event::User(UserAction::Answer(CAT, seal, false)));
    assert!(!page.opens(BEN, vouch(CAT, true)).iter().any(|command| opened(command).is_some()));

    // Another key than the one vouched for is found out whenever it is shown.
    let mut page = call_with(&[(linked(BEN), "Ben")]);
    let other_key = said("another", "d").hello;
    page.opens(BEN, Signal::Vouch { peer: CAT, page: PageLoad(3), hello: other_key, checked: true });
    page.hears(ServerMsg::PeerJoined(by_number(CAT)));
    page.opens(CAT, who("Cat", false));
    assert_eq!(trust(&page, CAT), Trust::Stopped);
}

#[test]
fn who_was_stopped_vouches_for_nobody_and_hears_of_nobody() {
    let mut page = call_with(&[(by_number(BEN), "Ben"), (by_number(CAT), "Cat")]);
    page.opens(BEN, who("Ben", true));
    page.opens(BEN, vouch(DAN, false));
    page.opens(BEN, Signal::Stop {});
    page.hears(ServerMsg::PeerJoined(by_number(DAN)));
    assert!(!page.opens(DAN, who("Dan", false)).iter().any(|command| opened(command).is_some()));
    assert!(vouches(&compares(&mut page, CAT)).iter().all(|(to, _)| *to != BEN));
}

#[test]
fn the_others_are_told_once_of_whom_they_may_not_know_and_again_after_an_outage() {
    let mut page = call_with(&[(by_number(BEN), "Ben"), (by_number(CAT), "Cat")]);
    assert_eq!(vouches(&page.happens(Event::Tick)), [], "nobody was checked or let in");
    assert_eq!(vouches(&compares(&mut page, BEN)), [(CAT, vouch(BEN, true))]);
    assert_eq!(vouches(&page.happens(Event::Tick)), []);
    assert_eq!(vouches(&page.hears(ServerMsg::PeerBack(by_number(CAT)))), [(CAT, vouch(BEN, true))]);
    assert_eq!(vouches(&compares(&mut page, CAT)), [(BEN, vouch(CAT, true))]);

    // Who have one link prove themselves to each other.
    let mut page = call_with(&[(linked(BEN), "Ben"), (linked(CAT), "Cat")]);
    assert_eq!(vouches(&page.happens(Event::Tick)), []);

    let mut page = call_with(&[(linked(BEN), "Ben")]);
    page.happens(Event::User(UserAction::LockRoom(true)));
    page.hears(ServerMsg::PeerJoined(by_number(CAT)));
    page.opens(CAT, who("Cat", false));
    let seal = page.seal(CAT);
    let told = vouches(&page.happens(Event::User(UserAction::Answer(CAT, seal, true))));
    assert_eq!(told, [(BEN, vouch(CAT, false)), (CAT, vouch(BEN, true))]);
}
