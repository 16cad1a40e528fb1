//! The driver: one queue, one loop, the only writer of the view signals.

use std::cell::RefCell;
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlVideoElement, MediaStream};

use super::env::{Events, after, log, now, seed};
use super::media::Media;
use super::peer::{self, Peer};
use super::signalling::{self, Socket};
use super::{connection_test, liveness, page, storage, tab};
use crate::call::{Call, CallView, Command, Event, PeerCommand, PeerEvent, SocketEvent};
use crate::protocol::{Epoch, PeerId, Source};
use crate::ui::{CallPort, RemoteStreams, StreamSink};

/// Starts the driver; it ends with the reactive owner it was started under.
pub(super) fn start(port: CallPort) {
    let CallPort { events, sender, view, local, remote, .. } = port;
    let queue = Events::new(sender);
    let media = match Media::new(queue.clone()) {
        Ok(media) => media,
        Err(error) => return log(&format!("this browser cannot make calls: {error}")),
    };
    local.set(Some(sink(Clone::clone(media.stream()), &queue)));
    let certificate = Rc::new(RefCell::new(None));
    let driver = Driver {
        call: Call::new(seed()).in_page(page::known()),
        media,
        socket: None,
        certificate: Rc::clone(&certificate),
        peers: vec![],
        timer: None,
        shown: CallView::default(),
        view,
        remote,
        _waking: page::listen_for_waking(&queue),
        _pauses: page::listen_for_pauses(&queue),
        _choosing: storage::listen(&queue),
        _wanted: tab::listen(&queue),
        _liveness: liveness::listen(&queue),
        queue: queue.clone(),
    };
    page::report_loaded(queue);
    spawn_local(async move { *certificate.borrow_mut() = peer::certificate().await });
    spawn_local_scoped_with_cancellation(driver.run(events));
}

struct Driver {
    call: Call,
    media: Media,
    socket: Option<Socket>,
    /// Filled soon after the start; see [`peer::certificate`].
    certificate: Rc<RefCell<Option<JsValue>>>,
    peers: Vec<(PeerId, Epoch, Peer)>,
    timer: Option<Timeout>,
    shown: CallView,
    view: WriteSignal<CallView>,
    remote: WriteSignal<RemoteStreams>,
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
                    self.queue.push(Event::Socket(id, SocketEvent::Closed { code: signalling::ABNORMAL }));
                }
            }
            Command::CloseSocket => self.socket = None,
            Command::Send(message) => {
                if let Some(socket) = &self.socket {
                    socket.send(&message);
                }
            }
            Command::Capture(constraints) => self.media.capture(constraints),
            Command::Release(sources) => self.media.release(sources),
            Command::Enable { sources, enabled } => self.media.enable(sources, enabled),
            Command::PlaySound => page::play_all(&self.queue),
            Command::Peer(peer, epoch, command) => self.peer(peer, epoch, command),
            Command::KeepHidden(hidden) => storage::keep_hidden(hidden),
            Command::AskForIce(id) => connection_test::ask(&self.queue, id),
            Command::TryTransport(id, transport, servers) => {
                connection_test::try_transport(&self.queue, id, transport, servers);
            }
            Command::TryRelay(id, servers) => connection_test::try_relay(&self.queue, id, servers),
            Command::Remember(seat) => storage::remember(seat.as_ref()),
            Command::LoadAnew { once_for } => page::load_anew(once_for, &self.queue),
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
                    self.peers.retain(|(known, ..)| *known != id);
                    self.peers.push((id, epoch, peer));
                    self.remote.update(|streams| {
                        streams.retain(|(peer, ..)| *peer != id);
                        streams.push((id, Source::Camera, sink));
                    });
                }
                Err(error) => {
                    log(&format!("no connection: {error}"));
                    self.queue.push(Event::Peer(id, epoch, PeerEvent::StepFailed(error.to_string())));
                }
            }
            return;
        }
        let mut known = self.peers.iter();
        let Some((.., peer)) = known.find(|(known, current, _)| (*known, *current) == (id, epoch)) else {
            return;
        };
        match command {
            PeerCommand::Open { .. } => {}
            PeerCommand::Offer { offer, restart } => peer.offer(offer, restart),
            PeerCommand::AcceptOffer { offer, sdp } => peer.accept_offer(offer, &sdp, &self.media),
            PeerCommand::AcceptAnswer { sdp } => peer.accept_answer(&sdp),
            PeerCommand::AddCandidate(candidate) => peer.add_candidate(&candidate),
            PeerCommand::Configure(config) => peer.configure(&config),
            PeerCommand::Attach => peer.attach(&self.media),
            PeerCommand::Send(bytes) => peer.send(&bytes),
            PeerCommand::Close => {
                self.peers.retain(|(known, ..)| *known != id);
                self.remote.update(|streams| streams.retain(|(peer, ..)| *peer != id));
            }
        }
    }

    fn set_timer(&mut self) {
        self.timer = self.call.deadline().map(|due| {
            let queue = self.queue.clone();
            after(due.saturating_sub(now()), move || queue.push(Event::Tick))
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

/// Makes a sink that puts `stream` into a video element and plays it.
fn sink(stream: MediaStream, queue: &Events) -> StreamSink {
    let queue = queue.clone();
    SendWrapper::new(Rc::new(move |video: &HtmlVideoElement| {
        if video.src_object().as_ref() != Some(&stream) {
            video.set_src_object(Some(&stream));
        }
        page::play(video, &queue);
    }))
}
