//! The registry's rooms and seats, and their expiry.

use super::expiry::{EXPIRED_AT_ONCE, EXPIRY_PAUSE};
use super::*;
use crate::protocol::inbound::{Inbound, decode};
use crate::protocol::{PageLoad, ServerMsg};
use crate::server::ice::Secret;
use crate::server::signalling::outbox::{Outbox, Outgoing, QueueLimit};
use crate::server::signalling::room::{SeatRecord, TokenDigest};
use crate::server::signalling::store::file::SeatStore;

const RULES: Rules =
    Rules { capacity: 2, grace: Duration::from_millis(20), unload_grace: Duration::from_millis(10) };

fn rooms(limit: usize) -> Registry<OneNode> {
    Registry::new(
        OneNode::new(),
        RULES,
        limit,
        no_ice(),
        EventLog::default(),
        Metrics::default(),
        Default::default(),
    )
}

fn no_ice() -> Arc<IceServers> {
    let (lifetime, key) = (Duration::from_secs(60), Secret::new("key"));
    Arc::new(IceServers { own: None, others: Vec::new(), lifetime, key })
}

fn outbox() -> Arc<Outbox> {
    Arc::new(Outbox::new(QueueLimit { frames: 16, bytes: 4096 }))
}

fn id(text: &str) -> RoomId {
    RoomId::from_typed(text).unwrap()
}

const HOST: &str = "localhost";

fn asking(room: &str, resume: Option<SeatToken>) -> Join {
    Join { room: id(room), asked: id("4711"), introduction: None, resume, reloaded: false }
}

/// Takes a seat and confirms its token.
fn join(
    rooms: &Registry<OneNode>,
    room: &str,
    resume: Option<SeatToken>,
    outbox: &Arc<Outbox>,
) -> Seat<OneNode> {
    let seat = rooms.join(asking(room, resume), HOST, outbox).unwrap();
    seat.confirm();
    seat
}

async fn next(outbox: &Outbox) -> ServerMsg {
    let Outgoing::Frame(frame) = outbox.next().await else { panic!("cut") };
    serde_json::from_str(&frame).unwrap()
}

async fn token_of(outbox: &Outbox) -> SeatToken {
    match next(outbox).await {
        ServerMsg::RoomCreated(seated) | ServerMsg::RoomJoined(seated) => seated.resume,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_dropped_seat_is_kept_for_a_while_and_its_room_forgotten_after() {
    let rooms = rooms(9);
    let (a, b) = (outbox(), outbox());
    let seat_a = join(&rooms, "1", None, &a);
    let seat_b = join(&rooms, "1", None, &b);
    drop(token_of(&b).await);
    drop(seat_a);
    assert_eq!(next(&b).await, ServerMsg::PeerAway { peer: PeerId(1), unloaded: false });
    let expiry = tokio::spawn({
        let rooms = rooms.clone();
        async move { rooms.expire_forever().await }
    });
    assert_eq!(next(&b).await, ServerMsg::PeerLeft { peer: PeerId(1) });
    seat_b.leave();
    assert_eq!(rooms.count(), 0);
    expiry.abort();
}

#[tokio::test]
async fn a_shorter_grace_that_starts_later_is_not_slept_through() {
    let rules = Rules { grace: Duration::from_secs(3_600), ..RULES };
    let rooms = Registry::new(
        OneNode::new(),
        rules,
        9,
        no_ice(),
        EventLog::default(),
        Metrics::default(),
        Default::default(),
    );
    let expiry = tokio::spawn({
        let rooms = rooms.clone();
        async move { rooms.expire_forever().await }
    });
    drop(join(&rooms, "1", None, &outbox()));
    tokio::task::yield_now().await;
    let b = outbox();
    let seat_a = join(&rooms, "2", None, &outbox());
    let _seat_b = join(&rooms, "2", None, &b);
    seat_a.lose(Loss::Unloaded);
    drop(token_of(&b).await);
    assert_eq!(next(&b).await, ServerMsg::PeerAway { peer: PeerId(1), unloaded: true });
    assert_eq!(next(&b).await, ServerMsg::PeerLeft { peer: PeerId(1) });
    expiry.abort();
}

#[tokio::test]
async fn alarms_do_not_pile_up_while_a_seat_comes_and_goes() {
    let rooms = rooms(9);
    let (a, mut resume) = (outbox(), None);
    for _ in 0..100 {
        let seat = join(&rooms, "1", resume, &a);
        resume = Some(token_of(&a).await);
        drop(seat);
    }
    assert_eq!(lock(&rooms.0.map).alarms.len(), 1);
}

#[tokio::test]
async fn a_newer_socket_takes_the_seat_and_the_older_one_changes_nothing() {
    let rooms = rooms(9);
    let (old, new, other) = (outbox(), outbox(), outbox());
    let old_seat = join(&rooms, "1", None, &old);
    let token = token_of(&old).await;
    let _other = join(&rooms, "1", None, &other);
    drop(token_of(&other).await);
    let _seat = join(&rooms, "1", Some(token.clone()), &new);
    assert_eq!(old.until_cut().await, CloseCode::Replaced);
    assert_ne!(token_of(&new).await, token);
    assert!(matches!(next(&other).await, ServerMsg::PeerBack(info) if info.peer == PeerId(1)));
    let Ok(Inbound::Signal(envelope)) = decode(r#"{"type":"signal","to":2,"sealed":1}"#) else { panic!() };
    assert_eq!(old_seat.forward(&envelope), Err(ErrorCode::NotJoined));
    old_seat.leave();
    assert_eq!(other.try_next(), None);
}

#[test]
fn one_room_too_many_is_refused_until_another_is_forgotten() {
    let rooms = rooms(1);
    let seat = join(&rooms, "1", None, &outbox());
    assert!(rooms.join(asking("2", None), HOST, &outbox()).is_err());
    drop(join(&rooms, "1", None, &outbox()));
    seat.leave();
    assert!(rooms.join(asking("2", None), HOST, &outbox()).is_err(), "a kept seat keeps its room");
    let second = outbox();
    // No expiry task runs: only the joins themselves expire seats.
    let _seat = std::iter::repeat_with(|| rooms.join(asking("2", None), HOST, &second)).find_map(Result::ok);
    assert_eq!(rooms.count(), 1, "the room whose time was over made place");
}

/// A record with one seat, whose token is the room's number.
fn record(number: usize) -> RoomRecord {
    let (room, token) = (id(&number.to_string()), SeatToken(number.to_string()));
    let seat =
        SeatRecord { peer: PeerId(1), page: PageLoad(1), token: TokenDigest::of(&token), issued: vec![] };
    RoomRecord { room, last_peer: 1, last_page: 1, seats: vec![seat] }
}

/// A registry with rooms from before a restart.
fn restored(rules: Rules, limit: usize, count: usize) -> Registry<OneNode> {
    let records = (0..count).map(record).collect();
    Registry::new(
        OneNode::new(),
        rules,
        limit,
        no_ice(),
        EventLog::default(),
        Metrics::default(),
        (None, records),
    )
}

#[test]
fn rooms_that_expire_together_are_taken_in_pieces() {
    let rooms = restored(Rules { grace: Duration::ZERO, ..RULES }, 10_000, 10_000);
    let (mut left, mut pieces) = (rooms.count(), 0);
    while left > 0 {
        let next = rooms.expire();
        let now_left = rooms.count();
        assert!(left - now_left <= EXPIRED_AT_ONCE);
        assert!(now_left == 0 || next.is_some_and(|next| next <= rooms.now() + EXPIRY_PAUSE), "{next:?}");
        (left, pieces) = (now_left, pieces + 1);
    }
    assert!(pieces >= 10_000 / EXPIRED_AT_ONCE);
    assert_eq!(rooms.expire(), None);
}

#[test]
fn rooms_of_before_a_restart_are_written_down_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seats.jsonl");
    let open = || SeatStore::open(file.clone()).unwrap();
    let known = |(store, records): (SeatStore, Vec<RoomRecord>)| {
        let recorded: (Option<Arc<dyn RoomStore>>, _) = (Some(Arc::new(store.clone())), records);
        let rooms = Registry::new(
            OneNode::new(),
            RULES,
            9,
            no_ice(),
            EventLog::default(),
            Metrics::default(),
            recorded,
        );
        store.close(Duration::from_secs(20));
        rooms.count()
    };
    let (store, _) = open();
    store.write_all(&mut (0..2_000).map(record));
    store.close(Duration::from_secs(20));
    for _ in 0..2 {
        assert_eq!(known(open()), 2_000);
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2_000);
    }
}

#[test]
fn rooms_of_before_a_restart_keep_no_newcomer_out() {
    let rooms = restored(Rules { grace: Duration::from_secs(3_600), ..RULES }, 2, 2);
    let newcomers: Vec<_> = ["a", "b"].map(|room| join(&rooms, room, None, &outbox())).into();
    assert!(rooms.join(asking("c", None), HOST, &outbox()).is_err());
    let back = join(&rooms, "1", Some(SeatToken("1".into())), &outbox());
    assert_eq!((back.peer, rooms.count()), (PeerId(1), 4));
    newcomers.into_iter().for_each(Seat::leave);
    let _newcomer = join(&rooms, "c", None, &outbox());
    assert!(rooms.join(asking("d", None), HOST, &outbox()).is_err(), "a room with somebody in it counts");
    rooms.give_up(&HeldSeat { room: id("0"), resume: SeatToken("0".into()) });
    assert!(rooms.join(asking("d", None), HOST, &outbox()).is_err());
    back.leave();
    assert!(rooms.join(asking("d", None), HOST, &outbox()).is_ok());
}

#[test]
fn tokens_differ_and_have_128_bits() {
    let tokens: std::collections::BTreeSet<_> = (0..1_000).map(|_| fresh_token().0).collect();
    assert!(tokens.len() == 1_000 && tokens.iter().all(|token| token.len() == 32));
}

/// A directory that notes what the metrics tell at each delivery: seats that are taken, and signals.
#[derive(Debug)]
struct Noting {
    metrics: Metrics,
    told: Arc<Mutex<Vec<(u32, u32)>>>,
}

impl Directory for Noting {
    type Socket = u32;

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn deliver(&self, _: &u32, _: String) {
        let (mut exposed, mut text) = (prometheus_client::registry::Registry::default(), String::new());
        self.metrics.register(&mut exposed);
        prometheus_client::encoding::text::encode(&mut text, &exposed).unwrap();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).parse::<u32>().unwrap()
        };
        let told = (value("seats{state=\"present\"}"), value("signals_total"));
        self.told.lock().unwrap().push(told);
    }

    fn cut(&self, _: &u32, _: CloseCode) {}
}

#[test]
fn whoever_is_told_of_a_change_finds_it_counted() {
    let (metrics, told) = (Metrics::default(), Arc::default());
    let directory = Noting { metrics: metrics.clone(), told: Arc::clone(&told) };
    let rooms =
        Registry::new(directory, RULES, 9, no_ice(), EventLog::default(), metrics, Default::default());
    let join = |socket: u32| rooms.join(asking("1", None), HOST, &socket).unwrap();
    let (one, two) = (join(1), join(2));
    let Ok(Inbound::Signal(envelope)) = decode(r#"{"type":"signal","to":2,"sealed":{}}"#) else {
        panic!("no signal")
    };
    one.forward(&envelope).unwrap();
    two.leave();
    // The first is told of its seat; both of the second one's; the signal; the leave.
    assert_eq!(*told.lock().unwrap(), [(1, 0), (2, 0), (2, 0), (2, 1), (1, 1)]);
}

#[tokio::test]
async fn as_the_server_stops_the_others_are_told_whose_seat_ends_and_not_whose_socket() {
    let rooms = Registry::new(
        OneNode::new(),
        Rules { capacity: 4, ..RULES },
        1,
        no_ice(),
        EventLog::default(),
        Metrics::default(),
        Default::default(),
    );
    let (a, b) = (join(&rooms, "1", None, &outbox()), join(&rooms, "1", None, &outbox()));
    let unconfirmed = rooms.join(asking("1", None), HOST, &outbox()).unwrap();
    let last = outbox();
    let c = join(&rooms, "1", None, &last);
    assert!(matches!(next(&last).await, ServerMsg::RoomJoined(_)));
    rooms.stop();
    a.lose(Loss::Lost);
    b.leave();
    assert_eq!(next(&last).await, ServerMsg::PeerLeft { peer: PeerId(2) });
    unconfirmed.lose(Loss::Lost);
    assert_eq!(next(&last).await, ServerMsg::PeerLeft { peer: PeerId(3) });
    let (taken, _) = rooms.taken(&id("1")).unwrap();
    assert_eq!(taken, Taken { present: 1, away: 1 }, "the seat is kept");
    drop(c);
}
