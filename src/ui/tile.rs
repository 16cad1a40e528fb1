//! Videos: tiles of the peers, and the own video.

use std::borrow::Cow;

use leptos::html;
use leptos::prelude::*;

use super::CallHandle;
use super::gestures::{hand_mark, reaction_mark};
use super::i18n::{PRODUCT, words};
use super::icon::{self, icon};
use super::picture::Boxed;
use super::reactive::{Flag, Memo, Press, action, content, effect, flag, made_text, press, select, text};
use super::stage::{Stage, put};
use super::trust::trust_label;
use crate::call::{DeviceView, LinkView, PeerView, Route, Setting, UserAction};
use crate::protocol::{PeerId, Source};

/// Colours of the arches with initials.
pub(super) const COLOURS: u32 = 5;

/// Tile of a peer: video or initial, name, marks, and the state of the connection.
///
/// The `<video>` stays in place whatever the state is, since it plays the peer's audio too.
pub(super) fn tile(peer: PeerId) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let stage = expect_context::<Stage>();
    let words = words();
    let node = NodeRef::<html::Article>::new();
    let video = NodeRef::<html::Video>::new();
    let blur = NodeRef::<html::Canvas>::new();
    let own = select(call, move |view| view.peers.iter().find(|other| other.peer == peer).cloned());
    let link = move || own.with(|own| own.as_ref().map(|own| own.link).unwrap_or_default());
    let seen = move || own.with(|own| own.as_ref().is_some_and(PeerView::has_picture));
    let has_off = move |source| own.with(|own| own.as_ref().is_some_and(|own| own.has_off(source)));
    let off_or_on = move |source| text(move || if has_off(source) { "off" } else { "on" });
    let trust = Memo::new(move |_| own.with(|own| own.as_ref().map(|own| own.trust).unwrap_or_default()));
    let route = move || own.with(|own| own.as_ref().and_then(|own| own.route));
    let speaks = move || own.with(|own| own.as_ref().is_some_and(|own| own.is_speaking));
    let name = move || {
        let name = own.with(|own| own.as_ref()?.name.clone());
        name.map_or_else(|| words.guest().to_owned(), String::from)
    };
    let gestures =
        Memo::new(move |_| own.with(|own| own.as_ref().map(|own| own.gestures).unwrap_or_default()));
    let first = select(call, move |view| view.peers.first().is_some_and(|other| other.peer == peer));
    let boxed = Boxed::new(video, blur, move || stage.place(peer));
    let yes_or_no = |is: Flag| {
        let mut is = is;
        text(move || if is() { "yes" } else { "no" })
    };

    effect(move || {
        if let (Some(video), Some(sink)) = (video.get(), call.remote(peer, Source::Camera)) {
            sink(&video);
        }
    });
    effect(move || {
        if let (Some(tile), Some(place)) = (node.get(), stage.place(peer)) {
            put(&tile, place);
        }
    });

    let said = move || match link() {
        LinkView::Connected | LinkView::Interrupted => Cow::Borrowed(""),
        LinkView::Connecting => words.link_connecting().into(),
        LinkView::Away => words.link_away().into(),
        LinkView::Failed | LinkView::FailedHidden => words.link_failed(&name()).into(),
        LinkView::Held => words.link_held().into(),
        LinkView::Stopped => words.trust_stopped_hint().into(),
        LinkView::OtherVersion => words.link_other_version().into(),
        LinkView::OtherWord => words.link_other_word().into(),
    };
    let why = move || match link() {
        LinkView::FailedHidden => words.link_failed_hidden(),
        _ => words.link_failed_why(),
    };

    view! {
        <article
            class="tile"
            data-peer=peer.to_string()
            data-link=text(move || link().into())
            data-video=text(move || if seen() { "on" } else { "off" })
            data-microphone=off_or_on(Source::Microphone)
            data-camera=off_or_on(Source::Camera)
            data-muted=yes_or_no(flag(move || has_off(Source::Microphone)))
            data-speaking=yes_or_no(flag(speaks))
            data-hand=made_text(move || {
                let hand = gestures.with(|gestures| gestures.hand);
                hand.map(|place| place.to_string()).unwrap_or_default()
            })
            data-pinned=yes_or_no(flag(move || stage.is_pinned(peer)))
            data-path=text(move || path(route()))
            data-trust=text(move || trust.get().into())
            data-boxed=flag(move || boxed.is_boxed())
            aria-label=made_text(name)
            node_ref=node
        >
            <canvas class="tile-blur" width="24" height="24" aria-hidden="true" node_ref=blur></canvas>
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
            <div class="tile-mid">
                {arch("initial", peer, name)}
                <div class="tile-state" role="status">
                    <p
                        class="tile-words"
                        hidden=flag(move || matches!(link(), LinkView::Connected | LinkView::Interrupted))
                        inner_html=content(said)
                    ></p>
                </div>
                <div class="tile-trouble" hidden=flag(move || !link().has_failed())>
                    <button
                        type="button"
                        class="btn btn-go"
                        on:click=action(call, UserAction::RetryPeer(peer))
                    >
                        {words.try_again()}
                    </button>
                    <details class="tile-why">
                        <summary>{words.why()}</summary>
                        <p inner_html=content(why)></p>
                    </details>
                </div>
            </div>
            {reaction_mark(gestures)}
            <div class="tile-head">
                {hand_mark(gestures, Box::new(move |place| words.hand_of(&name(), place)))}
                {tile_key(
                    "tile-key tile-fit",
                    icon::FIT,
                    words.fit_picture(),
                    flag(move || boxed.is_whole()),
                    press(move || boxed.toggle()),
                )}
                {tile_key(
                    "tile-key tile-pin",
                    icon::PIN,
                    words.pin(),
                    flag(move || stage.is_pinned(peer)),
                    press(move || stage.pin(peer)),
                )}
            </div>
            <div class="tile-foot">
            <p class="chip">
                <span class="off" hidden=flag(move || !has_off(Source::Microphone))>
                    {icon(text(|| icon::MICROPHONE_OFF))}
                </span>
                <span
                    class="tile-name cut"
                    dir="auto"
                    aria-hidden="true"
                    translate="no"
                    inner_html=content(name)
                ></span>
                <span class="tile-away" role="status" hidden=flag(move || link() != LinkView::Interrupted)>
                    {words.link_interrupted()}
                </span>
            </p>
            {trust_label(call, peer, own)}
            </div>
            // What the chip and the initial show, for those who do not see them.
            <div class="tile-off" role="status">
                <p hidden=flag(move || !has_off(Source::Microphone))>{words.peer_muted()}</p>
                <p hidden=flag(move || !has_off(Source::Camera))>{words.peer_camera_off()}</p>
            </div>
        </article>
    }
}

/// A key on a tile, seen under the pointer and with the focus.
fn tile_key(
    class: &'static str,
    path: &'static str,
    name: &'static str,
    is_on: Flag,
    run: Press,
) -> impl IntoView {
    let mut is_on = is_on;
    view! {
        <button
            type="button"
            class=class
            aria-label=name
            title=name
            aria-pressed=text(move || if is_on() { "true" } else { "false" })
            on:click=run
        >
            {icon(text(move || path))}
        </button>
    }
}

/// The arch with the initial of a peer, in the colour of its id.
pub(super) fn arch(
    class: &'static str,
    peer: PeerId,
    name: impl Fn() -> String + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <span
            class=class
            data-colour=(peer.0 % COLOURS).to_string()
            aria-hidden="true"
            translate="no"
            inner_html=content(move || initial(&name()))
        ></span>
    }
}

/// The own video, mirrored as people know themselves; it plays while `shown`.
pub(super) fn own_video(id: &'static str, label: &'static str, shown: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let video = NodeRef::<html::Video>::new();
    let seen = select(call, |view| view.camera == DeviceView::On);
    // What the back of a telephone sees is no mirror.
    let mirrored = select(call, |view| view.settings.is_on(Setting::Mirror) && !view.devices.faces_away);

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
            data-mirrored=text(move || if mirrored.get() { "yes" } else { "no" })
            autoplay
            playsinline
            muted
            aria-label=label
            node_ref=video
        ></video>
    }
}

pub(super) fn initial(name: &str) -> String {
    name.chars().next().or(PRODUCT.chars().next()).into_iter().flat_map(char::to_uppercase).collect()
}

fn path(route: Option<Route>) -> &'static str {
    match route {
        None => "",
        Some(Route::Direct) => "direct",
        Some(Route::Relayed(_)) => "relayed",
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
