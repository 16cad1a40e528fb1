//! The call view: the others large, oneself small, the buttons below.

use leptos::html;
use leptos::prelude::*;

use super::controls::{Controls, copy_link};
use super::home::Draft;
use super::icon::mark;
use super::tile::{own_video, tile};
use super::words::{PRODUCT, words};
use super::{CallHandle, invite};
use crate::call::DeviceView;

/// The second screen.
#[component]
pub fn Room(
    /// What the first screen will hold after the call.
    draft: Draft,
) -> impl IntoView {
    let view = expect_context::<CallHandle>().view();
    let words = words();
    let container = NodeRef::<html::Section>::new();
    let room = Memo::new(move |_| view.with(|view| view.room.clone()));
    let peers =
        Memo::new(move |_| view.with(|view| view.peers.iter().map(|peer| peer.peer).collect::<Vec<_>>()));
    let count = Memo::new(move |_| peers.read().len());
    let camera = Memo::new(move |_| view.with(|view| view.camera));
    let number = move || room.read().as_ref().map(invite::readable);

    draft.return_to(room.get_untracked().as_ref());
    // The button that was pressed is gone; without this the keyboard would start over at the page's top.
    Effect::new(move || invite::focus(container.get()));

    view! {
        <section
            id="video-chat-container"
            class="call"
            tabindex="-1"
            aria-label=words.call_label
            data-peers=move || count.get().to_string()
            node_ref=container
        >
            <header class="call-head">
                {mark()} <span class="call-product">{PRODUCT}</span>
                <span class="call-room">{words.room} " " <b>{number}</b></span>
            </header>
            <div class="tiles">
                <For each=move || peers.get() key=|peer| *peer children=tile />
            </div>
            {move || (count.get() == 0).then(|| view! {
                <div class="waiting">
                    <span class="waiting-door" aria-hidden="true"></span>
                    <h2>{words.waiting_title}</h2>
                    <p class="plate">{number}</p>
                    <p>{words.waiting_text}</p>
                    {copy_link(None, "solid-button")}
                </div>
            })}
            <div class="self" data-camera=move || if camera.get() == DeviceView::On { "on" } else { "off" }>
                {own_video("local-video", words.you)}
                <p class="self-words">
                    {move || match camera.get() {
                        DeviceView::On => words.you,
                        DeviceView::Missing => words.own_camera_missing,
                        DeviceView::Off | DeviceView::Asking | DeviceView::Muted => words.own_camera_off,
                    }}
                </p>
            </div>
            <Controls />
        </section>
    }
    .into_any()
}
