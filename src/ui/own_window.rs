//! A window of its own over all others for a part of the call (WICG Document Picture-in-Picture). A page has one at most.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Object, Reflect};
use leptos::web_sys::{Document, Element, HtmlElement, HtmlLinkElement, HtmlMediaElement, Node, Window};
use send_wrapper::SendWrapper;
use wasm_bindgen_futures::JsFuture;

use super::keys;
use super::lacking::{promised, quietly};
use super::listening::listen;
use super::panels::Panels;
use super::reactive::{Memo, effect};
use crate::protocol::PeerId;

/// The part of the call that is in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tenant {
    /// All of it.
    Call,
    /// The screen that this peer shares.
    Screen(PeerId),
}

impl Tenant {
    /// The width and the height that the window begins with, in CSS pixels.
    fn size(self) -> (u32, u32) {
        match self {
            Self::Call => (400, 420),
            Self::Screen(_) => (800, 450),
        }
    }
}

/// The window, from context.
#[derive(Clone, Copy)]
pub(super) struct OwnWindow {
    in_call: Memo<bool>,
    /// The browser was asked for the window and has not answered.
    is_asked: RwSignal<bool>,
    tenant: RwSignal<Option<Tenant>>,
    held: StoredValue<Option<SendWrapper<Held>>>,
    /// Sizes are other ones, of which no observer tells.
    resized: RwSignal<()>,
}

/// The window while there is one, what is in it, and where that has its home.
#[derive(Clone)]
struct Held {
    window: Window,
    section: HtmlElement,
    home: Element,
}

impl OwnWindow {
    /// A window that ends with the call.
    pub(super) fn new(in_call: Memo<bool>) -> Self {
        let this = Self {
            in_call,
            is_asked: RwSignal::new(false),
            tenant: RwSignal::new(None),
            held: StoredValue::new(None),
            resized: RwSignal::new(()),
        };
        effect(move || {
            if !in_call.get() {
                this.close();
            }
        });
        effect(move || {
            if this.tenant.get().is_some() {
                this.follow();
            }
        });
        this
    }

    /// What is in the window, reactive.
    pub(super) fn tenant(self) -> Option<Tenant> {
        self.tenant.get()
    }

    /// The same, once.
    pub(super) fn tenant_now(self) -> Option<Tenant> {
        self.tenant.get_untracked()
    }

    /// Runs what reads this again when sizes have changed that no observer sees: it looks at one window alone.
    pub(super) fn track_sizes(self) {
        self.resized.track();
    }

    /// Closes the window if this is in it.
    pub(super) fn close_of(self, tenant: Tenant) {
        // A view that ends with the page finds no window any more.
        if self.tenant.try_get_untracked() == Some(Some(tenant)) {
            self.close();
        }
    }

    /// Closes the window.
    pub(super) fn close(self) {
        if let Some(held) = self.held.get_value() {
            // Its `pagehide` brings the section back.
            drop(held.window.close());
        }
    }

    /// Asks the browser for the window, and moves a section of the call there; another one comes back.
    pub(super) fn open(self, tenant: Tenant, section: HtmlElement) {
        if self.is_asked.get_untracked() || self.tenant_now() == Some(tenant) {
            return;
        }
        let options = Object::new();
        let (width, height) = tenant.size();
        for (name, length) in [("width", width), ("height", height)] {
            drop(Reflect::set(&options, &name.into(), &length.into()));
        }
        let Some(asked) = api().and_then(|api| promised(&api, "requestWindow", &options)) else { return };
        self.is_asked.set(true);
        spawn_local(async move {
            // Refused without a touch of the page, for instance.
            let window = JsFuture::from(asked).await.map(JsCast::unchecked_into::<Window>);
            self.is_asked.set(false);
            if let Ok(window) = window
                && self.move_to(&window, tenant, section).is_none()
            {
                drop(window.close());
            }
        });
    }

    /// Moves the section into the window, unless the call or what it shows has ended meanwhile.
    fn move_to(self, window: &Window, tenant: Tenant, section: HtmlElement) -> Option<()> {
        // A closed one tells of no `pagehide` any more.
        let is_wanted =
            || self.in_call.get_untracked() && !window.closed().unwrap_or(true) && section.is_connected();
        let there = window.document().filter(|_| is_wanted())?;
        // The browser closes the window before this one, and may tell of it only later.
        self.come_back();
        let home = section.parent_element()?;
        dress(&there);
        // The page's own elements around it have its ground, its colours and the size of a window.
        let page = section.closest("main").ok()??.clone_node().ok()?;
        page.unchecked_ref::<Element>().set_attribute("data-floating", "").ok()?;
        there.body()?.append_child(&page).ok()?;
        let place = page.append_child(&home.clone_node().ok()?).ok()?;
        place.append_child(&section).ok()?;
        self.held.set_value(Some(SendWrapper::new(Held {
            window: window.clone(),
            section: section.clone(),
            home,
        })));
        self.tenant.set(Some(tenant));
        self.settle(&section);
        drop(section.focus());
        Some(())
    }

    /// Follows the window as long as the section is in it.
    fn follow(self) {
        let Some(held) = self.held.get_value() else { return };
        let window = &held.window;
        let closing = SendWrapper::new(window.clone());
        listen(window, &["pagehide"], move |_| {
            if self.held.with_value(|held| held.as_ref().is_some_and(|held| held.window == *closing)) {
                self.come_back();
            }
        });
        listen(window, &["resize"], move |_| self.resized.set(()));
        if let Some(there) = window.document() {
            // With the style sheets everything has its size.
            listen(&there, &["load"], move |_| self.resized.set(()));
        }
        keys::follow(window, expect_context(), expect_context::<Panels>(), expect_context());
    }

    fn come_back(self) {
        let Some(held) = self.held.get_value() else { return };
        let Held { section, home, .. } = &*held;
        self.held.set_value(None);
        self.tenant.set(None);
        // What it shows may have ended. Out of the page it would be played all the same.
        if home.is_connected() {
            drop(home.insert_before(section, home.first_child().as_ref()));
            self.settle(section);
            // Whoever types in the page meanwhile goes on with that.
            if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
                drop(section.focus());
            }
        }
    }

    /// After a move: has sizes measured, and plays what has paused.
    fn settle(self, section: &HtmlElement) {
        self.resized.set(());
        let Ok(videos) = section.query_selector_all("video") else { return };
        for at in 0..videos.length() {
            if let Some(video) = videos.item(at).and_then(|video| video.dyn_into::<HtmlMediaElement>().ok()) {
                quietly(video.play().ok());
            }
        }
    }
}

/// Whether the browser opens such windows.
pub(super) fn is_offered() -> bool {
    api().is_some()
}

fn api() -> Option<JsValue> {
    Reflect::get(&window(), &"documentPictureInPicture".into()).ok().filter(|api| !api.is_undefined())
}

/// Gives the window the style sheets, the language and the title of the page.
fn dress(there: &Document) {
    let here = document();
    there.set_title(&here.title());
    if let (Some(from), Some(to)) = (here.document_element(), there.document_element()) {
        drop(to.set_attribute("lang", &from.get_attribute("lang").unwrap_or_default()));
    }
    let (Ok(sheets), Some(head)) = (here.query_selector_all("link[rel=stylesheet]"), there.head()) else {
        return;
    };
    for at in 0..sheets.length() {
        let Some(sheet) = sheets.item(at).and_then(|sheet| sheet.dyn_into::<HtmlLinkElement>().ok()) else {
            continue;
        };
        let address = sheet.href();
        if let Ok(copy) = sheet.clone_node().map(JsCast::unchecked_into::<HtmlLinkElement>) {
            // Written out: the window has no address of its own.
            copy.set_href(&address);
            drop(head.append_child(copy.unchecked_ref::<Node>()));
        }
    }
}
