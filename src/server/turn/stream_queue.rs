//! The bounded queue of whole messages to be written to one stream.

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::message::padded;

/// Most bytes that wait, besides those being written. A stream slower than its calls loses packets, as a slow network
/// does, and late media is of no use in a call.
const MAX_WAITING: usize = 32 * 1024;
/// Capacity that a written buffer may keep; a larger one is freed.
const KEPT: usize = 16 * 1024;

/// The queue of one stream, filled by any task and emptied by the stream's own.
#[derive(Debug, Default)]
pub(super) struct StreamQueue(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<u8>,
    writer: Option<Waker>,
}

impl StreamQueue {
    /// Adds a message, or drops it when the queue is full.
    pub(super) fn push(&self, message: &[u8]) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let length = queue.waiting.len() + padded(message.len());
        if length > MAX_WAITING {
            return;
        }
        queue.waiting.extend_from_slice(message);
        // Pads ChannelData only: STUN messages are multiples of four by themselves.
        queue.waiting.resize(length, 0);
        let writer = queue.writer.take();
        drop(queue);
        if let Some(writer) = writer {
            writer.wake();
        }
    }

    /// Swaps the waiting messages for the buffer `written`, whose bytes have been written.
    pub(super) fn poll_take(&self, context: &mut Context<'_>, written: &mut Vec<u8>) -> Poll<()> {
        written.clear();
        if written.capacity() > KEPT {
            *written = Vec::new();
        }
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.is_empty() {
            queue.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        mem::swap(&mut queue.waiting, written);
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(outbox: &StreamQueue) -> Option<Vec<u8>> {
        let mut taken = Vec::new();
        outbox.poll_take(&mut Context::from_waker(Waker::noop()), &mut taken).is_ready().then_some(taken)
    }

    #[test]
    fn messages_are_padded_and_kept_in_order() {
        let outbox = StreamQueue::default();
        assert_eq!(taken(&outbox), None);
        outbox.push(&[0x40, 0, 0, 1, 7]);
        outbox.push(&[0x40, 0, 0, 0]);
        assert_eq!(taken(&outbox), Some(vec![0x40, 0, 0, 1, 7, 0, 0, 0, 0x40, 0, 0, 0]));
        assert_eq!(taken(&outbox), None);
    }

    #[test]
    fn what_nobody_reads_is_dropped_whole() {
        let outbox = StreamQueue::default();
        for _ in 0..1_000 {
            outbox.push(&[7; 1_000]);
        }
        let taken = taken(&outbox).unwrap();
        assert!(taken.len() <= MAX_WAITING && taken.len().is_multiple_of(1_000), "{}", taken.len());
    }
}
