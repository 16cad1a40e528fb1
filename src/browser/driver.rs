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
use super::error::BrowserError;
use super::hearing::{self, Hearing};
use super::level::LevelMeter;
use super::media::Media;
use super::peer::late_channel::{FILES, NOTES, Purpose};
use super::peer::{self, Peer};
use super::seal::Seals;
use super::signalling::{self, Socket};
use super::speaker::Speaker;
use super::system::System;
use super::{chime, connection_test, liveness, page, storage, tab};
use crate::call::storage as kept;
use crate::call::{
    Call, CallView, Command, Event, MicrophoneLevel, PeerCommand, PeerConfig, PeerEvent, PreparedId,
    SocketEvent,
};
use crate::protocol::{Epoch, PeerId, Source};
use crate::ui::{CallPort, LatePort, RemoteStreams, StreamSink};

/// Starts the driver; it ends with the reactive owner it was started under.
pub(super) fn start(port: CallPort) {
    let CallPort { events, sender, view, local, shared, remote, level, files, notes, .. } = port;
    let queue = Events::new(sender);
    let media = match Media::new(queue.clone()) {
        Ok(media) => media,
        Err(error) => return log(&format!("this browser cannot make calls: {error}")),
    };
    for (own, source) in [(local, Source::Camera), (shared, Source::Screen)] {
        own.set(Some(sink(Clone::clone(media.streams().of(source)), &queue)));
    }
    let certificate = Rc::new(RefCell::new(None));
    let driver = Driver {
        call: Call::new(seed()).in_page(page::known()),
        media,
        socket: None,
        seals: Seals::default(),
        certificate: Rc::clone(&certificate),
        peers: vec![],
        prepared: None,
        timer: None,
        shown: CallView::default(),
        system: System::new(&queue),
        view,
        remote,
        level,
        late: [(&FILES, files), (&NOTES, notes)],
        meter: None,
        hearing: None,
        speaker: Speaker::default(),
        _waking: page::listen_for_waking(&queue),
        _pauses: page::listen_for_pauses(&queue),
        _choosing: storage::listen(&queue),
        _wanted: tab::listen(&queue),
        _liveness: liveness::listen(&queue),
        queue: queue.clone(),
    };
    for (key, port) in [(kept::FILES, files), (kept::NOTES, notes)] {
        if storage::has_in_tab(key) {
            port.wanted.set(true);
        }
    }
    page::report_loaded(queue);
    spawn_local(async move { *certificate.borrow_mut() = peer::certificate().await });
    spawn_local_scoped_with_cancellation(driver.run(events));
}

struct Driver {
    call: Call,
    media: Media,
    socket: Option<Socket>,
    seals: Seals,
    /// Filled soon after the start; see [`peer::certificate`].
    certificate: Rc<RefCell<Option<JsValue>>>,
    peers: Vec<(PeerId, Epoch, Peer)>,
    /// The connection for the next newcomer.
    prepared: Option<(PreparedId, Peer)>,
    timer: Option<Timeout>,
    shown: CallView,
    system: System,
    view: WriteSignal<CallView>,
    remote: WriteSignal<RemoteStreams>,
    level: WriteSignal<MicrophoneLevel>,
    /// Channels for what is loaded later.
    late: [(&'static Purpose, LatePort); 2],
    meter: Option<LevelMeter>,
    hearing: Option<Hearing>,
    speaker: Speaker,
    _waking: Vec<EventListener>,
    _pauses: Vec<EventListener>,
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
            Command::HoldRoom { room, credential, take } => tab::hold(&self.queue, room, credential, take),
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
            Command::Seal(id, command) => {
                self.seals.perform(id, command, self.socket.as_ref().map(Socket::bare), &self.queue);
            }
            Command::Capture(constraints) => self.media.capture(constraints),
            Command::Release(sources) => {
                // It holds the device open, too.
                self.meter.take_if(|_| sources.contains(Source::Microphone));
                self.media.release(sources);
            }
            Command::Enable { sources, enabled } => self.media.enable(sources, enabled),
            Command::CaptureScreen(id, what) => self.media.capture_screen(id, what),
            Command::TakeScreen(id) => self.media.take_screen(id),
            Command::ReleaseScreen(id) => self.media.release_screen(id),
            Command::HintScreen(hint) => {
                self.media.hint_screen(hint);
                self.peers.iter().for_each(|(.., peer)| peer.hint_screen(hint));
            }
            Command::StopReplaced => self.media.stop_replaced(),
            Command::SetSpeaker(device) => {
                self.speaker.set(device, &self.queue);
                self.peers.iter().for_each(|(.., peer)| peer.follow(&self.speaker));
            }
            Command::Hear(id) => {
                self.hearing = None;
                let microphone = self.media.tracks().get(Source::Microphone);
                self.hearing = id
                    .zip(microphone)
                    .map(|(id, microphone)| hearing::hear(&self.queue, id, microphone, self.speaker.clone()));
            }
            Command::Chime(sound) => chime::play(sound, &self.speaker, &self.queue),
            Command::Blur(on) => self.media.blur(on),
            Command::Measure(on) => {
                // Ended before another is begun: each shows its end.
                self.meter = None;
                let microphone = self.media.tracks().get(Source::Microphone).filter(|_| on);
                self.meter = microphone.and_then(|track| LevelMeter::new(&track, self.level, &self.queue));
            }
            Command::KeepDevice(kind, choice) => storage::keep_device(kind, choice.as_ref()),
            Command::KeepSettings(settings) => storage::keep_settings(settings),
            Command::PlaySound => page::play_all(&self.queue),
            Command::ReadLevels => {
                let levels = self.peers.iter().filter_map(|(id, _, peer)| peer.level(*id)).collect();
                self.queue.push(Event::Levels(levels));
            }
            Command::Prepare(id, config) => self.prepare(id, &config),
            Command::DropPrepared(id) => drop(self.prepared.take_if(|(known, _)| *known == id)),
            Command::Peer(peer, epoch, command) => self.peer(peer, epoch, command),
            Command::KeepHidden(hidden) => storage::keep_hidden(hidden),
            Command::AskForIce(id) => connection_test::ask(&self.queue, id),
            Command::TryTransport(id, transport, servers) => {
                connection_test::try_transport(&self.queue, id, transport, servers);
            }
            Command::TryRelay(id, servers) => connection_test::try_relay(&self.queue, id, servers),
            Command::Remember(seat) => storage::remember(seat.as_ref()),
            Command::LoadAnew { once_for } => {
                self.system.let_go();
                page::load_anew(once_for, &self.queue);
            }
            Command::Log(text) => log(&text),
            Command::ShowAddress(room) => page::show_address(room.as_ref()),
        }
    }

    fn open(&self, config: &PeerConfig, offerer: bool) -> Result<Peer, BrowserError> {
        Peer::open(&self.queue, config, offerer, &self.media, self.certificate.borrow().as_ref())
    }

    fn prepare(&mut self, id: PreparedId, config: &PeerConfig) {
        match self.open(config, true) {
            Ok(peer) => {
                peer.prepare(id, &self.queue);
                self.prepared = Some((id, peer));
            }
            Err(error) => {
                log(&format!("nothing prepared: {error}"));
                self.queue.push(Event::NotPrepared(id));
            }
        }
    }

    fn peer(&mut self, id: PeerId, epoch: Epoch, command: PeerCommand) {
        if let PeerCommand::Open { config, offerer, prepared } = command {
            let prepared = self.prepared.take_if(|(known, _)| Some(*known) == prepared);
            let prepared = prepared.map(|(_, peer)| peer).filter(Peer::is_open);
            match prepared.map_or_else(|| self.open(&config, offerer), Ok) {
                Ok(mut peer) => {
                    peer.begin(id, epoch, &self.media);
                    for (purpose, port) in &self.late {
                        let line = peer.open_late(id, purpose, port.wanted).map(SendWrapper::new);
                        port.lines.update(|lines| {
                            lines.retain(|line| line.peer != id);
                            lines.extend(line);
                        });
                    }
                    peer.follow(&self.speaker);
                    let sinks = [peer.sound(), peer.screen()].map(|sound| {
                        let (speaker, queue) = (self.speaker.clone(), self.queue.clone());
                        SendWrapper::new(Rc::new(move |video: &HtmlVideoElement| {
                            speaker.give(video, &queue);
                            show(sound.stream(), video, &queue);
                            sound.plays_on(video);
                        }) as Rc<dyn Fn(&HtmlVideoElement)>)
                    });
                    let [face, screen] = sinks;
                    self.peers.retain(|(known, ..)| *known != id);
                    self.peers.push((id, epoch, peer));
                    self.remote.update(|streams| {
                        streams.retain(|(peer, ..)| *peer != id);
                        streams.extend([(id, Source::Camera, face), (id, Source::Screen, screen)]);
                    });
                }
                Err(error) => {
                    log(&format!("no connection: {error}"));
                    for event in [PeerEvent::Opened, PeerEvent::StepFailed(error.to_string())] {
                        self.queue.push(Event::Peer(id, epoch, event));
                    }
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
            PeerCommand::Volume(percent) => peer.set_volume(percent),
            PeerCommand::Close => {
                self.peers.retain(|(known, ..)| *known != id);
                self.remote.update(|streams| streams.retain(|(peer, ..)| *peer != id));
                for (_, port) in &self.late {
                    port.lines.update(|lines| lines.retain(|line| line.peer != id));
                }
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
        self.system.follow(&view);
        if view != self.shown {
            self.shown = view.clone();
            self.view.set(view);
        }
    }
}

/// Makes a sink that puts `stream` into a video element and plays it.
fn sink(stream: MediaStream, queue: &Events) -> StreamSink {
    let queue = queue.clone();
    SendWrapper::new(Rc::new(move |video: &HtmlVideoElement| show(&stream, video, &queue)))
}

/// Puts `stream` into a video element and plays it.
fn show(stream: &MediaStream, video: &HtmlVideoElement, queue: &Events) {
    if video.src_object().as_ref() != Some(stream) {
        video.set_src_object(Some(stream));
    }
    page::play(video, queue);
}
