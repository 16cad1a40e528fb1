//! Presence: what two pages tell each other of themselves over their data channel.
//!
//! A page tells its present state whenever the channel opens, and then each change of it, so that the other side need
//! not guess from silence and black pictures. A page whose browser opens no channel tells nothing.

use std::time::Duration;

use crate::call::api::event::ChannelState;
use crate::protocol::{DATA_WINDOW, DisplayName, MAX_DATA_IN_WINDOW, PeerMsg, STATE_EVERY, SourceSet};

/// The wait before a message is tried again that the browser did not take.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The state that a page tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::call) struct Presence {
    /// The display name.
    pub(in crate::call) name: Option<DisplayName>,
    /// The sources that are sent.
    pub(in crate::call) sends: SourceSet,
}

/// The data channel of one connection, and what went over it.
#[derive(Debug, Default)]
pub(super) struct DataChannel {
    is_open: bool,
    /// What the peer was told.
    told: Option<Presence>,
    /// Before this nothing further is told.
    not_before: Duration,
    /// When something is to be told that had to wait.
    due: Option<Duration>,
    /// The name in the peer's last `Hello`, once it has said one.
    name: Option<Option<DisplayName>>,
    /// The sources that the peer says to send, once it has.
    sends: Option<SourceSet>,
    meter: Meter,
}

impl DataChannel {
    /// Notes that the channel opened, or closed and was forgotten with all that went over it.
    pub(super) fn changed(&mut self, state: ChannelState) {
        match state {
            ChannelState::Open => self.is_open = true,
            ChannelState::Closed => *self = Self::default(),
        }
    }

    /// Tells what has changed since it was told last; returns the messages.
    pub(super) fn tell(&mut self, now: Duration, own: &Presence) -> Vec<Vec<u8>> {
        self.due = None;
        if !self.is_open || self.told.as_ref() == Some(own) {
            return vec![];
        }
        if now < self.not_before {
            self.due = Some(self.not_before);
            return vec![];
        }
        self.not_before = now + STATE_EVERY;
        let told = self.told.replace(own.clone());
        let mut messages = vec![];
        if told.as_ref().is_none_or(|told| told.name != own.name) {
            messages.push(PeerMsg::Hello { name: own.name.clone() }.write());
        }
        if told.is_none_or(|told| told.sends != own.sends) {
            messages.push(PeerMsg::Sources { sends: own.sends }.write());
        }
        messages
    }

    /// Notes that the browser did not take a message; everything is told again in a while.
    pub(super) fn unsent(&mut self, now: Duration) {
        self.told = None;
        self.not_before = now + TRY_AGAIN;
    }

    /// When [`Self::tell`] is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.due
    }

    /// Takes a message of the peer; returns a line for the log if it is the first of a window that was not read.
    pub(super) fn received(&mut self, now: Duration, bytes: &[u8]) -> Option<String> {
        if !self.meter.admits(now) {
            return self.meter.refused("too many");
        }
        match PeerMsg::read(bytes) {
            Ok(Some(PeerMsg::Hello { name })) => self.name = Some(name),
            Ok(Some(PeerMsg::Sources { sends })) => self.sends = Some(sends),
            Ok(None) => {}
            Err(error) => return self.meter.refused(&error.to_string()),
        }
        None
    }

    /// The name that the peer says to have; `None` if it has not told.
    pub(super) fn name(&self) -> Option<&Option<DisplayName>> {
        self.name.as_ref()
    }

    /// The sources that the peer says to send; `None` if it has not told.
    pub(super) fn sends(&self) -> Option<SourceSet> {
        self.sends
    }
}

/// The meter of what a peer sends.
#[derive(Debug, Default)]
struct Meter {
    since: Duration,
    in_window: u32,
    /// Messages that were not read, of the whole channel.
    dropped: u32,
    /// The log has a line of this window.
    logged: bool,
}

impl Meter {
    /// Counts a message; says whether it is within the limit.
    fn admits(&mut self, now: Duration) -> bool {
        if now >= self.since + DATA_WINDOW {
            *self = Self { since: now, in_window: 0, logged: false, ..*self };
        }
        self.in_window = self.in_window.saturating_add(1);
        self.in_window <= MAX_DATA_IN_WINDOW
    }

    fn refused(&mut self, why: &str) -> Option<String> {
        self.dropped = self.dropped.saturating_add(1);
        let is_first = !std::mem::replace(&mut self.logged, true);
        is_first.then(|| format!("message dropped: {why} ({} on this channel)", self.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn ann(sends: SourceSet) -> Presence {
        Presence { name: DisplayName::try_from("Ann".to_owned()).ok(), sends }
    }

    fn open() -> DataChannel {
        let mut channel = DataChannel::default();
        channel.changed(ChannelState::Open);
        channel
    }

    fn sources(sends: SourceSet) -> Vec<u8> {
        PeerMsg::Sources { sends }.write()
    }

    #[test]
    fn nothing_is_told_before_the_channel_is_open_and_all_of_it_then() {
        let mut channel = DataChannel::default();
        let own = ann(SourceSet::DEVICES);
        assert_eq!((channel.tell(NOW, &own), channel.deadline()), (vec![], None));
        for _ in 0..2 {
            channel.changed(ChannelState::Open);
            let hello = PeerMsg::Hello { name: own.name.clone() }.write();
            assert_eq!(channel.tell(NOW, &own), [hello, sources(SourceSet::DEVICES)]);
            assert_eq!(channel.tell(NOW + DATA_WINDOW, &own), Vec::<Vec<u8>>::new(), "it is told");
            channel.changed(ChannelState::Closed);
            assert_eq!(channel.tell(NOW, &ann(SourceSet::NONE)), Vec::<Vec<u8>>::new());
        }
    }

    #[test]
    fn a_change_is_told_at_once_and_of_a_burst_only_the_last_one() {
        let mut channel = open();
        channel.tell(NOW, &ann(SourceSet::DEVICES));
        let later = NOW + Duration::from_secs(1);
        assert_eq!(channel.tell(later, &ann(SourceSet::CAMERA)), [sources(SourceSet::CAMERA)]);
        for sends in [SourceSet::DEVICES, SourceSet::NONE, SourceSet::MICROPHONE] {
            assert_eq!(channel.tell(later, &ann(sends)), Vec::<Vec<u8>>::new());
            assert_eq!(channel.deadline(), Some(later + STATE_EVERY));
        }
        let due = later + STATE_EVERY;
        assert_eq!(channel.tell(due, &ann(SourceSet::MICROPHONE)), [sources(SourceSet::MICROPHONE)]);
        assert_eq!(channel.deadline(), None);
        channel.tell(due, &ann(SourceSet::NONE));
        channel.tell(due, &ann(SourceSet::MICROPHONE));
        assert_eq!(channel.deadline(), None, "it is as it was told");
    }

    #[test]
    fn another_name_is_told_alone() {
        let mut channel = open();
        channel.tell(NOW, &ann(SourceSet::CAMERA));
        let own = Presence { name: None, ..ann(SourceSet::CAMERA) };
        assert_eq!(channel.tell(NOW + STATE_EVERY, &own), [PeerMsg::Hello { name: None }.write()]);
    }

    #[test]
    fn what_the_browser_did_not_take_is_told_again_in_a_while() {
        let mut channel = open();
        channel.tell(NOW, &ann(SourceSet::CAMERA));
        channel.unsent(NOW);
        assert_eq!(channel.tell(NOW, &ann(SourceSet::CAMERA)), Vec::<Vec<u8>>::new());
        let due = channel.deadline().unwrap();
        assert_eq!(due, NOW + TRY_AGAIN);
        assert_eq!(channel.tell(due, &ann(SourceSet::CAMERA)).len(), 2);
    }

    #[test]
    fn the_latest_word_of_the_peer_counts_until_the_channel_closes() {
        let mut channel = open();
        assert_eq!(channel.sends(), None, "nothing is guessed");
        for sends in [SourceSet::DEVICES, SourceSet::NONE, SourceSet::CAMERA] {
            assert_eq!(channel.received(NOW, &sources(sends)), None);
            assert_eq!(channel.sends(), Some(sends));
        }
        channel.received(NOW, &PeerMsg::Hello { name: ann(SourceSet::NONE).name }.write());
        assert_eq!(channel.name(), Some(&ann(SourceSet::NONE).name));
        channel.changed(ChannelState::Closed);
        assert_eq!((channel.sends(), channel.name()), (None, None));
    }

    #[test]
    fn a_flood_is_dropped_with_one_line_in_the_log() {
        let mut channel = open();
        let flood = (0..100_000).filter_map(|_| channel.received(NOW, &sources(SourceSet::CAMERA)));
        assert_eq!(flood.collect::<Vec<_>>(), ["message dropped: too many (1 on this channel)"]);
        channel.received(NOW, &sources(SourceSet::NONE));
        assert_eq!(channel.sends(), Some(SourceSet::CAMERA));
        let later = NOW + DATA_WINDOW;
        assert_eq!(channel.received(later, &sources(SourceSet::NONE)), None);
        assert_eq!(channel.sends(), Some(SourceSet::NONE), "the next window is read");
        let line = channel.received(later, b"nonsense");
        assert_eq!(line.as_deref(), Some("message dropped: unreadable (99802 on this channel)"));
    }

    #[test]
    fn the_pace_of_a_page_stays_far_below_the_limit_of_the_other() {
        let states = DATA_WINDOW.as_millis() / STATE_EVERY.as_millis();
        assert!(2 * states <= u128::from(MAX_DATA_IN_WINDOW), "a hello and the sources with each");
    }
}
