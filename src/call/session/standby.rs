//! The wait for a seat in a room whose seats were all taken.

use super::wish::Intent;
use crate::protocol::{ClientMsg, RoomId};

/// The wait, if there is one.
#[derive(Debug, Default)]
pub(super) struct Standby(Option<Awaited>);

#[derive(Debug)]
struct Awaited {
    intent: Intent,
    state: State,
}

impl Awaited {
    fn goes_on(&self) -> bool {
        matches!(self.state, State::Asked | State::Listed)
    }
}

/// How far the wait has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The server was asked to tell.
    Asked,
    /// It does.
    Listed,
    /// It has: the person decides.
    Told,
    /// It will not, or cannot.
    Refused,
}

impl Standby {
    /// Begins to wait.
    pub(super) fn begin(&mut self, intent: Intent) {
        self.0 = Some(Awaited { intent, state: State::Asked });
    }

    /// Whether the server is asked, or has said that it tells.
    pub(super) fn goes_on(&self) -> bool {
        self.0.as_ref().is_some_and(Awaited::goes_on)
    }

    /// What is to be said to the server on every new socket.
    pub(super) fn request(&self) -> Option<ClientMsg> {
        let awaited = self.0.as_ref().filter(|awaited| awaited.goes_on())?;
        Some(ClientMsg::Wait { room: awaited.intent.wish.room.clone() })
    }

    /// Takes the server's word that it tells; returns whether that is for this wait.
    pub(super) fn listed(&mut self, room: &RoomId) -> bool {
        self.advance(room, State::Listed)
    }

    /// Takes the news that a seat is free; returns whether that is for this wait.
    pub(super) fn told(&mut self, room: &RoomId) -> bool {
        self.advance(room, State::Told)
    }

    /// Notes that the server does not tell; returns whether it had promised to.
    pub(super) fn refused(&mut self) -> bool {
        let awaited = self.0.as_mut().filter(|awaited| awaited.goes_on());
        awaited.is_some_and(|awaited| std::mem::replace(&mut awaited.state, State::Refused) == State::Listed)
    }

    fn advance(&mut self, room: &RoomId, to: State) -> bool {
        let found = self.0.as_mut().filter(|awaited| awaited.intent.wish.room == *room);
        found.map(|awaited| awaited.state = to).is_some()
    }

    /// The intent of the call that has to wait.
    pub(super) fn intent(&mut self) -> Option<&mut Intent> {
        self.0.as_mut().map(|awaited| &mut awaited.intent)
    }

    /// Ends the wait; returns what was waited for.
    pub(super) fn end(&mut self) -> Option<Intent> {
        self.0.take().map(|awaited| awaited.intent)
    }
}
