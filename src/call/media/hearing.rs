//! "Hear yourself": the own voice goes through a connection of the page with itself, is played, and is judged.

use std::time::Duration;

use super::meter::Measurement;
use crate::call::api::command::Command;
use crate::call::api::hearing::{Heard, HearingEvent, HearingId, HearingView};
use crate::call::api::view::Relay;
use crate::call::peer::config::PeerConfig;
use crate::protocol::IceServer;

/// How long the voice is recorded.
pub const RECORDED: Duration = Duration::from_secs(5);
/// How long the page may take to connect with itself.
pub const CONNECTS_WITHIN: Duration = Duration::from_secs(8);

/// The root mean square from which on somebody speaks, and that of a voice of a fair loudness; as in the levels of the
/// meter.
const SPEECH: u16 = 80;
const FAIR: u16 = 200;
/// Less than the noise of any room: the microphone is off, or another one is meant.
const NOTHING: u16 = 10;
/// A sample beyond this is cut off.
const CUT_OFF: u16 = 9_900;
/// How many measurements may have samples that are cut off, as of a cough.
const FEW: usize = 2;
/// Packets lost of a hundred that one hears.
const MUCH_LOST: u64 = 5;

/// The configuration of both ends: through the relay, as calls may have to go, except where it cannot be reached.
pub fn config(ice_servers: Vec<IceServer>, same_computer: bool) -> PeerConfig {
    let relay_only = !same_computer && Relay::among(&ice_servers) == Relay::Offered;
    PeerConfig { ice_servers, relay_only }
}

/// The attempts of one page, one at a time.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    shown: Option<HearingView>,
    last: HearingId,
}

impl Hearing {
    /// Begins an attempt, unless one is under way.
    pub(super) fn start(&mut self) -> Vec<Command> {
        if self.is_running() {
            return vec![];
        }
        self.last.0 += 1;
        self.shown = Some(HearingView::Connecting);
        vec![Command::Hear(Some(self.last))]
    }

    /// Ends the attempt and forgets its result.
    pub(super) fn stop(&mut self) -> Vec<Command> {
        let running = self.is_running();
        self.shown = None;
        if running { vec![Command::Hear(None)] } else { vec![] }
    }

    pub(super) fn handle(&mut self, id: HearingId, event: HearingEvent) {
        if id == self.last && self.is_running() {
            self.shown = Some(match event {
                HearingEvent::Recording => HearingView::Recording,
                HearingEvent::Playing => HearingView::Playing,
                HearingEvent::Played(heard) => judge(&heard),
                HearingEvent::NoConnection => HearingView::Network,
                HearingEvent::Failed => HearingView::NotTried,
            });
        }
    }

    pub(super) fn view(&self) -> Option<HearingView> {
        self.shown
    }

    fn is_running(&self) -> bool {
        self.shown.is_some_and(HearingView::is_running)
    }
}

/// Judges what was measured: first what hides the rest.
fn judge(heard: &Heard) -> HearingView {
    let Heard { voice, playback, packets, lost } = heard;
    let loudest = voice.iter().map(|measured| measured.mean).max().unwrap_or_default();
    let spoken = typical(voice);
    let echo = typical(playback);
    let all = u64::from(*packets) + u64::from(*lost);
    if loudest < NOTHING {
        HearingView::Silent
    } else if all == 0 || u64::from(*lost) * 100 > all * MUCH_LOST {
        HearingView::Network
    } else if voice.iter().filter(|measured| measured.peak >= CUT_OFF).count() > FEW {
        HearingView::Clipped
    } else if spoken < FAIR {
        HearingView::TooQuiet
    } else if echo >= SPEECH && echo >= spoken / 4 {
        HearingView::Echo
    } else {
        HearingView::Good
    }
}

/// The median loudness of what is speech; zero if none is.
fn typical(measured: &[Measurement]) -> u16 {
    let mut speech: Vec<_> = measured.iter().map(|one| one.mean).filter(|mean| *mean >= SPEECH).collect();
    // A word or two of a noise are no speech.
    if speech.len() <= FEW {
        return 0;
    }
    let middle = speech.len() / 2;
    *speech.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(mean: u16, peak: u16) -> Vec<Measurement> {
        // Speech has pauses.
        (0..40)
            .map(|at| if at % 3 == 0 { Measurement::default() } else { Measurement { mean, peak } })
            .collect()
    }

    fn heard() -> Heard {
        Heard { voice: measured(800, 4_000), playback: measured(20, 90), packets: 250, lost: 0 }
    }

    #[test]
    fn verdicts_follow_what_was_measured() {
        for (heard, verdict) in [
            (heard(), HearingView::Good),
            (Heard { voice: measured(5, 9), packets: 0, ..heard() }, HearingView::Silent),
            (Heard { voice: vec![], ..heard() }, HearingView::Silent),
            (Heard { voice: measured(60, 300), ..heard() }, HearingView::TooQuiet),
            (Heard { voice: measured(150, 600), ..heard() }, HearingView::TooQuiet),
            (Heard { voice: measured(4_000, 10_000), ..heard() }, HearingView::Clipped),
            (Heard { playback: measured(400, 2_000), ..heard() }, HearingView::Echo),
            (Heard { playback: measured(150, 700), ..heard() }, HearingView::Good),
            (Heard { lost: 30, ..heard() }, HearingView::Network),
            (Heard { lost: 10, ..heard() }, HearingView::Good),
            (Heard { packets: 0, ..heard() }, HearingView::Network),
            (Heard { packets: u32::MAX, lost: u32::MAX, ..heard() }, HearingView::Network),
        ] {
            assert_eq!(judge(&heard), verdict, "{heard:?}");
        }
    }

    #[test]
    fn reports_of_an_attempt_that_was_ended_are_dropped() {
        let mut hearing = Hearing::default();
        assert_eq!(hearing.start(), [Command::Hear(Some(HearingId(1)))]);
        assert_eq!(hearing.start(), [], "one at a time");
        hearing.handle(HearingId(1), HearingEvent::Recording);
        assert_eq!(hearing.view(), Some(HearingView::Recording));
        assert_eq!(hearing.stop(), [Command::Hear(None)]);
        hearing.handle(HearingId(1), HearingEvent::Playing);
        assert_eq!(hearing.view(), None);
        hearing.start();
        hearing.handle(HearingId(1), HearingEvent::Failed);
        assert_eq!(hearing.view(), Some(HearingView::Connecting));
        hearing.handle(HearingId(2), HearingEvent::NoConnection);
        assert_eq!((hearing.view(), hearing.stop()), (Some(HearingView::Network), vec![]));
    }

    #[test]
    fn the_voice_goes_through_the_relay_where_it_can() {
        let relay = IceServer { urls: vec!["turn:host".into()], username: None, credential: None };
        let stun = IceServer { urls: vec!["stun:host".into()], ..relay.clone() };
        assert!(config(vec![stun.clone(), relay.clone()], false).relay_only);
        assert!(!config(vec![relay], true).relay_only, "browsers find none on the same computer");
        assert!(!config(vec![stun], false).relay_only);
    }
}
