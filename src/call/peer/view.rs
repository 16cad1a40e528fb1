//! The view of a peer: everything that the page shows of it.

use super::RemotePeer;
use crate::call::api::seal::Trust;
use crate::call::api::view::{GesturesView, LinkView, PeerView};
use crate::call::seals::Seal;
use crate::protocol::{Source, SourceSet};

impl RemotePeer {
    /// The view, with what the room knows of the peer.
    pub(in crate::call) fn view(
        &self,
        hides_address: bool,
        gestures: GesturesView,
        is_speaking: bool,
        seal: Option<&Seal>,
    ) -> PeerView {
        let trust = seal.map(Seal::trust).unwrap_or_default();
        let seals_nothing = seal.is_none_or(Seal::has_failed) && !self.info.away;
        let link = if trust == Trust::Stopped {
            LinkView::Stopped
        } else if seal.is_some_and(Seal::has_other_word) {
            LinkView::OtherWord
        } else if self.known.is_held() && !self.info.away {
            LinkView::Held
        } else if seals_nothing && !self.negotiation.is_connected() {
            LinkView::OtherVersion
        } else if self.unloaded {
            LinkView::Away
        } else if self.negotiation.is_connected() {
            LinkView::Connected
        } else if self.info.away {
            LinkView::Away
        } else if self.negotiation.has_given_up() {
            // Where no connection is left it helps nothing to show the address.
            let by_relays = hides_address && !self.negotiation.has_ended();
            if by_relays { LinkView::FailedHidden } else { LinkView::Failed }
        } else if self.negotiation.was_connected() {
            LinkView::Interrupted
        } else {
            LinkView::Connecting
        };
        let sends = self.channel.sends().filter(|_| !self.unloaded);
        PeerView {
            peer: self.info.peer,
            name: self.name(),
            link,
            trust,
            checked_by: None,
            pictures: seal.and_then(Seal::pictures),
            route: self.route.filter(|_| link == LinkView::Connected),
            receives: if self.unloaded { SourceSet::NONE } else { self.receives },
            sends,
            takes_screen: self.takes_screen,
            takes_files: self.unloaded || !self.channel.is_older(),
            pointing_allowed: self.lets_point(),
            gestures,
            is_speaking: is_speaking && sends.is_none_or(|sends| sends.contains(Source::Microphone)),
            volume: self.volume,
        }
    }
}
