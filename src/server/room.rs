//! Membership and relay rules of one room; no sockets, no clock, no randomness.
//!
//! Every operation returns the frames to deliver, in order, and never to a seat that is away: what it missed
//! is told by the `room_joined` it gets on its return, and the pair negotiates again.

use std::time::Duration;

use crate::protocol::inbound::Relay;
use crate::protocol::{
    DisplayName, ErrorCode, IceServer, Page, PeerId, PeerInfo, RoomId, SeatToken, Seated, ServerMsg, VERSION,
};

/// What a room holds to.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many seats there are.
    pub capacity: usize,
    /// How long the seat of a lost socket is kept.
    pub grace: Duration,
    /// The same when the browser said that the page goes away.
    pub unload_grace: Duration,
}

/// A frame for one peer's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The receiver, present in the room.
    pub to: PeerId,
    /// An encoded [`ServerMsg`] or relay.
    pub frame: String,
}

/// What a newcomer asks for and is given.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// A display name.
    pub name: Option<DisplayName>,
    /// The token of a seat held before.
    pub resume: Option<SeatToken>,
    /// The page has no peer connections any more.
    pub reloaded: bool,
    /// A fresh token, used if a new seat is given.
    pub token: SeatToken,
    /// Passed on to the newcomer.
    pub ice_servers: Vec<IceServer>,
}

/// How a newcomer came to its seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A new seat, with nobody else in the room.
    Created,
    /// A new seat beside others.
    Joined,
    /// Its own seat, by token.
    Resumed {
        /// The seat had not been lost yet: an older socket still holds it and must go.
        was_present: bool,
    },
}

/// A seat was given.
#[derive(Debug)]
pub struct Admission {
    /// Whose it is.
    pub peer: PeerId,
    /// How it was come by.
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
    /// Anything else.
    Lost,
}

/// One room.
#[derive(Debug)]
pub struct Room {
    id: RoomId,
    rules: Rules,
    /// Ordered by peer id, because ids only grow; at most eight, so a search is a walk.
    seats: Vec<Seat>,
    last_peer: u32,
    last_page: u32,
}

#[derive(Debug)]
struct Seat {
    peer: PeerId,
    page: Page,
    token: SeatToken,
    name: Option<DisplayName>,
    /// When the seat is given up; `None` while its socket is there.
    away_until: Option<Duration>,
}

impl Seat {
    fn present(&self) -> bool {
        self.away_until.is_none()
    }

    fn info(&self) -> PeerInfo {
        PeerInfo { peer: self.peer, page: self.page, name: self.name.clone(), away: !self.present() }
    }
}

impl Room {
    /// Makes an empty room.
    pub fn new(id: RoomId, rules: Rules) -> Self {
        Self { id, rules, seats: Vec::new(), last_peer: 0, last_page: 0 }
    }

    /// How many seats are taken, away ones included.
    pub fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Gives the newcomer its own seat back if its token fits one, else a new seat if there is one.
    ///
    /// A token that fits none is not mentioned, so that nobody can try tokens out.
    ///
    /// # Errors
    /// [`RoomFull`] if every seat is taken, away seats included.
    pub fn join(&mut self, now: Duration, request: JoinRequest) -> Result<Admission, RoomFull> {
        let held = request.resume.as_ref().and_then(|token| self.holder_of(token));
        // Whoever comes back in the last moment still does; other seats do not outlive their time.
        let gone = self.expire_except(now, held);
        let (index, entry) = match held.and_then(|peer| self.find(peer)) {
            Some(index) => (index, self.resume(index, request.reloaded)),
            None => (self.sit_down(request.name, request.token)?, Entry::Joined),
        };
        let others = self.infos_except(index);
        let entry = if entry == Entry::Joined && others.is_empty() { Entry::Created } else { entry };
        let seat = &self.seats[index];
        let told = match entry {
            Entry::Resumed { .. } => ServerMsg::PeerBack { peer: seat.peer, page: seat.page },
            Entry::Created | Entry::Joined => ServerMsg::PeerJoined(seat.info()),
        };
        let seated = Seated {
            room: self.id.clone(),
            peer: seat.peer,
            page: seat.page,
            peers: others,
            resume: seat.token.clone(),
            ice_servers: request.ice_servers,
            version: VERSION,
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

    /// Passes a signal on to one peer, or to all others.
    ///
    /// # Errors
    /// [`ErrorCode::NotJoined`] without a seat, [`ErrorCode::UnknownPeer`] if `to` is nobody else in the room.
    pub fn relay(
        &self,
        from: PeerId,
        to: Option<PeerId>,
        relay: &Relay<'_>,
    ) -> Result<Vec<Delivery>, ErrorCode> {
        if self.find(from).is_none() {
            return Err(ErrorCode::NotJoined);
        }
        let Some(to) = to else {
            return Ok(self.spread(from, || relay.encode(from)));
        };
        let receiver = self.find(to).filter(|_| to != from).ok_or(ErrorCode::UnknownPeer)?;
        if !self.seats[receiver].present() {
            return Ok(Vec::new());
        }
        Ok(vec![Delivery { to, frame: relay.encode(from) }])
    }

    /// Gives a seat up.
    pub fn leave(&mut self, peer: PeerId) -> Vec<Delivery> {
        match self.find(peer) {
            Some(index) => self.stand_up(index),
            None => Vec::new(),
        }
    }

    /// Notes that a seat's socket is gone; the seat is kept for a while.
    pub fn lose(&mut self, now: Duration, peer: PeerId, loss: Loss) -> Vec<Delivery> {
        let grace = match loss {
            Loss::Unloaded => self.rules.unload_grace,
            Loss::Lost => self.rules.grace,
        };
        let Some(index) = self.find(peer).filter(|&index| self.seats[index].present()) else {
            return Vec::new();
        };
        self.seats[index].away_until = Some(now + grace);
        self.tell_others(peer, &ServerMsg::PeerAway { peer, unloaded: loss == Loss::Unloaded })
    }

    /// Gives up the seats whose time is over.
    pub fn expire(&mut self, now: Duration) -> Vec<Delivery> {
        self.expire_except(now, None)
    }

    /// When [`Room::expire`] has something to do next.
    pub fn deadline(&self) -> Option<Duration> {
        self.seats.iter().filter_map(|seat| seat.away_until).min()
    }

    /// Whether no seat is taken, not even by somebody away.
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

    /// Compares with every seat, so that the time taken tells nothing.
    fn holder_of(&self, token: &SeatToken) -> Option<PeerId> {
        let fits = |seat: &Seat| same_token(&seat.token, token);
        self.seats.iter().fold(None, |found, seat| if fits(seat) { Some(seat.peer) } else { found })
    }

    fn resume(&mut self, index: usize, reloaded: bool) -> Entry {
        let page = reloaded.then(|| self.next_page()).flatten();
        let seat = &mut self.seats[index];
        seat.page = page.unwrap_or(seat.page);
        Entry::Resumed { was_present: seat.away_until.take().is_none() }
    }

    fn sit_down(&mut self, name: Option<DisplayName>, token: SeatToken) -> Result<usize, RoomFull> {
        if self.seats.len() >= self.rules.capacity {
            return Err(RoomFull);
        }
        // A room that has run out of numbers stays closed to newcomers until all have left: none is given twice.
        let peer = self.last_peer.checked_add(1).ok_or(RoomFull)?;
        let page = self.next_page().ok_or(RoomFull)?;
        self.last_peer = peer;
        self.seats.reserve_exact(1);
        self.seats.push(Seat { peer: PeerId(peer), page, token, name, away_until: None });
        Ok(self.seats.len() - 1)
    }

    fn stand_up(&mut self, index: usize) -> Vec<Delivery> {
        let peer = self.seats.remove(index).peer;
        self.tell_others(peer, &ServerMsg::PeerLeft { peer })
    }

    fn next_page(&mut self) -> Option<Page> {
        self.last_page = self.last_page.checked_add(1)?;
        Some(Page(self.last_page))
    }

    fn infos_except(&self, index: usize) -> Vec<PeerInfo> {
        let others = self.seats.iter().enumerate().filter(|&(other, _)| other != index);
        others.map(|(_, seat)| seat.info()).collect()
    }

    fn tell_others(&self, about: PeerId, message: &ServerMsg) -> Vec<Delivery> {
        self.spread(about, || encode(message))
    }

    /// One frame, made only if somebody gets it, for all who are present but one.
    fn spread(&self, except: PeerId, frame: impl FnOnce() -> String) -> Vec<Delivery> {
        let receivers = || self.seats.iter().filter(|seat| seat.present() && seat.peer != except);
        let count = receivers().count();
        if count == 0 {
            return Vec::new();
        }
        let frames = std::iter::repeat_n(frame(), count);
        receivers().zip(frames).map(|(seat, frame)| Delivery { to: seat.peer, frame }).collect()
    }
}

/// Encodes a message of the server's own.
#[expect(
    clippy::expect_used,
    reason = "no map with other than text keys, and no Serialize that fails, is inside"
)]
pub fn encode(message: &ServerMsg) -> String {
    serde_json::to_string(message).expect("a server message is JSON")
}

/// Looks at every byte, so that the time taken does not tell how much of a guess was right.
fn same_token(held: &SeatToken, shown: &SeatToken) -> bool {
    let (held, shown) = (held.0.as_bytes(), shown.0.as_bytes());
    held.len() == shown.len() && held.iter().zip(shown).fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::inbound::{Inbound, decode};
    use crate::protocol::{Epoch, Signal};

    const RULES: Rules =
        Rules { capacity: 3, grace: Duration::from_secs(15), unload_grace: Duration::from_secs(5) };
    const START: Duration = Duration::from_secs(100);

    fn room_id() -> RoomId {
        RoomId::from_typed("4711").unwrap()
    }

    fn token(text: &str) -> SeatToken {
        SeatToken(text.to_owned())
    }

    fn newcomer(name: &str) -> JoinRequest {
        JoinRequest {
            name: DisplayName::try_from(name.to_owned()).ok(),
            resume: None,
            reloaded: false,
            token: token(name),
            ice_servers: Vec::new(),
        }
    }

    fn returning(name: &str, reloaded: bool) -> JoinRequest {
        JoinRequest { resume: Some(token(name)), reloaded, token: token("fresh"), ..newcomer(name) }
    }

    fn read(deliveries: &[Delivery]) -> Vec<(u32, ServerMsg)> {
        deliveries.iter().map(|one| (one.to.0, serde_json::from_str(&one.frame).unwrap())).collect()
    }

    /// A room with so many newcomers named `a`, `b`, `c` in it.
    fn room_of(count: usize) -> Room {
        let mut room = Room::new(room_id(), RULES);
        for name in ["a", "b", "c"].into_iter().take(count) {
            room.join(START, newcomer(name)).unwrap();
        }
        room
    }

    fn relayed(room: &Room, from: u32, text: &str) -> Result<Vec<(u32, ServerMsg)>, ErrorCode> {
        let Ok(Inbound::Relay { to, relay }) = decode(text) else { panic!("{text}") };
        room.relay(PeerId(from), to, &relay).map(|deliveries| read(&deliveries))
    }

    fn peer_info(peer: u32, name: &str) -> PeerInfo {
        PeerInfo {
            peer: PeerId(peer),
            page: Page(peer),
            name: DisplayName::try_from(name.to_owned()).ok(),
            away: false,
        }
    }

    fn seated(peer: u32, page: u32, peers: Vec<PeerInfo>, resume: &str) -> Seated {
        Seated {
            room: room_id(),
            peer: PeerId(peer),
            page: Page(page),
            peers,
            resume: token(resume),
            ice_servers: vec![],
            version: VERSION,
        }
    }

    #[test]
    fn the_first_creates_the_room_and_the_second_joins_it() {
        let mut room = Room::new(room_id(), RULES);
        let first = room.join(START, newcomer("a")).unwrap();
        assert_eq!((first.peer, first.entry), (PeerId(1), Entry::Created));
        assert_eq!(read(&first.deliveries), [(1, ServerMsg::RoomCreated(seated(1, 1, vec![], "a")))]);
        let second = room.join(START, newcomer("b")).unwrap();
        assert_eq!((second.peer, second.entry), (PeerId(2), Entry::Joined));
        let joined = ServerMsg::RoomJoined(seated(2, 2, vec![peer_info(1, "a")], "b"));
        assert_eq!(read(&second.deliveries), [(2, joined), (1, ServerMsg::PeerJoined(peer_info(2, "b")))]);
    }

    #[test]
    fn one_more_than_the_capacity_is_told_that_the_room_is_full_and_nobody_else_hears_of_it() {
        let mut room = room_of(3);
        assert_eq!(room.join(START, newcomer("d")).unwrap_err(), RoomFull);
        assert_eq!(room.seats(), 3);
    }

    #[test]
    fn leaving_frees_the_seat_at_once_and_its_number_is_not_given_again() {
        let mut room = room_of(3);
        let left = ServerMsg::PeerLeft { peer: PeerId(2) };
        assert_eq!(read(&room.leave(PeerId(2))), [(1, left.clone()), (3, left)]);
        assert!(room.leave(PeerId(2)).is_empty());
        assert_eq!(room.join(START, newcomer("d")).unwrap().peer, PeerId(4));
    }

    #[test]
    fn a_lost_seat_is_kept_for_the_grace_and_then_given_up() {
        for (loss, grace) in [(Loss::Lost, RULES.grace), (Loss::Unloaded, RULES.unload_grace)] {
            let mut room = room_of(2);
            let away = room.lose(START, PeerId(1), loss);
            assert_eq!(
                read(&away),
                [(2, ServerMsg::PeerAway { peer: PeerId(1), unloaded: loss == Loss::Unloaded })]
            );
            assert!(room.lose(START + grace, PeerId(1), loss).is_empty(), "lost only once");
            assert_eq!(room.deadline(), Some(START + grace));
            assert!(room.expire(START + grace - Duration::from_nanos(1)).is_empty());
            let left = room.expire(START + grace);
            assert_eq!(read(&left), [(2, ServerMsg::PeerLeft { peer: PeerId(1) })]);
            assert_eq!((room.deadline(), room.seats()), (None, 1));
        }
    }

    #[test]
    fn an_away_seat_is_taken_and_no_stranger_gets_it() {
        let mut room = room_of(3);
        room.lose(START, PeerId(1), Loss::Lost);
        assert_eq!(room.join(START, newcomer("d")).unwrap_err(), RoomFull);
        for guess in ["", "A", "aa", "x", "fresh"] {
            assert_eq!(room.join(START, returning(guess, false)).unwrap_err(), RoomFull, "{guess:?}");
        }
    }

    #[test]
    fn a_seat_whose_time_is_over_is_free_even_before_anybody_looked() {
        let mut room = room_of(3);
        room.lose(START, PeerId(1), Loss::Lost);
        let admission = room.join(START + RULES.grace, newcomer("d")).unwrap();
        let others = vec![peer_info(2, "b"), peer_info(3, "c")];
        let joined = ServerMsg::RoomJoined(seated(4, 4, others, "d"));
        let left = ServerMsg::PeerLeft { peer: PeerId(1) };
        let new = ServerMsg::PeerJoined(peer_info(4, "d"));
        let expected = [(4, joined), (2, left.clone()), (3, left), (2, new.clone()), (3, new)];
        assert_eq!(read(&admission.deliveries), expected);
    }

    #[test]
    fn a_token_takes_the_same_seat_back() {
        for (reloaded, page) in [(false, 1), (true, 4)] {
            let mut room = room_of(3);
            room.lose(START, PeerId(1), Loss::Lost);
            let admission = room.join(START, returning("a", reloaded)).unwrap();
            assert_eq!((admission.peer, admission.entry), (PeerId(1), Entry::Resumed { was_present: false }));
            let others = vec![peer_info(2, "b"), peer_info(3, "c")];
            let joined = ServerMsg::RoomJoined(seated(1, page, others, "a"));
            let back = ServerMsg::PeerBack { peer: PeerId(1), page: Page(page) };
            assert_eq!(read(&admission.deliveries), [(1, joined), (2, back.clone()), (3, back)]);
            assert_eq!(room.deadline(), None);
        }
    }

    #[test]
    fn a_token_takes_over_from_a_socket_that_still_hangs_without_a_word_of_absence() {
        let mut room = room_of(2);
        let admission = room.join(START, returning("a", false)).unwrap();
        assert_eq!(admission.entry, Entry::Resumed { was_present: true });
        let back = ServerMsg::PeerBack { peer: PeerId(1), page: Page(1) };
        assert_eq!(read(&admission.deliveries)[1..], [(2, back)]);
    }

    #[test]
    fn a_newcomer_is_told_who_is_away_and_one_alone_with_the_away_has_not_created_the_room() {
        let mut room = room_of(1);
        room.lose(START, PeerId(1), Loss::Lost);
        let admission = room.join(START, newcomer("b")).unwrap();
        let away = PeerInfo { away: true, ..peer_info(1, "a") };
        assert_eq!(admission.entry, Entry::Joined);
        let joined = ServerMsg::RoomJoined(seated(2, 2, vec![away], "b"));
        assert_eq!(read(&admission.deliveries), [(2, joined)], "nothing for somebody away");
    }

    #[test]
    fn who_comes_back_to_nobody_is_told_so() {
        let mut room = room_of(2);
        room.lose(START, PeerId(1), Loss::Lost);
        room.leave(PeerId(2));
        let admission = room.join(START, returning("a", false)).unwrap();
        assert_eq!(read(&admission.deliveries), [(1, ServerMsg::RoomCreated(seated(1, 1, vec![], "a")))]);
    }

    #[test]
    fn signals_reach_the_one_meant_or_all_others_and_never_the_sender() {
        let room = room_of(3);
        let signal = || ServerMsg::Signal { from: PeerId(2), signal: Signal::StartCall { epoch: Epoch(9) } };
        let all = relayed(&room, 2, r#"{"type":"start_call","epoch":9}"#);
        assert_eq!(all, Ok(vec![(1, signal()), (3, signal())]));
        let one = relayed(&room, 2, r#"{"type":"start_call","epoch":9,"to":3}"#);
        assert_eq!(one, Ok(vec![(3, signal())]));
        for stranger in ["2", "4", "0"] {
            let text = format!(r#"{{"type":"start_call","to":{stranger}}}"#);
            assert_eq!(relayed(&room, 2, &text), Err(ErrorCode::UnknownPeer), "{stranger}");
        }
        assert_eq!(relayed(&room, 9, r#"{"type":"start_call"}"#), Err(ErrorCode::NotJoined));
    }

    #[test]
    fn signals_for_somebody_away_are_dropped() {
        let mut room = room_of(3);
        room.lose(START, PeerId(1), Loss::Lost);
        assert_eq!(relayed(&room, 2, r#"{"type":"start_call","to":1}"#), Ok(vec![]));
        assert_eq!(relayed(&room, 2, r#"{"type":"start_call"}"#).unwrap().len(), 1);
    }

    #[test]
    fn a_room_is_empty_when_the_last_seat_is_given_up() {
        let mut room = room_of(2);
        room.leave(PeerId(1));
        room.lose(START, PeerId(2), Loss::Lost);
        assert!(!room.is_empty());
        room.expire(START + RULES.grace);
        assert!(room.is_empty());
    }

    /// One thing that happens to a room; who and which token are chosen among those there were.
    #[derive(Clone, Debug)]
    enum Step {
        Join,
        Resume { who: usize, reloaded: bool },
        Leave { who: usize },
        Lose { who: usize, unloaded: bool },
        Wait { seconds: u64 },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let who = 0..6_usize;
        let step = prop_oneof![
            3 => Just(Step::Join),
            3 => (who.clone(), any::<bool>()).prop_map(|(who, reloaded)| Step::Resume { who, reloaded }),
            1 => who.clone().prop_map(|who| Step::Leave { who }),
            3 => (who, any::<bool>()).prop_map(|(who, unloaded)| Step::Lose { who, unloaded }),
            2 => (0..10_u64).prop_map(|seconds| Step::Wait { seconds }),
        ];
        prop::collection::vec(step, 1..80)
    }

    proptest! {
        /// What each peer was told, replayed, is what the room holds: nobody has a ghost or misses somebody.
        #[test]
        fn whatever_happens_seats_stay_within_the_capacity_and_everybody_present_knows_the_room(
            capacity in 2..=4_usize, steps in steps(),
        ) {
            let mut room = Room::new(room_id(), Rules { capacity, ..RULES });
            let mut now = START;
            // Peer id by joining order, and what each present peer believes about the others: away or not.
            let mut joined: Vec<PeerId> = Vec::new();
            let mut beliefs: std::collections::BTreeMap<PeerId, std::collections::BTreeMap<PeerId, bool>> = Default::default();
            for step in steps {
                let pick = |who: usize| (!joined.is_empty()).then(|| joined[who % joined.len()]);
                let mut gone = None;
                let deliveries = match step {
                    Step::Join => match room.join(now, newcomer(&format!("n{}", joined.len() + 1))) {
                        Ok(admission) => {
                            prop_assert!(!joined.contains(&admission.peer), "an id was given twice");
                            joined.push(admission.peer);
                            admission.deliveries
                        }
                        Err(RoomFull) => vec![],
                    },
                    Step::Resume { who, reloaded } => {
                        let Some(peer) = pick(who) else { continue };
                        let index = joined.iter().position(|other| *other == peer).unwrap();
                        let known = room.find(peer).is_some();
                        let name = format!("n{}", index + 1);
                        let fresh = JoinRequest { token: token(&format!("n{}", joined.len() + 1)), ..returning(&name, reloaded) };
                        match room.join(now, fresh) {
                            Ok(admission) => {
                                prop_assert_eq!(known, admission.peer == peer);
                                if !known { joined.push(admission.peer) }
                                admission.deliveries
                            }
                            Err(RoomFull) => { prop_assert!(!known); vec![] }
                        }
                    }
                    Step::Leave { who } => { gone = pick(who); pick(who).map(|peer| room.leave(peer)).unwrap_or_default() }
                    Step::Lose { who, unloaded } => {
                        gone = pick(who);
                        let loss = if unloaded { Loss::Unloaded } else { Loss::Lost };
                        pick(who).map(|peer| room.lose(now, peer, loss)).unwrap_or_default()
                    }
                    Step::Wait { seconds } => { now += Duration::from_secs(seconds); room.expire(now) }
                };
                if let Some(gone) = gone { beliefs.remove(&gone); }
                for (to, message) in read(&deliveries) {
                    let to = PeerId(to);
                    match message {
                        ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => {
                            prop_assert_eq!(seated.peer, to);
                            beliefs.insert(to, seated.peers.iter().map(|info| (info.peer, info.away)).collect());
                        }
                        other => {
                            let belief = beliefs.get_mut(&to).expect("only those present are told anything");
                            match other {
                                ServerMsg::PeerJoined(info) => prop_assert_eq!(belief.insert(info.peer, false), None),
                                ServerMsg::PeerAway { peer, .. } => prop_assert_eq!(belief.insert(peer, true), Some(false)),
                                ServerMsg::PeerBack { peer, .. } => prop_assert!(belief.insert(peer, false).is_some()),
                                ServerMsg::PeerLeft { peer } => prop_assert!(belief.remove(&peer).is_some()),
                                other => prop_assert!(false, "unexpected {:?}", other),
                            }
                        }
                    }
                }
                prop_assert!(room.seats() <= capacity);
                let present: Vec<_> = room.seats.iter().filter(|seat| seat.present()).map(|seat| seat.peer).collect();
                prop_assert_eq!(beliefs.keys().copied().collect::<Vec<_>>(), present);
                for (peer, belief) in &beliefs {
                    let held = room.seats.iter().filter(|seat| seat.peer != *peer).map(|seat| (seat.peer, !seat.present()));
                    prop_assert_eq!(belief, &held.collect());
                }
            }
        }
    }
}
