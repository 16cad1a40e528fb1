//! The task of one webhook: it takes the messages out of the queue, tries to send them, and reports what became of them.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::queue::{Attempt, Message, Queue};
use super::sender::{Failure, Sender};
use super::trouble::Trouble;
use crate::server::config::HookEvent;
use crate::server::event_log::EventLog;
use crate::server::metrics::{Metrics, News};
use crate::server::net::clock::since_epoch;

/// One webhook.
pub(super) struct Delivery {
    /// As the log names it.
    name: String,
    events: Vec<HookEvent>,
    sender: Sender,
    event_log: EventLog,
    metrics: Metrics,
    started: Instant,
    state: Mutex<State>,
    /// Wakes the task when there is something to do.
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: Queue,
    trouble: Trouble,
    /// The task has ended, or is about to.
    is_over: bool,
    /// The log has a line of what is lost by that.
    is_told: bool,
}

/// What the task does next.
enum Step {
    Send(Attempt),
    /// Until this time, or until it is woken.
    Rest(Option<Duration>),
    End,
}

impl Delivery {
    /// Makes a webhook that is told of `events`.
    pub(super) fn new(
        name: String,
        events: Vec<HookEvent>,
        sender: Sender,
        (event_log, metrics): (EventLog, Metrics),
    ) -> Self {
        let (state, wake) = (Mutex::default(), Notify::new());
        Self { name, events, sender, event_log, metrics, started: Instant::now(), state, wake }
    }

    /// Queues a message of an event, if this webhook is to be told.
    pub(super) fn push(&self, event: HookEvent, message: &Message) {
        if !self.events.contains(&event) {
            return;
        }
        let mut state = self.lock();
        if state.is_over {
            return self.lose(state, 1, 0);
        }
        if state.queue.push(self.now(), message.clone()) {
            state.trouble.lost += 1;
            self.metrics.told(News::Dropped, 1);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Sends what is queued, until the queue is closed and empty.
    pub(super) async fn run(&self) {
        loop {
            match self.next() {
                Step::Send(attempt) => {
                    let sent = self.sender.send(attempt.message(), since_epoch().as_secs()).await;
                    self.report(attempt, sent);
                }
                Step::Rest(until) => self.rest(until).await,
                Step::End => return,
            }
        }
    }

    /// Has the task try all that waits, once, and end.
    pub(super) fn close(&self) {
        self.lock().queue.close();
        self.wake.notify_one();
    }

    /// Gives up what is not sent yet, and all that comes later; the task is ended. The log tells of that, and of what
    /// was lost since its last line.
    pub(super) fn give_up(&self) {
        let mut state = self.lock();
        state.is_over = true;
        let (left, untold) = (state.queue.len(), state.trouble.untold());
        self.lose(state, left, untold as usize);
    }

    /// Counts what is lost as the server stops, and logs the first of it, with what was counted already and not logged.
    fn lose(&self, mut state: MutexGuard<'_, State>, messages: usize, untold: usize) {
        if messages + untold == 0 {
            return;
        }
        let is_told = std::mem::replace(&mut state.is_told, true);
        drop(state);
        self.metrics.told(News::Dropped, messages);
        if !is_told {
            let lost = messages + untold;
            self.event_log.warn("news for a webhook are lost, as the server stops", &self.name, lost);
        }
    }

    fn next(&self) -> Step {
        let mut state = self.lock();
        if state.is_over {
            return Step::End;
        }
        let State { queue, trouble, .. } = &mut *state;
        let now = self.now();
        let old = queue.expire(now);
        if old > 0 {
            trouble.lost += u32::try_from(old).unwrap_or(u32::MAX);
            self.metrics.told(News::Failed, old);
        }
        match queue.take(now) {
            Some(attempt) => Step::Send(attempt),
            None if queue.is_over() => Step::End,
            None => Step::Rest(queue.deadline()),
        }
    }

    async fn rest(&self, until: Option<Duration>) {
        let woken = self.wake.notified();
        match until.and_then(|until| self.started.checked_add(until)) {
            Some(until) => drop(timeout_at(until.into(), woken).await),
            None => woken.await,
        }
    }

    fn report(&self, attempt: Attempt, sent: Result<(), Failure>) {
        let now = self.now();
        let mut state = self.lock();
        if state.is_over {
            // It is counted among those that are given up.
            return;
        }
        let State { queue, trouble, .. } = &mut *state;
        match &sent {
            Ok(()) => {
                queue.sent();
                self.metrics.told(News::Sent, 1);
            }
            Err(_) => {
                trouble.failures += 1;
                if queue.failed(now, attempt) {
                    trouble.lost += 1;
                    self.metrics.told(News::Failed, 1);
                }
            }
        }
        let line = trouble.line(now);
        drop(state);
        let Some(Trouble { failures, lost, .. }) = line else { return };
        if failures > 0 {
            let why = sent.err().map_or_else(|| self.name.clone(), |why| format!("{}: {why}", self.name));
            self.event_log.remark("a webhook cannot be told", &why, failures);
        }
        if lost > 0 {
            self.event_log.remark("news for a webhook are lost", &self.name, lost);
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("name", &self.name).finish_non_exhaustive()
    }
}
