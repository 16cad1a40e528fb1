//! The bytes of all transfers: files that are sent, files that come in, and what the person does with those.

use wasm_bindgen_futures::spawn_local;

use super::bindings::{Bytes, Directory};
use super::disk::{self, Segments};
use super::kept::Records;
use super::queue::{Input, Inputs};
use super::save::{self, Address};
use super::source::Source;
use super::store::{Job, Store, name_of, read};
use crate::browser::env::elapsed;
use crate::call::files::{DriverError, FileEvent, FilesView, Kept, TransferId};
use crate::protocol::files::{ChunkHeader, FileInfo, Side, TransferKey};
use crate::protocol::{FileName, PeerId};
use crate::ui::panels::files::FilesShown;

/// The bytes of all transfers.
pub(super) struct Contents {
    inputs: Inputs,
    tab: Option<Directory>,
    sources: Vec<(TransferId, Source)>,
    stores: Vec<(TransferId, FileName, Store)>,
    whole: Vec<(TransferId, Bytes)>,
    pictures: Vec<(TransferId, Address)>,
    pub(super) saved: Vec<TransferId>,
    /// Files that are being saved, once for each time, and those of them that are to be released after that.
    saving: Vec<TransferId>,
    unreleased: Vec<TransferId>,
    /// Offers that this browser has no room for.
    pub(super) too_large: Vec<TransferId>,
}

impl Contents {
    pub(super) fn new(inputs: &Inputs, tab: Option<Directory>) -> Self {
        Self {
            inputs: inputs.clone(),
            tab,
            sources: vec![],
            stores: vec![],
            whole: vec![],
            pictures: vec![],
            saved: vec![],
            saving: vec![],
            unreleased: vec![],
            too_large: vec![],
        }
    }

    /// What was kept over a reload, with the bytes of it that are on the disk; all else there is removed.
    pub(super) async fn find(&mut self, records: &mut Records) -> Vec<Kept> {
        let (mut all, mut names) = (vec![], vec![]);
        for mut kept in records.all() {
            let name = name_of(kept.peer, kept.key);
            let mut segments = match (&self.tab, kept.side) {
                (Some(tab), Side::Receiver) => Segments::open(tab, name.clone(), false).await.ok(),
                _ => None,
            };
            let mut whole = None;
            if let Some(segments) = &mut segments {
                kept.bytes = segments.content().await.0;
                whole = segments.whole().await.ok().filter(|_| kept.is_done);
            }
            // In memory, it is gone.
            let is_lost = kept.is_done && kept.side == Side::Receiver && kept.bytes != kept.file.size;
            if is_lost || kept.is_done && whole.is_none() {
                records.forget(kept.side, kept.peer, kept.key);
                continue;
            }
            all.push(kept.clone());
            // Transfers have their ids in this order.
            let id = TransferId(u32::try_from(all.len()).unwrap_or(u32::MAX));
            if kept.side == Side::Receiver {
                let store = Store::new(&self.inputs, id, self.tab.clone(), name.clone(), segments);
                self.stores.push((id, kept.file.name, store));
                names.push(name);
            }
            whole.into_iter().for_each(|whole| self.add_whole(id, whole));
        }
        if let Some(tab) = &self.tab {
            let old = disk::names(tab).await.into_iter().filter(|name| !names.contains(name));
            old.for_each(|name| disk::remove(tab, &name));
        }
        all
    }

    /// What there is to draw.
    pub(super) fn shown(&self, view: FilesView) -> FilesShown {
        let pictures = self.pictures.iter().map(|(id, address)| (*id, address.text().to_owned()));
        let (pictures, saved, too_large) = (pictures.collect(), self.saved.clone(), self.too_large.clone());
        FilesShown { view, pictures, saved, too_large }
    }

    /// Reads this file for a transfer from now on.
    pub(super) fn attach(&mut self, id: TransferId, file: Bytes) {
        self.sources.retain(|(known, _)| *known != id);
        self.sources.push((id, Source::new(&self.inputs, id, file)));
    }

    fn source(&self, id: TransferId) -> Option<&Source> {
        self.sources.iter().find(|(known, _)| *known == id).map(|(_, source)| source)
    }

    /// Reads bytes of a file that goes out.
    pub(super) fn read(&self, id: TransferId, offset: u64, length: u32) {
        match self.source(id) {
            Some(source) => source.read(offset, length),
            None => self.inputs.event(FileEvent::Failed(id, DriverError::Unreadable)),
        }
    }

    /// Drops what was read.
    pub(super) fn drop_read(&self, id: TransferId) {
        self.source(id).into_iter().for_each(Source::drop_read);
    }

    /// The message with the first of the bytes that were read.
    pub(super) fn chunk(&self, id: TransferId, header: &ChunkHeader, is_hashed: bool) -> Option<Vec<u8>> {
        self.source(id).map(|source| source.chunk(header, is_hashed))
    }

    /// Begins the hash anew.
    pub(super) fn hash(&self, id: TransferId, to: u64) {
        match self.source(id) {
            Some(source) => source.hash(to),
            None => self.store(id, Job::Hash(to)),
        }
    }

    /// Has the digest told.
    pub(super) fn digest(&self, id: TransferId) {
        match self.source(id) {
            Some(source) => source.digest(),
            None => self.store(id, Job::Digest),
        }
    }

    /// Makes a file to write to.
    pub(super) fn create(&mut self, id: TransferId, peer: PeerId, key: TransferKey, file: FileInfo) {
        self.too_large.retain(|known| *known != id);
        self.stores.retain(|(known, ..)| *known != id);
        let store = Store::new(&self.inputs, id, self.tab.clone(), name_of(peer, key), None);
        store.push(Job::Create(file.size));
        self.stores.push((id, file.name, store));
    }

    /// Has a step done with a file that comes in.
    pub(super) fn store(&self, id: TransferId, job: Job) {
        match self.stores.iter().find(|(known, ..)| *known == id) {
            Some((.., store)) => store.push(job),
            None => self.inputs.event(FileEvent::Failed(id, DriverError::Unwritable)),
        }
    }

    /// Drops all that there is of a transfer; what is being saved, after that.
    pub(super) fn release(&mut self, id: TransferId) {
        if self.saving.contains(&id) {
            self.unreleased.push(id);
            return;
        }
        self.sources.retain(|(known, _)| *known != id);
        if let Some(index) = self.stores.iter().position(|(known, ..)| *known == id) {
            self.stores.swap_remove(index).2.push(Job::Release);
        }
        self.whole.retain(|(known, _)| *known != id);
        self.pictures.retain(|(known, _)| *known != id);
        self.saved.retain(|known| *known != id);
        self.too_large.retain(|known| *known != id);
    }

    /// Takes a file that is whole.
    pub(super) fn add_whole(&mut self, id: TransferId, whole: Bytes) {
        // It may have been given up meanwhile.
        let Some((_, name, _)) = self.stores.iter().find(|(known, ..)| *known == id) else { return };
        let (inputs, file, name) = (self.inputs.clone(), whole.clone(), name.clone());
        spawn_local(async move {
            let beginning = read(&file, 0, save::BEGINNING).await.unwrap_or_default();
            if let Some(picture) = save::picture(&file, &name, &beginning) {
                inputs.push(Input::Picture(id, picture));
            }
        });
        self.whole.push((id, whole));
    }

    /// Takes the address of a picture.
    pub(super) fn add_picture(&mut self, id: TransferId, picture: Address) {
        if self.whole.iter().any(|(known, _)| *known == id) {
            self.pictures.push((id, picture));
        }
    }

    /// Has the person save a file that has come.
    pub(super) fn save(&mut self, id: TransferId) {
        let whole = self.whole.iter().find(|(known, _)| *known == id).map(|(_, whole)| whole.clone());
        let name = self.stores.iter().find(|(known, ..)| *known == id).map(|(_, name, _)| name.clone());
        let (Some(whole), Some(name)) = (whole, name) else { return };
        let inputs = self.inputs.clone();
        self.saving.push(id);
        spawn_local(async move {
            if save::save(&whole, &name).await {
                inputs.push(Input::Saved(id));
                // A browser that loads it begins later, and does not say when.
                elapsed(save::BEGINS).await;
            }
            inputs.push(Input::Settled(id));
        });
    }

    /// Releases a file that was being saved, if that is due.
    pub(super) fn settled(&mut self, id: TransferId) {
        if let Some(index) = self.saving.iter().position(|known| *known == id) {
            self.saving.swap_remove(index);
        }
        if self.unreleased.contains(&id) && !self.saving.contains(&id) {
            self.unreleased.retain(|known| *known != id);
            self.release(id);
        }
    }
}
