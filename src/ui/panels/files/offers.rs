//! Offers that come in: counted at the key of the chat while that is closed, and read out.

use leptos::prelude::*;

use super::FilesHandle;
use super::words::name_of;
use crate::call::files::{TransferId, TransferState, TransferView};
use crate::protocol::files::Side;
use crate::protocol::isolated;
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::panels::{Panel, Panels};
use crate::ui::reactive::{Memo, content, effect};

fn is_offer(transfer: &TransferView) -> bool {
    transfer.side == Side::Receiver && transfer.state == TransferState::Offered
}

/// Counts offers that have not been in sight, and says whether any files are listed.
pub(super) fn follow(panels: Panels, files: FilesHandle) {
    let offers = Memo::new(move |()| {
        let ids = |transfers: &[TransferView]| {
            transfers.iter().filter(|one| is_offer(one)).map(|one| one.id).collect::<Vec<_>>()
        };
        files.shown().with(|shown| ids(&shown.view.transfers))
    });
    effect(move || {
        panels.has_files.set(files.shown().with(|shown| !shown.view.transfers.is_empty()));
    });
    let mut seen = TransferId(0);
    effect(move || {
        let offers = offers.get();
        if panels.is_open(Panel::Chat) {
            seen = offers.iter().copied().fold(seen, TransferId::max);
        }
        panels.offers.set(offers.iter().filter(|id| **id > seen).count());
    });
}

/// Reads the newest offer out, each once.
pub(in crate::ui::panels) fn told() -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let files = expect_context::<FilesHandle>();
    let words = words();
    let newest = Memo::new(move |()| {
        files.shown().with(|shown| {
            let newest = shown.view.transfers.iter().filter(|one| is_offer(one)).max_by_key(|one| one.id);
            newest.map(|one| (one.id, one.peer, isolated(one.name.as_str())))
        })
    });
    let mut highest = TransferId(0);
    let told = RwSignal::new(String::new());
    effect(move || {
        // Once a newer one is answered, an older offer is the newest again.
        let new = newest.get().filter(|(id, ..)| *id > highest);
        told.set(new.map_or_else(String::new, |(id, peer, file)| {
            highest = id;
            let name = call.view().with_untracked(|view| name_of(view, peer));
            words.file_told(name.as_deref().unwrap_or(words.guest()), &file)
        }));
    });
    view! { <p id="file-told" class="heard-only" role="status" inner_html=content(move || told.get())></p> }
}
