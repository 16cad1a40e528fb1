//! The driver in a real browser with fake devices; there is no Parlor server behind the page that runs these.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected ends the test")]

use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc;
use js_sys::{Function, Promise};
use leptos::prelude::*;
use leptos::reactive::owner::Owner;
use parlor::call::{
    CallView, DeviceProblem, DeviceView, MediaError, Mistake, Notice, Phase, UserAction, Verdict,
};
use parlor::protocol::SourceSet;
use parlor::ui::CallHandle;
use parlor::ui::room::RoomPlace;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlVideoElement, MediaStream, MediaStreamTrack, MediaStreamTrackState};

wasm_bindgen_test_configure!(run_in_browser);

/// A driver under an owner of its own, and everything it shows.
struct Page {
    owner: Owner,
    handle: CallHandle,
    views: mpsc::UnboundedReceiver<CallView>,
}

impl Page {
    fn open() -> Self {
        let _ = any_spawner::Executor::init_wasm_bindgen();
        // The page of the test before was in a room, whose link stands in the address.
        run("history.replaceState(null, '', location.pathname)");
        run(include_str!("../src/app/keys.js"));
        let owner = Owner::new();
        let (sender, views) = mpsc::unbounded();
        let handle = owner.with(|| {
            let (handle, port) = CallHandle::new();
            parlor::browser::start(port, RoomPlace::nowhere(Owner::current().unwrap()));
            let view = handle.view();
            Effect::new(move |_| drop(sender.unbounded_send(view.get())));
            handle
        });
        Self { owner, handle, views }
    }

    fn act(&self, action: UserAction) {
        self.owner.with(|| self.handle.dispatch(action));
    }

    /// Waits for a view that satisfies `fact`; the runner's own limit ends a wait in vain.
    async fn shows(&mut self, fact: impl Fn(&CallView) -> bool) -> CallView {
        while let Some(view) = self.views.next().await {
            if fact(&view) {
                return view;
            }
        }
        panic!("the driver is gone")
    }

    /// The tracks the preview would show now.
    fn tracks(&self) -> Vec<MediaStreamTrack> {
        let video: HtmlVideoElement = document().create_element("video").unwrap().unchecked_into();
        video.set_muted(true);
        let sink = self.owner.with(|| self.handle.local()).expect("the driver gives a picture");
        Rc::clone(&sink)(&video);
        let stream: MediaStream = video.src_object().expect("the sink attaches a stream");
        video.set_src_object(None);
        stream.get_tracks().iter().map(JsCast::unchecked_into).collect()
    }
}

fn states(tracks: &[MediaStreamTrack]) -> Vec<MediaStreamTrackState> {
    tracks.iter().map(MediaStreamTrack::ready_state).collect()
}

#[wasm_bindgen_test]
async fn the_preview_opens_camera_and_microphone() {
    let mut page = Page::open();
    page.act(UserAction::StartPreview);
    page.shows(|view| view.camera == DeviceView::On && view.microphone == DeviceView::On).await;
    assert_eq!(states(&page.tracks()), [MediaStreamTrackState::Live; 2]);
}

#[wasm_bindgen_test]
async fn tracks_are_stopped_when_the_page_is_cleaned_up() {
    let mut page = Page::open();
    page.act(UserAction::StartPreview);
    page.shows(|view| view.camera == DeviceView::On).await;
    let tracks = page.tracks();
    assert_eq!(states(&tracks), [MediaStreamTrackState::Live; 2]);
    page.owner.cleanup();
    while states(&tracks) != [MediaStreamTrackState::Ended; 2] {
        // The task ends at its next poll.
        gloo_timers::future::TimeoutFuture::new(0).await;
    }
}

#[wasm_bindgen_test]
async fn a_muted_microphone_is_disabled_and_a_switched_off_camera_is_let_go() {
    let mut page = Page::open();
    page.act(UserAction::StartPreview);
    page.shows(|view| view.camera == DeviceView::On && view.microphone == DeviceView::On).await;
    let tracks = page.tracks();
    run("window.wanted = [];
    window.getUserMedia = navigator.mediaDevices.getUserMedia;
    navigator.mediaDevices.getUserMedia = function (wanted) {
        window.wanted.push(wanted);
        return window.getUserMedia.call(this, wanted);
    }");
    page.act(UserAction::ToggleMicrophone);
    page.act(UserAction::ToggleCamera);
    page.shows(|view| view.camera == DeviceView::Muted && view.microphone == DeviceView::Muted).await;
    assert!(tracks.iter().all(|track| !track.enabled()));
    let camera = tracks.iter().find(|track| track.kind() == "video").expect("a camera");
    while camera.ready_state() != MediaStreamTrackState::Ended {
        gloo_timers::future::TimeoutFuture::new(10).await;
    }
    page.act(UserAction::ToggleCamera);
    page.shows(|view| view.camera == DeviceView::On).await;
    run("navigator.mediaDevices.getUserMedia = window.getUserMedia");
    let same = camera.get_settings().get_device_id();
    assert!(same.is_some());
    assert_eq!(run("return wanted.at(-1).video.deviceId.exact").as_string(), same, "it is the same camera");
}

#[wasm_bindgen_test]
async fn an_empty_room_number_is_told_in_place() {
    let mut page = Page::open();
    page.act(UserAction::Connect { room: "  ".into(), name: String::new(), word: None });
    let view = page.shows(|view| view.mistake.is_some()).await;
    assert_eq!((view.mistake, view.phase), (Some(Mistake::EmptyRoom), Phase::Home));
}

#[wasm_bindgen_test]
async fn a_server_that_cannot_be_reached_is_told_and_can_be_given_up() {
    let mut page = Page::open();
    page.act(UserAction::Connect { room: "4711".into(), name: String::new(), word: None });
    page.shows(|view| view.phase == Phase::Joining && view.notice == Some(Notice::Unreachable)).await;
    page.act(UserAction::Leave);
    let view = page.shows(|view| view.phase == Phase::Home).await;
    assert_eq!(view.notice, None);
}

#[wasm_bindgen_test]
async fn a_hidden_address_stays_hidden_when_the_page_is_opened_again() {
    let mut page = Page::open();
    page.act(UserAction::HideAddress(true));
    page.shows(|view| view.hides_address).await;
    let mut again = Page::open();
    // Of the first view that says anything, so that no connection is made before it is known.
    again.act(UserAction::Connect { room: String::new(), name: String::new(), word: None });
    assert!(again.shows(|view| view.mistake.is_some()).await.hides_address);
    again.act(UserAction::HideAddress(false));
    again.shows(|view| !view.hides_address).await;
}

#[wasm_bindgen_test]
async fn a_connection_test_that_no_server_answers_ends_in_words() {
    let mut page = Page::open();
    page.act(UserAction::TestConnection);
    let view = page.shows(|view| view.connection_test.is_some_and(|it| it.verdict.is_some())).await;
    assert_eq!(view.connection_test.and_then(|it| it.verdict), Some(Verdict::NoServer));
}

/// Runs a script in the page.
fn run(script: &str) -> JsValue {
    Function::new_no_args(script).call0(&JsValue::NULL).expect("a script without mistakes")
}

/// Waits until a script says that something is so; the runner's own limit ends a wait in vain.
async fn until(script: &str) {
    let is_so = Function::new_no_args(script);
    while !is_so.call0(&JsValue::NULL).expect("a script without mistakes").is_truthy() {
        gloo_timers::future::TimeoutFuture::new(10).await;
    }
}

/// The page joins a room whose other member offers these parts of a call: kind and port.
async fn offered(ports: &str) -> Page {
    run(include_str!("sealed.js"));
    run(include_str!("browser/room.js"));
    let opened = run(&format!("return openRoom({ports})"));
    JsFuture::from(opened.unchecked_into::<Promise>()).await.expect("a room");
    let mut page = Page::open();
    page.act(UserAction::Connect { room: "4711".into(), name: String::new(), word: None });
    page.shows(|view| view.camera == DeviceView::On && view.phase == Phase::InCall).await;
    page
}

/// The driver still carries out what a person wants.
async fn answers_to_buttons(mut page: Page) {
    page.act(UserAction::ToggleMicrophone);
    page.act(UserAction::ToggleCamera);
    page.shows(|view| view.camera == DeviceView::Muted && view.microphone == DeviceView::Muted).await;
    page.act(UserAction::Leave);
    page.shows(|view| view.phase == Phase::Home).await;
    run("room.close()");
    page.owner.cleanup();
}

#[wasm_bindgen_test]
async fn a_part_of_the_call_that_a_peer_rejects_takes_no_buttons_away() {
    for ports in ["[['audio', 9], ['video', 0]]", "[['audio', 0], ['video', 9]]"] {
        let page = offered(ports).await;
        until("return room.answered(1)").await;
        answers_to_buttons(page).await;
    }
}

#[wasm_bindgen_test]
async fn a_peer_that_rejects_every_part_takes_no_buttons_away() {
    let page = offered("[['audio', 0], ['video', 0]]").await;
    until("return room.said.some(({ webrtc_answer, start_call }) => webrtc_answer || start_call)").await;
    answers_to_buttons(page).await;
}

#[wasm_bindgen_test]
async fn the_next_part_of_a_kind_has_its_turn_where_the_first_is_rejected() {
    let page = offered("[['audio', 9], ['video', 0], ['video', 9], ['video', 9], ['video', 9]]").await;
    until("return room.answered(4)").await;
    let answered =
        |part: u32, what: &str| run(&format!("return /{what}/.test(room.answered({part}))")).is_truthy();
    assert!(answered(1, "^video 0 "), "what is rejected stays so");
    assert!(answered(2, "a=sendrecv"), "it carries the picture");
    assert!(answered(3, "a=sendrecv"), "it carries what is shared");
    assert!(answered(4, "a=inactive"), "no more are agreed");
    answers_to_buttons(page).await;
}

#[wasm_bindgen_test]
async fn dead_tracks_of_the_first_script_are_asked_for_anew() {
    run("window.parlorCapture = navigator.mediaDevices.getUserMedia({ audio: true, video: true }).then((stream) => {
        stream.getVideoTracks().forEach((track) => track.stop());
        return stream;
    })");
    let mut page = Page::open();
    page.act(UserAction::StartPreview);
    page.shows(|view| view.camera == DeviceView::On && view.microphone == DeviceView::On).await;
    assert_eq!(states(&page.tracks()), [MediaStreamTrackState::Live; 2]);
}

#[wasm_bindgen_test]
async fn a_camera_that_gives_only_dead_tracks_is_missed_in_the_end() {
    run("window.getUserMedia = navigator.mediaDevices.getUserMedia;
    navigator.mediaDevices.getUserMedia = async function (wanted) {
        const stream = await window.getUserMedia.call(this, wanted);
        stream.getVideoTracks().forEach((track) => track.stop());
        return stream;
    }");
    let mut page = Page::open();
    page.act(UserAction::StartPreview);
    let view = page.shows(|view| view.camera == DeviceView::Missing).await;
    run("navigator.mediaDevices.getUserMedia = window.getUserMedia");
    assert_eq!(view.microphone, DeviceView::On);
    let problem = DeviceProblem { error: MediaError::Busy, missing: SourceSet::CAMERA };
    assert_eq!(view.device_problem, Some(problem));
}

#[wasm_bindgen_test]
async fn what_the_system_mutes_is_told_until_it_is_over() {
    let mut page = Page::open();
    page.act(UserAction::StartPreview);
    page.shows(|view| view.camera == DeviceView::On && view.microphone == DeviceView::On).await;
    let tracks = page.tracks();
    let camera = tracks.iter().find(|track| track.kind() == "video").expect("a camera");
    for (name, state, notice) in [
        ("mute", DeviceView::Held, Notice::DeviceHeld(SourceSet::CAMERA)),
        ("unmute", DeviceView::On, Notice::DeviceBack(SourceSet::CAMERA)),
    ] {
        camera.dispatch_event(&web_sys::Event::new(name).unwrap()).unwrap();
        let view = page.shows(|view| view.camera == state).await;
        assert_eq!((view.microphone, view.notice), (DeviceView::On, Some(notice)));
    }
}

#[wasm_bindgen_test]
async fn a_track_that_is_muted_when_it_is_taken_over_is_told() {
    run("const own = Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'muted');
    window.unmute = () => Object.defineProperty(MediaStreamTrack.prototype, 'muted', own);
    Object.defineProperty(MediaStreamTrack.prototype, 'muted', { ...own, get() { return this.kind === 'audio'; } });");
    let mut page = Page::open();
    page.act(UserAction::StartPreview);
    let view = page.shows(|view| view.microphone == DeviceView::Held).await;
    run("unmute()");
    assert_eq!(view.camera, DeviceView::On);
}
