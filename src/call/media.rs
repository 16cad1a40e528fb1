//! The call's media in this page: what the devices report, and the pictures that the system pauses.

use std::time::Duration;

use super::peer::RemotePeer;
use super::{Call, Command, MediaEvent, NOTICE, Notice, PeerCommand};
use crate::protocol::PeerId;

pub(super) mod capture;
pub(super) mod ramp;

use capture::Devices;

/// A system pauses all pictures in one burst; they are played again this long after its first one.
const PLAY_AGAIN: Duration = Duration::from_millis(250);
/// What is paused again within this of being played is the system's will: a person is asked, and the next attempt waits
/// twice as long, up to the second of these.
const PAUSED_AGAIN: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(32);

/// Whether the others' pictures and voices are played, which only a person and the system decide.
#[derive(Debug, Default)]
pub(super) struct Playback {
    /// The browser wants a gesture first.
    pub(super) blocked: bool,
    due: Option<Duration>,
    /// When it was played last, and within which time it is not to be paused again.
    played: Option<(Duration, Duration)>,
}

impl Playback {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.due
    }

    /// Something was paused that nobody here has paused.
    fn paused(&mut self, now: Duration, audible: bool) {
        let due = match &mut self.played {
            Some((played, wait)) if now < *played + *wait => {
                self.blocked |= audible;
                *wait = (*wait * 2).min(LONGEST_WAIT);
                *played + *wait
            }
            played => {
                *played = None;
                now + PLAY_AGAIN
            }
        };
        self.due = self.due.or(Some(due));
    }

    pub(super) fn tick(&mut self, now: Duration) -> Vec<Command> {
        if self.due.take_if(|due| now >= *due).is_none() {
            return vec![];
        }
        self.played = Some((now, self.played.map_or(PAUSED_AGAIN, |(_, wait)| wait)));
        vec![Command::PlaySound]
    }

    /// A person touches the page; what is still blocked will say so.
    pub(super) fn play(&mut self) -> Vec<Command> {
        self.blocked = false;
        vec![Command::PlaySound]
    }
}

impl Call {
    pub(super) fn media(&mut self, now: Duration, event: MediaEvent) -> Vec<Command> {
        let attach = matches!(event, MediaEvent::Granted(_) | MediaEvent::Ended(_));
        let mut commands = match event {
            MediaEvent::Granted(devices) => self.capture.granted(devices),
            MediaEvent::Failed { asked, error, microphone, camera } => {
                self.capture.failed(asked, error, microphone, camera)
            }
            MediaEvent::Ended(devices) => self.capture.ended(devices),
            MediaEvent::Muted(devices) => self.capture.muted(now, devices),
            MediaEvent::Unmuted(devices) => {
                let back = self.capture.unmuted(devices);
                self.tell_devices(now, back, Notice::DeviceBack);
                vec![]
            }
            MediaEvent::Changed => self.capture.changed(),
            MediaEvent::SoundBlocked(blocked) => {
                self.playback.blocked = blocked;
                vec![]
            }
            MediaEvent::Paused { audible } => {
                self.playback.paused(now, audible);
                vec![]
            }
        };
        if attach {
            let attach = |(peer, pair): (&PeerId, &RemotePeer)| {
                Command::Peer(*peer, pair.negotiation.epoch(), PeerCommand::Attach)
            };
            commands.extend(self.peers.iter().map(attach));
        }
        commands
    }

    pub(super) fn tick_media(&mut self, now: Duration) -> Vec<Command> {
        let held = self.capture.newly_held(now);
        self.tell_devices(now, held, Notice::DeviceHeld);
        let mut commands = self.capture.tick(now);
        commands.extend(self.playback.tick(now));
        commands
    }

    fn tell_devices(&mut self, now: Duration, devices: Devices, notice: fn(Devices) -> Notice) {
        // A notice that stays has something to press or to know; the device's own button tells this as well.
        let lasting = self.notice.as_ref().is_some_and(|(_, until)| until.is_none());
        if !devices.is_empty() && !lasting {
            self.notice = Some((notice(devices), Some(now + NOTICE)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Tab;
    use super::super::{DeviceView, Event, UserAction};
    use super::*;

    const PAUSED: Event = Event::Media(MediaEvent::Paused { audible: true });
    const OWN_PAUSED: Event = Event::Media(MediaEvent::Paused { audible: false });

    #[test]
    fn what_the_system_pauses_is_played_again_once_for_a_burst() {
        let mut page = Tab::in_call();
        assert_eq!(page.happens(PAUSED), []);
        assert_eq!(page.happens(OWN_PAUSED), []);
        assert_eq!(page.due(), [Command::PlaySound]);
        assert!(!page.call.view().sound_blocked);
    }

    #[test]
    fn what_the_system_pauses_again_at_once_waits_for_a_person() {
        let mut page = Tab::in_call();
        page.happens(PAUSED);
        page.due();
        assert_eq!(page.happens(PAUSED), []);
        assert!(page.call.view().sound_blocked);
        let waits = page.call.playback.deadline().unwrap();
        assert!(waits > super::super::tests::NOW + PAUSED_AGAIN, "nor is it fought over");
        assert_eq!(page.happens(Event::User(UserAction::PlaySound)), [Command::PlaySound]);
        assert!(!page.call.view().sound_blocked);
    }

    #[test]
    fn a_system_that_goes_on_pausing_is_asked_ever_more_rarely() {
        let (mut playback, mut now) = (Playback::default(), Duration::ZERO);
        let mut waits = Vec::new();
        for _ in 0..7 {
            playback.paused(now, true);
            let due = playback.deadline().unwrap();
            waits.push((due - now).as_secs());
            now = due;
            assert_eq!(playback.tick(now), [Command::PlaySound]);
        }
        assert_eq!(waits, [0, 4, 8, 16, 32, 32, 32]);
        playback.paused(now + LONGEST_WAIT, true);
        assert_eq!(playback.deadline(), Some(now + LONGEST_WAIT + PLAY_AGAIN));
    }

    #[test]
    fn ones_own_picture_asks_nobody_to_tap() {
        let mut page = Tab::in_call();
        page.happens(OWN_PAUSED);
        page.due();
        page.happens(OWN_PAUSED);
        assert!(!page.call.view().sound_blocked);
    }

    #[test]
    fn a_page_that_is_seen_again_plays_what_was_paused() {
        let mut page = Tab::in_call();
        page.happens(PAUSED);
        page.due();
        page.happens(PAUSED);
        assert!(page.happens(Event::Woken).contains(&Command::PlaySound));
        page.happens(Event::Media(MediaEvent::SoundBlocked(false)));
        assert!(!page.call.view().sound_blocked);
    }

    #[test]
    fn a_device_that_the_system_holds_is_told_and_so_is_its_return() {
        let mut page = Tab::in_call();
        page.happens(Event::Media(MediaEvent::Granted(Devices::BOTH)));
        page.happens(Event::Media(MediaEvent::Muted(Devices::MICROPHONE)));
        assert_eq!(page.call.view().microphone, DeviceView::On, "it may be over in a moment");
        page.due();
        let view = page.call.view();
        assert_eq!((view.microphone, view.camera), (DeviceView::Held, DeviceView::On));
        assert_eq!(view.notice, Some(Notice::DeviceHeld(Devices::MICROPHONE)));
        page.happens(Event::Media(MediaEvent::Unmuted(Devices::MICROPHONE)));
        let view = page.call.view();
        assert_eq!(view.microphone, DeviceView::On);
        assert_eq!(view.notice, Some(Notice::DeviceBack(Devices::MICROPHONE)));
    }
}
