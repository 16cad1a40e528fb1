//! The system around the page, as far as a call concerns it: its keys, its screen, and its ways out of the page.

mod departure;
mod media_session;
mod screen;

use super::env::Events;
use crate::call::{CallView, Phase};

use departure::Departure;
pub(super) use departure::ask_before_unload;
use media_session::MediaSession;
use screen::Screen;

/// What the system knows of the call.
pub(super) struct System {
    departure: Departure,
    media_session: Option<MediaSession>,
    screen: Screen,
    events: Events,
}

impl System {
    pub(super) fn new(events: &Events) -> Self {
        let departure = Departure::new(events);
        Self { departure, media_session: None, screen: Screen::default(), events: events.clone() }
    }

    /// Follows the call; called after every event, and so when the page is in sight again.
    pub(super) fn follow(&mut self, view: &CallView) {
        let in_call = view.phase == Phase::InCall;
        self.screen.keep_on(in_call);
        self.departure.guard(view.phase, in_call && !view.peers.is_empty());
        if !in_call {
            self.media_session = None;
            return;
        }
        let session = self.media_session.get_or_insert_with(|| MediaSession::begin(&self.events));
        session.show(view.microphone, view.camera);
    }

    /// Lets the page go without a question.
    pub(super) fn let_go(&mut self) {
        self.departure.let_go();
    }
}
