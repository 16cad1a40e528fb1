//! The way to the server: one socket at a time, opened again when it is lost, with what could not be sent
//! meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use super::backoff::Backoff;
use super::event::{Command, SocketId};
use crate::protocol::{ClientMsg, Epoch, OfferId, PeerId, Signal};

/// Most signals kept while the line is down; beyond it the oldest are superseded anyhow.
const MAX_UNSENT: usize = 500;

/// Where the socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Opening,
    Open,
    /// Lost; to be opened again at this time.
    Waiting(Duration),
}

/// The line of one participant.
#[derive(Debug)]
pub(super) struct Line {
    state: State,
    socket: SocketId,
    seated: bool,
    backoff: Backoff,
    unsent: VecDeque<(PeerId, Signal)>,
}

impl Line {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: State::Closed,
            socket: SocketId::default(),
            seated: false,
            backoff: Backoff::new(seed),
            unsent: VecDeque::new(),
        }
    }

    /// Whether events of this socket still count.
    pub(super) fn is_current(&self, socket: SocketId) -> bool {
        self.socket == socket
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The server knows this socket as the seat's.
    pub(super) fn is_seated(&self) -> bool {
        self.seated
    }

    /// Opens the socket if none is there, at once even if a wait was on.
    pub(super) fn open(&mut self) -> Vec<Command> {
        match self.state {
            State::Opening | State::Open => vec![],
            State::Closed | State::Waiting(_) => {
                self.socket.0 += 1;
                self.state = State::Opening;
                vec![Command::OpenSocket(self.socket)]
            }
        }
    }

    /// Opens a new socket in place of whatever is there.
    pub(super) fn reopen(&mut self) -> Vec<Command> {
        let live = matches!(self.state, State::Opening | State::Open);
        let mut commands = if live { vec![Command::CloseSocket] } else { vec![] };
        self.state = State::Closed;
        self.seated = false;
        commands.extend(self.open());
        commands
    }

    /// Closes for good.
    pub(super) fn close(&mut self) -> Vec<Command> {
        let was = std::mem::replace(&mut self.state, State::Closed);
        self.stand_up();
        // Late events of the closed socket must not count.
        self.socket.0 += 1;
        if matches!(was, State::Opening | State::Open) { vec![Command::CloseSocket] } else { vec![] }
    }

    pub(super) fn opened(&mut self) {
        self.state = State::Open;
    }

    /// The socket is gone; with `again` it is opened again after a while.
    pub(super) fn lost(&mut self, now: Duration, again: bool) {
        self.seated = false;
        self.state = if again { State::Waiting(now + self.backoff.next()) } else { State::Closed };
    }

    /// The server gave or confirmed the seat: sends what waited and still means something.
    pub(super) fn sit_down(&mut self, current: impl Fn(PeerId, Epoch) -> bool) -> Vec<Command> {
        self.seated = true;
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
        self.unsent.clear();
    }

    /// Whether an offer to `peer` waits here.
    pub(super) fn holds_offer(&self, peer: PeerId) -> Option<OfferId> {
        self.unsent.iter().rev().find_map(|(to, signal)| match signal {
            Signal::WebrtcOffer { offer, .. } if *to == peer => Some(*offer),
            _ => None,
        })
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

    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.state {
            State::Waiting(until) => Some(until),
            State::Closed | State::Opening | State::Open => None,
        }
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Command> {
        if self.deadline().is_some_and(|due| now >= due) { self.open() } else { vec![] }
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
        let mut line = Line::new(1);
        line.open();
        line.opened();
        line.lost(NOW, true);
        for epoch in [5, 4, 6] {
            assert_eq!(line.signal(PeerId(2), candidate(epoch)), []);
        }
        let sent = line.sit_down(|_, epoch| epoch >= Epoch(5));
        assert_eq!(sent, [send(PeerId(2), candidate(5)), send(PeerId(2), candidate(6))]);
        assert_eq!(line.sit_down(|_, _| true), []);
    }

    #[test]
    fn a_lost_socket_is_opened_again_after_a_wait_or_at_once_when_woken() {
        let mut line = Line::new(1);
        line.open();
        line.lost(NOW, true);
        assert_eq!(line.tick(NOW), []);
        let due = line.deadline().unwrap();
        assert_eq!(line.tick(due), [Command::OpenSocket(SocketId(2))]);
        line.lost(due, true);
        assert_eq!(line.open(), [Command::OpenSocket(SocketId(3))]);
        assert_eq!(line.open(), []);
    }

    #[test]
    fn events_of_a_closed_socket_do_not_count() {
        let mut line = Line::new(1);
        line.open();
        assert_eq!(line.close(), [Command::CloseSocket]);
        assert!(!line.is_current(SocketId(1)));
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut line = Line::new(1);
        for _ in 0..2 * MAX_UNSENT {
            line.signal(PeerId(2), candidate(0));
        }
        assert_eq!(line.sit_down(|_, _| true).len(), MAX_UNSENT);
    }
}
