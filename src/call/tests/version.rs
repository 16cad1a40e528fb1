//! A page that is older than its server.

use super::*;
use crate::protocol::VERSION;

const NEWER: u32 = VERSION + 1;

fn load(once_for: Option<u32>) -> Command {
    Command::LoadAnew { once_for }
}

fn tells(page: &mut Tab, version: u32) -> Vec<Command> {
    page.hears(ServerMsg::Version { version })
}

#[test]
fn an_old_page_on_its_first_screen_loads_itself_anew_once() {
    let mut page = Tab::loaded(Loaded::default());
    page.socket(SocketEvent::Opened);
    assert_eq!(tells(&mut page, NEWER), [load(Some(NEWER))]);
    assert_eq!(page.call.view().notice, Some(Notice::OldPage), "where nothing is kept nothing is loaded");
    assert_eq!(tells(&mut page, NEWER), []);

    // The server still gives out an old page.
    let mut again =
        Tab::of(Call::new(1).in_page(Page { loaded_for: Some(NEWER), ..Page::default() }), Loaded::default());
    again.socket(SocketEvent::Opened);
    assert_eq!(tells(&mut again, NEWER), []);
    assert_eq!(again.call.view().notice, Some(Notice::OldPage));
    assert_eq!(again.happens(Event::User(UserAction::LoadAnew)), [load(None)]);
    assert_eq!(tells(&mut again, NEWER + 1), [load(Some(NEWER + 1))], "a version later");
}

#[test]
fn an_old_page_that_waits_for_its_seat_keeps_the_number_of_the_room() {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    page.socket(SocketEvent::Opened);
    assert_eq!(tells(&mut page, NEWER), [Command::ShowAddress(Some(room())), load(Some(NEWER))]);
    // With the token of a seat that it goes back to, if there is one.
    let refused = page.socket(SocketEvent::Closed { code: CloseCode::BadMessages.code() });
    assert_eq!(refused, [], "nothing is forgotten while the page is loaded");
}

#[test]
fn an_old_page_goes_on_with_its_call_and_is_loaded_anew_after_it() {
    let mut page = Tab::in_call();
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    assert_eq!(tells(&mut page, NEWER), []);
    assert_eq!(page.call.view().notice, Some(Notice::OldPage));
    let commands = page.hears(seated("t2", true, vec![other()]));
    assert!(!commands.iter().any(closes), "{commands:?}");
    assert_eq!(page.hears(ServerMsg::Heartbeat), [], "as long as the call runs");
    page.happens(Event::User(UserAction::Leave));
    assert_eq!(page.hears(ServerMsg::Heartbeat), [load(Some(NEWER))], "the seat is given up");
}

#[test]
fn an_old_page_that_is_refused_takes_its_seat_into_the_new_page() {
    let refused = SocketEvent::Closed { code: CloseCode::BadMessages.code() };
    let mut page = Tab::in_call();
    let again = |page: &mut Tab| {
        page.lose_socket();
        page.happens(Event::Woken);
        page.socket(SocketEvent::Opened);
        tells(page, NEWER);
        page.socket(refused.clone())
    };
    assert_eq!(again(&mut page), [load(Some(NEWER))], "and the seat is still remembered");
    assert_eq!(again(&mut page), [], "the new page takes a while");
    let reopened = page.happens(Event::NotLoadedAnew);
    assert!(matches!(reopened[..], [Command::OpenSocket(_)]), "{reopened:?}");
    page.socket(SocketEvent::Opened);
    tells(&mut page, NEWER);
    assert!(page.socket(refused.clone()).iter().any(closes), "nothing is left to try");
    assert_eq!((page.call.view().phase, page.call.view().notice), (Phase::Home, Some(Notice::OldPage)));
}

#[test]
fn a_page_of_version_1_that_is_refused_says_that_the_server_ended_its_call() {
    let mut page = Tab::in_call();
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    page.socket(SocketEvent::Closed { code: CloseCode::BadMessages.code() });
    assert_eq!((page.call.view().phase, page.call.view().notice), (Phase::Home, Some(Notice::Dropped)));
}

#[test]
fn a_page_of_the_same_or_a_newer_version_says_nothing() {
    for version in [VERSION, VERSION - 1] {
        let mut page = Tab::loaded(Loaded::default());
        page.socket(SocketEvent::Opened);
        assert_eq!(tells(&mut page, version), []);
        assert_eq!(page.call.view().notice, None);
    }
}
