//! The devices and screens of a page, and what the person picks of them.

use parlor::call::{Event, MediaError, MediaEvent, ScreenError, ScreenEvent, Surface};
use parlor::protocol::{Source, SourceSet};

use super::connection::Tracks;
use super::page::Page;
use super::world::World;

impl Page {
    pub(super) fn end_tracks(&mut self, ended: SourceSet) {
        self.tracks.retain(|source, _| !ended.contains(*source));
    }
}

impl World {
    pub(super) fn answer_capture(&mut self, who: usize) {
        let page = &mut self.pages[who];
        let asked = page.asked.pop_front().unwrap();
        let event = if asked.contains(Source::Camera) && !page.has_camera {
            MediaEvent::Failed { asked, error: MediaError::NotFound, denied: SourceSet::NONE }
        } else {
            for source in asked.iter() {
                self.last_track += 1;
                page.tracks.insert(source, self.last_track);
            }
            MediaEvent::Granted(asked)
        };
        page.events.push_back(Event::Media(event));
        self.count_live();
    }

    /// The person picks something to share, or nothing.
    pub(super) fn answer_picker(&mut self, who: usize) {
        let (is_cancelled, has_sound) = (self.random.once_in(4), self.random.once_in(2));
        let page = &mut self.pages[who];
        let id = page.pickers.pop_front().unwrap();
        let event = if is_cancelled {
            ScreenEvent::Failed(ScreenError::Cancelled)
        } else {
            let mut tracks = Tracks::default();
            for source in SourceSet::from(Source::Screen).with(Source::ScreenAudio, has_sound).iter() {
                self.last_track += 1;
                tracks.insert(source, self.last_track);
            }
            page.captured.insert(id, tracks);
            ScreenEvent::Opened { surface: Surface::Window, has_sound }
        };
        page.events.push_back(Event::Media(MediaEvent::Screen(id, event)));
    }

    /// What is shared ends by the browser's own button.
    pub(super) fn end_screen(&mut self, who: usize) {
        if let Some(id) = self.pages[who].screen {
            self.pages[who].end_tracks(SourceSet::SCREEN);
            self.user(who, Event::Media(MediaEvent::Screen(id, ScreenEvent::Ended(Source::Screen))));
            self.count_live();
        }
    }

    /// Tracks end by themselves, as when a camera is unplugged.
    pub(super) fn unplug(&mut self, who: usize, devices: SourceSet) {
        self.pages[who].end_tracks(devices);
        self.user(who, Event::Media(MediaEvent::Ended(devices)));
        self.count_live();
    }

    pub(super) fn count_live(&mut self) {
        self.connections.live = self.pages.iter().flat_map(|page| page.tracks.values().copied()).collect();
    }
}
