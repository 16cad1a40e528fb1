//! The turns of transfers to one peer: each sends a chunk, and each reads a block, before any sends or reads again.

use std::time::Duration;

use super::api::{FileCommand, TransferId};
use super::link::{Link, MOST_BUFFERED_BYTES};
use super::outgoing::Outgoing;
use crate::protocol::files::CHUNK_BYTES;

/// Most bytes that are read ahead for one peer.
const MOST_READ_BYTES: u64 = 1024 * 1024;

/// Reads and sends for a peer as much as its channel, its pace and the memory have room for.
pub(super) fn pump(
    now: Duration,
    link: &mut Link,
    outgoing: &mut [Outgoing],
    mut room: u64,
    out: &mut Vec<FileCommand>,
) {
    link.due = None;
    let mut of_peer: Vec<_> = outgoing.iter_mut().filter(|one| one.transfer.peer == link.peer).collect();
    while let Some(one) = in_turn(&mut of_peer, link.last_sent, |one| one.next_chunk().is_some()) {
        let Some(length) = one.next_chunk() else { break };
        if link.buffered + u64::from(CHUNK_BYTES) > MOST_BUFFERED_BYTES {
            break;
        }
        if !link.pace.admits(now, length) {
            link.due = Some(link.pace.due(length));
            break;
        }
        one.send(now, length, out);
        link.last_sent = one.transfer.id;
        link.pace.sent(length);
        link.buffered += u64::from(length);
    }
    let mut read: u64 = of_peer.iter().map(|one| one.held()).sum();
    while let Some(one) = in_turn(&mut of_peer, link.last_read, |one| one.next_read().is_some()) {
        let Some(length) = one.next_read() else { break };
        let bytes = u64::from(length);
        if read + bytes > MOST_READ_BYTES || bytes > room {
            break;
        }
        one.read(length, out);
        link.last_read = one.transfer.id;
        (read, room) = (read + bytes, room - bytes);
    }
}

/// The transfer that comes after the last one in turn, among those that can do something.
fn in_turn<'a>(
    transfers: &'a mut [&mut Outgoing],
    last: TransferId,
    can: fn(&Outgoing) -> bool,
) -> Option<&'a mut Outgoing> {
    let after = transfers.iter().position(|one| one.transfer.id > last && can(one));
    let index = after.or_else(|| transfers.iter().position(|one| can(one)))?;
    transfers.get_mut(index).map(|one| &mut **one)
}
