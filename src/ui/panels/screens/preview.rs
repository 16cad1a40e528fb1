//! What is shared from here as the others see it, with what they show there.

use leptos::html;
use leptos::prelude::*;

use super::super::built::{Built, IntoBuilt};
use super::zoom::Zoom;
use super::{pointers, sizes_of};
use crate::ui::CallHandle;
use crate::ui::listening::observe;
use crate::ui::reactive::{effect, flag};

/// The picture; it plays while it is shown.
pub(super) fn preview(is_shown: RwSignal<bool>) -> Built {
    let call = expect_context::<CallHandle>();
    let node = NodeRef::<html::Div>::new();
    let video = NodeRef::<html::Video>::new();
    effect(move || {
        let Some(video) = video.get() else { return };
        // The attribute alone does not mute an element that a script has touched.
        video.set_muted(true);
        match call.shared().filter(|_| is_shown.get()) {
            Some(sink) => sink(&video),
            None => video.set_src_object(None),
        }
    });
    let resized = RwSignal::new(());
    effect(move || {
        if let Some(node) = node.get() {
            observe(&[&node], move || resized.set(()));
        }
    });
    let seen = move || {
        resized.track();
        let (node, video) = (node.get_untracked()?, video.get_untracked()?);
        let (frame, picture) = sizes_of(&node, &video);
        Some((Zoom::default(), frame, picture))
    };
    let is_own =
        move |screen| call.view().with_untracked(|view| view.peers.iter().all(|other| other.peer != screen));
    view! {
        <div class="sharing-preview" hidden=flag(move || !is_shown.get()) node_ref=node>
            <video class="screen-video" autoplay playsinline muted aria-hidden="true" node_ref=video></video>
            {pointers::canvas(call, Box::new(is_own), Box::new(seen), video)}
        </div>
    }
    .into_built()
}
