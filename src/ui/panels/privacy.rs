//! What a call keeps to itself: the page of the settings about privacy.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::js_sys::Reflect;
use leptos::web_sys::{HtmlInputElement, Storage};

use super::built::{Built, IntoBuilt};
use super::connection::hide_switch;
use super::{Panel, Panels};
use crate::call::{Phase, UserAction, storage};
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::reactive::{flag, press, text};

/// Makes the browser forget the language; the server sets this cookie.
const NO_LANGUAGE: &str = "lang=; Path=/; Max-Age=0; SameSite=Lax";

/// The page.
pub(super) fn privacy() -> Built {
    let call = expect_context::<CallHandle>();
    let panels = expect_context::<Panels>();
    let words = words();
    let has_forgotten = RwSignal::new(false);
    let forget = move || {
        forget_all();
        if call.view().with_untracked(|view| view.phase == Phase::Home) {
            empty_name();
        }
        has_forgotten.set(true);
    };
    call.dispatch(UserAction::LookForRelay);
    view! {
        <p class="notice">{words.private_media()}</p>
        <p class="note">{words.private_server()}</p>
        <p class="note">{words.private_number()}</p>
        <p class="note">{words.private_link()}</p>
        {hide_switch(call, words)}
        <button
            type="button"
            id="privacy-connection-button"
            class="btn btn-line"
            aria-haspopup="dialog"
            on:click=press(move || panels.toggle(Panel::Connection))
        >
            {icon(text(|| icon::PULSE))}
            {words.check_connection()}
        </button>
        <p class="note">{words.kept_here()}</p>
        <button type="button" id="forget-button" class="btn btn-line" on:click=press(forget)>
            {words.forget_kept()}
        </button>
        <div role="status">
            <p class="note" hidden=flag(move || !has_forgotten.get())>{words.forgotten()}</p>
        </div>
    }
    .into_built()
}

/// Forgets what this browser keeps from one call to the next.
fn forget_all() {
    if let Ok(Some(kept)) = window().local_storage() {
        for key in own_keys(&kept) {
            drop(kept.remove_item(&key));
        }
    }
    drop(Reflect::set(&document(), &"cookie".into(), &NO_LANGUAGE.into()));
}

fn own_keys(kept: &Storage) -> Vec<String> {
    let all = (0..kept.length().unwrap_or_default()).filter_map(|at| kept.key(at).ok()?);
    all.filter(|key| key.starts_with(storage::PREFIX)).collect()
}

/// Empties the field of the first screen; otherwise Join would keep the name again.
fn empty_name() {
    let field = document().get_element_by_id("name-input");
    if let Some(field) = field.as_ref().and_then(|field| field.dyn_ref::<HtmlInputElement>()) {
        field.set_value("");
    }
}
