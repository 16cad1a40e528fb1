//! The questions for microphone and camera, step by step.

use super::held::MUTED_BRIEFLY;
use super::*;
use crate::call::api::device::Facing;
use crate::call::api::settings::Setting;

const NOW: Duration = Duration::ZERO;

fn asks(devices: SourceSet) -> Vec<Command> {
    vec![Command::Capture(
        devices.iter().map(|source| Constraints::of(source, Wanted::Any, Settings::default())).collect(),
    )]
}

fn device(id: &str) -> DeviceId {
    DeviceId(id.to_owned())
}

fn running() -> Capture {
    let mut capture = Capture::default();
    assert_eq!(capture.start(SourceSet::DEVICES), asks(SourceSet::DEVICES));
    assert_eq!(capture.granted(SourceSet::DEVICES), []);
    capture
}

#[test]
fn a_missing_camera_leaves_the_microphone() {
    let mut capture = Capture::default();
    capture.start(SourceSet::DEVICES);
    let next = capture.failed(SourceSet::DEVICES, MediaError::NotFound, SourceSet::NONE);
    assert_eq!(next, asks(SourceSet::MICROPHONE));
    assert_eq!(capture.granted(SourceSet::MICROPHONE), asks(SourceSet::CAMERA));
    assert_eq!(capture.failed(SourceSet::CAMERA, MediaError::NotFound, SourceSet::NONE), []);
    assert_eq!(capture.view(Source::Microphone), DeviceView::On);
    assert_eq!(capture.view(Source::Camera), DeviceView::Missing);
    let problem = DeviceProblem { error: MediaError::NotFound, missing: SourceSet::CAMERA };
    assert_eq!(capture.problem(), Some(problem));
}

#[test]
fn a_refusal_of_both_is_not_asked_about_again() {
    let mut capture = Capture::default();
    capture.start(SourceSet::DEVICES);
    assert_eq!(capture.failed(SourceSet::DEVICES, MediaError::Denied, SourceSet::DEVICES), []);
    assert_eq!(capture.problem().map(|problem| problem.missing), Some(SourceSet::DEVICES));
    assert_eq!(capture.start(SourceSet::DEVICES), [], "joining does not ask again");
    assert_eq!(capture.retry(), asks(SourceSet::DEVICES), "the person does");
}

#[test]
fn a_refused_camera_leaves_the_microphone() {
    let mut capture = Capture::default();
    capture.start(SourceSet::DEVICES);
    let next = capture.failed(SourceSet::DEVICES, MediaError::Denied, SourceSet::CAMERA);
    assert_eq!(next, asks(SourceSet::MICROPHONE));
    assert_eq!(capture.view(Source::Camera), DeviceView::Missing);
    capture.granted(SourceSet::MICROPHONE);
    assert_eq!(capture.view(Source::Microphone), DeviceView::On);
}

#[test]
fn tracks_that_come_after_leaving_are_let_go() {
    let mut capture = Capture::default();
    capture.start(SourceSet::DEVICES);
    assert_eq!(capture.stop(), []);
    assert_eq!(capture.granted(SourceSet::DEVICES), [Command::Release(SourceSet::DEVICES)]);
    assert_eq!(capture.view(Source::Camera), DeviceView::Off);
}

#[test]
fn leaving_lets_go_and_coming_back_asks_again() {
    let mut capture = running();
    assert_eq!(capture.stop(), [Command::Release(SourceSet::DEVICES)]);
    assert_eq!(capture.start(SourceSet::DEVICES), asks(SourceSet::DEVICES));
}

#[test]
fn muting_keeps_the_microphone_open_and_silent() {
    let mut capture = running();
    let enable = |enabled| vec![Command::Enable { sources: SourceSet::MICROPHONE, enabled }];
    assert_eq!(capture.toggle_microphone(), enable(false));
    assert_eq!(capture.view(Source::Microphone), DeviceView::Muted);
    assert_eq!(capture.toggle_microphone(), enable(true));
}

#[test]
fn mute_before_the_prompt_is_answered_holds_when_it_is() {
    let mut capture = Capture::default();
    capture.start(SourceSet::DEVICES);
    capture.toggle_microphone();
    let silent = Command::Enable { sources: SourceSet::MICROPHONE, enabled: false };
    assert_eq!(capture.granted(SourceSet::DEVICES), [silent]);
}

#[test]
fn a_switched_off_camera_is_black_first_and_dark_after() {
    let mut capture = running();
    let off = Command::Enable { sources: SourceSet::CAMERA, enabled: false };
    assert_eq!(capture.toggle_camera(NOW), [off]);
    assert_eq!(capture.tick(NOW), []);
    assert_eq!(capture.tick(NOW + BLACK_FRAMES), [Command::Release(SourceSet::CAMERA)]);
    assert_eq!(capture.view(Source::Camera), DeviceView::Muted);
    assert_eq!(capture.toggle_camera(NOW), asks(SourceSet::CAMERA));
    assert_eq!(capture.view(Source::Camera), DeviceView::Asking);
}

#[test]
fn a_camera_switched_on_again_at_once_was_never_let_go() {
    let mut capture = running();
    capture.toggle_camera(NOW);
    assert_eq!(capture.toggle_camera(NOW), [Command::Enable { sources: SourceSet::CAMERA, enabled: true }]);
    assert_eq!(capture.deadline(), None);
}

#[test]
fn dead_tracks_are_asked_for_anew_once() {
    let mut capture = Capture::default();
    capture.start(SourceSet::DEVICES);
    assert_eq!(capture.granted(SourceSet::NONE), asks(SourceSet::DEVICES));
    assert_eq!(capture.view(Source::Camera), DeviceView::Asking);
    assert_eq!(capture.granted(SourceSet::MICROPHONE), []);
    assert_eq!(capture.view(Source::Microphone), DeviceView::On);
    let problem = DeviceProblem { error: MediaError::Busy, missing: SourceSet::CAMERA };
    assert_eq!(capture.problem(), Some(problem));
    assert_eq!(capture.retry(), asks(SourceSet::CAMERA));
    assert_eq!(capture.granted(SourceSet::NONE), asks(SourceSet::CAMERA), "a person may ask again");
}

#[test]
fn one_dead_track_is_asked_for_alone() {
    let mut capture = Capture::default();
    capture.start(SourceSet::DEVICES);
    assert_eq!(capture.granted(SourceSet::CAMERA), asks(SourceSet::MICROPHONE));
    assert_eq!(capture.granted(SourceSet::MICROPHONE), []);
    assert_eq!(capture.problem(), None);
}

#[test]
fn a_moment_of_mute_by_the_system_is_not_told() {
    let mut capture = running();
    capture.muted(NOW, SourceSet::DEVICES);
    assert_eq!(capture.deadline(), Some(NOW + MUTED_BRIEFLY));
    assert_eq!(capture.unmuted(SourceSet::DEVICES), SourceSet::NONE);
    assert_eq!(capture.deadline(), None);
    assert_eq!(capture.newly_held(NOW + MUTED_BRIEFLY), SourceSet::NONE);
    assert_eq!(capture.view(Source::Microphone), DeviceView::On);
}

#[test]
fn what_a_person_muted_is_not_told_again_by_the_system() {
    let mut capture = running();
    capture.toggle_microphone();
    capture.muted(NOW, SourceSet::MICROPHONE);
    assert_eq!(capture.newly_held(NOW + MUTED_BRIEFLY), SourceSet::NONE);
    assert_eq!(capture.view(Source::Microphone), DeviceView::Muted);
    capture.toggle_microphone();
    assert_eq!(capture.view(Source::Microphone), DeviceView::Held, "the system still mutes it");
    assert_eq!(capture.unmuted(SourceSet::MICROPHONE), SourceSet::MICROPHONE);
    assert_eq!(capture.view(Source::Microphone), DeviceView::On);
}

#[test]
fn a_track_that_is_let_go_takes_its_mute_with_it() {
    let mut capture = running();
    capture.muted(NOW, SourceSet::CAMERA);
    capture.newly_held(NOW + MUTED_BRIEFLY);
    assert_eq!(capture.view(Source::Camera), DeviceView::Held);
    capture.ended(SourceSet::CAMERA);
    capture.granted(SourceSet::CAMERA);
    assert_eq!(capture.view(Source::Camera), DeviceView::On);
}

#[test]
fn an_unplugged_device_is_replaced_or_waited_for() {
    let mut capture = running();
    let commands = capture.ended(SourceSet::CAMERA);
    assert_eq!(commands[..1], [Command::Release(SourceSet::CAMERA)]);
    assert_eq!(commands[1..], asks(SourceSet::CAMERA));
    capture.failed(SourceSet::CAMERA, MediaError::NotFound, SourceSet::NONE);
    assert_eq!(capture.came(SourceSet::CAMERA), asks(SourceSet::CAMERA));
    capture.granted(SourceSet::CAMERA);
    assert_eq!(capture.problem(), None);
    assert_eq!(capture.came(SourceSet::CAMERA), []);
}

/// A capture whose camera was on and is off, with the ids of its devices.
fn paused() -> Capture {
    let mut capture = Capture::default();
    capture.start(SourceSet::DEVICES);
    capture.opened(Source::Microphone, device("headset"));
    capture.opened(Source::Camera, device("desk"));
    capture.granted(SourceSet::DEVICES);
    capture.toggle_camera(NOW);
    capture.tick(NOW + BLACK_FRAMES);
    capture
}

#[test]
fn a_camera_that_was_off_comes_back_as_the_same_one() {
    let mut capture = paused();
    let same = Constraints::of(Source::Camera, Wanted::Only(device("desk")), Settings::default());
    assert_eq!(capture.toggle_camera(NOW), [Command::Capture(vec![same])]);
}

#[test]
fn a_chosen_device_that_is_gone_gives_way_to_another_one() {
    let mut capture = paused();
    capture.toggle_camera(NOW);
    let gone =
        |capture: &mut Capture| capture.failed(SourceSet::CAMERA, MediaError::NotFound, SourceSet::NONE);
    assert_eq!(gone(&mut capture), asks(SourceSet::CAMERA));
    assert_eq!(capture.view(Source::Camera), DeviceView::Asking);
    assert_eq!(gone(&mut capture), [], "there is none");
    assert_eq!(capture.view(Source::Camera), DeviceView::Missing);

    let mut unplugged = paused();
    let commands = unplugged.ended(SourceSet::MICROPHONE);
    assert_eq!(commands[1..], asks(SourceSet::MICROPHONE));
}

#[test]
fn the_next_call_is_free_to_choose_its_devices() {
    let mut capture = paused();
    capture.stop();
    assert_eq!(capture.start(SourceSet::DEVICES), asks(SourceSet::DEVICES));
    capture.stop();
    capture.opened(Source::Camera, device("late"));
    capture.granted(SourceSet::DEVICES);
    assert_eq!(capture.start(SourceSet::CAMERA), asks(SourceSet::CAMERA));
}

fn only(source: Source, id: &str) -> Vec<Command> {
    vec![Command::Capture(vec![Constraints::of(source, Wanted::Only(device(id)), Settings::default())])]
}

fn to(id: &str) -> Target {
    Target::Device(device(id))
}

/// A capture that runs with known devices.
fn known() -> Capture {
    let mut capture = running();
    capture.opened(Source::Microphone, device("headset"));
    capture.opened(Source::Camera, device("desk"));
    capture
}

#[test]
fn another_device_is_there_before_the_one_before_is_stopped() {
    let mut capture = known();
    assert_eq!(capture.swap(Source::Microphone, to("usb")), only(Source::Microphone, "usb"));
    assert_eq!(capture.view(Source::Microphone), DeviceView::On);
    capture.opened(Source::Microphone, device("usb"));
    assert_eq!(capture.granted(SourceSet::MICROPHONE), []);
    assert!(capture.take_replaced() && !capture.take_replaced());
    assert_eq!(capture.used(Source::Microphone), Some(&device("usb")));
}

#[test]
fn another_microphone_of_somebody_muted_is_silent() {
    let mut capture = known();
    capture.toggle_microphone();
    capture.swap(Source::Microphone, to("usb"));
    let silent = Command::Enable { sources: SourceSet::MICROPHONE, enabled: false };
    assert_eq!(capture.granted(SourceSet::MICROPHONE), [silent]);
}

#[test]
fn a_device_that_can_be_opened_once_only_is_let_go_of_first() {
    let mut capture = known();
    capture.swap(Source::Camera, to("usb"));
    let busy = |capture: &mut Capture| capture.failed(SourceSet::CAMERA, MediaError::Busy, SourceSet::NONE);
    let commands = busy(&mut capture);
    assert_eq!(commands[..1], [Command::Release(SourceSet::CAMERA)]);
    assert_eq!(commands[1..], only(Source::Camera, "usb"));
    assert_eq!(busy(&mut capture), only(Source::Camera, "desk"), "back to the one before");
    assert_eq!(capture.take_refused(), Some((Source::Camera, to("usb"))));
    assert_eq!(capture.granted(SourceSet::CAMERA), []);
    assert_eq!((capture.view(Source::Camera), capture.problem()), (DeviceView::On, None));
}

#[test]
fn a_device_that_cannot_be_had_leaves_the_one_before() {
    for error in [MediaError::NotFound, MediaError::Denied, MediaError::Unsupported] {
        let mut capture = known();
        capture.swap(Source::Camera, to("usb"));
        assert_eq!(capture.failed(SourceSet::CAMERA, error, SourceSet::CAMERA), [], "{error:?}");
        assert_eq!(capture.take_refused(), Some((Source::Camera, to("usb"))));
        assert_eq!((capture.view(Source::Camera), capture.problem()), (DeviceView::On, None));
        assert_eq!(capture.used(Source::Camera), Some(&device("desk")));
        assert_eq!(
            capture.swap(Source::Camera, to("usb")),
            only(Source::Camera, "usb"),
            "it may be tried again"
        );
    }
}

#[test]
fn a_dead_track_of_another_device_is_a_failure() {
    let mut capture = known();
    capture.swap(Source::Camera, to("usb"));
    let commands = capture.granted(SourceSet::NONE);
    assert_eq!(commands[..1], [Command::Release(SourceSet::CAMERA)]);
    assert_eq!(commands[1..], only(Source::Camera, "usb"));
}

#[test]
fn the_last_of_several_choices_counts() {
    let mut capture = known();
    capture.swap(Source::Camera, to("usb"));
    assert_eq!(capture.swap(Source::Camera, to("phone")), [], "one at a time");
    assert_eq!(capture.swap(Source::Camera, to("film")), []);
    capture.opened(Source::Camera, device("usb"));
    assert_eq!(capture.granted(SourceSet::CAMERA), only(Source::Camera, "film"));
    assert!(capture.take_replaced());
    assert_eq!(capture.granted(SourceSet::CAMERA), []);
    assert_eq!(capture.used(Source::Camera), Some(&device("film")));
}

#[test]
fn a_choice_while_the_camera_is_off_holds_when_it_is_on() {
    let mut capture = paused();
    assert_eq!(capture.swap(Source::Camera, to("usb")), []);
    assert_eq!(capture.toggle_camera(NOW), only(Source::Camera, "usb"));
}

#[test]
fn a_choice_of_what_was_missing_is_asked_for() {
    let mut capture = Capture::default();
    capture.start(SourceSet::MICROPHONE);
    capture.failed(SourceSet::MICROPHONE, MediaError::Busy, SourceSet::NONE);
    assert_eq!(capture.swap(Source::Microphone, to("usb")), only(Source::Microphone, "usb"));
}

#[test]
fn the_first_capture_would_rather_have_the_device_of_the_last_call() {
    let mut capture = Capture::default();
    capture.prefer(Source::Camera, Some(device("usb")));
    let rather = |capture: &mut Capture| {
        let wanted = [Wanted::Any, Wanted::Rather(device("usb"))];
        let constraints = Source::ALL.into_iter().zip(wanted);
        let asked = constraints.map(|(source, wanted)| Constraints::of(source, wanted, Settings::default()));
        assert_eq!(capture.start(SourceSet::DEVICES), [Command::Capture(asked.collect())]);
    };
    rather(&mut capture);
    capture.granted(SourceSet::DEVICES);
    capture.stop();
    rather(&mut capture);
    assert_eq!(
        capture.failed(SourceSet::DEVICES, MediaError::Busy, SourceSet::NONE),
        asks(SourceSet::DEVICES),
        "one that another program has makes no call fail"
    );
}

#[test]
fn the_other_side_and_other_processing_are_changes_as_well() {
    let mut capture = known();
    let back = Constraints::of(Source::Camera, Wanted::Facing(Facing::Environment), Settings::default());
    assert_eq!(
        capture.swap(Source::Camera, Target::Facing(Facing::Environment)),
        [Command::Capture(vec![back])]
    );
    capture.opened(Source::Camera, device("back"));
    capture.granted(SourceSet::CAMERA);
    let music = Settings::default().with(Setting::NoiseSuppression, false);
    capture.process(music);
    let same = Constraints::of(Source::Microphone, Wanted::Only(device("headset")), music);
    assert_eq!(capture.swap(Source::Microphone, Target::Same), [Command::Capture(vec![same])]);
}

#[test]
fn a_change_that_ends_after_leaving_is_let_go() {
    let mut capture = known();
    capture.swap(Source::Camera, to("usb"));
    assert_eq!(capture.stop(), [Command::Release(SourceSet::DEVICES)]);
    assert_eq!(capture.granted(SourceSet::CAMERA), [Command::Release(SourceSet::CAMERA)]);
    assert!(!capture.take_replaced());
}

#[test]
fn a_muted_person_talks_while_a_key_is_held() {
    let mut capture = known();
    assert_eq!(capture.talk(true), [], "not muted");
    capture.toggle_microphone();
    let enable = |enabled| [Command::Enable { sources: SourceSet::MICROPHONE, enabled }];
    assert_eq!(capture.talk(true), enable(true));
    assert_eq!(capture.talk(true), []);
    assert_eq!(capture.view(Source::Microphone), DeviceView::On);
    assert_eq!(capture.off(), SourceSet::MICROPHONE, "a reload forgets the key");
    assert_eq!(capture.talk(false), enable(false));
    assert_eq!(capture.talk(false), []);
    capture.talk(true);
    assert_eq!(capture.toggle_microphone(), enable(false), "muting ends it");
    assert_eq!(capture.talk(false), []);
    assert_eq!(capture.view(Source::Microphone), DeviceView::Muted);
}

#[test]
fn the_failure_of_a_device_chosen_before_says_nothing_of_the_next() {
    for error in [MediaError::NotFound, MediaError::Busy, MediaError::Denied, MediaError::Unsupported] {
        let mut capture = known();
        capture.prefer(Source::Camera, Some(device("back")));
        capture.swap(Source::Camera, to("usb"));
        assert_eq!(capture.swap(Source::Camera, to("back")), []);
        let next = capture.failed(SourceSet::CAMERA, error, SourceSet::NONE);
        assert_eq!(next, only(Source::Camera, "back"), "{error:?}");
        assert_eq!((capture.problem(), capture.take_refused()), (None, None), "{error:?}");
        assert_eq!(capture.used(Source::Camera), Some(&device("desk")), "{error:?}");
        assert_eq!(capture.granted(SourceSet::CAMERA), [], "asked for once: {error:?}");
        assert_eq!(capture.used(Source::Camera), Some(&device("back")), "{error:?}");
    }
}
