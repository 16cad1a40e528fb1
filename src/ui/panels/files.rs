//! Files in the panel of the chat: what is offered, what goes over, what has come.

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use leptos::prelude::*;
use leptos::web_sys::File;
use send_wrapper::SendWrapper;

use crate::call::Phase;
use crate::call::files::{FilesView, TransferId, TransferState, TransferView};
use crate::protocol::PeerId;
use crate::protocol::files::Side;
use crate::ui::reactive::{effect, select};
use crate::ui::{CallHandle, LateLines, i18n};

use super::{Members, Panel, Panels};

mod card;
mod choose;
mod drop;
mod left;
mod offers;
mod words;

pub(super) use card::transfers;
pub(super) use choose::{choose, receiver};
pub(super) use left::left;
pub(super) use offers::told;

/// Starts the transfers of files; comes with the chunk.
#[derive(Clone, Copy)]
pub struct FilesDriver(pub fn(FilesPort));

/// What a person does with files.
pub enum FilesAction {
    /// Offers a file to peers.
    Offer(Vec<PeerId>, SendWrapper<File>),
    /// Accepts an offer.
    Accept(TransferId),
    /// Declines an offer, or cancels a transfer.
    Cancel(TransferId),
    /// Pauses a transfer, or lets it go on.
    Pause(TransferId, bool),
    /// Chooses the file again that a reload has taken away.
    Choose(TransferId, SendWrapper<File>),
    /// Saves a file that has come.
    Save(TransferId),
    /// Takes an ended transfer off the list.
    Dismiss(TransferId),
}

/// The transfers to draw, with what only the driver knows of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilesShown {
    /// The transfers.
    pub view: FilesView,
    /// Addresses of pictures that have come.
    pub pictures: Vec<(TransferId, String)>,
    /// Transfers whose file was saved.
    pub saved: Vec<TransferId>,
    /// Offers that this browser has no room for.
    pub too_large: Vec<TransferId>,
}

impl FilesShown {
    /// Files that have come.
    pub fn arrived(&self) -> impl Iterator<Item = TransferId> {
        let arrived = |one: &&TransferView| one.side == Side::Receiver && one.state == TransferState::Done;
        self.view.transfers.iter().filter(arrived).map(|one| one.id)
    }

    /// Those of them that were not saved.
    pub fn unsaved(&self) -> impl Iterator<Item = TransferId> {
        self.arrived().filter(|id| !self.saved.contains(id))
    }
}

/// The driver's end of the transfers.
pub struct FilesPort {
    /// What the person does.
    pub actions: UnboundedReceiver<FilesAction>,
    /// The transfers.
    pub shown: WriteSignal<FilesShown>,
    /// The channels.
    pub lines: ReadSignal<LateLines>,
    /// The call, reactive.
    pub members: Box<dyn Fn() -> Members>,
}

/// The views' end of the transfers, from context.
#[derive(Clone, Copy)]
pub(super) struct FilesHandle {
    shown: ReadSignal<FilesShown>,
    /// Files are dragged over the page.
    is_dragged: RwSignal<bool>,
    /// The one receiver that the person has chosen, instead of everybody.
    to: RwSignal<Option<PeerId>>,
    /// Nobody was there for what was chosen last.
    is_alone: RwSignal<bool>,
    /// The chosen receiver had left when files were chosen last.
    has_left: RwSignal<bool>,
    /// Offers that were refused before the last choice.
    refused: RwSignal<u32>,
    is_used: RwSignal<bool>,
    /// What the others were called when their cards were made: they may have left since.
    names: StoredValue<Vec<(TransferId, String)>>,
    sender: StoredValue<UnboundedSender<FilesAction>>,
}

impl FilesHandle {
    fn new() -> (Self, WriteSignal<FilesShown>, UnboundedReceiver<FilesAction>) {
        let (shown, set_shown) = signal(FilesShown::default());
        let (sender, actions) = unbounded();
        let files = Self {
            shown,
            is_dragged: RwSignal::new(false),
            to: RwSignal::new(None),
            is_alone: RwSignal::new(false),
            has_left: RwSignal::new(false),
            refused: RwSignal::new(0),
            is_used: RwSignal::new(false),
            names: StoredValue::new(vec![]),
            sender: StoredValue::new(sender),
        };
        (files, set_shown, actions)
    }

    /// What there is to draw, as a signal.
    fn shown(self) -> ReadSignal<FilesShown> {
        self.shown
    }

    /// The name of the other side of a transfer, as it was when this was asked first.
    fn other(self, call: CallHandle, transfer: &TransferView) -> String {
        let known =
            |names: &Vec<(TransferId, String)>| names.iter().find(|(of, _)| *of == transfer.id).cloned();
        if let Some((_, name)) = self.names.with_value(known) {
            return name;
        }
        let name = call.view().with_untracked(|view| words::name_of(view, transfer.peer));
        let name = name.unwrap_or_else(|| i18n::words().guest().to_owned());
        self.names.update_value(|names| {
            let listed =
                |id| self.shown.with_untracked(|shown| shown.view.transfers.iter().any(|one| one.id == id));
            names.retain(|(id, _)| listed(*id));
            names.push((transfer.id, name.clone()));
        });
        name
    }

    /// Offers files to whom the person has chosen.
    fn offer(self, call: CallHandle, files: Vec<File>) {
        let all =
            call.view().with_untracked(|view| view.peers.iter().map(|peer| peer.peer).collect::<Vec<_>>());
        let to = self.to.get_untracked();
        // What was meant for one never goes to everybody.
        let has_left = to.is_some_and(|one| !all.contains(&one));
        self.has_left.set(has_left);
        if has_left {
            self.to.set(None);
            return;
        }
        let peers = to.map_or(all, |one| vec![one]);
        self.refused.set(self.shown.with_untracked(|shown| shown.view.refused));
        self.is_alone.set(peers.is_empty() && !files.is_empty());
        if peers.is_empty() {
            return;
        }
        for file in files {
            self.dispatch(FilesAction::Offer(peers.clone(), SendWrapper::new(file)));
        }
    }

    /// Sends an action to the driver; it waits until there is one.
    fn dispatch(self, action: FilesAction) {
        self.is_used.set(true);
        self.sender.with_value(|sender| drop(sender.unbounded_send(action)));
    }
}

/// Provides the transfers to the panels, and starts them once something is to be done.
pub(super) fn begin(panels: Panels, FilesDriver(start): FilesDriver) {
    let call = expect_context::<CallHandle>();
    let (files, shown, actions) = FilesHandle::new();
    provide_context(files);
    let members = select(call, Members::of);
    let members: Box<dyn Fn() -> Members> = Box::new(move || members.get());
    let mut port = Some(FilesPort { actions, shown, lines: call.files().lines, members });
    // The effect runs again, and would take with it what was begun in it.
    let owner = Owner::current();
    effect(move || {
        if !panels.is_open(Panel::Chat) && !call.files().is_wanted() && !files.is_used.get() {
            return;
        }
        if let (Some(port), Some(owner)) = (port.take(), &owner) {
            owner.with(|| start(port));
        }
    });
    let in_call = select(call, |view| view.phase == Phase::InCall);
    effect(move || {
        if !in_call.get() {
            files.to.set(None);
            files.has_left.set(false);
        }
    });
    drop::follow(call, panels, files);
    offers::follow(panels, files);
}
