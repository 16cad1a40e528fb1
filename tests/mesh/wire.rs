//! One socket, as both ends see it: in order, as TCP is, and cut at any point.

use std::collections::VecDeque;

use parlor::call::SocketId;
use parlor::protocol::{CloseCode, PeerId};

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
    /// Nothing passes any more.
    cut: bool,
}

impl Wire {
    pub(crate) fn new(owner: usize, load: u32, socket: SocketId, reachable: bool) -> Self {
        let down = VecDeque::from([if reachable { Down::Opened } else { Down::Closed(1006) }]);
        let up = VecDeque::new();
        Self { owner, load, socket, up, down, peer: None, dead: !reachable, cut: !reachable }
    }

    /// Both ends take it for open.
    pub(crate) fn is_open(&self) -> bool {
        !self.cut && !self.dead && !self.up.iter().any(|up| matches!(up, Up::Closed(_)))
    }

    pub(crate) fn is_forgotten(&self) -> bool {
        self.dead && self.up.is_empty() && self.down.is_empty()
    }

    pub(crate) fn send(&mut self, frame: String) {
        if !self.cut {
            self.down.push_back(Down::Frame(frame));
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

    /// The server ends it, by a close, or by its own end, when only some of what it sent arrives.
    pub(crate) fn end(&mut self, survives: Option<usize>, code: u16) {
        self.dead = true;
        self.up.clear();
        self.peer = None;
        if !self.cut {
            self.cut = true;
            self.down.truncate(survives.unwrap_or(usize::MAX));
            self.down.push_back(Down::Closed(code));
        }
    }

    /// A newer socket has its seat.
    pub(crate) fn replaced(&mut self) {
        self.end(None, CloseCode::Replaced.code());
    }
}
