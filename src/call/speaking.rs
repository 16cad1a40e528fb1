//! Who speaks: read from the levels of the sound that arrives, a few times a second.
//!
//! Levels are those of the RTP packets played (RFC 6464), which browsers give at once and at next to no cost, other than
//! those in statistics. A packet that was seen before tells nothing: it may be the last one of a line that is down.

use std::time::Duration;

use super::api::command::Command;
use super::api::event::Level;
use crate::protocol::PeerId;

/// The time between two readings; a ring follows a voice within it.
const EVERY: Duration = Duration::from_millis(120);
/// How long after the last sound somebody counts as speaking.
const HOLD: Duration = Duration::from_millis(800);
/// How long somebody speaks before their picture is shown large.
const SPEAKS: Duration = Duration::from_millis(1_500);
/// Shortest time between two changes of the large picture.
const LARGE_EVERY: Duration = Duration::from_secs(3);
/// The least level of a voice: 40 dB below the loudest, in 32768ths of it.
const VOICE: u16 = 328;

/// A voice in the room.
#[derive(Debug)]
struct Voice {
    peer: PeerId,
    /// The last packet that was read.
    packet: u32,
    /// When the present words began, and when the last of them were heard.
    speaks: Option<(Duration, Duration)>,
}

/// The voices of the others in the room.
#[derive(Debug, Default)]
pub(super) struct Speaking {
    voices: Vec<Voice>,
    /// When levels are read next; none while nobody is connected, or while an answer is on its way.
    next: Option<Duration>,
    /// Levels were asked for and have not come.
    asked: bool,
    /// Who is shown large in a layout that follows the voices, and since when.
    large: Option<(PeerId, Duration)>,
}

impl Speaking {
    /// Asks for the levels if that is due.
    pub(super) fn sample(&mut self, now: Duration, any_connected: bool) -> Option<Command> {
        if !any_connected {
            *self = Self::default();
            return None;
        }
        if self.asked || self.next.is_some_and(|next| now < next) {
            return None;
        }
        (self.next, self.asked) = (None, true);
        Some(Command::ReadLevels)
    }

    /// When [`Self::sample`] is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.next
    }

    /// Takes the levels of those who are connected; the others are silent.
    pub(super) fn heard(&mut self, now: Duration, levels: &[Level]) {
        (self.next, self.asked) = (Some(now + EVERY), false);
        self.voices.retain(|voice| levels.iter().any(|level| level.peer == voice.peer));
        for level in levels {
            let at = self.voices.iter().position(|voice| voice.peer == level.peer).unwrap_or_else(|| {
                self.voices.push(Voice { peer: level.peer, packet: level.packet, speaks: None });
                self.voices.len() - 1
            });
            let voice = &mut self.voices[at];
            let is_new = std::mem::replace(&mut voice.packet, level.packet) != level.packet;
            if is_new && level.level >= VOICE {
                let since = voice.speaks.map_or(now, |(since, _)| since);
                voice.speaks = Some((since, now));
            }
            voice.speaks = voice.speaks.filter(|(_, last)| now < *last + HOLD);
        }
        self.choose(now);
    }

    /// Forgets somebody who is gone.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.voices.retain(|voice| voice.peer != peer);
        self.large.take_if(|(large, _)| *large == peer);
    }

    pub(super) fn is_speaking(&self, peer: PeerId) -> bool {
        self.voices.iter().any(|voice| voice.peer == peer && voice.speaks.is_some())
    }

    /// Who is shown large.
    pub(super) fn large(&self) -> Option<PeerId> {
        self.large.map(|(peer, _)| peer)
    }

    /// Whoever began last of those who have spoken for a while. One who never pauses, as with music on, does not hold the
    /// place, and two who talk at once do not take turns.
    fn choose(&mut self, now: Duration) {
        if self.large.is_some_and(|(_, since)| now < since + LARGE_EVERY) {
            return;
        }
        let spoke = self.voices.iter().filter_map(|voice| Some((voice.speaks?, voice.peer)));
        let chosen =
            spoke.filter(|((since, last), _)| *last >= *since + SPEAKS).max_by_key(|((since, _), _)| *since);
        if let Some((_, peer)) = chosen.filter(|(_, peer)| self.large() != Some(*peer)) {
            self.large = Some((peer, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: PeerId = PeerId(1);
    const BEN: PeerId = PeerId(2);
    const LOUD: u16 = 4_000;

    /// Reads levels in milliseconds from one time to another, of those who talk and those who are silent.
    fn talk(speaking: &mut Speaking, from: u64, to: u64, talking: &[PeerId]) {
        for time in (from..to).step_by(120) {
            let level = |peer| Level {
                peer,
                packet: u32::try_from(time).unwrap() + 1,
                level: if talking.contains(&peer) { LOUD } else { 3 },
            };
            speaking.heard(Duration::from_millis(time), &[ANN, BEN].map(level));
        }
    }

    #[test]
    fn levels_are_read_at_one_pace_while_anybody_is_connected() {
        let mut speaking = Speaking::default();
        assert_eq!(speaking.sample(Duration::ZERO, false), None);
        assert_eq!(speaking.deadline(), None);
        assert_eq!(speaking.sample(Duration::ZERO, true), Some(Command::ReadLevels));
        assert_eq!((speaking.sample(EVERY, true), speaking.deadline()), (None, None), "no answer yet");
        speaking.heard(Duration::ZERO, &[]);
        assert_eq!(speaking.sample(EVERY / 2, true), None, "events between change nothing");
        assert_eq!(speaking.deadline(), Some(EVERY));
        assert_eq!(speaking.sample(EVERY, true), Some(Command::ReadLevels));
        assert_eq!(speaking.sample(EVERY * 2, false), None);
        assert_eq!(speaking.deadline(), None);
    }

    #[test]
    fn a_ring_follows_the_first_sound_and_holds_over_a_pause() {
        let mut speaking = Speaking::default();
        talk(&mut speaking, 0, 240, &[]);
        assert!(!speaking.is_speaking(ANN));
        talk(&mut speaking, 240, 360, &[ANN]);
        assert!(speaking.is_speaking(ANN) && !speaking.is_speaking(BEN));
        talk(&mut speaking, 360, 1_040, &[]);
        assert!(speaking.is_speaking(ANN), "a pause between two words");
        talk(&mut speaking, 1_040, 1_200, &[]);
        assert!(!speaking.is_speaking(ANN));
    }

    #[test]
    fn a_line_that_is_down_is_silent_whatever_it_said_last() {
        let mut speaking = Speaking::default();
        talk(&mut speaking, 0, 360, &[ANN]);
        for time in (360..1_400).step_by(120) {
            let stuck = Level { peer: ANN, packet: 7, level: LOUD };
            speaking.heard(Duration::from_millis(time), &[stuck]);
        }
        assert!(!speaking.is_speaking(ANN));
    }

    #[test]
    fn who_talks_for_a_while_comes_large_and_stays_until_another_does() {
        let mut speaking = Speaking::default();
        talk(&mut speaking, 0, 1_200, &[ANN]);
        assert_eq!(speaking.large(), None, "a word is not enough");
        talk(&mut speaking, 1_200, 2_000, &[ANN]);
        assert_eq!(speaking.large(), Some(ANN));
        talk(&mut speaking, 2_000, 4_000, &[BEN]);
        assert_eq!(speaking.large(), Some(ANN), "not so soon after the last change");
        talk(&mut speaking, 4_000, 5_000, &[BEN]);
        assert_eq!(speaking.large(), Some(BEN));
        talk(&mut speaking, 5_000, 20_000, &[]);
        assert_eq!(speaking.large(), Some(BEN), "silence changes nothing");
        speaking.forget(BEN);
        assert_eq!(speaking.large(), None);
    }

    #[test]
    fn who_never_pauses_gives_way_and_two_at_once_take_no_turns() {
        let mut speaking = Speaking::default();
        talk(&mut speaking, 0, 6_000, &[ANN]);
        talk(&mut speaking, 6_000, 9_000, &[ANN, BEN]);
        assert_eq!(speaking.large(), Some(BEN));
        talk(&mut speaking, 9_000, 60_000, &[ANN, BEN]);
        assert_eq!(speaking.large(), Some(BEN));
    }
}
