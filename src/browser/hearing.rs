//! "Hear yourself": its connections and its record, which are a chunk.

use futures::FutureExt;
use futures::future::{AbortHandle, abortable};
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStreamTrack;

use super::connection_test::offered;
use super::env::{Events, log};
use super::speaker::Speaker;
use crate::call::hearing::config;
use crate::call::{Event, HearingEvent, HearingId, MediaEvent};

mod loopback;

use loopback::{Loopback, Task};

chunk! { hearing: load -> Loopback = Loopback::HERE }

/// An attempt, which ends when this is dropped.
pub(super) struct Hearing(AbortHandle);

impl Drop for Hearing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Begins to send this microphone's voice to the page itself.
pub(super) fn hear(
    events: &Events,
    id: HearingId,
    microphone: MediaStreamTrack,
    speaker: Speaker,
) -> Hearing {
    let (events, queue) = (events.clone(), events.clone());
    let report = move |event| events.push(Event::Media(MediaEvent::Hearing(id, event)));
    let (attempt, handle) = abortable(async move {
        let Ok(loopback) = load().await.map_err(|error| log(&format!("not heard: {error}"))) else {
            return report(HearingEvent::Failed);
        };
        let Ok((ice_servers, same_computer)) = offered().await else {
            return report(HearingEvent::NoConnection);
        };
        let config = config(ice_servers, same_computer);
        let task = Task { microphone, config, speaker, events: queue, report: Box::new(report) };
        (loopback.run)(task).await;
    });
    spawn_local(attempt.map(|_ended| ()));
    Hearing(handle)
}
