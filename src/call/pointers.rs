//! Pointers: where people point on shared screens and draw on them, and what of it is still to be told.
//!
//! Only the owner of a screen opens it to pointers. What the own person does is shown at once and told at a steady
//! pace; between two messages a pointer keeps its newest spot, and a line as many as fit, its ends among them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::api::pointer::{LineView, PointAction, PointerView};
use crate::protocol::{MAX_PATH_SPOTS, POINT_EVERY, PeerId, PeerMsg, Spot};

/// How long a pointer is shown that does not move.
const POINTER_FOR: Duration = Duration::from_secs(2);
/// How long a line is shown after its last spot.
const LINE_FOR: Duration = Duration::from_secs(4);
/// Most spots that one person has on one screen; older ones go.
const MOST_SPOTS: usize = 512;
/// Most messages that wait before no further line is begun.
const MOST_WAITING: usize = 16;

/// Where a pointer goes, as a message tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PointTo {
    pub(super) screen: PeerId,
    pub(super) draws: bool,
    pub(super) path: Vec<Spot>,
}

impl PointTo {
    /// Whether it goes on with a line.
    fn is_line(&self) -> bool {
        self.draws && !self.path.is_empty()
    }
}

/// The pointers of everybody in the room, the own one too.
#[derive(Debug, Default)]
pub(super) struct Pointers {
    /// Nobody may point at what this page shares.
    is_forbidden: bool,
    /// Who shares a screen that one may point at.
    open: Vec<PeerId>,
    pointers: Vec<PointerView>,
    /// What is to be told, the oldest first.
    waiting: VecDeque<PointTo>,
    /// Before this nothing further is told.
    not_before: Duration,
    /// Something has changed that is not shown yet.
    is_changed: bool,
    shown: Arc<Vec<PointerView>>,
}

impl Pointers {
    /// Whether others may point at what this page shares.
    pub(super) fn lets_point(&self) -> bool {
        !self.is_forbidden
    }

    /// Takes what the own person does.
    pub(super) fn act(&mut self, now: Duration, own: PeerId, action: PointAction) {
        match action {
            PointAction::Allow(allowed) => self.is_forbidden = !allowed,
            PointAction::To { screen, draws, spot } => {
                let to = PointTo { screen, draws, path: Vec::from_iter(spot) };
                if self.open.contains(&screen) && self.admits(own, &to) {
                    self.show(now, own, &to);
                    self.wait(to);
                }
            }
        }
    }

    /// Takes what a peer tells; on screens that are not open nothing is shown.
    pub(super) fn received(&mut self, now: Duration, peer: PeerId, to: PointTo) {
        if self.open.contains(&to.screen) {
            self.show(now, peer, &to);
        }
    }

    /// Notes whose screens are open; what is on others goes.
    pub(super) fn open(&mut self, screens: Vec<PeerId>) {
        if self.open != screens {
            self.waiting.retain(|to| screens.contains(&to.screen));
            self.retain(|pointer| screens.contains(&pointer.screen));
            self.open = screens;
        }
    }

    /// Forgets what somebody who is gone has shown.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.retain(|pointer| pointer.peer != peer);
    }

    /// What everybody is to be told now; takes away what was shown long enough.
    pub(super) fn tell(&mut self, now: Duration) -> Option<PeerMsg> {
        self.expire(now);
        if std::mem::take(&mut self.is_changed) {
            self.shown = Arc::new(self.pointers.clone());
        }
        let PointTo { screen, draws, path } = self.waiting.pop_front_if(|_| self.not_before <= now)?;
        self.not_before = now + POINT_EVERY;
        Some(PeerMsg::Pointer { screen, draws, path })
    }

    /// When [`Self::tell`] is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let told = Some(self.not_before).filter(|_| !self.waiting.is_empty());
        let gone = self.pointers.iter().flat_map(|pointer| {
            let spot = pointer.spot.map(|(_, until)| until);
            spot.into_iter().chain(pointer.lines.iter().map(|line| line.until))
        });
        gone.chain(told).min()
    }

    /// The view, as [`Self::tell`] has left it.
    pub(super) fn view(&self) -> Arc<Vec<PointerView>> {
        Arc::clone(&self.shown)
    }

    /// Whether the own person can do this: there is something to lift or to leave, or room for another line.
    fn admits(&self, own: PeerId, to: &PointTo) -> bool {
        let pointer = self.pointers.iter().find(|one| (one.peer, one.screen) == (own, to.screen));
        let has_pen_down = pointer.is_some_and(|pointer| pointer.draws);
        match (to.draws, to.path.is_empty()) {
            (true, true) => has_pen_down,
            (true, false) => has_pen_down || self.waiting.len() < MOST_WAITING,
            (false, true) => pointer.is_some_and(|pointer| pointer.spot.is_some()),
            (false, false) => true,
        }
    }

    /// Has it told, together with what waits already.
    fn wait(&mut self, to: PointTo) {
        match self.waiting.back_mut() {
            Some(last) if last.is_line() && to.is_line() && last.screen == to.screen => {
                if last.path.len() == MAX_PATH_SPOTS {
                    let (mut at, end) = (0, MAX_PATH_SPOTS - 1);
                    last.path.retain(|_| {
                        at += 1;
                        at % 2 == 1 || at > end
                    });
                }
                last.path.extend(to.path);
            }
            // Each other word lifts the pen as well.
            Some(last) if !last.is_line() && !to.is_line() => *last = to,
            _ => self.waiting.push_back(to),
        }
    }

    fn show(&mut self, now: Duration, peer: PeerId, to: &PointTo) {
        self.is_changed = true;
        // Everybody has one pointer and one pen.
        for other in self.pointers.iter_mut().filter(|one| one.peer == peer && one.screen != to.screen) {
            (other.spot, other.draws) = (None, false);
        }
        let screen = to.screen;
        let is_it = |one: &PointerView| (one.peer, one.screen) == (peer, screen);
        let Some(spot) = to.path.last() else {
            if let Some(pointer) = self.pointers.iter_mut().find(|one| is_it(one)) {
                pointer.draws = false;
                pointer.spot.take_if(|_| !to.draws);
            }
            return;
        };
        let at = self.pointers.iter().position(is_it).unwrap_or(self.pointers.len());
        if at == self.pointers.len() {
            self.pointers.push(PointerView { peer, screen, spot: None, draws: false, lines: vec![] });
        }
        let Some(pointer) = self.pointers.get_mut(at) else { return };
        pointer.spot = Some((*spot, now + POINTER_FOR));
        let goes_on = std::mem::replace(&mut pointer.draws, to.draws);
        if !to.draws {
            return;
        }
        let until = now + LINE_FOR;
        match pointer.lines.last_mut().filter(|_| goes_on) {
            Some(line) => {
                line.path.extend(&to.path);
                line.until = until;
            }
            None => pointer.lines.push(LineView { path: to.path.clone(), until }),
        }
        let mut excess =
            pointer.lines.iter().map(|line| line.path.len()).sum::<usize>().saturating_sub(MOST_SPOTS);
        pointer.lines.retain_mut(|line| {
            let cut = excess.min(line.path.len());
            excess -= cut;
            line.path.drain(..cut);
            !line.path.is_empty()
        });
    }

    fn expire(&mut self, now: Duration) {
        let is_over = |until: Duration| until <= now;
        for pointer in &mut self.pointers {
            let lines = pointer.lines.len();
            pointer.lines.retain(|line| !is_over(line.until));
            let spot = pointer.spot.take_if(|(_, until)| is_over(*until));
            self.is_changed |= spot.is_some() || pointer.lines.len() != lines;
        }
        self.retain(|pointer| pointer.spot.is_some() || !pointer.lines.is_empty());
    }

    fn retain(&mut self, keep: impl Fn(&PointerView) -> bool) {
        let before = self.pointers.len();
        self.pointers.retain(keep);
        self.is_changed |= self.pointers.len() != before;
    }
}

#[cfg(test)]
mod tests;
