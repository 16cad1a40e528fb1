//! Trials: connections of this page with itself and with the server, closed after their attempt. They are a chunk.

use std::cell::RefCell;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::LocalBoxFuture;
use futures::{FutureExt, StreamExt};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use wasm_bindgen::JsCast;
use web_sys::{
    MessageEvent, RtcDataChannel, RtcDataChannelEvent, RtcIceCandidate, RtcPeerConnection,
    RtcPeerConnectionIceErrorEvent, RtcPeerConnectionIceEvent, RtcSdpType, RtcSessionDescriptionInit,
};

use crate::browser::configuration::configuration;
use crate::browser::env::{after, now};
use crate::browser::error::{BrowserError, settled};
use crate::browser::peer::bindings::Connection;
use crate::call::attempt::{Attempt, AttemptEvent, Target};
use crate::call::{Finding, PeerConfig, Transport};
use crate::protocol::IceServer;

/// The data that goes through the relay.
const TEXT: &str = "parlor";

/// The finding of a trial under way.
type Found = LocalBoxFuture<'static, Result<Finding, BrowserError>>;

/// All trials, as the driver calls them.
#[derive(Clone, Copy)]
pub(super) struct Trials {
    /// Gathers candidates of one transport.
    pub(super) opens: fn(Transport, Vec<IceServer>) -> Found,
    /// Sends data from one connection of this page to another through the relay.
    pub(super) passes: fn(Vec<IceServer>) -> Found,
}

impl Trials {
    /// The trials of this chunk.
    pub(super) const ALL: Self = Self {
        opens: |transport, ice_servers| opens(transport, ice_servers).boxed_local(),
        passes: |ice_servers| passes(ice_servers).boxed_local(),
    };
}

/// A report of an attempt's connections.
enum Heard {
    /// A candidate of one of them, numbered.
    Candidate(usize, RtcIceCandidate),
    Complete,
    Error(Option<u16>),
    Received,
    TimeUp,
}

/// A connection of an attempt.
struct Trial {
    connection: Connection,
    _listeners: [EventListener; 2],
}

impl Trial {
    fn new(number: usize, config: &PeerConfig, hears: &UnboundedSender<Heard>) -> Result<Self, BrowserError> {
        let connection: Connection =
            RtcPeerConnection::new_with_configuration(&configuration(config, None))?.unchecked_into();
        let (found, failed) = (hears.clone(), hears.clone());
        let listeners = [
            EventListener::new(&connection, "icecandidate", move |event| {
                let candidate = event
                    .dyn_ref::<RtcPeerConnectionIceEvent>()
                    .and_then(RtcPeerConnectionIceEvent::candidate);
                let heard = match candidate {
                    Some(candidate) if !candidate.candidate().is_empty() => {
                        Heard::Candidate(number, candidate)
                    }
                    Some(_) => return,
                    None => Heard::Complete,
                };
                // After the attempt nobody listens.
                let _ = found.unbounded_send(heard);
            }),
            EventListener::new(&connection, "icecandidateerror", move |event| {
                let error = event.dyn_ref::<RtcPeerConnectionIceErrorEvent>();
                let code = error.map(RtcPeerConnectionIceErrorEvent::error_code);
                let _ = failed.unbounded_send(Heard::Error(code));
            }),
        ];
        Ok(Self { connection, _listeners: listeners })
    }

    /// Makes a data channel; without one, or media, a connection gathers no candidates.
    fn channel(&self) -> Result<RtcDataChannel, BrowserError> {
        Ok(self.connection.data_channel(TEXT)?)
    }

    /// The browser fires `icecandidateerror`.
    fn tells_errors(&self) -> Result<bool, BrowserError> {
        Ok(Reflect::has(&self.connection, &"onicecandidateerror".into())?)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// Gathers candidates of one transport.
async fn opens(transport: Transport, ice_servers: Vec<IceServer>) -> Result<Finding, BrowserError> {
    let (hears, heard) = unbounded();
    let target = Target::Transport(transport);
    let trial = Trial::new(0, &Attempt::config(target, ice_servers), &hears)?;
    let _channel = trial.channel()?;
    let attempt = Attempt::new(target, now(), trial.tells_errors()?);
    let _limit = limit(&attempt, hears);
    settled(trial.connection.set_local()).await?;
    conclude(attempt, heard, &[trial]).await
}

/// Sends data from one connection of this page to another through the relay.
async fn passes(ice_servers: Vec<IceServer>) -> Result<Finding, BrowserError> {
    let (hears, heard) = unbounded();
    let config = Attempt::config(Target::Relay, ice_servers);
    let ends = [Trial::new(0, &config, &hears)?, Trial::new(1, &config, &hears)?];
    let [one, other] = [&ends[0].connection, &ends[1].connection];
    let _channels = [send_when_open(&ends[0].channel()?), receive(other, hears.clone())];
    let attempt = Attempt::new(Target::Relay, now(), ends[0].tells_errors()?);
    let _limit = limit(&attempt, hears);
    settled(one.set_local()).await?;
    describe(other, RtcSdpType::Offer, one).await?;
    settled(other.set_local()).await?;
    describe(one, RtcSdpType::Answer, other).await?;
    conclude(attempt, heard, &ends).await
}

fn limit(attempt: &Attempt, hears: UnboundedSender<Heard>) -> Timeout {
    after(attempt.deadline().saturating_sub(now()), move || drop(hears.unbounded_send(Heard::TimeUp)))
}

/// Reports to the attempt until it has found something; two ends exchange their candidates.
async fn conclude(
    mut attempt: Attempt,
    mut heard: UnboundedReceiver<Heard>,
    ends: &[Trial],
) -> Result<Finding, BrowserError> {
    while let Some(next) = heard.next().await {
        let text;
        let event = match &next {
            Heard::Candidate(of, candidate) => {
                if let [one, other] = ends {
                    let to = if *of == 0 { other } else { one };
                    settled(to.connection.add_candidate(candidate)).await?;
                }
                text = candidate.candidate();
                AttemptEvent::Candidate(&text)
            }
            Heard::Complete => AttemptEvent::Complete,
            Heard::Error(code) => AttemptEvent::Error(*code),
            Heard::Received => AttemptEvent::Received,
            Heard::TimeUp => AttemptEvent::TimeUp,
        };
        if let Some(finding) = attempt.handle(now(), event) {
            return Ok(finding);
        }
    }
    // The timer reports before it is dropped.
    Ok(Finding::NotTried)
}

/// Sets the local description of one connection as the remote one of another.
async fn describe(to: &Connection, kind: RtcSdpType, of: &Connection) -> Result<(), BrowserError> {
    let description = RtcSessionDescriptionInit::new(kind);
    description.set_sdp(&of.local_description().map(|local| local.sdp()).unwrap_or_default());
    settled(to.set_remote(&description)).await?;
    Ok(())
}

fn send_when_open(channel: &RtcDataChannel) -> EventListener {
    let opened = channel.clone();
    EventListener::once(channel, "open", move |_| {
        // It fails only where the channel is closed again.
        let _ = opened.send_with_str(TEXT);
    })
}

fn receive(connection: &Connection, hears: UnboundedSender<Heard>) -> EventListener {
    // The listener on the channel lives as long as the one that makes it.
    let inner = RefCell::new(None);
    EventListener::new(connection, "datachannel", move |event| {
        let Some(event) = event.dyn_ref::<RtcDataChannelEvent>() else { return };
        let hears = hears.clone();
        inner.replace(Some(EventListener::new(&event.channel(), "message", move |event| {
            let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
            if text.as_deref() == Some(TEXT) {
                let _ = hears.unbounded_send(Heard::Received);
            }
        })));
    })
}
