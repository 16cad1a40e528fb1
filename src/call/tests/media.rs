//! The media that a system pauses or mutes during a call.

use super::*;

const PAUSED: Event = Event::Media(MediaEvent::Paused { audible: true });
const OWN_PAUSED: Event = Event::Media(MediaEvent::Paused { audible: false });

#[test]
fn what_the_system_pauses_is_played_again_once_for_a_burst() {
    let mut page = Tab::in_call();
    assert_eq!(page.happens(PAUSED), []);
    assert_eq!(page.happens(OWN_PAUSED), []);
    assert_eq!(page.due(), [Command::PlaySound]);
    assert!(!page.call.view().sound_blocked);
}

#[test]
fn what_the_system_pauses_again_at_once_waits_for_a_person() {
    let mut page = Tab::in_call();
    page.happens(PAUSED);
    page.due();
    assert_eq!(page.happens(PAUSED), []);
    assert!(page.call.view().sound_blocked);
    let waits = page.call.media.deadline().unwrap();
    assert!(waits > NOW + Duration::from_secs(2), "nor is it fought over");
    assert_eq!(page.happens(Event::User(UserAction::PlaySound)), [Command::PlaySound]);
    assert!(!page.call.view().sound_blocked);
}

#[test]
fn ones_own_picture_asks_nobody_to_tap() {
    let mut page = Tab::in_call();
    page.happens(OWN_PAUSED);
    page.due();
    page.happens(OWN_PAUSED);
    assert!(!page.call.view().sound_blocked);
}

#[test]
fn a_page_that_is_seen_again_plays_what_was_paused() {
    let mut page = Tab::in_call();
    page.happens(PAUSED);
    page.due();
    page.happens(PAUSED);
    assert!(page.happens(Event::Woken).contains(&Command::PlaySound));
    page.happens(Event::Media(MediaEvent::SoundBlocked(false)));
    assert!(!page.call.view().sound_blocked);
}

#[test]
fn a_device_that_the_system_holds_is_told_and_so_is_its_return() {
    let mut page = Tab::in_call();
    page.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
    page.happens(Event::Media(MediaEvent::Muted(SourceSet::MICROPHONE)));
    assert_eq!(page.call.view().microphone, DeviceView::On, "it may be over in a moment");
    page.due();
    let view = page.call.view();
    assert_eq!((view.microphone, view.camera), (DeviceView::Held, DeviceView::On));
    assert_eq!(view.notice, Some(Notice::DeviceHeld(SourceSet::MICROPHONE)));
    page.happens(Event::Media(MediaEvent::Unmuted(SourceSet::MICROPHONE)));
    let view = page.call.view();
    assert_eq!(view.microphone, DeviceView::On);
    assert_eq!(view.notice, Some(Notice::DeviceBack(SourceSet::MICROPHONE)));
}
