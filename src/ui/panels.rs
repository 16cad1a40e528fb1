//! Panels: views that a chunk brings when the first of them is opened.
//!
//! The page holds an empty place for them, and what opens them. What they are made of is built in the browser only, and
//! so it weighs nothing until then.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::{File, HtmlElement};
use send_wrapper::SendWrapper;

use self::built::{Built, IntoBuilt};
use self::files::FilesDriver;
use self::notes::NotesDriver;
use self::settings::Page;
use super::CallHandle;
use super::i18n::words;
use super::reactive::{effect, flag, press, select};
use crate::call::{CallView, PeerView, Phase};

mod built;
mod chat;
mod connection;
mod dialog;
pub mod files;
mod head;
mod keys;
mod members;
mod more;
pub mod notes;
mod people;
mod privacy;
mod qr;
mod screens;
mod second_camera;
mod settings;
mod side;
mod text_file;

pub use members::Members;

/// A panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// What the dock has no room for.
    More,
    /// The own address and the connection test.
    Connection,
    /// Who is here.
    People,
    /// What is written.
    Chat,
    /// What is written together.
    Notes,
    /// Everything that a person can set.
    Settings,
    /// The same, at the page about privacy.
    Privacy,
    /// What the microphone's key has beside it.
    Microphone,
    /// What the camera's key has beside it.
    Camera,
    /// The shortcuts.
    Keys,
    /// The invite link as a QR code.
    Qr,
}

/// Loads the chunk and has it [`mount`] the panels; provided by `hydrate()`, absent on the server.
#[derive(Clone, Copy)]
pub struct PanelLoader(pub fn(HtmlElement, Panels));

/// The panel that is open, from context.
#[derive(Clone, Copy)]
pub struct Panels {
    open: RwSignal<Option<Panel>>,
    loading: RwSignal<Loading>,
    /// Offers of files that have not been in sight.
    pub(super) offers: RwSignal<usize>,
    /// Files are listed in the panel of the chat.
    pub(super) has_files: RwSignal<bool>,
    /// Others have written in the notes, and that was not in sight.
    pub(super) has_new_notes: RwSignal<bool>,
    /// The place of screens that are shared, in the call screen.
    pub(super) screens: NodeRef<html::Div>,
    /// Files that were dropped before the chunk was there.
    dropped: StoredValue<Vec<SendWrapper<File>>>,
    /// The place of files that the last call has left, on the first screen.
    pub(crate) left: NodeRef<html::Div>,
    /// The place of the bars that tell of screens: that something is shared from here, or is in another window.
    pub(super) sharing: NodeRef<html::Div>,
}

#[derive(Clone, Copy, PartialEq)]
enum Loading {
    Idle,
    Asked,
    Failed,
    /// The person does not want to try again, until a panel is opened.
    Refused,
    Done,
}

impl Panels {
    /// Provides the panels to all views below.
    pub(crate) fn provide() -> Self {
        let panels = Self {
            open: RwSignal::new(None),
            loading: RwSignal::new(Loading::Idle),
            offers: RwSignal::new(0),
            has_files: RwSignal::new(false),
            dropped: StoredValue::new(vec![]),
            left: NodeRef::new(),
            has_new_notes: RwSignal::new(false),
            screens: NodeRef::new(),
            sharing: NodeRef::new(),
        };
        provide_context(panels);
        panels
    }

    /// Opens a panel in place of the one that is open, or closes it if that is the one.
    pub(crate) fn toggle(self, panel: Panel) {
        self.open.update(|open| *open = (*open != Some(panel)).then_some(panel));
        if self.loading.get_untracked() == Loading::Refused {
            self.loading.set(Loading::Idle);
        }
    }

    /// Opens a panel, if it is not the one that is open.
    pub(crate) fn open(self, panel: Panel) {
        if !self.is_open_now(panel) {
            self.toggle(panel);
        }
    }

    /// Closes the panel that is open.
    pub fn close(self) {
        self.open.set(None);
    }

    /// Whether this panel is open, reactive.
    pub(crate) fn is_open(self, panel: Panel) -> bool {
        self.open.get() == Some(panel)
    }

    /// Whether this panel is open, once.
    fn is_open_now(self, panel: Panel) -> bool {
        self.open.get_untracked() == Some(panel)
    }

    /// Whether one is open, reactive.
    pub(crate) fn any_open(self) -> bool {
        self.open.get().is_some()
    }

    /// Keeps files that were dropped until the chunk is there, which takes them by itself after that.
    pub(super) fn keep_dropped(self, files: Vec<File>) {
        if self.loading.get_untracked() != Loading::Done {
            self.dropped.update_value(|dropped| dropped.extend(files.into_iter().map(SendWrapper::new)));
        }
    }

    /// The files that were dropped before the chunk was there, once.
    fn take_dropped(self) -> Vec<File> {
        let dropped = self.dropped.try_update_value(std::mem::take).unwrap_or_default();
        dropped.into_iter().map(SendWrapper::take).collect()
    }

    /// Takes the answer of the chunk's loader.
    pub fn loaded(self, is_there: bool) {
        self.loading.set(if is_there { Loading::Done } else { Loading::Failed });
    }
}

/// Whether a panel ends when the call has become like this.
fn ends(panel: Panel, (is_home, has_company): (bool, bool)) -> bool {
    // The code would lie on the face of who has come.
    is_home || panel == Panel::Qr && has_company
}

/// Closes the panel that the call leaves behind.
fn follow_the_call(panels: Panels) {
    let call = expect_context::<CallHandle>();
    let state = select(call, |view: &CallView| (view.phase == Phase::Home, !view.peers.is_empty()));
    effect(move || {
        let now = state.get();
        if panels.open.get_untracked().is_some_and(|panel| ends(panel, now)) {
            panels.close();
        }
        if now.0 {
            drop(panels.take_dropped());
        }
    });
}

/// The place of the panels, and the words for a chunk that did not load.
pub(crate) fn place(panels: Panels) -> impl IntoView {
    let words = words();
    follow_the_call(panels);
    let place = NodeRef::<html::Div>::new();
    let loader = use_context::<PanelLoader>();
    // The effect runs again as soon as the chunk is asked for, and takes with it what was begun in it.
    let owner = Owner::current();
    let call = expect_context::<CallHandle>();
    let shares = select(call, |view: &CallView| view.screen.shares.is_some());
    let sees = select(call, |view: &CallView| view.peers.iter().any(PeerView::has_screen));
    // What others do loads the chunk, but without it nobody who has asked for nothing is told.
    let is_asked = move || panels.open.get().is_some() || shares.get();
    let is_wanted = move || is_asked() || sees.get() || call.files().is_wanted() || call.notes().is_wanted();
    effect(move || {
        let (Some(place), Some(PanelLoader(load))) = (place.get(), loader) else { return };
        if is_wanted() && panels.loading.get() == Loading::Idle {
            panels.loading.set(Loading::Asked);
            let begin = move || load(HtmlElement::clone(&place), panels);
            match &owner {
                Some(owner) => owner.with(begin),
                None => begin(),
            }
        }
    });
    let failed = move || panels.loading.get() == Loading::Failed && is_asked();
    view! {
        <div id="panels" node_ref=place></div>
        <div role="alert">
            <div id="panel-missing" class="blocker" hidden=flag(move || !failed())>
                <p>{words.panel_missing()}</p>
                <button type="button" class="btn btn-go" on:click=press(move || panels.loading.set(Loading::Idle))>
                    {words.try_again()}
                </button>
                <button type="button" class="btn btn-line" on:click=press(move || {
                    panels.close();
                    panels.loading.set(Loading::Refused);
                    drop(panels.take_dropped());
                })>{words.cancel()}</button>
            </div>
        </div>
    }
}

/// Mounts the panels for as long as the present reactive owner lives; part of the chunk.
pub fn mount(place: HtmlElement, panels: Panels, files: FilesDriver, notes: NotesDriver) {
    files::begin(panels, files);
    notes::begin(panels, notes);
    mount_view(place, move || {
        view! {
            {move || panels.open.get().map(view)}
            {files::told()}
            {notes::told(panels)}
        }
        .into_built()
    });
    // The call screen may come later.
    let parts: [(_, fn() -> Built); 3] =
        [(panels.left, files::left), (panels.screens, screens::screens), (panels.sharing, screens::bars)];
    for (place, view) in parts {
        effect(move || {
            if let Some(place) = place.get() {
                mount_view(HtmlElement::clone(&place), view);
            }
        });
    }
}

fn mount_view(place: HtmlElement, view: impl FnOnce() -> Built + 'static) {
    let mounted = leptos::mount::mount_to(place, view);
    let mounted = StoredValue::new_local(Some(mounted));
    on_cleanup(move || drop(mounted.try_update_value(Option::take)));
}

fn view(panel: Panel) -> Built {
    match panel {
        Panel::More => more::more(),
        Panel::Connection => connection::connection(),
        Panel::People => people::people(),
        Panel::Chat => chat::chat(),
        Panel::Notes => notes::notes(),
        Panel::Settings => settings::settings(Page::Sound),
        Panel::Privacy => settings::settings(Page::Privacy),
        Panel::Microphone => settings::microphone(),
        Panel::Camera => settings::camera(),
        Panel::Keys => keys::keys(),
        Panel::Qr => qr::qr(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_end_with_the_call_and_the_code_with_the_wait() {
        for (panel, is_home, has_company, expected) in [
            (Panel::People, false, true, false),
            (Panel::People, true, false, true),
            (Panel::Chat, false, true, false),
            (Panel::Chat, true, false, true),
            (Panel::Settings, true, false, true),
            (Panel::Qr, false, false, false),
            (Panel::Qr, false, true, true),
        ] {
            assert_eq!(ends(panel, (is_home, has_company)), expected, "{panel:?}");
        }
    }
}
