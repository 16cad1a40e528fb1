//! The list of transfers: the names in it, and what is taken off it.

use super::api::{FileCommand, TransferId};
use super::incoming::Incoming;
use super::link::Link;
use super::outgoing::Outgoing;
use crate::protocol::files::FailReason;
use crate::protocol::{FileName, PeerId};

/// Most ended transfers that are listed, each way; files that have arrived do not count.
pub(super) const MOST_ENDED: usize = 100;

/// The name for a file that is offered, with a number if another has this one.
pub(super) fn free_name(incoming: &[Incoming], name: FileName) -> FileName {
    let taken: Vec<_> = incoming.iter().filter_map(Incoming::takes_name).map(FileName::folded).collect();
    if !taken.contains(&name.folded()) {
        return name;
    }
    let mut numbered = (2..).map(|number| name.numbered(number));
    numbered.find(|name| !taken.contains(&name.folded())).unwrap_or(name)
}

/// Ends all with the call, and takes all off the list but for files that have arrived and were not saved.
pub(super) fn over(
    outgoing: &mut [Outgoing],
    incoming: &mut [Incoming],
    saved: &[TransferId],
    out: &mut Vec<FileCommand>,
) {
    for one in outgoing {
        one.end(FailReason::Cancelled, false, out);
        one.dismiss();
    }
    for one in incoming {
        one.end(FailReason::Cancelled, false, out);
        if !one.is_done() || saved.contains(&one.transfer.id) {
            one.dismiss(out);
        }
    }
}

/// Drops what is over: what the person has dismissed, and the oldest beyond what is listed.
pub(super) fn prune(links: &[Link], outgoing: &mut Vec<Outgoing>, incoming: &mut Vec<Incoming>) {
    let is_gone = |peer: PeerId| !links.iter().any(|link| link.peer == peer);
    outgoing.retain(|one| !(one.transfer.is_hidden && (one.is_over() || is_gone(one.transfer.peer))));
    incoming.retain(|one| !(one.transfer.is_hidden && (one.is_over() || is_gone(one.transfer.peer))));
    let ended = outgoing.iter().filter(|one| one.has_ended()).count();
    let oldest = outgoing.iter().position(|one| one.has_ended() && one.held() == 0);
    if let Some(oldest) = oldest.filter(|_| ended > MOST_ENDED) {
        outgoing.remove(oldest);
    }
    let failed = |one: &Incoming| one.has_ended() && !one.is_done();
    let ended = incoming.iter().filter(|one| failed(one)).count();
    let oldest = incoming.iter().position(|one| failed(one) && one.held() == 0);
    if let Some(oldest) = oldest.filter(|_| ended > MOST_ENDED) {
        incoming.remove(oldest);
    }
}
