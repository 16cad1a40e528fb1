//! Statistics of a connection (W3C WebRTC Statistics), as far as the call reads them.

use js_sys::{Map, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::bindings::Connection;
use super::tracks::sender;
use crate::browser::error::settled;
use crate::call::{Route, Stats};
use crate::protocol::Source;

/// Reads the statistics; nothing of the candidate pair while none is selected.
pub(super) async fn read(connection: &Connection) -> Stats {
    let sends_video = sender(connection, Source::Camera).is_some_and(|sender| sender.track().is_some());
    let Some((report, pair)) = selected_pair(connection).await else {
        return Stats { route: None, outgoing_bitrate: None, sends_video };
    };
    let outgoing_bitrate = get(&pair, "availableOutgoingBitrate").as_f64();
    Stats { route: route(&report, &pair), outgoing_bitrate, sends_video }
}

fn route(report: &Map, pair: &JsValue) -> Option<Route> {
    let end = |name| report.get(&get(pair, name));
    let (local, remote) = (end("localCandidateId"), end("remoteCandidateId"));
    let kind = |end| text(end, "candidateType");
    Some(Route::between(&kind(&local)?, &kind(&remote)?, text(&local, "relayProtocol").as_deref()))
}

/// The whole report, and in it the candidate pair in use.
async fn selected_pair(connection: &Connection) -> Option<(Map, JsValue)> {
    // Not a Map, but with all of its methods for reading.
    let report: Map = settled(connection.stats()).await.ok()?.unchecked_into();
    let mut pair = None;
    report.for_each(&mut |value, _| match text(&value, "type").as_deref() {
        Some("transport") => {
            let chosen = report.get(&get(&value, "selectedCandidatePairId"));
            pair = (!chosen.is_undefined()).then_some(chosen).or(pair.take());
        }
        // Older Firefox has no transport there.
        Some("candidate-pair") if get(&value, "selected").is_truthy() => pair = pair.take().or(Some(value)),
        _ => {}
    });
    Some((report, pair?))
}

/// A member of a dictionary; web-sys has those of an old draft.
pub(in crate::browser) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}
