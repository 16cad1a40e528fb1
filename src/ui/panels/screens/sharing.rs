//! What is shared from here: told for as long as it is, with the keys that change and end it.

use leptos::html;
use leptos::prelude::*;

use super::super::built::{Built, IntoBuilt};
use super::preview::preview;
use crate::call::{PointAction, ScreenHint, ShareAction, ShareSource, Surface, UserAction};
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::reactive::{action, content, effect, flag, press, select, text};

/// The bar, hidden while nothing is shared.
pub(super) fn sharing() -> Built {
    let call = expect_context::<CallHandle>();
    let words = words();
    let screen = select(call, |view| view.screen);
    let lacking = select(call, |view| {
        let lacking = view.peers.iter().filter(|peer| view.screen.shares.is_some() && !peer.takes_screen);
        lacking.map(|peer| peer.name.as_ref().map(|name| name.isolated())).next()
    });
    let says = move || match screen.with(|screen| screen.shares) {
        None => "",
        Some(Surface::Monitor) => words.sharing_screen(),
        Some(Surface::Window) => words.sharing_window(),
        Some(Surface::Tab) => words.sharing_tab(),
        Some(Surface::Camera) => words.sharing_camera(),
        Some(Surface::Unknown) => words.sharing(),
    };
    let misses = move || {
        lacking.with(|lacking| match lacking {
            None => String::new(),
            Some(name) => words.cannot_see_screen(name.as_deref().unwrap_or(words.guest())),
        })
    };
    let pointing = select(call, |view| {
        let is_own = |screen| view.peers.iter().all(|other| other.peer != screen);
        let pointer =
            view.pointers.iter().find(|pointer| pointer.spot.is_some() && is_own(pointer.screen))?;
        let other = view.peers.iter().find(|other| other.peer == pointer.peer)?;
        Some(other.name.as_ref().map(|name| name.isolated()))
    });
    let points = move || {
        pointing.with(|pointing| match pointing {
            None => String::new(),
            Some(name) => words.is_pointing(name.as_deref().unwrap_or(words.guest())),
        })
    };
    let lets_point = select(call, |view| view.lets_point);
    let rule = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(rule) = rule.get() {
            rule.set_checked(lets_point.get());
        }
    });
    let switched = move || {
        if let Some(rule) = rule.get_untracked() {
            call.dispatch(UserAction::Point(PointAction::Allow(rule.checked())));
        }
    };
    let hint = move |hint: ScreenHint, word: &'static str| {
        view! {
            <button
                type="button"
                class="seg-key"
                aria-pressed=text(move || if screen.with(|now| now.hint == hint) { "true" } else { "false" })
                on:click=action(call, UserAction::Share(ShareAction::Hint(hint)))
            >
                {word}
            </button>
        }
    };
    // Off at first: a whole screen has the picture in itself, without an end.
    let is_shown = RwSignal::new(false);
    let shares = select(call, |view| view.screen.shares.is_some());
    effect(move || {
        if !shares.get() {
            is_shown.set(false);
        }
    });
    let start = UserAction::Share(ShareAction::Start(ShareSource::Display));
    view! {
        <div
            class="sharing"
            role="group"
            aria-label=words.share()
            hidden=flag(move || screen.with(|now| now.shares.is_none()))
        >
            <p role="status">
                {icon(text(|| icon::SCREEN))}
                <span inner_html=content(says)></span>
                <small inner_html=content(misses)></small>
            </p>
            // Not read out: it comes and goes with each movement.
            <small class="sharing-points" inner_html=content(points)></small>
            <span class="seg" role="group" aria-label=words.share_for()>
                {hint(ScreenHint::Text, words.share_text())}
                {hint(ScreenHint::Motion, words.share_motion())}
            </span>
            <label class="sharing-rule">
                <input
                    type="checkbox"
                    role="switch"
                    id="lets-point"
                    class="switch"
                    node_ref=rule
                    on:change=move |_| switched()
                />
                {words.lets_point()}
            </label>
            <button
                type="button"
                id="screen-preview-button"
                class="btn btn-text"
                aria-pressed=text(move || if is_shown.get() { "true" } else { "false" })
                on:click=press(move || is_shown.update(|shown| *shown = !*shown))
            >
                {words.share_preview()}
            </button>
            <button
                type="button"
                id="screen-change-button"
                class="btn btn-text"
                hidden=flag(move || screen.with(|now| !now.can_capture))
                on:click=action(call, start)
            >
                {words.share_change()}
            </button>
            <button
                type="button"
                id="screen-stop-button"
                class="btn btn-stop"
                on:click=action(call, UserAction::Share(ShareAction::Stop))
            >
                {words.share_stop()}
            </button>
            {preview(is_shown)}
        </div>
    }
    .into_built()
}
