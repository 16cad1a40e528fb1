//! What must hold once all transfers have ended.

use super::{Source, World, peer};
use crate::call::files::TransferState;
use crate::protocol::FileName;
use crate::protocol::files::Side;

/// That every transfer has ended, each side sees the same, and files that arrived are those that were offered.
pub(super) fn check(world: &World) {
    let done = |page: usize, side: Side, other: usize| -> Vec<(FileName, u64)> {
        let transfers = world.pages[page].files.view(world.now).transfers.into_iter();
        let of = transfers.filter(|one| one.side == side && one.peer == peer(other));
        let of = of.inspect(|one| assert!(one.state.has_ended(), "page {page}: {one:?}"));
        let done = of.filter(|one| one.state == TransferState::Done);
        let mut done: Vec<_> = done.map(|one| (one.name, one.size)).collect();
        done.sort();
        done
    };
    for a in 0..world.pages.len() {
        assert_eq!(world.pages[a].unwritten + world.pages[a].reading, 0);
        for b in (0..world.pages.len()).filter(|b| *b != a) {
            let sizes = |done: Vec<(FileName, u64)>| done.into_iter().map(|one| one.1).collect::<Vec<_>>();
            let (sent, mut arrived) = (sizes(done(a, Side::Sender, b)), sizes(done(b, Side::Receiver, a)));
            for size in sent {
                let index = arrived.iter().position(|one| *one == size).expect("what is done has arrived");
                arrived.remove(index);
            }
            assert!(world.pages[a].is_reloaded || arrived.is_empty(), "{a} to {b}: {arrived:?}");
        }
        for kept in world.pages[a].kept.iter() {
            assert!(kept.is_done && kept.side == Side::Receiver, "{kept:?} is kept");
            let partial = &world.pages[a].disk[&kept.key];
            let is_same = |source: &&Source| {
                source.info.size == kept.file.size
                    && source.bytes(0, u32::try_from(kept.file.size).unwrap()) == partial.bytes
            };
            assert!(partial.is_finished && world.sources.iter().any(|source| is_same(&source)));
        }
        let files = world.pages[a].disk.len();
        assert_eq!(files, world.pages[a].kept.len(), "no file is left over on the disk");
    }
}
