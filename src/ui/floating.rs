//! The call in a small window of its own over all others, where the browser can: with its keys (Document
//! Picture-in-Picture), or else its first picture alone.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Object, Reflect};
use leptos::web_sys::{Document, Element, HtmlElement, HtmlLinkElement, HtmlMediaElement, Node, Window};
use send_wrapper::SendWrapper;
use wasm_bindgen_futures::JsFuture;

use super::i18n::words;
use super::icon::{self, icon};
use super::keys;
use super::lacking::{method, promised, quietly};
use super::listening::listen;
use super::panels::Panels;
use super::reactive::{Memo, effect, flag, press, text};
use super::stage::Stage;

/// The size of the window, in CSS pixels.
const SIZE: [(&str, u32); 2] = [("width", 400), ("height", 420)];

/// The floating window of the call.
#[derive(Clone, Copy)]
pub(super) struct Floating {
    container: NodeRef<html::Section>,
    in_call: Memo<bool>,
    /// The browser was asked for the window and has not answered.
    is_asked: RwSignal<bool>,
    is_out: RwSignal<bool>,
    /// The first picture floats alone.
    is_picture_out: RwSignal<bool>,
    /// The window while there is one, and where the section has its home.
    window: StoredValue<Option<SendWrapper<(Window, Element)>>>,
    stage: Stage,
}

impl Floating {
    /// A window for this section; it ends with the call, and when a panel opens in the page.
    pub(super) fn new(container: NodeRef<html::Section>, in_call: Memo<bool>) -> Self {
        let stage = expect_context::<Stage>();
        let panels = expect_context::<Panels>();
        let [is_asked, is_out, is_picture_out] = [(); 3].map(|()| RwSignal::new(false));
        let window = StoredValue::new(None);
        let this = Self { container, in_call, is_asked, is_out, is_picture_out, window, stage };
        effect(move || {
            if in_call.get() {
                this.follow_the_tab();
            } else {
                this.close();
            }
        });
        effect(move || {
            if panels.any_open() {
                this.close();
            }
        });
        effect(move || {
            if this.is_out.get() {
                this.follow_the_window(panels);
            }
        });
        effect(move || {
            let Some(section) = container.get() else { return };
            let names = &["enterpictureinpicture", "leavepictureinpicture"];
            listen(&section, names, move |event| is_picture_out.set(event.type_() == names[0]));
        });
        this
    }

    /// Has the browser open the window by itself when the tab is left, where it does.
    fn follow_the_tab(self) {
        let opens = Closure::<dyn FnMut()>::new(move || self.open());
        if !set_handler(opens.as_ref()) {
            return;
        }
        let kept = SendWrapper::new(opens);
        on_cleanup(move || {
            set_handler(&JsValue::NULL);
            drop(kept);
        });
    }

    fn toggle(self) {
        if self.is_out.get_untracked() {
            self.close();
        } else if self.is_picture_out.get_untracked() {
            quietly(promised(&document(), "exitPictureInPicture", &JsValue::UNDEFINED));
        } else {
            self.open();
        }
    }

    fn close(self) {
        if let Some(window) = self.window.get_value() {
            // Its `pagehide` brings the section back.
            drop(window.0.close());
        }
    }

    fn open(self) {
        let Some(section) = self.container.get_untracked() else { return };
        if self.is_out.get_untracked() || self.is_asked.get_untracked() {
            return;
        }
        let Some(api) = document_api() else { return picture_alone(&section) };
        let options = Object::new();
        for (name, length) in SIZE {
            drop(Reflect::set(&options, &name.into(), &length.into()));
        }
        let Some(asked) = promised(&api, "requestWindow", &options) else { return };
        self.is_asked.set(true);
        spawn_local(async move {
            // Refused without a touch of the page, for instance.
            let window = JsFuture::from(asked).await.map(JsCast::unchecked_into::<Window>);
            self.is_asked.set(false);
            if let Ok(window) = window
                && self.move_to(&window, &section).is_none()
            {
                drop(window.close());
            }
        });
    }

    /// Moves the section into the window, unless the call has ended meanwhile.
    fn move_to(self, window: &Window, section: &HtmlElement) -> Option<()> {
        let there = window.document().filter(|_| self.in_call.get_untracked())?;
        let home = section.parent_element()?;
        dress(&there);
        // The page's own elements around it have its ground, its colours and the size of a window.
        let (page, place) = (home.parent_element()?.clone_node().ok()?, home.clone_node().ok()?);
        page.unchecked_ref::<Element>().set_attribute("data-floating", "").ok()?;
        there.body()?.append_child(&page).ok()?;
        page.append_child(&place).and_then(|place| place.append_child(section)).ok()?;
        self.window.set_value(Some(SendWrapper::new((window.clone(), home))));
        self.is_out.set(true);
        self.settle(section);
        Some(())
    }

    /// Follows the window as long as the section is in it.
    fn follow_the_window(self, panels: Panels) {
        let Some(window) = self.window.get_value() else { return };
        let window = &window.0;
        listen(window, &["pagehide"], move |_| self.come_back());
        listen(window, &["resize"], move |_| self.stage.measure_again());
        keys::follow(window, expect_context(), panels, expect_context());
    }

    fn come_back(self) {
        let (Some(window), Some(section)) = (self.window.get_value(), self.container.get_untracked()) else {
            return;
        };
        let home = &window.1;
        drop(home.insert_before(&section, home.first_child().as_ref()));
        self.window.set_value(None);
        self.is_out.set(false);
        self.settle(&section);
    }

    /// After a move: measures the stage anew, plays what has paused, and gives the section the focus, which is lost.
    fn settle(self, section: &HtmlElement) {
        self.stage.measure_again();
        drop(section.focus());
        let Ok(videos) = section.query_selector_all("video") else { return };
        for at in 0..videos.length() {
            if let Some(video) = videos.item(at).and_then(|video| video.dyn_into::<HtmlMediaElement>().ok()) {
                quietly(video.play().ok());
            }
        }
    }
}

fn document_api() -> Option<JsValue> {
    Reflect::get(&window(), &"documentPictureInPicture".into()).ok().filter(|api| !api.is_undefined())
}

/// Sets what happens when the browser wants the window; whether it can want it.
fn set_handler(handler: &JsValue) -> bool {
    if document_api().is_none() {
        return false;
    }
    let session = Reflect::get(&window().navigator(), &"mediaSession".into()).unwrap_or_default();
    // It throws for an action that the browser does not know.
    method(&session, "setActionHandler")
        .is_some_and(|set| set.call2(&session, &"enterpictureinpicture".into(), handler).is_ok())
}

/// Lets the first picture float by itself.
fn picture_alone(section: &Element) {
    if let Ok(Some(video)) = section.query_selector("[data-video='on'] > .tile-video") {
        quietly(promised(&video, "requestPictureInPicture", &JsValue::UNDEFINED));
    }
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

/// The button of the window.
pub(super) fn floating_button(floating: Floating) -> impl IntoView {
    let words = words();
    let floats = move || floating.is_out.get() || floating.is_picture_out.get();
    let can = RwSignal::new(false);
    effect(move || {
        let video = document().create_element("video").ok();
        let has_method =
            |video: Element| Reflect::has(&video, &"requestPictureInPicture".into()).unwrap_or_default();
        can.set(document_api().is_some() || video.is_some_and(has_method));
    });
    view! {
        <button
            type="button"
            id="floating-button"
            class="bar-button bar-icon"
            aria-label=words.floating()
            title=words.floating()
            aria-pressed=text(move || if floats() { "true" } else { "false" })
            hidden=flag(move || !can.get())
            on:click=press(move || floating.toggle())
        >
            {icon(text(|| icon::FLOATING))}
        </button>
    }
}

/// What stands in the page while the call is in its window.
pub(super) fn floating_note(floating: Floating) -> impl IntoView {
    let words = words();
    view! {
        <div class="floating-note" role="status" hidden=flag(move || !floating.is_out.get())>
            <p>{words.is_floating()}</p>
            <button type="button" class="btn btn-line" on:click=press(move || floating.close())>
                {words.bring_back()}
            </button>
        </div>
    }
}
