//! The outbox of a socket: a bounded queue of frames, small while idle, that can also cut the socket.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;

use crate::protocol::CloseCode;

/// Frames whose places an empty queue keeps.
const PLACES_KEPT: usize = 8;

/// The limits of an outbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueLimit {
    /// Frames that may wait.
    pub(crate) frames: usize,
    /// Bytes in all of them.
    pub(crate) bytes: usize,
}

/// A queue with many writers and one reader, the socket's task. A socket that empties it too slowly is cut.
#[derive(Debug)]
pub(crate) struct Outbox {
    limit: QueueLimit,
    queue: Mutex<Queue>,
    reader: AtomicWaker,
}

/// The next step of the socket's task.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// Writes a frame.
    Frame(String),
    /// Closes the socket; frames that waited are dropped.
    Close(CloseCode),
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<String>,
    bytes: usize,
    cut: Option<CloseCode>,
}

impl Outbox {
    /// Makes an empty outbox.
    pub(crate) fn new(limit: QueueLimit) -> Self {
        Self { limit, queue: Mutex::default(), reader: AtomicWaker::new() }
    }

    /// Queues a frame; one too many cuts the socket with [`CloseCode::TooSlow`].
    pub(crate) fn push(&self, frame: String) {
        let mut queue = self.lock();
        if queue.cut.is_some() {
            return;
        }
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
        if queue.frames.len() > self.limit.frames || queue.bytes > self.limit.bytes {
            queue.cut(CloseCode::TooSlow);
        }
        drop(queue);
        self.reader.wake();
    }

    /// Cuts the socket and drops the frames that wait. The first code stays.
    pub(crate) fn cut(&self, code: CloseCode) {
        self.lock().cut(code);
        self.reader.wake();
    }

    /// Waits for a frame or a cut. For the socket's task only.
    pub(crate) async fn next(&self) -> Outgoing {
        poll_fn(|cx| self.poll(cx, Queue::take)).await
    }

    /// The next frame, if one waits.
    pub(crate) fn try_next(&self) -> Option<String> {
        self.lock().pop()
    }

    /// Waits until the socket is cut. For the socket's task only.
    pub(crate) async fn until_cut(&self) -> CloseCode {
        poll_fn(|cx| self.poll(cx, |queue| queue.cut)).await
    }

    fn poll<T>(&self, cx: &Context<'_>, take: fn(&mut Queue) -> Option<T>) -> Poll<T> {
        // Registered first, so that a frame queued after the check wakes the task.
        self.reader.register(cx.waker());
        take(&mut self.lock()).map_or(Poll::Pending, Poll::Ready)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Outbox {
    /// Each is equal to itself only.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Queue {
    fn take(&mut self) -> Option<Outgoing> {
        match self.cut {
            Some(code) => Some(Outgoing::Close(code)),
            None => self.pop().map(Outgoing::Frame),
        }
    }

    fn pop(&mut self) -> Option<String> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.len();
        if self.frames.is_empty() && self.frames.capacity() > PLACES_KEPT {
            self.frames = VecDeque::new();
        }
        Some(frame)
    }

    fn cut(&mut self, code: CloseCode) {
        if self.cut.is_none() {
            *self = Self { cut: Some(code), ..Self::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: QueueLimit = QueueLimit { frames: 3, bytes: 100 };

    fn pushed(frames: &[&str]) -> Outbox {
        let outbox = Outbox::new(LIMIT);
        frames.iter().for_each(|frame| outbox.push((*frame).to_owned()));
        outbox
    }

    #[tokio::test]
    async fn frames_come_out_in_order() {
        let outbox = pushed(&["a", "b"]);
        assert_eq!(outbox.next().await, Outgoing::Frame("a".into()));
        assert_eq!(outbox.try_next(), Some("b".into()));
        assert_eq!(outbox.try_next(), None);
    }

    #[tokio::test]
    async fn one_frame_or_one_byte_too_many_cuts_the_socket() {
        let long = "x".repeat(LIMIT.bytes);
        for frames in [&["a", "b", "c", "d"][..], &[&long, "y"]] {
            let outbox = pushed(frames);
            assert_eq!(outbox.until_cut().await, CloseCode::TooSlow);
            assert_eq!(outbox.next().await, Outgoing::Close(CloseCode::TooSlow));
        }
        let full = pushed(&["a", "b", "c"]);
        assert_eq!(full.next().await, Outgoing::Frame("a".into()));
    }

    #[tokio::test]
    async fn what_was_read_makes_room_again() {
        let outbox = Outbox::new(LIMIT);
        for n in 0..1_000 {
            outbox.push(format!("{n:50}"));
            assert_eq!(outbox.next().await, Outgoing::Frame(format!("{n:50}")));
        }
    }

    #[test]
    fn the_places_of_a_rush_are_given_back_once_it_is_read() {
        let outbox = Outbox::new(QueueLimit { frames: 100, bytes: 100 });
        let places = || outbox.lock().frames.capacity();
        for (frames, kept) in [(100, false), (1, true)] {
            (0..frames).for_each(|_| outbox.push("x".into()));
            let most = places();
            assert!(most >= frames);
            for _ in 1..frames {
                outbox.try_next();
                assert_eq!(places(), most, "not while some still wait");
            }
            outbox.try_next();
            assert_eq!(places(), if kept { most } else { 0 });
        }
    }

    #[tokio::test]
    async fn the_first_reason_to_cut_stays_and_nothing_is_queued_after_it() {
        let outbox = pushed(&["a"]);
        outbox.cut(CloseCode::Replaced);
        outbox.cut(CloseCode::Restart);
        outbox.push("b".into());
        assert_eq!(outbox.try_next(), None);
        assert_eq!(outbox.next().await, Outgoing::Close(CloseCode::Replaced));
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let outbox = std::sync::Arc::new(Outbox::new(LIMIT));
        let reader = tokio::spawn({
            let outbox = outbox.clone();
            async move { (outbox.next().await, outbox.until_cut().await) }
        });
        tokio::task::yield_now().await;
        outbox.push("a".into());
        tokio::task::yield_now().await;
        outbox.cut(CloseCode::Restart);
        assert_eq!(reader.await.unwrap(), (Outgoing::Frame("a".into()), CloseCode::Restart));
    }
}
