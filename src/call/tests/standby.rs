//! The wait for a seat in a room that is full.

use super::*;

fn wait() -> Command {
    Command::Send(ClientMsg::Wait { room: room() })
}

fn leave() -> Command {
    Command::Send(ClientMsg::Leave { held: None })
}

/// A page that found the room full, and what it did then.
fn refused() -> (Tab, Vec<Command>) {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    page.socket(SocketEvent::Opened);
    let commands = page.hears(ServerMsg::FullRoom { room: room() });
    (page, commands)
}

fn waiting() -> Tab {
    let mut page = refused().0;
    page.hears(ServerMsg::Waiting { room: room() });
    page
}

fn notice(page: &Tab) -> Option<Notice> {
    page.call.view().notice
}

#[test]
fn a_page_waits_in_front_of_a_full_room_and_joins_when_the_person_wants() {
    let (mut page, commands) = refused();
    assert_eq!(commands, [Command::Remember(None), Command::LetGo(None), wait()]);
    assert_eq!(notice(&page), Some(Notice::RoomFull), "nothing is promised that the server has not");
    page.hears(ServerMsg::Waiting { room: room() });
    assert_eq!((page.call.view().phase, notice(&page)), (Phase::Home, Some(Notice::WaitingForSeat)));
    assert_eq!(page.hears(ServerMsg::SeatFree { room: room() }), []);
    assert_eq!(notice(&page), Some(Notice::SeatFree));
    assert!(page.happens(Event::User(UserAction::TakeSeat)).contains(&join(None, false)));
    page.hears(seated("t1", false, vec![other()]));
    assert_eq!((page.call.view().phase, notice(&page)), (Phase::InCall, None));
    assert_eq!(page.happens(Event::User(UserAction::TakeSeat)), [], "pressed twice");
}

#[test]
fn a_wait_outlives_its_socket() {
    let mut page = waiting();
    page.lose_socket();
    page.due();
    assert_eq!(page.socket(SocketEvent::Opened), [wait()]);
    page.hears(ServerMsg::Waiting { room: room() });
    // A server that waits with it gives signs of life; one that is silent is dead.
    let opened = page.socket;
    let commands = page.due();
    assert!(commands.contains(&Command::OpenSocket(SocketId(opened.0 + 1))), "{commands:?}");
}

#[test]
fn a_server_that_does_not_know_how_to_wait_is_not_asked_for_ever() {
    let mut page = refused().0;
    page.hears(ServerMsg::Error { code: ErrorCode::UnknownType, message: String::new() });
    page.hears(ServerMsg::Heartbeat);
    page.socket(SocketEvent::Closed { code: CloseCode::Idle.code() });
    assert_eq!((page.call.deadline(), notice(&page)), (None, Some(Notice::RoomFull)));
}

#[test]
fn too_many_who_wait_are_promised_nothing() {
    let mut page = refused().0;
    assert_eq!(page.hears(ServerMsg::FullRoom { room: room() }), []);
    assert_eq!((page.call.deadline(), notice(&page)), (None, Some(Notice::RoomFull)));
}

#[test]
fn a_wait_is_given_up_with_its_notice_and_by_another_call() {
    let mut page = waiting();
    assert_eq!(page.happens(Event::User(UserAction::DismissNotice)), [leave()]);
    assert_eq!(page.hears(ServerMsg::SeatFree { room: room() }), []);
    assert_eq!((notice(&page), page.call.deadline()), (None, None));

    let mut early = refused().0;
    assert_eq!(early.happens(Event::User(UserAction::DismissNotice)), []);
    assert_eq!(early.hears(ServerMsg::Waiting { room: room() }), [leave()], "as soon as it can be");

    let mut elsewhere = waiting();
    elsewhere.happens(Event::User(UserAction::Connect {
        room: "4712".into(),
        name: String::new(),
        word: None,
    }));
    assert_eq!(elsewhere.hears(ServerMsg::SeatFree { room: room() }), []);
    assert_eq!(elsewhere.hears(ServerMsg::Waiting { room: room() }), [], "the new seat is not given up");
    assert_eq!(notice(&elsewhere), None);
    assert_eq!(elsewhere.happens(Event::User(UserAction::TakeSeat)), []);
}

#[test]
fn who_was_muted_when_the_room_was_full_comes_back_muted() {
    let mut page = Tab::in_call();
    page.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
    page.happens(Event::User(UserAction::ToggleMicrophone));
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    page.hears(ServerMsg::FullRoom { room: room() });
    opens_preview(&mut page);
    page.hears(ServerMsg::SeatFree { room: room() });
    let commands = page.happens(Event::User(UserAction::TakeSeat));
    assert_eq!(commands.first(), Some(&silenced(SourceSet::MICROPHONE)), "{commands:?}");

    // From the first screen the devices stay as the person has them.
    let mut first = waiting();
    opens_preview(&mut first);
    first.happens(Event::User(UserAction::ToggleMicrophone));
    first.hears(ServerMsg::SeatFree { room: room() });
    first.happens(Event::User(UserAction::ToggleMicrophone));
    first.happens(Event::User(UserAction::TakeSeat));
    assert_eq!(first.call.view().microphone, DeviceView::On);
}

#[test]
fn a_late_answer_to_a_wait_is_not_taken_for_one_to_a_join() {
    let connect_again: [&[Event]; 2] =
        [&[Event::User(UserAction::TakeSeat)], &[Event::User(UserAction::DismissNotice), connect()]];
    for events in connect_again {
        let mut page = refused().0;
        let waited = page.socket;
        for event in events {
            page.happens(event.clone());
        }
        let late = SocketEvent::Message(ServerMsg::FullRoom { room: room() });
        assert_eq!(page.happens(Event::Socket(waited, late)), []);
        assert_eq!(page.call.view().phase, Phase::Joining);
        assert_eq!(page.socket(SocketEvent::Opened), [join(None, false)]);
        page.hears(seated("t1", false, vec![other()]));
        assert_eq!(page.call.view().phase, Phase::InCall);
    }
}

#[test]
fn the_news_of_a_seat_does_not_end_the_patience_with_a_join() {
    let mut page = waiting();
    let socket = page.socket;
    page.happens(Event::User(UserAction::TakeSeat));
    assert_eq!(page.socket, socket, "nothing else is under way on it");
    let due = page.call.deadline();
    assert!(due.is_some());
    page.hears(ServerMsg::SeatFree { room: room() });
    assert_eq!(page.call.deadline(), due);
}

#[test]
fn a_wait_that_was_not_answered_is_asked_for_again() {
    let mut page = refused().0;
    page.lose_socket();
    page.due();
    assert_eq!(page.socket(SocketEvent::Opened), [wait()]);
    page.hears(ServerMsg::Waiting { room: room() });
    assert_eq!(notice(&page), Some(Notice::WaitingForSeat));
}

#[test]
fn a_wait_that_is_refused_after_an_outage_promises_nothing() {
    let mut page = waiting();
    page.lose_socket();
    page.due();
    page.socket(SocketEvent::Opened);
    page.hears(ServerMsg::FullRoom { room: room() });
    assert_eq!(notice(&page), Some(Notice::RoomFull));
    page.lose_socket();
    assert_eq!(page.call.deadline(), None);
}

#[test]
fn a_server_that_takes_offence_at_a_wait_is_not_asked_again() {
    let mut page = refused().0;
    page.socket(SocketEvent::Closed { code: CloseCode::BadMessages.code() });
    assert_eq!((page.call.deadline(), notice(&page)), (None, Some(Notice::RoomFull)));
}

#[test]
fn a_mistake_in_a_field_ends_no_wait() {
    let mut page = waiting();
    page.happens(Event::User(UserAction::Connect { room: String::new(), name: String::new(), word: None }));
    page.hears(ServerMsg::SeatFree { room: room() });
    assert_eq!((notice(&page), page.call.view().mistake), (Some(Notice::SeatFree), Some(Mistake::EmptyRoom)));
    assert_eq!(page.happens(Event::User(UserAction::CorrectMistake)), []);
    assert_eq!((notice(&page), page.call.view().mistake), (Some(Notice::SeatFree), None));
}

#[test]
fn a_mistake_is_forgotten_by_whoever_sets_out() {
    let mut page = waiting();
    page.happens(Event::User(UserAction::Connect { room: String::new(), name: String::new(), word: None }));
    page.hears(ServerMsg::SeatFree { room: room() });
    page.happens(Event::User(UserAction::TakeSeat));
    assert_eq!((page.call.view().mistake, page.call.view().phase), (None, Phase::Joining));
}
