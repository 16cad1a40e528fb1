//! The wait of an answer for devices that are being opened.

use std::time::Duration;

use crate::protocol::{Source, SourceSet};

/// How long an answer waits for devices that are being opened.
pub const ANSWER_PATIENCE: Duration = Duration::from_millis(700);

/// Whether an answer waits for devices that are being opened: they are there sooner if the browser is not busy with a
/// connection at the same time, and a connection that has something to send from its beginning shows it sooner.
/// A person who has not said yes yet is not waited for.
pub fn answer_waits(granted: SourceSet) -> bool {
    granted.contains(Source::Camera)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_waits_for_no_person() {
        for (granted, waits) in
            [(SourceSet::CAMERA, true), (SourceSet::MICROPHONE, false), (SourceSet::NONE, false)]
        {
            assert_eq!(answer_waits(granted), waits, "{granted:?}");
        }
    }
}
