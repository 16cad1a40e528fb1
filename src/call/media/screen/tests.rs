use super::*;
use crate::call::api::device::DeviceId;

const OPENED: ScreenEvent = ScreenEvent::Opened { surface: Surface::Window, has_sound: true };
const SILENT: ScreenEvent = ScreenEvent::Opened { surface: Surface::Monitor, has_sound: false };

/// What happens to a screen in turn.
enum Turn {
    Share,
    Camera,
    Stop,
    Leave,
    Comes(u32, ScreenEvent),
}
use Turn::{Camera, Comes, Leave, Share, Stop};

fn camera() -> ShareSource {
    ShareSource::Camera(DeviceId("desk".into()))
}

fn takes(screen: &mut Screen, turn: Turn) -> Vec<Output> {
    match turn {
        Share => screen.user(ShareAction::Start(ShareSource::Display)),
        Camera => screen.user(ShareAction::Start(camera())),
        Stop => screen.user(ShareAction::Stop),
        Leave => screen.stop().map(Output::Do).into_iter().collect(),
        Comes(id, event) => screen.handle(ScreenId(id), event, &Devices::default()),
    }
}

/// The screen after these turns, and what the last of them led to.
fn after(turns: impl IntoIterator<Item = Turn>) -> (Screen, Vec<Output>) {
    let mut screen = Screen::new(true);
    let mut outputs = vec![];
    for turn in turns {
        outputs = takes(&mut screen, turn);
    }
    (screen, outputs)
}

fn captures(id: u32, what: ShareSource) -> Output {
    Output::Do(Command::CaptureScreen(ScreenId(id), what))
}

fn releases(id: u32) -> Output {
    Output::Do(Command::ReleaseScreen(ScreenId(id)))
}

/// The first share, or with `replaces` one in the place of another.
fn sends(id: u32, replaces: bool) -> Vec<Output> {
    let mut outputs = vec![
        Output::TakeBack(Notice::OwnTabShared),
        Output::Do(Command::TakeScreen(ScreenId(id))),
        Output::Do(Command::HintScreen(ScreenHint::Text)),
        Output::Attach,
    ];
    outputs.extend(replaces.then_some(Output::Do(Command::StopReplaced)));
    outputs
}

fn ends(id: u32) -> Vec<Output> {
    vec![Output::TakeBack(Notice::OwnTabShared), releases(id), Output::Attach]
}

#[test]
fn each_turn_leads_to_what_is_shared_and_asked_for() {
    let failed = ScreenEvent::Failed;
    let screen = Some(Surface::Window);
    for (name, turns, outputs, shares, is_asking) in [
        ("begins", vec![Share], vec![captures(1, ShareSource::Display)], None, true),
        ("opens no second picker", vec![Share, Share], vec![], None, true),
        ("comes", vec![Share, Comes(1, OPENED)], sends(1, false), screen, false),
        ("is cancelled", vec![Share, Comes(1, failed(ScreenError::Cancelled))], vec![], None, false),
        (
            "is denied by the system",
            vec![Share, Comes(1, failed(ScreenError::Denied))],
            vec![Output::Say(Notice::ScreenDenied)],
            None,
            false,
        ),
        (
            "fails",
            vec![Share, Comes(1, failed(ScreenError::Failed))],
            vec![Output::SayBriefly(Notice::ScreenFailed)],
            None,
            false,
        ),
        (
            "a camera is told by its name",
            vec![Camera, Comes(1, failed(ScreenError::Cancelled))],
            vec![Output::SayBriefly(Notice::DeviceRefused(String::new()))],
            None,
            false,
        ),
        (
            "is changed without a gap",
            vec![Share, Comes(1, OPENED), Share],
            vec![captures(2, ShareSource::Display)],
            screen,
            true,
        ),
        (
            "is replaced",
            vec![Share, Comes(1, OPENED), Camera, Comes(2, OPENED)],
            sends(2, true),
            screen,
            false,
        ),
        (
            "goes on when the next picker is cancelled",
            vec![Share, Comes(1, OPENED), Share, Comes(2, failed(ScreenError::Cancelled))],
            vec![],
            screen,
            false,
        ),
        ("another wish while asking", vec![Share, Camera], vec![captures(2, camera())], None, true),
        (
            "the first of two wishes comes late",
            vec![Share, Camera, Comes(1, OPENED)],
            vec![releases(1)],
            None,
            true,
        ),
        (
            "the first of two wishes fails late",
            vec![Share, Camera, Comes(1, failed(ScreenError::Denied))],
            vec![],
            None,
            true,
        ),
        ("is stopped", vec![Share, Comes(1, OPENED), Stop], ends(1), None, false),
        ("nothing to stop", vec![Stop], vec![], None, false),
        ("stopped while asking", vec![Share, Stop, Comes(1, OPENED)], vec![releases(1)], None, false),
        (
            "asks anew after that",
            vec![Share, Stop, Share],
            vec![captures(2, ShareSource::Display)],
            None,
            true,
        ),
        (
            "is ended by the browser",
            vec![Share, Comes(1, OPENED), Comes(1, ScreenEvent::Ended(Source::Screen))],
            ends(1),
            None,
            false,
        ),
        (
            "an end of the one before",
            vec![
                Share,
                Comes(1, OPENED),
                Share,
                Comes(2, OPENED),
                Comes(1, ScreenEvent::Ended(Source::Screen)),
            ],
            vec![],
            screen,
            false,
        ),
        (
            "is ended while another is picked",
            vec![Share, Comes(1, OPENED), Share, Comes(1, ScreenEvent::Ended(Source::Screen))],
            ends(1),
            None,
            true,
        ),
        ("ends with the call", vec![Share, Comes(1, OPENED), Leave], vec![releases(1)], None, false),
        (
            "the picker outlives the call",
            vec![Share, Leave, Comes(1, OPENED)],
            vec![releases(1)],
            None,
            false,
        ),
        (
            "the picker of a call before",
            vec![Share, Leave, Share, Comes(1, OPENED)],
            vec![releases(1)],
            None,
            true,
        ),
        (
            "the own tab",
            vec![Share, Comes(1, OPENED), Comes(1, ScreenEvent::OwnTab)],
            vec![Output::Say(Notice::OwnTabShared)],
            screen,
            false,
        ),
        (
            "the own tab of a call before",
            vec![Share, Leave, Comes(1, ScreenEvent::OwnTab)],
            vec![],
            None,
            false,
        ),
    ] {
        let (screen, led_to) = after(turns);
        assert_eq!(led_to, outputs, "{name}");
        let view = screen.view();
        assert_eq!((view.shares, view.is_asking), (shares, is_asking), "{name}");
        assert_eq!(screen.sends().contains(Source::Screen), shares.is_some(), "{name}");
    }
}

#[test]
fn sound_is_told_as_long_as_there_is_some() {
    let ended = Comes(1, ScreenEvent::Ended(Source::ScreenAudio));
    for (turns, sends) in [
        (vec![Share, Comes(1, OPENED)], SourceSet::SCREEN),
        (vec![Share, Comes(1, SILENT)], Source::Screen.into()),
        (vec![Share, Comes(1, OPENED), ended], Source::Screen.into()),
        (vec![Share, Comes(1, SILENT), Camera, Comes(2, OPENED)], SourceSet::SCREEN),
    ] {
        let (screen, _) = after(turns);
        assert_eq!(screen.sends(), sends);
        assert_eq!(screen.view().has_sound, sends == SourceSet::SCREEN);
    }
}

#[test]
fn the_hint_acts_at_once_and_lasts_until_the_call_ends() {
    let motion = ShareAction::Hint(ScreenHint::Motion);
    let mut screen = Screen::new(true);
    assert_eq!(screen.user(motion.clone()), [], "nothing is shared yet");
    takes(&mut screen, Share);
    let hint = Output::Do(Command::HintScreen(ScreenHint::Motion));
    assert!(takes(&mut screen, Comes(1, OPENED)).contains(&hint));
    assert_eq!(screen.user(motion.clone()), [], "it is so already");
    let text = Output::Do(Command::HintScreen(ScreenHint::Text));
    assert_eq!(screen.user(ShareAction::Hint(ScreenHint::Text)), [text]);
    assert_eq!(screen.user(motion), [hint]);
    screen.stop();
    assert_eq!(screen.view().hint, ScreenHint::Text);
}

#[test]
fn where_no_screen_can_be_captured_a_camera_can_be_shared() {
    let mut screen = Screen::new(false);
    assert_eq!(takes(&mut screen, Share), []);
    assert!(!screen.view().can_capture && !screen.view().is_asking);
    assert_eq!(takes(&mut screen, Camera), [captures(1, camera())]);
    screen.stop();
    assert!(!screen.view().can_capture, "in the next call, too");
}
