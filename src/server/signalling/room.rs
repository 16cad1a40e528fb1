//! Membership and forwarding rules of one room; no sockets, no clock, no randomness.
//!
//! Every operation returns the frames to deliver, in order, and none for an away seat: on its return it learns from
//! `room_joined` what it missed, and the pair negotiates again.

mod seat;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::protocol::inbound::Envelope;
use crate::protocol::{
    ErrorCode, IceServer, Introduction, PageLoad, PeerId, PeerInfo, RoomId, SeatToken, Seated, ServerMsg,
};

use seat::Seat;
pub use seat::{RoomRecord, SeatRecord, TokenDigest};

/// Allowance for peer and page numbers that were given just before a kill and not recorded.
const UNRECORDED: u32 = 100;

/// The limits of a room.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Number of seats.
    pub capacity: usize,
    /// How long the seat of a lost socket is kept.
    pub grace: Duration,
    /// How long it is kept if the browser said that the page goes away.
    pub unload_grace: Duration,
}

/// A frame for one peer's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The receiver, present in the room.
    pub to: PeerId,
    /// An encoded [`ServerMsg`] or envelope.
    pub frame: String,
}

/// A request for a seat, with the token and the ICE servers for the answer.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The room number as the page wrote it.
    pub asked: RoomId,
    /// What the page says of itself; one of version 2 says nothing.
    pub introduction: Option<Introduction>,
    /// The token of a seat held before.
    pub resume: Option<SeatToken>,
    /// The page has no peer connections any more.
    pub reloaded: bool,
    /// A fresh token, used if a new seat is given.
    pub token: SeatToken,
    /// ICE servers, passed on to the newcomer.
    pub ice_servers: Vec<IceServer>,
}

/// The way in which a join got its seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A new seat, with nobody else in the room.
    Created,
    /// A new seat beside others.
    Joined,
    /// Its own seat, by token.
    Resumed,
}

/// A join that got a seat.
#[derive(Debug)]
pub struct Admission {
    /// The peer that holds the seat.
    pub peer: PeerId,
    /// The way in which it got the seat.
    pub entry: Entry,
    /// The newcomer's own `room_created` or `room_joined` first, then what the others are told.
    pub deliveries: Vec<Delivery>,
}

/// Every seat is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomFull;

/// How a socket was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The browser said that the page goes away: closed or being reloaded.
    Unloaded,
    /// Any other loss.
    Lost,
}

/// A room: its seats, and the last numbers given.
#[derive(Debug)]
pub struct Room {
    id: RoomId,
    rules: Rules,
    /// Ordered by peer id, because ids only grow; at most eight, so a linear search will do.
    seats: Vec<Seat>,
    last_peer: u32,
    last_page: u32,
    /// The [`RoomRecord`] has changed since it was last taken.
    changed: bool,
}

impl Room {
    /// Makes an empty room.
    pub fn new(id: RoomId, rules: Rules) -> Self {
        Self { id, rules, seats: Vec::new(), last_peer: 0, last_page: 0, changed: false }
    }

    /// Restores a recorded room, with every seat away from `now` on.
    pub fn restore(now: Duration, record: RoomRecord, rules: Rules) -> Self {
        let RoomRecord { room: id, last_peer, last_page, seats } = record;
        // The newest numbers may have been given but not recorded, and pages may still use them.
        let (last_peer, last_page) =
            (last_peer.saturating_add(UNRECORDED), last_page.saturating_add(UNRECORDED));
        let seats = seats.into_iter().map(|seat| Seat::restore(seat, now + rules.grace)).collect();
        Self { id, rules, seats, last_peer, last_page, changed: true }
    }

    /// Returns the record to store, if it has changed since the last call.
    pub fn take_record(&mut self) -> Option<RoomRecord> {
        std::mem::take(&mut self.changed).then(|| RoomRecord {
            room: self.id.clone(),
            last_peer: self.last_peer,
            last_page: self.last_page,
            seats: self.seats.iter().filter_map(Seat::record).collect(),
        })
    }

    /// Number of taken seats, away ones included.
    pub fn seats(&self) -> usize {
        self.seats.len()
    }

    /// A number that grows by one with each seat given.
    pub(super) fn given(&self) -> u32 {
        self.last_peer
    }

    /// Number of seats that newcomers may have; none where the room has run out of numbers.
    pub fn free(&self) -> usize {
        let has_numbers = self.last_peer < u32::MAX && self.last_page < u32::MAX;
        if has_numbers { self.rules.capacity.saturating_sub(self.seats.len()) } else { 0 }
    }

    /// The peer that a join with this token will be, if it gets a seat.
    pub fn seat_for(&self, resume: Option<&SeatToken>) -> PeerId {
        let held = resume.and_then(|token| self.holder_of(token));
        held.unwrap_or(PeerId(self.last_peer.saturating_add(1)))
    }

    /// Gives back the seat that the token proves, or else a new seat.
    ///
    /// The answer does not mention a token that fits no seat, so that tokens cannot be found by trying.
    ///
    /// # Errors
    /// [`RoomFull`] if every seat is taken, away seats included.
    pub fn join(&mut self, now: Duration, request: JoinRequest) -> Result<Admission, RoomFull> {
        let held = request.resume.as_ref().and_then(|token| self.holder_of(token));
        // A seat is given back even if its time has just ended; other due seats expire.
        let gone = self.expire_except(now, held);
        let (index, entry) = match held.and_then(|peer| self.find(peer)) {
            Some(index) => (index, self.resume(index, request.introduction, request.reloaded)),
            None => (self.sit_down(request.introduction)?, Entry::Joined),
        };
        self.changed = true;
        let others = self.infos_except(index);
        let entry = if entry == Entry::Joined && others.is_empty() { Entry::Created } else { entry };
        let seat = &mut self.seats[index];
        seat.proof.issue(&request.token, request.resume.as_ref());
        let told = match entry {
            Entry::Resumed => ServerMsg::PeerBack(seat.info()),
            Entry::Created | Entry::Joined => ServerMsg::PeerJoined(seat.info()),
        };
        let seated = Seated {
            room: request.asked,
            peer: seat.peer,
            page: seat.page,
            peers: others,
            resume: request.token,
            resumed: matches!(entry, Entry::Resumed),
            ice_servers: request.ice_servers,
            capacity: u8::try_from(self.rules.capacity).ok(),
        };
        let peer = seat.peer;
        let own = if seated.peers.is_empty() {
            ServerMsg::RoomCreated(seated)
        } else {
            ServerMsg::RoomJoined(seated)
        };
        let mut deliveries = vec![Delivery { to: peer, frame: encode(&own) }];
        deliveries.extend(gone);
        deliveries.extend(self.tell_others(peer, &told));
        Ok(Admission { peer, entry, deliveries })
    }

    /// Forwards a signal to its receiver, unless that is away.
    ///
    /// # Errors
    /// [`ErrorCode::NotJoined`] without a seat, [`ErrorCode::UnknownPeer`] if the receiver is no other peer of the room.
    pub fn forward(&self, from: PeerId, envelope: &Envelope<'_>) -> Result<Option<Delivery>, ErrorCode> {
        if self.find(from).is_none() {
            return Err(ErrorCode::NotJoined);
        }
        let to = envelope.to;
        let receiver = self.find(to).filter(|_| to != from).ok_or(ErrorCode::UnknownPeer)?;
        Ok(self.seats[receiver].present().then(|| Delivery { to, frame: envelope.encode(from) }))
    }

    /// Confirms that the newest token has arrived; it replaces the one before.
    pub fn confirm(&mut self, peer: PeerId) {
        if let Some(index) = self.find(peer) {
            self.changed |= self.seats[index].proof.confirm();
        }
    }

    /// Whether a peer has a seat, away or not.
    pub(super) fn keeps(&self, peer: PeerId) -> bool {
        self.find(peer).is_some()
    }

    /// The peer whose seat a token proves. All seats are compared, so that the time taken tells nothing.
    pub fn holder_of(&self, token: &SeatToken) -> Option<PeerId> {
        let digest = TokenDigest::of(token);
        let fits = |seat: &Seat| seat.proof.fits(digest);
        self.seats.iter().fold(None, |found, seat| if fits(seat) { Some(seat.peer) } else { found })
    }

    /// Gives a seat up.
    pub fn leave(&mut self, peer: PeerId) -> Vec<Delivery> {
        match self.find(peer) {
            Some(index) => self.stand_up(index),
            None => Vec::new(),
        }
    }

    /// Gives every seat up; nobody is told.
    pub fn clear(&mut self) {
        self.seats.clear();
        self.changed = true;
    }

    /// Marks a seat as away for its grace period, or gives it up if its token never arrived.
    pub fn lose(&mut self, now: Duration, peer: PeerId, loss: Loss) -> Vec<Delivery> {
        let grace = match loss {
            Loss::Unloaded => self.rules.unload_grace,
            Loss::Lost => self.rules.grace,
        };
        let Some(index) = self.find(peer).filter(|&index| self.seats[index].present()) else {
            return Vec::new();
        };
        if !self.seats[index].proof.is_confirmed() {
            return self.stand_up(index);
        }
        self.seats[index].away_until = Some(now + grace);
        self.tell_others(peer, &ServerMsg::PeerAway { peer, unloaded: loss == Loss::Unloaded })
    }

    /// Gives up the away seats whose grace period is over.
    pub fn expire(&mut self, now: Duration) -> Vec<Delivery> {
        self.expire_except(now, None)
    }

    /// When [`Room::expire`] has something to do next.
    pub fn deadline(&self) -> Option<Duration> {
        self.seats.iter().filter_map(|seat| seat.away_until).min()
    }

    /// Whether no seat is taken, not even an away one.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    fn expire_except(&mut self, now: Duration, kept: Option<PeerId>) -> Vec<Delivery> {
        let over = |seat: &Seat| Some(seat.peer) != kept && seat.away_until.is_some_and(|end| end <= now);
        let mut deliveries = Vec::new();
        while let Some(index) = self.seats.iter().position(over) {
            deliveries.extend(self.stand_up(index));
        }
        deliveries
    }

    fn find(&self, peer: PeerId) -> Option<usize> {
        self.seats.iter().position(|seat| seat.peer == peer)
    }

    fn resume(&mut self, index: usize, introduction: Option<Introduction>, reloaded: bool) -> Entry {
        // A page whose join came late, of before a reload, may have sat here meanwhile: another key is another page.
        let said = self.seats[index].introduction.as_ref();
        let is_other = said.is_some() && said != introduction.as_ref();
        let page = (reloaded || is_other).then(|| self.next_page()).flatten();
        let seat = &mut self.seats[index];
        seat.page = page.unwrap_or(seat.page);
        seat.introduction = introduction;
        seat.away_until = None;
        Entry::Resumed
    }

    fn sit_down(&mut self, introduction: Option<Introduction>) -> Result<usize, RoomFull> {
        if self.seats.len() >= self.rules.capacity {
            return Err(RoomFull);
        }
        // A room that has run out of numbers stays closed to newcomers until all have left: none is given twice.
        let peer = self.last_peer.checked_add(1).ok_or(RoomFull)?;
        let page = self.next_page().ok_or(RoomFull)?;
        self.last_peer = peer;
        self.seats.reserve_exact(1);
        self.seats.push(Seat::new(PeerId(peer), page, introduction));
        Ok(self.seats.len() - 1)
    }

    fn stand_up(&mut self, index: usize) -> Vec<Delivery> {
        let peer = self.seats.remove(index).peer;
        self.changed = true;
        self.tell_others(peer, &ServerMsg::PeerLeft { peer })
    }

    fn next_page(&mut self) -> Option<PageLoad> {
        self.last_page = self.last_page.checked_add(1)?;
        Some(PageLoad(self.last_page))
    }

    fn infos_except(&self, index: usize) -> Vec<PeerInfo> {
        let others = self.seats.iter().enumerate().filter(|&(other, _)| other != index);
        others.map(|(_, seat)| seat.info()).collect()
    }

    /// Sends one message to all present peers but one; it is encoded only if there is a receiver.
    fn tell_others(&self, about: PeerId, message: &ServerMsg) -> Vec<Delivery> {
        let receivers = || self.seats.iter().filter(|seat| seat.present() && seat.peer != about);
        let count = receivers().count();
        if count == 0 {
            return Vec::new();
        }
        let frames = std::iter::repeat_n(encode(message), count);
        receivers().zip(frames).map(|(seat, frame)| Delivery { to: seat.peer, frame }).collect()
    }
}

/// Encodes a message that the server itself sends.
#[expect(
    clippy::expect_used,
    reason = "no map with other than text keys, and no Serialize that fails, is inside"
)]
pub fn encode(message: &ServerMsg) -> String {
    serde_json::to_string(message).expect("a server message is JSON")
}
