//! The way to the server: one socket at a time, opened again when it is lost or hangs, with what could not be
//! sent meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use super::backoff::Backoff;
use super::privacy::redact;
use super::{Command, SocketId};
use crate::protocol::{ClientMsg, Epoch, HEARTBEAT_WITHIN, HeldSeat, PeerId, Signal};

/// Most signals kept while the line is down; beyond it the oldest are superseded anyhow.
const MAX_UNSENT: usize = 500;

/// How long a socket may take to open, or to answer a join. Every try has longer, for networks that are slow.
const PATIENCE: Duration = Duration::from_secs(3);
/// It is doubled so often.
const DOUBLED: u32 = 2;
/// How long the server may be silent while it has something to say. A browser can take minutes to notice.
const SILENT: Duration = HEARTBEAT_WITHIN;
/// Between two requests for a seat in a room that is full.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// A line that is back sooner than this was not worth a word to the person.
const UNNOTICED: Duration = Duration::from_secs(2);

/// Where the socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    /// Given up at this time.
    Opening(Duration),
    Open,
    /// Lost; to be opened again at this time.
    Waiting(Duration),
}

/// The line of one participant.
#[derive(Debug)]
pub(super) struct Signalling {
    state: State,
    socket: SocketId,
    seated: bool,
    /// A join or a leave was sent and not answered yet.
    asking: bool,
    /// When this socket was opened.
    opened: Duration,
    /// When the server was heard last on this socket, or had reason to speak.
    heard: Duration,
    /// Sockets given up since the server last answered: they did not open, or stayed silent.
    in_vain: u32,
    /// When the person is told that the line is down, or that they have been.
    told_down: Option<Told>,
    backoff: Backoff,
    unsent: VecDeque<(PeerId, Signal)>,
    /// When to ask for the seat again.
    ask_again: Option<Duration>,
    /// A seat given up, which the server has not acknowledged.
    owed: Option<HeldSeat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    At(Duration),
    Already,
}

impl Signalling {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: State::Closed,
            socket: SocketId::default(),
            seated: false,
            asking: false,
            opened: Duration::ZERO,
            heard: Duration::ZERO,
            in_vain: 0,
            told_down: None,
            backoff: Backoff::new(seed),
            unsent: VecDeque::new(),
            ask_again: None,
            owed: None,
        }
    }

    /// Whether events of this socket still count: not after it was lost, closed, or given up while it opened.
    pub(super) fn is_current(&self, socket: SocketId) -> bool {
        self.socket == socket && matches!(self.state, State::Opening(_) | State::Open)
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The server knows this socket as the seat's.
    pub(super) fn is_seated(&self) -> bool {
        self.seated
    }

    /// Down for so long, while there was a seat, that the person should know.
    pub(super) fn is_noticeably_down(&self) -> bool {
        self.told_down == Some(Told::Already)
    }

    /// The last socket did not open or stayed silent.
    pub(super) fn is_unreachable(&self) -> bool {
        self.in_vain > 0
    }

    fn patience(&self) -> Duration {
        PATIENCE * 2_u32.pow(self.in_vain.min(DOUBLED))
    }

    /// A seat is still to be given up.
    pub(super) fn owes(&self) -> bool {
        self.owed.is_some()
    }

    /// Has the server told, until it has heard it, that this seat is given up.
    pub(super) fn owe(&mut self, held: HeldSeat) {
        self.owed = Some(held);
    }

    /// Opens the socket if none is there, at once even if a wait was on.
    pub(super) fn open(&mut self, now: Duration) -> Vec<Command> {
        match self.state {
            State::Opening(_) | State::Open => vec![],
            State::Closed | State::Waiting(_) => {
                self.socket.0 += 1;
                self.state = State::Opening(now + self.patience());
                vec![Command::OpenSocket(self.socket)]
            }
        }
    }

    /// Opens a new socket in place of whatever is there.
    pub(super) fn reopen(&mut self, now: Duration) -> Vec<Command> {
        let mut commands = self.drop_socket(now);
        commands.extend(self.open(now));
        commands
    }

    /// Opens a new socket if there is one or was to be one.
    pub(super) fn replace(&mut self, now: Duration) -> Vec<Command> {
        if self.state == State::Closed { vec![] } else { self.reopen(now) }
    }

    /// Closes for good.
    pub(super) fn close(&mut self, now: Duration) -> Vec<Command> {
        let commands = self.drop_socket(now);
        self.stand_up();
        commands
    }

    /// The socket is there; says first what is owed.
    pub(super) fn opened(&mut self, now: Duration) -> Vec<Command> {
        self.state = State::Open;
        (self.opened, self.heard) = (now, now);
        let Some(held) = self.owed.clone() else { return vec![] };
        self.asking = true;
        vec![Command::Send(ClientMsg::Leave { held: Some(held) })]
    }

    /// A join or a leave is sent: the server has reason to speak.
    pub(super) fn asked(&mut self, now: Duration) {
        self.asking = true;
        self.heard = now;
    }

    /// The join is answered, and with it whatever was said before.
    pub(super) fn answered(&mut self) {
        self.asking = false;
        self.owed = None;
        self.in_vain = 0;
    }

    /// A leave has arrived; a join may still be on its way.
    pub(super) fn left(&mut self, joining: bool) {
        self.asking &= joining;
        self.owed = None;
    }

    /// The room is full of seats kept for nobody, and media goes on: asks again later.
    pub(super) fn refused(&mut self, now: Duration) {
        self.ask_again = Some(now + ASK_AGAIN);
    }

    /// Whether it is time to ask for the seat again.
    pub(super) fn asks_again(&mut self, now: Duration) -> bool {
        self.is_open() && self.ask_again.take_if(|due| now >= *due).is_some()
    }

    /// The server said something.
    pub(super) fn heard(&mut self, now: Duration) {
        self.heard = now;
    }

    /// The socket is gone; with `again` it is opened again after a while.
    pub(super) fn lost(&mut self, now: Duration, again: bool) {
        self.unseat(now);
        self.state = if again { State::Waiting(now + self.backoff.next()) } else { State::Closed };
    }

    fn drop_socket(&mut self, now: Duration) -> Vec<Command> {
        let was = std::mem::replace(&mut self.state, State::Closed);
        self.unseat(now);
        if matches!(was, State::Opening(_) | State::Open) { vec![Command::CloseSocket] } else { vec![] }
    }

    fn unseat(&mut self, now: Duration) {
        self.asking = false;
        self.ask_again = None;
        if std::mem::take(&mut self.seated) {
            self.told_down = Some(Told::At(now + UNNOTICED));
        }
    }

    /// The server gave or confirmed the seat: sends what waited and still means something.
    pub(super) fn sit_down(&mut self, current: impl Fn(PeerId, Epoch) -> bool) -> Vec<Command> {
        self.seated = true;
        self.answered();
        self.told_down = None;
        self.backoff.reset();
        let unsent = std::mem::take(&mut self.unsent);
        unsent
            .into_iter()
            .filter(|(to, signal)| current(*to, signal.epoch()))
            .map(|(to, signal)| send(to, signal))
            .collect()
    }

    /// The seat was given up.
    pub(super) fn stand_up(&mut self) {
        self.seated = false;
        self.asking = false;
        self.ask_again = None;
        self.told_down = None;
        self.unsent.clear();
    }

    /// Whether an offer to `peer`, or the question for one, waits here.
    pub(super) fn holds_offer(&self, peer: PeerId) -> bool {
        let offers =
            |signal: &Signal| matches!(signal, Signal::WebrtcOffer { .. } | Signal::StartCall { .. });
        self.unsent.iter().any(|(to, signal)| *to == peer && offers(signal))
    }

    /// Sends a signal, or keeps it until the seat is back.
    pub(super) fn signal(&mut self, to: PeerId, signal: Signal) -> Vec<Command> {
        if self.seated {
            return vec![send(to, signal)];
        }
        if self.unsent.len() == MAX_UNSENT {
            self.unsent.pop_front();
        }
        self.unsent.push_back((to, signal));
        vec![]
    }

    /// Takes the own addresses out of what waits.
    pub(super) fn hide_addresses(&mut self) {
        let unsent = std::mem::take(&mut self.unsent);
        let hidden = |(to, signal)| Some((to, redact::redacted(signal)?));
        self.unsent = unsent.into_iter().filter_map(hidden).collect();
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let told = match self.told_down {
            Some(Told::At(due)) => Some(due),
            Some(Told::Already) | None => None,
        };
        self.socket_deadline().into_iter().chain(told).chain(self.ask_again).min()
    }

    /// When the socket is opened, given up, or held for dead. Without a seat, and unless asked for one, the server
    /// has no reason to speak.
    fn socket_deadline(&self) -> Option<Duration> {
        match self.state {
            State::Waiting(until) | State::Opening(until) => Some(until),
            State::Open if self.asking => Some(self.heard + self.patience()),
            State::Open => self.seated.then_some(self.heard + SILENT),
            State::Closed => None,
        }
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Command> {
        if let Some(Told::At(due)) = self.told_down
            && now >= due
        {
            self.told_down = Some(Told::Already);
        }
        if self.socket_deadline().is_none_or(|due| now < due) {
            return vec![];
        }
        match self.state {
            State::Waiting(_) => self.open(now),
            State::Open => {
                // One that was opened long before may have died meanwhile, which says nothing of the server.
                if self.asking && self.heard <= self.opened + PATIENCE {
                    self.in_vain += 1;
                }
                self.reopen(now)
            }
            State::Opening(_) => {
                self.in_vain += 1;
                let commands = self.drop_socket(now);
                self.state = State::Waiting(now + self.backoff.next());
                commands
            }
            State::Closed => vec![],
        }
    }
}

fn send(to: PeerId, signal: Signal) -> Command {
    Command::Send(ClientMsg::Signal { to: Some(to), signal })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn candidate(epoch: u32) -> Signal {
        Signal::WebrtcIceCandidate { candidate: Default::default(), epoch: Epoch(epoch) }
    }

    #[test]
    fn signals_made_while_the_line_is_down_are_sent_once_and_in_order_when_it_is_back() {
        let mut signalling = Signalling::new(1);
        signalling.open(NOW);
        signalling.opened(NOW);
        signalling.lost(NOW, true);
        for epoch in [5, 4, 6] {
            assert_eq!(signalling.signal(PeerId(2), candidate(epoch)), []);
        }
        let sent = signalling.sit_down(|_, epoch| epoch >= Epoch(5));
        assert_eq!(sent, [send(PeerId(2), candidate(5)), send(PeerId(2), candidate(6))]);
        assert_eq!(signalling.sit_down(|_, _| true), []);
    }

    #[test]
    fn a_lost_socket_is_opened_again_after_a_wait_or_at_once_when_woken() {
        let mut signalling = Signalling::new(1);
        signalling.open(NOW);
        signalling.lost(NOW, true);
        assert_eq!(signalling.tick(NOW), []);
        let due = signalling.deadline().unwrap();
        assert_eq!(signalling.tick(due), [Command::OpenSocket(SocketId(2))]);
        signalling.lost(due, true);
        assert_eq!(signalling.open(due), [Command::OpenSocket(SocketId(3))]);
        assert_eq!(signalling.open(NOW), []);
    }

    #[test]
    fn events_of_a_closed_socket_do_not_count() {
        let mut signalling = Signalling::new(1);
        signalling.open(NOW);
        assert_eq!(signalling.close(NOW), [Command::CloseSocket]);
        assert!(!signalling.is_current(SocketId(1)));
    }

    #[test]
    fn a_silent_server_is_called_anew_and_one_that_is_heard_is_not() {
        let mut signalling = Signalling::new(1);
        signalling.open(NOW);
        signalling.opened(NOW);
        assert_eq!(signalling.deadline(), None, "without a seat the server has nothing to say");
        signalling.sit_down(|_, _| true);
        signalling.heard(SILENT / 2);
        assert_eq!(signalling.tick(SILENT), []);
        let due = signalling.deadline().unwrap();
        assert_eq!(due, SILENT / 2 + SILENT);
        assert_eq!(signalling.tick(due), [Command::CloseSocket, Command::OpenSocket(SocketId(2))]);
        assert!(!signalling.is_seated());
    }

    #[test]
    fn a_join_that_is_not_answered_is_asked_on_a_new_socket_with_more_patience() {
        let mut signalling = Signalling::new(1);
        signalling.open(NOW);
        let mut now = NOW;
        for (socket, patience) in [(2, 3), (3, 6), (4, 12), (5, 12)] {
            signalling.opened(now);
            signalling.asked(now);
            let due = signalling.deadline().unwrap();
            assert_eq!(due - now, Duration::from_secs(patience));
            assert_eq!(signalling.tick(due), [Command::CloseSocket, Command::OpenSocket(SocketId(socket))]);
            assert!(signalling.is_unreachable());
            now = due;
        }
        signalling.opened(now);
        signalling.asked(now);
        signalling.answered();
        assert_eq!(signalling.deadline(), None);
        assert!(!signalling.is_unreachable());
    }

    #[test]
    fn a_socket_that_died_before_the_join_is_replaced_soon_and_says_nothing_of_the_server() {
        let mut signalling = Signalling::new(1);
        signalling.open(NOW);
        signalling.opened(NOW);
        let later = Duration::from_secs(600);
        signalling.asked(later);
        let due = later + Duration::from_secs(3);
        assert_eq!(signalling.deadline(), Some(due));
        assert_eq!(signalling.tick(due), [Command::CloseSocket, Command::OpenSocket(SocketId(2))]);
        assert!(!signalling.is_unreachable());
        signalling.opened(due);
        signalling.asked(due);
        signalling.tick(due + PATIENCE);
        assert!(signalling.is_unreachable());
    }

    #[test]
    fn a_socket_that_never_opens_is_given_up_and_opened_again_after_a_wait() {
        let mut signalling = Signalling::new(1);
        signalling.open(NOW);
        assert_eq!(signalling.tick(PATIENCE), [Command::CloseSocket]);
        assert!(signalling.is_unreachable());
        assert!(!signalling.is_current(SocketId(1)), "it may open in this very moment");
        let due = signalling.deadline().unwrap();
        assert!(due > PATIENCE);
        assert_eq!(signalling.tick(due), [Command::OpenSocket(SocketId(2))]);
        assert_eq!(signalling.deadline(), Some(due + 2 * PATIENCE));
    }

    #[test]
    fn a_line_that_is_down_is_told_only_if_it_lasts() {
        let mut signalling = Signalling::new(1);
        signalling.open(NOW);
        signalling.opened(NOW);
        signalling.sit_down(|_, _| true);
        signalling.lost(NOW, true);
        signalling.tick(UNNOTICED / 2);
        assert!(!signalling.is_noticeably_down());
        signalling.tick(UNNOTICED);
        assert!(signalling.is_noticeably_down());
        signalling.sit_down(|_, _| true);
        assert!(!signalling.is_noticeably_down());
    }

    #[test]
    fn a_seat_left_is_given_up_on_every_next_socket_until_the_server_has_heard_it() {
        let held = HeldSeat {
            room: crate::protocol::RoomId::from_typed("1").unwrap(),
            resume: crate::protocol::SeatToken("t".into()),
        };
        let mut signalling = Signalling::new(1);
        signalling.owe(held.clone());
        signalling.open(NOW);
        let said = [Command::Send(ClientMsg::Leave { held: Some(held) })];
        assert_eq!(signalling.opened(NOW), said);
        signalling.lost(NOW, true);
        signalling.open(NOW);
        assert_eq!(signalling.opened(NOW), said, "it may not have arrived");
        assert!(signalling.deadline().is_some(), "nor may it this time");
        signalling.left(false);
        assert_eq!(signalling.deadline(), None);
        signalling.lost(NOW, true);
        assert_eq!(signalling.opened(NOW), []);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut signalling = Signalling::new(1);
        for _ in 0..2 * MAX_UNSENT {
            signalling.signal(PeerId(2), candidate(0));
        }
        assert_eq!(signalling.sit_down(|_, _| true).len(), MAX_UNSENT);
    }
}
