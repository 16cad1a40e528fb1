//! Measuring of the microphone: when it is done, and when somebody who talks while muted is told.

use std::time::Duration;

use crate::call::api::command::Command;

/// Whoever was told is left alone for this long.
const TOLD_EVERY: Duration = Duration::from_secs(30);
/// Whoever mutes in the middle of a sentence means it.
const SENTENCE: Duration = Duration::from_secs(2);

/// What is known about measuring.
#[derive(Debug, Default)]
pub(super) struct Speech {
    /// A page of settings shows the level.
    watched: bool,
    in_call: bool,
    /// The driver measures.
    measures: bool,
    told: Option<Duration>,
    muted: Duration,
}

impl Speech {
    /// Notes whether somebody looks at the level.
    pub(super) fn watch(&mut self, watched: bool) {
        self.watched = watched;
    }

    /// Notes that the microphone has another track, which is to be measured anew.
    pub(super) fn other_track(&mut self) {
        self.measures = false;
    }

    /// Begins or ends measuring: only a live microphone, in a call or while somebody looks.
    pub(super) fn measure(&mut self, in_call: bool, live: bool) -> Option<Command> {
        self.in_call = in_call;
        let wanted = live && (in_call || self.watched);
        (std::mem::replace(&mut self.measures, wanted) != wanted).then_some(Command::Measure(wanted))
    }

    /// Notes that the person has muted, or the contrary, or talks for a moment.
    pub(super) fn toggled(&mut self, now: Duration) {
        self.muted = now;
    }

    /// Whether somebody who talks, while muted or not, is to be told now.
    pub(super) fn tells(&mut self, now: Duration, muted: bool) -> bool {
        let means_it = now < self.muted + SENTENCE;
        let tells =
            self.in_call && muted && !means_it && self.told.is_none_or(|told| now >= told + TOLD_EVERY);
        if tells {
            self.told = Some(now);
        }
        tells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_live_microphone_is_measured_that_matters() {
        let mut speech = Speech::default();
        assert_eq!(speech.measure(false, true), None);
        assert_eq!(speech.measure(true, false), None);
        assert_eq!(speech.measure(true, true), Some(Command::Measure(true)));
        assert_eq!(speech.measure(true, true), None);
        speech.other_track();
        assert_eq!(speech.measure(true, true), Some(Command::Measure(true)), "the new track");
        assert_eq!(speech.measure(false, true), Some(Command::Measure(false)));
        speech.watch(true);
        assert_eq!(speech.measure(false, true), Some(Command::Measure(true)));
        assert_eq!(speech.measure(false, false), Some(Command::Measure(false)));
    }

    #[test]
    fn who_talks_while_muted_is_told_now_and_then() {
        let mut speech = Speech::default();
        assert!(!speech.tells(SENTENCE, true), "outside a call");
        speech.measure(true, true);
        speech.toggled(SENTENCE);
        assert!(!speech.tells(SENTENCE, true), "in the middle of a sentence");
        let now = SENTENCE * 2;
        assert!(!speech.tells(now, false));
        assert!(speech.tells(now, true));
        assert!(!speech.tells(now + TOLD_EVERY - Duration::from_secs(1), true));
        assert!(speech.tells(now + TOLD_EVERY, true));
    }
}
