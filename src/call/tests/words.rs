//! People who come with a secret word: who has another one, who has mistyped it, and how many get a try.

use super::*;
use crate::protocol::Word;

const PATIENCE: Duration = Duration::from_secs(3);

fn maple() -> Credential {
    Credential::Word(Word::typed("maple").unwrap())
}

fn types(room: &str, word: Option<&str>) -> Event {
    let word = word.map(str::to_owned);
    Event::User(UserAction::Connect { room: room.to_owned(), name: String::new(), word })
}

/// A page with the word.
fn worded(peer: u32, page: u32) -> PeerInfo {
    let Introduction { hello, door } = said(&format!("{peer}.{page}"), "word");
    PeerInfo { peer: PeerId(peer), page: PageLoad(page), hello: Some(hello), door: Some(door), away: false }
}

/// In a room with a word; the own number is `own`.
fn with_word(own: u32, others: Vec<PeerInfo>) -> (Tab, Vec<Command>) {
    let mut page = Tab::loaded(Loaded::default());
    page.has_others = true;
    page.happens(types("4711", Some("maple")));
    let introduction = said("own", "word");
    let identity = Identity { introduction, credential: maple(), is_linked: true };
    page.happens(Event::Hold(room(), Hold::Granted(identity, None)));
    page.socket(SocketEvent::Opened);
    let ServerMsg::RoomJoined(seat) = seated("t1", false, others) else { unreachable!() };
    let seat = Seated { peer: PeerId(own), page: PageLoad(own), capacity: Some(8), ..seat };
    let commands = page.hears(ServerMsg::RoomJoined(seat));
    (page, commands)
}

fn who(name: &str) -> Signal {
    Signal::Who { name: DisplayName::try_from(name.to_owned()).ok(), locked: true }
}

/// A share of this peer arrives; returns whether it is taken.
fn share_arrives(page: &mut Tab, peer: u32) -> bool {
    let (from, sealed) = (PeerId(peer), SealedBox::try_from("Aw".to_owned() + &"A".repeat(53)).unwrap());
    let commands = page.hears(ServerMsg::Signal { from, sealed: sealed.clone() });
    let is_taken = commands.contains(&Command::Seal(page.seal(from), SealCommand::Open(sealed)));
    assert_eq!(is_taken, !commands.is_empty(), "{commands:?}");
    is_taken
}

/// There are keys with this peer.
fn draws(page: &mut Tab, peer: u32) -> Vec<Command> {
    let block = || "A".repeat(43).try_into().unwrap();
    let drawn = SealEvent::Drawn { commit: block(), nonce: block() };
    page.happens(Event::Seal(page.seal(PeerId(peer)), drawn))
}

/// This peer shows that it has the same word.
fn proves(page: &mut Tab, peer: u32, name: &str) {
    assert!(share_arrives(page, peer));
    draws(page, peer);
    page.opens(PeerId(peer), who(name));
}

/// Time passes.
fn after(page: &mut Tab, passed: Duration) -> Vec<Command> {
    page.at(NOW + passed, Event::Tick)
}

/// What this peer has sealed does not open, and nothing else comes.
fn brings_another_word(page: &mut Tab, peer: u32) -> Vec<Command> {
    assert!(share_arrives(page, peer));
    draws(page, peer);
    let seal = page.seal(PeerId(peer));
    let mut commands = page.happens(Event::Seal(seal, SealEvent::Unopened));
    assert_eq!(page.call.deadline().map(|due| due <= NOW + PATIENCE), Some(true));
    commands.extend(after(page, PATIENCE));
    commands
}

fn shares_in(commands: &[Command]) -> Vec<PeerId> {
    let share = |command: &Command| match command {
        Command::Seal(_, SealCommand::Share(peer)) => Some(*peer),
        _ => None,
    };
    commands.iter().filter_map(share).collect()
}

#[test]
fn a_word_is_proved_by_what_opens_and_the_share_is_sent_with_each_way_back() {
    let (mut page, commands) = with_word(1, vec![worded(2, 2)]);
    assert_eq!(shares_in(&commands), [PeerId(2)]);
    let (agreement, _) = page.seals.last().unwrap();
    assert_eq!((agreement.proof, &agreement.credential), (crate::protocol::sealed::Proof::Word, &maple()));
    assert_eq!(page.call.view().peers[0].trust, Trust::Unknown);
    let said = |commands: &[Command]| {
        let closes = |command: &&Command| matches!(command, Command::Seal(_, SealCommand::Close(..)));
        commands.iter().filter(closes).count()
    };
    assert_eq!(said(&commands), 0, "there are no keys");
    assert!(share_arrives(&mut page, 2));
    assert!(said(&draws(&mut page, 2)) > 0);
    page.opens(PeerId(2), who("Ben"));
    let view = page.call.view();
    assert_eq!((view.peers[0].trust, view.has_word, view.locked), (Trust::Worded, true, true));
    let again = page.hears(ServerMsg::PeerBack(worded(2, 2)));
    assert_eq!(shares_in(&again), [PeerId(2)], "it may have been lost");
}

#[test]
fn who_comes_by_the_number_or_by_a_link_has_to_knock() {
    let (page, commands) = with_word(1, vec![other()]);
    assert!(shares_in(&commands).is_empty());
    assert!(page.call.view().peers.is_empty());
}

#[test]
fn another_word_is_told_once_nothing_has_opened_for_a_while() {
    let (mut page, _) = with_word(1, vec![]);
    page.hears(ServerMsg::PeerJoined(worded(2, 2)));
    let seal = page.seal(PeerId(2));
    assert!(share_arrives(&mut page, 2));
    draws(&mut page, 2);
    // Of the page before; the right one follows.
    page.happens(Event::Seal(seal, SealEvent::Unopened));
    page.opens(PeerId(2), who("Ben"));
    after(&mut page, PATIENCE);
    assert_eq!(page.call.view().peers[0].trust, Trust::Worded);

    page.hears(ServerMsg::PeerJoined(worded(3, 3)));
    let commands = brings_another_word(&mut page, 3);
    let closes = |command: &Command| matches!(command, Command::Peer(PeerId(3), _, PeerCommand::Close));
    assert!(commands.iter().any(closes), "{commands:?}");
    let view = page.call.view();
    assert_eq!((view.peers[1].link, view.peers[1].trust), (LinkView::OtherWord, Trust::Unknown));
    assert_eq!(view.peers[0].trust, Trust::Worded);
    page.opens(PeerId(3), who("Cem"));
    assert_eq!(page.call.view().peers[1].link, LinkView::OtherWord, "it is over");
    let shown = |page: &mut Tab, passed| {
        after(page, passed);
        page.call.view().notice
    };
    let [then, later] = [4, 8].map(|more| PATIENCE + Duration::from_secs(more));
    assert_eq!(shown(&mut page, then), Some(Notice::OtherWord));
    assert_eq!(shown(&mut page, later), None);
    page.hears(ServerMsg::PeerLeft { peer: PeerId(3) });
    assert_eq!(page.call.view().notice, None, "who was never there does not leave");
}

#[test]
fn who_came_last_and_proved_nothing_to_anybody_has_mistyped_it() {
    let (mut page, _) = with_word(3, vec![worded(1, 1), worded(2, 2)]);
    brings_another_word(&mut page, 1);
    assert_eq!(page.call.view().phase, Phase::InCall, "the other one may have the same");
    let commands = brings_another_word(&mut page, 2);
    assert!(commands.contains(&Command::Send(ClientMsg::Leave { held: None })), "{commands:?}");
    let view = page.call.view();
    assert_eq!((view.phase, view.mistake, view.notice), (Phase::Home, Some(Mistake::WrongWord), None));

    let (mut page, _) = with_word(3, vec![worded(1, 1), worded(2, 2)]);
    proves(&mut page, 1, "Ann");
    brings_another_word(&mut page, 2);
    assert_eq!(page.call.view().phase, Phase::InCall);
    let (mut page, _) = with_word(1, vec![worded(2, 2)]);
    brings_another_word(&mut page, 2);
    assert_eq!(page.call.view().phase, Phase::InCall, "who was there first waits for the others");
}

#[test]
fn after_three_wrong_words_nobody_gets_a_try_before_the_person_says_so() {
    let (mut page, _) = with_word(1, vec![worded(2, 2)]);
    proves(&mut page, 2, "Ben");
    for peer in 3..6 {
        page.hears(ServerMsg::PeerJoined(worded(peer, peer)));
        brings_another_word(&mut page, peer);
        page.hears(ServerMsg::PeerLeft { peer: PeerId(peer) });
    }
    let view = page.call.view();
    assert_eq!((view.notice, view.word_closed), (Some(Notice::WordClosed), true));

    let commands = page.hears(ServerMsg::PeerJoined(worded(7, 7)));
    assert!(shares_in(&commands).is_empty(), "{commands:?}");
    let closes = |command: &Command| matches!(command, Command::Seal(_, SealCommand::Close(PeerId(7), _)));
    assert!(!commands.iter().any(closes), "{commands:?}");
    assert!(!share_arrives(&mut page, 7), "it would be a try");
    let shown = |page: &Tab| page.call.view().peers.iter().map(|peer| peer.peer.0).collect::<Vec<_>>();
    assert_eq!(shown(&page), [2]);
    assert!(page.call.view().knocks.is_empty());
    let again = page.hears(ServerMsg::PeerBack(worded(2, 2)));
    assert_eq!(shares_in(&again), [PeerId(2)], "who is proved is in the call");

    let commands = page.happens(Event::User(UserAction::TryWordAgain));
    assert_eq!(shares_in(&commands), [PeerId(7)]);
    let opens = |command: &Command| matches!(command, Command::Seal(_, SealCommand::Open(_)));
    assert!(commands.iter().any(opens), "what came before the try is opened now: {commands:?}");
    draws(&mut page, 7);
    assert_eq!((shown(&page), page.call.view().word_closed), (vec![2, 7], false));
    page.opens(PeerId(7), who("Dora"));
    assert_eq!(page.call.view().peers[1].trust, Trust::Worded);
}

#[test]
fn the_word_is_asked_for_and_checked_before_anything_else() {
    for (room, word, mistake) in [
        ("4711", Some("ma"), Mistake::BadWord),
        ("4711", Some(""), Mistake::BadWord),
        ("/room/4711#w", None, Mistake::WordAsked),
    ] {
        let mut page = Tab::loaded(Loaded::default());
        page.happens(types(room, word));
        assert_eq!((page.call.view().mistake, page.call.view().phase), (Some(mistake), Phase::Home));
    }
    let mut page = Tab::loaded(Loaded::default());
    page.has_others = true;
    let commands = page.happens(types("4711", Some(" Maple  syrup ")));
    let word = Credential::Word(Word::typed("Maple syrup").unwrap());
    let hold = Command::HoldRoom { room: room(), credential: Some(word), take: false };
    assert!(commands.contains(&hold), "{commands:?}");
}

#[test]
fn a_reload_goes_back_with_the_word() {
    let seat = Remembered { credential: Some(maple()), lock: Lock::Locked, ..remembered("t1") };
    let kept = serde_json::to_string(&seat).unwrap();
    assert_eq!(crate::protocol::read::<Remembered>(&kept).unwrap(), seat);
    let mut page = Tab { call: Call::new(1), socket: SocketId::default(), has_others: true, seals: vec![] };
    let loaded = Loaded { supported: true, remembered: Some(seat), returning: true, ..Loaded::default() };
    let commands = page.happens(Event::Loaded(loaded));
    let hold = Command::HoldRoom { room: room(), credential: Some(maple()), take: false };
    assert!(commands.contains(&hold), "{commands:?}");
}

#[test]
fn a_try_counts_also_where_nothing_shows_that_it_was_wrong() {
    let (mut page, _) = with_word(1, vec![]);
    for peer in 2..5 {
        assert!(!page.call.view().word_closed);
        page.hears(ServerMsg::PeerJoined(worded(peer, peer)));
        assert!(share_arrives(&mut page, peer));
        draws(&mut page, peer);
        page.hears(ServerMsg::PeerLeft { peer: PeerId(peer) });
    }
    let view = page.call.view();
    assert_eq!((view.word_closed, view.notice), (true, Some(Notice::WordClosed)));

    // Whoever never takes up the exchange learns nothing.
    let (mut page, _) = with_word(1, vec![]);
    for peer in 2..9 {
        page.hears(ServerMsg::PeerJoined(worded(peer, peer)));
        page.hears(ServerMsg::PeerLeft { peer: PeerId(peer) });
    }
    assert!(!page.call.view().word_closed);
}

#[test]
fn a_server_that_brings_many_at_once_gets_no_more_tries() {
    let (mut page, _) = with_word(1, vec![]);
    let peers = 2..30;
    peers.clone().for_each(|peer| drop(page.hears(ServerMsg::PeerJoined(worded(peer, peer)))));
    assert_eq!(peers.filter(|peer| share_arrives(&mut page, *peer)).count(), 7);
}

#[test]
fn unlocking_the_room_is_no_way_around_the_word() {
    let (mut page, _) = with_word(1, vec![]);
    for peer in 2..5 {
        page.hears(ServerMsg::PeerJoined(worded(peer, peer)));
        brings_another_word(&mut page, peer);
    }
    page.hears(ServerMsg::PeerJoined(worded(7, 7)));
    page.happens(Event::User(UserAction::LockRoom(false)));
    assert!(page.call.view().peers.iter().all(|peer| peer.peer != PeerId(7)));
}

#[test]
fn ones_own_mistake_closes_nothing() {
    let (mut page, _) = with_word(5, (1..5).map(|peer| worded(peer, peer)).collect());
    for peer in 1..4 {
        brings_another_word(&mut page, peer);
    }
    let view = page.call.view();
    assert_eq!((view.phase, view.mistake), (Phase::Home, Some(Mistake::WrongWord)));
    page.happens(types("4711", Some("maple")));
    let identity = Identity { introduction: said("own", "word"), credential: maple(), is_linked: true };
    page.happens(Event::Hold(room(), Hold::Granted(identity, None)));
    page.socket(SocketEvent::Opened);
    let ServerMsg::RoomJoined(seat) = seated("t2", false, vec![worded(1, 1)]) else { unreachable!() };
    let seat = Seated { peer: PeerId(6), page: PageLoad(6), capacity: Some(8), ..seat };
    let commands = page.hears(ServerMsg::RoomJoined(seat));
    assert_eq!(shares_in(&commands), [PeerId(1)]);
    assert!(!page.call.view().word_closed);
}

#[test]
fn nobody_is_judged_while_there_is_no_way_to_them() {
    let (mut page, _) = with_word(1, vec![worded(2, 2)]);
    assert!(share_arrives(&mut page, 2));
    draws(&mut page, 2);
    let seal = page.seal(PeerId(2));
    page.happens(Event::Seal(seal, SealEvent::Unopened));
    page.hears(ServerMsg::PeerAway { peer: PeerId(2), unloaded: false });
    after(&mut page, PATIENCE);
    assert_ne!(page.call.view().peers[0].link, LinkView::OtherWord);
    page.hears(ServerMsg::PeerBack(worded(2, 2)));
    page.happens(Event::Seal(seal, SealEvent::Unopened));
    page.lose_socket();
    page.at(NOW + 2 * PATIENCE, Event::Woken);
    page.at(NOW + 2 * PATIENCE, Event::Socket(page.socket, SocketEvent::Opened));
    let ServerMsg::RoomJoined(seat) = seated("t2", true, vec![worded(2, 2)]) else { unreachable!() };
    let message = ServerMsg::RoomJoined(Seated { capacity: Some(8), ..seat });
    page.at(NOW + 2 * PATIENCE, Event::Socket(page.socket, SocketEvent::Message(message)));
    page.at(NOW + 2 * PATIENCE, Event::Tick);
    assert_ne!(page.call.view().peers[0].link, LinkView::OtherWord);
}

#[test]
fn who_is_in_a_call_is_not_put_out_of_it_by_the_word_of_somebody_else() {
    let (mut page, _) = with_word(3, vec![worded(1, 1), present(PeerId(2), PageLoad(2))]);
    let (peer, seal) = (PeerId(2), page.seal(PeerId(2)));
    page.happens(Event::Seal(seal, SealEvent::Opened(who("Dora"))));
    page.happens(Event::User(UserAction::Answer(peer, seal, true)));
    let epoch = Epoch::first(PageLoad(2), PageLoad(3)).next().unwrap();
    for event in [PeerEvent::Opened, PeerEvent::State(PeerState::Connected)] {
        page.happens(Event::Peer(peer, epoch, event));
    }
    assert_eq!(page.call.view().peers[1].link, LinkView::Connected);
    brings_another_word(&mut page, 1);
    assert_eq!(page.call.view().phase, Phase::InCall);
}

#[test]
fn who_is_away_throws_nobody_out() {
    let (mut page, _) = with_word(5, vec![worded(1, 1)]);
    assert!(share_arrives(&mut page, 1));
    draws(&mut page, 1);
    page.hears(ServerMsg::PeerAway { peer: PeerId(1), unloaded: false });
    let seal = page.seal(PeerId(1));
    page.happens(Event::Seal(seal, SealEvent::Unopened));
    after(&mut page, PATIENCE);
    assert_eq!((page.call.view().phase, page.call.view().mistake), (Phase::InCall, None));
}

#[test]
fn a_link_that_is_pasted_needs_no_word() {
    let mut page = Tab::loaded(Loaded::default());
    page.has_others = true;
    let link = format!("/room/4711#{}", secret().as_str());
    let commands = page.happens(types(&link, Some("maple")));
    let credential = Some(Credential::Link(secret()));
    let hold = Command::HoldRoom { room: room(), credential, take: false };
    assert!(commands.contains(&hold), "{commands:?}");
}
