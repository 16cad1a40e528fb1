//! What a file is chosen with, and for whom.

use leptos::html;
use leptos::prelude::*;

use super::FilesHandle;
use super::words::name_of;
use crate::call::PeerView;
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::listening::{files_of, listen};
use crate::ui::panels::built::{Built, IntoBuilt};
use crate::ui::reactive::{Memo, content, effect, flag, select, text};

/// The key that chooses files.
pub(in crate::ui::panels) fn choose() -> Built {
    let call = expect_context::<CallHandle>();
    let files = expect_context::<FilesHandle>();
    let words = words();
    let field = NodeRef::<html::Input>::new();
    effect(move || {
        let Some(field) = field.get() else { return };
        let chosen = field.clone();
        listen(&field, &["change"], move |_| {
            files.offer(call, files_of(chosen.files()));
            // The same may be chosen again.
            chosen.set_value("");
        });
    });
    view! {
        <label class="btn btn-icon file-key" title=words.file_choose()>
            <input
                type="file"
                multiple
                id="file-input"
                class="heard-only"
                aria-label=words.file_choose()
                node_ref=field
            />
            {icon(text(|| icon::CLIP))}
        </label>
    }
    .into_built()
}

/// The choice between everybody and one, where there is one; and why a file was not offered.
pub(in crate::ui::panels) fn receiver() -> Built {
    let call = expect_context::<CallHandle>();
    let files = expect_context::<FilesHandle>();
    let words = words();
    let peers = select(call, |view| {
        let named = |peer: &PeerView| (peer.peer, name_of(view, peer.peer));
        view.peers.iter().map(named).collect::<Vec<_>>()
    });
    let field = NodeRef::<html::Select>::new();
    effect(move || {
        let Some(field) = field.get() else { return };
        let chosen = field.clone();
        listen(&field, &["change"], move |_| {
            let value = chosen.value();
            let all = peers.get_untracked();
            files.to.set(all.iter().map(|(peer, _)| *peer).find(|peer| peer.to_string() == value));
        });
    });
    effect(move || {
        let to = files.to.get().filter(|to| peers.with(|peers| peers.iter().any(|(peer, _)| peer == to)));
        if let Some(field) = field.get() {
            field.set_value(&to.map(|peer| peer.to_string()).unwrap_or_default());
        }
    });
    let options = move || {
        let options = peers.get().into_iter().map(|(peer, name)| {
            let name = name.unwrap_or_else(|| words.guest().to_owned());
            view! { <option value=peer.to_string()>{name}</option> }
        });
        options.collect_view().into_built()
    };
    let refused = Memo::new(move |()| files.shown().with(|shown| shown.view.refused > files.refused.get()));
    let note = move || match (files.has_left.get(), files.is_alone.get(), refused.get()) {
        (true, ..) => words.file_left(),
        (_, true, _) => words.chat_alone(),
        (.., true) => words.file_refused(),
        _ => "",
    };
    view! {
        <p class="file-note" role="status" inner_html=content(note)></p>
        <label class="file-to" hidden=flag(move || peers.with(Vec::len) < 2)>
            <span>{words.file_to()}</span>
            <select id="file-to" class="pick" autocomplete="off" node_ref=field>
                <option value="">{words.file_everybody()}</option>
                {options}
            </select>
        </label>
    }
    .into_built()
}
