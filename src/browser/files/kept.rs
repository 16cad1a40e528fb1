//! Transfers that go on after a reload, in the storage of the tab.

use serde::{Deserialize, Serialize};

use crate::browser::env::log;
use crate::browser::storage::of_tab;
use crate::call::files::Kept;
use crate::call::storage::FILES;
use crate::protocol::files::{FileInfo, Side, TransferKey};
use crate::protocol::{self, PeerId, RoomId};

/// A transfer as it is kept; [`Kept`] but for the bytes, which are counted on the disk.
#[derive(Clone, Serialize, Deserialize)]
struct Record {
    side: Side,
    peer: PeerId,
    key: TransferKey,
    file: FileInfo,
    group: u32,
    is_done: bool,
}

/// All transfers of a call.
#[derive(Serialize, Deserialize)]
pub(super) struct Records {
    room: RoomId,
    records: Vec<Record>,
}

impl Records {
    /// Those that were kept in this room, or none.
    pub(super) fn of(room: RoomId) -> Self {
        let kept = || of_tab()?.get_item(FILES).ok()?;
        let kept = kept().and_then(|text| protocol::read::<Self>(&text).ok());
        kept.filter(|kept| kept.room == room).unwrap_or(Self { room, records: vec![] })
    }

    /// What the transfers begin with.
    pub(super) fn all(&self) -> Vec<Kept> {
        let kept = |record: &Record| {
            let Record { side, peer, key, file, group, is_done } = record.clone();
            Kept { side, peer, key, file, group, is_done, bytes: 0 }
        };
        self.records.iter().map(kept).collect()
    }

    /// Goes on in this room; what was of another is forgotten. Says whether it is another.
    pub(super) fn move_to(&mut self, room: RoomId) -> bool {
        let is_another = self.room != room;
        if is_another {
            *self = Self { room, records: vec![] };
            self.write();
        }
        is_another
    }

    /// Keeps a transfer.
    pub(super) fn keep(&mut self, kept: Kept) {
        let Kept { side, peer, key, file, group, is_done, .. } = kept;
        self.records.retain(|known| (known.side, known.peer, known.key) != (side, peer, key));
        self.records.push(Record { side, peer, key, file, group, is_done });
        self.write();
    }

    /// Keeps a transfer no longer.
    pub(super) fn forget(&mut self, side: Side, peer: PeerId, key: TransferKey) {
        self.records.retain(|known| (known.side, known.peer, known.key) != (side, peer, key));
        self.write();
    }

    fn write(&self) {
        let Some(storage) = of_tab() else { return };
        let done = match serde_json::to_string(self) {
            Ok(text) if !self.records.is_empty() => storage.set_item(FILES, &text),
            _ => storage.remove_item(FILES),
        };
        if done.is_err() {
            log("transfers not kept");
        }
    }
}
