//! Playback of all pictures and voices, against a system that pauses them.

use std::time::Duration;

use crate::call::api::command::{Chime, Command};

/// The sound that tries a speaker.
pub(super) const TEST_SOUND: Chime = Chime {
    loudness: 0.25,
    tones: &[
        (523, Duration::from_millis(250)),
        (659, Duration::from_millis(250)),
        (784, Duration::from_millis(500)),
    ],
};
/// The sound that calls a person back to the page.
pub(super) const CALL_BACK: Chime =
    Chime { loudness: 0.1, tones: &[(660, Duration::from_millis(200)), (880, Duration::from_millis(400))] };

/// The wait before paused pictures are played again; a system pauses all of them in one burst.
const PLAY_AGAIN: Duration = Duration::from_millis(250);
/// A picture paused again within this is paused on purpose: a person is asked, and the next attempt waits twice as long.
const PAUSED_AGAIN: Duration = Duration::from_secs(2);
/// The longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(32);

/// Playback of the pictures and voices, which a person and the system may hold back.
#[derive(Debug, Default)]
pub(super) struct Playback {
    /// The browser wants a gesture first.
    blocked: bool,
    due: Option<Duration>,
    /// The time of the last attempt, and within which another pause is on purpose.
    played: Option<(Duration, Duration)>,
}

impl Playback {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.due
    }

    /// Whether the browser wants a gesture first.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Takes the outcome of a `play()`.
    pub(super) fn set_blocked(&mut self, blocked: bool) {
        self.blocked = blocked;
    }

    /// Takes a pause that the system made.
    pub(super) fn paused(&mut self, now: Duration, audible: bool) {
        let due = match &mut self.played {
            Some((played, wait)) if now < *played + *wait => {
                self.blocked |= audible;
                *wait = (*wait * 2).min(LONGEST_WAIT);
                *played + *wait
            }
            played => {
                *played = None;
                now + PLAY_AGAIN
            }
        };
        self.due = self.due.or(Some(due));
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Command> {
        if self.due.take_if(|due| now >= *due).is_none() {
            return vec![];
        }
        self.played = Some((now, self.played.map_or(PAUSED_AGAIN, |(_, wait)| wait)));
        vec![Command::PlaySound]
    }

    /// Plays at a person's touch; the browser reports again if it still refuses.
    pub(super) fn play(&mut self) -> Vec<Command> {
        self.blocked = false;
        vec![Command::PlaySound]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_goes_on_pausing_is_asked_ever_more_rarely() {
        let (mut playback, mut now) = (Playback::default(), Duration::ZERO);
        let mut waits = Vec::new();
        for _ in 0..7 {
            playback.paused(now, true);
            let due = playback.deadline().unwrap();
            waits.push((due - now).as_secs());
            now = due;
            assert_eq!(playback.tick(now), [Command::PlaySound]);
        }
        assert_eq!(waits, [0, 4, 8, 16, 32, 32, 32]);
        playback.paused(now + LONGEST_WAIT, true);
        assert_eq!(playback.deadline(), Some(now + LONGEST_WAIT + PLAY_AGAIN));
    }
}
