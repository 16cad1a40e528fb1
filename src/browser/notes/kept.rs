//! Notes that outlive a reload, in the storage of the tab: the room, a line end, each byte as a character.

use crate::browser::env::log;
use crate::browser::storage::of_tab;
use crate::call::storage::NOTES;
use crate::protocol::RoomId;

/// What was kept in this room.
pub(super) fn of(room: &RoomId) -> Option<Vec<u8>> {
    let kept = of_tab()?.get_item(NOTES).ok()??;
    let (of, bytes) = kept.split_once('\n')?;
    (of == room.as_str()).then(|| bytes.chars().map_while(|c| u8::try_from(c).ok()).collect())
}

/// Keeps the notes in place of what was kept.
pub(super) fn keep(room: &RoomId, notes: &[u8]) {
    let text: String =
        room.as_str().chars().chain(['\n']).chain(notes.iter().copied().map(char::from)).collect();
    if of_tab().is_some_and(|storage| storage.set_item(NOTES, &text).is_err()) {
        log("notes not kept");
    }
}

/// Keeps none.
pub(super) fn clear() {
    if let Some(storage) = of_tab() {
        // A browser that refuses has kept nothing.
        let _ = storage.remove_item(NOTES);
    }
}
