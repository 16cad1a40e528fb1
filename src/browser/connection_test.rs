//! The connection test's hands: connections of this page with itself and with the server, closed when they have
//! told what they were made for.

use std::cell::RefCell;
use std::pin::pin;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    EventTarget, MessageEvent, RtcIceCandidate, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcSdpType,
    RtcSessionDescriptionInit,
};

use super::Events;
use super::configuration::configuration;
use super::error::{BrowserError, invoke, settled};
use super::peer::bindings::Connection;
use crate::call::{
    ConnectionTestEvent, ConnectionTestId, Event, Finding, PeerConfig, Transport, is_public_host,
};
use crate::protocol::{self, ICE_PATH, IceOffer, IceServer};

/// How long the server may take to answer, a way to open, and data to arrive, in milliseconds.
const PATIENCE_MS: u32 = 6_000;
/// Candidates that are complete sooner than this, in milliseconds, and without an error: STUN was answered, and
/// found the address that the device has anyway. A blocked one is asked again and again for longer. Where the browser
/// tells no errors (Firefox for long) only an address that can be public is taken for such a one.
const ANSWERED_MS: f64 = 2_000.0;
/// What goes through the relay.
const TEXT: &str = "parlor";

/// Asks the server what it offers.
pub(super) fn ask(events: &Events, id: ConnectionTestId) {
    let events = events.clone();
    spawn_local(async move {
        let ice_servers = match offer_in_time().await {
            Ok(offer) => Some(offer.ice_servers),
            Err(error) => {
                super::log(&format!("no offer: {error}"));
                None
            }
        };
        let offered = ConnectionTestEvent::IceServers { ice_servers, same_computer: is_same_computer() };
        events.push(Event::ConnectionTest(id, offered));
    });
}

/// Finds out whether a way is open.
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
    super::log(&format!("not tried: {error}"));
    Finding::NotTried
}

/// What does not work, and whether somebody answered that it may not.
fn fails(refused: bool) -> Finding {
    if refused { Finding::Refused } else { Finding::Blocked }
}

/// What is heard of the connections of one try.
enum Heard {
    /// A candidate of one of them, numbered.
    Candidate(usize, RtcIceCandidate),
    /// One has all its candidates.
    Complete,
    /// A server could not be reached or, if so, refused.
    Error {
        refused: bool,
    },
    /// The data has arrived.
    Text(String),
    TimeUp,
}

/// A connection for a try.
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
                // After the try nobody listens.
                let _ = found.unbounded_send(heard);
            }),
            EventListener::new(&connection, "icecandidateerror", move |event| {
                let code = Reflect::get(event, &"errorCode".into()).ok().and_then(|code| code.as_f64());
                // Codes of STUN's own (RFC 8489, section 14.8); 701 and above mean that nobody answered.
                let refused = code.is_some_and(|code| (300.0..700.0).contains(&code));
                let _ = failed.unbounded_send(Heard::Error { refused });
            }),
        ];
        Ok(Self { connection, _listeners: listeners })
    }

    /// A data channel; without one, or media, a connection has nothing to look for a way for.
    fn channel(&self) -> Result<EventTarget, BrowserError> {
        Ok(invoke(&self.connection, "createDataChannel", &TEXT.into())?.unchecked_into())
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.connection.close();
    }
}

fn listen() -> (UnboundedSender<Heard>, UnboundedReceiver<Heard>, Timeout) {
    let (hears, heard) = unbounded();
    let late = hears.clone();
    let limit = Timeout::new(PATIENCE_MS, move || drop(late.unbounded_send(Heard::TimeUp)));
    (hears, heard, limit)
}

/// Whether a candidate of this way arrives.
async fn opens(transport: Transport, ice_servers: Vec<IceServer>) -> Result<Finding, BrowserError> {
    let (hears, mut heard, _limit) = listen();
    let trial =
        Trial::new(0, &PeerConfig { ice_servers, relay_only: transport != Transport::Direct }, &hears)?;
    let _channel = trial.channel()?;
    let begun = js_sys::Date::now();
    settled(trial.connection.set_local()).await?;
    let wanted = if transport == Transport::Direct { " typ srflx " } else { " typ relay " };
    let tells_errors = Reflect::has(&trial.connection, &"onicecandidateerror".into())?;
    let (mut has_own, mut failed, mut refused) = (false, false, false);
    while let Some(next) = heard.next().await {
        match next {
            Heard::Candidate(_, candidate) if candidate.candidate().contains(wanted) => {
                return Ok(Finding::Works);
            }
            Heard::Candidate(_, candidate) => {
                has_own |= tells_errors || is_public_host(&candidate.candidate());
            }
            Heard::Error { refused: by_somebody } => {
                failed = true;
                refused |= by_somebody;
            }
            Heard::Complete => {
                let soon = js_sys::Date::now() - begun < ANSWERED_MS;
                if transport == Transport::Direct && has_own && !failed && soon {
                    return Ok(Finding::Works);
                }
                break;
            }
            Heard::TimeUp => break,
            Heard::Text(_) => {}
        }
    }
    Ok(fails(refused))
}

/// Whether data goes from one connection of this page to another through the relay.
async fn passes(ice_servers: Vec<IceServer>) -> Result<Finding, BrowserError> {
    let (hears, mut heard, _limit) = listen();
    let config = PeerConfig { ice_servers, relay_only: true };
    let ends = [Trial::new(0, &config, &hears)?, Trial::new(1, &config, &hears)?];
    let [one, other] = [&ends[0].connection, &ends[1].connection];
    let _channels = [send_when_open(&ends[0].channel()?), receive(other, hears)];
    settled(one.set_local()).await?;
    describe(other, RtcSdpType::Offer, one).await?;
    settled(other.set_local()).await?;
    describe(one, RtcSdpType::Answer, other).await?;
    let mut refused = false;
    while let Some(next) = heard.next().await {
        match next {
            Heard::Candidate(of, candidate) => {
                settled(ends[1 - of].connection.add_candidate(&candidate)).await?;
            }
            Heard::Text(text) if text == TEXT => return Ok(Finding::Works),
            Heard::Error { refused: by_somebody } => refused |= by_somebody,
            Heard::TimeUp => break,
            Heard::Complete | Heard::Text(_) => {}
        }
    }
    Ok(fails(refused))
}

/// Gives one connection what another says of itself.
async fn describe(to: &Connection, kind: RtcSdpType, of: &Connection) -> Result<(), BrowserError> {
    let description = RtcSessionDescriptionInit::new(kind);
    description.set_sdp(&of.local_description().map(|local| local.sdp()).unwrap_or_default());
    settled(to.set_remote(&description)).await?;
    Ok(())
}

fn send_when_open(channel: &EventTarget) -> EventListener {
    let opened = Clone::clone(channel);
    EventListener::once(channel, "open", move |_| {
        // It fails only where the channel is closed again.
        let _ = invoke(&opened, "send", &TEXT.into());
    })
}

fn receive(connection: &Connection, hears: UnboundedSender<Heard>) -> EventListener {
    // The listener on the channel lives as long as the one that makes it.
    let inner = RefCell::new(None);
    EventListener::new(connection, "datachannel", move |event| {
        let channel = Reflect::get(event, &"channel".into()).unwrap_or_default();
        let Ok(channel) = channel.dyn_into::<EventTarget>() else { return };
        let hears = hears.clone();
        inner.replace(Some(EventListener::new(&channel, "message", move |event| {
            let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
            let _ = hears.unbounded_send(Heard::Text(text.unwrap_or_default()));
        })));
    })
}

async fn offer_in_time() -> Result<IceOffer, BrowserError> {
    let (late, limit) = oneshot::channel::<()>();
    let _timer = Timeout::new(PATIENCE_MS, move || drop(late));
    match select(pin!(fetch_offer()), limit).await {
        Either::Left((offer, _)) => offer,
        Either::Right(_) => Err(JsValue::from_str("no answer in time").into()),
    }
}

async fn fetch_offer() -> Result<IceOffer, BrowserError> {
    let asked = invoke(&super::window(), "fetch", &ICE_PATH.into());
    let response = settled(asked.map(JsCast::unchecked_into)).await?;
    let status = Reflect::get(&response, &"status".into())?.as_f64();
    if status == Some(204.0) {
        return Ok(IceOffer::default());
    }
    let read = invoke(&response, "text", &JsValue::UNDEFINED);
    let text = settled(read.map(JsCast::unchecked_into)).await?;
    let text = text.as_string().unwrap_or_default();
    protocol::read(&text).map_err(|error| JsValue::from_str(&error.to_string()).into())
}

/// The page comes from a loopback address (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3).
fn is_same_computer() -> bool {
    let host = super::window().location().hostname().unwrap_or_default();
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host.starts_with("127.")
}
