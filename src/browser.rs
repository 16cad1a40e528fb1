//! The driver: one queue, one loop, the only writer of the view signals.
//!
//! Every callback and every settled promise only pushes an [`Event`]; the loop gives it to the [`Call`] and
//! carries out the [`Command`]s. Nothing here decides.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlVideoElement, MediaStream};

mod choice;
mod configuration;
mod connection_test;
mod error;
mod liveness;
mod media;
mod opening;
mod page;
mod peer;
mod route;
mod seat;
mod socket;
mod tab;

pub use liveness::report_panics;
use media::Media;
use peer::Peer;
use socket::Socket;

use crate::call::{Call, CallView, Command, Event, PeerCommand, PeerEvent, SocketEvent};
use crate::protocol::{Epoch, PeerId};
use crate::ui::{CallPort, StreamSink};

/// Starts the driver; it ends with the reactive owner it was started under.
pub fn start(port: CallPort) {
    let CallPort { events, sender, view, local, remote } = port;
    let queue = Events(sender);
    let media = match Media::new(queue.clone()) {
        Ok(media) => media,
        Err(error) => return log(&format!("this browser cannot make calls: {error}")),
    };
    local.set(Some(sink(Clone::clone(media.stream()), &queue)));
    let certificate = Rc::new(RefCell::new(None));
    let driver = Driver {
        call: Call::new(seed()).with_hidden_address(choice::hides_address()).at_host(page::host()),
        media,
        socket: None,
        certificate: Rc::clone(&certificate),
        peers: BTreeMap::new(),
        timer: None,
        shown: CallView::default(),
        view,
        remote,
        _waking: page::listen_for_waking(&queue),
        _pauses: page::listen_for_pauses(&queue),
        _choosing: choice::listen(&queue),
        _wanted: tab::listen(&queue),
        _liveness: liveness::listen(&queue),
        queue: queue.clone(),
    };
    page::report_loaded(queue);
    spawn_local(async move { *certificate.borrow_mut() = peer::certificate().await });
    spawn_local_scoped_with_cancellation(driver.run(events));
}

/// The way into the loop.
#[derive(Clone)]
struct Events(UnboundedSender<Event>);

impl Events {
    fn push(&self, event: Event) {
        // After the page was left there is no loop any more.
        let _ = self.0.unbounded_send(event);
    }
}

struct Driver {
    call: Call,
    media: Media,
    socket: Option<Socket>,
    /// Filled soon after the start; see [`peer::certificate`].
    certificate: Rc<RefCell<Option<JsValue>>>,
    peers: BTreeMap<PeerId, (Epoch, Peer)>,
    timer: Option<Timeout>,
    shown: CallView,
    view: WriteSignal<CallView>,
    remote: WriteSignal<BTreeMap<PeerId, StreamSink>>,
    _waking: Vec<EventListener>,
    _pauses: [EventListener; 3],
    _choosing: EventListener,
    _wanted: EventListener,
    _liveness: EventListener,
    queue: Events,
}

impl Driver {
    async fn run(mut self, mut events: UnboundedReceiver<Event>) {
        while let Some(event) = events.next().await {
            if !liveness::takes_turn() {
                return;
            }
            for command in self.call.handle(now(), event) {
                self.perform(command);
            }
            self.set_timer();
            self.show();
        }
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::HoldRoom { room, take } => tab::hold(&self.queue, room, take),
            Command::LetGo(seat) => tab::let_go(seat.as_ref()),
            Command::OpenSocket(id) => {
                self.socket =
                    Socket::open(id, &self.queue).map_err(|error| log(&format!("socket: {error}"))).ok();
                if self.socket.is_none() {
                    self.queue.push(Event::Socket(id, SocketEvent::Closed { code: socket::ABNORMAL }));
                }
            }
            Command::CloseSocket => self.socket = None,
            Command::Send(message) => {
                if let Some(socket) = &self.socket {
                    socket.send(&message);
                }
            }
            Command::Capture(devices) => self.media.capture(devices),
            Command::Release(devices) => self.media.release(devices),
            Command::Enable { devices, enabled } => self.media.enable(devices, enabled),
            Command::PlaySound => page::play_all(&self.queue),
            Command::Peer(peer, epoch, command) => self.peer(peer, epoch, command),
            Command::KeepHidden(hidden) => choice::keep_hidden(hidden),
            Command::AskForIce(id) => connection_test::ask(&self.queue, id),
            Command::TryTransport(id, way, servers) => {
                connection_test::try_transport(&self.queue, id, way, servers)
            }
            Command::TryRelay(id, servers) => connection_test::try_relay(&self.queue, id, servers),
            Command::Remember(seat) => seat::remember(seat.as_ref()),
            Command::Log(text) => log(&text),
            Command::ShowAddress(room) => page::show_address(room.as_ref()),
        }
    }

    fn peer(&mut self, id: PeerId, epoch: Epoch, command: PeerCommand) {
        if let PeerCommand::Open { config, offerer } = command {
            match Peer::open(
                &self.queue,
                id,
                epoch,
                &config,
                offerer,
                &self.media,
                self.certificate.borrow().as_ref(),
            ) {
                Ok(peer) => {
                    let sink = sink(Clone::clone(peer.incoming()), &self.queue);
                    self.peers.insert(id, (epoch, peer));
                    self.remote.update(|streams| drop(streams.insert(id, sink)));
                }
                Err(error) => {
                    log(&format!("no connection: {error}"));
                    self.queue.push(Event::Peer(id, epoch, PeerEvent::StepFailed(error.to_string())));
                }
            }
            return;
        }
        let Some((_, peer)) = self.peers.get(&id).filter(|(current, _)| *current == epoch) else { return };
        match command {
            PeerCommand::Open { .. } => {}
            PeerCommand::Offer { offer, restart } => peer.offer(offer, restart),
            PeerCommand::AcceptOffer { offer, sdp } => peer.accept_offer(offer, &sdp, &self.media),
            PeerCommand::AcceptAnswer { sdp } => peer.accept_answer(&sdp),
            PeerCommand::AddCandidate(candidate) => peer.add_candidate(&candidate),
            PeerCommand::Configure(config) => peer.configure(&config),
            PeerCommand::Attach => peer.attach(&self.media),
            PeerCommand::Close => {
                self.peers.remove(&id);
                self.remote.update(|streams| drop(streams.remove(&id)));
            }
        }
    }

    fn set_timer(&mut self) {
        self.timer = self.call.deadline().map(|due| {
            let queue = self.queue.clone();
            // Rounded up: a timer that fires early would only be set again.
            let wait = due.saturating_sub(now()).as_millis().saturating_add(1);
            Timeout::new(u32::try_from(wait).unwrap_or(u32::MAX), move || queue.push(Event::Tick))
        });
    }

    fn show(&mut self) {
        let view = self.call.view();
        if view != self.shown {
            self.shown = view.clone();
            self.view.set(view);
        }
    }
}

/// Puts `stream` into a video element and plays it.
fn sink(stream: MediaStream, queue: &Events) -> StreamSink {
    let queue = queue.clone();
    SendWrapper::new(Rc::new(move |video: &HtmlVideoElement| {
        if video.src_object().as_ref() != Some(&stream) {
            video.set_src_object(Some(&stream));
        }
        page::play(video, &queue);
    }))
}

/// Time since the page began to load.
fn now() -> Duration {
    let milliseconds = window().performance().map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(milliseconds / 1000.0)
}

/// Spreads retries; no secret.
fn seed() -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any 53 bits will do")]
    let seed = (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64;
    seed
}

/// A line for developers. Not `console.error`: nothing logged here is fatal.
fn log(text: &str) {
    leptos::logging::log!("parlor: {text}");
}
