//! The list of transfers, a card each.

use leptos::html;
use leptos::prelude::*;
use send_wrapper::SendWrapper;

use super::words::{Known, name_of, size, state};
use super::{FilesAction, FilesHandle, FilesShown};
use crate::call::PeerView;
use crate::call::files::{TransferId, TransferState, TransferView};
use crate::protocol::files::Side;
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::listening::listen;
use crate::ui::panels::built::{Built, IntoBuilt};
use crate::ui::reactive::{Flag, Memo, Press, content, effect, flag, made_text, press, select, text};

/// The transfers, and the mark of where files can be dropped.
pub(in crate::ui::panels) fn transfers() -> Built {
    let files = expect_context::<FilesHandle>();
    let words = words();
    let ids = Memo::new(move |()| {
        files.shown().with(|shown| shown.view.transfers.iter().map(|one| one.id).collect::<Vec<_>>())
    });
    view! {
        <p class="file-drop" aria-hidden="true" hidden=flag(move || !files.is_dragged.get())>{words.file_drop()}</p>
        {list(ids)}
    }
    .into_built()
}

/// Cards of these transfers.
pub(super) fn list(ids: Memo<Vec<TransferId>>) -> Built {
    view! {
        <ul class="file-list" aria-label=words().files() hidden=flag(move || ids.with(Vec::is_empty))>
            <For each=move || ids.get() key=|id| id.0 children=card />
        </ul>
    }
    .into_built()
}

/// The state as style sheets and tests know it.
fn state_name(state: TransferState) -> &'static str {
    match state {
        TransferState::Offered => "offered",
        TransferState::Waiting => "waiting",
        TransferState::NeedsFile { .. } => "needs-file",
        TransferState::Checking => "checking",
        TransferState::Going => "going",
        TransferState::Paused { .. } => "paused",
        TransferState::Done => "done",
        TransferState::Failed { .. } => "failed",
    }
}

fn find(shown: &FilesShown, id: TransferId) -> Option<TransferView> {
    shown.view.transfers.iter().find(|one| one.id == id).cloned()
}

fn card(id: TransferId) -> Built {
    let call = expect_context::<CallHandle>();
    let files = expect_context::<FilesHandle>();
    let words = words();
    let Some(first) = files.shown().with_untracked(|shown| find(shown, id)) else {
        return ().into_built();
    };
    // Once it is off the list, so is this card.
    let last = first.clone();
    let own =
        Memo::new(move |()| files.shown().with(|shown| find(shown, id)).unwrap_or_else(|| last.clone()));
    let is_in = |list: fn(&FilesShown) -> &Vec<TransferId>| {
        Memo::new(move |()| files.shown().with(|shown| list(shown).contains(&id)))
    };
    let (is_saved, is_too_large) = (is_in(|shown| &shown.saved), is_in(|shown| &shown.too_large));
    let is_out = first.side == Side::Sender;
    let name = files.other(call, &first);
    let other = if is_out { words.file_for(&name) } else { words.file_from(&name) };
    let lacking = select(call, move |view| {
        let lacks = |peer: &PeerView| peer.peer == first.peer && !peer.takes_files;
        let is_lacking = view.peers.iter().any(lacks);
        is_lacking.then(|| name_of(view, first.peer))
    });
    let said = move || {
        let lacking = lacking.get().map(|name| name.unwrap_or_else(|| words.guest().to_owned()));
        let known = Known { is_saved: is_saved.get(), lacking: lacking.as_deref() };
        own.with(|own| state(own, known, words))
    };
    let unless = move |is: fn(&TransferView) -> bool| flag(move || !own.with(is));
    let file = first.name.as_str().to_owned();
    let button =
        |class: &'static str, said: &'static str, is_shown: fn(&TransferView) -> bool, run: Press| {
            view! {
                <button type="button" class=class hidden=unless(is_shown) on:click=run>
                    {said}
                    <span class="heard-only">" " {file.clone()}</span>
                </button>
            }
        };
    let act = move |action: fn(TransferId) -> FilesAction| press(move || files.dispatch(action(id)));
    let pause = act(|id| FilesAction::Pause(id, true));
    let go_on = act(|id| FilesAction::Pause(id, false));
    view! {
        <li
            class="file"
            data-state=text(move || own.with(|own| state_name(own.state)))
            data-side=if is_out { "out" } else { "in" }
        >
            <p class="file-head">
                <b class="file-name" dir="auto" translate="no">{file.clone()}</b>
                <span class="file-size">{size(first.size, words.lang())}</span>
            </p>
            <p class="file-other">{other}</p>
            <p class="file-state" inner_html=content(said)></p>
            <p class="file-state" hidden=flag(move || !is_too_large.get())>{words.file_too_large()}</p>
            <progress
                max=first.size.max(1).to_string()
                value=made_text(move || own.with(|own| own.bytes.to_string()))
                aria-label=file.clone()
                hidden=unless(goes)
            ></progress>
            {picture(files, id, file.clone())}
            <div class="file-keys">
                {button("btn btn-go file-accept", words.file_accept(), is_asked, act(FilesAction::Accept))}
                {button("btn btn-text file-decline", words.file_decline(), is_asked, act(FilesAction::Cancel))}
                {again(files, id, unless(needs_file))}
                {button("btn btn-go file-save", words.file_save(), is_whole, act(FilesAction::Save))}
                {button("btn btn-text file-pause", words.file_pause(), can_pause, pause)}
                {button("btn btn-text file-go-on", words.file_go_on(), can_go_on, go_on)}
                {button("btn btn-text file-cancel", words.cancel(), can_cancel, act(FilesAction::Cancel))}
                {button("btn btn-text file-dismiss", words.dismiss(), has_ended, act(FilesAction::Dismiss))}
            </div>
        </li>
    }
    .into_built()
}

fn is_asked(own: &TransferView) -> bool {
    own.side == Side::Receiver && own.state == TransferState::Offered
}

fn is_whole(own: &TransferView) -> bool {
    own.side == Side::Receiver && own.state == TransferState::Done
}

fn needs_file(own: &TransferView) -> bool {
    matches!(own.state, TransferState::NeedsFile { .. })
}

fn goes(own: &TransferView) -> bool {
    !own.state.has_ended() && own.state != TransferState::Offered
}

fn can_pause(own: &TransferView) -> bool {
    matches!(own.state, TransferState::Waiting | TransferState::Going)
}

fn can_go_on(own: &TransferView) -> bool {
    matches!(own.state, TransferState::Paused { here: true, .. })
}

fn can_cancel(own: &TransferView) -> bool {
    !own.state.has_ended() && !is_asked(own)
}

fn has_ended(own: &TransferView) -> bool {
    own.state.has_ended()
}

/// What chooses a file again that a reload has taken away.
fn again(files: FilesHandle, id: TransferId, is_hidden: Flag) -> Built {
    let words = words();
    let field = NodeRef::<html::Input>::new();
    effect(move || {
        let Some(field) = field.get() else { return };
        let chosen = field.clone();
        listen(&field, &["change"], move |_| {
            if let Some(file) = chosen.files().and_then(|list| list.get(0)) {
                files.dispatch(FilesAction::Choose(id, SendWrapper::new(file)));
            }
            chosen.set_value("");
        });
    });
    view! {
        <label class="btn btn-go file-again" hidden=is_hidden>
            <input type="file" class="heard-only" aria-label=words.file_again() node_ref=field />
            {icon(text(|| icon::CLIP))}
            {words.file_again()}
        </label>
    }
    .into_built()
}

/// The picture that has come, if it is one.
fn picture(files: FilesHandle, id: TransferId, name: String) -> Built {
    let address = Memo::new(move |()| {
        files
            .shown()
            .with(|shown| shown.pictures.iter().find(|(of, _)| *of == id).map(|(_, address)| address.clone()))
    });
    let shown = move || {
        let name = name.clone();
        address.get().map(|address| view! { <img decoding="async" loading="lazy" class="file-picture" src=address alt=name /> }).into_built()
    };
    shown.into_built()
}
