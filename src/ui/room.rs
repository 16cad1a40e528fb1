//! The call screen: the peers large, the own video small, the buttons below.
//!
//! The page holds an empty place for it. It comes in the chunk with the driver, without which there is no call.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::HtmlElement;

use super::chat::chat_told;
use super::dock::dock;
use super::elapsed::{as_clock, seconds};
use super::floating::{Floating, floating_button, floating_note};
use super::i18n::words;
use super::icon::{self, icon, mark, wordmark};
use super::listening::{dragged_files, files_of, listen};
use super::own_window::OwnWindow;
use super::panels::{Panel, Panels};
use super::reactive::{Memo, content, effect, flag, made_text, select, text};
use super::screen::{fullscreen_button, layout_button};
use super::stage::{Stage, stage};
use super::waiting::waiting;
use super::{CallHandle, idle, invite};
use crate::call::Phase;

/// How often the page looks how long the call has been, in milliseconds.
const LOOK_EVERY: u32 = 1_000;

/// The place of the call screen, and what the page knows of it.
#[derive(Clone)]
pub struct RoomPlace {
    /// Owner of what the call screen shares with panels.
    pub(crate) owner: Owner,
    /// The element to fill.
    pub(crate) place: NodeRef<html::Div>,
    /// The call screen, once it is there.
    pub(crate) screen: NodeRef<html::Section>,
    /// Whether it is shown.
    pub(crate) in_call: Memo<bool>,
}

impl RoomPlace {
    /// A place on no page, which stays empty: for a driver without views.
    pub fn nowhere(owner: Owner) -> Self {
        Self { owner, place: NodeRef::new(), screen: NodeRef::new(), in_call: Memo::new(|()| false) }
    }
}

/// Fills the place for as long as its owner lives; part of the chunk with the driver.
pub fn mount(room: RoomPlace) {
    let RoomPlace { owner, place, screen, in_call } = room;
    let Some(place) = place.get_untracked() else { return };
    owner.with(|| {
        let window = OwnWindow::new(in_call);
        provide_context(window);
        provide_context(Stage::new(expect_context::<CallHandle>(), window));
        let mounted = leptos::mount::mount_to(HtmlElement::clone(&place), move || view(screen, in_call));
        let mounted = StoredValue::new_local(Some(mounted));
        on_cleanup(move || drop(mounted.try_update_value(Option::take)));
    });
}

/// Keeps the browser from showing a dropped file in place of the call. What takes the file loads while it is dragged.
fn catch_files(call: CallHandle, panels: Panels, in_call: Memo<bool>) {
    effect(move || {
        listen(&document(), &["dragenter", "dragover", "drop"], move |event| {
            let Some(data) = dragged_files(&event).filter(|_| in_call.get_untracked()) else { return };
            event.prevent_default();
            match event.type_().as_str() {
                "dragenter" => call.files().want(),
                "drop" => {
                    panels.keep_dropped(files_of(data.files()));
                    // Tells of a chunk that has not loaded.
                    panels.open(Panel::Chat);
                }
                _ => {}
            }
        });
    });
}

/// The call screen, hidden while the home screen is shown.
fn view(container: NodeRef<html::Section>, in_call: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let arrangement = expect_context::<Stage>();
    idle::follow(container);
    let panels = expect_context::<Panels>();
    catch_files(call, panels, in_call);
    let floating = Floating::new(container, in_call);
    let words = words();
    let room = select(call, |view| view.room.clone());
    let peers = select(call, |view| view.peers.iter().map(|peer| peer.peer).collect::<Vec<_>>());
    let joining = select(call, |view| view.phase == Phase::Joining);
    let label = move || match peers.with(Vec::len) {
        0 => words.call_label().to_owned(),
        others => words.call_with(others),
    };
    let number = move || room.with(|room| room.as_ref().map(invite::readable).unwrap_or_default());
    let is_alone = move || peers.with(Vec::is_empty);
    let passed = seconds(Memo::new(move |_| !is_alone()), LOOK_EVERY);
    // The next call begins without what was told of this one.
    effect(move || {
        if !in_call.get() {
            passed.set(0);
        }
    });
    let lasted = move || as_clock(passed.get());

    view! {
        <section
            id="video-chat-container"
            class="call"
            tabindex="-1"
            aria-label=made_text(label)
            data-peers=made_text(move || peers.with(Vec::len).to_string())
            data-idle=flag(move || arrangement.is_idle())
            hidden=flag(move || !in_call.get())
            node_ref=container
        >
            <header class="topbar">
                {mark()}
                <span hidden=flag(move || !is_alone())>{wordmark()}</span>
                <span class="room-chip" hidden=flag(is_alone)>
                    <span class="heard-only">{words.room()} " "</span>
                    <b class="plate plate-s" translate="no" inner_html=content(number)></b>
                    <span class="chip" title=words.encrypted()>
                        {icon(text(|| icon::LOCK))}
                        <span class="heard-only">{words.encrypted()}</span>
                        <span id="lasted" inner_html=content(lasted)></span>
                    </span>
                </span>
                <span class="bar-keys" hidden=flag(is_alone)>
                    {layout_button()} {floating_button(floating)} {fullscreen_button()}
                </span>
            </header>
            {stage(in_call)}
            <div class="sharing-place" node_ref=panels.sharing></div>
            {waiting(Memo::new(move |_| !joining.get() && is_alone()), number, passed)}
            {dock(in_call)}
        </section>
        {floating_note(floating)}
        {chat_told()}
        // Outside the section: screen readers skip a live region that is unhidden together with its text.
        <div role="status">
            <p class="joining" hidden=flag(move || !joining.get())>
                {words.joining()}
            </p>
        </div>
    }
}
