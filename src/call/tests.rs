//! The seat and the signalling of a call, step by step; the mesh simulation proves the rest.

use super::*;
use crate::protocol::{
    ClientMsg, CloseCode, Credential, DisplayName, Epoch, ErrorCode, HeldSeat, IceCandidate, IceServer,
    Introduction, OfferId, PageLoad, PeerId, PeerInfo, RoomId, SealedBox, SeatToken, Seated, Secret,
    ServerMsg, Signal, Source, SourceSet,
};

mod connection_test;
mod departure;
mod joining;
mod locks;
mod media;
mod negotiation;
mod presence;
mod privacy;
mod screen;
mod sealing;
mod standby;
mod version;
mod vouching;
mod warm;
mod words;

const NOW: Duration = Duration::from_secs(1);

fn room() -> RoomId {
    RoomId::from_typed("4711").unwrap()
}

fn token(text: &str) -> SeatToken {
    SeatToken(text.to_owned())
}

fn seated(token_text: &str, resumed: bool, peers: Vec<PeerInfo>) -> ServerMsg {
    ServerMsg::RoomJoined(Seated {
        room: room(),
        peer: PeerId(1),
        page: PageLoad(1),
        peers,
        resume: token(token_text),
        resumed,
        ice_servers: vec![],
        // Nobody else can come; `warm` has rooms with free seats.
        capacity: Some(2),
    })
}

fn other() -> PeerInfo {
    present(PeerId(2), PageLoad(2))
}

/// A page that has come by the number, as it stands in the room.
fn present(peer: PeerId, page: PageLoad) -> PeerInfo {
    let Introduction { hello, door } = said(&format!("{peer}.{}", page.0), "other");
    PeerInfo { peer, page, hello: Some(hello), door: Some(door), away: false }
}

fn said(hello: &str, door: &str) -> Introduction {
    let (hello, door) = (hello.to_owned().try_into().unwrap(), door.to_owned().try_into().unwrap());
    Introduction { hello, door }
}

fn secret() -> Secret {
    "AAECAwQFBgcICQoLDA0ODw".to_owned().try_into().unwrap()
}

/// What the page itself says.
fn identity() -> Identity {
    Identity { introduction: said("own", "door"), credential: Credential::Link(secret()), is_linked: false }
}

fn granted(seat: Option<Remembered>) -> Hold {
    Hold::Granted(identity(), seat)
}

fn remembered(resume: &str) -> Remembered {
    Remembered {
        room: room(),
        resume: token(resume),
        name: None,
        off: SourceSet::NONE,
        hides_address: false,
        credential: Some(Credential::Link(secret())),
        lock: Lock::Open,
    }
}

fn join(resume: Option<&str>, reloaded: bool) -> Command {
    let introduction = identity().introduction;
    Command::Send(ClientMsg::Join { room: room(), introduction, resume: resume.map(token), reloaded })
}

fn connect() -> Event {
    Event::User(UserAction::Connect { room: room().to_string(), name: String::new(), word: None })
}

fn silenced(sources: SourceSet) -> Command {
    Command::Enable { sources, enabled: false }
}

/// Opens camera and microphone before a call.
fn opens_preview(page: &mut Tab) {
    page.happens(Event::User(UserAction::StartPreview));
    page.happens(Event::Media(MediaEvent::Granted(SourceSet::DEVICES)));
}

/// A call and the socket it opened last.
struct Tab {
    call: Call,
    socket: SocketId,
    /// The browser has other tabs, so the test says whether the room may be held.
    has_others: bool,
    /// The seals that were agreed on, newest last.
    seals: Vec<(Agreement, SealId)>,
}

impl Tab {
    fn loaded(loaded: Loaded) -> Self {
        Self::of(Call::new(1), loaded)
    }

    fn of(call: Call, loaded: Loaded) -> Self {
        let mut page = Self { call, socket: SocketId::default(), has_others: false, seals: vec![] };
        page.happens(Event::Loaded(Loaded { supported: true, ..loaded }));
        page
    }

    /// In a call with one other, as the server answered with the token `t1`.
    fn in_call() -> Self {
        Self::joined(Call::new(1)).0
    }

    /// The same with a call of its own, and what it did when it got the seat.
    fn joined(call: Call) -> (Self, Vec<Command>) {
        let mut page = Self::of(call, Loaded::default());
        page.happens(connect());
        page.socket(SocketEvent::Opened);
        let commands = page.hears(seated("t1", false, vec![other()]));
        (page, commands)
    }

    /// Back in the same seat after its socket was lost.
    fn comes_back(&mut self) -> Vec<Command> {
        self.comes_back_beside(other())
    }

    fn comes_back_beside(&mut self, other: PeerInfo) -> Vec<Command> {
        self.happens(Event::Woken);
        self.socket(SocketEvent::Opened);
        self.hears(seated("t2", true, vec![other]))
    }

    fn happens(&mut self, event: Event) -> Vec<Command> {
        self.at(NOW, event)
    }

    /// What it does when its deadline comes.
    fn due(&mut self) -> Vec<Command> {
        let due = self.call.deadline().unwrap();
        self.at(due, Event::Tick)
    }

    fn at(&mut self, now: Duration, event: Event) -> Vec<Command> {
        let mut commands = self.call.handle(now, event);
        let mut held = None;
        for command in &commands {
            match command {
                Command::OpenSocket(socket) => self.socket = *socket,
                Command::Seal(id, SealCommand::Agree(agreement)) => self.seals.push((agreement.clone(), *id)),
                Command::HoldRoom { room, .. } if !self.has_others => held = Some(room.clone()),
                _ => {}
            }
        }
        if let Some(room) = held {
            commands.extend(self.at(now, Event::Hold(room, granted(None))));
        }
        commands
    }

    fn socket(&mut self, event: SocketEvent) -> Vec<Command> {
        self.happens(Event::Socket(self.socket, event))
    }

    fn hears(&mut self, message: ServerMsg) -> Vec<Command> {
        self.socket(SocketEvent::Message(message))
    }

    /// The newest seal with a peer.
    fn seal(&self, peer: PeerId) -> SealId {
        let with = format!("{peer}.");
        let mut seals = self.seals.iter().rev();
        seals.find(|(agreement, _)| agreement.hello.as_str().starts_with(&with)).unwrap().1
    }

    /// A signal of a peer arrives and is opened.
    fn opens(&mut self, from: PeerId, signal: Signal) -> Vec<Command> {
        let sealed = SealedBox::try_from("A".repeat(28)).unwrap();
        let seal = self.seal(from);
        let open = Command::Seal(seal, SealCommand::Open(sealed.clone()));
        assert_eq!(self.hears(ServerMsg::Signal { from, sealed }), [open]);
        self.happens(Event::Seal(seal, SealEvent::Opened(signal)))
    }

    /// The command that seals a signal and sends it.
    fn sends(&self, to: PeerId, signal: Signal) -> Command {
        Command::Seal(self.seal(to), SealCommand::Close(to, signal))
    }

    fn lose_socket(&mut self) {
        self.socket(SocketEvent::Closed { code: 1006 });
    }
}

fn opened(command: &Command) -> Option<Epoch> {
    match command {
        Command::Peer(_, epoch, PeerCommand::Open { .. }) => Some(*epoch),
        _ => None,
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
fn a_lost_socket_touches_no_connection_and_the_newest_token_counts() {
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
fn a_seat_of_another_life_begins_its_connections_anew() {
    let mut page = Tab::in_call();
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    let commands = page.hears(seated("t2", false, vec![other()]));
    assert_eq!(commands.iter().filter(|command| closes(command)).count(), 1, "{commands:?}");
    assert!(commands.iter().any(|command| opened(command).is_some()), "{commands:?}");
}

/// The numbers are the same as in the life before.
#[test]
fn a_late_report_of_another_life_is_not_taken_for_one_of_this() {
    let mut page = Tab::in_call();
    page.lose_socket();
    page.happens(Event::Woken);
    page.socket(SocketEvent::Opened);
    page.hears(seated("t2", false, vec![other()]));
    let mut reports = |event| {
        page.happens(Event::Peer(PeerId(2), Epoch::first(PageLoad(1), PageLoad(2)), event));
        page.call.view().peers[0].receives
    };
    assert_eq!(reports(PeerEvent::Receives(Source::Camera, true)), SourceSet::NONE);
    assert_eq!(reports(PeerEvent::Opened), SourceSet::NONE);
    assert_eq!(reports(PeerEvent::Receives(Source::Camera, true)), SourceSet::CAMERA);
}

#[test]
fn a_peer_that_a_killed_server_brings_back_gets_another_connection() {
    let mut page = Tab::in_call();
    page.hears(ServerMsg::PeerLeft { peer: PeerId(2) });
    page.lose_socket();
    let first = Epoch::first(PageLoad(1), PageLoad(2));
    assert_eq!(page.comes_back().iter().find_map(opened), first.next());
}

/// It goes on offering for the one that was left.
#[test]
fn a_peer_that_is_brought_back_and_offers_is_told_of_the_other_connection() {
    let mut page = Tab::in_call();
    let first = present(PeerId(0), PageLoad(2));
    page.hears(ServerMsg::PeerJoined(first.clone()));
    page.hears(ServerMsg::PeerLeft { peer: first.peer });
    page.lose_socket();
    let commands = page.comes_back_beside(first.clone());
    let epoch = commands.iter().find_map(opened).unwrap();
    let signal = Signal::StartCall { epoch };
    let ask = page.sends(first.peer, signal);
    assert!(commands.contains(&ask), "{commands:?}");
}

#[test]
fn a_seat_left_without_a_socket_is_given_up_before_the_next_join() {
    let mut page = Tab::in_call();
    page.lose_socket();
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
    // Only the way back is open for a moment yet.
    assert_eq!(page.due(), []);
    assert_eq!(page.call.deadline(), None);
}

#[test]
fn a_room_full_of_ghosts_does_not_end_a_call_that_is_heard_and_seen() {
    let mut page = Tab::in_call();
    let connected = |page: &mut Tab, state| {
        page.happens(Event::Peer(PeerId(2), Epoch::first(PageLoad(1), PageLoad(2)), PeerEvent::State(state)))
    };
    connected(&mut page, PeerState::Connected);
    page.lose_socket();
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
fn a_seat_that_was_taken_over_is_taken_back_once_only() {
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
fn a_call_that_the_host_has_ended_is_over_and_not_gone_back_to() {
    // Its answer was dropped with the socket.
    let mut joining = Tab::loaded(Loaded::default());
    joining.happens(connect());
    joining.socket(SocketEvent::Opened);
    for mut page in [Tab::in_call(), joining] {
        let commands = page.socket(SocketEvent::Closed { code: CloseCode::Ended.code() });
        assert!(commands.contains(&Command::Remember(None)), "{commands:?}");
        let view = page.call.view();
        assert_eq!((view.phase, view.notice), (Phase::Home, Some(Notice::Ended)));
        let woken = page.happens(Event::Woken);
        assert!(!woken.iter().any(|command| matches!(command, Command::OpenSocket(_))), "{woken:?}");
        assert_eq!(page.call.deadline(), None);
    }
}

#[test]
fn a_page_goes_back_after_a_reload_and_when_asked_after_a_crash() {
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
    let connect = UserAction::Connect { room: "4712".into(), name: String::new(), word: None };
    let room = RoomId::from_typed("4712").unwrap();
    let join = Command::Send(ClientMsg::Join {
        introduction: identity().introduction,
        room,
        resume: None,
        reloaded: false,
    });
    assert!(elsewhere.happens(Event::User(connect)).contains(&join));
}

#[test]
fn a_silent_server_is_called_on_a_new_socket_unless_it_beats() {
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
fn an_error_of_the_server_is_logged() {
    let mut page = Tab::in_call();
    let error = ServerMsg::Error { code: ErrorCode::UnknownPeer, message: "gone".to_owned() };
    assert_eq!(page.hears(error), [Command::Log("UnknownPeer: gone".to_owned())]);
}
