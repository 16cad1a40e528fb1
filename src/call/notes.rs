//! The notes that all pages of a call write together, as plain text.
//!
//! [`Notes`] stands beside [`super::Call`] and knows nothing of it, so that its code is fetched when it is first needed.
//! A text for many is a document of a CRDT: pages merge each other's updates in any order, any number of times.
//!
//! # Updates
//! An own edit goes at once to each peer that has all that was there before it; a peer that lacks some of that gets all
//! that it lacks. Each page tells its state when a channel opens, and some time after its document has changed. Whoever
//! hears of a state that lacks something sends that, and of one that has more tells its own. So what is written while a
//! channel is away goes over the next one, or by way of somebody else. What was written goes by its place among that of its
//! client; what was deleted goes whole, and states have a digest of it.
//!
//! What somebody else has written under the name of this page is merged as all is, for other pages may have merged it, too.
//! This page goes on under another name then.
//!
//! # Bounds
//! A person writes up to [`MAX_NOTES_UNITS`](crate::protocol::notes::MAX_NOTES_UNITS), or a text of as many pieces as
//! `document` takes. Pages merge twice that, so two who fill the page at once lose nothing; of three who do, each keeps
//! its own and refuses what is too much. A peer that sends more than `link` has room for, or an update that `update` or
//! `document` refuses, is no longer read until its next connection; [`Notes::has_refused`] tells the person.

use std::time::Duration;

use crate::protocol::PeerId;
use crate::protocol::notes::{NotesFrame, NotesState};

mod decoder;
mod document;
mod link;
mod splice;
#[cfg(test)]
mod tests;
mod update;

use document::Document;
use link::Link;

pub use splice::Splice;

/// How long after a change all are told what is here.
const TELL_AFTER: Duration = Duration::from_secs(2);

/// An event of the notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotesEvent {
    /// The notes' channel to a peer is open; nothing of an earlier channel comes any more.
    Opened(PeerId),
    /// The channel is closed.
    Closed(PeerId),
    /// These are in the room.
    Members(Vec<PeerId>),
    /// The person has edited the text, as [`Notes::text`] last had it.
    Edited(Splice),
    /// This is the client from now on, chosen as the first one was.
    Renewed(u64),
    /// The time given by [`Notes::deadline`] has come.
    Tick,
}

/// A command to the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotesCommand {
    /// Send a message. A channel that does not take it is closed.
    Send(PeerId, Vec<u8>),
    /// Close the channel, for its peer keeps to no rule; report no more of it.
    Close(PeerId),
    /// Choose another client, for what others have is not what this page has written under the one it has.
    Renew,
}

/// The notes of one page.
#[derive(Debug)]
pub struct Notes {
    document: Document,
    links: Vec<Link>,
    /// When all are told what is here, after a change.
    tells_at: Option<Duration>,
    /// Peers of whom something was refused, until they have what is here, or are gone.
    refused: Vec<PeerId>,
}

impl Notes {
    /// Empty notes. `client` is random, and below 2^53: it tells this page load from all others of the call. `None` if
    /// the document cannot be made.
    pub fn new(client: u64) -> Option<Self> {
        let document = Document::new(client)?;
        Some(Self { document, links: vec![], tells_at: None, refused: vec![] })
    }

    /// Adds what [`Notes::kept`] gave an earlier page load, if it can be read; before any channel is open.
    pub fn with(mut self, kept: &[u8]) -> Self {
        self.document.merge(kept);
        self
    }

    /// All that another page load of this tab goes on with.
    pub fn kept(&self) -> Vec<u8> {
        self.document.since(&NotesState::default())
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.document.text()
    }

    /// Whether there is no room for more.
    pub fn is_full(&self) -> bool {
        self.document.is_full()
    }

    /// Whether something that a peer sent was not merged, and the peer still has another text.
    pub fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// When the next [`NotesEvent::Tick`] is due.
    pub fn deadline(&self) -> Option<Duration> {
        self.links.iter().filter_map(Link::due).chain(self.tells_at).min()
    }

    /// Takes one event; returns what to do, in order.
    pub fn handle(&mut self, now: Duration, event: NotesEvent) -> Vec<NotesCommand> {
        let mut out = vec![];
        match event {
            NotesEvent::Opened(peer) => {
                self.close(peer);
                self.links.push(Link::new(now, peer));
                out.push(NotesCommand::Send(peer, self.document.state().write()));
            }
            NotesEvent::Closed(peer) => self.close(peer),
            NotesEvent::Members(peers) => self.refused.retain(|peer| peers.contains(peer)),
            NotesEvent::Edited(splice) => self.edit(now, &splice, &mut out),
            NotesEvent::Renewed(client) => self.document.renew(client),
            NotesEvent::Tick => {}
        }
        self.settle(now, &mut out);
        out
    }

    /// Takes a message of a peer; returns what to do, in order.
    pub fn received(&mut self, now: Duration, peer: PeerId, message: &[u8]) -> Vec<NotesCommand> {
        let mut out = vec![];
        let Some(link) = self.links.iter_mut().find(|link| link.peer == peer) else { return out };
        let fits = link.admits(now, message)
            && match NotesFrame::read(message) {
                Some(NotesFrame::State(state)) => {
                    self.told(peer, state);
                    true
                }
                Some(NotesFrame::Part { bytes, is_last }) => match link.add(bytes, is_last) {
                    Some(None) => true,
                    Some(Some(update)) => self.merge(now, peer, &update, &mut out),
                    None => false,
                },
                Some(NotesFrame::Unknown) => true,
                None => false,
            };
        if !fits {
            self.refused.push(peer);
            self.close(peer);
            out.push(NotesCommand::Close(peer));
        }
        self.settle(now, &mut out);
        out
    }

    fn close(&mut self, peer: PeerId) {
        self.links.retain(|link| link.peer != peer);
    }

    fn edit(&mut self, now: Duration, splice: &Splice, out: &mut Vec<NotesCommand>) {
        let before = self.document.state().clone();
        let Some(update) = self.document.edit(splice) else { return };
        for link in &mut self.links {
            let Some(has) = &link.has else { continue };
            match has.covers(&before) {
                true => send(link.peer, &update, out),
                false => send(link.peer, &self.document.since(has), out),
            }
            link.has = Some(self.document.state().clone());
        }
        self.changed(now);
    }

    fn merge(&mut self, now: Duration, peer: PeerId, update: &[u8], out: &mut Vec<NotesCommand>) -> bool {
        let own = self.document.own_clock();
        let before = self.document.state().clone();
        let Some(ends) = self.document.merge(update) else { return false };
        let link = self.links.iter_mut().find(|link| link.peer == peer);
        if let Some(has) = link.and_then(|link| link.has.as_mut()) {
            ends.into_iter().for_each(|(client, clock)| has.raise(client, clock));
        }
        if *self.document.state() != before {
            self.changed(now);
        }
        if self.document.own_clock() > own {
            out.push(NotesCommand::Renew);
        }
        true
    }

    fn changed(&mut self, now: Duration) {
        self.tells_at = self.tells_at.or(Some(now + TELL_AFTER));
    }

    fn told(&mut self, peer: PeerId, state: NotesState) {
        let own = self.document.state();
        let Some(link) = self.links.iter_mut().find(|link| link.peer == peer) else { return };
        let differs = state.deleted != own.deleted;
        if state == *own {
            self.refused.retain(|refused| *refused != peer);
        }
        link.is_asked = differs || !state.covers(own);
        link.is_to_be_told = differs || !own.covers(&state);
        link.has = Some(state);
    }

    /// Sends what peers lack, and tells what is here, when it is time.
    fn settle(&mut self, now: Duration, out: &mut Vec<NotesCommand>) {
        let tells_all = self.tells_at.take_if(|due| now >= *due).is_some();
        let own = self.document.state();
        for link in &mut self.links {
            let answers = link.due().is_some_and(|due| now >= due);
            if answers && link.is_asked {
                let has = link.has.replace(own.clone()).unwrap_or_default();
                send(link.peer, &self.document.since(&has), out);
            }
            if tells_all || answers && link.is_to_be_told {
                out.push(NotesCommand::Send(link.peer, own.write()));
            }
            if answers {
                link.answered(now);
            }
        }
    }
}

fn send(peer: PeerId, update: &[u8], out: &mut Vec<NotesCommand>) {
    out.extend(NotesFrame::write_update(update).into_iter().map(|message| NotesCommand::Send(peer, message)));
}
