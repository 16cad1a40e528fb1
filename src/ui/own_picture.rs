//! The own picture: in a corner that the person chooses, among the tiles, or hidden.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent, Storage};

use super::CallHandle;
use super::gestures::{hand_mark, reaction_mark};
use super::i18n::words;
use super::icon::{self, icon};
use super::invite::focus;
use super::layout::{Corner, Rect};
use super::listening::listen;
use super::reactive::{Memo, content, effect, flag, press, select, text};
use super::stage::{Stage, put};
use super::tile::own_video;
use crate::call::DeviceView;
use crate::call::storage::OWN_PICTURE;

/// How far a pointer goes before it drags rather than presses.
const DRAGS_FROM: i32 = 6;
/// What stands in the storage behind the number of the corner when the picture is hidden.
const HIDDEN: &str = "-hidden";

/// The own picture of the call, and the chip that stands for it while it is hidden.
pub(super) fn own_picture(in_call: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let stage = expect_context::<Stage>();
    let words = words();
    let node = NodeRef::<html::Div>::new();
    let camera = select(call, |view| view.camera);
    let muted = select(call, |view| view.microphone != DeviceView::On);
    let gestures = select(call, |view| view.gestures);
    let is_hidden = move || stage.read(|now| now.hides_own);
    let own_words = move || match camera.get() {
        DeviceView::On => words.you(),
        DeviceView::Missing => words.own_camera_missing(),
        DeviceView::Held => words.camera_held(),
        DeviceView::Off | DeviceView::Asking | DeviceView::Muted => words.own_camera_off(),
    };
    effect(move || {
        let Some(picture) = node.get() else { return };
        let place = stage.places.with(|places| places.own);
        let dragged = stage.dragged();
        put(&picture, dragged.map_or(place, |(x, y)| Rect { x, y, ..place }));
    });
    effect(move || {
        if let Some(picture) = node.get() {
            let (corner, hides) = remembered();
            stage.change(|now| (now.corner, now.hides_own) = (corner, hides));
            listen_to_drags(&picture, stage);
        }
    });
    let place = move || if stage.places.with(|places| places.own_is_tile) { "tile" } else { "corner" };
    let [hides, shows] = [NodeRef::<html::Button>::new(), NodeRef::new()];
    // What was pressed goes out of sight, and the other one takes its focus.
    let hide = move |hides: bool, other: NodeRef<html::Button>| {
        press(move || {
            hide_own(stage, hides);
            focus(other.get_untracked());
        })
    };
    view! {
        <div
            id="own-picture"
            class="self"
            role="group"
            tabindex="0"
            aria-label=words.own_picture()
            data-camera=text(move || if camera.get() == DeviceView::On { "on" } else { "off" })
            data-muted=text(move || if muted.get() { "yes" } else { "no" })
            data-place=text(place)
            data-dragged=flag(move || stage.dragged().is_some())
            hidden=flag(is_hidden)
            node_ref=node
        >
            {own_video("local-video", words.you(), in_call)} {reaction_mark(gestures)}
            <div class="tile-head">
                {hand_mark(gestures, Box::new(move |place| words.own_hand(place)))}
                <button
                    type="button"
                    id="hide-own-button"
                    class="tile-key"
                    aria-label=words.hide_own_picture()
                    title=words.hide_own_picture()
                    node_ref=hides
                    on:click=hide(true, shows)
                >
                    {icon(text(|| icon::EYE_OFF))}
                </button>
            </div>
            <p class="self-words chip">
                <span class="off" hidden=flag(move || !muted.get())>
                    {icon(text(|| icon::MICROPHONE_OFF))}
                </span>
                <span class="cut" inner_html=content(own_words)></span>
            </p>
        </div>
        <button
            type="button"
            id="show-own-button"
            class="chip own-chip"
            aria-label=words.show_own_picture()
            hidden=flag(move || !is_hidden())
            node_ref=shows
            on:click=hide(false, hides)
        >
            <span class="off" hidden=flag(move || !muted.get())>
                {icon(text(|| icon::MICROPHONE_OFF))}
            </span>
            <span>{words.you()}</span>
        </button>
    }
}

/// Hides the own picture from the person, or shows it again, in later calls as well.
pub(super) fn hide_own(stage: Stage, hides: bool) {
    stage.change(|now| now.hides_own = hides);
    remember(stage);
}

fn listen_to_drags(picture: &HtmlElement, stage: Stage) {
    let mut from = None;
    let element = picture.clone();
    let names =
        &["pointerdown", "pointermove", "pointerup", "pointercancel", "lostpointercapture", "keydown"];
    listen(picture, names, move |event| {
        if let Some(key) = event.dyn_ref::<KeyboardEvent>() {
            move_by_key(stage, key);
        } else if let Some(pointer) = event.dyn_ref::<PointerEvent>() {
            drag_by_pointer(stage, &element, &mut from, pointer);
        }
    });
}

/// Takes an event of the pointer that went down at `from`.
fn drag_by_pointer(stage: Stage, picture: &HtmlElement, from: &mut Option<(i32, i32)>, event: &PointerEvent) {
    if !event.is_primary() {
        return;
    }
    let (place, is_tile) = stage.places.with_untracked(|places| (places.own, places.own_is_tile));
    let kind = event.type_();
    let holds =
        if kind == "pointerdown" { event.button() == 0 && !is_on_key(event) } else { event.buttons() != 0 };
    let at = (event.client_x(), event.client_y());
    match step(&kind, holds, is_tile) {
        Step::Nothing => {}
        Step::Begins => {
            // Without it a fast pointer leaves the picture behind, and nothing worse.
            drop(picture.set_pointer_capture(event.pointer_id()));
            *from = Some(at);
        }
        Step::Moves => {
            let Some(from) = *from else { return };
            let (dx, dy) = (at.0 - from.0, at.1 - from.1);
            if dx.abs().max(dy.abs()) >= DRAGS_FROM || stage.now(|now| now.dragged.is_some()) {
                stage.change(|now| now.dragged = Some((place.x + dx, place.y + dy)));
            }
        }
        Step::Ends { is_put_down } => {
            if let Some((x, y)) = from.take().and(stage.now(|now| now.dragged)) {
                let corner = stage.corner_of(Rect { x, y, ..place });
                rest_in(stage, is_put_down.then_some(corner));
            }
        }
    }
}

/// What an event of the pointer does to a drag.
#[derive(Debug, PartialEq)]
enum Step {
    Nothing,
    Begins,
    Moves,
    /// The picture rests where it is put down, or goes back.
    Ends {
        is_put_down: bool,
    },
}

/// What an event does, by whether a button holds the picture, which may have become one of the tiles.
fn step(kind: &str, holds: bool, is_tile: bool) -> Step {
    match kind {
        "pointerdown" if holds && !is_tile => Step::Begins,
        "pointerdown" => Step::Nothing,
        "pointermove" if holds => Step::Moves,
        // A move without a button is past an end that nobody has told.
        ended => Step::Ends { is_put_down: ended == "pointerup" && !is_tile },
    }
}

fn is_on_key(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest("button").is_ok_and(|key| key.is_some()))
}

fn move_by_key(stage: Stage, event: &KeyboardEvent) {
    let Corner { left, top } = stage.now(|now| now.corner);
    let corner = match event.key().as_str() {
        "ArrowLeft" => Corner { left: true, top },
        "ArrowRight" => Corner { left: false, top },
        "ArrowUp" => Corner { left, top: true },
        "ArrowDown" => Corner { left, top: false },
        _ => return,
    };
    if stage.places.with_untracked(|places| places.own_is_tile) {
        return;
    }
    event.prevent_default();
    rest_in(stage, Some(corner));
}

/// Lets the picture rest in a corner, or in the one that it came from.
fn rest_in(stage: Stage, corner: Option<Corner>) {
    stage.change(|now| {
        now.dragged = None;
        now.corner = corner.unwrap_or(now.corner);
    });
    remember(stage);
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Keeps in this browser where the own picture is; one that forbids storage forgets it.
fn remember(stage: Stage) {
    let (corner, hides) = stage.now(|now| (now.corner, now.hides_own));
    let at = Corner::ALL.iter().position(|known| *known == corner).unwrap_or_default();
    if let Some(storage) = storage() {
        drop(storage.set_item(OWN_PICTURE, &format!("{at}{}", if hides { HIDDEN } else { "" })));
    }
}

/// Where the own picture was last, and whether it was hidden.
fn remembered() -> (Corner, bool) {
    let kept = storage().and_then(|storage| storage.get_item(OWN_PICTURE).ok().flatten());
    read(&kept.unwrap_or_default())
}

fn read(kept: &str) -> (Corner, bool) {
    let (at, hides) = kept.strip_suffix(HIDDEN).map_or((kept, false), |at| (at, true));
    let mut corners = Corner::ALL.iter().zip(["0", "1", "2", "3"]);
    let corner = corners.find(|(_, number)| *number == at).map_or(Corner::ALL[0], |(corner, _)| *corner);
    (corner, hides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_ends_whatever_the_picture_has_become_meanwhile() {
        let ends = |is_put_down| Step::Ends { is_put_down };
        for (kind, holds, is_tile, expected) in [
            ("pointerdown", true, false, Step::Begins),
            ("pointerdown", false, false, Step::Nothing),
            ("pointerdown", true, true, Step::Nothing),
            ("pointermove", true, false, Step::Moves),
            ("pointermove", false, false, ends(false)),
            ("pointerup", false, false, ends(true)),
            ("pointerup", false, true, ends(false)),
            ("pointercancel", false, false, ends(false)),
            ("lostpointercapture", false, true, ends(false)),
        ] {
            assert_eq!(step(kind, holds, is_tile), expected, "{kind}");
        }
    }

    #[test]
    fn a_corner_is_read_back_and_nonsense_is_the_usual_one() {
        for (at, corner) in Corner::ALL.into_iter().enumerate() {
            assert_eq!(read(&at.to_string()), (corner, false));
            assert_eq!(read(&format!("{at}{HIDDEN}")), (corner, true));
        }
        for nonsense in ["", "7", "x", "-1"] {
            assert_eq!(read(nonsense), (Corner::ALL[0], false), "{nonsense:?}");
        }
    }
}
