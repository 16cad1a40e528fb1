//! What the server says, routed to the parts.

use std::time::Duration;

use super::Call;
use super::api::command::Command;
use super::output::Output;
use super::peer::config::PeerConfig;
use super::peers::Own;
use crate::protocol::{ClientMsg, Seated, ServerMsg};

impl Call {
    pub(super) fn message(&mut self, now: Duration, message: ServerMsg) -> Vec<Command> {
        let outputs = match message {
            ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => {
                return self.seated(now, seated);
            }
            ServerMsg::FullRoom { room } => {
                let hides_address = self.privacy.hides_address();
                let as_it_was = (self.media.off(), self.peers.lock_now());
                self.session.full(&room, self.peers.any_connected(), hides_address, as_it_was)
            }
            ServerMsg::Waiting { room } => self.session.listed(&room),
            ServerMsg::SeatFree { room } => self.session.seat_free(&room),
            ServerMsg::Heartbeat => {
                self.signalling.left(self.session.room().is_some());
                self.version.heartbeat(self.session.phase())
            }
            ServerMsg::Version { version } => {
                self.version.told(version, self.session.phase(), self.session.room())
            }
            ServerMsg::Error { code, message } => {
                let log = Output::Do(Command::Log(format!("{code:?}: {message}")));
                self.session.not_listed().into_iter().chain([log]).collect()
            }
            ServerMsg::PeerAway { peer, unloaded } => self.peers.away(peer, unloaded),
            ServerMsg::PeerJoined(info) => self.peers.joined(now, info),
            ServerMsg::PeerBack(info) => self.peers.back(now, info),
            ServerMsg::PeerLeft { peer } => self.peers.left(peer),
            ServerMsg::Signal { from, sealed } => self.peers.sealed(from, sealed),
            ServerMsg::IceServers { ice_servers } => self.peers.renew(ice_servers),
        };
        self.perform(now, outputs)
    }

    fn seated(&mut self, now: Duration, seated: Seated) -> Vec<Command> {
        let Seated { room, peer, page, peers, resume, resumed, ice_servers, capacity } = seated;
        let Some(fresh) = self.session.seated(&room, resume) else { return vec![] };
        if fresh {
            self.peers.begin_lock(self.session.lock());
        }
        if let Some(identity) = self.session.identity().cloned() {
            self.peers.begin_seals(room.clone(), identity, self.session.name(), resumed);
        }
        let config = PeerConfig { ice_servers, relay_only: self.privacy.hides_address() };
        let mut outputs = self.peers.take_seat(Own { peer, page, capacity }, resumed, &peers, config);
        if fresh {
            outputs.extend(self.privacy.begin(self.relay()));
        }
        let mut commands = self.perform(now, outputs);
        let unsent = self.signalling.unsent_offers();
        let waiting = self.signalling.sit_down(|peer, epoch| self.peers.is_current(peer, epoch));
        commands.extend(waiting.into_iter().filter_map(|(peer, signal)| self.peers.close(peer, signal)));
        let mut outputs = self.peers.meet(now, peers, &unsent);
        outputs.extend([
            Output::Do(Command::ShowAddress(Some(room))),
            Output::Remember,
            Output::Do(Command::Send(ClientMsg::Confirm)),
        ]);
        commands.extend(self.perform(now, outputs));
        commands
    }
}
