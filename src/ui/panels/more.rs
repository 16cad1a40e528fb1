//! The sheet of what the dock has no room for.

use leptos::prelude::*;

use super::built::{Built, IntoBuilt};
use super::dialog::dialog;
use super::{Panel, Panels, notes};
use crate::ui::CallHandle;
use crate::ui::dock::share_action;
use crate::ui::gestures::gestures;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::reactive::{flag, press, select, text};

/// The sheet, in four columns.
pub(super) fn more() -> Built {
    let panels = expect_context::<Panels>();
    let call = expect_context::<CallHandle>();
    let can_capture = select(call, |view| view.screen.can_capture);
    let words = words();
    let leads_to = move |id: &'static str, panel: Panel, sign: &'static str, word: &'static str| {
        view! {
            <button type="button" id=id class="key" aria-haspopup="dialog" on:click=press(move || panels.toggle(panel))>
                <span class="key-face">{icon(text(move || sign))}</span>
                {word}
            </button>
        }
    };
    let keys = view! {
        <div class="more">
            {gestures(move || panels.close())}
            <button
                type="button"
                id="more-screen-button"
                class="key"
                hidden=flag(move || !can_capture.get())
                on:click=press(move || {
                    call.dispatch(call.view().with_untracked(share_action));
                    panels.close();
                })
            >
                <span class="key-face">{icon(text(|| icon::SCREEN))}</span>
                {words.share()}
            </button>
            {notes::button(panels)}
            {leads_to("more-people-button", Panel::People, icon::PEOPLE, words.people())}
            {leads_to("settings-button", Panel::Settings, icon::GEAR, words.settings())}
            {leads_to("keys-button", Panel::Keys, icon::KEYBOARD, words.keys())}
            {leads_to("connection-button", Panel::Connection, icon::PULSE, words.connection())}
        </div>
    };
    dialog("more", words.more(), keys.into_built())
}
