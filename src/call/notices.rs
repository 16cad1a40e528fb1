//! The notice that the page shows, one at a time.

use std::time::Duration;

use super::api::view::Notice;

/// How long a passing notice stays.
const PASSING: Duration = Duration::from_secs(6);

/// The notice shown, and when it goes by itself.
#[derive(Debug, Default)]
pub(super) struct Notices {
    shown: Option<(Notice, Option<Duration>)>,
}

impl Notices {
    /// Shows a notice that stays: it has something to press or to know.
    pub(super) fn say(&mut self, notice: Notice) {
        self.shown = Some((notice, None));
    }

    /// Shows a notice for a while.
    pub(super) fn say_briefly(&mut self, now: Duration, notice: Notice) {
        self.shown = Some((notice, Some(now + PASSING)));
    }

    /// Shows a notice for a while, unless one stands that stays.
    pub(super) fn mention(&mut self, now: Duration, notice: Notice) {
        if self.shown.as_ref().is_none_or(|(_, until)| until.is_some()) {
            self.say_briefly(now, notice);
        }
    }

    pub(super) fn clear(&mut self) {
        self.shown = None;
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.shown.as_ref().and_then(|(_, until)| *until)
    }

    pub(super) fn tick(&mut self, now: Duration) {
        self.shown.take_if(|(_, until)| until.is_some_and(|until| now >= until));
    }

    pub(super) fn view(&self) -> Option<Notice> {
        self.shown.as_ref().map(|(notice, _)| notice.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passing_notice_goes_by_itself_and_yields_to_none_that_stays() {
        let mut notices = Notices::default();
        notices.mention(Duration::ZERO, Notice::AddressShown);
        assert_eq!(notices.deadline(), Some(PASSING));
        notices.tick(PASSING);
        assert_eq!(notices.view(), None);
        notices.say(Notice::RoomFull);
        notices.mention(PASSING, Notice::AddressShown);
        assert_eq!((notices.view(), notices.deadline()), (Some(Notice::RoomFull), None));
    }
}
