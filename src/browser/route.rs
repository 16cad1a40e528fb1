//! Watches which way the media of a connection takes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use js_sys::{Array, Map, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, RtcPeerConnection, RtcPeerConnectionState};

use super::error::{invoke, settled};
use crate::call::Route;

/// How often the route is looked at besides, in milliseconds: not every browser says that it has changed.
const LOOK_MS: u32 = 5_000;

/// How long after a change the route is looked at, in milliseconds. Changes come several at once, and the first of
/// them while the first picture is being made, which the statistics would hold up.
const SETTLE_MS: u32 = 400;

/// Tells of every change of a connection's route until it is dropped.
pub(super) struct RouteWatch {
    _listeners: [EventListener; 2],
    _look: Interval,
}

struct LookOut {
    connection: RtcPeerConnection,
    told: Cell<Option<Route>>,
    /// The look that is due.
    due: RefCell<Option<Timeout>>,
    tell: Box<dyn Fn(Option<Route>)>,
    /// On the ICE transport, which exists only after the first description.
    selected: RefCell<Option<EventListener>>,
}

impl RouteWatch {
    pub(super) fn new(connection: &RtcPeerConnection, tell: impl Fn(Option<Route>) + 'static) -> Self {
        let look_out = Rc::new(LookOut {
            connection: Clone::clone(connection),
            told: Cell::new(None),
            due: RefCell::new(None),
            tell: Box::new(tell),
            selected: RefCell::new(None),
        });
        let listeners = ["connectionstatechange", "iceconnectionstatechange"].map(|name| {
            let look_out = Rc::clone(&look_out);
            EventListener::new(connection, name, move |_| {
                look_out.listen_to_transport();
                look_out.look_soon();
            })
        });
        let look = Interval::new(LOOK_MS, move || look_out.look());
        Self { _listeners: listeners, _look: look }
    }
}

impl LookOut {
    fn look_soon(self: &Rc<Self>) {
        let this = Rc::downgrade(self);
        let due = Timeout::new(SETTLE_MS, move || {
            if let Some(this) = this.upgrade() {
                this.look();
            }
        });
        // A look that was due already is given up for this one.
        self.due.replace(Some(due));
    }

    fn look(self: &Rc<Self>) {
        if self.connection.connection_state() != RtcPeerConnectionState::Connected {
            return;
        }
        let this = Rc::clone(self);
        spawn_local(async move {
            let route = selected(&this.connection).await;
            if route.is_some() && this.told.replace(route) != route {
                (this.tell)(route);
            }
        });
    }

    /// `selectedcandidatepairchange`, where the browser has it.
    fn listen_to_transport(self: &Rc<Self>) {
        if self.selected.borrow().is_some() {
            return;
        }
        let senders: Array = self.connection.get_senders();
        let transport = get(&get(&senders.get(0), "transport"), "iceTransport");
        if let Ok(transport) = transport.dyn_into::<EventTarget>() {
            let this = Rc::downgrade(self);
            let listener = EventListener::new(&transport, "selectedcandidatepairchange", move |_| {
                if let Some(this) = this.upgrade() {
                    this.look_soon();
                }
            });
            self.selected.replace(Some(listener));
        }
    }
}

/// What the connection can send, in bits a second, by the statistics of a browser that tells.
pub(super) async fn estimate(connection: &RtcPeerConnection) -> Option<f64> {
    let (_, pair) = statistics(connection).await?;
    get(&pair, "availableOutgoingBitrate").as_f64()
}

/// The route of the candidate pair in use.
async fn selected(connection: &RtcPeerConnection) -> Option<Route> {
    let (report, pair) = statistics(connection).await?;
    let end = |name| report.get(&get(&pair, name));
    let (local, remote) = (end("localCandidateId"), end("remoteCandidateId"));
    let kind = |end| text(end, "candidateType");
    Some(Route::between(&kind(&local)?, &kind(&remote)?, text(&local, "relayProtocol").as_deref()))
}

/// The statistics of a connection, and in them the candidate pair in use.
async fn statistics(connection: &RtcPeerConnection) -> Option<(Map, JsValue)> {
    // Not a Map, but with all of its methods for reading.
    let asked = invoke(connection, "getStats", &JsValue::UNDEFINED);
    let report: Map = settled(asked.map(JsCast::unchecked_into)).await.ok()?.unchecked_into();
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

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}
