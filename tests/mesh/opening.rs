//! Connections that a page prepares, opens and closes, and whether it has reason to.

use parlor::call::{Event, PeerConfig, PeerEvent, PreparedId};
use parlor::protocol::{Epoch, PeerId};

use super::connection::{ConnectionId, Ends};
use super::faults::Fault;
use super::page::Cause;
use super::world::World;

impl World {
    pub(super) fn prepare(&mut self, who: usize, id: PreparedId, config: PeerConfig) {
        let (refuses, is_in_time) = (self.strikes(Fault::Refusal, 4), !self.random.once_in(4));
        let page = &mut self.pages[who];
        assert!(page.prepared.is_none(), "{who} prepares a second connection");
        page.refuses_to_prepare = refuses;
        if refuses {
            page.events.push_back(Event::NotPrepared(id));
        } else {
            page.prepared = Some((id, config, self.connections.prepare(is_in_time, page.vault.print)));
        }
    }

    /// The prepared connection, if the browser has it.
    pub(super) fn take_prepared(
        &mut self,
        who: usize,
        id: PreparedId,
        wanted: &PeerConfig,
    ) -> Option<ConnectionId> {
        let page = &mut self.pages[who];
        assert!(id.0 > page.named.0, "{who} gives one connection to two peers");
        page.named = id;
        let (known, config, connection) = page.prepared.take()?;
        assert_eq!((known, &config), (id, wanted), "{who} takes another connection than it needs");
        Some(connection)
    }

    pub(super) fn open_connection(
        &mut self,
        who: usize,
        peer: PeerId,
        epoch: Epoch,
        offerer: bool,
        prepared: Option<ConnectionId>,
        cause: Cause,
    ) {
        if !epoch.is_first() && cause != Cause::Signal {
            assert!(
                cause == Cause::LetIn || self.pages[who].had_reason || self.malice.is_some(),
                "{who} builds the connection with {peer} anew without a reason"
            );
            // The other one may have had the same idea at the same time.
            self.hit(who);
        }
        // Who waited and whoever lets it in may both ask for the next one.
        if !epoch.is_first() && self.plan.has_locks {
            self.hit(who);
        }
        let own = self.pages[who].seat.expect("a connection without a seat");
        let other = self.server.seats.owner((own.0, peer)).expect("a connection with nobody");
        let hits = self.pages[who].hits + self.pages[other].hits;
        let page = &self.pages[who];
        let ends = Ends { owner: who, own, other, peer, epoch, print: page.vault.print, hits };
        let id = self.connections.open(ends, offerer, prepared, page.tracks.clone(), page.release);
        self.pages[who].events.push_back(Event::Peer(peer, epoch, PeerEvent::Opened));
        let before = self.pages[who].connections.insert(peer, (epoch, id));
        assert_eq!(before, None, "a second connection with the same peer");
    }

    /// Something happened to either end since the first of this connection and its partner was opened, or there is
    /// no partner.
    pub(super) fn was_hit(&self, id: ConnectionId) -> bool {
        let Some(other) = self.opposite(id) else { return true };
        let (own, their) = (&self.connections.all[&id].ends, &self.connections.all[&other].ends);
        self.pages[own.owner].hits + self.pages[own.other].hits > own.hits.min(their.hits)
    }

    /// The connection of the same epoch at the other participant.
    fn opposite(&self, id: ConnectionId) -> Option<ConnectionId> {
        let ends = &self.connections.all[&id].ends;
        let (epoch, other) = self.pages[ends.other].connections.get(&ends.own.1)?;
        (*epoch == ends.epoch).then_some(*other)
    }

    /// A connection over which both see each other is closed only when one of the seats is given up.
    pub(super) fn may_close(&self, id: ConnectionId) -> bool {
        let ends = &self.connections.all[&id].ends;
        let held = |seat| self.server.seats.is_provable(seat);
        !self.connections.is_healthy(id) || !held(ends.own) || !held((ends.own.0, ends.peer))
    }
}
