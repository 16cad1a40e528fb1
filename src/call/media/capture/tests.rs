//! The questions for microphone and camera, step by step.

use super::*;
use Permission::{Denied, Prompt};

const NOW: Duration = Duration::ZERO;

fn asks(devices: Devices) -> Vec<Command> {
    vec![Command::Capture(devices)]
}

fn running() -> Capture {
    let mut capture = Capture::default();
    assert_eq!(capture.start(Devices::BOTH), asks(Devices::BOTH));
    assert_eq!(capture.granted(Devices::BOTH), []);
    capture
}

#[test]
fn a_missing_camera_leaves_the_microphone() {
    let mut capture = Capture::default();
    capture.start(Devices::BOTH);
    let next = capture.failed(Devices::BOTH, MediaError::NotFound, Prompt, Prompt);
    assert_eq!(next, asks(Devices::MICROPHONE));
    assert_eq!(capture.granted(Devices::MICROPHONE), asks(Devices::CAMERA));
    assert_eq!(capture.failed(Devices::CAMERA, MediaError::NotFound, Prompt, Prompt), []);
    assert_eq!(capture.view(Devices::MICROPHONE), DeviceView::On);
    assert_eq!(capture.view(Devices::CAMERA), DeviceView::Missing);
    let problem = DeviceProblem { error: MediaError::NotFound, missing: Devices::CAMERA };
    assert_eq!(capture.problem(), Some(problem));
}

#[test]
fn a_refusal_of_both_is_not_asked_about_again() {
    let mut capture = Capture::default();
    capture.start(Devices::BOTH);
    assert_eq!(capture.failed(Devices::BOTH, MediaError::Denied, Denied, Denied), []);
    assert_eq!(capture.problem().map(|problem| problem.missing), Some(Devices::BOTH));
    assert_eq!(capture.start(Devices::BOTH), [], "joining does not ask again");
    assert_eq!(capture.retry(), asks(Devices::BOTH), "the person does");
}

#[test]
fn a_refused_camera_leaves_the_microphone() {
    let mut capture = Capture::default();
    capture.start(Devices::BOTH);
    let next = capture.failed(Devices::BOTH, MediaError::Denied, Prompt, Denied);
    assert_eq!(next, asks(Devices::MICROPHONE));
    assert_eq!(capture.view(Devices::CAMERA), DeviceView::Missing);
    capture.granted(Devices::MICROPHONE);
    assert_eq!(capture.view(Devices::MICROPHONE), DeviceView::On);
}

#[test]
fn tracks_that_come_after_leaving_are_let_go() {
    let mut capture = Capture::default();
    capture.start(Devices::BOTH);
    assert_eq!(capture.stop(), []);
    assert_eq!(capture.granted(Devices::BOTH), [Command::Release(Devices::BOTH)]);
    assert_eq!(capture.view(Devices::CAMERA), DeviceView::Off);
}

#[test]
fn leaving_lets_go_and_coming_back_asks_again() {
    let mut capture = running();
    assert_eq!(capture.stop(), [Command::Release(Devices::BOTH)]);
    assert_eq!(capture.start(Devices::BOTH), asks(Devices::BOTH));
}

#[test]
fn muting_keeps_the_microphone_open_and_silent() {
    let mut capture = running();
    let enable = |enabled| vec![Command::Enable { devices: Devices::MICROPHONE, enabled }];
    assert_eq!(capture.toggle_microphone(), enable(false));
    assert_eq!(capture.view(Devices::MICROPHONE), DeviceView::Muted);
    assert_eq!(capture.toggle_microphone(), enable(true));
}

#[test]
fn mute_before_the_prompt_is_answered_holds_when_it_is() {
    let mut capture = Capture::default();
    capture.start(Devices::BOTH);
    capture.toggle_microphone();
    let silent = Command::Enable { devices: Devices::MICROPHONE, enabled: false };
    assert_eq!(capture.granted(Devices::BOTH), [silent]);
}

#[test]
fn a_switched_off_camera_is_black_first_and_dark_after() {
    let mut capture = running();
    let off = Command::Enable { devices: Devices::CAMERA, enabled: false };
    assert_eq!(capture.toggle_camera(NOW), [off]);
    assert_eq!(capture.tick(NOW), []);
    assert_eq!(capture.tick(NOW + BLACK_FRAMES), [Command::Release(Devices::CAMERA)]);
    assert_eq!(capture.view(Devices::CAMERA), DeviceView::Muted);
    assert_eq!(capture.toggle_camera(NOW), asks(Devices::CAMERA));
    assert_eq!(capture.view(Devices::CAMERA), DeviceView::Asking);
}

#[test]
fn a_camera_switched_on_again_at_once_was_never_let_go() {
    let mut capture = running();
    capture.toggle_camera(NOW);
    assert_eq!(capture.toggle_camera(NOW), [Command::Enable { devices: Devices::CAMERA, enabled: true }]);
    assert_eq!(capture.deadline(), None);
}

#[test]
fn dead_tracks_are_asked_for_anew_once() {
    let mut capture = Capture::default();
    capture.start(Devices::BOTH);
    assert_eq!(capture.granted(Devices::NONE), asks(Devices::BOTH));
    assert_eq!(capture.view(Devices::CAMERA), DeviceView::Asking);
    assert_eq!(capture.granted(Devices::MICROPHONE), []);
    assert_eq!(capture.view(Devices::MICROPHONE), DeviceView::On);
    let problem = DeviceProblem { error: MediaError::Busy, missing: Devices::CAMERA };
    assert_eq!(capture.problem(), Some(problem));
    assert_eq!(capture.retry(), asks(Devices::CAMERA));
    assert_eq!(capture.granted(Devices::NONE), asks(Devices::CAMERA), "a person may ask again");
}

#[test]
fn one_dead_track_is_asked_for_alone() {
    let mut capture = Capture::default();
    capture.start(Devices::BOTH);
    assert_eq!(capture.granted(Devices::CAMERA), asks(Devices::MICROPHONE));
    assert_eq!(capture.granted(Devices::MICROPHONE), []);
    assert_eq!(capture.problem(), None);
}

#[test]
fn a_moment_of_mute_by_the_system_is_not_told() {
    let mut capture = running();
    capture.muted(NOW, Devices::BOTH);
    assert_eq!(capture.deadline(), Some(NOW + MUTED_BRIEFLY));
    assert_eq!(capture.unmuted(Devices::BOTH), Devices::NONE);
    assert_eq!(capture.deadline(), None);
    assert_eq!(capture.newly_held(NOW + MUTED_BRIEFLY), Devices::NONE);
    assert_eq!(capture.view(Devices::MICROPHONE), DeviceView::On);
}

#[test]
fn what_a_person_muted_is_not_told_again_by_the_system() {
    let mut capture = running();
    capture.toggle_microphone();
    capture.muted(NOW, Devices::MICROPHONE);
    assert_eq!(capture.newly_held(NOW + MUTED_BRIEFLY), Devices::NONE);
    assert_eq!(capture.view(Devices::MICROPHONE), DeviceView::Muted);
    capture.toggle_microphone();
    assert_eq!(capture.view(Devices::MICROPHONE), DeviceView::Held, "the system still mutes it");
    assert_eq!(capture.unmuted(Devices::MICROPHONE), Devices::MICROPHONE);
    assert_eq!(capture.view(Devices::MICROPHONE), DeviceView::On);
}

#[test]
fn a_track_that_is_let_go_takes_its_mute_with_it() {
    let mut capture = running();
    capture.muted(NOW, Devices::CAMERA);
    capture.newly_held(NOW + MUTED_BRIEFLY);
    assert_eq!(capture.view(Devices::CAMERA), DeviceView::Held);
    capture.ended(Devices::CAMERA);
    capture.granted(Devices::CAMERA);
    assert_eq!(capture.view(Devices::CAMERA), DeviceView::On);
}

#[test]
fn an_unplugged_device_is_replaced_or_waited_for() {
    let mut capture = running();
    let commands = capture.ended(Devices::CAMERA);
    assert_eq!(commands, [Command::Release(Devices::CAMERA), Command::Capture(Devices::CAMERA)]);
    capture.failed(Devices::CAMERA, MediaError::NotFound, Prompt, Prompt);
    assert_eq!(capture.changed(), asks(Devices::CAMERA));
    capture.granted(Devices::CAMERA);
    assert_eq!(capture.problem(), None);
    assert_eq!(capture.changed(), []);
}
