//! One socket, as both ends see it: in order, as TCP is, and cut at any point.

use std::collections::VecDeque;
use std::time::Duration;

use parlor::call::SocketId;
use parlor::protocol::PeerId;

/// Unique among all sockets of a run.
pub(crate) type WireId = u32;

/// From server to browser.
#[derive(Debug)]
pub(crate) enum Down {
    Opened,
    Frame(String),
    Closed(u16),
}

/// From browser to server.
#[derive(Debug)]
pub(crate) enum Up {
    Frame(String),
    /// The page closed it or was unloaded (1001), or it was cut (1006).
    Closed(u16),
}

#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) owner: usize,
    /// Which page load of the owner's opened it.
    pub(crate) load: u32,
    pub(crate) socket: SocketId,
    pub(crate) up: VecDeque<Up>,
    pub(crate) down: VecDeque<Down>,
    /// The seat that the server gave it.
    pub(crate) peer: Option<PeerId>,
    /// The server has done with it.
    pub(crate) dead: bool,
    /// Nothing passes any more, and neither end knows; since when.
    pub(crate) hung: Option<Duration>,
    /// It broke.
    cut: bool,
}

impl Wire {
    pub(crate) fn new(owner: usize, load: u32, socket: SocketId, reachable: bool) -> Self {
        let down = VecDeque::from([if reachable { Down::Opened } else { Down::Closed(1006) }]);
        let up = VecDeque::new();
        Self { owner, load, socket, up, down, peer: None, dead: !reachable, hung: None, cut: !reachable }
    }

    /// Both ends take it for open.
    pub(crate) fn is_open(&self) -> bool {
        !self.cut
            && !self.dead
            && self.hung.is_none()
            && !self.up.iter().any(|up| matches!(up, Up::Closed(_)))
    }

    pub(crate) fn is_forgotten(&self) -> bool {
        self.dead && self.up.is_empty() && self.down.is_empty()
    }

    pub(crate) fn send(&mut self, frame: String) {
        if !self.cut && self.hung.is_none() {
            self.down.push_back(Down::Frame(frame));
        }
    }

    /// The browser sends.
    pub(crate) fn send_up(&mut self, up: Up) {
        if self.hung.is_none() {
            self.up.push_back(up);
        }
    }

    /// It breaks; of what was on its way only so much arrives.
    pub(crate) fn cut(&mut self, up: usize, down: usize) {
        self.cut = true;
        self.up.truncate(up);
        self.down.truncate(down);
        self.up.push_back(Up::Closed(1006));
        self.down.push_back(Down::Closed(1006));
    }

    /// The same, but nobody is told.
    pub(crate) fn hang(&mut self, now: Duration, up: usize, down: usize) {
        self.hung = Some(now);
        self.up.truncate(up);
        self.down.truncate(down);
    }

    /// The server ends it, by a close, or by its own end, when only some of what it sent arrives. Says whose
    /// seat it had.
    pub(crate) fn end(&mut self, arrives: Option<usize>, code: u16) -> Option<PeerId> {
        self.dead = true;
        self.up.clear();
        if !self.cut && self.hung.is_none() {
            self.down.truncate(arrives.unwrap_or(usize::MAX));
            self.down.push_back(Down::Closed(code));
        }
        self.cut = true;
        self.hung = None;
        self.peer.take()
    }
}
