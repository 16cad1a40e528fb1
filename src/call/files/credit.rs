//! The credit of transfers that come in, so that memory is bounded and nobody takes the room of all.
//!
//! Of each peer, [`SLOTS`] transfers have credit at a time, the oldest first: [`LEAST_WINDOW`] each, whatever the others
//! do, and up to [`MOST_WINDOW`] while there is room that all share. Credit is never taken back: a transfer that is paused
//! keeps what it has, but leaves its slot to another.

use super::api::TransferId;
use super::incoming::Incoming;

/// Most bytes in memory, or on their way there, of files that are received.
pub const MOST_RECEIVING_BYTES: u64 = 8 * 1024 * 1024;
/// Most transfers from one peer that have credit and are not paused.
const SLOTS: usize = 8;
/// The credit that each of them has, in bytes.
const LEAST_WINDOW: u64 = 64 * 1024;
/// The credit that it has while there is room, in bytes.
pub(super) const MOST_WINDOW: u64 = 1024 * 1024;
/// The room for credit above the least, in bytes; the rest is for eight peers with all their slots.
const SHARED_BYTES: u64 = MOST_RECEIVING_BYTES / 2;

/// The bytes of a transfer that may be in memory, or have credit.
pub(super) fn window_of(incoming: &[Incoming], id: TransferId) -> u64 {
    let Some(peer) = incoming.iter().find(|one| one.transfer.id == id).map(|one| one.transfer.peer) else {
        return 0;
    };
    let others = || incoming.iter().filter(|one| one.transfer.id != id && one.held() > 0);
    let has_slot = |one: &&Incoming| one.transfer.peer == peer && !one.transfer.is_paused();
    if others().filter(has_slot).count() >= SLOTS {
        return 0;
    }
    let shared: u64 = others().map(|one| one.held().saturating_sub(LEAST_WINDOW)).sum();
    let window = (LEAST_WINDOW + SHARED_BYTES.saturating_sub(shared)).min(MOST_WINDOW);
    window.min(MOST_RECEIVING_BYTES.saturating_sub(others().map(Incoming::held).sum()))
}
