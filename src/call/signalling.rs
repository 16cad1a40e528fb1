//! The signalling channel: one socket at a time, opened again when it is lost or hangs.

use std::time::Duration;

use super::api::command::Command;
use super::api::event::SocketId;
use super::api::view::SignallingView;
use super::backoff::Backoff;
use crate::protocol::{ClientMsg, Epoch, HEARTBEAT_WITHIN, HeldSeat, PeerId, ServerMsg, Signal};

mod queue;

use queue::Queue;

/// The time a socket has to open, or to answer a join; each attempt has longer, for slow networks.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often the patience is doubled.
const DOUBLED: u32 = 2;
/// The server's longest silence while it has something to say; a browser can take minutes to notice.
const SILENT: Duration = HEARTBEAT_WITHIN;
/// The time between two requests for a seat in a full room.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// An outage that is over sooner than this is not shown.
const UNNOTICED: Duration = Duration::from_secs(2);

/// The state of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    /// Given up at this time.
    Opening(Duration),
    Open,
    /// Lost; to be opened again at this time.
    Waiting(Duration),
}

/// The signalling channel of one participant.
#[derive(Debug)]
pub(super) struct Signalling {
    state: State,
    socket: SocketId,
    seated: bool,
    /// A join, a wait or a leave was sent and not answered yet.
    asking: bool,
    /// A wait was, on this socket.
    asks_to_wait: bool,
    /// When this socket was opened.
    opened: Duration,
    /// When the server spoke last on this socket, or had reason to.
    heard: Duration,
    /// Sockets given up since the server last answered: they did not open, or stayed silent.
    in_vain: u32,
    /// When the outage is shown, or that it is.
    told_down: Option<Told>,
    backoff: Backoff,
    unsent: Queue,
    /// The server knows this socket as one that waits for a seat.
    stands_by: bool,
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

impl Default for Signalling {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Signalling {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: State::Closed,
            socket: SocketId::default(),
            seated: false,
            asking: false,
            asks_to_wait: false,
            opened: Duration::ZERO,
            heard: Duration::ZERO,
            in_vain: 0,
            told_down: None,
            backoff: Backoff::new(seed),
            unsent: Queue::default(),
            stands_by: false,
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

    /// Whether it has been down for long while there was a seat.
    fn is_noticeably_down(&self) -> bool {
        self.told_down == Some(Told::Already)
    }

    /// Whether the last socket did not open or stayed silent.
    pub(super) fn is_unreachable(&self) -> bool {
        self.in_vain > 0
    }

    /// Whether the last socket was in vain and the present one is not open yet.
    pub(super) fn is_failing(&self) -> bool {
        self.is_unreachable() && !self.is_open()
    }

    fn patience(&self) -> Duration {
        PATIENCE * 2_u32.pow(self.in_vain.min(DOUBLED))
    }

    /// Whether a seat is still to be given up.
    pub(super) fn owes(&self) -> bool {
        self.owed.is_some()
    }

    /// Gives this seat up, on every socket until the server has acknowledged it.
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

    /// Opens a socket for a join. A late answer to a wait would look like the join's own.
    pub(super) fn open_for_join(&mut self, now: Duration) -> Vec<Command> {
        if self.asks_to_wait { self.reopen(now) } else { self.open(now) }
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

    /// Notes that the socket is open; gives up first the seat that is owed.
    pub(super) fn opened(&mut self, now: Duration) -> Vec<Command> {
        self.state = State::Open;
        (self.opened, self.heard) = (now, now);
        let Some(held) = self.owed.clone() else { return vec![] };
        self.asking = true;
        vec![Command::Send(ClientMsg::Leave { held: Some(held) })]
    }

    /// Notes that a join, a leave or a wait is sent, so that the server has reason to speak.
    pub(super) fn asked(&mut self, now: Duration, to_wait: bool) {
        (self.asking, self.stands_by) = (true, false);
        self.asks_to_wait |= to_wait;
        self.heard = now;
    }

    /// Notes the answer to a join or a wait, which acknowledges everything said before it.
    fn answered(&mut self) {
        (self.asking, self.asks_to_wait, self.stands_by) = (false, false, false);
        self.owed = None;
        self.in_vain = 0;
    }

    /// Gives the place up among those who wait, if the socket has one.
    pub(super) fn stand_down(&mut self) -> Option<Command> {
        std::mem::take(&mut self.stands_by).then_some(Command::Send(ClientMsg::Leave { held: None }))
    }

    /// Notes that a leave has arrived; a join or a wait may still be under way.
    pub(super) fn left(&mut self, joining: bool) {
        self.asking &= joining || self.asks_to_wait;
        self.owed = None;
    }

    /// Asks for the seat again later: the room is full, and media goes on.
    pub(super) fn refused(&mut self, now: Duration) {
        self.ask_again = Some(now + ASK_AGAIN);
    }

    /// Whether it is time to ask for the seat again.
    pub(super) fn asks_again(&mut self, now: Duration) -> bool {
        self.is_open() && self.ask_again.take_if(|due| now >= *due).is_some()
    }

    /// Notes that the server said something, and what it answers to a join or a wait without a seat. News of a seat
    /// that crossed a join is no answer.
    pub(super) fn heard(&mut self, now: Duration, message: &ServerMsg, joining: bool) {
        self.heard = now;
        let (is_answer, waits) = match message {
            ServerMsg::FullRoom { .. } => (true, false),
            ServerMsg::SeatFree { .. } | ServerMsg::Error { .. } => (!joining, false),
            // From then on it gives signs of life, too.
            ServerMsg::Waiting { .. } => (!joining, true),
            _ => return,
        };
        if is_answer {
            self.answered();
            self.stands_by = waits;
        }
    }

    /// Notes that the socket is gone; with `again` it is opened again after a while.
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
        (self.asking, self.asks_to_wait, self.stands_by) = (false, false, false);
        self.ask_again = None;
        if std::mem::take(&mut self.seated) {
            self.told_down = Some(Told::At(now + UNNOTICED));
        }
    }

    /// Takes the seat; returns the waiting signals of present connections, to be sealed and sent.
    pub(super) fn sit_down(&mut self, is_current: impl Fn(PeerId, Epoch) -> bool) -> Vec<(PeerId, Signal)> {
        self.seated = true;
        self.answered();
        self.told_down = None;
        self.backoff.reset();
        self.unsent.drain(is_current)
    }

    /// Gives the seat up.
    pub(super) fn stand_up(&mut self) {
        (self.seated, self.asking, self.stands_by) = (false, false, false);
        self.ask_again = None;
        self.told_down = None;
        self.unsent.clear();
    }

    /// The peers to whom an offer, or the question for one, was not sent yet.
    pub(super) fn unsent_offers(&self) -> Vec<PeerId> {
        self.unsent.offered()
    }

    /// Returns a signal that can be sealed and sent, or keeps it until the seat is back.
    pub(super) fn signal(&mut self, to: PeerId, signal: Signal) -> Option<Signal> {
        if self.seated {
            return Some(signal);
        }
        self.unsent.push(to, signal);
        None
    }

    /// Changes every signal not yet sent, or drops it.
    pub(super) fn rewrite_unsent(&mut self, change: impl Fn(Signal) -> Option<Signal>) {
        self.unsent.rewrite(change);
    }

    /// The state as the page shows it; an outage counts only in a call.
    pub(super) fn view(&self, in_call: bool) -> SignallingView {
        if in_call && self.is_noticeably_down() {
            SignallingView::Reconnecting
        } else if self.is_open() {
            SignallingView::Up
        } else {
            SignallingView::Idle
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let told = match self.told_down {
            Some(Told::At(due)) => Some(due),
            Some(Told::Already) | None => None,
        };
        self.socket_deadline().into_iter().chain(told).chain(self.ask_again).min()
    }

    /// When the socket is opened, given up, or taken for dead; without a seat, a wait or a join the server has no
    /// reason to speak.
    fn socket_deadline(&self) -> Option<Duration> {
        match self.state {
            State::Waiting(until) | State::Opening(until) => Some(until),
            State::Open if self.asking => Some(self.heard + self.patience()),
            State::Open => (self.seated || self.stands_by).then_some(self.heard + SILENT),
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

#[cfg(test)]
mod tests;
