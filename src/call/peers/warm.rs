//! The connection that is prepared for the next newcomer, so that an offer is there when somebody comes.
//!
//! It is complete up to its first offer, which is made and not set. A browser that sets it gathers candidates, and
//! keeps them alive: libwebrtc asks the STUN server every ten seconds over each socket, and the relay holds
//! allocations. Set when somebody comes, the candidates are there before the answer, and are those of the network and
//! of the servers of that moment.

use std::time::Duration;

use crate::call::api::command::Command;
use crate::call::api::event::PreparedId;
use crate::call::peer::config::PeerConfig;

/// How long whoever is alone waits before one is prepared: the devices are starting.
const ALONE_SETTLES: Duration = Duration::from_millis(200);
/// The time from which on nobody is being connected until the next is prepared: the first pictures have the machine for
/// themselves.
const SETTLES: Duration = Duration::from_secs(5);

/// A room in which a newcomer may come.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenRoom<'a> {
    /// The configuration that the newcomer's connection would have.
    pub(super) config: &'a PeerConfig,
    /// Nobody is here.
    pub(super) is_empty: bool,
    /// Nobody is being connected.
    pub(super) is_calm: bool,
}

/// The prepared connection of one participant.
#[derive(Debug, Default)]
pub(super) struct Warm {
    state: State,
    last: PreparedId,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    #[default]
    None,
    /// To be prepared at this time.
    Due(Duration),
    Prepared(PreparedId, PeerConfig),
    /// The browser refused it; until somebody comes or the page is looked at.
    Refused,
}

impl Warm {
    /// Follows what has changed; `None` is no room, or one without a free seat.
    pub(super) fn follow(&mut self, now: Duration, room: Option<OpenRoom<'_>>) -> Vec<Command> {
        let mut commands = vec![];
        if let State::Prepared(id, config) = &self.state {
            if room.is_some_and(|room| room.config == config) {
                return commands;
            }
            commands.push(Command::DropPrepared(*id));
            self.state = State::None;
        }
        let calm = room.filter(|room| room.is_calm);
        match (&self.state, calm) {
            (_, None) => self.state = State::None,
            (State::None, Some(room)) => {
                self.state = State::Due(now + if room.is_empty { ALONE_SETTLES } else { SETTLES });
            }
            (State::Due(due), Some(room)) if now >= *due => {
                self.last.0 += 1;
                let (id, config) = (self.last, room.config.clone());
                commands.push(Command::Prepare(id, config.clone()));
                self.state = State::Prepared(id, config);
            }
            _ => {}
        }
        commands
    }

    /// The prepared connection, for the one newcomer who gets it; none that has another configuration.
    pub(super) fn take(&mut self, wanted: &PeerConfig) -> Option<PreparedId> {
        match &self.state {
            State::Prepared(id, config) if config == wanted => {
                let id = *id;
                self.state = State::None;
                Some(id)
            }
            _ => None,
        }
    }

    /// Gives up what the browser did not prepare.
    pub(super) fn refused(&mut self, refused: PreparedId) -> Option<Command> {
        match self.state {
            State::Prepared(id, _) if id == refused => {
                self.state = State::Refused;
                Some(Command::DropPrepared(id))
            }
            _ => None,
        }
    }

    /// Has it prepared again, as somebody looks at the page.
    pub(super) fn woken(&mut self) {
        if self.state == State::Refused {
            self.state = State::None;
        }
    }

    /// When [`Self::follow`] is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.state {
            State::Due(due) => Some(due),
            State::None | State::Prepared(..) | State::Refused => None,
        }
    }
}
