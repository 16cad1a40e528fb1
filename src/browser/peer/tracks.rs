//! Tracks that a connection sends and receives.
//!
//! Which source a transceiver carries is agreed by their order: the first of each kind that is not stopped carries a
//! device, the next what is shared. A page of an earlier release has none for what is shared.

use std::cell::RefCell;

use gloo_events::EventListener;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Event, RtcPeerConnection, RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
    RtcTrackEvent,
};

use super::bindings::{Connection, Sender, Transceiver};
use super::encoding;
use super::report::Report;
use crate::browser::env::log;
use crate::browser::error::{BrowserError, settled};
use crate::browser::media::tracks::{Streams, Tracks, tracks_of};
use crate::call::PeerEvent;
use crate::protocol::{Source, SourceSet};

/// The transceivers of an offer: those of what is shared are there from the beginning, so that a share needs no offer.
const OFFERED: [(&str, Source); 4] = [
    ("audio", Source::Microphone),
    ("video", Source::Camera),
    ("video", Source::Screen),
    ("audio", Source::ScreenAudio),
];

/// Adds a transceiver for each source, ahead of the first offer.
pub(super) fn add(connection: &Connection, streams: &Streams) -> Result<(), JsValue> {
    for (kind, source) in OFFERED {
        let init = RtcRtpTransceiverInit::new();
        init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
        init.set_streams(&Array::of1(streams.of(source)));
        connection.add_media(kind, &init)?;
    }
    Ok(())
}

/// Sends these tracks from now on.
pub(super) fn attach(connection: &Connection, streams: &Streams, tracks: &Tracks) {
    let mut seen = SourceSet::NONE;
    for transceiver in transceivers(connection) {
        let source = next_of(&transceiver, seen);
        // What a peer offers beyond what is agreed stays inactive.
        let direction = match source {
            Some(_) => RtcRtpTransceiverDirection::Sendrecv,
            None => RtcRtpTransceiverDirection::Inactive,
        };
        // A part of the call that the peer has rejected stays without a track, and the next of its kind has its turn.
        if transceiver.direct(direction).is_err() {
            continue;
        }
        let Some(source) = source else { continue };
        seen = seen.or(source.into());
        let sender: Sender = transceiver.sender().unchecked_into();
        let _ = sender.set_streams(streams.of(source));
        let track = tracks.get(source);
        let replaced = sender.replace(track.as_ref());
        if source == Source::Screen && track.is_some() {
            encoding::follow(&sender, tracks.hint());
        }
        let before = tracks.replaced();
        spawn_local(async move {
            // Sent until the other is.
            let _before = before;
            // Refused only for a closed connection or a track of the other kind.
            if let Err(error) = settled(replaced).await {
                log(&format!("track not attached: {}", BrowserError::from(error)));
            }
        });
    }
}

/// The sender of a source, if the connection has one.
pub(super) fn sender(connection: &RtcPeerConnection, source: Source) -> Option<Sender> {
    carrier(connection, source).map(|transceiver| transceiver.sender().unchecked_into())
}

/// Whether both sides have agreed on a part of the call for what is shared here.
pub(super) fn takes_screen(connection: &RtcPeerConnection) -> bool {
    let agreed = carrier(connection, Source::Screen).and_then(|transceiver| transceiver.current_direction());
    matches!(agreed, Some(RtcRtpTransceiverDirection::Sendrecv | RtcRtpTransceiverDirection::Sendonly))
}

/// The transceiver that carries a source.
pub(super) fn carrier(connection: &RtcPeerConnection, source: Source) -> Option<Transceiver> {
    sources(connection).find_map(|(transceiver, carried)| (carried == Some(source)).then_some(transceiver))
}

/// The transceivers that are not stopped, with what each carries.
fn sources(connection: &RtcPeerConnection) -> impl Iterator<Item = (Transceiver, Option<Source>)> + use<> {
    let mut seen = SourceSet::NONE;
    let is_stopped =
        |transceiver: &Transceiver| transceiver.direction() == RtcRtpTransceiverDirection::Stopped;
    transceivers(connection).filter(move |transceiver| !is_stopped(transceiver)).map(move |transceiver| {
        let source = next_of(&transceiver, seen);
        seen = source.map_or(seen, |source| seen.or(source.into()));
        (transceiver, source)
    })
}

/// The first source of a transceiver's kind that no other carries.
fn next_of(transceiver: &RtcRtpTransceiver, seen: SourceSet) -> Option<Source> {
    let kind = transceiver.receiver().track().kind();
    let is_free = |(of, source): &&(&str, Source)| *of == kind && !seen.contains(*source);
    OFFERED.iter().find(is_free).map(|(_, source)| *source)
}

fn transceivers(connection: &RtcPeerConnection) -> impl Iterator<Item = Transceiver> + use<> {
    connection.get_transceivers().to_vec().into_iter().map(JsCast::unchecked_into)
}

/// Puts the track of each source into `incoming`, and reports whether its media arrives.
pub(super) fn listen(connection: &Connection, incoming: Streams, report: Report) -> EventListener {
    // The listeners on the tracks live as long as the one that makes them.
    let on_tracks = RefCell::new(Vec::new());
    let of = connection.clone();
    EventListener::new(connection, "track", move |event| {
        let Some(event) = event.dyn_ref::<RtcTrackEvent>() else { return };
        let (track, carrier) = (event.track(), JsValue::from(event.transceiver()));
        let carried = sources(&of).find(|(transceiver, _)| AsRef::<JsValue>::as_ref(transceiver) == &carrier);
        let Some(source) = carried.and_then(|(_, source)| source) else { return };
        let stream = incoming.of(source);
        if tracks_of(stream).iter().any(|known| known.kind() == track.kind()) {
            return;
        }
        stream.add_track(&track);
        report.push(PeerEvent::Receives(source, !track.muted()));
        for (name, on) in [("unmute", true), ("mute", false), ("ended", false)] {
            let report = report.clone();
            let changed = move |_: &Event| report.push(PeerEvent::Receives(source, on));
            on_tracks.borrow_mut().push(EventListener::new(&track, name, changed));
        }
    })
}
