//! The queue of one webhook: what waits to be sent, when it is tried, and when it is given up. Time is an argument.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Messages that may wait.
pub(super) const MOST_WAITING: usize = 1_000;
/// Pauses after the first try that failed, the second, and so on; after the last there is no further try. Even if each
/// try takes [`TRY_WITHIN`](super::sender::TRY_WITHIN), the last one begins before the message is too old.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(45), Duration::from_secs(180)];
/// Age at which a message is told to nobody any more.
const TOO_OLD: Duration = Duration::from_secs(300);
/// Pause after a failure before any message is tried: a receiver that is down is not pressed by all that wait.
const REST: Duration = Duration::from_secs(1);

/// A message to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// The same at each try, so that the receiver knows it again.
    pub(super) id: Arc<str>,
    /// JSON.
    pub(super) body: Arc<str>,
}

/// A message that is being sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    message: Message,
    number: u64,
    begun: Duration,
    failures: usize,
}

impl Attempt {
    pub(super) fn message(&self) -> &Message {
        &self.message
    }
}

/// The queue. One message is sent at a time; the other ones wait in the order of their coming, or of their next tries.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// By number, so that the oldest is the first.
    waiting: BTreeMap<u64, Waiting>,
    last_number: u64,
    rests_until: Duration,
    is_sending: bool,
    is_closing: bool,
}

#[derive(Debug)]
struct Waiting {
    message: Message,
    begun: Duration,
    due: Duration,
    failures: usize,
}

impl Queue {
    /// Adds a message. Returns whether another one, the oldest, was dropped for it.
    pub(super) fn push(&mut self, now: Duration, message: Message) -> bool {
        self.last_number += 1;
        self.put(self.last_number, Waiting { message, begun: now, due: now, failures: 0 })
    }

    /// Removes the messages that are too old, and returns their number.
    pub(super) fn expire(&mut self, now: Duration) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|_, waiting| now < waiting.begun + TOO_OLD);
        before - self.waiting.len()
    }

    /// Takes the message that is to be sent now, if there is one; [`Queue::sent`] or [`Queue::failed`] must follow.
    pub(super) fn take(&mut self, now: Duration) -> Option<Attempt> {
        if self.deadline()? > now {
            return None;
        }
        let (_, number) = self.first()?;
        let Waiting { message, begun, failures, .. } = self.waiting.remove(&number)?;
        self.is_sending = true;
        Some(Attempt { message, number, begun, failures })
    }

    /// When [`Queue::take`] has something next; `None` until something is pushed.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let (due, _) = self.first()?;
        Some(if self.is_closing { Duration::ZERO } else { due.max(self.rests_until) })
    }

    /// Takes it that the message has arrived.
    pub(super) fn sent(&mut self) {
        self.is_sending = false;
        self.rests_until = Duration::ZERO;
    }

    /// Takes it that the message has not arrived. Returns whether it is given up.
    pub(super) fn failed(&mut self, now: Duration, attempt: Attempt) -> bool {
        let Attempt { message, number, begun, failures } = attempt;
        self.is_sending = false;
        self.rests_until = now + REST;
        let due = PAUSES.get(failures).map(|pause| now + *pause).filter(|due| *due < begun + TOO_OLD);
        match due {
            // The newer ones are worth more.
            Some(_) if self.waiting.len() >= MOST_WAITING => true,
            Some(due) if !self.is_closing => {
                self.put(number, Waiting { message, begun, due, failures: failures + 1 });
                false
            }
            _ => true,
        }
    }

    /// From now on each message that waits is tried once, at once.
    pub(super) fn close(&mut self) {
        self.is_closing = true;
    }

    /// Whether the queue is closed and all of it was tried.
    pub(super) fn is_over(&self) -> bool {
        self.is_closing && self.len() == 0
    }

    /// Number of messages that have not arrived yet.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + usize::from(self.is_sending)
    }

    fn put(&mut self, number: u64, waiting: Waiting) -> bool {
        let is_full = self.waiting.len() >= MOST_WAITING && self.waiting.pop_first().is_some();
        self.waiting.insert(number, waiting);
        is_full
    }

    fn first(&self) -> Option<(Duration, u64)> {
        self.waiting.iter().map(|(number, waiting)| (waiting.due, *number)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);
    const MOMENT: Duration = Duration::from_millis(1);

    fn message(id: usize) -> Message {
        Message { id: id.to_string().into(), body: "{}".into() }
    }

    fn queue(count: usize) -> Queue {
        let mut queue = Queue::default();
        for id in 1..=count {
            assert!(!queue.push(START, message(id)));
        }
        queue
    }

    fn id(attempt: Option<&Attempt>) -> Option<usize> {
        attempt.map(|attempt| attempt.message.id.parse().unwrap())
    }

    /// Tries everything at its time, each try lasting `lasts` and failing; returns when each try began.
    fn tries(queue: &mut Queue, lasts: Duration) -> Vec<Duration> {
        let mut tries = Vec::new();
        let mut now = START;
        while let Some(due) = queue.deadline() {
            now = now.max(due);
            queue.expire(now);
            let Some(attempt) = queue.take(now) else { break };
            tries.push(now - START);
            now += lasts;
            queue.failed(now, attempt);
        }
        tries
    }

    #[test]
    fn a_message_is_tried_five_times_in_five_minutes_with_growing_pauses() {
        let refused = tries(&mut queue(1), Duration::ZERO);
        assert_eq!(refused, [0, 2, 12, 57, 237].map(Duration::from_secs));
        let hung = tries(&mut queue(1), Duration::from_secs(10));
        assert_eq!(hung, [0, 12, 32, 87, 277].map(Duration::from_secs));
    }

    #[test]
    fn nothing_is_tried_before_its_time() {
        let mut queue = queue(1);
        let attempt = queue.take(START).unwrap();
        assert_eq!((queue.deadline(), queue.len()), (None, 1));
        assert!(!queue.failed(START, attempt));
        let due = START + PAUSES[0];
        assert_eq!((queue.deadline(), queue.take(due - MOMENT)), (Some(due), None));
        assert!(queue.take(due).is_some());
        queue.sent();
        assert_eq!((queue.deadline(), queue.len()), (None, 0));
    }

    #[test]
    fn messages_go_in_the_order_of_their_coming_one_that_failed_behind_the_others() {
        let mut queue = queue(3);
        let first = queue.take(START).unwrap();
        queue.failed(START, first);
        assert_eq!(queue.take(START), None, "the receiver is given a rest");
        let mut order = Vec::new();
        let mut now = START + REST;
        while let Some(attempt) = queue.take(now) {
            order.extend(id(Some(&attempt)));
            queue.sent();
            now = queue.deadline().unwrap_or(now);
        }
        assert_eq!(order, [2, 3, 1]);
    }

    #[test]
    fn a_receiver_that_is_down_is_tried_once_a_second_however_much_waits() {
        let tries = tries(&mut queue(MOST_WAITING), Duration::ZERO);
        let first_minute = tries.iter().filter(|at| **at < Duration::from_secs(60)).count();
        assert_eq!(first_minute, 60);
        assert!(tries.last().unwrap() < &TOO_OLD, "nothing is told that is five minutes old");
    }

    #[test]
    fn one_too_many_drops_the_oldest() {
        let mut queue = queue(MOST_WAITING);
        assert!(queue.push(START, message(MOST_WAITING + 1)));
        assert_eq!((queue.len(), id(queue.take(START).as_ref())), (MOST_WAITING, Some(2)));
        let failed = Attempt { message: message(2), number: 2, begun: START, failures: 0 };
        assert!(!queue.push(START, message(0)), "there is room while one is being sent");
        assert!(queue.failed(START, failed), "and none for its next try");
        assert_eq!(queue.len(), MOST_WAITING);
    }

    #[test]
    fn what_waits_is_forgotten_when_it_is_too_old() {
        let mut queue = queue(2);
        queue.push(START + MOMENT, message(3));
        assert_eq!(queue.expire(START + TOO_OLD - MOMENT), 0);
        assert_eq!(queue.expire(START + TOO_OLD), 2);
        assert_eq!((queue.len(), id(queue.take(START + TOO_OLD).as_ref())), (1, Some(3)));
    }

    #[test]
    fn a_queue_that_closes_tries_all_at_once_and_once() {
        let mut queue = queue(2);
        let attempt = queue.take(START).unwrap();
        queue.failed(START, attempt);
        queue.close();
        assert!(!queue.is_over());
        for left in [1, 0] {
            let attempt = queue.take(START).unwrap();
            assert!(!queue.is_over(), "one is being sent");
            assert!(queue.failed(START, attempt));
            assert_eq!(queue.len(), left);
        }
        assert!(queue.is_over());
    }
}
