//! Words for missing devices: the reason, advice, and what goes on working without them.

use super::i18n::Words;
use crate::call::{DeviceProblem, MediaError};
use crate::protocol::SourceSet;

/// A device problem in words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct ProblemWords {
    /// Reason why the devices are missing.
    pub(super) title: &'static str,
    /// Advice on what to do next.
    pub(super) advice: &'static str,
    /// Consequence for the call.
    pub(super) consequence: &'static str,
}

/// Chooses by devices: the first text for a microphone, the next for a camera, the last for both.
pub(super) fn by_devices(devices: SourceSet, texts: [&'static str; 3]) -> &'static str {
    let [microphone, camera, both] = texts;
    match devices {
        SourceSet::MICROPHONE => microphone,
        SourceSet::CAMERA => camera,
        _ => both,
    }
}

/// Puts a device problem into words; consequences differ in a call and before.
pub(super) fn problem_words(problem: DeviceProblem, in_call: bool, words: &'static Words) -> ProblemWords {
    let (titles, advice) = match problem.error {
        MediaError::Denied => {
            ([words.microphone_denied(), words.camera_denied(), words.both_denied()], words.denied_advice())
        }
        MediaError::NotFound => (
            [words.microphone_not_found(), words.camera_not_found(), words.both_not_found()],
            words.not_found_advice(),
        ),
        MediaError::Busy => {
            ([words.microphone_busy(), words.camera_busy(), words.both_busy()], words.busy_advice())
        }
        MediaError::Insecure => (
            [words.microphone_insecure(), words.camera_insecure(), words.both_insecure()],
            words.insecure_advice(),
        ),
        MediaError::Unsupported => (
            [words.microphone_unsupported(), words.camera_unsupported(), words.both_unsupported()],
            words.unsupported_advice(),
        ),
    };
    let consequences = if in_call {
        [words.still_unheard(), words.still_unseen(), words.still_unseen_unheard()]
    } else {
        [words.join_unheard(), words.join_unseen(), words.join_unseen_unheard()]
    };
    ProblemWords {
        title: by_devices(problem.missing, titles),
        advice,
        consequence: by_devices(problem.missing, consequences),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::i18n::{Lang, words_of};

    const ERRORS: [MediaError; 5] = [
        MediaError::Denied,
        MediaError::NotFound,
        MediaError::Busy,
        MediaError::Insecure,
        MediaError::Unsupported,
    ];

    #[test]
    fn every_device_problem_has_words_of_its_own() {
        for lang in Lang::ALL {
            let mut seen = Vec::new();
            for error in ERRORS {
                for missing in [SourceSet::CAMERA, SourceSet::MICROPHONE, SourceSet::DEVICES] {
                    let problem = DeviceProblem { error, missing };
                    let words = problem_words(problem, false, words_of(lang));
                    let in_call = problem_words(problem, true, words_of(lang));
                    assert_ne!(words.consequence, in_call.consequence, "one cannot join twice");
                    seen.push(words);
                }
            }
            let count = seen.len();
            seen.sort();
            seen.dedup_by_key(|words| words.title);
            assert_eq!(seen.len(), count, "two problems read the same in {lang:?}");
        }
    }
}
