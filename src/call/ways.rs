//! What the connections of a call may go through: the servers that help them, and whether one's own address
//! stays out of sight.

use std::time::Duration;

use super::{Call, Command, NOTICE, Notice, Pair, PeerCommand};
use crate::protocol::{IceServer, PeerId};

/// What one connection may go through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// `RTCConfiguration.iceServers`
    pub ice_servers: Vec<IceServer>,
    /// `RTCConfiguration.iceTransportPolicy` is `relay`: nothing but relays is tried, so the other side and the
    /// networks in between see no address of this one.
    pub relay_only: bool,
}

/// Whether a relay is to be had, for connections that cannot or should not be direct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relay {
    /// The server was not asked yet.
    #[default]
    Unknown,
    /// There is one.
    Offered,
    /// This server has none.
    Missing,
}

impl Relay {
    pub(super) fn among(servers: &[IceServer]) -> Self {
        let is_turn = |url: &String| url.starts_with("turn:") || url.starts_with("turns:");
        let offered = servers.iter().any(|server| server.urls.iter().any(is_turn));
        if offered { Self::Offered } else { Self::Missing }
    }
}

impl Call {
    /// The same call of a person who has chosen, in an earlier one, to keep the own address hidden.
    #[must_use]
    pub fn with_hidden_address(self, hidden: bool) -> Self {
        Self { hides_address: hidden, ..self }
    }

    /// Whether there is a relay, as this seat or the last question told.
    pub(super) fn relay(&self) -> Relay {
        self.seat.as_ref().map_or(self.relay_known, |seat| Relay::among(&seat.ice_servers))
    }

    /// What connections may go through now.
    pub(super) fn ways(&self) -> Ways {
        let ice_servers = self.seat.as_ref().map(|seat| seat.ice_servers.clone()).unwrap_or_default();
        Ways { ice_servers, relay_only: self.hides_address }
    }

    /// New credentials; used by what is gathered from now on, so nothing is restarted.
    pub(super) fn new_ice_servers(&mut self, ice_servers: Vec<IceServer>) -> Vec<Command> {
        match &mut self.seat {
            None => vec![],
            Some(seat) => {
                seat.ice_servers = ice_servers;
                self.configure()
            }
        }
    }

    /// A person wants the own address hidden, or not any more. In a call every connection looks for its way
    /// again; the way it has stays in use until then, but nothing more is told of it.
    pub(super) fn hide_address(&mut self, now: Duration, hide: bool) -> Vec<Command> {
        if hide == self.hides_address {
            return vec![];
        }
        if hide && self.relay() == Relay::Missing {
            self.say(Notice::NoRelay);
            return vec![];
        }
        self.hides_address = hide;
        let mut commands = vec![Command::KeepHidden(hide)];
        if self.seat.is_none() {
            return commands;
        }
        if hide {
            self.say(Notice::AddressHidden);
            self.line.hide_addresses();
        } else {
            self.notice = Some((Notice::AddressShown, Some(now + NOTICE)));
        }
        commands.extend(self.configure());
        for pair in self.pairs.values_mut() {
            pair.negotiation.network_changed(now);
        }
        commands.extend(self.tick(now));
        commands
    }

    pub(super) fn configure(&self) -> Vec<Command> {
        let configure = |(peer, pair): (&PeerId, &Pair)| {
            Command::Peer(*peer, pair.negotiation.epoch(), PeerCommand::Configure(self.ways()))
        };
        self.pairs.iter().map(configure).collect()
    }
}
