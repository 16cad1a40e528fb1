//! What this page and its person tell the others.

use std::time::Duration;

use super::{Peers, of, of_one};
use crate::call::api::chat::ChatAction;
use crate::call::api::pointer::PointAction;
use crate::call::output::Output;
use crate::call::peer::RemotePeer;
use crate::call::peer::presence::Presence;
use crate::protocol::{DisplayName, Reaction, Source, SourceSet};

impl Peers {
    /// Raises the own hand or takes it down; [`Self::tell`] follows.
    pub(in crate::call) fn raise_hand(&mut self, raised: bool) -> Vec<Output> {
        self.gestures.raise(None, raised && self.own.is_some());
        vec![]
    }

    /// Shows everybody a reaction.
    pub(in crate::call) fn react(&mut self, now: Duration, kind: Reaction) -> Vec<Output> {
        if self.own.is_none() || !self.gestures.react_oneself(now, kind) {
            return vec![];
        }
        let shown = |other: &RemotePeer| Some(of_one(other.id(), other.react(kind)?));
        self.others.iter().filter_map(shown).collect()
    }

    /// Does something in the chat; [`Self::tell`] follows.
    pub(in crate::call) fn chat(&mut self, now: Duration, action: ChatAction) -> Vec<Output> {
        match action {
            ChatAction::Write(text) if self.own.is_some() => self.chat.write(now, text),
            ChatAction::Write(_) => {}
            ChatAction::SendAgain(peer) => self.chat.send_again(peer),
        }
        vec![]
    }

    /// Points at a screen, or lets others do so; [`Self::tell`] follows.
    pub(in crate::call) fn point(&mut self, now: Duration, action: PointAction) -> Vec<Output> {
        if let Some(own) = self.own {
            self.pointers.act(now, own.peer, action);
        }
        vec![]
    }

    /// Tells everybody what has changed of this page, which sends these sources, and keeps what is shown of everybody up to date.
    pub(in crate::call) fn tell(
        &mut self,
        now: Duration,
        name: Option<DisplayName>,
        sends: SourceSet,
    ) -> Vec<Output> {
        self.gestures.tick(now);
        // What was told before a channel closed counts until the next one tells.
        for (peer, raised) in self.others.iter().filter_map(|other| Some((other.id(), other.hand()?))) {
            self.gestures.raise(Some(peer), raised);
        }
        let hand = self.gestures.place(None).is_some();
        let presence = Presence { name, sends, hand, lets_point: self.pointers.lets_point() };
        let open = self.others.iter().filter(|other| other.has_open_screen()).map(RemotePeer::id);
        let own = self.own.filter(|_| presence.lets_point && sends.contains(Source::Screen));
        self.pointers.open(open.chain(own.map(|own| own.peer)).collect());
        let pointed = self.pointers.tell(now);
        let levels = self.speaking.sample(now, self.any_connected()).map(Output::Do);
        let mut told = vec![];
        for other in &mut self.others {
            let mut outputs = other.tell(now, &presence);
            let written = self.chat.tell(now, other.id(), other.has_channel());
            outputs.extend(written.into_iter().map(|message| other.send(message)));
            let pointed = pointed.clone().filter(|_| other.knows_pointers());
            outputs.extend(pointed.map(|message| other.send(message)));
            told.extend(of(other.id(), outputs));
        }
        let named = |peer| self.others.iter().find(|other| other.id() == peer).and_then(RemotePeer::name);
        self.chat.show(&named);
        told.extend(self.tell_closed());
        told.extend(self.follow_vouches(now));
        told.extend(self.vouch());
        told.extend(levels);
        told.extend(self.prepare(now));
        told
    }
}
