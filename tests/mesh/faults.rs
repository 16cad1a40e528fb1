//! What may go wrong in a run, and what people do meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use parlor::call::{
    Call, DeviceId, Event, MediaEvent, Page, Phase, PointAction, PreparedId, ShareAction, ShareSource,
    UserAction,
};
use parlor::protocol::{PeerId, Source, SourceSet, Spot};

use super::connection::Tracks;
use super::node::Memory;
use super::page::loaded;
use super::random::Random;
use super::secrecy::NAMES;
use super::server_frames::Passage;
use super::vault::Vault;
use super::wire::Up;
use super::world::{ROOM, World};

/// One kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A socket breaks, with what is on its way.
    Cut,
    /// A socket hangs: nothing passes any more, and nobody is told.
    Hang,
    /// A page is reloaded, or crashes.
    Reload,
    /// A path breaks for good, or comes back.
    Path,
    /// The browser refuses a description.
    Refusal,
    /// Signals are held back or come twice.
    Disorder,
    /// Time passes while messages are on their way.
    Slowness,
    /// The server is killed or stopped, and comes back with all seats that it wrote down.
    Restart,
    /// The same, and it has forgotten everything.
    Amnesia,
    /// A page stands still for a while.
    Freeze,
    /// People change networks and wake machines.
    Unrest,
}

const FAULTS: [Fault; 11] = [
    Fault::Cut,
    Fault::Hang,
    Fault::Reload,
    Fault::Path,
    Fault::Refusal,
    Fault::Disorder,
    Fault::Slowness,
    Fault::Restart,
    Fault::Amnesia,
    Fault::Freeze,
    Fault::Unrest,
];

#[derive(Clone, Debug)]
pub(crate) struct FaultPlan {
    pub(crate) participants: usize,
    pub(crate) capacity: usize,
    pub(crate) faults: Vec<Fault>,
    /// People come by links, lock the room, and let each other in or not.
    pub(crate) has_locks: bool,
    /// Some have a word in common, and no link.
    pub(crate) has_word: bool,
    /// How many things happen before the faults end.
    pub(crate) steps: usize,
}

impl FaultPlan {
    /// Some seeds have no faults, some one, some two and some all of them.
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = Random(!seed);
        let participants = 2 + random.below(3);
        // Sometimes one seat too few, so that somebody finds the room full.
        let capacity = if random.once_in(5) { (participants - 1).max(2) } else { participants };
        let faults = match random.below(6) {
            0 => vec![],
            1 | 2 => vec![random.pick(&FAULTS)],
            3 | 4 => vec![random.pick(&FAULTS), random.pick(&FAULTS)],
            _ => FAULTS.to_vec(),
        };
        let steps = 100 + random.below(7) * 50;
        let (has_locks, has_word) = (random.once_in(3), random.once_in(3));
        Self { participants, capacity, faults, has_locks, has_word, steps }
    }
}

impl World {
    /// Whether a fault may happen now.
    pub(super) fn is_possible(&self, fault: Fault) -> bool {
        !self.calm && self.plan.faults.contains(&fault)
    }

    /// Whether a fault happens now that happens so often.
    pub(super) fn strikes(&mut self, fault: Fault, once_in: usize) -> bool {
        self.is_possible(fault) && self.random.once_in(once_in)
    }

    /// Whoever was hit, or is paired with somebody who was, may need help.
    pub(super) fn hit(&mut self, who: usize) {
        self.pages[who].hits += 1;
    }

    pub(super) fn hit_all(&mut self) {
        (0..self.pages.len()).for_each(|who| self.hit(who));
    }

    pub(super) fn passage(&mut self) -> Passage {
        if !self.strikes(Fault::Disorder, 5) {
            Passage::Straight
        } else {
            self.random.pick(&[Passage::Late, Passage::Twice])
        }
    }

    pub(super) fn storm(&mut self) {
        let who = self.random.below(self.pages.len());
        let fault = self.random.pick(&self.plan.faults);
        self.note(|| format!("{fault:?} over {who}"));
        match fault {
            Fault::Cut => self.cut_socket(who, false),
            Fault::Hang => self.cut_socket(who, true),
            Fault::Reload => self.reload(who),
            Fault::Path => self.disturb_path(who),
            Fault::Restart => {
                let memory = self.random.pick(&[Memory::Whole, Memory::Written]);
                self.restart(memory);
            }
            Fault::Amnesia if self.random.once_in(3) => self.restart(Memory::None),
            Fault::Freeze => {
                self.hit(who);
                let until = self.now + Duration::from_millis(self.random.below(40_000) as u64);
                self.pages[who].frozen = Some(until);
            }
            // These strike while other things happen.
            Fault::Amnesia | Fault::Refusal | Fault::Disorder | Fault::Slowness | Fault::Unrest => {}
        }
    }

    fn cut_socket(&mut self, who: usize, quietly: bool) {
        let wire = self.pages[who].wire().and_then(|id| self.server.wires.get_mut(&id));
        if let Some(wire) = wire.filter(|wire| wire.is_open()) {
            let (up, down) = (self.random.below(wire.up.len() + 1), self.random.below(wire.down.len() + 1));
            if quietly {
                wire.hang(self.now, up, down);
            } else {
                wire.cut(up, down);
            }
            self.hit(who);
        }
    }

    /// The page is gone with all it held, by a reload or a crash, and comes back with what it remembered.
    pub(super) fn reload(&mut self, who: usize) {
        self.hit(who);
        let wire = self.pages[who].socket.take().map(|(_, wire)| wire);
        let crashes = self.random.once_in(4);
        self.up(wire, Up::Closed(if crashes { 1006 } else { 1001 }));
        let call =
            Call::new(self.random.next()).in_page(Page { can_capture_screen: true, ..Page::default() });
        let page = &mut self.pages[who];
        for (_, id) in std::mem::take(&mut page.connections).into_values() {
            self.connections.close(id);
        }
        page.prepared = None;
        page.named = PreparedId::default();
        page.call = call;
        page.load += 1;
        page.let_in.clear();
        page.vault = Vault::new(who, page.load, page.link, page.is_linked, self.without);
        page.prints.clear();
        page.events = VecDeque::from([loaded(page.remembered.clone(), !crashes)]);
        page.seat = None;
        page.asked.clear();
        page.tracks = Tracks::default();
        page.pickers.clear();
        page.captured.clear();
        page.screen = None;
        page.frozen = None;
        page.network_changed = None;
        page.wants_in &= page.remembered.is_some();
        self.count_live();
    }

    fn disturb_path(&mut self, who: usize) {
        let ids: Vec<_> = self.pages[who].connections.values().map(|(_, id)| *id).collect();
        if ids.is_empty() || self.random.once_in(5) {
            self.connections.mend_paths();
        } else {
            let id = self.random.pick(&ids);
            self.connections.break_path(id);
            let other = self.connections.all[&id].ends.other;
            self.hit(who);
            self.hit(other);
        }
    }

    /// The server ends and is down for a while, sometimes hardly at all and sometimes for long.
    fn restart(&mut self, memory: Memory) {
        self.hit_all();
        let down = match self.random.below(4) {
            0 => self.random.below(60_000),
            _ => self.random.below(2_000),
        };
        let until = self.now + Duration::from_millis(down as u64);
        let gently = memory == Memory::Whole && self.random.once_in(2);
        let killed = (!gently).then_some(|bound| self.random.below(bound));
        self.server.stop(until, memory, killed);
    }

    fn share(&mut self, who: usize) {
        let action = match self.random.below(6) {
            0..=2 => ShareAction::Start(ShareSource::Display),
            3 => ShareAction::Start(ShareSource::Camera(DeviceId("desk".into()))),
            4 => ShareAction::Stop,
            _ => return self.end_screen(who),
        };
        self.user(who, Event::User(UserAction::Share(action)));
    }

    fn point(&mut self, who: usize) {
        let view = self.pages[who].call.view();
        let screens: Vec<PeerId> = view.peers.iter().map(|peer| peer.peer).collect();
        let action = match self.random.below(4) {
            0 => PointAction::Allow(!view.lets_point),
            _ if screens.is_empty() => return,
            _ => {
                let (screen, draws) = (self.random.pick(&screens), self.random.once_in(2));
                let across = u16::try_from(self.random.below(1_000)).unwrap_or_default();
                let spot = (!self.random.once_in(3)).then_some(Spot { x: across, y: across });
                PointAction::To { screen, draws, spot }
            }
        };
        self.user(who, Event::User(UserAction::Point(action)));
    }

    pub(super) fn connect(&mut self, who: usize) {
        self.pages[who].wants_in = true;
        let name = self.random.pick(&NAMES).to_owned();
        let connect = UserAction::Connect { room: ROOM.into(), name, word: None };
        self.user(who, Event::User(connect));
    }

    pub(super) fn person_acts(&mut self) {
        let who = self.random.below(self.pages.len());
        if self.pages[who].frozen.is_some() {
            return;
        }
        let phase = self.pages[who].call.view().phase;
        let choice = self.random.below(20);
        self.note(|| format!("person {who} in {phase:?} does {choice}"));
        match (phase, choice) {
            (Phase::Home, 0..=6) => self.connect(who),
            (Phase::Home, _) => self.user(who, Event::User(UserAction::StartPreview)),
            (_, 0) => {
                self.pages[who].wants_in = false;
                self.user(who, Event::User(UserAction::Leave));
            }
            (_, 1..=2) => self.user(who, Event::User(UserAction::ToggleMicrophone)),
            (_, 3..=4) => self.user(who, Event::User(UserAction::ToggleCamera)),
            (_, 10) => {
                let is_up = self.pages[who].call.view().gestures.hand.is_some();
                self.user(who, Event::User(UserAction::RaiseHand(!is_up)));
            }
            (_, 6) if self.plan.has_locks => self.lock(who),
            (_, 7..=9) if self.plan.has_locks => {
                let comes_in = self.random.once_in(2);
                self.answer(who, comes_in);
            }
            (_, 11..14) => self.write(who),
            (_, 14..18) => self.share(who),
            (_, 18..) => self.point(who),
            (_, 5) if self.is_possible(Fault::Unrest) => {
                if self.random.once_in(2) {
                    self.user(who, Event::Woken);
                } else {
                    self.pages[who].network_changed = Some(self.now);
                    self.user(who, Event::NetworkChanged);
                }
            }
            (_, 6) => {
                let ended = self.random.pick(&Source::DEVICES);
                let is_live = self.pages[who].tracks.contains_key(&ended);
                self.unplug(who, if is_live { ended.into() } else { SourceSet::NONE });
            }
            (_, 7) => {
                self.pages[who].has_camera ^= true;
                self.user(who, Event::Media(MediaEvent::Unlisted));
            }
            _ => {}
        }
    }
}
