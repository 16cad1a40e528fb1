//! The monitor of a connection: runs its [`Sampler`], which says when statistics are read and what follows.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, RtcPeerConnectionState};

use super::bindings::Connection;
use super::report::Report;
use super::resolution;
use super::stats;
use crate::browser::env::{after, now};
use crate::call::{PeerEvent, Sampler, SamplerEvent, SamplerOutput};

/// The monitor of one connection, until it is dropped.
pub(super) struct Monitor {
    inner: Rc<Inner>,
    _listeners: [EventListener; 2],
}

struct Inner {
    connection: Connection,
    report: Report,
    sampler: RefCell<Sampler>,
    timer: RefCell<Option<Timeout>>,
    /// On the ICE transport, which exists only after the first description.
    selected: RefCell<Option<EventListener>>,
}

impl Monitor {
    pub(super) fn new(connection: &Connection, report: Report) -> Self {
        let inner = Rc::new(Inner {
            connection: connection.clone(),
            report,
            sampler: RefCell::default(),
            timer: RefCell::default(),
            selected: RefCell::default(),
        });
        let listeners = [
            inner.listen(connection, "connectionstatechange", |inner| {
                inner.listen_to_transport();
                match inner.connection.connection_state() {
                    RtcPeerConnectionState::Connected => SamplerEvent::Connected,
                    _ => SamplerEvent::Disconnected,
                }
            }),
            inner.listen(connection, "iceconnectionstatechange", |inner| {
                inner.listen_to_transport();
                SamplerEvent::RouteChanged
            }),
        ];
        Self { inner, _listeners: listeners }
    }

    /// A function that limits the transceivers there are; before they are negotiated, so that the limit holds for the
    /// first picture. It does nothing once the connection is closed.
    pub(super) fn limiter(&self) -> impl Fn() + 'static {
        let inner = Rc::downgrade(&self.inner);
        move || {
            let Some(inner) = inner.upgrade() else { return };
            let max = inner.sampler.borrow().limit();
            if max.is_some() {
                let limited = resolution::limit(&inner.connection, max);
                spawn_local(async move {
                    limited.await;
                });
            }
        }
    }
}

impl Inner {
    fn listen(
        self: &Rc<Self>,
        target: &EventTarget,
        name: &'static str,
        read: fn(&Rc<Self>) -> SamplerEvent,
    ) -> EventListener {
        let this = Rc::downgrade(self);
        EventListener::new(target, name, move |_| {
            if let Some(this) = this.upgrade() {
                let event = read(&this);
                this.handle(event);
            }
        })
    }

    /// `selectedcandidatepairchange`, where the browser has it.
    fn listen_to_transport(self: &Rc<Self>) {
        if self.selected.borrow().is_some() {
            return;
        }
        let senders: Array = self.connection.get_senders();
        let transport = stats::get(&stats::get(&senders.get(0), "transport"), "iceTransport");
        if let Ok(transport) = transport.dyn_into::<EventTarget>() {
            let changed = |_: &Rc<Self>| SamplerEvent::RouteChanged;
            self.selected.replace(Some(self.listen(&transport, "selectedcandidatepairchange", changed)));
        }
    }

    fn handle(self: &Rc<Self>, event: SamplerEvent) {
        let outputs = self.sampler.borrow_mut().handle(now(), event);
        for output in outputs {
            self.perform(output);
        }
        let this = Rc::downgrade(self);
        let due = self.sampler.borrow().deadline();
        let timer = due.map(|due| {
            after(due.saturating_sub(now()), move || {
                spawn_local(async move { report(&this, SamplerEvent::Tick) })
            })
        });
        self.timer.replace(timer);
    }

    fn perform(self: &Rc<Self>, output: SamplerOutput) {
        let this = Rc::downgrade(self);
        match output {
            SamplerOutput::Sample => {
                let connection = self.connection.clone();
                spawn_local(async move {
                    let stats = stats::read(&connection).await;
                    report(&this, SamplerEvent::Sampled(stats));
                });
            }
            SamplerOutput::Route(route) => self.report.push(PeerEvent::Route(Some(route))),
            SamplerOutput::Limit(max) => {
                let limited = resolution::limit(&self.connection, max);
                spawn_local(async move {
                    if !limited.await {
                        report(&this, SamplerEvent::Refused);
                    }
                });
            }
        }
    }
}

/// Takes an event of a connection that may be gone by now.
fn report(inner: &Weak<Inner>, event: SamplerEvent) {
    if let Some(inner) = inner.upgrade() {
        inner.handle(event);
    }
}
