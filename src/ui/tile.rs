//! Pictures: the others', and one's own.

use leptos::html;
use leptos::prelude::*;

use super::CallHandle;
use super::words::{PRODUCT, words};
use crate::call::{DeviceView, LinkView, PeerView, UserAction};
use crate::protocol::PeerId;

/// Somebody else: picture or initial, name, and how the connection is doing.
///
/// The `<video>` stays in place whatever the state is, since the voice comes out of it too.
pub(super) fn tile(peer: PeerId) -> AnyView {
    let call = expect_context::<CallHandle>();
    let view = call.view();
    let words = words();
    let video = NodeRef::<html::Video>::new();
    let peer_view =
        Memo::new(move |_| view.with(|view| view.peers.iter().find(|other| other.peer == peer).cloned()));
    let select = move |default: bool, field: fn(&PeerView) -> bool| {
        peer_view.with(|view| view.as_ref().map_or(default, field))
    };
    let link =
        Memo::new(move |_| peer_view.with(|view| view.as_ref().map(|view| view.link).unwrap_or_default()));
    let name = Memo::new(move |_| {
        let name = peer_view.with(|view| view.as_ref()?.name.clone());
        name.map_or_else(|| words.guest.to_owned(), String::from)
    });
    let first =
        Memo::new(move |_| view.with(|view| view.peers.first().is_none_or(|other| other.peer == peer)));

    Effect::new(move || {
        if let (Some(video), Some(sink)) = (video.get(), call.remote(peer)) {
            sink(&video);
        }
    });

    let words_of_link = move || {
        let text = match link.get() {
            LinkView::Connected => return None,
            LinkView::Connecting => words.link_connecting,
            LinkView::Interrupted => words.link_interrupted,
            LinkView::Away => words.link_away,
            LinkView::Failed => words.link_failed,
        };
        let retry = (link.get() == LinkView::Failed).then(|| {
            view! {
                <button
                    type="button"
                    class="solid-button"
                    on:click=move |_| call.dispatch(UserAction::RetryPeer(peer))
                >
                    {words.try_again}
                </button>
            }
        });
        Some(view! {
            <p class="tile-words">{text}</p>
            {retry}
        })
    };

    view! {
        <article
            class="tile"
            data-peer=peer.to_string()
            data-link=move || slug(link.get())
            data-video=move || if select(false, |view| view.has_video) { "on" } else { "off" }
            aria-label=move || name.get()
        >
            <div class="tile-initial" aria-hidden="true">
                <span>{move || initial(&name.read())}</span>
            </div>
            <video
                id=move || if first.get() { "remote-video".to_owned() } else { format!("remote-video-{peer}") }
                class="tile-video"
                autoplay
                playsinline
                aria-label=move || name.get()
                node_ref=video
            ></video>
            <div class="tile-state" role="status">
                {words_of_link}
            </div>
            <p class="tile-name" aria-hidden="true">
                {move || name.get()}
            </p>
        </article>
    }
    .into_any()
}

/// One's own picture, mirrored as one knows oneself.
pub(super) fn own_video(id: &'static str, label: &'static str) -> AnyView {
    let call = expect_context::<CallHandle>();
    let view = call.view();
    let video = NodeRef::<html::Video>::new();
    let seen = Memo::new(move |_| view.with(|view| view.camera == DeviceView::On));

    Effect::new(move || {
        if let Some(video) = video.get() {
            // Set from a script, the attribute alone does not silence a `<video>` made later.
            video.set_muted(true);
            match call.local() {
                Some(sink) => sink(&video),
                None => video.set_src_object(None),
            }
        }
    });

    view! {
        <video
            id=id
            class="own-video"
            class:own-video-seen=move || seen.get()
            autoplay
            playsinline
            muted
            aria-label=label
            node_ref=video
        ></video>
    }
    .into_any()
}

fn initial(name: &str) -> String {
    name.chars().next().or(PRODUCT.chars().next()).into_iter().flat_map(char::to_uppercase).collect()
}

fn slug(link: LinkView) -> &'static str {
    match link {
        LinkView::Connecting => "connecting",
        LinkView::Connected => "connected",
        LinkView::Interrupted => "interrupted",
        LinkView::Away => "away",
        LinkView::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_initial_is_the_first_letter_whatever_the_script() {
        for (name, letter) in [("ann", "A"), ("안나", "안"), ("ßen", "SS"), ("", "P"), ("7", "7")] {
            assert_eq!(initial(name), letter);
        }
    }
}
