//! One `RTCPeerConnection`: carries out the call's commands, and reports events.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::select;
use gloo_events::EventListener;
use js_sys::Promise;
use leptos::prelude::WriteSignal;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    EcKeyGenParams, PermissionState, RtcIceCandidate, RtcIceCandidateInit, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType, RtcSessionDescriptionInit,
};

pub(super) mod bindings;
pub(super) mod channel;
mod encoding;
pub(super) mod late_channel;
mod monitor;
mod report;
mod resolution;
mod sound;
mod stats;
mod tracks;

use bindings::{Candidate, CandidateInit, Connection};
use channel::Channel;
use late_channel::{LateChannel, Purpose};
use monitor::Monitor;
use report::Report;

use sound::Sound;
pub(super) use stats::get as stat;

use super::configuration::configuration;
use super::env::{Events, elapsed, log};
use super::error::{BrowserError, settled};
use super::liveness::Held;
use super::media::tracks::Streams;
use super::media::{Asking, Media, permissions};
use super::speaker::Speaker;
use crate::call::{
    ANSWER_PATIENCE, Event, Level, PeerConfig, PeerEvent, PeerState, PreparedId, ScreenHint, answer_waits,
};
use crate::protocol::{Epoch, IceCandidate, OfferId, PeerId, Source};
use crate::ui::LateLine;

/// A connection with one peer. Dropping it closes it.
pub(super) struct Peer {
    connection: Connection,
    sound: Rc<Sound>,
    screen: Rc<Sound>,
    channel: Option<Channel>,
    late: Vec<LateChannel>,
    report: Report,
    _held: Held,
    _listeners: [EventListener; 3],
    monitor: Monitor,
    certificate: Option<JsValue>,
    /// The first offer, made and not set; see [`Self::prepare`].
    made: Rc<RefCell<Option<String>>>,
}

impl Peer {
    /// Makes the connection; the side that offers adds the transceivers, the other takes those offered. It is with
    /// nobody, and sends nothing, until [`Self::begin`].
    ///
    /// # Errors
    /// The browser refuses the configuration.
    pub(super) fn open(
        events: &Events,
        config: &PeerConfig,
        offerer: bool,
        media: &Media,
        certificate: Option<&JsValue>,
    ) -> Result<Self, BrowserError> {
        let configuration = configuration(config, certificate);
        let connection: Connection =
            RtcPeerConnection::new_with_configuration(&configuration)?.unchecked_into();
        let incoming = Streams::new()?;
        let report = Report::new(events);
        let listeners = [
            listen_for_candidates(&connection, report.clone()),
            listen_for_states(&connection, report.clone()),
            tracks::listen(&connection, incoming.clone(), report.clone()),
        ];
        let mut this = Self {
            _held: Held::new(&connection),
            monitor: Monitor::new(&connection, report.clone()),
            channel: None,
            late: vec![],
            connection,
            sound: Sound::new(Clone::clone(incoming.of(Source::Microphone))),
            screen: Sound::new(Clone::clone(incoming.of(Source::Screen))),
            report,
            _listeners: listeners,
            certificate: certificate.cloned(),
            made: Rc::default(),
        };
        if offerer {
            tracks::add(&this.connection, media.streams())?;
        }
        // Behind the media, so that the first description has them first.
        this.channel = Channel::open(&this.connection, this.report.clone());
        let limit = this.monitor.limiter();
        limit();
        Ok(this)
    }

    /// Makes the first offer ahead. It stays good, since tracks come and go without another one, and is not set: from then
    /// on the browser would gather candidates and keep them alive.
    pub(super) fn prepare(&self, id: PreparedId, events: &Events) {
        let (making, made, events) = (self.connection.make_offer(), Rc::clone(&self.made), events.clone());
        spawn_local(async move {
            match settled(making).await {
                Ok(offer) => drop(made.replace(Some(sdp_of(&offer)))),
                Err(error) => {
                    log(&format!("nothing prepared: {}", BrowserError::from(error)));
                    events.push(Event::NotPrepared(id));
                }
            }
        });
    }

    /// Whether the connection can still be used.
    pub(super) fn is_open(&self) -> bool {
        self.connection.connection_state() != RtcPeerConnectionState::Closed
    }

    /// Is with this peer from now on, and sends the tracks that there are.
    pub(super) fn begin(&self, peer: PeerId, epoch: Epoch, media: &Media) {
        self.report.name(peer, epoch);
        self.report.push(PeerEvent::Opened);
        self.attach(media);
    }

    /// Opens a channel for what is loaded later, before the first description; `wanted` is set by what comes while nobody
    /// listens.
    pub(super) fn open_late(
        &mut self,
        peer: PeerId,
        purpose: &'static Purpose,
        wanted: WriteSignal<bool>,
    ) -> Option<Rc<LateLine>> {
        let channel = LateChannel::open(&self.connection, peer, purpose, wanted)?;
        let line = channel.line();
        self.late.push(channel);
        Some(line)
    }

    /// The stream of the peer's devices, and how loud it plays.
    pub(super) fn sound(&self) -> Rc<Sound> {
        Rc::clone(&self.sound)
    }

    /// The same of what the peer shares.
    pub(super) fn screen(&self) -> Rc<Sound> {
        Rc::clone(&self.screen)
    }

    /// Lets the encoder follow what the shared picture is for.
    pub(super) fn hint_screen(&self, hint: ScreenHint) {
        if let Some(sender) = tracks::sender(&self.connection, Source::Screen) {
            encoding::follow(&sender, hint);
        }
    }

    /// Plays on this speaker from now on.
    pub(super) fn follow(&self, speaker: &Speaker) {
        self.sound.follow(speaker);
        self.screen.follow(speaker);
    }

    /// Plays the sound at this volume, in per cent, and that of what the peer shares.
    pub(super) fn set_volume(&self, percent: u16) {
        self.sound.set_volume(percent);
        self.screen.set_volume(percent);
    }

    /// The level of the sound that arrives from this peer.
    pub(super) fn level(&self, peer: PeerId) -> Option<Level> {
        sound::level(&self.connection, peer)
    }

    /// Sends a message over the data channel.
    pub(super) fn send(&self, bytes: &[u8]) {
        if let Some(channel) = &self.channel {
            channel.send(bytes);
        }
    }

    /// Sets another configuration. A connection that refuses it is built anew, since it would go on using servers
    /// that are not wanted any more.
    pub(super) fn configure(&self, config: &PeerConfig) {
        let configuration = configuration(config, self.certificate.as_ref());
        if let Err(error) = self.connection.set_configuration_with_configuration(&configuration) {
            let error = BrowserError::from(error).to_string();
            log(&format!("not configured: {error}"));
            self.report.push(PeerEvent::StepFailed(error));
        }
    }

    /// Replaces the sent tracks by the live ones; needs no new offer.
    pub(super) fn attach(&self, media: &Media) {
        tracks::attach(&self.connection, media.streams(), &media.tracks());
    }

    /// Makes an offer and sets it. One that was made ahead is told at once: what the other side does with it takes longer
    /// than to set it here, and an answer would wait for that in the browser's chain.
    pub(super) fn offer(&self, offer: OfferId, restart: bool) {
        if let Some(sdp) = self.made.take().filter(|_| !restart) {
            let description = description(RtcSdpType::Offer, &sdp);
            let set = self.connection.set_made(&description);
            self.report.push(PeerEvent::Offered { offer, sdp });
            return self.step(async move { settled(set).await.map(|_| None) });
        }
        let begun = if restart { self.connection.restart() } else { Ok(()) };
        let set = begun.and_then(|()| self.connection.set_local());
        let connection = self.connection.clone();
        self.step(async move {
            settled(set).await?;
            Ok(Some(PeerEvent::Offered { offer, sdp: local_sdp(&connection) }))
        });
    }

    /// Sets a remote offer and answers it. The answer is told before it is set here, which the other side does not depend
    /// on; what it sends next waits for that in the browser's chain.
    pub(super) fn accept_offer(&self, offer: OfferId, sdp: &str, media: &Media) {
        let (connection, set) = (self.connection.clone(), self.set_remote(RtcSdpType::Offer, sdp));
        let (streams, asking, tracks) = (media.streams().clone(), media.asking(), media.tracks());
        let (limit, report) = (self.monitor.limiter(), self.report.clone());
        self.step(async move {
            settled(set).await?;
            limit();
            devices_soon(asking).await;
            tracks::attach(&connection, &streams, &tracks);
            let sdp = sdp_of(&settled(connection.make_answer()).await?);
            let set = connection.set_made(&description(RtcSdpType::Answer, &sdp));
            report.push(PeerEvent::Answered { offer, sdp });
            settled(set).await?;
            Ok(Some(PeerEvent::TakesScreen(tracks::takes_screen(&connection))))
        });
    }

    /// Sets a remote answer.
    pub(super) fn accept_answer(&self, sdp: &str) {
        let set = self.set_remote(RtcSdpType::Answer, sdp);
        let (connection, report) = (self.connection.clone(), self.report.clone());
        self.step(async move {
            settled(set).await?;
            report.push(PeerEvent::TakesScreen(tracks::takes_screen(&connection)));
            Ok(Some(PeerEvent::Applied))
        });
    }

    /// Adds a remote candidate, or the end of them. A candidate of a description that was replaced is
    /// refused by the browser, which does no harm.
    pub(super) fn add_candidate(&self, candidate: &IceCandidate) {
        let added = if candidate.candidate.is_empty() && candidate.sdp_mid.is_none() {
            self.connection.end_of_candidates()
        } else {
            let init: CandidateInit = RtcIceCandidateInit::new(&candidate.candidate).unchecked_into();
            init.set_sdp_mid(candidate.sdp_mid.as_deref());
            init.set_sdp_m_line_index(candidate.sdp_m_line_index);
            if let Some(fragment) = &candidate.username_fragment {
                // Setting a property of a fresh plain object cannot fail.
                let _ = init.set_username_fragment(fragment);
            }
            self.connection.add_candidate(&init)
        };
        spawn_local(async move {
            if let Err(error) = settled(added).await {
                log(&format!("candidate not added: {}", BrowserError::from(error)));
            }
        });
    }

    fn set_remote(&self, kind: RtcSdpType, sdp: &str) -> Result<Promise, JsValue> {
        self.connection.set_remote(&description(kind, sdp))
    }

    /// Awaits a step whose first operation is already in the browser's chain, and reports its end unless that was done.
    fn step(&self, work: impl Future<Output = Result<Option<PeerEvent>, JsValue>> + 'static) {
        let report = self.report.clone();
        spawn_local(async move {
            let event = work.await.unwrap_or_else(|error| {
                let error = BrowserError::from(error).to_string();
                log(&format!("negotiation: {error}"));
                Some(PeerEvent::StepFailed(error))
            });
            event.into_iter().for_each(|event| report.push(event));
        });
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.report.end();
        self.connection.close();
    }
}

/// Makes the certificate that all connections of this page will show, ahead of the first one, which would
/// otherwise wait for it. None where the browser cannot; then each connection makes its own.
pub(super) async fn certificate() -> Option<JsValue> {
    let algorithm = EcKeyGenParams::new("ECDSA", "P-256");
    settled(RtcPeerConnection::generate_certificate_with_object(&algorithm)).await.ok()
}

/// Waits a moment for devices that are being opened; see [`answer_waits`].
async fn devices_soon(asking: Asking) {
    if asking.clone().now_or_never().is_some() {
        return;
    }
    let opened = async {
        if answer_waits(permissions(PermissionState::Granted).await) {
            asking.await.ok();
        }
    };
    select(pin!(opened), elapsed(ANSWER_PATIENCE)).await;
}

fn description(kind: RtcSdpType, sdp: &str) -> RtcSessionDescriptionInit {
    let description = RtcSessionDescriptionInit::new(kind);
    description.set_sdp(sdp);
    description
}

fn sdp_of(made: &JsValue) -> String {
    stat(made, "sdp").as_string().unwrap_or_default()
}

fn local_sdp(connection: &Connection) -> String {
    connection.local_description().map(|description| description.sdp()).unwrap_or_default()
}

fn listen_for_candidates(connection: &Connection, report: Report) -> EventListener {
    EventListener::new(connection, "icecandidate", move |event| {
        let candidate =
            event.dyn_ref::<RtcPeerConnectionIceEvent>().and_then(RtcPeerConnectionIceEvent::candidate);
        // No candidate: all of them have been told.
        report.push(PeerEvent::Candidate(candidate.as_ref().map(candidate_init).unwrap_or_default()));
    })
}

fn candidate_init(candidate: &RtcIceCandidate) -> IceCandidate {
    IceCandidate {
        candidate: candidate.candidate(),
        sdp_mid: candidate.sdp_mid(),
        sdp_m_line_index: candidate.sdp_m_line_index(),
        username_fragment: candidate.unchecked_ref::<Candidate>().username_fragment().ok().flatten(),
    }
}

fn listen_for_states(connection: &Connection, report: Report) -> EventListener {
    let watched = connection.clone();
    EventListener::new(connection, "connectionstatechange", move |_| {
        report.push(PeerEvent::State(match watched.connection_state() {
            RtcPeerConnectionState::Connecting => PeerState::Connecting,
            RtcPeerConnectionState::Connected => PeerState::Connected,
            RtcPeerConnectionState::Disconnected => PeerState::Disconnected,
            RtcPeerConnectionState::Failed => PeerState::Failed,
            RtcPeerConnectionState::Closed => PeerState::Closed,
            _ => PeerState::New,
        }));
    })
}
