//! Connections of the connection test: of this page with itself and with the server, closed after their attempt.

use std::cell::RefCell;
use std::pin::pin;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, select};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    MessageEvent, Response, RtcDataChannel, RtcDataChannelEvent, RtcIceCandidate, RtcPeerConnection,
    RtcPeerConnectionIceErrorEvent, RtcPeerConnectionIceEvent, RtcSdpType, RtcSessionDescriptionInit,
};

use super::configuration::configuration;
use super::env::{Events, after, elapsed, log, now};
use super::error::{BrowserError, invoke, settled};
use super::peer::bindings::Connection;
use crate::call::attempt::{Attempt, AttemptEvent, PATIENCE, Target, is_loopback};
use crate::call::{ConnectionTestEvent, ConnectionTestId, Event, Finding, PeerConfig, Transport};
use crate::protocol::{self, ICE_PATH, IceServer, IceServersReply};

/// The data that goes through the relay.
const TEXT: &str = "parlor";

/// Asks the server for its ICE servers.
pub(super) fn ask(events: &Events, id: ConnectionTestId) {
    let events = events.clone();
    spawn_local(async move {
        let ice_servers = match ice_servers_in_time().await {
            Ok(reply) => Some(reply.ice_servers),
            Err(error) => {
                log(&format!("no ICE servers: {error}"));
                None
            }
        };
        let same_computer = is_loopback(&window().location().hostname().unwrap_or_default());
        let offered = ConnectionTestEvent::IceServers { ice_servers, same_computer };
        events.push(Event::ConnectionTest(id, offered));
    });
}

/// Finds out whether a transport is open.
pub(super) fn try_transport(
    events: &Events,
    id: ConnectionTestId,
    transport: Transport,
    ice_servers: Vec<IceServer>,
) {
    let events = events.clone();
    spawn_local(async move {
        let finding = opens(transport, ice_servers).await.unwrap_or_else(|error| not_tried(&error));
        events.push(Event::ConnectionTest(id, ConnectionTestEvent::Tried(transport, finding)));
    });
}

/// Sends data through the relay.
pub(super) fn try_relay(events: &Events, id: ConnectionTestId, ice_servers: Vec<IceServer>) {
    let events = events.clone();
    spawn_local(async move {
        let finding = passes(ice_servers).await.unwrap_or_else(|error| not_tried(&error));
        events.push(Event::ConnectionTest(id, ConnectionTestEvent::Relayed(finding)));
    });
}

fn not_tried(error: &BrowserError) -> Finding {
    log(&format!("not tried: {error}"));
    Finding::NotTried
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

async fn ice_servers_in_time() -> Result<IceServersReply, BrowserError> {
    match select(pin!(fetch_ice_servers()), elapsed(PATIENCE)).await {
        Either::Left((reply, _)) => reply,
        Either::Right(_) => Err(JsValue::from_str("no answer in time").into()),
    }
}

async fn fetch_ice_servers() -> Result<IceServersReply, BrowserError> {
    let asked = invoke(&window(), "fetch", &ICE_PATH.into());
    let response: Response = settled(asked.map(JsCast::unchecked_into)).await?.unchecked_into();
    if response.status() == 204 {
        return Ok(IceServersReply::default());
    }
    let text = settled(response.text()).await?.as_string().unwrap_or_default();
    protocol::read(&text).map_err(|error| JsValue::from_str(&error.to_string()).into())
}
