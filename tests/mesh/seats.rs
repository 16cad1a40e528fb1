//! The book of who holds which seat, kept beside the room's own and by other means: it knows the participants,
//! which a room does not. Panics where a seat went to the wrong one.

use std::collections::BTreeMap;
use std::time::Duration;

use parlor::protocol::PeerId;

/// A number in one life of the room: the life, and the peer.
pub(crate) type Number = (u32, PeerId);

#[derive(Debug)]
struct Held {
    owner: usize,
    /// Somebody knows a token for it.
    confirmed: bool,
    /// Whoever holds it shows a token that the server has forgotten.
    orphaned: bool,
    /// When it is given up; `None` while its socket is there.
    away_until: Option<Duration>,
}

#[derive(Debug, Default)]
pub(crate) struct Seats {
    /// How many lives the room has had.
    life: u32,
    held: BTreeMap<PeerId, Held>,
    /// Whose every number was, in all lives.
    owners: BTreeMap<Number, usize>,
}

impl Seats {
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Everybody else, and whether they are away.
    pub(crate) fn others(&self, peer: PeerId) -> Vec<(PeerId, bool)> {
        let others = self.held.iter().filter(|(other, _)| **other != peer);
        others.map(|(other, held)| (*other, held.away_until.is_some())).collect()
    }

    pub(crate) fn life(&self) -> u32 {
        self.life
    }

    /// Whose number it is or was.
    pub(crate) fn owner(&self, number: Number) -> Option<usize> {
        self.owners.get(&number).copied()
    }

    /// Whether somebody has had a seat of this number in any life.
    pub(crate) fn was_ever(&self, owner: usize, peer: PeerId) -> bool {
        self.owners.iter().any(|((_, number), who)| (*number, *who) == (peer, owner))
    }

    pub(crate) fn is_held(&self, (life, peer): Number) -> bool {
        life == self.life && self.held.contains_key(&peer)
    }

    /// The same, and whoever holds it can prove it.
    pub(crate) fn is_provable(&self, (life, peer): Number) -> bool {
        life == self.life && self.held.get(&peer).is_some_and(|held| !held.orphaned)
    }

    /// A seat is kept for somebody who cannot prove it, because the server has forgotten the proof.
    pub(crate) fn keeps_a_ghost_of(&self, owner: usize) -> bool {
        self.held.values().any(|held| held.orphaned && held.owner == owner)
    }

    /// A token for this seat is forgotten.
    pub(crate) fn orphan(&mut self, (life, peer): Number) {
        if let Some(held) = self.held.get_mut(&peer).filter(|_| life == self.life) {
            held.orphaned = true;
        }
    }

    /// The room is another one from now on: nothing of the old one means anything.
    pub(crate) fn start_over(&mut self) {
        self.life += 1;
        self.held.clear();
    }

    /// Somebody got a seat, after showing proof of one or not.
    pub(crate) fn entered(&mut self, owner: usize, peer: PeerId, resumed: bool, proved: Option<PeerId>) {
        if resumed {
            assert_eq!(proved, Some(peer), "{owner} was given a seat that its token does not prove");
            let held = self.held.get_mut(&peer).expect("a seat that nobody held was resumed");
            assert_eq!(held.owner, owner, "a stranger was given the seat of {}", held.owner);
            (held.confirmed, held.orphaned) = (true, false);
            held.away_until = None;
        } else {
            assert_eq!(proved, None, "{owner} came back in time and found its seat gone");
            let before = self.owners.insert((self.life, peer), owner);
            assert_eq!(before, None, "the number {peer} was given twice");
            self.held.insert(peer, Held { owner, confirmed: false, orphaned: false, away_until: None });
        }
    }

    pub(crate) fn confirmed(&mut self, peer: PeerId) {
        self.held.get_mut(&peer).expect("a seat that nobody holds was confirmed").confirmed = true;
    }

    /// A socket is lost; its seat is kept until then if somebody knows a token for it.
    pub(crate) fn lost(&mut self, peer: PeerId, until: Duration) {
        let held = self.held.get_mut(&peer).expect("a socket with a seat that nobody holds");
        held.away_until = Some(until);
        if !held.confirmed {
            self.left(peer);
        }
    }

    /// The server ends, and knows only these seats when it is back.
    pub(crate) fn shut(&mut self, recorded: Vec<PeerId>) {
        let held = |peer| {
            let owner = self.owners[&(self.life, peer)];
            let orphaned = self.held.get(&peer).is_some_and(|held| held.orphaned);
            (peer, Held { owner, confirmed: true, orphaned, away_until: None })
        };
        self.held = recorded.into_iter().map(held).collect();
    }

    /// The server is back, and everybody is away.
    pub(crate) fn reopen(&mut self, until: Duration) {
        self.held.values_mut().for_each(|held| held.away_until = Some(until));
    }

    pub(crate) fn left(&mut self, peer: PeerId) {
        assert!(self.held.remove(&peer).is_some(), "a seat was left that nobody held");
    }

    /// Seats whose time is over are given up, but not the one that is being taken back.
    pub(crate) fn expire(&mut self, now: Duration, kept: Option<PeerId>) {
        self.held.retain(|peer, held| Some(*peer) == kept || held.away_until.is_none_or(|until| until > now));
    }
}
