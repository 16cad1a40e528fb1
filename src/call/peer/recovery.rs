//! Recovery of a connection that does not connect: ICE restarts first, then a new connection, then nothing until a
//! person asks.

use std::time::Duration;

use crate::call::api::event::PeerState;

/// The time that a new connection, or a restart, has.
const PATIENCE: Duration = Duration::from_secs(8);
/// The time that `disconnected` may last; ICE often comes back by itself.
const DISCONNECTED: Duration = Duration::from_secs(3);
/// The head start of the side that offers, so that both do not restart at once.
const AFTER_YOU: Duration = Duration::from_secs(1);
/// The restarts in a row before the connection is built anew.
const RESTARTS: u32 = 2;
/// The attempts in a row before a person is asked.
const ATTEMPTS: u32 = 6;

/// The remedy that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Restart ICE by a new offer, or ask for one.
    Restart,
    /// Close the connection and build a new one.
    Rebuild,
}

/// The attempts at one connection; they outlive a rebuild.
#[derive(Clone, Debug)]
pub(super) struct Recovery {
    attempts: u32,
    due: Option<Duration>,
    delay: Duration,
}

impl Recovery {
    pub(super) fn new(now: Duration, offerer: bool) -> Self {
        let delay = if offerer { Duration::ZERO } else { AFTER_YOU };
        Self { attempts: 0, due: Some(now + PATIENCE + delay), delay }
    }

    /// The recovery of the next connection. Attempts go on being counted, so that two sides that follow each other
    /// end.
    pub(super) fn carry_over(&self, now: Duration) -> Self {
        Self { attempts: self.attempts, due: Some(now + PATIENCE + self.delay), delay: self.delay }
    }

    /// Counts a step that failed outright; returns whether an attempt is left.
    pub(super) fn step_failed(&mut self) -> bool {
        let left = self.attempts < ATTEMPTS;
        self.attempts = (self.attempts + 1).min(ATTEMPTS);
        if !left {
            self.due = None;
        }
        left
    }

    /// Frees all attempts at a person's wish.
    pub(super) fn start_over(&mut self) {
        self.attempts = 0;
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.due
    }

    pub(super) fn has_given_up(&self) -> bool {
        self.attempts >= ATTEMPTS && self.due.is_none()
    }

    pub(super) fn state_changed(&mut self, now: Duration, state: PeerState) {
        match state {
            PeerState::Connected => {
                self.attempts = 0;
                self.due = None;
            }
            PeerState::Disconnected => self.sooner(now + DISCONNECTED + self.delay),
            PeerState::Failed => self.sooner(now + self.delay),
            // Checks are at work again: they get the time they need.
            PeerState::Connecting if self.due.is_some() => self.due = Some(now + PATIENCE + self.delay),
            PeerState::New | PeerState::Connecting | PeerState::Closed => {}
        }
    }

    /// Brings the next remedy forward: it may work now.
    pub(super) fn hurry(&mut self, now: Duration) {
        self.sooner(now + self.delay);
    }

    /// Gives time to a remedy of the other side, or at its wish.
    pub(super) fn helped(&mut self, now: Duration) {
        self.later(now + PATIENCE + self.delay);
    }

    /// Whether a step that began then may still end; if so it gets its time.
    pub(super) fn is_early(&mut self, now: Duration, began: Duration) -> bool {
        let early = now < began + PATIENCE;
        if early {
            self.later(began + PATIENCE);
        }
        early
    }

    pub(super) fn tick(&mut self, now: Duration) -> Option<Remedy> {
        if self.due.is_none_or(|due| now < due) {
            return None;
        }
        if self.attempts >= ATTEMPTS {
            self.due = None;
            return None;
        }
        self.attempts += 1;
        self.due = Some(now + PATIENCE + self.delay);
        Some(if self.attempts <= RESTARTS { Remedy::Restart } else { Remedy::Rebuild })
    }

    fn later(&mut self, due: Duration) {
        self.due = self.due.map(|before| before.max(due));
    }

    fn sooner(&mut self, due: Duration) {
        if self.attempts < ATTEMPTS {
            self.due = Some(self.due.map_or(due, |before| before.min(due)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn restarts_come_first_then_new_connections_then_nothing() {
        let mut recovery = Recovery::new(s(0), true);
        let mut seen = Vec::new();
        while let Some(due) = recovery.deadline() {
            seen.extend(recovery.tick(due));
        }
        assert_eq!(seen.len(), ATTEMPTS as usize);
        assert!(seen[..2].iter().all(|remedy| *remedy == Remedy::Restart));
        assert!(seen[2..].iter().all(|remedy| *remedy == Remedy::Rebuild));
        assert!(recovery.has_given_up());
    }

    #[test]
    fn a_short_disconnect_is_left_alone() {
        let mut recovery = Recovery::new(s(0), true);
        recovery.state_changed(s(1), PeerState::Connected);
        recovery.state_changed(s(10), PeerState::Disconnected);
        assert_eq!(recovery.tick(s(12)), None);
        recovery.state_changed(s(12), PeerState::Connected);
        assert_eq!(recovery.deadline(), None);
    }

    #[test]
    fn a_failure_is_helped_at_once_by_one_side_and_later_by_the_other() {
        let (mut one, mut other) = (Recovery::new(s(0), true), Recovery::new(s(0), false));
        for side in [&mut one, &mut other] {
            side.state_changed(s(1), PeerState::Connected);
            side.state_changed(s(20), PeerState::Failed);
        }
        assert_eq!(one.tick(s(20)), Some(Remedy::Restart));
        assert_eq!(other.tick(s(20)), None);
        assert_eq!(other.tick(s(21)), Some(Remedy::Restart));
    }

    #[test]
    fn what_the_other_side_does_and_a_step_that_is_young_get_their_time() {
        let mut recovery = Recovery::new(s(0), true);
        recovery.state_changed(s(1), PeerState::Connected);
        recovery.helped(s(2));
        assert_eq!(recovery.deadline(), None);
        recovery.state_changed(s(10), PeerState::Disconnected);
        assert_eq!(recovery.deadline(), Some(s(13)));
        recovery.helped(s(12));
        assert_eq!(recovery.deadline(), Some(s(20)));
        assert!(recovery.is_early(s(20), s(19)));
        assert_eq!(recovery.deadline(), Some(s(27)));
        assert!(!recovery.is_early(s(27), s(19)));
    }

    #[test]
    fn attempts_outlive_a_new_connection_until_it_connects() {
        let mut before = Recovery::new(s(0), true);
        while let Some(due) = before.deadline() {
            before.tick(due);
        }
        let mut after = before.carry_over(s(99));
        assert!(!after.has_given_up(), "it is given its time");
        assert_eq!(after.tick(s(200)), None);
        assert!(after.has_given_up());
        after.state_changed(s(201), PeerState::Connected);
        assert!(!after.has_given_up());
    }

    #[test]
    fn failing_steps_are_bounded_too() {
        let mut recovery = Recovery::new(s(0), true);
        assert_eq!((0..100).filter(|_| recovery.step_failed()).count(), ATTEMPTS as usize);
        assert!(recovery.has_given_up());
        recovery.start_over();
        assert!(recovery.step_failed());
    }
}
