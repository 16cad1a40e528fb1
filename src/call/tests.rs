//! What a call does about its seat and its line, step by step; the mesh simulation proves the rest.

use super::*;
use crate::protocol::{ClientMsg, CloseCode, Epoch, OfferId, PeerInfo, Seated, ServerMsg, Signal};

pub(super) const NOW: Duration = Duration::from_secs(1);

pub(super) fn room() -> RoomId {
    RoomId::from_typed("4711").unwrap()
}

pub(super) fn token(text: &str) -> SeatToken {
    SeatToken(text.to_owned())
}

pub(super) fn seated(token_text: &str, resumed: bool, peers: Vec<PeerInfo>) -> ServerMsg {
    ServerMsg::RoomJoined(Seated {
        room: room(),
        peer: PeerId(1),
        page: PageLoad(1),
        peers,
        resume: token(token_text),
        resumed,
        ice_servers: vec![],
        version: crate::protocol::VERSION,
    })
}

pub(super) fn other() -> PeerInfo {
    PeerInfo { peer: PeerId(2), page: PageLoad(2), name: None, away: false }
}

pub(super) fn remembered(resume: &str) -> Remembered {
    Remembered {
        room: room(),
        resume: token(resume),
        name: None,
        microphone_muted: false,
        camera_off: false,
        hides_address: false,
    }
}

pub(super) fn join(resume: Option<&str>, reloaded: bool) -> Command {
    Command::Send(ClientMsg::Join { room: room(), name: None, resume: resume.map(token), reloaded })
}

pub(super) fn connect() -> Event {
    Event::User(UserAction::Connect { room: room().to_string(), name: String::new() })
}

/// A call and the socket it opened last.
pub(super) struct Tab {
    pub(super) call: Call,
    socket: SocketId,
    /// The browser has other tabs, so the test says whether the room may be held.
    pub(super) has_others: bool,
}

impl Tab {
    pub(super) fn loaded(loaded: Loaded) -> Self {
        Self::of(Call::new(1), loaded)
    }

    fn of(call: Call, loaded: Loaded) -> Self {
        let mut page = Self { call, socket: SocketId::default(), has_others: false };
        page.happens(Event::Loaded(Loaded { supported: true, ..loaded }));
        page
    }

    /// In a call with one other, as the server answered with the token `t1`.
    pub(super) fn in_call() -> Self {
        Self::joined(Call::new(1)).0
    }

    /// The same with a call of its own, and what it did when it got the seat.
    pub(super) fn joined(call: Call) -> (Self, Vec<Command>) {
        let mut page = Self::of(call, Loaded::default());
        page.happens(connect());
        page.socket(SocketEvent::Opened);
        let commands = page.hears(seated("t1", false, vec![other()]));
        (page, commands)
    }

    /// Back in the same seat after its line was lost.
    pub(super) fn comes_back(&mut self) -> Vec<Command> {
        self.comes_back_beside(other())
    }

    fn comes_back_beside(&mut self, other: PeerInfo) -> Vec<Command> {
        self.happens(Event::Woken);
        self.socket(SocketEvent::Opened);
        self.hears(seated("t2", true, vec![other]))
    }

    pub(super) fn happens(&mut self, event: Event) -> Vec<Command> {
        self.at(NOW, event)
    }

    /// What it does when its deadline comes.
    pub(super) fn due(&mut self) -> Vec<Command> {
        let due = self.call.deadline().unwrap();
        self.at(due, Event::Tick)
    }

    pub(super) fn at(&mut self, now: Duration, event: Event) -> Vec<Command> {
        let mut commands = self.call.handle(now, event);
        let mut held = None;
        for command in &commands {
            match command {
                Command::OpenSocket(socket) => self.socket = *socket,
                Command::HoldRoom { room, .. } if !self.has_others => held = Some(room.clone()),
                _ => {}
            }
        }
        if let Some(room) = held {
            commands.extend(self.at(now, Event::Hold(room, Hold::Granted(None))));
        }
        commands
    }

    pub(super) fn socket(&mut self, event: SocketEvent) -> Vec<Command> {
        self.happens(Event::Socket(self.socket, event))
    }

    pub(super) fn hears(&mut self, message: ServerMsg) -> Vec<Command> {
        self.socket(SocketEvent::Message(message))
    }

    pub(super) fn lose_line(&mut self) {
        self.socket(SocketEvent::Closed { code: 1006 });
    }
}

fn closes(command: &Command) -> bool {
    matches!(command, Command::Peer(_, _, PeerCommand::Close))
}

#[test]
fn a_seat_is_kept_before_it_is_confirmed() {
    let mut page = Tab::loaded(Loaded::default());
    page.happens(connect());
    assert_eq!(page.socket(SocketEvent::Opened), [join(None, false)]);
    let commands = page.hears(seated("t1", false, vec![]));
    let at = |wanted: &Command| commands.iter().position(|command| command == wanted);
    let kept = at(&Command::Remember(Some(remembered("t1"))));
    assert!(kept.is_some() && kept < at(&Command::Send(ClientMsg::Confirm)), "{commands:?}");
}

#[test]
fn a_lost_line_touches_no_connection_and_the_seat_is_taken_back_with_the_newest_token() {
    let mut page = Tab::in_call();
    for (shown, told) in [("t1", "t2"), ("t2", "t3")] {
        assert!(!page.socket(SocketEvent::Closed { code: 1006 }).iter().any(closes));
        let due = page.call.deadline().unwrap();
        page.at(due, Event::Tick);
        assert_eq!(page.socket(SocketEvent::Opened), [join(Some(shown), false)]);
        let commands = page.hears(seated(told, true, vec![other()]));
        assert!(!commands.iter().any(closes), "{commands:?}");
    }
}

#[test]
fn a_seat_that_is_not_the_same_any_more_begins_its_connections_anew() {
    let mut page = Tab::in_call();
    page.lose_line();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    let commands = page.hears(seated("t2", false, vec![other()]));
    assert_eq!(commands.iter().filter(|command| closes(command)).count(), 1, "{commands:?}");
    let opened = |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::Open { .. }));
    assert!(commands.iter().any(opened), "{commands:?}");
}

#[test]
fn a_peer_that_a_killed_server_brings_back_gets_another_connection() {
    let mut page = Tab::in_call();
    page.hears(ServerMsg::PeerLeft { peer: PeerId(2) });
    page.lose_line();
    let opened = |command: &Command| match command {
        Command::Peer(_, epoch, PeerCommand::Open { .. }) => Some(*epoch),
        _ => None,
    };
    let first = Epoch::first(PageLoad(1), PageLoad(2));
    assert_eq!(page.comes_back().iter().find_map(opened), first.next());
}

#[test]
fn who_leaves_while_the_line_is_down_has_the_server_told_and_can_come_back() {
    let mut page = Tab::in_call();
    page.lose_line();
    page.happens(Event::User(UserAction::Leave));
    assert_eq!(page.call.view().phase, Phase::Home);
    let owed = HeldSeat { room: room(), resume: token("t1") };
    page.happens(connect());
    let said = page.socket(SocketEvent::Opened);
    assert_eq!(said, [Command::Send(ClientMsg::Leave { held: Some(owed) }), join(None, false)]);
}

#[test]
fn who_leaves_is_not_taken_for_gone_until_the_server_says_so() {
    let mut page = Tab::in_call();
    assert!(
        page.happens(Event::User(UserAction::Leave))
            .contains(&Command::Send(ClientMsg::Leave { held: None }))
    );
    // The socket was dead already.
    let due = page.call.deadline().unwrap();
    assert!(page.at(due, Event::Tick).contains(&Command::OpenSocket(SocketId(2))));
    let owed = HeldSeat { room: room(), resume: token("t1") };
    assert_eq!(page.socket(SocketEvent::Opened), [Command::Send(ClientMsg::Leave { held: Some(owed) })]);
    page.hears(ServerMsg::Heartbeat);
    assert_eq!(page.call.deadline(), None);
}

#[test]
fn a_room_full_of_ghosts_does_not_end_a_call_that_is_heard_and_seen() {
    let mut page = Tab::in_call();
    let connected = |page: &mut Tab, state| {
        page.happens(Event::Peer(PeerId(2), Epoch::first(PageLoad(1), PageLoad(2)), PeerEvent::State(state)))
    };
    connected(&mut page, PeerState::Connected);
    page.lose_line();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    assert_eq!(page.hears(ServerMsg::FullRoom { room: room() }), []);
    let due = page.call.deadline().unwrap();
    assert_eq!(page.at(due + Duration::from_secs(2), Event::Tick), [join(Some("t1"), false)]);
    connected(&mut page, PeerState::Failed);
    page.hears(ServerMsg::FullRoom { room: room() });
    assert_eq!((page.call.view().phase, page.call.view().notice), (Phase::Home, Some(Notice::RoomFull)));
}

#[test]
fn a_seat_that_was_taken_over_is_taken_back_once_and_then_left_to_the_other_page() {
    let mut page = Tab::in_call();
    let replaced = SocketEvent::Closed { code: CloseCode::Replaced.code() };
    page.socket(replaced.clone());
    assert_eq!(page.call.view().phase, Phase::InCall);
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    page.hears(seated("t2", true, vec![other()]));
    page.socket(replaced);
    assert_eq!(page.call.view().notice, Some(Notice::MovedElsewhere));
}

#[test]
fn a_page_goes_back_by_itself_after_a_reload_and_only_when_asked_after_a_crash() {
    let loaded = |returning| Loaded { remembered: Some(remembered("t1")), returning, ..Loaded::default() };
    let mut reloaded = Tab::loaded(loaded(true));
    assert_eq!(reloaded.call.view().phase, Phase::Joining);
    assert_eq!(reloaded.socket(SocketEvent::Opened), [join(Some("t1"), true)]);

    let mut crashed = Tab::loaded(loaded(false));
    assert_eq!(crashed.call.view().phase, Phase::Home);
    assert_eq!(crashed.socket(SocketEvent::Opened), []);
    assert!(crashed.happens(connect()).contains(&join(Some("t1"), true)));

    let mut elsewhere = Tab::loaded(loaded(false));
    elsewhere.socket(SocketEvent::Opened);
    let connect = UserAction::Connect { room: "4712".into(), name: String::new() };
    let room = RoomId::from_typed("4712").unwrap();
    let join = Command::Send(ClientMsg::Join { room, name: None, resume: None, reloaded: false });
    assert!(elsewhere.happens(Event::User(connect)).contains(&join));
}

#[test]
fn a_server_that_is_silent_is_called_on_a_new_socket_and_heartbeats_are_enough() {
    let mut page = Tab::in_call();
    let mut now = NOW;
    for _ in 0..10 {
        now += Duration::from_secs(5);
        page.at(now, Event::Tick);
        page.at(now, Event::Socket(page.socket, SocketEvent::Message(ServerMsg::Heartbeat)));
    }
    assert_eq!(page.socket, SocketId(1));
    let commands = page.at(now + Duration::from_secs(15), Event::Tick);
    assert!(commands.contains(&Command::OpenSocket(SocketId(2))), "{commands:?}");
    assert!(!commands.iter().any(closes), "{commands:?}");
}

#[test]
fn another_network_restarts_ice_even_where_it_seems_to_work_and_being_woken_does_not() {
    let mut page = Tab::in_call();
    let epoch = Epoch::first(PageLoad(1), PageLoad(2));
    let reports = |page: &mut Tab, event| page.happens(Event::Peer(PeerId(2), epoch, event));
    let offer = OfferId(1);
    reports(&mut page, PeerEvent::Offered { offer, sdp: String::new() });
    let answer = Signal::WebrtcAnswer { sdp: String::new(), epoch, offer };
    page.hears(ServerMsg::Signal { from: PeerId(2), signal: answer });
    reports(&mut page, PeerEvent::Applied);
    reports(&mut page, PeerEvent::State(PeerState::Connected));

    let restarts =
        |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::Offer { restart: true, .. }));
    assert!(!page.happens(Event::Woken).iter().any(restarts));
    // A burst of events is one change.
    assert_eq!(page.happens(Event::NetworkChanged), []);
    assert_eq!(page.happens(Event::NetworkChanged), []);
    let due = page.call.deadline().unwrap();
    let opened = |command: &&Command| matches!(command, Command::OpenSocket(_));
    assert_eq!(page.at(due, Event::Tick).iter().filter(opened).count(), 1);
    page.socket(SocketEvent::Opened);
    assert!(page.hears(seated("t2", true, vec![other()])).iter().any(restarts));
}

/// Where both offer at once one has to roll back, and Chromium then shows nothing any more of what it receives.
#[test]
fn whoever_does_not_offer_asks_for_a_restart_and_asks_again_if_that_may_be_lost() {
    let mut page = Tab::in_call();
    let first = PeerInfo { peer: PeerId(0), page: PageLoad(3), ..other() };
    let (from, epoch) = (first.peer, Epoch::first(PageLoad(1), PageLoad(3)));
    let says = |page: &mut Tab, signal| page.hears(ServerMsg::Signal { from, signal });
    let asks = |commands: Vec<Command>| {
        let ask = Command::Send(ClientMsg::Signal { to: Some(from), signal: Signal::StartCall { epoch } });
        let offers = |command: &&Command| matches!(command, Command::Peer(_, _, PeerCommand::Offer { .. }));
        assert_eq!(commands.iter().find(offers), None);
        commands.iter().filter(|command| **command == ask).count()
    };
    let changes = |page: &mut Tab| {
        page.happens(Event::NetworkChanged);
        let due = page.call.deadline().unwrap();
        let mut commands = page.at(due, Event::Tick);
        page.socket(SocketEvent::Opened);
        commands.extend(page.hears(seated("t2", true, vec![first.clone()])));
        asks(commands)
    };
    page.hears(seated("t1", true, vec![first.clone()]));
    let answers = |page: &mut Tab, offer| {
        let offer = OfferId(offer);
        says(page, Signal::WebrtcOffer { sdp: String::new(), epoch, offer });
        asks(page.happens(Event::Peer(from, epoch, PeerEvent::Answered { offer, sdp: String::new() })))
    };
    assert_eq!(answers(&mut page, 1), 0);
    page.happens(Event::Peer(from, epoch, PeerEvent::State(PeerState::Connected)));

    assert_eq!(changes(&mut page), 1);
    page.lose_line();
    assert_eq!(asks(page.comes_back_beside(first.clone())), 1, "nothing came");
    assert_eq!(answers(&mut page, 2), 0);
    page.lose_line();
    assert_eq!(asks(page.comes_back_beside(first.clone())), 0, "it came");
}

#[test]
fn an_offer_that_comes_when_a_restart_is_due_is_taken_for_the_restart_and_not_for_a_step_that_never_ends() {
    let mut page = Tab::in_call();
    let first = PeerInfo { peer: PeerId(0), page: PageLoad(3), ..other() };
    let (from, epoch) = (first.peer, Epoch::first(PageLoad(1), PageLoad(3)));
    page.hears(seated("t1", true, vec![first]));
    let offers = |page: &mut Tab, offer| {
        let offer = Signal::WebrtcOffer { sdp: String::new(), epoch, offer: OfferId(offer) };
        page.hears(ServerMsg::Signal { from, signal: offer })
    };
    let reports = |page: &mut Tab, event| page.happens(Event::Peer(from, epoch, event));
    let lost = PeerEvent::State(PeerState::Disconnected);
    offers(&mut page, 1);
    reports(&mut page, PeerEvent::Answered { offer: OfferId(1), sdp: String::new() });
    reports(&mut page, PeerEvent::State(PeerState::Connected));
    reports(&mut page, lost);
    let due = NOW + Duration::from_secs(4);
    assert_eq!(page.call.deadline(), Some(due));
    offers(&mut page, 2);
    assert!(!page.at(due, Event::Tick).iter().any(closes));
    let due = page.call.deadline().unwrap();
    assert!(page.at(due, Event::Tick).iter().any(closes), "it never ends");
}

/// So do pages of an earlier release.
#[test]
fn an_offer_of_the_side_that_should_ask_is_answered_unless_the_own_one_is_under_way() {
    let mut page = Tab::in_call();
    let (from, epoch) = (PeerId(2), Epoch::first(PageLoad(1), PageLoad(2)));
    let says = |page: &mut Tab, signal| page.hears(ServerMsg::Signal { from, signal });
    let accepts = |page: &mut Tab, offer| {
        let offer = Signal::WebrtcOffer { sdp: String::new(), epoch, offer: OfferId(offer) };
        let accepts =
            |command: &Command| matches!(command, Command::Peer(_, _, PeerCommand::AcceptOffer { .. }));
        says(page, offer).iter().any(accepts)
    };
    let reports = |page: &mut Tab, event| page.happens(Event::Peer(from, epoch, event));
    assert!(!accepts(&mut page, 1), "it makes its own");
    reports(&mut page, PeerEvent::Offered { offer: OfferId(1), sdp: String::new() });
    assert!(!accepts(&mut page, 2), "it has sent its own");
    says(&mut page, Signal::WebrtcAnswer { sdp: String::new(), epoch, offer: OfferId(1) });
    reports(&mut page, PeerEvent::Applied);
    assert!(accepts(&mut page, 3));
}

#[test]
fn a_peer_whose_descriptions_are_refused_takes_no_buttons_away() {
    let mut page = Tab::in_call();
    page.happens(Event::Media(MediaEvent::Granted(Devices::BOTH)));
    for _ in 0..20 {
        let epoch = page.call.peers[&other().peer].negotiation.epoch();
        page.happens(Event::Peer(other().peer, epoch, PeerEvent::StepFailed("refused".to_owned())));
    }
    assert!(page.call.view().peers[0].link.has_failed(), "a person is asked in the end");
    let silent = Command::Enable { devices: Devices::MICROPHONE, enabled: false };
    assert!(page.happens(Event::User(UserAction::ToggleMicrophone)).contains(&silent));
    let commands = page.happens(Event::User(UserAction::Leave));
    assert!(commands.contains(&Command::Release(Devices::BOTH)));
}
