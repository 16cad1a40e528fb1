//! Tracks that a connection sends and receives.

use std::cell::RefCell;

use gloo_events::EventListener;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Event, MediaStream, RtcPeerConnection, RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcTrackEvent,
};

use super::bindings::{Connection, Sender, Transceiver};
use super::report::Report;
use crate::browser::env::log;
use crate::browser::error::{BrowserError, settled};
use crate::browser::media::{Tracks, source_of, tracks_of};
use crate::call::PeerEvent;
use crate::protocol::{Source, SourceSet};

/// Adds one transceiver for sound and one for pictures, ahead of the first offer.
pub(super) fn add(connection: &Connection, stream: &MediaStream) -> Result<(), JsValue> {
    for kind in ["audio", "video"] {
        let init = RtcRtpTransceiverInit::new();
        init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
        init.set_streams(&Array::of1(stream));
        connection.add_media(kind, &init)?;
    }
    Ok(())
}

/// Sends these tracks from now on, over the first transceiver of each kind that is not stopped.
pub(super) fn attach(connection: &Connection, stream: &MediaStream, tracks: &Tracks) {
    let mut seen = SourceSet::NONE;
    for transceiver in transceivers(connection) {
        let source = source_of(&transceiver.receiver().track());
        let is_second = seen.contains(source);
        // One of each is agreed; what a peer offers beyond stays inactive.
        let direction = if is_second {
            RtcRtpTransceiverDirection::Inactive
        } else {
            RtcRtpTransceiverDirection::Sendrecv
        };
        // A part of the call that the peer has rejected stays without a track, and the next of its kind has its turn.
        if transceiver.direct(direction).is_err() || is_second {
            continue;
        }
        seen = seen.or(source.into());
        let sender: Sender = transceiver.sender().unchecked_into();
        let _ = sender.set_streams(stream);
        let replaced = sender.replace(tracks.get(source).as_ref());
        spawn_local(async move {
            // Refused only for a closed connection or a track of the other kind.
            if let Err(error) = settled(replaced).await {
                log(&format!("track not attached: {}", BrowserError::from(error)));
            }
        });
    }
}

/// The senders of pictures that are not stopped.
pub(super) fn video_senders(connection: &RtcPeerConnection) -> impl Iterator<Item = Sender> {
    transceivers(connection)
        .filter(is_video)
        .filter(|transceiver| transceiver.direction() != RtcRtpTransceiverDirection::Stopped)
        .map(|transceiver| transceiver.sender().unchecked_into())
}

fn transceivers(connection: &RtcPeerConnection) -> impl Iterator<Item = Transceiver> + use<> {
    connection.get_transceivers().to_vec().into_iter().map(JsCast::unchecked_into)
}

fn is_video(transceiver: &Transceiver) -> bool {
    source_of(&transceiver.receiver().track()) == Source::Camera
}

/// Puts the first track of each source into `incoming`, and reports whether its media arrives.
pub(super) fn listen(connection: &Connection, incoming: MediaStream, report: Report) -> EventListener {
    // The listeners on the tracks live as long as the one that makes them.
    let on_tracks = RefCell::new(Vec::new());
    EventListener::new(connection, "track", move |event| {
        let Some(event) = event.dyn_ref::<RtcTrackEvent>() else { return };
        let track = event.track();
        let source = source_of(&track);
        if tracks_of(&incoming).iter().any(|track| source_of(track) == source) {
            return;
        }
        incoming.add_track(&track);
        report.push(PeerEvent::Receives(source, !track.muted()));
        for (name, on) in [("unmute", true), ("mute", false), ("ended", false)] {
            let report = report.clone();
            let changed = move |_: &Event| report.push(PeerEvent::Receives(source, on));
            on_tracks.borrow_mut().push(EventListener::new(&track, name, changed));
        }
    })
}
