//! The driver's surroundings: the queue to its loop, the page's clock and timers, the log.

use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::UnboundedSender;
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::window;

use crate::call::Event;

/// The sending end of the queue that the driver's loop reads.
#[derive(Clone)]
pub(super) struct Events(UnboundedSender<Event>);

impl Events {
    pub(super) fn new(sender: UnboundedSender<Event>) -> Self {
        Self(sender)
    }

    pub(super) fn push(&self, event: Event) {
        // After the page was left there is no loop any more.
        let _ = self.0.unbounded_send(event);
    }
}

/// Time since the page began to load.
pub(super) fn now() -> Duration {
    let milliseconds = window().performance().map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(milliseconds / 1000.0)
}

/// Runs a callback once after `wait`, unless the timer is dropped before.
pub(super) fn after(wait: Duration, run: impl FnOnce() + 'static) -> Timeout {
    Timeout::new(milliseconds(wait), run)
}

/// A future that is ready after `wait`.
pub(super) fn elapsed(wait: Duration) -> TimeoutFuture {
    TimeoutFuture::new(milliseconds(wait))
}

/// Runs a callback at each touch of the page, until the listeners are dropped.
pub(super) fn on_touch(run: Rc<dyn Fn()>) -> [EventListener; 2] {
    ["pointerup", "keydown"].map(|name| {
        let (run, capture) = (Rc::clone(&run), EventListenerOptions::run_in_capture_phase());
        EventListener::new_with_options(&window(), name, capture, move |_| run())
    })
}

/// Rounds up: a timer that fires early would only be set again.
fn milliseconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().saturating_add(1)).unwrap_or(u32::MAX)
}

/// A random number that spreads retries; no secret.
pub(super) fn seed() -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any 53 bits will do")]
    let seed = (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64;
    seed
}

/// Writes a line for developers. Not `console.error`: nothing logged here is fatal.
pub(super) fn log(text: &str) {
    leptos::logging::log!("parlor: {text}");
}
