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

fn device(kind: DeviceKind, id: &str, label: &str) -> Device {
    Device { kind, id: DeviceId(id.into()), label: label.into(), group: String::new() }
}

fn microphone(id: &str) -> Device {
    device(DeviceKind::Microphone, id, &id.to_uppercase())
}

fn media(event: MediaEvent) -> Event {
    Event::Media(event)
}

fn opened(source: Source, id: &str) -> Event {
    media(MediaEvent::Opened(source, DeviceId(id.into())))
}

fn captures(commands: &[Command]) -> Vec<Wanted> {
    let constraints = commands.iter().filter_map(|command| match command {
        Command::Capture(constraints) => Some(constraints.clone()),
        _ => None,
    });
    constraints.flatten().map(|one| one.device).collect()
}

/// In a call with a desk's microphone, beside a headset.
fn with_devices() -> Tab {
    let mut page = Tab::in_call();
    page.happens(opened(Source::Microphone, "desk"));
    page.happens(media(MediaEvent::Granted(SourceSet::DEVICES)));
    page.happens(media(MediaEvent::Devices(vec![microphone("desk"), microphone("headset")])));
    page
}

fn choose(kind: DeviceKind, id: &str) -> Event {
    Event::User(UserAction::ChooseDevice(kind, DeviceId(id.into())))
}

#[test]
fn a_chosen_microphone_is_kept_and_sent_before_the_one_before_is_stopped() {
    let mut page = with_devices();
    let commands = page.happens(choose(DeviceKind::Microphone, "headset"));
    let kept = Choice { id: DeviceId("headset".into()), label: "HEADSET".into() };
    assert_eq!(commands[..1], [Command::KeepDevice(DeviceKind::Microphone, Some(kept))]);
    assert_eq!(captures(&commands), [Wanted::Only(DeviceId("headset".into()))]);
    page.happens(opened(Source::Microphone, "headset"));
    let commands = page.happens(media(MediaEvent::Granted(SourceSet::MICROPHONE)));
    let at = |wanted: fn(&Command) -> bool| commands.iter().position(wanted);
    let attached = at(|command| matches!(command, Command::Peer(_, _, PeerCommand::Attach)));
    assert!(attached.is_some() && attached < at(|command| *command == Command::StopReplaced), "{commands:?}");
    assert!(commands.contains(&Command::Measure(true)), "the new track is measured: {commands:?}");
    assert_eq!(page.call.view().devices.used[0], Some(DeviceId("headset".into())));
    assert!(page.happens(choose(DeviceKind::Microphone, "nowhere")).is_empty());
}

#[test]
fn a_page_begins_with_the_devices_chosen_before() {
    let choice = |id: &str| Some(Choice { id: DeviceId(id.into()), label: String::new() });
    let choices = [choice("headset"), None, choice("loud")];
    let known = Page { choices, can_choose_speaker: true, ..Page::default() };
    let mut page = Tab::of(Call::new(1).in_page(known), Loaded::default());
    let commands = page.happens(connect());
    assert_eq!(captures(&commands), [Wanted::Rather(DeviceId("headset".into())), Wanted::Any]);
    let speaker = device(DeviceKind::Speaker, "loud", "Loud");
    let listed = page.happens(media(MediaEvent::Devices(vec![speaker])));
    assert_eq!(listed, [Command::SetSpeaker(Some(DeviceId("loud".into())))]);
    assert_eq!(page.happens(media(MediaEvent::Devices(vec![]))), [Command::SetSpeaker(None)], "it is gone");
}

#[test]
fn a_wish_that_the_browser_overlooks_is_granted_by_a_change() {
    let choice = Some(Choice { id: DeviceId("headset".into()), label: String::new() });
    let known = Page { choices: [choice, None, None], ..Page::default() };
    let mut page = Tab::of(Call::new(1).in_page(known), Loaded::default());
    page.happens(connect());
    page.happens(opened(Source::Microphone, "desk"));
    page.happens(media(MediaEvent::Granted(SourceSet::DEVICES)));
    let list = || media(MediaEvent::Devices(vec![microphone("desk"), microphone("headset")]));
    assert_eq!(captures(&page.happens(list())), [Wanted::Only(DeviceId("headset".into()))]);
    assert_eq!(page.happens(list()), [], "once");
}

#[test]
fn a_refused_speaker_gives_way_to_the_systems_own() {
    let call = Call::new(1).in_page(Page { can_choose_speaker: true, ..Page::default() });
    let mut page = Tab::joined(call).0;
    page.happens(media(MediaEvent::Devices(vec![device(DeviceKind::Speaker, "loud", "Loud")])));
    page.happens(choose(DeviceKind::Speaker, "loud"));
    let commands = page.happens(media(MediaEvent::SpeakerRefused));
    assert_eq!(commands, [Command::KeepDevice(DeviceKind::Speaker, None), Command::SetSpeaker(None)]);
    assert_eq!(page.call.view().notice, Some(Notice::SpeakerRefused));
    assert_eq!(page.happens(media(MediaEvent::SpeakerRefused)), [], "of another element");
}

#[test]
fn an_unplugged_microphone_is_replaced_with_a_word() {
    let mut page = with_devices();
    let commands = page.happens(media(MediaEvent::Devices(vec![microphone("headset")])));
    assert_eq!(commands[..1], [Command::Release(SourceSet::MICROPHONE)]);
    assert_eq!(captures(&commands), [Wanted::Any]);
    page.happens(opened(Source::Microphone, "headset"));
    page.happens(media(MediaEvent::Granted(SourceSet::MICROPHONE)));
    page.happens(media(MediaEvent::Devices(vec![microphone("headset")])));
    let replaced = Notice::DeviceReplaced { gone: "DESK".into(), now: "HEADSET".into() };
    assert_eq!(page.call.view().notice, Some(replaced));
}

#[test]
fn a_headset_that_is_plugged_in_is_used_by_a_press() {
    let mut page = with_devices();
    let list = ["desk", "headset", "usb"].map(microphone).to_vec();
    assert_eq!(page.happens(media(MediaEvent::Devices(list))), []);
    assert_eq!(page.call.view().notice, Some(Notice::DeviceFound("USB".into())));
    let commands = page.happens(Event::User(UserAction::UseFound));
    assert_eq!(captures(&commands), [Wanted::Only(DeviceId("usb".into()))]);
    assert_eq!(page.call.view().notice, None);
}

#[test]
fn a_missing_device_is_asked_for_again_once_one_of_its_kind_is_there() {
    let mut page = with_devices();
    page.happens(media(MediaEvent::Ended(SourceSet::CAMERA)));
    let gone =
        MediaEvent::Failed { asked: SourceSet::CAMERA, error: MediaError::NotFound, denied: SourceSet::NONE };
    page.happens(media(gone));
    let without = ["desk", "headset", "usb"].map(microphone).to_vec();
    assert_eq!(captures(&page.happens(media(MediaEvent::Devices(without.clone())))), []);
    let mut with = without;
    with.push(device(DeviceKind::Camera, "cam", "Cam"));
    assert_eq!(captures(&page.happens(media(MediaEvent::Devices(with)))), [Wanted::Any]);
}

#[test]
fn who_talks_while_muted_is_told_until_the_microphone_is_on() {
    let mut page = with_devices();
    let talks = |page: &mut Tab| {
        page.at(NOW + Duration::from_secs(3), media(MediaEvent::Talking));
        page.call.view().notice
    };
    assert_eq!(talks(&mut page), None);
    page.happens(Event::User(UserAction::ToggleMicrophone));
    assert_eq!(talks(&mut page), Some(Notice::MutedSpeech));
    page.happens(Event::User(UserAction::Talk(true)));
    assert_eq!(page.call.view().notice, None);
    page.happens(Event::User(UserAction::Talk(false)));

    let mut silent = with_devices();
    silent.happens(Event::User(UserAction::Set(Setting::MutedSpeech, false)));
    silent.happens(Event::User(UserAction::ToggleMicrophone));
    assert_eq!(talks(&mut silent), None, "it can be switched off");
}

#[test]
fn a_switch_of_processing_opens_the_microphone_anew() {
    let mut page = with_devices();
    let music = Settings::default().with(Setting::EchoCancellation, false);
    let commands = page.happens(Event::User(UserAction::Set(Setting::EchoCancellation, false)));
    assert_eq!(commands[..1], [Command::KeepSettings(music)]);
    assert_eq!(captures(&commands), [Wanted::Only(DeviceId("desk".into()))]);
    assert_eq!(page.happens(Event::User(UserAction::Set(Setting::EchoCancellation, false))), []);
    assert_eq!(page.happens(Event::User(UserAction::Set(Setting::Sounds, false))).len(), 1);
    assert_eq!(page.call.view().settings, music.with(Setting::Sounds, false));
}

#[test]
fn a_telephone_changes_to_the_camera_of_the_other_side() {
    let mut page = with_devices();
    let flip = Event::User(UserAction::FlipCamera);
    let mut list = ["front", "back"].map(|id| device(DeviceKind::Camera, id, id)).to_vec();
    list.push(microphone("desk"));
    page.happens(media(MediaEvent::Devices(list)));
    assert_eq!(page.happens(flip.clone()), [], "it does not tell where it looks");
    let user = CameraTraits { facing: Some(Facing::User), can_blur: false };
    page.happens(media(MediaEvent::CameraIs(user)));
    assert!(page.call.view().devices.can_flip);
    assert_eq!(captures(&page.happens(flip)), [Wanted::Facing(Facing::Environment)]);
    page.happens(media(MediaEvent::CameraIs(CameraTraits { facing: Some(Facing::Environment), ..user })));
    page.happens(media(MediaEvent::Granted(SourceSet::CAMERA)));
    assert!(page.call.view().devices.faces_away, "and is not mirrored");
}

#[test]
fn the_microphone_is_measured_in_a_call_or_while_somebody_looks() {
    let mut page = Tab::loaded(Loaded::default());
    let granted = page.happens(media(MediaEvent::Granted(SourceSet::DEVICES)));
    assert!(!granted.contains(&Command::Measure(true)));
    let watch = |watched| Event::User(UserAction::WatchLevel(watched));
    assert_eq!(page.happens(watch(true)), [Command::Measure(true)]);
    assert_eq!(page.happens(watch(false)), [Command::Measure(false)]);
    let mut page = with_devices();
    assert!(page.happens(Event::User(UserAction::Leave)).contains(&Command::Measure(false)));
}

#[test]
fn who_has_talked_for_a_moment_is_not_told_of_being_muted() {
    let mut page = with_devices();
    page.happens(Event::User(UserAction::ToggleMicrophone));
    let later = NOW + Duration::from_secs(60);
    page.at(later, Event::User(UserAction::Talk(true)));
    let released = later + Duration::from_secs(10);
    page.at(released, Event::User(UserAction::Talk(false)));
    // The meter tells of the end of the sentence.
    page.at(released + Duration::from_secs(1), media(MediaEvent::Talking));
    assert_eq!(page.call.view().notice, None);
    page.at(released + Duration::from_secs(3), media(MediaEvent::Talking));
    assert_eq!(page.call.view().notice, Some(Notice::MutedSpeech));
}

#[test]
fn a_camera_unplugged_while_off_is_no_news_when_it_is_switched_on() {
    let mut page = with_devices();
    let camera = |id: &str| device(DeviceKind::Camera, id, id);
    let toggle = || Event::User(UserAction::ToggleCamera);
    page.happens(opened(Source::Camera, "front"));
    page.happens(media(MediaEvent::Devices(vec![microphone("desk"), camera("front"), camera("back")])));
    page.happens(toggle());
    page.at(NOW + Duration::from_secs(2), Event::Tick);
    let listed = || media(MediaEvent::Devices(vec![microphone("desk"), camera("back")]));
    page.happens(listed());
    page.happens(Event::User(UserAction::DismissNotice));
    assert_eq!(captures(&page.happens(toggle())), [Wanted::Any]);
    page.happens(opened(Source::Camera, "back"));
    page.happens(media(MediaEvent::Granted(SourceSet::CAMERA)));
    page.happens(listed());
    assert_eq!(page.call.view().notice, None);
}

#[test]
fn a_device_unplugged_at_the_end_of_a_call_is_no_news_in_the_next() {
    let mut page = with_devices();
    page.happens(media(MediaEvent::Devices(vec![microphone("headset")])));
    page.happens(Event::User(UserAction::Leave));
    page.hears(ServerMsg::Heartbeat);
    page.happens(media(MediaEvent::Granted(SourceSet::MICROPHONE)));
    page.happens(connect());
    page.happens(opened(Source::Microphone, "headset"));
    page.happens(media(MediaEvent::Granted(SourceSet::DEVICES)));
    page.happens(media(MediaEvent::Devices(vec![microphone("headset")])));
    assert_eq!(page.call.view().notice, None);
}

#[test]
fn the_sounds_of_the_page_are_played_by_the_driver() {
    let mut page = Tab::in_call();
    let chime = |commands: Vec<Command>| match commands[..] {
        [Command::Chime(chime)] => chime,
        _ => panic!("{commands:?}"),
    };
    let test = chime(page.happens(Event::User(UserAction::PlayTestSound)));
    let calls = chime(page.happens(Event::User(UserAction::CallBack)));
    assert!(calls.loudness < test.loudness, "nobody has asked for it");
}
