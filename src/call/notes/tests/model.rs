//! Pages with notes, and channels between them that keep their order and are cut at any time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::super::*;

pub(super) struct World {
    pub(super) now: Duration,
    pub(super) pages: Vec<Notes>,
    /// Messages on their way, by sender and receiver; there is an entry while the channel is open.
    pub(super) ways: BTreeMap<(usize, usize), VecDeque<Vec<u8>>>,
    pub(super) closed: Vec<(usize, usize)>,
    pub(super) sent: usize,
    loads: u64,
}

pub(super) fn peer(page: usize) -> PeerId {
    PeerId(page as u32)
}

impl World {
    /// Pages without channels.
    pub(super) fn new(pages: usize) -> Self {
        Self::after(0, pages)
    }

    /// The same, when there have been so many page loads before.
    pub(super) fn after(loads: u64, pages: usize) -> Self {
        let mut world = Self {
            now: Duration::from_secs(100),
            pages: vec![],
            ways: BTreeMap::new(),
            closed: vec![],
            sent: 0,
            loads,
        };
        for _ in 0..pages {
            let page = world.load();
            world.pages.push(page);
        }
        world
    }

    /// Pages that are all connected.
    pub(super) fn connected(pages: usize) -> Self {
        let mut world = Self::new(pages);
        world.open_all();
        world.settle();
        world
    }

    fn next_client(&mut self) -> u64 {
        self.loads += 1;
        // Ids in no order.
        self.loads.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11
    }

    fn load(&mut self) -> Notes {
        Notes::new(self.next_client()).unwrap()
    }

    fn perform(&mut self, page: usize, commands: Vec<NotesCommand>) {
        for command in commands {
            match command {
                NotesCommand::Send(to, message) => {
                    self.sent += 1;
                    let way = self.ways.get_mut(&(page, to.0 as usize));
                    way.expect("nothing is sent where no channel is").push_back(message);
                }
                NotesCommand::Close(to) => {
                    self.closed.push((page, to.0 as usize));
                    self.cut(page, to.0 as usize);
                }
                NotesCommand::Renew => {
                    let client = self.next_client();
                    self.event(page, NotesEvent::Renewed(client));
                }
            }
        }
    }

    pub(super) fn event(&mut self, page: usize, event: NotesEvent) {
        let commands = self.pages[page].handle(self.now, event);
        self.perform(page, commands);
    }

    pub(super) fn give(&mut self, from: usize, to: usize, message: &[u8]) {
        let commands = self.pages[to].received(self.now, peer(from), message);
        self.perform(to, commands);
    }

    pub(super) fn open(&mut self, a: usize, b: usize) {
        if a != b && !self.ways.contains_key(&(a, b)) {
            self.ways.insert((a, b), VecDeque::new());
            self.ways.insert((b, a), VecDeque::new());
            self.event(a, NotesEvent::Opened(peer(b)));
            self.event(b, NotesEvent::Opened(peer(a)));
        }
    }

    pub(super) fn open_all(&mut self) {
        for a in 0..self.pages.len() {
            (0..a).for_each(|b| self.open(a, b));
        }
    }

    /// What is on its way is lost.
    pub(super) fn cut(&mut self, a: usize, b: usize) {
        if self.ways.remove(&(a, b)).is_some() {
            self.ways.remove(&(b, a));
            self.event(a, NotesEvent::Closed(peer(b)));
            self.event(b, NotesEvent::Closed(peer(a)));
        }
    }

    /// Loads the page anew, with what it has kept.
    pub(super) fn reload(&mut self, page: usize) {
        (0..self.pages.len()).for_each(|other| self.cut(page, other));
        let kept = self.pages[page].kept();
        self.pages[page] = self.load().with(&kept);
    }

    pub(super) fn edit(&mut self, page: usize, at: u32, removed: u32, inserted: &str) {
        self.event(page, NotesEvent::Edited(Splice { at, removed, inserted: inserted.to_owned() }));
    }

    pub(super) fn append(&mut self, page: usize, inserted: &str) {
        self.edit(page, splice::units(self.text(page)), 0, inserted);
    }

    pub(super) fn text(&self, page: usize) -> &str {
        self.pages[page].text()
    }

    /// Delivers the next message there; says whether there was one.
    pub(super) fn deliver(&mut self, from: usize, to: usize) -> bool {
        let message = self.ways.get_mut(&(from, to)).and_then(VecDeque::pop_front);
        message.as_ref().inspect(|message| self.give(from, to, message)).is_some()
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        for page in 0..self.pages.len() {
            if self.pages[page].deadline().is_some_and(|due| due <= self.now) {
                self.event(page, NotesEvent::Tick);
                assert!(self.pages[page].deadline().is_none_or(|due| due > self.now), "what is due is done");
            }
        }
    }

    /// Delivers all there is, and lets time pass until nothing is due.
    pub(super) fn settle(&mut self) {
        for _ in 0..10_000 {
            let ways: Vec<_> = self.ways.keys().copied().collect();
            if ways.into_iter().filter(|(from, to)| self.deliver(*from, *to)).count() > 0 {
                continue;
            }
            match self.pages.iter().filter_map(Notes::deadline).min() {
                Some(due) => self.pass(due.saturating_sub(self.now)),
                None => return,
            }
        }
        panic!("it never ends");
    }

    pub(super) fn assert_equal(&self) {
        for page in &self.pages {
            assert_eq!(page.text(), self.text(0));
        }
    }
}
