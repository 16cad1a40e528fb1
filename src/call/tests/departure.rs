//! The end of a call by the person: the way back for a moment, and the question before it.

use super::*;

const LEAVE: Event = Event::User(UserAction::Leave);
const GO_BACK: Event = Event::User(UserAction::GoBack);

#[test]
fn there_is_a_way_back_into_the_call_as_it_was() {
    let mut page = Tab::in_call();
    page.happens(Event::User(UserAction::ToggleMicrophone));
    let off = page.call.view().microphone;
    page.happens(LEAVE);
    assert_eq!(page.call.view().notice, Some(Notice::JustLeft));
    page.hears(ServerMsg::Heartbeat);
    let commands = page.happens(GO_BACK);
    // The seat was given up, so it is a new one.
    assert!(commands.contains(&join(None, false)), "{commands:?}");
    page.hears(seated("t2", false, vec![other()]));
    let view = page.call.view();
    assert_eq!((view.phase, view.microphone), (Phase::InCall, off));
    assert_eq!(page.happens(GO_BACK), [], "pressed twice");
}

#[test]
fn devices_opened_before_the_way_back_are_switched_off_as_they_were() {
    let mut page = Tab::in_call();
    page.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
    page.happens(Event::User(UserAction::ToggleMicrophone));
    page.happens(Event::User(UserAction::ToggleCamera));
    page.happens(LEAVE);
    page.hears(ServerMsg::Heartbeat);
    opens_preview(&mut page);
    let commands = page.happens(GO_BACK);
    assert_eq!(commands.first(), Some(&silenced(SourceSet::DEVICES)), "{commands:?}");
    let view = page.call.view();
    assert_eq!((view.microphone, view.camera), (DeviceView::Muted, DeviceView::Muted));
    let commands = page.at(NOW + Duration::from_secs(1), Event::Tick);
    assert!(commands.contains(&Command::Release(SourceSet::CAMERA)), "{commands:?}");
}

#[test]
fn the_way_back_closes_after_a_moment_and_with_another_call() {
    let mut page = Tab::in_call();
    page.happens(LEAVE);
    page.hears(ServerMsg::Heartbeat);
    let left = page.call.deadline().unwrap();
    assert_eq!(left, NOW + Duration::from_secs(10), "as everything that is to be pressed");
    page.at(left, Event::Tick);
    assert_eq!(page.call.view().notice, Some(Notice::Left));

    let mut elsewhere = Tab::in_call();
    elsewhere.happens(LEAVE);
    elsewhere.happens(Event::User(UserAction::Connect {
        room: "4712".into(),
        name: String::new(),
        word: None,
    }));
    elsewhere.happens(LEAVE);
    assert_eq!(elsewhere.happens(GO_BACK), [], "no call was left that had begun");
}

#[test]
fn back_asks_in_a_call_and_nowhere_else() {
    let mut page = Tab::in_call();
    assert_eq!(page.happens(Event::BackPressed), []);
    assert_eq!((page.call.view().phase, page.call.view().notice), (Phase::InCall, Some(Notice::LeaveAsked)));
    page.happens(Event::User(UserAction::DismissNotice));
    assert_eq!((page.call.view().phase, page.call.view().notice), (Phase::InCall, None));
    page.happens(LEAVE);
    page.happens(Event::BackPressed);
    assert_eq!(page.call.view().notice, Some(Notice::JustLeft));
}
