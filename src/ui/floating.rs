//! The call in a small window of its own over all others, where the browser can: with its keys (Document
//! Picture-in-Picture), or else its first picture alone.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::web_sys::js_sys::Reflect;
use leptos::web_sys::{Element, HtmlElement};
use send_wrapper::SendWrapper;

use super::i18n::words;
use super::icon::{self, icon};
use super::lacking::{method, promised, quietly};
use super::listening::listen;
use super::own_window::{self, OwnWindow, Tenant};
use super::panels::Panels;
use super::reactive::{Memo, effect, flag, press, text};

/// The floating window of the call.
#[derive(Clone, Copy)]
pub(super) struct Floating {
    container: NodeRef<html::Section>,
    window: OwnWindow,
    /// The first picture floats alone.
    is_picture_out: RwSignal<bool>,
}

impl Floating {
    /// A window for this section; it ends with the call, and when a panel opens in the page.
    pub(super) fn new(container: NodeRef<html::Section>, in_call: Memo<bool>) -> Self {
        let panels = expect_context::<Panels>();
        let is_picture_out = RwSignal::new(false);
        let this = Self { container, window: expect_context(), is_picture_out };
        effect(move || {
            if in_call.get() {
                this.follow_the_tab();
            }
        });
        effect(move || {
            if panels.any_open() {
                this.close();
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
        let opens = Closure::<dyn FnMut()>::new(move || {
            // A screen that is out stays so.
            if self.window.tenant_now().is_none() {
                self.open();
            }
        });
        if !set_handler(opens.as_ref()) {
            return;
        }
        let kept = SendWrapper::new(opens);
        on_cleanup(move || {
            set_handler(&JsValue::NULL);
            drop(kept);
        });
    }

    /// Whether the call is in the window, reactive.
    fn is_out(self) -> bool {
        self.window.tenant() == Some(Tenant::Call)
    }

    fn toggle(self) {
        if self.window.tenant_now() == Some(Tenant::Call) {
            self.close();
        } else if self.is_picture_out.get_untracked() {
            quietly(promised(&document(), "exitPictureInPicture", &JsValue::UNDEFINED));
        } else {
            self.open();
        }
    }

    fn close(self) {
        self.window.close_of(Tenant::Call);
    }

    fn open(self) {
        let Some(section) = self.container.get_untracked() else { return };
        if own_window::is_offered() {
            self.window.open(Tenant::Call, HtmlElement::clone(&section));
        } else {
            picture_alone(&section);
        }
    }
}

/// Sets what happens when the browser wants the window; whether it can want it.
fn set_handler(handler: &JsValue) -> bool {
    if !own_window::is_offered() {
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

/// The button of the window.
pub(super) fn floating_button(floating: Floating) -> impl IntoView {
    let words = words();
    let floats = move || floating.is_out() || floating.is_picture_out.get();
    let can = RwSignal::new(false);
    effect(move || {
        let video = document().create_element("video").ok();
        let has_method =
            |video: Element| Reflect::has(&video, &"requestPictureInPicture".into()).unwrap_or_default();
        can.set(own_window::is_offered() || video.is_some_and(has_method));
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
        <div class="floating-note" role="status" hidden=flag(move || !floating.is_out())>
            <p>{words.is_floating()}</p>
            <button type="button" class="btn btn-line" on:click=press(move || floating.close())>
                {words.bring_back()}
            </button>
        </div>
    }
}
