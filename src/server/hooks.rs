//! Webhooks: programs of the host's choice are told of rooms and seats, by counts, and by names that are no keys.
//!
//! Each webhook has a queue and a task of its own, so that one that hangs delays neither the others nor a room: a room
//! only puts its news into the queues, which are bounded.

mod delivery;
mod queue;
mod sender;
mod signature;
mod trouble;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::protocol::RoomId;
use crate::server::config::{HookConfig, HookEvent};
use crate::server::event_log::EventLog;
use crate::server::metrics::Metrics;
use crate::server::net::clock::{as_date, since_epoch};
use crate::server::net::random::random;
use crate::server::net::web_address::WebAddress;
use crate::server::tls::client::{public_roots, trusting};
use delivery::Delivery;
use queue::Message;
use sender::Sender;

/// The webhooks, for those who have news; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Hooks {
    deliveries: Arc<[Arc<Delivery>]>,
    event_log: EventLog,
}

/// The tasks that send; they end when this is dropped, and what is not sent by then is counted as dropped.
pub(crate) struct Deliveries {
    tasks: JoinSet<()>,
    all: Arc<[Arc<Delivery>]>,
}

/// A change of the seats of one room that are taken, away ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Seats that were taken.
    pub(crate) before: usize,
    /// Seats given meanwhile to those who had none.
    pub(crate) given: usize,
    /// Seats that are taken.
    pub(crate) after: usize,
}

/// The body of a message (Standard Webhooks, section "Payload structure").
#[derive(Debug, Serialize)]
struct Body<'a> {
    r#type: HookEvent,
    timestamp: &'a str,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    /// The name of the room in the log.
    room: &'a str,
    /// Seats that are taken after this.
    seats: usize,
}

impl Hooks {
    /// Starts the tasks of the webhooks of the settings.
    ///
    /// # Errors
    /// If a setting is wrong, or the cryptography lacks what TLS needs.
    pub(crate) fn start(
        settings: &[HookConfig],
        event_log: &EventLog,
        metrics: &Metrics,
    ) -> io::Result<(Self, Deliveries)> {
        let mut all = Vec::with_capacity(settings.len());
        for (index, hook) in settings.iter().enumerate() {
            let wrong = || io::Error::new(io::ErrorKind::InvalidInput, format!("ops.hooks.{index} is wrong"));
            let (address, key) = WebAddress::parse(&hook.url).zip(hook.key()).ok_or_else(wrong)?;
            let name = format!("ops.hooks.{index} ({})", address.authority);
            let sender = Sender::new(address, key, trusting(public_roots()).map_err(io::Error::other)?);
            let reports = (event_log.clone(), metrics.clone());
            all.push(Arc::new(Delivery::new(name, hook.events.clone(), sender, reports)));
        }
        let mut tasks = JoinSet::new();
        for delivery in &all {
            let delivery = Arc::clone(delivery);
            tasks.spawn(async move { delivery.run().await });
        }
        let all: Arc<[_]> = all.into();
        Ok((Self { deliveries: all.clone(), event_log: event_log.clone() }, Deliveries { tasks, all }))
    }

    /// Tells of a change in a room. Under the lock of the room, so that the news are in order.
    pub(crate) fn tell(&self, room: &RoomId, change: Change) {
        if self.deliveries.is_empty() {
            return;
        }
        let events = change.events();
        if events.is_empty() {
            return;
        }
        let (name, timestamp) = (self.event_log.name(room), as_date(since_epoch()));
        for (event, seats) in events {
            let data = Data { room: &name, seats };
            // Numbers and texts are always JSON.
            let Ok(body) = serde_json::to_string(&Body { r#type: event, timestamp: &timestamp, data }) else {
                continue;
            };
            let id = format!("msg_{:032x}", u128::from_ne_bytes(random()));
            let message = Message { id: id.into(), body: body.into() };
            self.deliveries.iter().for_each(|delivery| delivery.push(event, &message));
        }
    }
}

impl Deliveries {
    /// Tries once to send all that waits, for as long as `within` at most, and ends the tasks.
    pub(crate) async fn finish(mut self, within: Duration) {
        self.all.iter().for_each(|delivery| delivery.close());
        drop(timeout(within, async { while self.tasks.join_next().await.is_some() {} }).await);
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.all.iter().for_each(|delivery| delivery.give_up());
    }
}

impl Change {
    /// What has happened, in order, each with the seats that are taken after it.
    fn events(self) -> Vec<(HookEvent, usize)> {
        let Self { before, given, after } = self;
        let mut events = Vec::new();
        for seats in (after - given.min(after)..before).rev() {
            events.push((HookEvent::SeatLeft, seats));
            if seats == 0 {
                events.push((HookEvent::RoomClosed, 0));
            }
        }
        for seats in after - given.min(after) + 1..=after {
            if seats == 1 {
                events.push((HookEvent::RoomOpened, 1));
            }
            events.push((HookEvent::SeatTaken, seats));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};
    use std::net::TcpListener;

    use super::*;
    use crate::server::metrics::News;

    #[test]
    fn a_change_is_told_seat_by_seat() {
        use HookEvent::{RoomClosed, RoomOpened, SeatLeft, SeatTaken};
        for (before, given, after, events) in [
            (0, 0, 0, &[][..]),
            (2, 0, 2, &[]),
            (0, 1, 1, &[(RoomOpened, 1), (SeatTaken, 1)]),
            (1, 1, 2, &[(SeatTaken, 2)]),
            (2, 0, 1, &[(SeatLeft, 1)]),
            (1, 0, 0, &[(SeatLeft, 0), (RoomClosed, 0)]),
            (3, 0, 0, &[(SeatLeft, 2), (SeatLeft, 1), (SeatLeft, 0), (RoomClosed, 0)]),
            // A newcomer after those whose grace is over.
            (2, 1, 2, &[(SeatLeft, 1), (SeatTaken, 2)]),
            (2, 1, 1, &[(SeatLeft, 1), (SeatLeft, 0), (RoomClosed, 0), (RoomOpened, 1), (SeatTaken, 1)]),
        ] {
            let change = Change { before, given, after };
            assert_eq!(change.events(), events, "{change:?}");
        }
    }

    /// The webhooks of a receiver that never answers, which has to be kept; after it nobody listens there.
    fn hanging(metrics: &Metrics) -> (Hooks, Deliveries, TcpListener) {
        let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", receiver.local_addr().unwrap());
        let secret = format!("whsec_{}", "A".repeat(32));
        let hook = HookConfig { url, secret, events: HookEvent::all() };
        let (hooks, deliveries) = Hooks::start(&[hook], &EventLog::default(), metrics).unwrap();
        (hooks, deliveries, receiver)
    }

    #[tokio::test]
    async fn all_that_the_last_tries_lose_is_logged() {
        let log = Arc::new(tempfile::tempfile().unwrap());
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
        let _logged = tracing::subscriber::set_default(subscriber);
        let metrics = Metrics::default();
        let (hooks, deliveries, receiver) = hanging(&metrics);
        drop(receiver);
        hooks.tell(&RoomId::from_typed("4711").unwrap(), Change { before: 0, given: 2, after: 2 });
        deliveries.finish(Duration::from_secs(9)).await;
        assert_eq!((metrics.news(News::Failed), metrics.news(News::Dropped)), (3, 0));
        let mut written = String::new();
        (&*log).rewind().unwrap();
        (&*log).read_to_string(&mut written).unwrap();
        let lost = written.lines().filter(|line| line.contains("news for a webhook are lost"));
        let counts: Vec<u32> = lost.filter_map(|line| line.rsplit_once("count=")?.1.parse().ok()).collect();
        assert_eq!(counts, [1, 2], "{written}");
    }

    #[tokio::test]
    async fn what_is_not_sent_at_the_end_is_counted_once_and_so_is_what_comes_after() {
        let dropped = |metrics: &Metrics| metrics.news(News::Dropped);
        let (room, opened) = (RoomId::from_typed("4711").unwrap(), Change { before: 0, given: 2, after: 2 });
        for is_in_a_hurry in [false, true] {
            let metrics = Metrics::default();
            let (hooks, deliveries, receiver) = hanging(&metrics);
            hooks.tell(&room, opened);
            let begun = tokio::task::spawn_blocking(move || receiver.accept());
            let _unanswered = begun.await.unwrap().unwrap();
            assert_eq!(dropped(&metrics), 0);
            if is_in_a_hurry {
                drop(deliveries);
            } else {
                deliveries.finish(Duration::from_millis(1)).await;
            }
            assert_eq!(dropped(&metrics), 3, "one is being sent, two wait");
            hooks.tell(&room, Change { before: 2, given: 0, after: 1 });
            assert_eq!(dropped(&metrics), 4);
            assert_eq!((metrics.news(News::Sent), metrics.news(News::Failed)), (0, 0));
        }
    }

    #[test]
    fn a_message_tells_counts_and_no_number() {
        let data = Data { room: "1a2b3c4d", seats: 2 };
        let body = Body { r#type: HookEvent::SeatTaken, timestamp: "2026-11-30T23:14:37Z", data };
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"type":"seat.taken","timestamp":"2026-11-30T23:14:37Z","data":{"room":"1a2b3c4d","seats":2}}"#
        );
    }
}
