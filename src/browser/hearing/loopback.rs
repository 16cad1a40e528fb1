//! A connection of this page with itself, through which the own voice goes, is recorded, and played.

use std::pin::pin;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::channel::oneshot;
use futures::future::{Either, LocalBoxFuture, select};
use futures::{FutureExt, StreamExt};
use gloo_events::EventListener;
use js_sys::{Array, Map};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobEvent, HtmlAudioElement, MediaRecorder, MediaStream, MediaStreamTrack, RtcIceCandidate,
    RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcRtpReceiver,
    RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit, Url,
};

use crate::browser::configuration::configuration;
use crate::browser::env::{Events, elapsed, log, now};
use crate::browser::error::{BrowserError, settled};
use crate::browser::level::Ear;
use crate::browser::liveness::Held;
use crate::browser::peer::bindings::{Connection, Sender, Transceiver};
use crate::browser::peer::stat;
use crate::browser::speaker::Speaker;
use crate::call::hearing::{CONNECTS_WITHIN, RECORDED};
use crate::call::{Heard, HearingEvent, MEASURED_EVERY, Measurement, PeerConfig};

/// What an attempt is made with.
pub(super) struct Task {
    pub(super) microphone: MediaStreamTrack,
    pub(super) config: PeerConfig,
    pub(super) speaker: Speaker,
    pub(super) events: Events,
    pub(super) report: Box<dyn Fn(HearingEvent)>,
}

/// The chunk, as the driver calls it.
#[derive(Clone, Copy)]
pub(super) struct Loopback {
    /// Runs an attempt and reports it.
    pub(super) run: fn(Task) -> LocalBoxFuture<'static, ()>,
}

impl Loopback {
    /// The loopback of this chunk.
    pub(super) const HERE: Self = Self { run: |task| run(task).boxed_local() };
}

async fn run(task: Task) {
    let last = match heard(&task).await {
        Ok(Some(heard)) => HearingEvent::Played(heard),
        Ok(None) => HearingEvent::NoConnection,
        Err(error) => {
            log(&format!("not heard: {error}"));
            HearingEvent::Failed
        }
    };
    (task.report)(last);
}

/// Sends, records and plays; nothing if no connection comes up in time.
async fn heard(task: &Task) -> Result<Option<Heard>, BrowserError> {
    let ear = Ear::new(&task.microphone)?;
    let (tells, told) = unbounded();
    let ends = [End::new(0, &task.config, &tells)?, End::new(1, &task.config, &tells)?];
    let [one, other] = [&ends[0].connection, &ends[1].connection];
    let sending = one.add_media("audio", &RtcRtpTransceiverInit::new())?;
    let sender: Sender = sending.unchecked_into::<Transceiver>().sender().unchecked_into();
    settled(sender.replace(Some(ear.track()))).await?;
    settled(one.set_local()).await?;
    describe(other, RtcSdpType::Offer, one).await?;
    settled(other.set_local()).await?;
    describe(one, RtcSdpType::Answer, other).await?;
    if let Either::Right(_) = select(pin!(connected(&ends, told)), elapsed(CONNECTS_WITHIN)).await {
        return Ok(None);
    }
    let receivers: Array = other.get_receivers();
    let stream = MediaStream::new()?;
    stream.add_track(&receivers.get(0).unchecked_into::<RtcRtpReceiver>().track());
    let (record, voice) = record(&stream, &ear, task).await?;
    let (packets, lost) = arrived(other).await;
    let playback = play(&record, &ear, task).await?;
    Ok(Some(Heard { voice, playback, packets, lost }))
}

/// What the ends tell.
enum Told {
    /// A candidate of this end.
    Candidate(usize, RtcIceCandidate),
    Connected,
}

/// One end of the connection, closed when this is dropped.
struct End {
    connection: Connection,
    _held: Held,
    _listeners: [EventListener; 2],
}

impl End {
    fn new(number: usize, config: &PeerConfig, tells: &UnboundedSender<Told>) -> Result<Self, JsValue> {
        let connection: Connection =
            RtcPeerConnection::new_with_configuration(&configuration(config, None))?.unchecked_into();
        let (found, connected, watched) = (tells.clone(), tells.clone(), connection.clone());
        let listeners = [
            EventListener::new(&connection, "icecandidate", move |event| {
                let candidate = event
                    .dyn_ref::<RtcPeerConnectionIceEvent>()
                    .and_then(RtcPeerConnectionIceEvent::candidate)
                    .filter(|candidate| !candidate.candidate().is_empty());
                if let Some(candidate) = candidate {
                    // After the attempt nobody listens.
                    let _ = found.unbounded_send(Told::Candidate(number, candidate));
                }
            }),
            EventListener::new(&connection, "connectionstatechange", move |_| {
                if watched.connection_state() == RtcPeerConnectionState::Connected {
                    let _ = connected.unbounded_send(Told::Connected);
                }
            }),
        ];
        Ok(Self { _held: Held::new(&connection), connection, _listeners: listeners })
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// Sets the local description of one end as the remote one of the other.
async fn describe(to: &Connection, kind: RtcSdpType, of: &Connection) -> Result<(), JsValue> {
    let description = RtcSessionDescriptionInit::new(kind);
    description.set_sdp(&of.local_description().map(|local| local.sdp()).unwrap_or_default());
    settled(to.set_remote(&description)).await?;
    Ok(())
}

/// Exchanges the candidates until both ends are connected.
async fn connected(ends: &[End; 2], mut told: UnboundedReceiver<Told>) {
    let mut waits = ends.len();
    while waits > 0 {
        match told.next().await {
            Some(Told::Candidate(of, candidate)) => {
                // One that is refused leaves the others.
                let _ = settled(ends[1 - of].connection.add_candidate(&candidate)).await;
            }
            Some(Told::Connected) => waits -= 1,
            None => return std::future::pending().await,
        }
    }
}

/// Records what arrives, and measures the microphone meanwhile.
async fn record(
    stream: &MediaStream,
    ear: &Ear,
    task: &Task,
) -> Result<(Blob, Vec<Measurement>), BrowserError> {
    // Chromium decodes only what an element plays.
    let silent = HtmlAudioElement::new()?;
    silent.set_muted(true);
    silent.set_src_object(Some(stream));
    settled(silent.play()).await?;
    let recorder = MediaRecorder::new_with_media_stream(stream)?;
    let (tells, told) = oneshot::channel();
    let _recorded = EventListener::once(&recorder, "dataavailable", move |event| {
        let _ = tells.send(event.dyn_ref::<BlobEvent>().and_then(BlobEvent::data));
    });
    recorder.start()?;
    (task.report)(HearingEvent::Recording);
    let voice = measure(ear, RECORDED, || false).await;
    recorder.stop()?;
    let record = told.await.ok().flatten();
    silent.set_src_object(None);
    Ok((record.ok_or_else(|| JsValue::from_str("no record"))?, voice))
}

/// Plays the record where the others are heard, and measures the microphone meanwhile.
async fn play(record: &Blob, ear: &Ear, task: &Task) -> Result<Vec<Measurement>, BrowserError> {
    let player = Player { element: HtmlAudioElement::new()?, url: Url::create_object_url_with_blob(record)? };
    let element = &player.element;
    element.set_src(&player.url);
    task.speaker.give(element, &task.events);
    (task.report)(HearingEvent::Playing);
    settled(element.play()).await?;
    Ok(measure(ear, RECORDED + RECORDED, || element.ended()).await)
}

/// Plays a record until this is dropped; browsers keep an element that plays.
struct Player {
    element: HtmlAudioElement,
    url: String,
}

impl Drop for Player {
    fn drop(&mut self) {
        // Neither fails for an element and an address of one's own.
        let _ = (self.element.pause(), Url::revoke_object_url(&self.url));
    }
}

/// Measures again and again, for this long or until it is over.
async fn measure(ear: &Ear, length: Duration, is_over: impl Fn() -> bool) -> Vec<Measurement> {
    let end = now() + length;
    let mut measured = vec![];
    while now() < end && !is_over() {
        elapsed(MEASURED_EVERY).await;
        measured.extend(ear.measure());
    }
    measured
}

/// How many packets of sound have arrived, and how many were lost.
async fn arrived(connection: &Connection) -> (u32, u32) {
    let mut counts = (0, 0);
    if let Ok(report) = settled(connection.stats()).await {
        // Not a Map, but with all of its methods for reading.
        report.unchecked_into::<Map>().for_each(&mut |entry, _| {
            if stat(&entry, "type").as_string().as_deref() == Some("inbound-rtp") {
                let count = |name| stat(&entry, name).as_f64().unwrap_or_default() as u32;
                counts = (count("packetsReceived"), count("packetsLost"));
            }
        });
    }
    counts
}
