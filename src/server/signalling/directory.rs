//! The directory: the sockets of the peers that are present, and the clock of their rooms.
//!
//! Whoever sits in a room is reached by its socket, and that is all that the registry knows of it: what a socket is,
//! and how a frame gets there, is the directory's own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::outbox::Outbox;
use crate::protocol::CloseCode;

/// A way to the sockets of present peers.
pub trait Directory: fmt::Debug + Send + Sync {
    /// A socket; equal to itself only, so that a seat knows who holds it.
    type Socket: Clone + PartialEq + fmt::Debug + Send;

    /// The time of all rooms and sessions.
    fn now(&self) -> Duration;
    /// Queues a frame for a socket, behind all before it.
    fn deliver(&self, socket: &Self::Socket, frame: String);
    /// Closes a socket; frames that wait for it are dropped.
    fn cut(&self, socket: &Self::Socket, code: CloseCode);
}

/// The directory of a server alone: every socket is one of this process.
#[derive(Debug)]
pub(crate) struct OneNode {
    started: Instant,
}

impl OneNode {
    /// Starts the clock.
    pub(crate) fn new() -> Self {
        Self { started: Instant::now() }
    }

    /// Converts a time of the clock to an instant for timers; `None` means never.
    pub(crate) fn instant(&self, time: Duration) -> Option<Instant> {
        self.started.checked_add(time)
    }
}

impl Directory for OneNode {
    type Socket = Arc<Outbox>;

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn deliver(&self, socket: &Arc<Outbox>, frame: String) {
        socket.push(frame);
    }

    fn cut(&self, socket: &Arc<Outbox>, code: CloseCode) {
        socket.cut(code);
    }
}
