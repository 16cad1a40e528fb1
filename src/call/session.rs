//! A call's seat: joining, what the server tells of the room, losing the socket and coming back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::peer::RemotePeer;
use super::{Call, Command, NOTICE, Notice, REPLACED_AGAIN, Relay, Seat, SocketEvent, Wish};
use crate::protocol::{ClientMsg, CloseCode, Epoch, PeerId, PeerInfo, RoomId, Seated, ServerMsg};

pub(super) mod joining;

impl Call {
    pub(super) fn join(&mut self, now: Duration) -> Vec<Command> {
        let join =
            self.wish.as_ref().filter(|_| self.holds).map(|Wish { room, name, resume }| ClientMsg::Join {
                room: room.clone(),
                name: name.clone(),
                resume: resume.clone(),
                reloaded: resume.is_some() && self.seat.is_none(),
            });
        let Some(join) = join else { return vec![] };
        self.signalling.asked(now);
        vec![Command::Send(join)]
    }

    pub(super) fn socket(&mut self, now: Duration, event: SocketEvent) -> Vec<Command> {
        match event {
            SocketEvent::Opened => {
                let mut commands = self.signalling.opened(now);
                commands.extend(self.join(now));
                commands
            }
            SocketEvent::Message(message) => {
                self.signalling.heard(now);
                self.message(now, message)
            }
            SocketEvent::Closed { code } => self.closed(now, code),
        }
    }

    pub(super) fn closed(&mut self, now: Duration, code: u16) -> Vec<Command> {
        self.signalling.lost(now, self.wish.is_some() || self.signalling.owes());
        let last_word = match CloseCode::from_code(code) {
            // Once may be this tab's own former socket, whose join was late.
            Some(CloseCode::Replaced) => {
                let before = self.replaced.replace(now);
                before.filter(|before| now < *before + REPLACED_AGAIN).map(|_| Notice::MovedElsewhere)
            }
            // The server took offence at what this page sends; it would again.
            Some(
                CloseCode::NotText | CloseCode::TooBig | CloseCode::BadMessages | CloseCode::TooManyMessages,
            ) => Some(Notice::Dropped),
            _ => None,
        };
        if let Some(notice) = last_word.filter(|_| self.wish.is_some()) {
            let mut commands = self.signalling.close(now);
            commands.extend(self.go_home());
            self.say(notice);
            return commands;
        }
        if self.wish.is_some() && self.seat.is_none() {
            self.say(Notice::Unreachable);
        }
        vec![]
    }

    pub(super) fn message(&mut self, now: Duration, message: ServerMsg) -> Vec<Command> {
        match message {
            ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => self.seated(now, seated),
            ServerMsg::FullRoom { room } => self.full(now, &room),
            ServerMsg::PeerJoined(info) => self.peer_joined(now, info),
            ServerMsg::PeerAway { peer, unloaded } => {
                if let Some(pair) = self.peers.get_mut(&peer) {
                    pair.info.away = true;
                    pair.unloaded = unloaded;
                }
                vec![]
            }
            ServerMsg::PeerBack(info) => self.peer_back(now, info),
            ServerMsg::PeerLeft { peer } => self.peer_left(now, peer),
            ServerMsg::Signal { from, signal } => self.signal(now, from, signal),
            ServerMsg::IceServers { ice_servers } => self.new_ice_servers(ice_servers),
            ServerMsg::Heartbeat => {
                self.signalling.left(self.wish.is_some());
                vec![]
            }
            // For developers: the driver logs it.
            ServerMsg::Error { .. } => vec![],
        }
    }

    pub(super) fn seated(&mut self, now: Duration, seated: Seated) -> Vec<Command> {
        let Some(wish) = self.wish.as_mut().filter(|wish| wish.room == seated.room) else {
            // The person left, or went elsewhere, while the answer was on its way.
            return vec![];
        };
        let same_page = seated.resumed && self.seat.as_ref().is_some_and(|seat| seat.page == seated.page);
        wish.resume = Some(seated.resume);
        let fresh = self.seat.is_none();
        self.seat = Some(Seat { peer: seated.peer, page: seated.page, ice_servers: seated.ice_servers });
        if fresh {
            self.notice = (self.hides_address && self.relay() == Relay::Missing)
                .then_some((Notice::HiddenWithoutRelay, None));
        }
        let mut commands = Vec::new();
        let present: BTreeMap<_, _> = seated.peers.into_iter().map(|info| (info.peer, info)).collect();
        let gone = |peer: &PeerId, pair: &RemotePeer| {
            !same_page || present.get(peer).is_none_or(|info| info.page != pair.info.page)
        };
        let (closed, kept): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.peers).into_iter().partition(|(peer, pair)| gone(peer, pair));
        commands.extend(closed.into_iter().map(|(peer, pair)| self.end(peer, &pair)));
        if !seated.resumed {
            // Another life of the room has other numbers.
            self.left = Epoch::default();
        }
        self.peers = kept;
        // Credentials told before may end sooner than these.
        commands.extend(self.configure());
        let unsent: BTreeSet<_> =
            self.peers.keys().copied().filter(|peer| self.signalling.holds_offer(*peer)).collect();
        let peers = &self.peers;
        let current = |peer, epoch| peers.get(&peer).is_some_and(|pair| pair.negotiation.epoch() == epoch);
        commands.extend(self.signalling.sit_down(current));
        for (peer, info) in present {
            match self.peers.get_mut(&peer) {
                None => commands.extend(self.open(now, info)),
                Some(pair) => {
                    pair.info.away = info.away;
                    pair.unloaded &= info.away;
                    let outputs = pair.negotiation.way_is_back(now, unsent.contains(&peer));
                    commands.extend(self.perform(now, peer, outputs));
                }
            }
        }
        commands.push(Command::ShowAddress(self.wish.as_ref().map(|wish| wish.room.clone())));
        let mut commands = self.and_remember(commands);
        commands.push(Command::Send(ClientMsg::Confirm));
        commands
    }

    pub(super) fn full(&mut self, now: Duration, room: &RoomId) -> Vec<Command> {
        self.signalling.answered();
        if self.wish.as_ref().is_none_or(|wish| wish.room != *room) {
            return vec![];
        }
        let was_in_call = self.seat.is_some();
        // A server that has lost its memory keeps seats for those who are in this very call. While they are heard
        // and seen nothing is over; in the end the seats are free.
        if was_in_call && self.peers.values().any(|pair| pair.negotiation.is_connected()) {
            self.signalling.refused(now);
            return vec![];
        }
        self.wish = None;
        self.say(Notice::RoomFull);
        // From the first screen the preview stays for the next try.
        if was_in_call {
            return self.go_home();
        }
        self.hides_address = self.hides_next;
        vec![Command::Remember(None), Command::LetGo(None)]
    }

    pub(super) fn peer_joined(&mut self, now: Duration, info: PeerInfo) -> Vec<Command> {
        if self.seat.is_none() || self.peers.contains_key(&info.peer) {
            return vec![];
        }
        self.notice = Some((Notice::PeerJoined(info.name.clone()), Some(now + NOTICE)));
        self.open(now, info)
    }

    pub(super) fn peer_back(&mut self, now: Duration, info: PeerInfo) -> Vec<Command> {
        let peer = info.peer;
        let Some(pair) = self.peers.get_mut(&peer) else { return vec![] };
        let same_page = pair.info.page == info.page;
        pair.info = info;
        pair.unloaded = false;
        if same_page {
            let outputs = pair.negotiation.way_is_back(now, false);
            return self.perform(now, peer, outputs);
        }
        let info = pair.info.clone();
        let mut commands: Vec<_> =
            self.peers.remove(&peer).map(|pair| pair.close(peer)).into_iter().collect();
        commands.extend(self.open(now, info));
        commands
    }

    pub(super) fn peer_left(&mut self, now: Duration, peer: PeerId) -> Vec<Command> {
        let Some(pair) = self.peers.remove(&peer) else { return vec![] };
        let alone = self.peers.is_empty();
        self.notice = Some((Notice::PeerLeft(pair.info.name.clone()), (!alone).then_some(now + NOTICE)));
        vec![self.end(peer, &pair)]
    }

    /// Keeps in the tab's storage what a reload needs.
    pub(super) fn and_remember(&self, mut commands: Vec<Command>) -> Vec<Command> {
        if let Some(seat) = self.remembered() {
            commands.push(Command::Remember(Some(seat)));
        }
        commands
    }
}
