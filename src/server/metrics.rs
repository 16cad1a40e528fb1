//! Counts of what happens on the server, for those who watch it. No label is a room, a name or an address.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use strum::{EnumIter, IntoEnumIterator, IntoStaticStr};

use crate::protocol::{CAPACITY_RANGE, CloseCode};

/// Most seats of a room.
const MOST_SEATS: usize = *CAPACITY_RANGE.end();

/// One label, out of a few values.
type Label<V = &'static str> = [(&'static str, V); 1];

/// The counts; clones are the same. Counting is one or two atomic operations, but for joins, closes and refusals, which
/// also take a lock for a moment.
#[derive(Clone, Debug)]
pub struct Metrics {
    seats: Family<Label, Gauge>,
    present: Gauge,
    away: Gauge,
    /// Rooms by the number of their seats, from 1 on.
    rooms: Arc<[Gauge; MOST_SEATS]>,
    joins: Family<Label, Counter>,
    join_seconds: Histogram,
    signals: Counter,
    bad_messages: Counter,
    closes: Family<Label<u16>, Counter>,
    refused: Family<Label, Counter>,
    ended: Counter,
    hooks: Family<Label, Counter>,
}

/// The seats of one room that are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Seats with a socket.
    pub(crate) present: usize,
    /// Seats kept for a return.
    pub(crate) away: usize,
}

/// The way in which a join got its seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum JoinKind {
    /// As the first in its room.
    Created,
    /// In a room with others.
    Joined,
    /// In the seat that it had before.
    Back,
}

/// The reason why a request, a socket or a join is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Refusal {
    /// The request is for another name than this server's.
    Name,
    /// The page of the socket is of another origin.
    Origin,
    /// The server stops.
    Stopping,
    /// Too many sockets, in all or from one network.
    Sockets,
    /// Too many joins from one network.
    Joins,
    /// The server takes no further room.
    Rooms,
    /// The room has no free seat.
    RoomFull,
    /// Too many wait for a seat in the room.
    Waiting,
}

/// What became of a message to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum News {
    /// The receiver has it.
    Sent,
    /// All tries were in vain, or it was too old by its turn.
    Failed,
    /// Too many waited, or the server stopped.
    Dropped,
}

impl Default for Metrics {
    fn default() -> Self {
        let seats = Family::<Label, Gauge>::default();
        let metrics = Self {
            present: seats.get_or_create_owned(&[("state", "present")]),
            away: seats.get_or_create_owned(&[("state", "away")]),
            seats,
            rooms: Arc::default(),
            joins: Family::default(),
            // From 10 microseconds to 2.6 seconds.
            join_seconds: Histogram::new(exponential_buckets(0.000_01, 4.0, 10)),
            signals: Counter::default(),
            bad_messages: Counter::default(),
            closes: Family::default(),
            refused: Family::default(),
            ended: Counter::default(),
            hooks: Family::default(),
        };
        // A rate needs the zero before the first event.
        JoinKind::iter().for_each(|how| drop(metrics.joins.get_or_create(&label("how", how))));
        News::iter().for_each(|how| drop(metrics.hooks.get_or_create(&label("how", how))));
        Refusal::iter().for_each(|why| drop(metrics.refused.get_or_create(&label("why", why))));
        CloseCode::ALL.iter().for_each(|code| drop(metrics.closes.get_or_create(&[("code", code.code())])));
        metrics
    }
}

impl Metrics {
    /// Adds all of them to what is exposed.
    pub(crate) fn register(&self, exposed: &mut Registry) {
        exposed.register("seats", "Seats that are taken", self.seats.clone());
        exposed.register("joins", "Seats given to a socket", self.joins.clone());
        exposed.register("join_seconds", "Time that a join took, locks included", self.join_seconds.clone());
        exposed.register("signals", "Signals forwarded between two seats", self.signals.clone());
        exposed.register("bad_messages", "Malformed messages", self.bad_messages.clone());
        exposed.register("closes", "Sockets that the server closed", self.closes.clone());
        exposed.register("refused", "Requests, sockets and joins refused", self.refused.clone());
        exposed.register("rooms_ended", "Rooms that the host ended", self.ended.clone());
        exposed.register("hooks", "Messages to webhooks", self.hooks.clone());
    }

    /// Counts the rooms by the number of their seats that are taken, from 1 on.
    pub(crate) fn rooms(&self) -> [i64; MOST_SEATS] {
        self.rooms.each_ref().map(Gauge::get)
    }

    /// Notes that the seats of a room changed; a room without any is none.
    pub(crate) fn seats(&self, before: Taken, after: Taken) {
        let all = |taken: Taken| taken.present + taken.away;
        if all(before) != all(after) {
            let of_size = |taken| all(taken).checked_sub(1).and_then(|size| self.rooms.get(size));
            of_size(before).map(Gauge::dec);
            of_size(after).map(Gauge::inc);
        }
        let change = |gauge: &Gauge, before: usize, after: usize| {
            if before != after {
                gauge.inc_by(after as i64 - before as i64);
            }
        };
        change(&self.present, before.present, after.present);
        change(&self.away, before.away, after.away);
    }

    /// Counts a join that got a seat after `time`.
    pub(crate) fn joined(&self, how: JoinKind, time: Duration) {
        self.joins.get_or_create(&label("how", how)).inc();
        self.join_seconds.observe(time.as_secs_f64());
    }

    /// Counts a signal that was forwarded.
    pub(crate) fn signalled(&self) {
        self.signals.inc();
    }

    /// Counts a malformed message.
    pub(crate) fn bad_message(&self) {
        self.bad_messages.inc();
    }

    /// Counts a socket that the server closes.
    pub(crate) fn closed(&self, code: CloseCode) {
        self.closes.get_or_create(&[("code", code.code())]).inc();
    }

    /// Counts a room that the host ended.
    pub(crate) fn ended(&self) {
        self.ended.inc();
    }

    /// Counts messages to a webhook by what became of them.
    pub(crate) fn told(&self, how: News, messages: usize) {
        self.hooks.get_or_create(&label("how", how)).inc_by(messages as u64);
    }

    /// Number of messages to webhooks of which this became.
    #[cfg(test)]
    pub(crate) fn news(&self, how: News) -> u64 {
        self.hooks.get_or_create(&label("how", how)).get()
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, why: Refusal) {
        self.refused.get_or_create(&label("why", why)).inc();
    }
}

fn label(name: &'static str, value: impl Into<&'static str>) -> Label {
    [(name, value.into())]
}
