use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::protocol::inbound::{Inbound, decode};

const RULES: Rules =
    Rules { capacity: 3, grace: Duration::from_secs(15), unload_grace: Duration::from_secs(5) };
const SEALED: &str = "AgAAAAG3h8VA5l3YSZAzFaP-abcdefgh";
const START: Duration = Duration::from_secs(100);

fn room_id() -> RoomId {
    RoomId::from_typed("4711").unwrap()
}

fn token(text: &str) -> SeatToken {
    SeatToken(text.to_owned())
}

fn said(page: &str) -> Introduction {
    let text = |of: &str| format!("{of}-{page}");
    Introduction { hello: text("hello").try_into().unwrap(), door: text("door").try_into().unwrap() }
}

fn newcomer(name: &str) -> JoinRequest {
    JoinRequest {
        asked: room_id(),
        introduction: Some(said(name)),
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

#[test]
fn a_page_is_answered_by_its_own_spelling_of_the_room() {
    let asked = RoomId::from_typed("abc").unwrap().as_asked("ABC");
    let mut room = Room::new(RoomId::from_typed("abc").unwrap(), RULES);
    let admission = room.join(Duration::ZERO, JoinRequest { asked, ..newcomer("a") }).unwrap();
    assert!(admission.deliveries[0].frame.contains(r#""room":"ABC""#));
}

/// A room with `count` confirmed peers named `a`, `b`, `c`.
fn room_of(count: usize) -> Room {
    let mut room = Room::new(room_id(), RULES);
    for name in ["a", "b", "c"].into_iter().take(count) {
        let peer = room.join(START, newcomer(name)).unwrap().peer;
        room.confirm(peer);
    }
    room
}

/// What becomes of a signal.
fn forwarded(room: &Room, from: u32, to: u32) -> Result<Vec<(u32, ServerMsg)>, ErrorCode> {
    let text = format!(r#"{{"type":"signal","to":{to},"sealed":"{SEALED}"}}"#);
    let Ok(Inbound::Signal(envelope)) = decode(&text) else { panic!("{text}") };
    room.forward(PeerId(from), &envelope).map(|delivery| read(delivery.as_slice()))
}

fn peer_info(peer: u32, name: &str) -> PeerInfo {
    PeerInfo {
        peer: PeerId(peer),
        page: PageLoad(peer),
        hello: Some(said(name).hello),
        door: Some(said(name).door),
        away: false,
    }
}

fn seated(peer: u32, page: u32, peers: Vec<PeerInfo>, resume: &str) -> Seated {
    Seated {
        room: room_id(),
        peer: PeerId(peer),
        page: PageLoad(page),
        peers,
        resume: token(resume),
        resumed: resume == "fresh",
        ice_servers: vec![],
        capacity: Some(3),
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
fn a_join_beyond_the_capacity_is_refused_as_the_room_is_full() {
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
fn another_key_is_another_page_and_a_seat_that_was_restored_has_none_yet() {
    let mut room = room_of(2);
    let page = |room: &mut Room, key: &str| {
        let request =
            JoinRequest { introduction: Some(said(key)), token: token("a"), ..returning("a", false) };
        let admission = room.join(START, request).unwrap();
        room.confirm(admission.peer);
        match &read(&admission.deliveries)[0] {
            (1, ServerMsg::RoomJoined(seated)) => seated.page,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(page(&mut room, "a"), PageLoad(1));
    assert_eq!(page(&mut room, "old"), PageLoad(3));
    assert_eq!(page(&mut room, "a"), PageLoad(4));
    let mut restored = Room::restore(START, room.take_record().unwrap(), RULES);
    assert_eq!(page(&mut restored, "a"), PageLoad(4));
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
        assert_eq!((admission.peer, admission.entry), (PeerId(1), Entry::Resumed));
        let others = vec![peer_info(2, "b"), peer_info(3, "c")];
        let joined = ServerMsg::RoomJoined(seated(1, page, others, "fresh"));
        let back = ServerMsg::PeerBack(PeerInfo { page: PageLoad(page), ..peer_info(1, "a") });
        assert_eq!(read(&admission.deliveries), [(1, joined), (2, back.clone()), (3, back)]);
        assert_eq!(room.deadline(), None);
    }
}

#[test]
fn a_token_takes_over_from_a_hanging_socket_without_word_of_absence() {
    let mut room = room_of(2);
    let admission = room.join(START, returning("a", false)).unwrap();
    assert_eq!(admission.entry, Entry::Resumed);
    let back = ServerMsg::PeerBack(peer_info(1, "a"));
    assert_eq!(read(&admission.deliveries)[1..], [(2, back)]);
}

#[test]
fn a_newcomer_is_told_of_away_peers_and_joins_even_if_all_are_away() {
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
    assert_eq!(read(&admission.deliveries), [(1, ServerMsg::RoomCreated(seated(1, 1, vec![], "fresh")))]);
}

#[test]
fn a_token_is_good_until_the_next_one_has_arrived_and_not_longer() {
    let mut room = room_of(3);
    let mut holder = |shown: &str, told: &str, confirmed: bool| {
        let request = JoinRequest { token: token(told), ..returning(shown, false) };
        let peer = room.join(START, request).map(|admission| admission.peer);
        if let (Ok(peer), true) = (peer, confirmed) {
            room.confirm(peer);
        }
        peer
    };
    // The answer to the first return was lost, so the old token is shown again.
    assert_eq!(holder("a", "a2", false), Ok(PeerId(1)));
    assert_eq!(holder("a", "a3", true), Ok(PeerId(1)));
    assert_eq!(holder("a", "a4", false), Err(RoomFull), "replayed");
    assert_eq!(holder("a2", "a4", false), Err(RoomFull), "told before the one that was confirmed");
    // Showing a token confirms it as well.
    assert_eq!(holder("a3", "a4", false), Ok(PeerId(1)));
    assert_eq!(holder("a4", "a5", false), Ok(PeerId(1)));
    assert_eq!(holder("a3", "a6", false), Err(RoomFull));
    // A late join of a former socket does not take the newer one's token away.
    assert_eq!(holder("a4", "late", false), Ok(PeerId(1)));
    assert_eq!(holder("a5", "a6", true), Ok(PeerId(1)));
}

#[test]
fn a_seat_whose_token_never_arrived_is_not_kept() {
    let mut room = room_of(1);
    room.join(START, newcomer("b")).unwrap();
    let left = ServerMsg::PeerLeft { peer: PeerId(2) };
    assert_eq!(read(&room.lose(START, PeerId(2), Loss::Lost)), [(1, left)]);
    assert_eq!((room.seats(), room.deadline()), (1, None));
}

#[test]
fn a_recorded_room_returns_with_all_away_and_gives_no_number_twice() {
    let mut room = room_of(3);
    room.leave(PeerId(3));
    room.join(START, newcomer("d")).unwrap();
    let record = room.take_record().unwrap();
    assert_eq!(room.take_record(), None, "nothing new");
    let written = serde_json::to_string(&record).unwrap();
    for secret in ["\"a\"", "\"b\"", "\"d\""] {
        assert!(!written.contains(secret), "neither names nor tokens: {written}");
    }
    let read_back: RoomRecord = serde_json::from_str(&written).unwrap();
    assert_eq!(read_back, record);

    let later = Duration::from_secs(7_000);
    let mut room = Room::restore(later, read_back, RULES);
    assert_eq!((room.seats(), room.deadline()), (2, Some(later + RULES.grace)), "one was never confirmed");
    let back = room.join(later, returning("a", false)).unwrap();
    let others = vec![PeerInfo { hello: None, door: None, away: true, ..peer_info(2, "b") }];
    let joined = ServerMsg::RoomJoined(seated(1, 1, others, "fresh"));
    assert_eq!((back.entry, read(&back.deliveries)), (Entry::Resumed, vec![(1, joined)]));
    let new = room.join(later, newcomer("e")).unwrap();
    assert_eq!(new.peer, PeerId(4 + UNRECORDED + 1), "4 was told to somebody, and maybe more");
    assert_eq!(room.join(later, newcomer("f")).unwrap_err(), RoomFull, "the seat of 2 is kept");
    let told = room.join(later, JoinRequest { token: token("b2"), ..returning("b", true) }).unwrap();
    let back = ServerMsg::PeerBack(PeerInfo { page: PageLoad(4 + UNRECORDED + 2), ..peer_info(2, "b") });
    assert_eq!(read(&told.deliveries)[1..], [(1, back.clone()), (new.peer.0, back)], "with the keys it says");
}

#[test]
fn digests_are_read_as_they_are_written_and_nothing_else_is() {
    let digest = TokenDigest::of(&token("abc"));
    let text = String::from(digest);
    // FIPS 180-2, appendix B.1
    assert_eq!(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(TokenDigest::try_from(text.clone()), Ok(digest));
    for bad in ["", &text[2..], &text.replace("ba", "xy"), &text.replace("ba", "+a"), &format!("{text}00")] {
        assert!(TokenDigest::try_from(bad.to_owned()).is_err(), "{bad}");
    }
}

#[test]
fn signals_reach_the_one_meant_and_nobody_else() {
    let room = room_of(3);
    let signal = ServerMsg::Signal { from: PeerId(2), sealed: SEALED.to_owned().try_into().unwrap() };
    assert_eq!(forwarded(&room, 2, 3), Ok(vec![(3, signal)]));
    for stranger in [2, 4, 0] {
        assert_eq!(forwarded(&room, 2, stranger), Err(ErrorCode::UnknownPeer), "{stranger}");
    }
    assert_eq!(forwarded(&room, 9, 2), Err(ErrorCode::NotJoined));
}

#[test]
fn signals_for_somebody_away_are_dropped() {
    let mut room = room_of(3);
    room.lose(START, PeerId(1), Loss::Lost);
    assert_eq!(forwarded(&room, 2, 1), Ok(vec![]));
    assert_eq!(forwarded(&room, 2, 3).unwrap().len(), 1);
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

/// One event of a room; `who` selects among the peers so far.
#[derive(Clone, Debug)]
enum Step {
    Join,
    Resume { who: usize, reloaded: bool },
    Confirm { who: usize },
    Leave { who: usize },
    Lose { who: usize, unloaded: bool },
    Wait { seconds: u64 },
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..6_usize;
    let step = prop_oneof![
        3 => Just(Step::Join),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, reloaded)| Step::Resume { who, reloaded }),
        5 => who.clone().prop_map(|who| Step::Confirm { who }),
        1 => who.clone().prop_map(|who| Step::Leave { who }),
        3 => (who, any::<bool>()).prop_map(|(who, unloaded)| Step::Lose { who, unloaded }),
        2 => (0..10_u64).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    /// The messages to each peer, replayed, give the room's state: no peer sees a ghost or misses another.
    #[test]
    fn seats_stay_within_the_capacity_and_all_present_know_the_room(
        capacity in 2..=4_usize, steps in steps(),
    ) {
        let rules = Rules { capacity, ..RULES };
        let mut room = Room::new(room_id(), rules);
        let mut record = None;
        let mut now = START;
        let mut tokens = 0;
        // In joining order, each with its newest token; and for each present peer, whether it believes the others
        // away.
        let mut joined: Vec<(PeerId, SeatToken)> = Vec::new();
        let mut beliefs: BTreeMap<PeerId, BTreeMap<PeerId, bool>> = BTreeMap::new();
        for step in steps {
            let pick = |who: usize| (!joined.is_empty()).then(|| who % joined.len());
            let peer_of = |who: usize| pick(who).map(|at| joined[at].0);
            tokens += 1;
            let fresh = token(&format!("token {tokens}"));
            let mut gone = None;
            let deliveries = match step {
                Step::Join => match room.join(now, JoinRequest { token: fresh.clone(), ..newcomer("n") }) {
                    Ok(admission) => {
                        prop_assert!(joined.iter().all(|(peer, _)| *peer != admission.peer), "an id was given twice");
                        joined.push((admission.peer, fresh));
                        admission.deliveries
                    }
                    Err(RoomFull) => vec![],
                },
                Step::Resume { who, reloaded } => {
                    let Some(at) = pick(who) else { continue };
                    let (peer, shown) = joined[at].clone();
                    let known = room.holder_of(&shown) == Some(peer);
                    let request = JoinRequest { token: fresh.clone(), resume: Some(shown), reloaded, ..newcomer("n") };
                    match room.join(now, request) {
                        Ok(admission) => {
                            prop_assert_eq!(known, admission.peer == peer);
                            if known { joined[at].1 = fresh } else { joined.push((admission.peer, fresh)) }
                            admission.deliveries
                        }
                        Err(RoomFull) => { prop_assert!(!known); vec![] }
                    }
                }
                Step::Confirm { who } => { peer_of(who).into_iter().for_each(|peer| room.confirm(peer)); vec![] }
                Step::Leave { who } => { gone = peer_of(who); gone.map(|peer| room.leave(peer)).unwrap_or_default() }
                Step::Lose { who, unloaded } => {
                    gone = peer_of(who);
                    let loss = if unloaded { Loss::Unloaded } else { Loss::Lost };
                    gone.map(|peer| room.lose(now, peer, loss)).unwrap_or_default()
                }
                Step::Wait { seconds } => { now += Duration::from_secs(seconds); room.expire(now) }
                Step::Restart => {
                    let Some(record) = record.clone() else { continue };
                    let before = room.seats.iter().filter(|seat| seat.proof.is_confirmed()).count();
                    room = Room::restore(now, record, rules);
                    beliefs.clear();
                    prop_assert_eq!(room.seats(), before, "all who can prove their seat have it, and nobody else");
                    vec![]
                }
            };
            record = room.take_record().or(record);
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
                            ServerMsg::PeerBack(info) => prop_assert!(belief.insert(info.peer, false).is_some()),
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
