//! The connection that is at hand for the next newcomer.

use super::*;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// In a room with so many seats, with these others.
fn sits_with(page: &mut Tab, capacity: Option<u8>, resumed: bool, peers: Vec<PeerInfo>) -> Vec<Command> {
    let ServerMsg::RoomJoined(seated) = seated("t1", resumed, peers) else { unreachable!() };
    page.hears(ServerMsg::RoomJoined(Seated { capacity, ..seated }))
}

/// Alone in a room with so many seats.
fn alone_of(call: Call, capacity: Option<u8>) -> Tab {
    let mut page = Tab::of(call, Loaded::default());
    page.happens(connect());
    page.socket(SocketEvent::Opened);
    sits_with(&mut page, capacity, false, vec![]);
    page
}

/// Waits in a room of four until a connection is at hand.
fn waiting() -> Tab {
    let mut page = alone_of(Call::new(1), Some(4));
    assert_eq!(of_warm(&later(&mut page, s(1))), [prepare(1, &[], false)]);
    page
}

fn later(page: &mut Tab, after: Duration) -> Vec<Command> {
    page.at(NOW + after, Event::Tick)
}

fn config(urls: &[&str], relay_only: bool) -> PeerConfig {
    let server = |url: &&str| IceServer { urls: vec![(*url).to_owned()], username: None, credential: None };
    PeerConfig { ice_servers: urls.iter().map(server).collect(), relay_only }
}

fn prepare(id: u32, urls: &[&str], relay_only: bool) -> Command {
    Command::Prepare(PreparedId(id), config(urls, relay_only))
}

fn dropped(id: u32) -> Command {
    Command::DropPrepared(PreparedId(id))
}

fn of_warm(commands: &[Command]) -> Vec<Command> {
    let is_of_warm = |command: &&Command| matches!(command, Command::Prepare(..) | Command::DropPrepared(_));
    commands.iter().filter(is_of_warm).cloned().collect()
}

/// The connections opened, with what was at hand for them.
fn given(commands: &[Command]) -> Vec<(u32, Option<u32>)> {
    let given = |command: &Command| match command {
        Command::Peer(peer, _, PeerCommand::Open { prepared, .. }) => {
            Some((peer.0, prepared.map(|PreparedId(id)| id)))
        }
        _ => None,
    };
    commands.iter().filter_map(given).collect()
}

fn newcomer(id: u32) -> PeerInfo {
    present(PeerId(id), PageLoad(id))
}

fn comes(page: &mut Tab, id: u32) -> Vec<Command> {
    let mut commands = page.hears(ServerMsg::PeerJoined(newcomer(id)));
    commands.extend(page.opens(PeerId(id), Signal::Who { name: None, locked: false }));
    commands
}

fn reports(page: &mut Tab, id: u32, event: PeerEvent) -> Vec<Command> {
    page.happens(Event::Peer(PeerId(id), Epoch::first(PageLoad(1), PageLoad(id)), event))
}

#[test]
fn who_waits_has_one_connection_at_hand() {
    let mut page = alone_of(Call::new(1), Some(4));
    let due = Duration::from_millis(200);
    assert_eq!(page.call.deadline(), Some(NOW + due), "the devices are starting");
    assert_eq!(of_warm(&later(&mut page, due - Duration::from_millis(1))), []);
    assert_eq!(of_warm(&later(&mut page, due)), [prepare(1, &[], false)]);
    for after in [1, 10, 3600] {
        assert_eq!(of_warm(&later(&mut page, s(after))), []);
    }
}

#[test]
fn a_newcomer_gets_it_and_the_offer_as_soon_as_the_browser_tells_it() {
    let mut page = waiting();
    let commands = comes(&mut page, 2);
    assert_eq!(given(&commands), [(2, Some(1))]);
    let offers = |command: &Command| {
        matches!(command, Command::Peer(_, _, PeerCommand::Offer { offer: OfferId(1), restart: false }))
    };
    assert!(commands.iter().any(offers), "{commands:?}");
    assert_eq!(of_warm(&commands), []);
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    let offer = Signal::WebrtcOffer { sdp: "v=0".into(), epoch, offer: OfferId(1) };
    let told = reports(&mut page, 2, PeerEvent::Offered { offer: OfferId(1), sdp: "v=0".into() });
    assert_eq!(told, [page.sends(PeerId(2), offer)]);
}

#[test]
fn of_many_who_come_at_once_only_the_first_gets_it() {
    let mut page = alone_of(Call::new(1), Some(8));
    later(&mut page, s(1));
    let given: Vec<_> = (2..=8).flat_map(|id| given(&comes(&mut page, id))).collect();
    let cold = (3..=8).map(|id| (id, None));
    assert!(given.iter().copied().eq([(2, Some(1))].into_iter().chain(cold)), "{given:?}");
}

#[test]
fn the_next_is_prepared_once_everybody_is_connected_for_a_while() {
    let mut page = waiting();
    comes(&mut page, 2);
    assert_eq!(of_warm(&later(&mut page, s(7))), [], "the pictures come first");
    reports(&mut page, 2, PeerEvent::State(PeerState::Connected));
    assert_eq!(page.call.deadline(), Some(NOW + s(5)));
    comes(&mut page, 3);
    assert_eq!(of_warm(&later(&mut page, s(5))), [], "another one comes before");
    reports(&mut page, 3, PeerEvent::State(PeerState::Connected));
    assert_eq!(of_warm(&later(&mut page, s(5))), [prepare(2, &[], false)]);
    assert_eq!(given(&comes(&mut page, 4)), [(4, Some(2))]);
    reports(&mut page, 4, PeerEvent::State(PeerState::Connected));
    assert_eq!(of_warm(&later(&mut page, s(5))), [], "all four seats are taken");
}

#[test]
fn who_is_not_being_connected_keeps_nobody_from_it() {
    let mut page = waiting();
    comes(&mut page, 2);
    page.hears(ServerMsg::PeerAway { peer: PeerId(2), unloaded: true });
    assert_eq!(of_warm(&later(&mut page, s(5))), [prepare(2, &[], false)]);
}

#[test]
fn a_full_room_has_none() {
    let mut page = alone_of(Call::new(1), Some(2));
    assert_eq!(of_warm(&later(&mut page, s(1))), [prepare(1, &[], false)]);
    // Who has a lower number makes the offers, so that the connection stays here.
    let commands = comes(&mut page, 0);
    assert_eq!((given(&commands), of_warm(&commands)), (vec![(0, None)], vec![dropped(1)]));
    reports(&mut page, 0, PeerEvent::State(PeerState::Connected));
    assert_eq!(of_warm(&later(&mut page, s(5))), []);
    page.hears(ServerMsg::PeerLeft { peer: PeerId(0) });
    assert_eq!(of_warm(&later(&mut page, s(5))), [prepare(2, &[], false)]);
}

#[test]
fn a_server_that_does_not_tell_has_as_many_seats_as_any() {
    let mut page = alone_of(Call::new(1), None);
    assert_eq!(of_warm(&later(&mut page, s(1))), [prepare(1, &[], false)]);
    for id in 2..=8 {
        comes(&mut page, id);
        reports(&mut page, id, PeerEvent::State(PeerState::Connected));
    }
    assert_eq!(of_warm(&later(&mut page, s(5))), []);
}

#[test]
fn it_goes_by_the_newest_servers_and_as_the_address_is_hidden_now() {
    let mut page = waiting();
    let told = config(&["turn:a"], false).ice_servers;
    assert_eq!(of_warm(&page.hears(ServerMsg::IceServers { ice_servers: told })), [dropped(1)]);
    assert_eq!(of_warm(&later(&mut page, s(1))), [prepare(2, &["turn:a"], false)]);
    let hides = |page: &mut Tab, hide| of_warm(&page.happens(Event::User(UserAction::HideAddress(hide))));
    assert_eq!(hides(&mut page, true), [dropped(2)]);
    assert_eq!(given(&comes(&mut page, 2)), [(2, None)], "none yet");
    reports(&mut page, 2, PeerEvent::State(PeerState::Connected));
    assert_eq!(of_warm(&later(&mut page, s(5))), [prepare(3, &["turn:a"], true)]);
    assert_eq!(hides(&mut page, false), [dropped(3)]);
    assert_eq!(of_warm(&later(&mut page, s(5))), [prepare(4, &["turn:a"], false)]);
}

/// They are told with the seat, together with those who have come meanwhile.
#[test]
fn one_with_the_servers_of_before_is_given_to_nobody() {
    let mut page = waiting();
    page.lose_socket();
    assert_eq!(of_warm(&page.happens(Event::Woken)), [], "a lost socket leaves it alone");
    page.socket(SocketEvent::Opened);
    let ServerMsg::RoomJoined(seated) = seated("t2", true, vec![newcomer(2)]) else { unreachable!() };
    let ice_servers = config(&["turn:b"], false).ice_servers;
    let commands = page.hears(ServerMsg::RoomJoined(Seated { ice_servers, capacity: Some(4), ..seated }));
    assert_eq!((given(&commands), of_warm(&commands)), (vec![(2, None)], vec![dropped(1)]));
}

#[test]
fn who_is_found_with_the_seat_that_is_back_gets_it_too() {
    let mut page = waiting();
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    let commands = sits_with(&mut page, Some(4), true, vec![newcomer(2), newcomer(3)]);
    assert_eq!(given(&commands), [(2, Some(1)), (3, None)]);
}

#[test]
fn nothing_of_it_names_a_hidden_address_when_it_is_told() {
    let mut page = alone_of(Call::new(1).in_page(Page { hides_address: true, ..Page::default() }), Some(4));
    assert_eq!(of_warm(&later(&mut page, s(1))), [prepare(1, &[], true)]);
    assert_eq!(given(&comes(&mut page, 2)), [(2, Some(1))]);
    let sdp = "v=0\r\nc=IN IP4 192.168.1.7\r\na=candidate:1 1 udp 1 192.168.1.7 5 typ host\r\n".to_owned();
    let told = format!("{:?}", reports(&mut page, 2, PeerEvent::Offered { offer: OfferId(1), sdp }));
    assert!(told.contains("WebrtcOffer") && !told.contains("192.168"), "{told}");
    let line = "candidate:1 1 udp 1 192.168.1.7 5 typ host".to_owned();
    let candidate = IceCandidate { candidate: line, ..IceCandidate::default() };
    assert_eq!(reports(&mut page, 2, PeerEvent::Candidate(candidate)), []);
}

#[test]
fn a_browser_that_refuses_is_not_asked_again_and_again() {
    let mut page = waiting();
    assert_eq!(page.happens(Event::NotPrepared(PreparedId(1))), [dropped(1)]);
    assert_eq!(of_warm(&later(&mut page, s(10))), []);
    page.happens(Event::Woken);
    assert_eq!(of_warm(&later(&mut page, s(11))), [prepare(2, &[], false)], "somebody looks at the page");
    assert_eq!(page.happens(Event::NotPrepared(PreparedId(2))), [dropped(2)]);
    assert_eq!(given(&comes(&mut page, 2)), [(2, None)], "as if there had never been one");
    reports(&mut page, 2, PeerEvent::State(PeerState::Connected));
    assert_eq!(of_warm(&later(&mut page, s(5))), [prepare(3, &[], false)]);
    assert_eq!(page.happens(Event::NotPrepared(PreparedId(2))), [], "late");
    assert_eq!(given(&comes(&mut page, 3)), [(3, Some(3))]);
    assert_eq!(page.happens(Event::NotPrepared(PreparedId(3))), [], "it is another peer's by now");
}

#[test]
fn one_that_fails_with_its_peer_is_built_anew_as_any_other() {
    let mut page = waiting();
    comes(&mut page, 2);
    reports(&mut page, 2, PeerEvent::Offered { offer: OfferId(1), sdp: String::new() });
    let commands = reports(&mut page, 2, PeerEvent::StepFailed("closed".into()));
    assert_eq!(given(&commands), [(2, None)]);
    let next = Epoch::first(PageLoad(1), PageLoad(2)).next();
    assert_eq!(commands.iter().find_map(opened), next);
    reports(&mut page, 2, PeerEvent::Offered { offer: OfferId(1), sdp: String::new() });
    assert_eq!(page.call.view().peers.len(), 1);
}

#[test]
fn a_connection_built_anew_leaves_it_to_the_next_newcomer() {
    let mut page = waiting();
    comes(&mut page, 2);
    reports(&mut page, 2, PeerEvent::State(PeerState::Connected));
    later(&mut page, s(5));
    let commands = page.happens(Event::User(UserAction::RetryPeer(PeerId(2))));
    assert_eq!((given(&commands), of_warm(&commands)), (vec![(2, None)], vec![]));
    assert_eq!(given(&comes(&mut page, 3)), [(3, Some(2))]);
}

#[test]
fn a_newcomer_who_leaves_at_once_takes_it_away() {
    let mut page = waiting();
    comes(&mut page, 2);
    assert!(page.hears(ServerMsg::PeerLeft { peer: PeerId(2) }).iter().any(closes));
    assert_eq!(reports(&mut page, 2, PeerEvent::Offered { offer: OfferId(1), sdp: "late".into() }), []);
    assert_eq!(of_warm(&later(&mut page, s(1))), [prepare(2, &[], false)]);
    assert_eq!(given(&comes(&mut page, 3)), [(3, Some(2))]);
}

#[test]
fn who_leaves_has_none() {
    let mut page = waiting();
    assert_eq!(of_warm(&page.happens(Event::User(UserAction::Leave))), [dropped(1)]);
    assert_eq!(of_warm(&later(&mut page, s(1))), []);
}
