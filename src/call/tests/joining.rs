//! The way into a room, past the other tabs of the browser.

use super::*;

fn typed(text: &str) -> Event {
    Event::User(UserAction::Connect { room: text.into(), name: String::new(), word: None })
}

/// A page whose socket is open, in a browser with other tabs.
fn beside_others() -> Tab {
    let mut page = Tab::loaded(Loaded::default());
    page.socket(SocketEvent::Opened);
    page.has_others = true;
    page
}

fn take(room: RoomId) -> Command {
    Command::HoldRoom { room, credential: None, take: true }
}

#[test]
fn every_spelling_of_a_number_joins_one_room() {
    for text in [" 47 11", "４７１１", "47-11", "https://parlor.example/room/4711"] {
        let mut page = beside_others();
        page.call.session.set_host("parlor.example".into());
        page.has_others = false;
        assert!(page.happens(typed(text)).contains(&join(None, false)), "{text}");
    }
}

#[test]
fn what_leads_to_no_room_of_this_server_is_told() {
    let mut page = beside_others();
    page.call.session.set_host("parlor.example".into());
    for (text, mistake) in [
        ("\u{200b}", Mistake::EmptyRoom),
        ("방", Mistake::BadRoom),
        ("https://other.example/room/4711", Mistake::OtherServer("other.example".into())),
    ] {
        assert_eq!(page.happens(typed(text)), []);
        assert_eq!((page.call.view().mistake, page.call.view().phase), (Some(mistake), Phase::Home));
    }
}

#[test]
fn nobody_joins_before_it_is_known_that_no_other_tab_is_there() {
    let mut page = Tab::loaded(Loaded::default());
    page.has_others = true;
    let hold = Command::HoldRoom { room: room(), credential: None, take: false };
    assert!(page.happens(connect()).contains(&hold));
    assert_eq!(page.socket(SocketEvent::Opened), []);
    assert!(page.happens(Event::Hold(room(), granted(None))).contains(&join(None, false)));
    assert_eq!(page.happens(Event::Hold(room(), granted(None))), [], "once");
}

#[test]
fn devices_opened_before_a_seat_is_remembered_are_switched_off_as_they_were() {
    let mut page = Tab { call: Call::new(1), socket: SocketId::default(), has_others: true, seals: vec![] };
    page.happens(connect());
    opens_preview(&mut page);
    let remembered = Remembered { off: SourceSet::MICROPHONE, ..remembered("t1") };
    let loaded = Loaded { supported: true, remembered: Some(remembered), ..Loaded::default() };
    let commands = page.happens(Event::Loaded(loaded));
    assert!(commands.contains(&silenced(SourceSet::MICROPHONE)), "{commands:?}");
    assert_eq!(page.call.view().microphone, DeviceView::Muted);
}

#[test]
fn a_second_tab_is_told_and_takes_no_seat() {
    let mut page = beside_others();
    page.happens(connect());
    assert_eq!(page.happens(Event::Hold(room(), Hold::Refused)), []);
    let view = page.call.view();
    assert_eq!((view.phase, view.notice), (Phase::Home, Some(Notice::InOtherTab)));
    let late = page.happens(Event::Hold(room(), granted(None)));
    assert_eq!(late, [Command::LetGo(None)], "what comes too late is for other tabs");
}

#[test]
fn a_call_that_is_moved_goes_on_in_the_same_seat() {
    let mut first = Tab::in_call();
    first.happens(Event::User(UserAction::ToggleMicrophone));
    let commands = first.happens(Event::Wanted);
    let seat = Remembered { off: SourceSet::MICROPHONE, ..remembered("t1") };
    assert_eq!(commands.first(), Some(&Command::LetGo(Some(seat.clone()))));
    assert!(commands.contains(&Command::CloseSocket) && commands.contains(&Command::Remember(None)));
    let leaves = |command: &Command| matches!(command, Command::Send(ClientMsg::Leave { .. }));
    assert!(!commands.iter().any(leaves), "{commands:?}");
    assert_eq!(first.call.view().notice, Some(Notice::MovedElsewhere));
    assert_eq!(first.happens(Event::Wanted), []);

    let mut second = beside_others();
    second.happens(Event::User(UserAction::StartPreview));
    second.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
    second.happens(connect());
    second.happens(Event::Hold(room(), Hold::Refused));
    assert!(second.happens(Event::User(UserAction::MoveHere)).contains(&take(room())));
    let commands = second.happens(Event::Hold(room(), granted(Some(seat))));
    assert_eq!(commands.last(), Some(&join(Some("t1"), true)));
    let silent = Command::Enable { sources: SourceSet::MICROPHONE, enabled: false };
    assert!(commands.contains(&silent), "who was muted stays so: {commands:?}");
    second.hears(seated("t2", true, vec![other()]));
    let view = second.call.view();
    assert_eq!((view.phase, view.microphone, view.notice), (Phase::InCall, DeviceView::Muted, None));
}

#[test]
fn who_was_muted_in_the_other_tab_stays_so_without_devices_here() {
    let mut page = beside_others();
    page.happens(connect());
    page.happens(Event::Hold(room(), Hold::Refused));
    page.happens(Event::User(UserAction::StartPreview));
    let error = MediaError::Denied;
    page.happens(Event::Media(MediaEvent::Failed {
        asked: SourceSet::DEVICES,
        error,
        denied: SourceSet::DEVICES,
    }));
    page.happens(Event::User(UserAction::MoveHere));
    let seat = Remembered { off: SourceSet::DEVICES, ..remembered("t1") };
    page.happens(Event::Hold(room(), granted(Some(seat))));
    let commands = page.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
    let off = |command: &Command| match command {
        Command::Enable { sources, enabled: false } => *sources,
        _ => SourceSet::NONE,
    };
    assert_eq!(
        commands.iter().map(off).fold(SourceSet::NONE, SourceSet::or),
        SourceSet::DEVICES,
        "{commands:?}"
    );
}

#[test]
fn a_refused_page_that_connects_again_shows_its_own_token() {
    let mut page = Tab::loaded(Loaded::default());
    page.has_others = true;
    let kept = Remembered { hides_address: true, ..remembered("t1") };
    page.happens(Event::Loaded(Loaded {
        supported: true,
        remembered: Some(kept),
        returning: true,
        ..Loaded::default()
    }));
    page.happens(Event::HiddenElsewhere(false));
    page.socket(SocketEvent::Opened);
    page.happens(Event::Hold(room(), Hold::Refused));
    page.happens(connect());
    let commands = page.happens(Event::Hold(room(), granted(None)));
    assert_eq!(commands.last(), Some(&join(Some("t1"), true)));
    assert!(page.call.view().hides_address, "what a call hides, it hides in the same call again");
}

#[test]
fn a_lock_that_comes_too_late_is_let_go() {
    let mut page = beside_others();
    page.happens(connect());
    page.happens(Event::User(UserAction::Leave));
    assert_eq!(page.happens(Event::Hold(room(), granted(None))), [Command::LetGo(None)]);
}

#[test]
fn a_first_socket_in_vain_is_not_told_beside_an_open_second_one() {
    let mut page = Tab::loaded(Loaded::default());
    let due = page.call.deadline().unwrap();
    page.at(due, Event::Tick);
    let due = page.call.deadline().unwrap();
    page.at(due, Event::Tick);
    page.socket(SocketEvent::Opened);
    page.happens(connect());
    assert_eq!(page.call.view().notice, None);
}

#[test]
fn a_tab_that_hands_nothing_over_is_not_waited_for() {
    let mut page = beside_others();
    page.happens(connect());
    page.happens(Event::Hold(room(), Hold::Refused));
    page.happens(Event::User(UserAction::MoveHere));
    assert!(page.happens(Event::Hold(room(), granted(None))).contains(&join(None, false)));
}

#[test]
fn a_page_that_comes_back_is_told_as_well_and_keeps_its_seat_for_later() {
    let mut page = Tab::loaded(Loaded::default());
    page.has_others = true;
    let loaded =
        Loaded { supported: true, remembered: Some(remembered("t1")), returning: true, ..Loaded::default() };
    page.happens(Event::Loaded(loaded));
    page.socket(SocketEvent::Opened);
    page.happens(Event::Hold(room(), Hold::Refused));
    assert_eq!(page.call.view().notice, Some(Notice::InOtherTab));
    page.happens(Event::User(UserAction::MoveHere));
    let commands = page.happens(Event::Hold(room(), granted(None)));
    assert_eq!(commands.last(), Some(&join(Some("t1"), true)));
}

#[test]
fn who_leaves_lets_other_tabs_in() {
    let mut page = Tab::in_call();
    assert!(page.happens(Event::User(UserAction::Leave)).contains(&Command::LetGo(None)));
    let mut page = beside_others();
    page.happens(connect());
    assert!(page.happens(Event::User(UserAction::Leave)).contains(&Command::LetGo(None)));
}

#[test]
fn a_server_that_stays_silent_is_told_after_the_first_socket() {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    page.socket(SocketEvent::Opened);
    let due = page.call.deadline().unwrap();
    assert_eq!(due, NOW + Duration::from_secs(3));
    page.at(due, Event::Tick);
    let view = page.call.view();
    assert_eq!((view.phase, view.notice), (Phase::Joining, Some(Notice::Unreachable)));
    page.socket(SocketEvent::Opened);
    page.hears(seated("t1", false, vec![]));
    assert_eq!(page.call.view().notice, None);
}

#[test]
fn a_socket_that_does_not_open_is_told_as_well() {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    let due = page.call.deadline().unwrap();
    page.at(due, Event::Tick);
    assert_eq!(page.call.view().notice, Some(Notice::Unreachable));
}
