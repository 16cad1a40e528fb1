//! The questions for microphone and camera, step by step.

use super::*;

const NOW: Duration = Duration::ZERO;

fn asks(devices: SourceSet) -> Vec<Command> {
    vec![Command::Capture(devices.iter().map(|source| Constraints::of(source, None)).collect())]
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
    assert_eq!(capture.changed(), asks(SourceSet::CAMERA));
    capture.granted(SourceSet::CAMERA);
    assert_eq!(capture.problem(), None);
    assert_eq!(capture.changed(), []);
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
    let same = Constraints::of(Source::Camera, Some(device("desk")));
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
