//! One `RTCPeerConnection`: carries out what the call decided, reports what happened, decides nothing.

use std::pin::pin;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::select;
use gloo_events::EventListener;
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MediaStream, RtcIceCandidate, RtcIceCandidateInit, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcPeerConnectionState, RtcSdpType, RtcSessionDescriptionInit,
};

pub(super) mod bindings;
pub(super) mod tracks;

use bindings::Connection;

use super::Events;
use super::configuration::configuration;
use super::error::{BrowserError, settled};
use super::liveness::Held;
use super::media::{Asking, Media, permissions};
use super::opening::Opening;
use super::route::RouteWatch;
use crate::call::{Event, PeerConfig, PeerEvent, PeerState, Permission};
use crate::protocol::{Epoch, IceCandidate, OfferId, PeerId};

/// How long an answer waits for devices that are being opened, in milliseconds.
const OPENING_MS: i32 = 700;

/// A connection with one peer. Dropping it closes it.
pub(super) struct Peer {
    connection: Connection,
    incoming: MediaStream,
    report: Report,
    _held: Held,
    _listeners: [EventListener; 3],
    _route: RouteWatch,
    opening: Rc<Opening>,
    certificate: Option<JsValue>,
}

/// Where a connection's events go, and under which name.
#[derive(Clone)]
struct Report {
    events: Events,
    peer: PeerId,
    epoch: Epoch,
}

impl Report {
    fn push(&self, event: PeerEvent) {
        self.events.push(Event::Peer(self.peer, self.epoch, event));
    }
}

impl Peer {
    /// Makes the connection; the side that offers adds the transceivers, the other takes those offered.
    ///
    /// # Errors
    /// A configuration the browser refuses.
    pub(super) fn open(
        events: &Events,
        peer: PeerId,
        epoch: Epoch,
        config: &PeerConfig,
        offerer: bool,
        media: &Media,
        certificate: Option<&JsValue>,
    ) -> Result<Self, BrowserError> {
        let configuration = configuration(config, certificate);
        let connection: Connection =
            RtcPeerConnection::new_with_configuration(&configuration)?.unchecked_into();
        let incoming = MediaStream::new()?;
        let report = Report { events: events.clone(), peer, epoch };
        let listeners = [
            listen_for_candidates(&connection, report.clone()),
            listen_for_states(&connection, report.clone()),
            tracks::listen(&connection, Clone::clone(&incoming), report.clone()),
        ];
        let opening = Rc::new(Opening::new(&connection));
        let found = report.clone();
        let route = RouteWatch::new(&connection, move |route| found.push(PeerEvent::Route(route)));
        let this = Self {
            _held: Held::new(&connection),
            connection,
            incoming,
            report,
            _listeners: listeners,
            _route: route,
            opening,
            certificate: certificate.cloned(),
        };
        if offerer {
            tracks::add(&this.connection, media.stream())?;
        }
        this.opening.apply();
        this.attach(media);
        Ok(this)
    }

    /// What the peer sends.
    pub(super) fn incoming(&self) -> &MediaStream {
        &self.incoming
    }

    /// Lets it go through something else from now on. A connection that refuses is built anew, since it would
    /// go on looking for ways that are not wanted any more.
    pub(super) fn configure(&self, config: &PeerConfig) {
        let configuration = configuration(config, self.certificate.as_ref());
        if let Err(error) = self.connection.set_configuration_with_configuration(&configuration) {
            let error = BrowserError::from(error).to_string();
            super::log(&format!("not configured: {error}"));
            self.report.push(PeerEvent::StepFailed(error));
        }
    }

    /// Sends the tracks that are live now, in place of whatever was sent before; needs no new offer.
    pub(super) fn attach(&self, media: &Media) {
        tracks::attach(
            &self.connection,
            media.stream(),
            media.microphone().as_ref(),
            media.camera().as_ref(),
        );
    }

    /// Makes an offer and sets it.
    pub(super) fn offer(&self, offer: OfferId, restart: bool) {
        let begun = if restart { self.connection.restart() } else { Ok(()) };
        let set = begun.and_then(|()| self.connection.set_local());
        let connection = self.connection.clone();
        self.step(async move {
            settled(set).await?;
            Ok(PeerEvent::Offered { offer, sdp: local_sdp(&connection) })
        });
    }

    /// Sets a remote offer and answers it.
    pub(super) fn accept_offer(&self, offer: OfferId, sdp: &str, media: &Media) {
        let (connection, set) = (self.connection.clone(), self.set_remote(RtcSdpType::Offer, sdp));
        let (stream, asking, tracks) = (Clone::clone(media.stream()), media.asking(), media.tracks());
        // A step of a connection that is closed meanwhile never ends.
        let opening = Rc::downgrade(&self.opening);
        self.step(async move {
            settled(set).await?;
            if let Some(opening) = opening.upgrade() {
                opening.apply();
            }
            devices_soon(asking).await;
            let [microphone, camera] = tracks();
            tracks::attach(&connection, &stream, microphone.as_ref(), camera.as_ref());
            settled(connection.set_local()).await?;
            Ok(PeerEvent::Answered { offer, sdp: local_sdp(&connection) })
        });
    }

    /// Sets a remote answer.
    pub(super) fn accept_answer(&self, sdp: &str) {
        let set = self.set_remote(RtcSdpType::Answer, sdp);
        self.step(async move {
            settled(set).await?;
            Ok(PeerEvent::Applied)
        });
    }

    /// Adds a remote candidate, or the end of them. A candidate of a description that was replaced is
    /// refused by the browser, which does no harm.
    pub(super) fn add_candidate(&self, candidate: &IceCandidate) {
        let added = if candidate.candidate.is_empty() && candidate.sdp_mid.is_none() {
            self.connection.end_of_candidates()
        } else {
            let init = RtcIceCandidateInit::new(&candidate.candidate);
            init.set_sdp_mid(candidate.sdp_mid.as_deref());
            init.set_sdp_m_line_index(candidate.sdp_m_line_index);
            if let Some(fragment) = &candidate.username_fragment {
                // Setting a property of a fresh plain object cannot fail.
                let _ = Reflect::set(&init, &"usernameFragment".into(), &fragment.into());
            }
            self.connection.add_candidate(&init)
        };
        spawn_local(async move {
            if let Err(error) = settled(added).await {
                super::log(&format!("candidate not added: {}", BrowserError::from(error)));
            }
        });
    }

    fn set_remote(&self, kind: RtcSdpType, sdp: &str) -> Result<Promise, JsValue> {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(sdp);
        self.connection.set_remote(&description)
    }

    /// Awaits a step whose first operation is already in the browser's chain, and reports its end.
    fn step(&self, work: impl Future<Output = Result<PeerEvent, JsValue>> + 'static) {
        let report = self.report.clone();
        spawn_local(async move {
            let event = work
                .await
                .unwrap_or_else(|error| PeerEvent::StepFailed(BrowserError::from(error).to_string()));
            if let PeerEvent::StepFailed(error) = &event {
                super::log(&format!("negotiation: {error}"));
            }
            report.push(event);
        });
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// Makes the certificate that all connections of this page will show, ahead of the first one, which would
/// otherwise wait for it. None where the browser cannot; then each connection makes its own.
pub(super) async fn certificate() -> Option<JsValue> {
    let algorithm = Object::new();
    for (key, value) in [("name", "ECDSA"), ("namedCurve", "P-256")] {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&algorithm, &key.into(), &value.into());
    }
    settled(RtcPeerConnection::generate_certificate_with_object(&algorithm)).await.ok()
}

/// Waits a moment for devices that are being opened: they are there sooner if the browser is not busy with a
/// connection at the same time, and a connection that has something to send from its beginning shows it sooner.
/// A person who has not said yes yet is not waited for.
async fn devices_soon(asking: Asking) {
    if asking.clone().now_or_never().is_some() {
        return;
    }
    let opening = async {
        if permissions().await.1 == Permission::Granted {
            asking.await.ok();
        }
    };
    let moment = Promise::new(&mut |done, _| {
        let set = super::window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, OPENING_MS);
        debug_assert!(set.is_ok(), "a window has timers");
    });
    select(pin!(opening), JsFuture::from(moment)).await;
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
        username_fragment: Reflect::get(candidate, &"usernameFragment".into())
            .ok()
            .and_then(|it| it.as_string()),
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
