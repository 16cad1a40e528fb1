//! Files that arrived in a call that is over and were not saved: they wait on the first screen.

use leptos::prelude::*;

use super::{FilesHandle, card};
use crate::call::Phase;
use crate::call::files::TransferId;
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::panels::built::{Built, IntoBuilt};
use crate::ui::reactive::{Memo, content, flag, select};

/// The files, with what becomes of them.
pub(in crate::ui::panels) fn left() -> Built {
    let call = expect_context::<CallHandle>();
    let files = expect_context::<FilesHandle>();
    let words = words();
    let is_home = select(call, |view| view.phase == Phase::Home);
    let ids: Memo<Vec<TransferId>> =
        Memo::new(
            move |()| {
                if is_home.get() { files.shown().with(|shown| shown.arrived().collect()) } else { vec![] }
            },
        );
    let is_unsaved = move || is_home.get() && files.shown().with(|shown| shown.unsaved().next().is_some());
    let says = move || if is_unsaved() { words.files_left() } else { "" };
    view! {
        <p class="heard-only" role="status" inner_html=content(says)></p>
        <div class="files-left" hidden=flag(move || ids.with(Vec::is_empty))>
            <p aria-hidden="true" inner_html=content(says)></p>
            {card::list(ids)}
        </div>
    }
    .into_built()
}
