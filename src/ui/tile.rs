//! Videos: tiles of the peers, and the own video.

use leptos::html;
use leptos::prelude::*;

use super::CallHandle;
use super::i18n::{PRODUCT, Words, words};
use super::icon::{self, icon};
use super::reactive::{action, content, effect, flag, made_text, select, text};
use crate::call::{DeviceView, LinkView, PeerView, RelayProtocol, Route, UserAction};
use crate::protocol::{PeerId, Source};

/// Tile of a peer: video or initial, name, and state of the connection.
///
/// The `<video>` stays in place whatever the state is, since it plays the peer's audio too.
pub(super) fn tile(peer: PeerId) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let video = NodeRef::<html::Video>::new();
    let own = select(call, move |view| view.peers.iter().find(|other| other.peer == peer).cloned());
    let link = move || own.with(|own| own.as_ref().map(|own| own.link).unwrap_or_default());
    let seen = move || own.with(|own| own.as_ref().is_some_and(PeerView::has_picture));
    let has_off = move |source| own.with(|own| own.as_ref().is_some_and(|own| own.has_off(source)));
    let off_or_on = move |source| text(move || if has_off(source) { "off" } else { "on" });
    let route = move || own.with(|own| own.as_ref().and_then(|own| own.route));
    let name = move || {
        let name = own.with(|own| own.as_ref()?.name.clone());
        name.map_or_else(|| words.guest().to_owned(), String::from)
    };
    let first = select(call, move |view| view.peers.first().is_some_and(|other| other.peer == peer));

    effect(move || {
        if let (Some(video), Some(sink)) = (video.get(), call.remote(peer, Source::Camera)) {
            sink(&video);
        }
    });

    let said = move || match link() {
        LinkView::Connected => "",
        LinkView::Connecting => words.link_connecting(),
        LinkView::Interrupted => words.link_interrupted(),
        LinkView::Away => words.link_away(),
        LinkView::Failed => words.link_failed(),
        LinkView::FailedHidden => words.link_failed_hidden(),
    };

    view! {
        <article
            class="tile"
            data-peer=peer.to_string()
            data-link=text(move || link().into())
            data-video=text(move || if seen() { "on" } else { "off" })
            data-microphone=off_or_on(Source::Microphone)
            data-camera=off_or_on(Source::Camera)
            aria-label=made_text(name)
        >
            <div class="tile-initial" aria-hidden="true">
                <span translate="no" inner_html=content(move || initial(&name()))></span>
            </div>
            <video
                id=made_text(move || {
                    if first.get() { "remote-video".to_owned() } else { format!("remote-video-{peer}") }
                })
                class="tile-video"
                autoplay
                playsinline
                aria-label=made_text(name)
                node_ref=video
            ></video>
            <div class="tile-state" role="status">
                <p
                    class="tile-words"
                    hidden=flag(move || link() == LinkView::Connected)
                    inner_html=content(said)
                ></p>
                <button
                    type="button"
                    class="solid-button"
                    hidden=flag(move || !link().has_failed())
                    on:click=action(call, UserAction::RetryPeer(peer))
                >
                    {words.try_again()}
                </button>
            </div>
            <details
                class="tile-path"
                data-path=text(move || if route() == Some(Route::Direct) { "direct" } else { "relayed" })
                hidden=flag(move || route().is_none())
            >
                <summary>
                    <span inner_html=content(move || path_words(route(), words))></span>
                </summary>
                <p inner_html=content(move || path_hint(route(), words))></p>
            </details>
            <div class="tile-foot">
                <div class="tile-off" role="status">
                    <p hidden=flag(move || !has_off(Source::Microphone))>
                        {icon(text(|| icon::MICROPHONE_OFF))} {words.peer_muted()}
                    </p>
                    <p hidden=flag(move || !has_off(Source::Camera))>
                        {icon(text(|| icon::CAMERA_OFF))} {words.peer_camera_off()}
                    </p>
                </div>
                <p class="tile-name" dir="auto" aria-hidden="true" translate="no" inner_html=content(name)></p>
            </div>
        </article>
    }
}

/// The own video, mirrored as people know themselves; it plays while `shown`.
pub(super) fn own_video(id: &'static str, label: &'static str, shown: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let video = NodeRef::<html::Video>::new();
    let seen = select(call, |view| view.camera == DeviceView::On);

    effect(move || {
        let Some(video) = video.get() else { return };
        // The attribute alone does not mute an element that a script has touched.
        video.set_muted(true);
        match call.local().filter(|_| shown.get()) {
            Some(sink) => sink(&video),
            None => video.set_src_object(None),
        }
    });

    view! {
        <video
            id=id
            class="own-video"
            data-seen=text(move || if seen.get() { "yes" } else { "no" })
            autoplay
            playsinline
            muted
            aria-label=label
            node_ref=video
        ></video>
    }
}

fn initial(name: &str) -> String {
    name.chars().next().or(PRODUCT.chars().next()).into_iter().flat_map(char::to_uppercase).collect()
}

fn path_words(route: Option<Route>, words: &'static Words) -> &'static str {
    match route {
        None => "",
        Some(Route::Direct) => words.path_direct(),
        Some(Route::Relayed(RelayProtocol::Udp)) => words.path_relayed(),
        Some(Route::Relayed(RelayProtocol::Tcp)) => words.path_relayed_tcp(),
        Some(Route::Relayed(RelayProtocol::Tls)) => words.path_relayed_tls(),
    }
}

fn path_hint(route: Option<Route>, words: &'static Words) -> &'static str {
    match route {
        None => "",
        Some(Route::Direct) => words.path_direct_hint(),
        Some(Route::Relayed(_)) => words.path_relayed_hint(),
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
