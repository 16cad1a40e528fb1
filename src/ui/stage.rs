//! The stage of a call: the tiles of the others and the own picture, at the places that the layout gives them.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::HtmlElement;

use super::CallHandle;
use super::layout::{Corner, Layout, Rect, Scene, Size, floating};
use super::listening::observe;
use super::own_picture::own_picture;
use super::own_window::{OwnWindow, Tenant};
use super::panels::Panels;
use super::reactive::{Memo, effect, select, text};
use super::tile::tile;
use crate::protocol::PeerId;

/// The arrangement of the call on this screen, which nobody else sees.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arrangement {
    window: Size,
    stage: Rect,
    /// The sizes changed last, rather than who is where: then tiles follow at once.
    pub(super) is_resized: bool,
    /// Who stands large until the person says otherwise.
    pub(super) pinned: Vec<PeerId>,
    /// Whoever speaks stands large.
    pub(super) follows_voice: bool,
    pub(super) corner: Corner,
    pub(super) hides_own: bool,
    /// Where the own picture is while it is dragged.
    pub(super) dragged: Option<(i32, i32)>,
    /// Nothing was touched for a while.
    pub(super) is_idle: bool,
}

impl Arrangement {
    fn new() -> Self {
        Self {
            window: Size::default(),
            stage: Rect::default(),
            is_resized: true,
            pinned: vec![],
            follows_voice: false,
            corner: Corner::ALL[0],
            hides_own: false,
            dragged: None,
            is_idle: false,
        }
    }

    /// Forgets what belongs to one call. Its peers have other numbers in the next.
    fn end(&mut self) {
        self.pinned.clear();
        self.dragged = None;
        self.is_idle = false;
    }
}

/// Where everything stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Places {
    tiles: Vec<(PeerId, Rect)>,
    screens: Vec<(PeerId, Rect)>,
    pub(super) own: Rect,
    /// The own picture stands among the tiles.
    pub(super) own_is_tile: bool,
    pub(super) is_single: bool,
    /// Some stand large beside a strip.
    has_large: bool,
    is_resized: bool,
}

/// The views' handle of the stage.
#[derive(Clone, Copy)]
pub(crate) struct Stage {
    arrangement: RwSignal<Arrangement>,
    /// Who shares a screen.
    screens: Memo<Vec<PeerId>>,
    pub(super) places: Memo<Places>,
}

impl Stage {
    /// The stage of a call, and a window in which a part of it may be.
    pub(super) fn new(call: CallHandle, window: OwnWindow) -> Self {
        let arrangement = RwSignal::new(Arrangement::new());
        let known = select(call, |view| {
            let peers: Vec<_> = view.peers.iter().map(|peer| peer.peer).collect();
            (peers, view.speaker)
        });
        let screens = select(call, |view| {
            let screens = view.peers.iter().filter(|peer| peer.has_screen()).map(|peer| peer.peer);
            screens.collect::<Vec<_>>()
        });
        let places = Memo::new(move |_| {
            let mut here = screens.get();
            here.retain(|peer| window.tenant() != Some(Tenant::Screen(*peer)));
            known.with(|(peers, speaker)| arrangement.with(|now| places(now, peers, &here, *speaker)))
        });
        Self { arrangement, screens, places }
    }

    /// Reads a part of the arrangement, reactive.
    pub(super) fn read<T>(self, read: impl FnOnce(&Arrangement) -> T) -> T {
        self.arrangement.with(read)
    }

    /// The same, once.
    pub(super) fn now<T>(self, read: impl FnOnce(&Arrangement) -> T) -> T {
        self.arrangement.with_untracked(read)
    }

    /// Changes the arrangement.
    pub(super) fn change(self, change: impl FnOnce(&mut Arrangement)) {
        let mut changed = self.arrangement.get_untracked();
        change(&mut changed);
        if self.arrangement.with_untracked(|now| *now != changed) {
            self.arrangement.set(changed);
        }
    }

    /// Whether this peer is pinned, reactive.
    pub(crate) fn is_pinned(self, peer: PeerId) -> bool {
        self.read(|now| now.pinned.contains(&peer))
    }

    /// Pins a peer on this screen, or not any more.
    pub(crate) fn pin(self, peer: PeerId) {
        self.change(|now| {
            now.is_resized = false;
            let before = now.pinned.len();
            now.pinned.retain(|pinned| *pinned != peer);
            if now.pinned.len() == before {
                now.pinned.push(peer);
            }
        });
    }

    /// Whether bar and dock leave the one picture alone, reactive.
    pub(super) fn is_idle(self) -> bool {
        self.read(|now| now.is_idle) && self.places.with(|places| places.is_single)
    }

    /// The same, once.
    pub(super) fn is_faded(self) -> bool {
        untrack(|| self.is_idle())
    }

    /// Whether a picture fills the window, once.
    pub(super) fn is_single(self) -> bool {
        self.places.with_untracked(|places| places.is_single)
    }

    /// Where the own picture is dragged, unless it has become a tile; reactive.
    pub(super) fn dragged(self) -> Option<(i32, i32)> {
        self.read(|now| now.dragged).filter(|_| !self.places.with(|places| places.own_is_tile))
    }

    /// The place of a peer's tile, reactive.
    pub(super) fn place(self, peer: PeerId) -> Option<Rect> {
        self.places.with(|places| places.tiles.iter().find(|(of, _)| *of == peer).map(|(_, rect)| *rect))
    }

    /// Who shares a screen, reactive.
    pub(super) fn screens(self) -> Vec<PeerId> {
        self.screens.get()
    }

    /// The place of a peer's screen, reactive; a screen in a window of its own has none.
    pub(super) fn screen_place(self, peer: PeerId) -> Option<Rect> {
        self.places.with(|places| places.screens.iter().find(|(of, _)| *of == peer).map(|(_, rect)| *rect))
    }

    fn resize(self, window: Size, stage: Rect) {
        self.change(|now| {
            if (now.window, now.stage) != (window, stage) {
                (now.window, now.stage, now.is_resized) = (window, stage, true);
            }
        });
    }

    /// The corner nearest to a picture.
    pub(super) fn corner_of(self, picture: Rect) -> Corner {
        self.now(|now| Corner::nearest(now.window, picture))
    }
}

fn places(now: &Arrangement, peers: &[PeerId], screens: &[PeerId], speaker: Option<PeerId>) -> Places {
    let at = |peer: &PeerId| peers.iter().position(|other| other == peer);
    let mut large: Vec<usize> = now.pinned.iter().filter_map(at).collect();
    // Beside a screen nobody comes large by speaking.
    if large.is_empty() && now.follows_voice && screens.is_empty() {
        large.push(speaker.as_ref().and_then(at).unwrap_or_default());
    }
    let scene = Scene {
        window: now.window,
        stage: now.stage,
        others: peers.len(),
        screens: screens.len(),
        large,
        shows_own: !now.hides_own,
        is_bare: now.is_idle && peers.len() == 1 && screens.is_empty(),
    };
    let layout = Layout::of(&scene);
    Places {
        own: layout.own.unwrap_or_else(|| floating(&scene, now.corner)),
        own_is_tile: layout.own.is_some(),
        is_single: layout.is_single,
        has_large: (!scene.large.is_empty() || !screens.is_empty()) && !layout.is_single,
        tiles: peers.iter().copied().zip(layout.tiles).collect(),
        screens: screens.iter().copied().zip(layout.screens).collect(),
        is_resized: now.is_resized,
    }
}

/// The tiles and the own picture.
pub(super) fn stage(in_call: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let stage = expect_context::<Stage>();
    let screens = expect_context::<Panels>().screens;
    let frame = NodeRef::<html::Div>::new();
    let area = NodeRef::<html::Div>::new();
    let peers = select(call, |view| view.peers.iter().map(|peer| peer.peer).collect::<Vec<_>>());
    let window = expect_context::<OwnWindow>();
    effect(move || {
        if !in_call.get() {
            stage.change(Arrangement::end);
        }
    });
    effect(move || {
        window.track_sizes();
        let (Some(frame), Some(area)) = (frame.get(), area.get()) else { return };
        let read = {
            let (frame, area) = (frame.clone(), area.clone());
            move || {
                let window = Size { width: frame.offset_width(), height: frame.offset_height() };
                stage.resize(window, rect_of(&area));
            }
        };
        observe(&[&frame, &area], read);
    });
    let layout = move || {
        stage.places.with(|places| match (places.is_single, places.has_large) {
            (true, _) => "single",
            (_, true) => "large",
            _ => "equal",
        })
    };
    view! {
        <div
            class="stage"
            data-layout=text(layout)
            data-moves=text(move || if stage.places.with(|places| places.is_resized) { "no" } else { "yes" })
            node_ref=frame
        >
            // Where the rows of bar and dock leave room; only measured.
            <div class="stage-area" aria-hidden="true" node_ref=area></div>
            <div class="screens" node_ref=screens></div>
            <For each=move || peers.get() key=|peer| *peer children=tile />
            {own_picture(in_call)}
        </div>
    }
}

/// The place of an element in the one that it is positioned in.
pub(super) fn rect_of(element: &HtmlElement) -> Rect {
    Rect {
        x: element.offset_left(),
        y: element.offset_top(),
        width: element.offset_width(),
        height: element.offset_height(),
    }
}

/// Puts an element at a place; the style sheet makes it move there.
pub(super) fn put(element: &HtmlElement, place: Rect) {
    let style = element.style();
    for (name, length) in [("--x", place.x), ("--y", place.y), ("--w", place.width), ("--h", place.height)] {
        // Only a name that is none could be refused.
        drop(style.set_property(name, &format!("{length}px")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_one_call_ends_with_it_and_what_one_likes_stays() {
        let before = Arrangement { follows_voice: true, hides_own: true, ..Arrangement::new() };
        let mut now = before.clone();
        (now.pinned, now.dragged, now.is_idle) = (vec![PeerId(2)], Some((3, 4)), true);
        now.end();
        assert_eq!(now, before);
    }
}
