//! The notices for the person: the page shows one at a time, and others wait.

use std::collections::VecDeque;
use std::time::Duration;

use super::api::view::Notice;

/// How long a passing notice is shown.
const PASSING: Duration = Duration::from_secs(4);
/// The same where there is something to press.
const PRESSED_IN: Duration = Duration::from_secs(10);
/// How many passing notices wait at most; the oldest of more is dropped.
const WAITING: usize = 4;

/// The notice shown, those that wait for it, and when it goes by itself.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// The one that stays until it is read or another of its kind comes.
    stays: Option<Notice>,
    /// Those that pass, the oldest first.
    passing: VecDeque<Notice>,
    /// The one that stays is shown before those that pass.
    stays_first: bool,
    /// When the turn of the one shown ends.
    until: Option<Duration>,
    /// The pointer or the focus is on the one shown.
    is_held: bool,
}

impl Notices {
    /// Shows a notice at once that stays: it has something to press or to know.
    pub(super) fn say(&mut self, now: Duration, mut notice: Notice) {
        let before = self.view();
        if let Notice::PeerLeft(names) = &mut notice
            && let Some(Notice::PeerLeft(before)) = self.passing.back_mut()
        {
            before.append(names);
            *names = std::mem::take(before);
            self.passing.pop_back();
        }
        self.end(&notice);
        // What passes and was shown has been told.
        if !self.stays_first && self.passing.front() == before.as_ref() {
            self.passing.pop_front();
        }
        self.stays = Some(notice);
        self.stays_first = true;
        self.begin(now);
    }

    /// Shows a notice for a while, after those that wait already.
    pub(super) fn say_briefly(&mut self, now: Duration, notice: Notice) {
        let before = self.view();
        self.end(&notice);
        if notice == Notice::JustLeft {
            self.clear();
        }
        match (self.passing.back_mut(), notice) {
            (Some(Notice::PeerJoined(names)), Notice::PeerJoined(mut more))
            | (Some(Notice::PeerLeft(names)), Notice::PeerLeft(mut more)) => names.append(&mut more),
            (_, notice) => {
                self.passing.push_back(notice);
                if self.passing.len() > WAITING + 1 {
                    self.passing.remove(1);
                }
            }
        }
        if self.is_held || self.asks() {
            return;
        }
        self.stays_first &= self.passing.len() > 1;
        if self.view() != before {
            self.begin(now);
        }
    }

    /// Shows a notice for a while, unless there is one that stays.
    pub(super) fn mention(&mut self, now: Duration, notice: Notice) {
        if self.stays.is_none() {
            self.say_briefly(now, notice);
        }
    }

    /// Takes this notice back, as there is no reason for it.
    pub(super) fn take_back(&mut self, now: Duration, notice: &Notice) {
        let was_shown = self.shown() == Some(notice);
        self.stays.take_if(|stays| stays == notice);
        self.passing.retain(|passing| passing != notice);
        if was_shown {
            self.begin(now);
        }
    }

    /// Takes back the notice shown, which was read.
    pub(super) fn read(&mut self, now: Duration) {
        if let Some(notice) = self.view() {
            self.take_back(now, &notice);
        }
    }

    /// Lets the notice shown stay as long as the pointer or the focus is on it.
    pub(super) fn hold(&mut self, now: Duration, is_held: bool) {
        self.begin(now);
        if is_held {
            (self.is_held, self.until) = (true, None);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets what passes in a call that is over.
    pub(super) fn end_call(&mut self) {
        self.passing.retain(|passing| *passing == Notice::JustLeft);
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.until
    }

    pub(super) fn tick(&mut self, now: Duration) {
        if self.until.is_none_or(|until| now < until) {
            return;
        }
        if self.stays_first {
            self.stays_first = false;
        } else if self.passing.pop_front() == Some(Notice::JustLeft) {
            self.stays = Some(Notice::Left);
        }
        self.begin(now);
    }

    pub(super) fn view(&self) -> Option<Notice> {
        self.shown().cloned()
    }

    /// Drops what this notice makes untrue. That somebody left stays true, but one is not alone any more.
    fn end(&mut self, notice: &Notice) {
        self.stays.take_if(|stays| ends(notice, stays));
        self.passing.retain(|waiting| matches!(waiting, Notice::PeerLeft(_)) || !ends(notice, waiting));
    }

    /// Whether a question is shown, which waits for its answer.
    fn asks(&self) -> bool {
        self.stays_first && self.stays == Some(Notice::LeaveAsked)
    }

    fn shown(&self) -> Option<&Notice> {
        let stays = self.stays.as_ref();
        if self.stays_first && stays.is_some() { stays } else { self.passing.front().or(stays) }
    }

    /// Begins the turn of the one shown. One that stays has an end to its turn only if others wait.
    fn begin(&mut self, now: Duration) {
        self.is_held = false;
        self.stays_first &= self.stays.is_some();
        let turn = match self.shown() {
            Some(Notice::DeviceFound(_) | Notice::MutedSpeech | Notice::JustLeft | Notice::WordClosed) => {
                PRESSED_IN
            }
            _ => PASSING,
        };
        self.until = (!self.passing.is_empty() && !self.asks()).then(|| now + turn);
    }
}

/// Whether a notice makes another one untrue.
fn ends(notice: &Notice, other: &Notice) -> bool {
    matches!(
        (notice, other),
        (Notice::PeerJoined(_), Notice::PeerLeft(_))
            | (Notice::AddressShown, Notice::AddressHidden | Notice::HiddenWithoutRelay)
            | (Notice::AddressHidden, Notice::AddressShown)
            | (Notice::DeviceBack(_), Notice::DeviceHeld(_))
            | (Notice::DeviceHeld(_), Notice::DeviceBack(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::DisplayName;

    fn names(names: &[&str]) -> Vec<Option<DisplayName>> {
        names.iter().map(|name| DisplayName::try_from((*name).to_owned()).ok()).collect()
    }

    fn joined(who: &[&str]) -> Notice {
        Notice::PeerJoined(names(who))
    }

    fn left(who: &[&str]) -> Notice {
        Notice::PeerLeft(names(who))
    }

    /// What is shown from one deadline to the next, with the seconds of each.
    fn shown_in_turn(notices: &mut Notices) -> Vec<(Notice, Option<u64>)> {
        let mut now = Duration::ZERO;
        let mut shown = vec![];
        while let Some(notice) = notices.view() {
            let until = notices.deadline();
            shown.push((notice, until.map(|until| (until - now).as_secs())));
            let Some(until) = until else { break };
            now = until;
            notices.tick(now);
        }
        shown
    }

    #[test]
    fn one_is_shown_at_a_time_and_the_others_wait() {
        let mut notices = Notices::default();
        notices.say_briefly(Duration::ZERO, joined(&["Ben"]));
        notices.mention(Duration::ZERO, Notice::MutedSpeech);
        notices.mention(Duration::ZERO, Notice::AddressShown);
        let expected =
            [(joined(&["Ben"]), Some(4)), (Notice::MutedSpeech, Some(10)), (Notice::AddressShown, Some(4))];
        assert_eq!(shown_in_turn(&mut notices), expected);
        assert_eq!((notices.view(), notices.deadline()), (None, None));
    }

    #[test]
    fn trouble_is_shown_at_once_and_stays_while_others_have_their_turn() {
        let mut notices = Notices::default();
        notices.say_briefly(Duration::ZERO, joined(&["Ben"]));
        notices.mention(Duration::ZERO, Notice::MutedSpeech);
        notices.say(Duration::ZERO, Notice::OldPage);
        let expected = [(Notice::OldPage, Some(4)), (Notice::MutedSpeech, Some(10)), (Notice::OldPage, None)];
        assert_eq!(shown_in_turn(&mut notices), expected);
        notices.mention(PASSING, Notice::AddressShown);
        assert_eq!((notices.view(), notices.deadline()), (Some(Notice::OldPage), None), "a mention yields");
    }

    #[test]
    fn who_comes_and_goes_is_collected() {
        let mut notices = Notices::default();
        for who in ["Ben", "Dora"] {
            notices.say_briefly(Duration::ZERO, joined(&[who]));
        }
        assert_eq!(notices.view(), Some(joined(&["Ben", "Dora"])));
        notices.say_briefly(Duration::ZERO, left(&["Ben"]));
        notices.say(Duration::ZERO, left(&["Dora"]));
        assert_eq!(
            notices.view(),
            Some(left(&["Ben", "Dora"])),
            "the last one to leave is told with the others"
        );
        notices.say_briefly(Duration::ZERO, joined(&["Emeka"]));
        notices.read(Duration::ZERO);
        let shown = shown_in_turn(&mut notices);
        assert!(!shown.contains(&(left(&["Ben", "Dora"]), None)), "nobody is alone any more: {shown:?}");
    }

    #[test]
    fn the_pointer_holds_what_it_is_on_and_gives_it_a_new_turn() {
        let mut notices = Notices::default();
        notices.mention(Duration::ZERO, Notice::MutedSpeech);
        notices.hold(Duration::ZERO, true);
        assert_eq!(notices.deadline(), None);
        notices.tick(PRESSED_IN);
        notices.say_briefly(PRESSED_IN, joined(&["Ben"]));
        assert_eq!((notices.view(), notices.deadline()), (Some(Notice::MutedSpeech), None));
        notices.hold(PRESSED_IN, false);
        assert_eq!(notices.deadline(), Some(2 * PRESSED_IN));
        notices.tick(2 * PRESSED_IN);
        assert_eq!(notices.view(), Some(joined(&["Ben"])));
    }

    #[test]
    fn a_question_waits_for_its_answer() {
        let mut notices = Notices::default();
        notices.say_briefly(Duration::ZERO, joined(&["Ben"]));
        notices.say(Duration::ZERO, Notice::LeaveAsked);
        notices.say_briefly(Duration::ZERO, joined(&["Dora"]));
        assert_eq!((notices.view(), notices.deadline()), (Some(Notice::LeaveAsked), None));
        notices.read(Duration::ZERO);
        assert_eq!(shown_in_turn(&mut notices), [(joined(&["Dora"]), Some(4))]);
    }

    #[test]
    fn trouble_under_the_pointer_is_not_replaced() {
        let mut notices = Notices::default();
        notices.say(Duration::ZERO, Notice::OldPage);
        notices.hold(Duration::ZERO, true);
        notices.say_briefly(Duration::ZERO, joined(&["Ben"]));
        assert_eq!((notices.view(), notices.deadline()), (Some(Notice::OldPage), None));
        notices.read(Duration::ZERO);
        assert_eq!((notices.view(), notices.deadline()), (Some(joined(&["Ben"])), Some(PASSING)));
    }

    #[test]
    fn only_so_many_wait() {
        let mut notices = Notices::default();
        for at in 0..100 {
            let who = at.to_string();
            let notice = if at % 2 == 0 { joined(&[&who]) } else { left(&[&who]) };
            notices.say_briefly(Duration::ZERO, notice);
        }
        let shown = shown_in_turn(&mut notices);
        assert_eq!(shown.len(), 1 + WAITING);
        assert_eq!((&shown[0].0, &shown[WAITING].0), (&joined(&["0"]), &left(&["99"])));
    }

    #[test]
    fn what_a_later_notice_makes_untrue_does_not_come_back() {
        let mut notices = Notices::default();
        notices.say(Duration::ZERO, Notice::AddressHidden);
        notices.say_briefly(Duration::ZERO, Notice::AddressShown);
        assert_eq!(shown_in_turn(&mut notices), [(Notice::AddressShown, Some(4))]);
        notices.say(Duration::ZERO, left(&["Ben"]));
        notices.say_briefly(Duration::ZERO, joined(&["Ben"]));
        assert_eq!(shown_in_turn(&mut notices), [(joined(&["Ben"]), Some(4))]);
    }

    #[test]
    fn a_call_left_tells_of_nothing_but_the_way_back() {
        let mut notices = Notices::default();
        notices.say(Duration::ZERO, Notice::AddressHidden);
        notices.say_briefly(Duration::ZERO, joined(&["Ben"]));
        notices.say_briefly(Duration::ZERO, Notice::JustLeft);
        notices.end_call();
        assert_eq!(shown_in_turn(&mut notices), [(Notice::JustLeft, Some(10)), (Notice::Left, None)]);
    }
}
