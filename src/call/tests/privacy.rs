//! The hidden address, and the configuration of the connections.

use super::*;

const BEN: PeerId = PeerId(2);
const OWN: &str = "candidate:1 1 udp 2113937151 192.168.1.7 54321 typ host";
const RELAY: &str = "candidate:2 1 udp 33562623 198.51.100.1 49152 typ relay raddr 0.0.0.0 rport 9";

fn epoch() -> Epoch {
    Epoch::first(PageLoad(1), PageLoad(2))
}

fn turn(credential: &str) -> Vec<IceServer> {
    let (urls, credential) = (vec!["turn:a".to_owned()], Some(credential.to_owned()));
    vec![IceServer { urls, username: Some("u".to_owned()), credential }]
}

fn offers_relay(page: &mut Tab) {
    page.hears(ServerMsg::IceServers { ice_servers: turn("c") });
}

fn reports(page: &mut Tab, event: PeerEvent) -> Vec<Command> {
    page.happens(Event::Peer(BEN, epoch(), event))
}

fn hides(page: &mut Tab, hide: bool) -> Vec<Command> {
    page.happens(Event::User(UserAction::HideAddress(hide)))
}

fn gathers(page: &mut Tab, line: &str) -> Vec<Command> {
    let candidate = IceCandidate { candidate: line.to_owned(), ..IceCandidate::default() };
    reports(page, PeerEvent::Candidate(candidate))
}

fn connect(page: &mut Tab) {
    let offer = OfferId(1);
    reports(page, PeerEvent::Offered { offer, sdp: String::new() });
    let answer = Signal::WebrtcAnswer { sdp: String::new(), epoch: epoch(), offer };
    page.opens(BEN, answer);
    reports(page, PeerEvent::Applied);
    reports(page, PeerEvent::State(PeerState::Connected));
}

fn configured(relay_only: bool) -> Command {
    let config = PeerConfig { ice_servers: turn("c"), relay_only };
    Command::Peer(BEN, epoch(), PeerCommand::Configure(config))
}

fn told(commands: &[Command]) -> String {
    let sent = |command: &Command| match command {
        Command::Seal(_, SealCommand::Close(_, signal)) => serde_json::to_string(signal).ok(),
        _ => None,
    };
    commands.iter().filter_map(sent).collect()
}

fn call(hides_address: bool) -> Call {
    Call::new(1).in_page(Page { hides_address, ..Page::default() })
}

#[test]
fn who_hides_from_the_beginning_opens_relayed_connections_only() {
    let (mut page, commands) = Tab::joined(call(true));
    let opens = |command: &&Command| matches!(command, Command::Peer(_, _, PeerCommand::Open { .. }));
    let opened: Vec<_> = commands.iter().filter(opens).collect();
    let config = PeerConfig { ice_servers: vec![], relay_only: true };
    assert_eq!(
        opened,
        [&Command::Peer(BEN, epoch(), PeerCommand::Open { config, offerer: true, prepared: None })]
    );
    assert_eq!(page.call.view().notice, Some(Notice::HiddenWithoutRelay));

    let sdp = format!("v=0\r\nc=IN IP4 192.168.1.7\r\na={OWN}\r\n");
    let sent = told(&reports(&mut page, PeerEvent::Offered { offer: OfferId(1), sdp }));
    assert!(sent.contains("webrtc_offer") && !sent.contains("192.168"), "{sent}");
    assert_eq!(gathers(&mut page, OWN), []);
    assert!(told(&gathers(&mut page, RELAY)).contains("198.51.100.1"));
    assert!(told(&gathers(&mut page, "")).contains("webrtc_ice_candidate"), "their end is told");
}

#[test]
fn who_hides_during_a_call_begins_every_connection_anew() {
    let mut page = Tab::in_call();
    offers_relay(&mut page);
    connect(&mut page);
    assert!(told(&gathers(&mut page, OWN)).contains("192.168.1.7"), "nothing is hidden yet");
    let commands = hides(&mut page, true);
    let next = epoch().next().unwrap();
    let config = PeerConfig { ice_servers: turn("c"), relay_only: true };
    let closed = Command::Peer(BEN, epoch(), PeerCommand::Close);
    let opened = Command::Peer(BEN, next, PeerCommand::Open { config, offerer: true, prepared: None });
    let at = |wanted: &Command| commands.iter().position(|command| command == wanted);
    assert!(at(&closed).is_some() && at(&closed) < at(&opened), "{commands:?}");
    assert!(commands.contains(&Command::KeepHidden(true)) && page.call.view().hides_address);
    assert_eq!(gathers(&mut page, OWN), [], "late, of the connection before");
    let candidate = IceCandidate { candidate: OWN.to_owned(), ..IceCandidate::default() };
    let event = Event::Peer(BEN, next, PeerEvent::Candidate(candidate));
    assert_eq!(page.happens(event), [], "whatever the browser says");
    assert_eq!(hides(&mut page, true), []);
}

#[test]
fn a_connection_that_cannot_be_built_anew_is_closed() {
    let mut page = Tab::in_call();
    offers_relay(&mut page);
    let last = Epoch(epoch().0 + Epoch::TRIES - 1);
    let connected = Event::Peer(BEN, last, PeerEvent::State(PeerState::Connected));
    page.opens(BEN, Signal::StartCall { epoch: last });
    page.happens(connected.clone());
    assert_eq!(page.call.view().peers[0].link, LinkView::Connected);

    let closed = Command::Peer(BEN, last, PeerCommand::Close);
    assert!(hides(&mut page, true).contains(&closed));
    assert_eq!(page.happens(connected), [], "late");
    page.opens(BEN, Signal::WebrtcOffer { sdp: String::new(), epoch: last, offer: OfferId(9) });
    page.happens(Event::Woken);
    assert_eq!(page.call.view().peers[0].link, LinkView::Failed);
    assert_eq!(page.happens(Event::User(UserAction::RetryPeer(BEN))), [closed]);
}

#[test]
fn who_shows_it_again_goes_on_and_looks_for_a_direct_way() {
    let (mut page, _) = Tab::joined(call(true));
    offers_relay(&mut page);
    connect(&mut page);
    let commands = hides(&mut page, false);
    let restarts =
        |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::Offer { restart: true, .. }));
    let set = commands.iter().position(|command| *command == configured(false));
    assert!(set.is_some() && set < commands.iter().position(restarts), "{commands:?}");
    assert!(told(&gathers(&mut page, OWN)).contains("192.168.1.7"));
}

#[test]
fn who_hides_in_vain_is_told_that_only_relays_were_tried() {
    for (hidden, link) in [(true, LinkView::FailedHidden), (false, LinkView::Failed)] {
        let (mut page, _) = Tab::joined(call(hidden));
        offers_relay(&mut page);
        for epoch in epoch().0..epoch().0 + 7 {
            let failed = PeerEvent::StepFailed(String::new());
            page.happens(Event::Peer(BEN, Epoch(epoch), failed));
        }
        assert_eq!(page.call.view().peers[0].link, link);
        hides(&mut page, !hidden);
        assert_eq!(page.call.view().peers[0].link, LinkView::Connecting, "that is tried at once");
    }
}

#[test]
fn signals_not_yet_sent_are_hidden_too() {
    let mut page = Tab::in_call();
    offers_relay(&mut page);
    connect(&mut page);
    page.lose_socket();
    gathers(&mut page, OWN);
    hides(&mut page, true);
    let sent = told(&page.comes_back());
    assert!(!sent.contains("192.168.1.7"), "{sent}");
}

#[test]
fn nothing_is_hidden_where_there_is_no_relay() {
    let mut page = Tab::in_call();
    assert_eq!(page.call.view().relay, Relay::Missing);
    assert_eq!(hides(&mut page, true), []);
    assert!(!page.call.view().hides_address && page.call.view().cannot_hide);
    assert_eq!(page.call.view().notice, Some(Notice::NoRelay));
    let (hidden, _) = Tab::joined(call(true));
    assert!(!hidden.call.view().cannot_hide, "it can be shown");
}

#[test]
fn the_choice_of_another_tab_hides_this_call_but_never_shows_it() {
    let elsewhere = |page: &mut Tab, hide| page.happens(Event::HiddenElsewhere(hide));
    let mut page = Tab::in_call();
    offers_relay(&mut page);
    connect(&mut page);
    let closed = Command::Peer(BEN, epoch(), PeerCommand::Close);
    assert!(elsewhere(&mut page, true).contains(&closed));
    assert_eq!(page.call.view().notice, Some(Notice::AddressHidden));
    assert_eq!(elsewhere(&mut page, true), []);

    assert_eq!(elsewhere(&mut page, false), [], "what this call hides, it does not show");
    assert!(page.call.view().hides_address);
    page.happens(Event::User(UserAction::Leave));
    assert!(!page.call.view().hides_address, "the next call is another one");
    assert_eq!(elsewhere(&mut page, true), []);
    assert!(page.call.view().hides_address);
}

#[test]
fn a_hidden_address_is_hidden_after_a_reload_too() {
    let (mut page, commands) = Tab::joined(Call::new(1));
    offers_relay(&mut page);
    let kept = |commands: &[Command]| {
        let kept = |command: &Command| match command {
            Command::Remember(Some(remembered)) => Some(remembered.clone()),
            _ => None,
        };
        commands.iter().rev().find_map(kept)
    };
    assert!(!kept(&commands).unwrap().hides_address);
    let remembered = kept(&hides(&mut page, true));
    assert!(remembered.as_ref().unwrap().hides_address);

    let returning = Loaded { remembered, returning: true, ..Loaded::default() };
    assert!(Tab::loaded(returning).call.view().hides_address, "whatever was chosen elsewhere meanwhile");
}

#[test]
fn new_credentials_reach_all_connections_and_restart_nothing() {
    let mut page = Tab::in_call();
    let commands = page.hears(ServerMsg::IceServers { ice_servers: turn("c") });
    assert_eq!(commands, [configured(false)]);
    let commands = page.happens(Event::User(UserAction::RetryPeer(BEN)));
    let renewed = |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::Open { config, .. }) if config.ice_servers == turn("c"));
    assert!(commands.iter().any(renewed), "{commands:?}");
    page.happens(Event::User(UserAction::Leave));
    let late = page.hears(ServerMsg::IceServers { ice_servers: turn("d") });
    assert_eq!(late, []);
}

#[test]
fn the_path_is_shown_while_media_flows() {
    let mut page = Tab::in_call();
    let route = |page: &Tab| page.call.view().peers[0].route;
    reports(&mut page, PeerEvent::Route(Some(Route::Direct)));
    assert_eq!(route(&page), None, "not connected yet");
    connect(&mut page);
    assert_eq!(route(&page), Some(Route::Direct));
    page.happens(Event::Peer(BEN, Epoch(1), PeerEvent::Route(None)));
    assert_eq!(route(&page), Some(Route::Direct), "of another connection");
    reports(&mut page, PeerEvent::State(PeerState::Disconnected));
    assert_eq!(route(&page), None);
    page.happens(Event::User(UserAction::RetryPeer(BEN)));
    assert_eq!(route(&page), None);
}
