//! Presence: what two pages tell each other of themselves over their data channel.
//!
//! A page tells its present state whenever the channel opens, and then each change of it, so that the other side need
//! not guess from silence and black pictures. A page whose browser opens no channel tells nothing.

use std::time::Duration;

use crate::call::api::event::ChannelState;
use crate::protocol::{
    DATA_WINDOW, DisplayName, GESTURE_EVERY, MAX_CHATS_IN_WINDOW, MAX_DATA_IN_WINDOW, MAX_GESTURES_IN_WINDOW,
    MAX_POINTS_IN_WINDOW, PeerMsg, Reaction, STATE_EVERY, SourceSet,
};

/// The wait before a message is tried again that the browser did not take.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The state that a page tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::call) struct Presence {
    /// The display name.
    pub(in crate::call) name: Option<DisplayName>,
    /// The sources that are sent.
    pub(in crate::call) sends: SourceSet,
    /// The hand is up.
    pub(in crate::call) hand: bool,
    /// Others may point at what is shared.
    pub(in crate::call) lets_point: bool,
}

/// The data channel of one connection, and what went over it.
#[derive(Debug, Default)]
pub(super) struct DataChannel {
    is_open: bool,
    /// What the peer was told.
    told: Option<Presence>,
    /// Before this nothing further is told.
    not_before: Duration,
    /// Before this nothing further is told of the hand.
    hand_not_before: Duration,
    /// When something is to be told that had to wait.
    due: Option<Duration>,
    /// The name in the peer's last `Hello`, once it has said one.
    name: Option<Option<DisplayName>>,
    /// The sources that the peer says to send, once it has.
    sends: Option<SourceSet>,
    /// Whether the peer's hand is up, once it has said so.
    hand: Option<bool>,
    /// The reaction that came last and was not taken yet.
    reaction: Option<Reaction>,
    /// Whether others may point at what the peer shares, once it has said so.
    lets_point: Option<bool>,
    /// The message of the chat or of a pointer that came last and was not taken yet.
    passing: Option<PeerMsg>,
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
        let mut own = own.clone();
        let hand_before = self.told.as_ref().is_some_and(|told| told.hand);
        if own.hand != hand_before && now < self.hand_not_before {
            own.hand = hand_before;
            self.due = Some(self.hand_not_before);
            if self.told.as_ref() == Some(&own) {
                return vec![];
            }
        }
        self.not_before = now + STATE_EVERY;
        let told = self.told.replace(own.clone());
        let mut messages = vec![];
        if told.as_ref().is_none_or(|told| told.name != own.name) {
            messages.push(PeerMsg::Hello { name: own.name.clone() }.write());
        }
        if told.as_ref().is_none_or(|told| told.sends != own.sends) {
            messages.push(PeerMsg::Sources { sends: own.sends }.write());
        }
        if told.as_ref().is_none_or(|told| told.lets_point != own.lets_point) {
            messages.push(PeerMsg::PointerRule { allowed: own.lets_point }.write());
        }
        // Also that it is down: the peer may have seen it up over the channel before.
        if told.is_none_or(|told| told.hand != own.hand) {
            self.hand_not_before = now + GESTURE_EVERY;
            messages.push(PeerMsg::Hand { raised: own.hand }.write());
        }
        messages
    }

    /// The message that shows a reaction; none without a channel, since a reaction that comes later is none.
    pub(super) fn react(&self, kind: Reaction) -> Option<Vec<u8>> {
        self.is_open.then(|| PeerMsg::Reaction { kind }.write())
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
            Ok(Some(PeerMsg::Hand { .. })) if !self.meter.admits_hand() => {
                return self.meter.refused("too many hands");
            }
            Ok(Some(PeerMsg::Hand { raised })) => self.hand = Some(raised),
            Ok(Some(PeerMsg::Reaction { .. })) if !self.meter.admits_reaction() => {
                return self.meter.refused("too many reactions");
            }
            Ok(Some(PeerMsg::Reaction { kind })) => self.reaction = Some(kind),
            Ok(Some(PeerMsg::Chat { .. } | PeerMsg::ChatAck { .. })) if !self.meter.admits_chat() => {
                return self.meter.refused("too much chat");
            }
            Ok(Some(PeerMsg::Pointer { .. })) if !self.meter.admits_pointer() => {
                return self.meter.refused("too many pointers");
            }
            Ok(Some(PeerMsg::PointerRule { allowed })) => self.lets_point = Some(allowed),
            Ok(Some(message)) => self.passing = Some(message),
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

    /// Whether the peer's hand is up; `None` if it has not told.
    pub(super) fn hand(&self) -> Option<bool> {
        self.hand
    }

    /// The reaction that came since this was asked last.
    pub(super) fn take_reaction(&mut self) -> Option<Reaction> {
        self.reaction.take()
    }

    /// Whether others may point at what the peer shares; `None` if it has not told, as older pages do not.
    pub(super) fn lets_point(&self) -> Option<bool> {
        self.lets_point
    }

    /// Whether the peer's page is of a release before pointers and files: it has told its state without that rule, of
    /// which the hand is told last.
    pub(super) fn is_older(&self) -> bool {
        self.hand.is_some() && self.lets_point.is_none()
    }

    /// The message of the chat or of a pointer that came since this was asked last.
    pub(super) fn take_passing(&mut self) -> Option<PeerMsg> {
        self.passing.take()
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}

/// The meter of what a peer sends.
#[derive(Debug, Default)]
struct Meter {
    since: Duration,
    in_window: u32,
    hands: u32,
    reactions: u32,
    chats: u32,
    pointers: u32,
    /// Messages that were not read, of the whole channel.
    dropped: u32,
    /// The log has a line of this window.
    logged: bool,
}

impl Meter {
    /// Counts a message; says whether it is within the limit.
    fn admits(&mut self, now: Duration) -> bool {
        if now >= self.since + DATA_WINDOW {
            *self = Self { since: now, dropped: self.dropped, ..Self::default() };
        }
        self.in_window = self.in_window.saturating_add(1);
        self.in_window <= MAX_DATA_IN_WINDOW
    }

    fn admits_hand(&mut self) -> bool {
        self.hands += 1;
        self.hands <= MAX_GESTURES_IN_WINDOW
    }

    fn admits_reaction(&mut self) -> bool {
        self.reactions += 1;
        self.reactions <= MAX_GESTURES_IN_WINDOW
    }

    fn admits_chat(&mut self) -> bool {
        self.chats += 1;
        self.chats <= MAX_CHATS_IN_WINDOW
    }

    fn admits_pointer(&mut self) -> bool {
        self.pointers += 1;
        self.pointers <= MAX_POINTS_IN_WINDOW
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
    use crate::protocol::{CHAT_EVERY, ChatText, PeerId};

    const NOW: Duration = Duration::from_secs(100);

    fn ann(sends: SourceSet) -> Presence {
        Presence { name: DisplayName::try_from("Ann".to_owned()).ok(), sends, hand: false, lets_point: true }
    }

    fn open() -> DataChannel {
        let mut channel = DataChannel::default();
        channel.changed(ChannelState::Open);
        channel
    }

    fn sources(sends: SourceSet) -> Vec<u8> {
        PeerMsg::Sources { sends }.write()
    }

    fn rule(allowed: bool) -> Vec<u8> {
        PeerMsg::PointerRule { allowed }.write()
    }

    #[test]
    fn nothing_is_told_before_the_channel_is_open_and_all_of_it_then() {
        let mut channel = DataChannel::default();
        let own = ann(SourceSet::DEVICES);
        assert_eq!((channel.tell(NOW, &own), channel.deadline()), (vec![], None));
        for _ in 0..2 {
            channel.changed(ChannelState::Open);
            let hello = PeerMsg::Hello { name: own.name.clone() }.write();
            assert_eq!(
                channel.tell(NOW, &own),
                [hello, sources(SourceSet::DEVICES), rule(true), hand(false)]
            );
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

    fn hand(raised: bool) -> Vec<u8> {
        PeerMsg::Hand { raised }.write()
    }

    #[test]
    fn a_hand_is_told_at_a_pace_of_its_own_and_the_latest_word_counts() {
        let mut channel = open();
        let own = |hand| Presence { hand, ..ann(SourceSet::DEVICES) };
        assert_eq!(channel.tell(NOW, &own(false)).last(), Some(&hand(false)), "it may have been up before");
        let later = NOW + Duration::from_secs(1);
        assert_eq!(channel.tell(later, &own(true)), [hand(true)]);
        let soon = later + STATE_EVERY;
        assert_eq!(channel.tell(soon, &own(false)), Vec::<Vec<u8>>::new());
        assert_eq!(channel.deadline(), Some(later + GESTURE_EVERY));
        let muted = Presence { hand: false, ..ann(SourceSet::NONE) };
        assert_eq!(channel.tell(soon, &muted), [sources(SourceSet::NONE)], "what is not the hand goes on");
        assert_eq!(channel.tell(later + GESTURE_EVERY, &muted), [hand(false)]);
        assert_eq!(channel.deadline(), None);
        channel.unsent(later);
        let again = later + 2 * TRY_AGAIN;
        assert_eq!(
            channel.tell(again, &muted).last(),
            Some(&hand(false)),
            "it may think that the hand is up"
        );
    }

    #[test]
    fn a_raised_hand_is_told_when_the_channel_opens() {
        let mut channel = open();
        let own = Presence { hand: true, ..ann(SourceSet::DEVICES) };
        assert_eq!(channel.tell(NOW, &own).last(), Some(&hand(true)));
    }

    #[test]
    fn a_thousand_hands_and_reactions_are_read_up_to_their_limits() {
        let mut channel = open();
        let mut lines = vec![];
        let mut shown = 0;
        for turn in 0..1_000 {
            lines.extend(channel.received(NOW, &hand(turn % 2 == 0)));
            lines.extend(channel.received(NOW, &PeerMsg::Reaction { kind: Reaction::Party }.write()));
            shown += u32::from(channel.take_reaction().is_some());
        }
        assert_eq!(shown, MAX_GESTURES_IN_WINDOW);
        assert_eq!(channel.hand(), Some(false), "as it was with the last one read");
        assert_eq!(lines, ["message dropped: too many hands (1 on this channel)"]);
        assert_eq!(channel.received(NOW, &sources(SourceSet::CAMERA)), None, "too many of all kinds by now");
        assert_eq!(channel.sends(), None);
        channel.received(NOW + DATA_WINDOW, &hand(true));
        assert_eq!(channel.hand(), Some(true), "the next window is read");
    }

    #[test]
    fn a_flood_of_chat_is_read_up_to_the_limit() {
        let mut channel = open();
        let (mut read, mut lines) = (0, vec![]);
        for id in 1..=MAX_DATA_IN_WINDOW {
            let message = PeerMsg::Chat { id, text: ChatText::try_from("spam").ok() };
            lines.extend(channel.received(NOW, &message.write()));
            read += u32::from(channel.take_passing().is_some());
        }
        assert_eq!(read, MAX_CHATS_IN_WINDOW);
        assert_eq!(lines, ["message dropped: too much chat (1 on this channel)"]);
        channel.received(NOW + DATA_WINDOW, &PeerMsg::ChatAck { id: 1 }.write());
        assert_eq!(channel.take_passing(), Some(PeerMsg::ChatAck { id: 1 }), "the next window is read");
    }

    #[test]
    fn pointers_are_read_up_to_their_limit_and_leave_room_for_the_rest() {
        let mut channel = open();
        let (mut read, mut lines) = (0, vec![]);
        for _ in 0..MAX_POINTS_IN_WINDOW + 50 {
            let message = PeerMsg::Pointer { screen: PeerId(2), draws: true, path: vec![] };
            lines.extend(channel.received(NOW, &message.write()));
            read += u32::from(channel.take_passing().is_some());
        }
        assert_eq!(read, MAX_POINTS_IN_WINDOW);
        assert_eq!(lines, ["message dropped: too many pointers (1 on this channel)"]);
        channel.received(NOW, &rule(false));
        assert_eq!(channel.lets_point(), Some(false));
        channel.changed(ChannelState::Closed);
        assert_eq!(channel.lets_point(), None, "nothing is guessed");
    }

    #[test]
    fn whether_others_may_point_is_told_with_each_change() {
        let mut channel = open();
        channel.tell(NOW, &ann(SourceSet::DEVICES));
        let own = Presence { lets_point: false, ..ann(SourceSet::DEVICES) };
        assert_eq!(channel.tell(NOW + STATE_EVERY, &own), [rule(false)]);
    }

    #[test]
    fn what_the_browser_did_not_take_is_told_again_in_a_while() {
        let mut channel = open();
        channel.tell(NOW, &ann(SourceSet::CAMERA));
        channel.unsent(NOW);
        assert_eq!(channel.tell(NOW, &ann(SourceSet::CAMERA)), Vec::<Vec<u8>>::new());
        let due = channel.deadline().unwrap();
        assert_eq!(due, NOW + TRY_AGAIN);
        assert_eq!(channel.tell(due, &ann(SourceSet::CAMERA)).len(), 4);
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
        assert_eq!(line.as_deref(), Some("message dropped: unreadable (99652 on this channel)"));
    }

    #[test]
    fn the_pace_of_a_page_stays_far_below_the_limit_of_the_other() {
        let states = DATA_WINDOW.as_millis() / STATE_EVERY.as_millis();
        assert!(2 * states <= u128::from(MAX_DATA_IN_WINDOW), "a hello and the sources with each");
        let gestures = DATA_WINDOW.as_millis() / GESTURE_EVERY.as_millis();
        assert!(
            2 * gestures <= u128::from(MAX_GESTURES_IN_WINDOW),
            "of each kind, and as many held up before"
        );
        let chats = DATA_WINDOW.as_millis() / CHAT_EVERY.as_millis();
        assert!(2 * chats <= u128::from(MAX_CHATS_IN_WINDOW), "messages and acknowledgements");
    }
}
