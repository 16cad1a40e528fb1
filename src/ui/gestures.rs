//! Hands and reactions: their keys, and their marks on pictures.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{EventTarget, FocusEvent, KeyboardEvent, Node};

use super::CallHandle;
use super::i18n::{Words, words};
use super::icon::{self, icon};
use super::invite::focus;
use super::listening::listen;
use super::reactive::{Memo, content, effect, flag, made_text, press, select, text};
use crate::call::{GesturesView, Phase, UserAction};
use crate::protocol::Reaction;

/// The picture of a reaction; the system draws it.
fn sign(kind: Reaction) -> &'static str {
    match kind {
        Reaction::Yes => "\u{1f44d}",
        Reaction::Clap => "\u{1f44f}",
        Reaction::Heart => "\u{2764}\u{fe0f}",
        Reaction::Laugh => "\u{1f602}",
        Reaction::Wow => "\u{1f62e}",
        Reaction::Party => "\u{1f389}",
    }
}

fn meaning(kind: Reaction, words: &'static Words) -> &'static str {
    match kind {
        Reaction::Yes => words.reaction_yes(),
        Reaction::Clap => words.reaction_clap(),
        Reaction::Heart => words.reaction_heart(),
        Reaction::Laugh => words.reaction_laugh(),
        Reaction::Wow => words.reaction_wow(),
        Reaction::Party => words.reaction_party(),
    }
}

/// The key that raises the own hand.
pub(super) fn hand_button() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let hand = select(call, |view| view.gestures.hand);
    let place = move || hand.get().map(|place| place.to_string()).unwrap_or_default();
    view! {
        <button
            type="button"
            id="hand-button"
            class="key"
            aria-pressed=text(move || if hand.get().is_some() { "true" } else { "false" })
            on:click=press(move || call.dispatch(UserAction::RaiseHand(hand.get_untracked().is_none())))
        >
            <span class="key-face">
                {icon(text(|| icon::HAND))}
                <span class="count" hidden=flag(move || hand.get().is_none()) inner_html=content(place)></span>
            </span>
            {words.hand()}
        </button>
    }
}

/// Hand and reactions where the dock has no room for their keys; `done` follows a press.
pub(super) fn gestures(done: impl Fn() + Clone + 'static) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let hand = select(call, |view| view.gestures.hand.is_some());
    let after = done.clone();
    view! {
        <div class="emoji-row" role="group" aria-label=words.react()>
            {offers(call, after)}
        </div>
        <button
            type="button"
            id="more-hand-button"
            class="key"
            aria-pressed=text(move || if hand.get() { "true" } else { "false" })
            on:click=press(move || {
                call.dispatch(UserAction::RaiseHand(!hand.get_untracked()));
                done();
            })
        >
            <span class="key-face">{icon(text(|| icon::HAND))}</span>
            {words.hand()}
        </button>
    }
}

/// The reactions, each a key; `done` follows a press.
fn offers(call: CallHandle, done: impl Fn() + Clone + 'static) -> impl IntoView {
    let words = words();
    let offer = |kind: Reaction| {
        let done = done.clone();
        let react = press(move || {
            call.dispatch(UserAction::React(kind));
            done();
        });
        view! {
            <button
                type="button"
                class="emoji-key"
                data-reaction=kind.name()
                aria-label=meaning(kind, words)
                title=meaning(kind, words)
                on:click=react
            >
                {sign(kind)}
            </button>
        }
    };
    Reaction::ALL.map(offer).into_iter().collect_view()
}

/// The key that offers reactions.
pub(super) fn reaction_button() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let is_open = RwSignal::new(false);
    let is_home = select(call, |view| view.phase == Phase::Home);
    let node = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    // What has the focus goes out of sight.
    let done = move || {
        is_open.set(false);
        focus(button.get_untracked());
    };
    effect(move || {
        let Some(node) = node.get() else { return };
        let within = node.clone();
        listen(&node, &["keydown", "focusout"], move |event| match event.dyn_ref::<KeyboardEvent>() {
            Some(key) => {
                if key.key() == "Escape" && is_open.get_untracked() {
                    // It closes one thing, and no notice as well.
                    event.stop_propagation();
                    done();
                }
            }
            None => {
                let event = event.dyn_ref::<FocusEvent>();
                close_unless(is_open, &within, event.and_then(FocusEvent::related_target));
            }
        });
        let within = node.clone();
        // Some browsers focus no button that is pressed.
        listen(&document(), &["pointerup"], move |event| {
            close_unless(is_open, &within, event.target());
        });
    });
    effect(move || {
        if is_home.get() {
            is_open.set(false);
        }
    });
    view! {
        <div class="key-with-list" node_ref=node>
            <div class="emoji" role="group" aria-label=words.react() hidden=flag(move || !is_open.get())>
                {offers(call, done)}
            </div>
            <button
                type="button"
                id="reaction-button"
                class="key"
                aria-expanded=text(move || if is_open.get() { "true" } else { "false" })
                node_ref=button
                on:click=press(move || is_open.update(|open| *open = !*open))
            >
                <span class="key-face">{icon(text(|| icon::SMILE))}</span>
                {words.react()}
            </button>
        </div>
    }
}

/// Closes a list unless this is within it.
fn close_unless(is_open: RwSignal<bool>, within: &Node, target: Option<EventTarget>) {
    if is_open.get_untracked() && target.is_some_and(|target| !within.contains(target.dyn_ref())) {
        is_open.set(false);
    }
}

/// What a hand at this place is called.
pub(super) type HandName = Box<dyn Fn(&str) -> String + Send>;

/// The mark of a raised hand, with its place among all that are up.
pub(super) fn hand_mark(gestures: Memo<GesturesView>, name: HandName) -> impl IntoView {
    let hand = move || gestures.with(|gestures| gestures.hand);
    let place = move || hand().map(|place| place.to_string()).unwrap_or_default();
    let label = move || name(&place());
    view! {
        <span class="hand" role="img" aria-label=made_text(label) hidden=flag(move || hand().is_none())>
            {icon(text(|| icon::HAND))} <b aria-hidden="true" inner_html=content(place)></b>
        </span>
    }
}

/// The reaction that rises from a picture; not read out, as there may be many.
pub(super) fn reaction_mark(gestures: Memo<GesturesView>) -> impl IntoView {
    let reaction = move || gestures.with(|gestures| gestures.reaction);
    // Another value of the attribute begins the movement anew.
    let turn = move || reaction().map_or("", |shown| if shown.count % 2 == 0 { "even" } else { "odd" });
    view! {
        <span
            class="reaction"
            aria-hidden="true"
            data-turn=text(turn)
            data-reaction=text(move || reaction().map_or("", |shown| shown.kind.name()))
            inner_html=content(move || reaction().map_or("", |shown| sign(shown.kind)))
        ></span>
    }
}
