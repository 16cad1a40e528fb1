//! One participant's whole call, as a pure machine: events in, commands out, a view to draw.
//!
//! [`Call::handle`] takes an event and the time, and returns the commands. [`Call::deadline`] says when the next
//! [`Event::Tick`] is due. The call only routes: from the event to a part, from the part's outputs to other parts
//! and to commands.
//!
//! | part | owns |
//! |---|---|
//! | `session` | the wished room, the seat, what is remembered of it |
//! | `signalling` | the socket, and the signals not yet sent |
//! | `peers`, `peer` | the others and the connections with them: `negotiation`, `recovery`, `config`, `presence`, `prints`; the one at hand for the next: `warm` |
//! | `seals` | with whom keys are agreed on, and what they prove |
//! | `gestures`, `speaking`, `chat`, `pointers` | hands and reactions; who speaks; what is written; where people point; all belong to `peers` |
//! | `media` | microphone and camera (`capture`, `constraints`, `devices`, `meter`), the `screen`, `playback`, the `ramp` of the first pictures |
//! | `privacy` | whether the own address is hidden; `redact` takes it out of signals |
//! | `connection_test` | the test of the transports out of this network |
//! | `notices`, `network`, `version` | the notice shown; a change of network not acted on yet; a newer server |
//! | `api`, `output` | nothing: the border to the driver and the views; the outputs of parts |
//!
//! Parts import `api`, `output` and their own files, never this file, nor another part's state.
//!
//! # Invariants
//! - A lost socket never touches a peer connection; only a peer that left, or a new page of it, does.
//! - A signal counts only if it opens with the keys of its pair and carries the present epoch of it.
//! - Whatever the server says, nobody is shown as private who has not the same secret, or the same word.
//! - With the own address hidden no signal leaves that names one, whatever the browser put into it.
//! - Late events of sockets and connections that were replaced are dropped here and nowhere else.

use std::time::Duration;

use crate::protocol::ClientMsg;

mod api;
mod backoff;
mod chat;
mod connection_test;
pub mod files;
mod gestures;
mod incoming;
mod media;
mod network;
pub mod notes;
mod notices;
mod output;
mod peer;
mod peers;
mod pointers;
mod privacy;
mod route;
mod seals;
mod session;
mod signalling;
mod speaking;
pub mod storage;
#[cfg(test)]
mod tests;
mod version;

use connection_test::ConnectionTest;
use media::Media;
use network::NetworkChange;
use notices::Notices;
use output::Output;
use peers::Peers;
use privacy::Privacy;
use session::Session;
use signalling::Signalling;
use version::Version;

pub use api::chat::*;
pub use api::command::*;
pub use api::connection_test::*;
pub use api::device::*;
pub use api::event::*;
pub use api::hearing::*;
pub use api::pointer::*;
pub use api::screen::*;
pub use api::seal::*;
pub use api::settings::*;
pub use api::view::*;
pub use connection_test::attempt;
pub use media::answer::{ANSWER_PATIENCE, answer_waits};
pub use media::constraints::{Constraints, Wanted};
pub use media::hearing;
pub use media::meter::{MEASURED_EVERY, Measurement, Meter, MicrophoneLevel};
pub use media::ramp::MaxResolution;
pub use peer::config::PeerConfig;
pub use peer::sampler::{Sampler, SamplerEvent, SamplerOutput, Stats};
pub use route::{RelayProtocol, Route};

/// One participant's call.
#[derive(Debug, Default)]
pub struct Call {
    session: Session,
    signalling: Signalling,
    peers: Peers,
    media: Media,
    privacy: Privacy,
    connection_test: ConnectionTest,
    notices: Notices,
    network: NetworkChange,
    version: Version,
}

impl Call {
    /// A call before anything happened. The seed only spreads retries over time.
    pub fn new(seed: u64) -> Self {
        Self { signalling: Signalling::new(seed), ..Self::default() }
    }

    /// The same call in this page.
    #[must_use]
    pub fn in_page(mut self, page: Page) -> Self {
        self.media = Media::new(&page);
        self.session.set_host(page.host);
        Self { privacy: Privacy::new(page.hides_address), version: Version::new(page.loaded_for), ..self }
    }

    /// Takes one event; returns what to do, in order.
    pub fn handle(&mut self, now: Duration, event: Event) -> Vec<Command> {
        let mut commands = self.take(now, event);
        // Whatever has changed it.
        let outputs = self.peers.tell(now, self.session.name(), self.media.sends());
        commands.extend(self.perform(now, outputs));
        commands.into_iter().chain(self.media.measure(self.session.is_seated())).collect()
    }

    fn take(&mut self, now: Duration, event: Event) -> Vec<Command> {
        let outputs = match event {
            Event::Loaded(loaded) => self.session.loaded(loaded),
            Event::User(action) => return self.user(now, action),
            Event::Socket(id, event) if self.signalling.is_current(id) => return self.socket(now, event),
            Event::Socket(..) => return vec![],
            Event::Media(event) => self.media.handle(now, event),
            Event::Peer(peer, epoch, event) => self.peers.event(now, peer, epoch, event),
            Event::Seal(id, event) => self.peers.seal_event(now, id, event),
            Event::NotPrepared(id) => self.peers.not_prepared(id),
            Event::Levels(levels) => self.peers.heard(now, &levels),
            Event::ConnectionTest(id, event) => return self.connection_test.handle(id, event),
            Event::Hold(room, hold) => self.session.hold(&room, hold, self.privacy.hides_address()),
            Event::Wanted => self.session.hand_over(self.remembered()),
            Event::BackPressed => self.session.back_pressed(),
            Event::NotLoadedAnew => self.version.not_loaded(),
            Event::HiddenElsewhere(hide) => {
                self.privacy.choose_elsewhere(hide, self.session.phase(), self.relay())
            }
            // What the system paused meanwhile is played; what plays is left alone.
            Event::Woken => return self.woken(now).into_iter().chain([Command::PlaySound]).collect(),
            Event::NetworkChanged => self.network.reported(now),
            Event::Tick => return self.tick(now),
        };
        self.perform(now, outputs)
    }

    /// When the next [`Event::Tick`] is due.
    pub fn deadline(&self) -> Option<Duration> {
        [
            self.signalling.deadline(),
            self.peers.deadline(self.signalling.is_seated()),
            self.media.deadline(),
            self.notices.deadline(),
            self.network.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The view for the page.
    pub fn view(&self) -> CallView {
        let phase = self.session.phase();
        CallView {
            phase,
            room: self.session.room().cloned(),
            signalling: self.signalling.view(phase == Phase::InCall),
            hides_address: self.privacy.hides_address(),
            cannot_hide: self.privacy.cannot_hide(self.relay()),
            relay: self.relay(),
            connection_test: self.connection_test.view(),
            notice: self.notices.view(),
            mistake: self.session.mistake().cloned(),
            has_word: self.session.has_word(),
            ..self.peers.view(self.media.view())
        }
    }

    fn user(&mut self, now: Duration, action: UserAction) -> Vec<Command> {
        let outputs = match action {
            UserAction::Connect { room, name, word } => self.session.connect(&room, &name, word.as_deref()),
            UserAction::TakeSeat => self.session.take_seat(),
            UserAction::MoveHere => self.session.move_here(),
            UserAction::GoBack => self.session.go_back(),
            UserAction::Leave => self.session.leave(self.signalling.is_seated(), self.remembered()),
            UserAction::RetryPeer(peer) => self.peers.retry(now, peer),
            UserAction::RaiseHand(raised) => self.peers.raise_hand(raised),
            UserAction::React(kind) => self.peers.react(now, kind),
            UserAction::SetVolume(peer, percent) => self.peers.set_volume(peer, percent),
            UserAction::ComparePictures(peer, seal, same) => self.peers.compared(peer, seal, same),
            UserAction::LockRoom(locked) => self.peers.lock(now, locked),
            UserAction::ShareLink => self.peers.link_shared(),
            UserAction::TryWordAgain => self.peers.try_word_again(now),
            UserAction::Answer(peer, seal, comes_in) => self.peers.answer(now, peer, seal, comes_in),
            UserAction::Chat(action) => self.peers.chat(now, action),
            UserAction::Point(action) => self.peers.point(now, action),
            UserAction::HideAddress(hide) => self.privacy.choose(hide, self.relay()),
            UserAction::LookForRelay => return self.connection_test.look_for_relay(self.relay()),
            UserAction::TestConnection => return self.connection_test.start(),
            UserAction::LoadAnew => return vec![Command::LoadAnew { once_for: None }],
            UserAction::HoldNotice(held) => vec![Output::HoldNotice(held)],
            UserAction::Share(_) if !self.session.is_seated() => return vec![],
            UserAction::CorrectMistake => self.session.correct(),
            UserAction::DismissNotice => self.session.read(self.notices.view().as_ref()),
            devices => self.media.user(now, devices),
        };
        self.perform(now, outputs)
    }

    fn join(&mut self, now: Duration) -> Vec<Command> {
        let Some(join) = self.session.join().filter(|_| self.signalling.is_open()) else { return vec![] };
        self.signalling.asked(now, self.session.room().is_none());
        vec![Command::Send(join)]
    }

    fn socket(&mut self, now: Duration, event: SocketEvent) -> Vec<Command> {
        match event {
            SocketEvent::Opened => self.signalling.opened(now).into_iter().chain(self.join(now)).collect(),
            SocketEvent::Message(message) => {
                self.signalling.heard(now, &message, self.session.room().is_some());
                self.message(now, message)
            }
            SocketEvent::Closed { code } => {
                self.signalling.lost(now, self.session.wants_socket() || self.signalling.owes());
                let outputs = self.version.closed(self.session.closed(now, code));
                self.perform(now, outputs)
            }
        }
    }

    fn go_home(&mut self, now: Duration) -> Vec<Command> {
        self.session.end();
        self.privacy.end();
        self.notices.end_call();
        self.signalling.stand_up();
        let outputs = self.peers.leave();
        let mut commands = self.perform(now, outputs);
        commands.extend(self.media.stop());
        commands.extend([Command::Remember(None), Command::LetGo(None)]);
        commands
    }

    /// To hide the address every connection is built anew: after a mere restart of ICE, Chromium goes on using the
    /// direct ways it had found. To show it a restart is enough, and media goes on meanwhile.
    fn apply_privacy(&mut self, now: Duration) -> Vec<Command> {
        let hides = self.privacy.hides_address();
        let mut outputs = vec![Output::Remember];
        outputs.extend(self.peers.restrict(hides));
        if hides {
            self.notices.say(now, Notice::AddressHidden);
            self.signalling.rewrite_unsent(|signal| self.privacy.filter(signal));
            outputs.extend(self.peers.rebuild(now));
        } else {
            self.notices.say_briefly(now, Notice::AddressShown);
            self.peers.network_changed(now);
        }
        let mut commands = self.perform(now, outputs);
        commands.extend(self.tick(now));
        commands
    }

    fn woken(&mut self, now: Duration) -> Vec<Command> {
        self.peers.woken(now);
        let mut commands = if self.session.wants_socket() { self.signalling.open(now) } else { vec![] };
        commands.extend(self.tick(now));
        commands
    }

    /// A socket through the old network may hang for minutes without a word: a new one is opened at once.
    fn network_changed(&mut self, now: Duration) -> Vec<Command> {
        let mut commands = self.signalling.replace(now);
        self.peers.network_changed(now);
        commands.extend(self.woken(now));
        commands.extend(self.connection_test.network_changed());
        commands
    }

    fn tick(&mut self, now: Duration) -> Vec<Command> {
        self.notices.tick(now);
        if self.network.tick(now) {
            return self.network_changed(now);
        }
        let mut commands = self.signalling.tick(now);
        // As long as there are pictures, an outage is shown by itself.
        if !commands.is_empty() && self.session.phase() == Phase::Joining && self.signalling.is_unreachable()
        {
            self.notices.say(now, Notice::Unreachable);
        }
        if self.signalling.asks_again(now) {
            commands.extend(self.join(now));
        }
        let outputs = self.media.tick(now);
        commands.extend(self.perform(now, outputs));
        if self.signalling.is_seated() {
            let outputs = self.peers.tick(now);
            commands.extend(self.perform(now, outputs));
        }
        commands
    }

    fn perform(&mut self, now: Duration, outputs: Vec<Output>) -> Vec<Command> {
        let mut commands = vec![];
        for output in outputs {
            match output {
                Output::Do(command) => commands.push(command),
                Output::Signal(peer, signal) => {
                    let allowed = self.privacy.filter(signal);
                    let sent = allowed.and_then(|signal| self.signalling.signal(peer, signal));
                    commands.extend(sent.and_then(|signal| self.peers.close(peer, signal)));
                }
                Output::Say(notice) => self.notices.say(now, notice),
                Output::SayBriefly(notice) => self.notices.say_briefly(now, notice),
                Output::Mention(notice) => self.notices.mention(now, notice),
                Output::Unsay => self.notices.clear(),
                Output::Read => self.notices.read(now),
                Output::HoldNotice(held) => self.notices.hold(now, held),
                Output::TakeBack(notice) => self.notices.take_back(now, &notice),
                Output::SayIfUnreachable if !self.signalling.is_failing() => {}
                Output::SayIfUnreachable => self.notices.say(now, Notice::Unreachable),
                Output::OpenSocket => commands.extend(self.signalling.open_for_join(now)),
                Output::CloseSocket => commands.extend(self.signalling.close(now)),
                Output::ReplaceSocket => commands.extend(self.signalling.reopen(now)),
                Output::Join => commands.extend(self.join(now)),
                Output::StandDown => commands.extend(self.signalling.stand_down()),
                Output::AskAgain => self.signalling.refused(now),
                Output::SendLeave => {
                    commands.push(Command::Send(ClientMsg::Leave { held: None }));
                    self.signalling.asked(now, false);
                }
                Output::Owe(held) => self.signalling.owe(held),
                Output::Remember => commands.extend(self.remembered().map(Some).map(Command::Remember)),
                Output::WrongWord => {
                    let outputs = self.session.wrong_word(self.signalling.is_seated());
                    commands.extend(self.perform(now, outputs));
                }
                Output::GoHome => commands.extend(self.go_home(now)),
                Output::HideIf(hides) => self.privacy.take_over(hides),
                Output::HideRefused(hides) => self.session.hide_refused(hides),
                Output::ApplyPrivacy if !self.session.is_seated() => {}
                Output::ApplyPrivacy => commands.extend(self.apply_privacy(now)),
                Output::EndPrivacy => self.privacy.end(),
                Output::Start(devices) => commands.extend(self.media.start(devices)),
                Output::SwitchOff(off) => commands.extend(self.media.switch_off(now, off)),
                Output::Attach => commands.extend(self.perform(now, self.peers.attach())),
            }
        }
        commands
    }

    /// Whether there is a relay, as this seat or the server's last answer told.
    fn relay(&self) -> Relay {
        self.peers.ice_servers().map_or(self.connection_test.relay(), Relay::among)
    }

    fn remembered(&self) -> Option<Remembered> {
        self.session.remembered(self.media.off(), self.privacy.hides_address(), self.peers.lock_now())
    }
}
