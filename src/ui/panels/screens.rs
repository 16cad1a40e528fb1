//! Screens that others share, each shown whole in a place or a window of its own; one may look closer at each.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;
use leptos::web_sys::{HtmlElement, HtmlVideoElement};

use super::built::{Built, IntoBuilt};
use crate::protocol::{DisplayName, PeerId, Source};
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::lacking::{method, promised, quietly};
use crate::ui::layout::Size;
use crate::ui::own_window::{self, OwnWindow, Tenant};
use crate::ui::reactive::{content, effect, flag, made_text, press, select, text};
use crate::ui::stage::{Stage, put};

mod look;
mod pointers;
mod preview;
mod sharing;
mod zoom;

use look::Look;
use pointers::Pointing;

/// What a key of the screen scales by.
const STEP: f64 = 1.5;

/// All shown screens.
pub(super) fn screens() -> Built {
    let stage = expect_context::<Stage>();
    let shown = move || stage.screens();
    view! { <For each=shown key=|peer| *peer children=screen /> }.into_built()
}

/// The screen of a peer.
fn screen(peer: PeerId) -> Built {
    let call = expect_context::<CallHandle>();
    let stage = expect_context::<Stage>();
    let words = words();
    let node = NodeRef::<html::Section>::new();
    let video = NodeRef::<html::Video>::new();
    let name = select(call, move |view| {
        let peer = view.peers.iter().find(|other| other.peer == peer);
        peer.and_then(|peer| peer.name.clone())
    });
    let shows = move || {
        let name = name.with(|name| name.as_ref().map(|name| name.isolated()));
        words.shows_screen(name.as_deref().unwrap_or(words.guest()))
    };
    let pointing = Pointing::new(call, peer);
    let look = Look::new(node, video, pointing);
    effect(move || {
        if let (Some(video), Some(sink)) = (video.get(), call.remote(peer, Source::Screen)) {
            sink(&video);
        }
    });
    effect(move || {
        if let (Some(node), Some(place)) = (node.get(), stage.screen_place(peer)) {
            put(&node, place);
        }
    });
    let window = expect_context::<OwnWindow>();
    let tenant = Tenant::Screen(peer);
    on_cleanup(move || window.close_of(tenant));
    let floats = RwSignal::new(false);
    effect(move || floats.set(video.get().is_some_and(|video| can_float(&video))));
    let float = move || {
        let (Some(node), Some(video)) = (node.get_untracked(), video.get_untracked()) else { return };
        if own_window::is_offered() {
            window.open(tenant, HtmlElement::clone(&node));
        } else {
            quietly(promised(&video, FLOAT, &JsValue::UNDEFINED));
        }
    };
    let key = |class: &'static str, name: &'static str, path: &'static str, is_off, run| {
        view! {
            <button type="button" class=class aria-label=name title=name disabled=flag(is_off) on:click=press(run)>
                {icon(text(move || path))}
            </button>
        }
    };
    view! {
        // Stays here while the screen is in a window of its own.
        <div class="screen-home">
            <section
                class="screen"
                data-of=peer.to_string()
                data-whole=text(move || if look.is_whole() { "yes" } else { "no" })
                data-tool=text(move || pointing.name())
                tabindex="0"
                aria-label=made_text(shows)
                node_ref=node
            >
                <video class="screen-video" data-source="screen" autoplay playsinline node_ref=video></video>
                {pointers::canvas(call, Box::new(move |of| of == peer), Box::new(move || look.seen()), video)}
                {pointers::tools(pointing)}
                <p class="tile-foot chip">
                    {icon(text(|| icon::SCREEN))}
                    <span class="cut" dir="auto" translate="no" inner_html=content(shows)></span>
                </p>
                <div class="screen-keys">
                    {key(
                        "tile-key screen-out",
                        words.zoom_out(),
                        icon::MINUS,
                        Box::new(move || look.is_whole()) as Box<dyn FnMut() -> bool + Send>,
                        Box::new(move || look.scale(1.0 / STEP)) as Box<dyn FnMut()>,
                    )}
                    {key(
                        "tile-key screen-in",
                        words.zoom_in(),
                        icon::PLUS,
                        Box::new(|| false),
                        Box::new(move || look.scale(STEP)),
                    )}
                    {key(
                        "tile-key screen-whole",
                        words.zoom_whole(),
                        icon::FIT,
                        Box::new(move || look.is_whole()),
                        Box::new(move || look.reset()),
                    )}
                    <span hidden=flag(move || !floats.get())>
                        {key(
                            "tile-key screen-float",
                            words.screen_window(),
                            icon::FLOATING,
                            Box::new(|| false),
                            Box::new(float),
                        )}
                    </span>
                </div>
            </section>
        </div>
    }
    .into_built()
}

/// The words for a screen that is in a window of its own, and the key that brings it back.
fn elsewhere() -> Built {
    let call = expect_context::<CallHandle>();
    let window = expect_context::<OwnWindow>();
    let words = words();
    let is_out = move || matches!(window.tenant(), Some(Tenant::Screen(_)));
    let says = move || {
        let Some(Tenant::Screen(peer)) = window.tenant() else { return String::new() };
        let name = call.view().with_untracked(|view| {
            let peer = view.peers.iter().find(|other| other.peer == peer);
            peer.and_then(|peer| peer.name.as_ref().map(DisplayName::isolated))
        });
        words.screen_elsewhere(name.as_deref().unwrap_or(words.guest()))
    };
    view! {
        <div class="screen-elsewhere" hidden=flag(move || !is_out())>
            <p role="status">{icon(text(|| icon::FLOATING))} <span inner_html=content(says)></span></p>
            <button type="button" class="btn btn-text" on:click=press(move || window.close())>
                {words.bring_back()}
            </button>
        </div>
    }
    .into_built()
}

/// The bars above the stage: of what is shared from here, and of a screen that is elsewhere.
pub(super) fn bars() -> Built {
    view! {
        {sharing::sharing()}
        {elsewhere()}
    }
    .into_built()
}

/// The method that shows a picture alone in a window of its own (W3C Picture-in-Picture).
const FLOAT: &str = "requestPictureInPicture";

/// Whether the browser has any window for a screen.
fn can_float(video: &HtmlVideoElement) -> bool {
    own_window::is_offered() || method(video, FLOAT).is_some()
}

/// The sizes of a frame and of the picture in it, in CSS pixels.
fn sizes_of(frame: &HtmlElement, video: &HtmlVideoElement) -> (Size, Size) {
    let [width, height] = [video.video_width(), video.video_height()].map(u32::cast_signed);
    (Size { width: frame.offset_width(), height: frame.offset_height() }, Size { width, height })
}
