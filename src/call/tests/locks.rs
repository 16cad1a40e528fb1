//! The lock of the room: who has to knock, who is let in, and what nobody gets before.

use super::*;

const BEN: PeerId = PeerId(2);

/// A page that has come by the link of this one.
fn linked(page: PageLoad) -> PeerInfo {
    PeerInfo { door: Some(identity().introduction.door), ..present(BEN, page) }
}

fn who(name: &str, locked: bool) -> Signal {
    Signal::Who { name: DisplayName::try_from(name.to_owned()).ok(), locked }
}

fn alone() -> Tab {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    page.socket(SocketEvent::Opened);
    page.hears(seated("t1", false, vec![]));
    page
}

/// In a call, in which the person has locked the room.
fn locked() -> Tab {
    let mut page = alone();
    page.happens(Event::User(UserAction::LockRoom(true)));
    page
}

fn said(commands: &[Command]) -> Vec<&Signal> {
    let said = commands.iter().filter_map(|command| match command {
        Command::Seal(_, SealCommand::Close(_, signal)) => Some(signal),
        _ => None,
    });
    said.collect()
}

/// What a connection is told to do but for being closed.
fn opens(commands: &[Command]) -> bool {
    commands.iter().any(|command| opened(command).is_some())
}

fn knocks(page: &Tab) -> Vec<(Option<String>, bool)> {
    let knock = |knock: &KnockView| (knock.name.clone().map(String::from), knock.is_declined);
    page.call.view().knocks.iter().map(knock).collect()
}

fn answers(page: &mut Tab, comes_in: bool) -> Vec<Command> {
    let seal = page.seal(BEN);
    page.happens(Event::User(UserAction::Answer(BEN, seal, comes_in)))
}

#[test]
fn who_comes_by_number_into_a_locked_room_gets_nothing_until_the_person_lets_them_in() {
    let mut page = locked();
    assert!(page.call.view().locked);
    let commands = page.hears(ServerMsg::PeerJoined(other()));
    assert!(!opens(&commands), "{commands:?}");
    assert_eq!(said(&commands), [&Signal::Hold {}]);
    assert_eq!((page.call.view().peers.len(), knocks(&page).len()), (0, 0), "whoever it is has said nothing");
    page.opens(BEN, who("Ben", false));
    assert_eq!(knocks(&page), [(Some("Ben".into()), false)]);

    // Its offers open nothing.
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    let offer = Signal::WebrtcOffer { sdp: String::new(), epoch, offer: OfferId(1) };
    assert_eq!(page.opens(BEN, offer), []);
    assert_eq!(page.opens(BEN, Signal::StartCall { epoch }), []);
    assert_eq!(page.call.view().notice, None, "nobody has come in");

    let commands = answers(&mut page, true);
    assert_eq!(said(&commands)[0], &who("", true), "the other page waits for this");
    assert_eq!(commands.iter().find_map(opened), epoch.next(), "it has given up the first connection");
    assert_eq!(knocks(&page), []);
    let view = page.call.view();
    assert_eq!(view.peers[0].name.as_ref().map(DisplayName::as_str), Some("Ben"));
    page.opens(BEN, who("Ben", true));
    assert_eq!(page.call.view().notice, Some(Notice::PeerJoined(vec![view.peers[0].name.clone()])));
}

#[test]
fn who_has_the_same_link_comes_straight_in() {
    let mut page = locked();
    let commands = page.hears(ServerMsg::PeerJoined(linked(PageLoad(2))));
    assert!(opens(&commands));
    assert_eq!(said(&commands)[0], &who("", true));
}

#[test]
fn not_now_lasts_for_that_page_and_can_be_taken_back() {
    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    assert_eq!(said(&answers(&mut page, false)), [] as [&Signal; 0], "the other one just waits");
    assert_eq!(knocks(&page), [(Some("Ben".into()), true)]);
    assert!(opens(&answers(&mut page, true)));

    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    answers(&mut page, false);
    let before = page.seal(BEN);
    page.hears(ServerMsg::PeerBack(present(BEN, PageLoad(3))));
    page.opens(BEN, who("Ben", false));
    assert_eq!(knocks(&page), [(Some("Ben".into()), false)], "another page knocks anew");
    // The answer is to what was on the screen.
    assert!(!opens(&page.happens(Event::User(UserAction::Answer(BEN, before, true)))));
}

#[test]
fn who_is_let_in_stays_so_over_a_lost_socket_a_pair_made_anew_and_a_server_without_memory() {
    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    answers(&mut page, true);
    page.lose_socket();
    let commands = page.comes_back();
    assert_eq!((said(&commands)[0], knocks(&page)), (&who("", true), vec![]));
    page.hears(ServerMsg::PeerLeft { peer: BEN });
    assert!(opens(&page.hears(ServerMsg::PeerJoined(other()))));
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    assert!(opens(&page.hears(seated("t9", false, vec![other()]))));
    // The key of a page counts, and not its number.
    let another = PeerInfo { hello: Some(super::said("another", "d").hello), ..present(BEN, PageLoad(4)) };
    assert!(!opens(&page.hears(ServerMsg::PeerBack(another))));
}

#[test]
fn who_knocks_and_leaves_or_is_cut_off_is_asked_about_no_longer() {
    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    page.hears(ServerMsg::PeerAway { peer: BEN, unloaded: false });
    assert_eq!(knocks(&page), []);
    assert_eq!(said(&page.hears(ServerMsg::PeerBack(other()))), [&Signal::Hold {}], "it may be lost");
    assert_eq!(knocks(&page).len(), 1);
    page.hears(ServerMsg::PeerLeft { peer: BEN });
    assert_eq!((knocks(&page), page.call.view().notice), (vec![], None), "whoever never came does not leave");
}

#[test]
fn unlocking_lets_all_in_who_wait_and_those_who_come() {
    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    answers(&mut page, false);
    assert!(opens(&page.happens(Event::User(UserAction::LockRoom(false)))));
    assert!(!page.call.view().locked);
    assert!(opens(&page.hears(ServerMsg::PeerJoined(present(PeerId(3), PageLoad(5))))));
}

#[test]
fn those_in_the_call_stay_in_it_when_the_room_is_locked_and_follow() {
    let mut page = alone();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    page.happens(Event::User(UserAction::DismissNotice));
    assert!(!page.call.view().locked);
    let commands = page.opens(BEN, who("Ben", true));
    assert!(page.call.view().locked);
    assert_eq!(
        page.call.view().notice,
        Some(Notice::RoomLocked(DisplayName::try_from("Ben".to_owned()).ok()))
    );
    assert_eq!(said(&commands)[0], &who("", false), "who follows has not chosen");
    page.hears(ServerMsg::PeerLeft { peer: BEN });
    assert!(opens(&page.hears(ServerMsg::PeerJoined(other()))));

    // What Ben has said before is no news after this person has unlocked the room.
    page.opens(BEN, who("Ben", true));
    page.happens(Event::User(UserAction::LockRoom(false)));
    page.opens(BEN, who("Ben", true));
    assert!(!page.call.view().locked);
    page.opens(BEN, who("Ben", false));
    page.opens(BEN, who("Ben", true));
    assert!(page.call.view().locked);
}

#[test]
fn a_newcomer_to_a_locked_room_follows_without_a_word() {
    let mut page = alone();
    page.hears(ServerMsg::PeerJoined(linked(PageLoad(2))));
    page.opens(BEN, who("Ben", true));
    assert!(page.call.view().locked);
    assert!(!matches!(page.call.view().notice, Some(Notice::RoomLocked(_))));
}

#[test]
fn who_waits_closes_the_connection_and_builds_the_next_one_when_let_in() {
    let mut page = alone();
    let first = page.hears(ServerMsg::PeerJoined(other())).iter().find_map(opened).unwrap();
    let commands = page.opens(BEN, Signal::Hold {});
    assert!(commands.iter().any(closes));
    assert_eq!(page.call.view().peers[0].link, LinkView::Held);
    assert_eq!(page.call.view().notice, None, "nobody has come in");
    // Neither the person, nor time, nor a lost socket makes a connection.
    for event in [Event::User(UserAction::RetryPeer(BEN)), Event::NetworkChanged, Event::Woken, Event::Tick] {
        assert!(!opens(&page.happens(event)));
    }
    page.comes_back();
    assert_eq!(page.call.view().peers[0].link, LinkView::Held);
    assert_eq!(page.opens(BEN, Signal::Hold {}).iter().find(|it| closes(it)), None, "once");

    let commands = page.opens(BEN, who("Ben", true));
    assert_eq!(commands.iter().find_map(opened), first.next());
    assert_eq!(page.call.view().peers[0].link, LinkView::Connecting);
    assert!(matches!(page.call.view().notice, Some(Notice::PeerJoined(_))));
}

#[test]
fn an_offer_of_the_next_connection_lets_in_as_well() {
    let mut page = alone();
    let first = page.hears(ServerMsg::PeerJoined(other())).iter().find_map(opened).unwrap();
    page.opens(BEN, Signal::Hold {});
    assert!(!opens(&page.opens(BEN, Signal::StartCall { epoch: first })), "a late one");
    let next = first.next().unwrap();
    assert_eq!(page.opens(BEN, Signal::StartCall { epoch: next }).iter().find_map(opened), Some(next));
    assert_eq!(page.call.view().peers[0].link, LinkView::Connecting);
}

#[test]
fn two_with_different_links_let_each_other_in() {
    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, Signal::Hold {});
    assert_eq!(knocks(&page), [(None, false)]);
    answers(&mut page, true);
    assert_eq!(page.call.view().peers[0].link, LinkView::Held, "the other person was not asked yet");
    assert!(opens(&page.opens(BEN, who("Ben", true))));
}

#[test]
fn one_who_was_away_with_an_unknown_key_knocks_when_it_comes_back() {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    page.socket(SocketEvent::Opened);
    let silent = PeerInfo { hello: None, door: None, away: true, ..other() };
    page.hears(seated("t1", false, vec![silent]));
    page.happens(Event::User(UserAction::LockRoom(true)));
    let commands = page.hears(ServerMsg::PeerBack(other()));
    assert!(commands.iter().any(closes) && said(&commands) == [&Signal::Hold {}], "{commands:?}");
    page.opens(BEN, who("Ben", false));
    assert_eq!((page.call.view().peers.len(), knocks(&page).len()), (0, 1));
    assert!(opens(&answers(&mut page, true)));
}

#[test]
fn a_page_that_came_by_a_link_or_hands_one_out_is_locked_and_a_reload_keeps_it() {
    let locks = |page: &Tab| page.call.view().locked;
    let mut page = alone();
    assert!(!locks(&page));
    let commands = page.happens(Event::User(UserAction::ShareLink));
    let kept = |lock| Command::Remember(Some(Remembered { lock, ..remembered("t1") }));
    assert!(locks(&page) && commands.contains(&kept(Lock::Locked)), "{commands:?}");
    // A person who wants it open is not overruled.
    assert!(page.happens(Event::User(UserAction::LockRoom(false))).contains(&kept(Lock::Unlocked)));
    page.happens(Event::User(UserAction::ShareLink));
    assert!(!locks(&page));

    for (is_linked, remembered_lock, expected) in [
        (true, None, true),
        (false, None, false),
        (true, Some(Lock::Open), false),
        (false, Some(Lock::Locked), true),
        (false, Some(Lock::Followed), false),
    ] {
        let remembered = remembered_lock.map(|lock| Remembered { lock, ..remembered("t1") });
        let returning = remembered.is_some();
        let mut call = Call::new(1);
        let now = Duration::ZERO;
        call.handle(
            now,
            Event::Loaded(Loaded { supported: true, remembered, returning, ..Loaded::default() }),
        );
        call.handle(now, connect());
        let keys = Identity { is_linked, ..identity() };
        call.handle(now, Event::Hold(room(), Hold::Granted(keys, None)));
        call.handle(now, Event::Socket(SocketId(1), SocketEvent::Opened));
        call.handle(now, Event::Socket(SocketId(1), SocketEvent::Message(seated("t1", returning, vec![]))));
        assert_eq!((call.view().phase, call.view().locked), (Phase::InCall, expected));
    }
}

/// The same page in another seat.
fn moved(peer: PeerId) -> PeerInfo {
    PeerInfo { peer, hello: other().hello, ..present(peer, PageLoad(7)) }
}

/// Ben's page has shown other pictures.
fn stops(page: &mut Tab) {
    page.opens(BEN, Signal::Stop {});
    assert_eq!(page.call.view().peers[0].trust, Trust::Stopped);
}

#[test]
fn who_was_stopped_comes_in_nowhere_by_another_seat_and_is_not_kept_in_by_a_lock() {
    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    answers(&mut page, true);
    page.opens(BEN, who("Ben", false));
    stops(&mut page);
    page.hears(ServerMsg::PeerLeft { peer: BEN });
    page.hears(ServerMsg::PeerJoined(moved(PeerId(5))));
    assert_eq!(page.call.view().peers[0].trust, Trust::Stopped);

    let mut page = alone();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    stops(&mut page);
    page.happens(Event::User(UserAction::LockRoom(true)));
    page.hears(ServerMsg::PeerLeft { peer: BEN });
    page.hears(ServerMsg::PeerJoined(moved(PeerId(5))));
    assert_eq!(page.call.view().peers[0].trust, Trust::Stopped);
}

#[test]
fn not_now_holds_for_the_page_in_whatever_seat() {
    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    answers(&mut page, false);
    page.hears(ServerMsg::PeerLeft { peer: BEN });
    page.hears(ServerMsg::PeerJoined(moved(PeerId(5))));
    page.happens(Event::Seal(page.seals.last().unwrap().1, SealEvent::Opened(who("Ben", false))));
    assert_eq!(knocks(&page), [(Some("Ben".into()), true)]);
}

#[test]
fn whoever_knocks_first_is_asked_about_first_and_nobody_takes_the_place() {
    let mut page = locked();
    let cat = PeerId(3);
    for (peer, name) in [(cat, "Cat"), (BEN, "Ben")] {
        page.hears(ServerMsg::PeerJoined(present(peer, PageLoad(peer.0))));
        page.opens(peer, who(name, false));
    }
    let names = |page: &Tab| knocks(page).into_iter().filter_map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&page), ["Cat", "Ben"]);
    page.hears(ServerMsg::PeerAway { peer: cat, unloaded: false });
    page.hears(ServerMsg::PeerBack(present(cat, PageLoad(3))));
    assert_eq!(names(&page), ["Ben", "Cat"]);
}

#[test]
fn who_goes_back_into_the_call_finds_it_locked_and_those_let_in_still_are() {
    let mut page = locked();
    page.hears(ServerMsg::PeerJoined(other()));
    page.opens(BEN, who("Ben", false));
    answers(&mut page, true);
    page.happens(Event::User(UserAction::Leave));
    page.happens(Event::User(UserAction::GoBack));
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    let commands = page.hears(seated("t5", false, vec![other(), present(PeerId(3), PageLoad(9))]));
    assert_eq!(commands.iter().filter_map(opened).count(), 1);
    assert!(page.call.view().locked);
}

#[test]
fn who_lost_the_seat_in_a_locked_room_takes_the_next_one_in_a_locked_room() {
    let mut page = locked();
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    page.hears(ServerMsg::FullRoom { room: room() });
    page.hears(ServerMsg::SeatFree { room: room() });
    page.happens(Event::User(UserAction::TakeSeat));
    page.hears(seated("t6", false, vec![]));
    assert_eq!((page.call.view().phase, page.call.view().locked), (Phase::InCall, true));
}

#[test]
fn after_a_crash_the_lock_is_as_it_was_unless_one_comes_by_another_link() {
    let other_secret = Secret::try_from("B".repeat(22)).unwrap();
    for (secret, expected) in [(secret(), false), (other_secret, true)] {
        let mut call = Call::new(1);
        let now = Duration::ZERO;
        let remembered = Some(remembered("t1"));
        call.handle(now, Event::Loaded(Loaded { supported: true, remembered, ..Loaded::default() }));
        call.handle(now, connect());
        let keys = Identity { is_linked: true, credential: Credential::Link(secret), ..identity() };
        call.handle(now, Event::Hold(room(), Hold::Granted(keys, None)));
        call.handle(now, Event::Socket(SocketId(1), SocketEvent::Opened));
        call.handle(now, Event::Socket(SocketId(1), SocketEvent::Message(seated("t2", true, vec![]))));
        assert_eq!((call.view().phase, call.view().locked), (Phase::InCall, expected));
    }
}
