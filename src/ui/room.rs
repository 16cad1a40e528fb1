//! The call screen: the peers large, the own video small, the buttons below.

use leptos::html;
use leptos::prelude::*;

use super::controls::{controls, copy_link};
use super::i18n::{PRODUCT, words};
use super::icon::mark;
use super::reactive::{content, flag, made_text, select, text};
use super::tile::{own_video, tile};
use super::{CallHandle, invite};
use crate::call::{DeviceView, Phase};

/// The call screen, hidden while the home screen is shown.
pub fn room(container: NodeRef<html::Section>, in_call: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let room = select(call, |view| view.room.clone());
    let peers = select(call, |view| view.peers.iter().map(|peer| peer.peer).collect::<Vec<_>>());
    let camera = select(call, |view| view.camera);
    let joining = select(call, |view| view.phase == Phase::Joining);
    let label = move || match peers.with(Vec::len) {
        0 => words.call_label().to_owned(),
        others => words.call_with(others),
    };
    let number = move || room.with(|room| room.as_ref().map(invite::readable).unwrap_or_default());
    let own_words = move || match camera.get() {
        DeviceView::On => words.you(),
        DeviceView::Missing => words.own_camera_missing(),
        DeviceView::Held => words.camera_held(),
        DeviceView::Off | DeviceView::Asking | DeviceView::Muted => words.own_camera_off(),
    };

    view! {
        <section
            id="video-chat-container"
            class="call"
            tabindex="-1"
            aria-label=made_text(label)
            data-peers=made_text(move || peers.with(Vec::len).to_string())
            hidden=flag(move || !in_call.get())
            node_ref=container
        >
            <header class="call-head">
                {mark()} <span class="call-product" translate="no">{PRODUCT}</span>
                <span class="call-room">{words.room()} " " <b translate="no" inner_html=content(number)></b></span>
            </header>
            <div class="tiles">
                <For each=move || peers.get() key=|peer| *peer children=tile />
                <div class="self" data-camera=text(move || if camera.get() == DeviceView::On { "on" } else { "off" })>
                    {own_video("local-video", words.you(), in_call)}
                    <p class="self-words" inner_html=content(own_words)></p>
                </div>
            </div>
            <div class="waiting" hidden=flag(move || joining.get() || !peers.with(Vec::is_empty))>
                <span class="waiting-door" aria-hidden="true"></span>
                <h2>{words.waiting_title()}</h2>
                <p class="plate" translate="no" inner_html=content(number)></p>
                <p>{words.waiting_text()}</p>
                {copy_link("waiting-copy-link-button", "solid-button")}
            </div>
            {controls(in_call)}
        </section>
        // Outside the section: screen readers skip a live region that is unhidden together with its text.
        <div role="status">
            <p class="waiting" hidden=flag(move || !joining.get())>
                {words.joining()}
            </p>
        </div>
    }
}
