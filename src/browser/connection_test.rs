//! The browser's side of the connection test: asks for the ICE servers, and has transports tried by a chunk.

use std::fmt::Display;
use std::pin::pin;

use futures::future::{Either, select};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Response;

use super::env::{Events, elapsed, log};
use super::error::{BrowserError, invoke, settled};
use crate::call::attempt::{PATIENCE, is_loopback};
use crate::call::{ConnectionTestEvent, ConnectionTestId, Event, Finding, Transport};
use crate::protocol::{self, ICE_PATH, IceServer, IceServersReply};

mod trial;

use trial::Trials;

chunk! { trials: load -> Trials = Trials::ALL }

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
        let finding = match load().await {
            Ok(trials) => or_not_tried((trials.opens)(transport, ice_servers).await),
            Err(error) => or_not_tried(Err(error)),
        };
        events.push(Event::ConnectionTest(id, ConnectionTestEvent::Tried(transport, finding)));
    });
}

/// Sends data through the relay.
pub(super) fn try_relay(events: &Events, id: ConnectionTestId, ice_servers: Vec<IceServer>) {
    let events = events.clone();
    spawn_local(async move {
        let finding = match load().await {
            Ok(trials) => or_not_tried((trials.passes)(ice_servers).await),
            Err(error) => or_not_tried(Err(error)),
        };
        events.push(Event::ConnectionTest(id, ConnectionTestEvent::Relayed(finding)));
    });
}

fn or_not_tried(finding: Result<Finding, impl Display>) -> Finding {
    finding.unwrap_or_else(|error| {
        log(&format!("not tried: {error}"));
        Finding::NotTried
    })
}

/// The server's ICE servers, and whether it runs on this computer.
pub(super) async fn offered() -> Result<(Vec<IceServer>, bool), BrowserError> {
    let same_computer = is_loopback(&window().location().hostname().unwrap_or_default());
    Ok((ice_servers_in_time().await?.ice_servers, same_computer))
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
