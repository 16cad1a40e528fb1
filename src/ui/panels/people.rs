//! The panel of who is here: what each of them sends, how they are connected, and how loud they are on this page.

use leptos::html;
use leptos::prelude::*;

use super::built::{Built, IntoBuilt};
use super::side::side;
use crate::call::{CallView, DeviceView, LinkView, PeerView, Route, SealId, USUAL_VOLUME, UserAction};
use crate::protocol::{PeerId, Source};
use crate::ui::CallHandle;
use crate::ui::gestures::hand_mark;
use crate::ui::i18n::{Words, words};
use crate::ui::icon::{self, icon};
use crate::ui::reactive::{MadeText, Memo, action, content, effect, flag, made_text, press, select, text};
use crate::ui::stage::Stage;
use crate::ui::tile::{arch, initial};
use crate::ui::trust::trust_hint;

/// The panel.
pub(super) fn people() -> Built {
    let call = expect_context::<CallHandle>();
    let words = words();
    let peers = select(call, in_order);
    let hand = select(call, |view| view.gestures);
    let microphone = select(call, |view| view.microphone == DeviceView::On);
    let camera = select(call, |view| view.camera == DeviceView::On);
    let knocks =
        select(call, |view| view.knocks.iter().map(|knock| (knock.peer, knock.seal)).collect::<Vec<_>>());
    let list = view! {
        {lock(call)}
        <ul class="people">
            <li data-person="own">
                <span class="initial initial-s" data-colour="0" aria-hidden="true">
                    {initial(words.you())}
                </span>
                <div class="who">{words.you()}</div>
                {hand_mark(hand, Box::new(move |place| words.own_hand(place)))}
                {device(microphone, icon::MICROPHONE, icon::MICROPHONE_OFF, words.peer_muted())}
                {device(camera, icon::CAMERA, icon::CAMERA_OFF, words.peer_camera_off())}
            </li>
            <For each=move || peers.get() key=|peer| *peer children=person />
            <For each=move || knocks.get() key=|(_, seal)| seal.0 children=knocker />
        </ul>
    };
    side("people", words.people(), list.into_built())
}

/// The lock of the room, and what it does.
fn lock(call: CallHandle) -> impl IntoView {
    let words = words();
    let locked = select(call, |view| view.locked);
    let has_word = select(call, |view| view.has_word);
    let closed = select(call, |view| view.word_closed);
    let hint = move || match (locked.get(), has_word.get()) {
        (true, true) => words.word_locked_hint(),
        (true, false) => words.locked_hint(),
        (false, _) => words.unlocked_hint(),
    };
    view! {
        <div class="room-lock">
            <button
                type="button"
                id="lock-button"
                class="btn"
                aria-pressed=text(move || if locked.get() { "true" } else { "false" })
                on:click=press(move || call.dispatch(UserAction::LockRoom(!locked.get_untracked())))
            >
                {icon(text(move || if locked.get() { icon::LOCK } else { icon::LOCK_OPEN }))}
                {words.lock_room()}
            </button>
            <p class="hint" inner_html=content(hint)></p>
            <div hidden=flag(move || !closed.get())>
                <p class="hint">{words.word_closed()}</p>
                <button type="button" class="btn btn-line" on:click=action(call, UserAction::TryWordAgain)>
                    {words.word_again()}
                </button>
            </div>
        </div>
    }
}

/// Somebody who waits to be let in, also after "Not now".
fn knocker((peer, seal): (PeerId, SealId)) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let name = select(call, move |view| view.knocks.iter().find(|knock| knock.peer == peer)?.name.clone());
    let name = move || name.get().map_or_else(|| words.guest().to_owned(), String::from);
    let label = name;
    view! {
        <li data-knock=peer.to_string()>
            {arch("initial initial-s", peer, name)}
            <div class="who">
                <span class="cut" dir="auto" translate="no" inner_html=content(name)></span>
                <small>{words.knock_waits()}</small>
            </div>
            <button
                type="button"
                class="btn btn-go let-in"
                aria-label=made_text(move || format!("{}: {}", words.let_in(), label()))
                on:click=action(call, UserAction::Answer(peer, seal, true))
            >
                {words.let_in()}
            </button>
        </li>
    }
}

/// Those with a hand up first, in the order of the hands; the others as they came.
fn in_order(view: &CallView) -> Vec<PeerId> {
    let mut peers: Vec<_> =
        view.peers.iter().map(|peer| (peer.gestures.hand.unwrap_or(u8::MAX), peer.peer)).collect();
    peers.sort_unstable();
    peers.into_iter().map(|(_, peer)| peer).collect()
}

fn device(is_on: Memo<bool>, on: &'static str, off: &'static str, off_words: &'static str) -> impl IntoView {
    view! {
        <span class="device" data-on=text(move || if is_on.get() { "yes" } else { "no" })>
            {icon(text(move || if is_on.get() { on } else { off }))}
            <span class="heard-only" inner_html=content(move || if is_on.get() { "" } else { off_words })></span>
        </span>
    }
}

fn person(peer: PeerId) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let stage = expect_context::<Stage>();
    let words = words();
    let own = select(call, move |view| view.peers.iter().find(|other| other.peer == peer).cloned());
    let name = move || {
        let name = own.with(|own| own.as_ref()?.name.clone());
        name.map_or_else(|| words.guest().to_owned(), String::from)
    };
    let gestures =
        Memo::new(move |_| own.with(|own| own.as_ref().map(|own| own.gestures).unwrap_or_default()));
    let sends = move |source| {
        Memo::new(move |_| own.with(|own| own.as_ref().is_some_and(|own| !own.has_off(source))))
    };
    let state = move || own.with(|own| own.as_ref().map_or("", |own| state(own, words)));
    let hint = move || own.with(|own| own.as_ref().map_or("", |own| hint(own, words)));
    let trust = move || own.with(|own| own.as_ref().map(|own| trust_hint(own, words)).unwrap_or_default());
    let more: MadeText = made_text(move || words.person_more(&name()));
    let pinned = move || if stage.is_pinned(peer) { "true" } else { "false" };
    view! {
        <li data-person=peer.to_string()>
            {arch("initial initial-s", peer, name)}
            <div class="who">
                <span class="cut" dir="auto" translate="no" inner_html=content(name)></span>
                <small inner_html=content(state)></small>
            </div>
            {hand_mark(gestures, Box::new(move |place| words.hand_of(&name(), place)))}
            {device(sends(Source::Microphone), icon::MICROPHONE, icon::MICROPHONE_OFF, words.peer_muted())}
            {device(sends(Source::Camera), icon::CAMERA, icon::CAMERA_OFF, words.peer_camera_off())}
            <details class="person-more">
                <summary aria-label=more>{icon(text(|| icon::SOUND))}</summary>
                <div class="person-parts">
                    <p class="hint" inner_html=content(hint)></p>
                    <p class="hint person-trust" inner_html=content(trust)></p>
                    {volume(call, peer, own)}
                    <button
                        type="button"
                        class="btn pin-person"
                        aria-pressed=text(pinned)
                        on:click=press(move || stage.pin(peer))
                    >
                        {icon(text(|| icon::PIN))}
                        {words.pin()}
                    </button>
                </div>
            </details>
        </li>
    }
}

/// How loud a person is on this page.
fn volume(call: CallHandle, peer: PeerId, own: Memo<Option<PeerView>>) -> impl IntoView {
    let words = words();
    let field = NodeRef::<html::Input>::new();
    let percent = Memo::new(move |_| own.with(|own| own.as_ref().map_or(USUAL_VOLUME, |own| own.volume)));
    effect(move || {
        if let Some(field) = field.get() {
            field.set_value_as_number(f64::from(percent.get()));
        }
    });
    let chosen = move || {
        if let Some(field) = field.get_untracked() {
            call.dispatch(UserAction::SetVolume(peer, field.value_as_number() as u16));
        }
    };
    let is_silent = move || percent.get() == 0;
    let silence = move || {
        let silent = percent.get_untracked() == 0;
        call.dispatch(UserAction::SetVolume(peer, if silent { USUAL_VOLUME } else { 0 }));
    };
    view! {
        <label class="volume">
            <span>{words.volume()}</span>
            <input
                type="range"
                min="0"
                max="200"
                step="5"
                value="100"
                aria-valuetext=made_text(move || format!("{} %", percent.get()))
                node_ref=field
                on:input=move |_| chosen()
            />
            <output aria-hidden="true" inner_html=content(move || format!("{} %", percent.get()))></output>
        </label>
        <button
            type="button"
            class="btn mute-person"
            aria-pressed=text(move || if is_silent() { "true" } else { "false" })
            on:click=press(silence)
        >
            {icon(text(|| icon::SOUND_OFF))}
            {words.mute_for_me()}
        </button>
        <p class="hint" hidden=flag(move || percent.get() <= USUAL_VOLUME)>
            {words.louder_than_sent()}
        </p>
    }
}

/// How the person is connected, in words.
fn state(peer: &PeerView, words: &'static Words) -> &'static str {
    match (peer.link, peer.route) {
        (LinkView::Connected, None) => "",
        (LinkView::Connected, Some(Route::Direct)) => words.path_direct(),
        (LinkView::Connected, Some(Route::Relayed(_))) => words.path_relayed(),
        (LinkView::Connecting, _) => words.link_connecting(),
        (LinkView::Interrupted, _) => words.person_interrupted(),
        (LinkView::Away, _) => words.link_away(),
        (LinkView::OtherWord, _) => words.link_other_word(),
        (LinkView::Failed | LinkView::FailedHidden | LinkView::OtherVersion, _) => words.person_failed(),
        (LinkView::Held, _) => words.link_held(),
        (LinkView::Stopped, _) => words.trust_stopped(),
    }
}

fn hint(peer: &PeerView, words: &'static Words) -> &'static str {
    match peer.route {
        None => "",
        Some(Route::Direct) => words.path_direct_hint(),
        Some(Route::Relayed(_)) => words.path_relayed_hint(),
    }
}
