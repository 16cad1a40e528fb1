//! The task of one WebSocket, from its upgrade to its close: reading, writing and closing.
//!
//! One task owns the socket. It waits for nothing but its socket, its outbox and its heartbeat, and closes the socket
//! if a write gets stuck.

mod end;
mod report;
mod stream;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::task::TaskTracker;

use super::connections::{Connection, Connections};
use super::directory::OneNode;
use super::frame_meter::FrameLimit;
use super::join_limit::JoinLimit;
use super::outbox::Outgoing;
use super::registry::{Registry, Seat, Waiter};
use super::room::{Loss, RoomFull, encode};
use super::session::{Action, Due, Join, Session, SessionRules};
use crate::protocol::{CloseCode, ErrorCode, OLDEST_VERSION, RoomId, ServerMsg, VERSION};
use crate::server::event_log::EventLog;
use crate::server::metrics::{Metrics, Refusal};
use end::{End, end_of, loss_of};
use report::Report;
use stream::MessageStream;

/// Most frames written before the socket is read again.
const FRAMES_PER_WRITE: usize = 64;
/// Messages read before other tasks get their turn. Seven senders at once must not fill the queue of an eighth peer
/// before its own task had a chance to write.
const MESSAGES_PER_TURN: u32 = 32;
/// How long the other side may take to receive and answer a close.
const FAREWELL: Duration = Duration::from_secs(1);

/// The rules for every socket.
#[derive(Clone, Debug)]
pub(crate) struct SocketRules {
    /// Origins that may connect besides the server's own.
    pub(crate) origins: Vec<String>,
    /// Rates of frames and bytes that it may send.
    pub(crate) frames: FrameLimit,
    /// How long one write may take.
    pub(crate) write_timeout: Duration,
    /// Limits of its session.
    pub(crate) session: SessionRules,
}

/// State shared by all sockets of a server.
#[derive(Clone, Debug)]
pub(crate) struct Sockets {
    /// The rules for each of them.
    pub(crate) rules: Arc<SocketRules>,
    /// The rooms that they join.
    pub(crate) rooms: Registry<OneNode>,
    /// The list of open sockets.
    pub(crate) connections: Connections,
    /// The limit of joins per network.
    pub(crate) joins: JoinLimit,
    /// Tracker of their tasks.
    pub(crate) tasks: TaskTracker,
    /// Event log of refusals and closes.
    pub(crate) event_log: EventLog,
    /// Counts of the same, and of bad messages.
    pub(crate) metrics: Metrics,
}

/// A socket, with its session and its seat.
pub(super) struct Socket {
    messages: MessageStream<TokioIo<Upgraded>>,
    connection: Connection,
    rooms: Registry<OneNode>,
    report: Report,
    rules: Arc<SocketRules>,
    seat: Option<Seat<OneNode>>,
    /// Its place among those who wait for a seat.
    waiter: Option<Waiter<OneNode>>,
    session: Session,
    joins_of_network: JoinLimit,
    /// The host name at which the browser reached this server.
    host: String,
}

impl Socket {
    /// Opens the WebSocket of a browser that reached this server at `host`.
    pub(super) async fn open(
        stream: TokioIo<Upgraded>,
        connection: Connection,
        host: String,
        sockets: &Sockets,
    ) -> Box<Self> {
        let rules = sockets.rules.session;
        let first_ping = connection.own_part(rules.rhythm.ping);
        let session = Session::new(sockets.rooms.now(), rules, first_ping, connection.is_on_probation());
        Box::new(Self {
            messages: MessageStream::open(stream, sockets.rules.frames).await,
            connection,
            rooms: sockets.rooms.clone(),
            report: Report::new(sockets.event_log.clone(), sockets.metrics.clone()),
            rules: sockets.rules.clone(),
            seat: None,
            waiter: None,
            session,
            joins_of_network: sockets.joins.clone(),
            host,
        })
    }

    /// Serves the socket of a page of this version until it ends.
    pub(super) async fn run(mut self: Box<Self>, version: u32) {
        let end = match self.greet(version).await {
            Ok(()) => self.pump().await,
            Err(end) => end,
        };
        if let Some(seat) = self.seat.take() {
            match end {
                End::Gone(loss) => seat.lose(loss),
                End::Close(_) | End::CloseUnread(_) => drop(seat),
            }
        }
        if let End::Close(code) | End::CloseUnread(code) = end {
            self.report.closed(code, version);
        }
        self.report.ended(&self.session);
        // The close is best effort: after this time the socket is dropped.
        drop(timeout(FAREWELL, self.say_farewell(end)).await);
    }

    /// Says the server's version to a page of another one, and refuses a page that is too old.
    async fn greet(&mut self, version: u32) -> Result<(), End> {
        if version != VERSION {
            let told = encode(&ServerMsg::Version { version: VERSION });
            self.write(Message::Text(told.into())).await?;
        }
        if version < OLDEST_VERSION { Err(End::Close(CloseCode::BadMessages)) } else { Ok(()) }
    }

    async fn pump(&mut self) -> End {
        let mut alarm = self.session.deadline();
        let mut timer = pin!(sleep_until(self.instant(alarm)));
        let mut turn = 0;
        loop {
            let step = tokio::select! {
                biased;
                outgoing = self.connection.outbox().next() => match outgoing {
                    Outgoing::Frame(frame) => self.write(Message::Text(frame.into())).await,
                    Outgoing::Close(code) => Err(End::Close(code)),
                },
                // Polled before the timer: a frame that came during a long write is a sign of life.
                incoming = self.messages.next() => {
                    turn += 1;
                    self.receive(incoming)
                }
                () = &mut timer => {
                    alarm = Duration::MAX;
                    match self.session.due(self.rooms.now()) {
                        Due::Rest => Ok(()),
                        Due::Ping { renew_ice } => {
                            // A browser answers the ping even while its page is frozen; the page itself only sees
                            // this message.
                            self.sign_of_life(renew_ice);
                            self.messages.rest().await;
                            self.write(Message::Ping(Default::default())).await
                        }
                        Due::Close(code) => Err(End::Close(code)),
                    }
                },
            };
            if let Err(end) = step {
                return end;
            }
            // A frame only moves the deadline back, which can wait until the timer fires.
            if self.session.deadline() < alarm {
                alarm = self.session.deadline();
                timer.as_mut().reset(self.instant(alarm));
            }
            if turn == MESSAGES_PER_TURN {
                turn = 0;
                tokio::task::yield_now().await;
            }
        }
    }

    /// Queues the heartbeat for a page that has a seat or waits for one, and new ICE servers if they are due.
    fn sign_of_life(&mut self, renew_ice: bool) {
        if self.waiter.take_if(|waiter| !waiter.waits()).is_some() {
            self.session.waits(self.rooms.now(), false);
        }
        if self.seat.is_some() || self.waiter.is_some() {
            self.answer(&ServerMsg::Heartbeat);
        }
        if let Some(seat) = self.seat.as_ref().filter(|_| renew_ice) {
            self.answer(&ServerMsg::IceServers { ice_servers: seat.ice_servers(&self.host) });
        }
    }

    fn instant(&self, time: Duration) -> Instant {
        let later = || std::time::Instant::now() + self.rules.session.rhythm.ping;
        self.rooms.instant(time).unwrap_or_else(later).into()
    }

    /// Writes a frame and those queued behind it, with one flush.
    async fn write(&mut self, first: Message) -> Result<(), End> {
        let outbox = self.connection.outbox();
        let queued = std::iter::from_fn(|| outbox.try_next()).map(|frame| Message::Text(frame.into()));
        let work = self.messages.write(first, queued.take(FRAMES_PER_WRITE - 1));
        tokio::select! {
            biased;
            done = timeout(self.rules.write_timeout, work) => match done {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Gone(Loss::Lost)),
                Err(_) => Err(End::Close(CloseCode::TooSlow)),
            },
            code = outbox.until_cut() => Err(End::Close(code)),
        }
    }

    fn receive(&mut self, incoming: Option<Result<Message, tungstenite::Error>>) -> Result<(), End> {
        let message = match incoming {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(end_of(&error)),
            None => return Err(End::Gone(Loss::Lost)),
        };
        let now = self.rooms.now();
        self.session.heard(now);
        match message {
            Message::Text(text) => self.read(&text, now),
            Message::Binary(_) => Err(End::Close(CloseCode::NotText)),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
            Message::Close(frame) => Err(End::Gone(loss_of(frame.as_ref()))),
        }
    }

    fn read(&mut self, text: &str, now: Duration) -> Result<(), End> {
        let bad = self.session.bad_messages();
        let action = self.session.receive(now, text);
        if self.session.bad_messages() > bad {
            let refused = match &action {
                Ok(Action::Refuse(code)) => Some(*code),
                _ => None,
            };
            self.report.bad_message(refused.filter(|_| bad == 0));
        }
        let refusal = match (action.map_err(End::Close)?, &self.seat) {
            (Action::Forward(envelope), Some(seat)) => seat.forward(&envelope),
            (Action::Confirm, Some(seat)) => {
                seat.confirm();
                Ok(())
            }
            (Action::Leave, Some(_)) => {
                self.leave(now);
                Ok(())
            }
            (Action::Leave, None) if self.waiter.take().is_some() => {
                self.session.waits(now, false);
                self.answer(&ServerMsg::Heartbeat);
                Ok(())
            }
            (Action::Wait { room, asked }, None) => {
                self.let_in(false, now)?;
                self.wait(&room, asked, now);
                Ok(())
            }
            (Action::Join(join), None) => {
                let token = join.resume.as_ref();
                let comes_back = token.is_some_and(|token| self.rooms.may_return(&join.room, token));
                self.let_in(comes_back, now)?;
                self.join(join, now);
                Ok(())
            }
            (Action::GiveUp(held), _) => {
                if !self.rooms.give_up(&held) {
                    self.joins_of_network.refused(now, self.connection.network());
                }
                self.answer(&ServerMsg::Heartbeat);
                Ok(())
            }
            (Action::Refuse(code), _) => Err(code),
            (Action::Join(_) | Action::Wait { .. }, Some(_)) => Err(ErrorCode::AlreadyJoined),
            (Action::Forward(_) | Action::Confirm | Action::Leave, None) => Err(ErrorCode::NotJoined),
        };
        if let Err(code) = refusal {
            self.answer(&ServerMsg::Error { code, message: code.to_string() });
        }
        Ok(())
    }

    /// Admits a join or a wait if there is a permit for its socket. A join that takes a seat back may use a permit
    /// reserved for such sockets; for others the network must be within its rate of joins.
    fn let_in(&mut self, comes_back: bool, now: Duration) -> Result<(), End> {
        let refusal = if !self.connection.find_permit(comes_back) {
            Some((
                Refusal::Sockets,
                "too many sockets, in all or from one address (limits.sockets_per_address, server.trusted_proxies)",
            ))
        } else if !comes_back && !self.joins_of_network.allows(now, self.connection.network()) {
            Some((
                Refusal::Joins,
                "too many joins from one address (limits.joins_per_minute_per_address, server.trusted_proxies)",
            ))
        } else {
            None
        };
        let Some((reason, why)) = refusal else {
            self.session.admitted();
            return Ok(());
        };
        self.report.refused(reason, why);
        Err(End::Close(CloseCode::Busy))
    }

    fn join(&mut self, join: Join, now: Duration) {
        let asked = join.asked.clone();
        self.waiter = None;
        self.session.waits(now, false);
        match self.rooms.join(join, &self.host, self.connection.outbox()) {
            Ok(seat) => {
                self.seat = Some(seat);
                self.session.seated(now, true);
            }
            Err(RoomFull) => {
                self.joins_of_network.refused(now, self.connection.network());
                self.answer(&ServerMsg::FullRoom { room: asked });
            }
        }
    }

    fn wait(&mut self, room: &RoomId, asked: RoomId, now: Duration) {
        // A place kept from before, which would count twice.
        self.waiter = None;
        let network = self.connection.network();
        let answer = match self.rooms.wait((room, asked.clone()), network, self.connection.outbox()) {
            Ok(waiter) => {
                self.waiter = waiter;
                self.waiter.is_none().then_some(ServerMsg::SeatFree { room: asked })
            }
            Err(RoomFull) => {
                self.joins_of_network.refused(now, network);
                Some(ServerMsg::FullRoom { room: asked })
            }
        };
        self.session.waits(now, self.waiter.is_some());
        if let Some(answer) = answer {
            self.answer(&answer);
        }
    }

    fn leave(&mut self, now: Duration) {
        self.seat.take().into_iter().for_each(Seat::leave);
        self.session.seated(now, false);
        self.answer(&ServerMsg::Heartbeat);
    }

    fn answer(&self, message: &ServerMsg) {
        self.connection.outbox().push(encode(message));
    }

    /// Sends the close frame and waits for the answer. Dropping a socket with unread data resets it, and a reset can
    /// overtake the close code, so incoming data is read and discarded.
    async fn say_farewell(&mut self, end: End) {
        let (code, mut readable) = match end {
            End::Close(code) => (Some(code), true),
            End::CloseUnread(code) => (Some(code), false),
            End::Gone(_) => (None, true),
        };
        if let Some(code) = code {
            let frame = CloseFrame { code: code.code().into(), reason: code.reason().into() };
            if self.messages.write(Message::Close(Some(frame)), std::iter::empty()).await.is_err() {
                return;
            }
        }
        // Sockets beyond the limits are not kept open for an answer.
        if matches!(code, Some(CloseCode::Busy)) {
            return;
        }
        while readable {
            match self.messages.next().await {
                Some(Ok(_)) => {}
                Some(Err(_)) => readable = false,
                None => return,
            }
        }
        self.messages.discard().await;
    }
}
