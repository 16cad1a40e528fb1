//! The panel of the notes, which all in the room write together.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::HtmlTextAreaElement;
use send_wrapper::SendWrapper;

use super::built::{Built, IntoBuilt};
use super::side::side;
use super::{Members, Panel, Panels, text_file};
use crate::protocol::notes::MAX_NOTES_UNITS;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::reactive::{content, effect, press, select, text};
use crate::ui::{CallHandle, LateLines};

/// Starts what merges the notes; comes with the chunk.
#[derive(Clone, Copy)]
pub struct NotesDriver(pub fn(NotesPort));

/// What the driver tells of the notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotesShown {
    /// Others have written while the panel was closed.
    pub is_new: bool,
    /// There is no room for more.
    pub is_full: bool,
    /// Something that others sent was not merged.
    pub has_refused: bool,
}

/// The driver's end of the notes.
pub struct NotesPort {
    /// The field, while the panel is open. The driver reads it, and writes to it what others write.
    pub field: ReadSignal<Option<SendWrapper<HtmlTextAreaElement>>>,
    /// What is told.
    pub shown: WriteSignal<NotesShown>,
    /// The channels.
    pub lines: ReadSignal<LateLines>,
    /// The call, reactive.
    pub members: Box<dyn Fn() -> Members>,
}

/// The views' end of the notes, from context.
#[derive(Clone, Copy)]
struct NotesHandle {
    field: WriteSignal<Option<SendWrapper<HtmlTextAreaElement>>>,
    shown: ReadSignal<NotesShown>,
}

/// Provides the notes to the panels, and starts them once something is to be done.
pub(super) fn begin(panels: Panels, NotesDriver(start): NotesDriver) {
    let call = expect_context::<CallHandle>();
    let (field, set_field) = signal(None);
    let (shown, set_shown) = signal(NotesShown::default());
    provide_context(NotesHandle { field: set_field, shown });
    let members = select(call, Members::of);
    let members: Box<dyn Fn() -> Members> = Box::new(move || members.get());
    let mut port = Some(NotesPort { field, shown: set_shown, lines: call.notes().lines, members });
    // The effect runs again, and would take with it what was begun in it.
    let owner = Owner::current();
    effect(move || {
        if !panels.is_open(Panel::Notes) && !call.notes().is_wanted() {
            return;
        }
        if let (Some(port), Some(owner)) = (port.take(), &owner) {
            owner.with(|| start(port));
        }
    });
    effect(move || panels.has_new_notes.set(shown.get().is_new));
}

/// The key that opens them.
pub(super) fn button(panels: Panels) -> impl IntoView {
    let words = words();
    let is_new = move || panels.has_new_notes.get();
    view! {
        <button
            type="button"
            id="notes-button"
            class="key"
            aria-haspopup="dialog"
            on:click=press(move || panels.toggle(Panel::Notes))
        >
            <span class="key-face" data-new=text(move || if is_new() { "yes" } else { "no" })>
                {icon(text(|| icon::NOTES))}
            </span>
            {words.notes()}
            <span
                class="heard-only"
                inner_html=content(move || if is_new() { words.notes_new() } else { "" })
            ></span>
        </button>
    }
}

/// Reads out that others write while the panel is closed.
pub(super) fn told(panels: Panels) -> impl IntoView {
    let words = words();
    let told = move || if panels.has_new_notes.get() { words.notes_new() } else { "" };
    view! { <p id="notes-told" class="heard-only" role="status" inner_html=content(told)></p> }
}

/// The panel.
pub(super) fn notes() -> Built {
    let call = expect_context::<CallHandle>();
    let notes = expect_context::<NotesHandle>();
    let words = words();
    let field = NodeRef::<html::Textarea>::new();
    effect(move || {
        if let Some(field) = field.get() {
            notes.field.set(Some(SendWrapper::new(field)));
            on_cleanup(move || notes.field.set(None));
        }
    });
    let save = move || {
        if let Some(field) = field.get_untracked() {
            text_file::save(call, "notes", &field.value());
        }
    };
    let note = move || {
        let shown = notes.shown.get();
        match (shown.has_refused, shown.is_full) {
            (true, _) => words.notes_refused(),
            (false, true) => words.notes_full(),
            (false, false) => "",
        }
    };
    let panel = view! {
        <div class="notes-tools">
            <p id="notes-hint">{words.notes_hint()}</p>
            <button type="button" id="notes-save" class="btn btn-text" on:click=press(save)>
                {words.chat_save()}
            </button>
        </div>
        <textarea
            id="notes-input"
            dir="auto"
            data-first=""
            autocomplete="off"
            translate="no"
            maxlength=MAX_NOTES_UNITS.to_string()
            aria-label=words.notes_input()
            aria-describedby="notes-hint notes-note"
            node_ref=field
        ></textarea>
        <p id="notes-note" class="chat-note" role="status" inner_html=content(note)></p>
    };
    side("notes", words.notes(), panel.into_built())
}
