//! The porch: those who came by number into a locked room, until somebody lets them in.
//!
//! They have no connection, and hear nothing but that they have to wait. Nothing proves who they are, so a name on the
//! porch is what they say of themselves.

use crate::call::api::seal::SealId;
use crate::call::api::view::KnockView;
use crate::protocol::{DisplayName, PageLoad, PeerId, PeerInfo, Signal};

/// One who waits.
#[derive(Debug)]
pub(super) struct Knocker {
    pub(super) info: PeerInfo,
    pub(super) seal: SealId,
    pub(super) name: Option<DisplayName>,
    /// Something that it has sealed has opened.
    has_knocked: bool,
    /// The person does not want it now.
    pub(super) is_declined: bool,
    /// It lets this page wait, too.
    pub(super) holds: bool,
}

impl Knocker {
    /// Takes what it has sealed. Nothing but who it is counts; returns whether this does.
    pub(super) fn opened(&mut self, signal: &Signal) -> bool {
        match signal {
            Signal::Who { name, .. } => {
                self.name.clone_from(name);
                self.holds = false;
            }
            Signal::Hold {} => self.holds = true,
            Signal::Stop {} => {}
            _ => return false,
        }
        // Whose person wants nothing of this one does not knock.
        self.has_knocked = !matches!(signal, Signal::Stop {});
        true
    }

    fn view(&self) -> KnockView {
        KnockView {
            peer: self.info.peer,
            seal: self.seal,
            name: self.name.clone(),
            is_declined: self.is_declined,
        }
    }
}

/// All who wait, in the order in which they came: whoever comes never takes the place of another one.
#[derive(Debug, Default)]
pub(super) struct Porch(Vec<Knocker>);

impl Porch {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Lets a page wait.
    pub(super) fn add(&mut self, info: PeerInfo, seal: SealId, is_declined: bool) {
        let (name, [has_knocked, holds]) = (None, [false; 2]);
        self.0.push(Knocker { info, seal, name, has_knocked, is_declined, holds });
    }

    /// Puts one behind all others.
    pub(super) fn add_again(&mut self, knocker: Knocker) {
        self.0.push(knocker);
    }

    pub(super) fn by_peer(&mut self, peer: PeerId) -> Option<&mut Knocker> {
        self.0.iter_mut().find(|knocker| knocker.info.peer == peer)
    }

    pub(super) fn by_seal(&mut self, seal: SealId) -> Option<&mut Knocker> {
        self.0.iter_mut().find(|knocker| knocker.seal == seal)
    }

    /// The seal with a page that waits.
    pub(super) fn seal_of(&self, peer: PeerId) -> Option<SealId> {
        self.0.iter().find(|knocker| knocker.info.peer == peer).map(|knocker| knocker.seal)
    }

    /// Takes out who does not wait any more.
    pub(super) fn take(&mut self, peer: PeerId) -> Option<Knocker> {
        let at = self.0.iter().position(|knocker| knocker.info.peer == peer)?;
        Some(self.0.remove(at))
    }

    /// Takes out the first one with such a seal.
    pub(super) fn take_one(&mut self, is_it: impl Fn(SealId) -> bool) -> Option<Knocker> {
        let at = self.0.iter().position(|knocker| is_it(knocker.seal))?;
        Some(self.0.remove(at))
    }

    /// Keeps those who still are where they were.
    pub(super) fn keep(&mut self, stays: impl Fn(PeerId, PageLoad) -> bool) {
        self.0.retain(|knocker| stays(knocker.info.peer, knocker.info.page));
    }

    /// Those who have knocked, and can be reached.
    pub(super) fn view(&self) -> Vec<KnockView> {
        let knocks = self.0.iter().filter(|knocker| knocker.has_knocked && !knocker.info.away);
        knocks.map(Knocker::view).collect()
    }
}
