//! The time since something began, for the eyes only: no word of it for screen readers.

use gloo_timers::callback::Interval;
use leptos::prelude::*;
use send_wrapper::SendWrapper;

use super::reactive::{Memo, effect};

/// Whole seconds since `runs` became true, looked at every so many milliseconds; those of the last time while it is false.
pub(super) fn seconds(runs: Memo<bool>, look_every: u32) -> RwSignal<u32> {
    let passed = RwSignal::new(0);
    effect(move || {
        if runs.get() {
            passed.set(0);
            let begun = now();
            let look = Interval::new(look_every, move || passed.set(between(begun, now())));
            let kept = SendWrapper::new(look);
            on_cleanup(move || drop(kept));
        }
    });
    passed
}

/// Milliseconds on the clock of the page, which nobody sets.
fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

fn between(begun: f64, now: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds will do")]
    let seconds = ((now - begun) / 1_000.0) as u32;
    seconds
}

/// As on a clock: minutes and seconds, with hours before them once there are some.
pub(super) fn as_clock(seconds: u32) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match minutes / 60 {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{:02}:{seconds:02}", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_in_whole_seconds() {
        for (begun, now, seconds) in
            [(0.0, 999.9, 0), (0.0, 1_000.0, 1), (5_000.0, 124_999.0, 119), (9.0, 0.0, 0)]
        {
            assert_eq!(between(begun, now), seconds, "{begun} {now}");
        }
    }

    #[test]
    fn hours_are_told_once_there_are_some() {
        for (seconds, told) in [
            (0, "0:00"),
            (59, "0:59"),
            (724, "12:04"),
            (3_599, "59:59"),
            (3_600, "1:00:00"),
            (36_605, "10:10:05"),
        ] {
            assert_eq!(as_clock(seconds), told);
        }
    }
}
