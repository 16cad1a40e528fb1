//! Idle timeout of connections: records requests and responses as activity, and ends connections that are shed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Least bytes of a write that counts as a response; HTTP/2 control frames, such as PING acks, are smaller.
const LEAST_ANSWER: usize = 256;

/// Last activity of a connection, shared by its clones.
#[derive(Clone, Debug)]
pub(crate) struct Activity(Arc<Beats>);

#[derive(Debug)]
struct Beats {
    start: Instant,
    /// Last activity, in milliseconds after `start`.
    last: AtomicU64,
    is_stuck: AtomicBool,
    shed: Notify,
}

impl Default for Activity {
    fn default() -> Self {
        Self(Arc::new(Beats {
            start: Instant::now(),
            last: AtomicU64::new(0),
            is_stuck: AtomicBool::new(false),
            shed: Notify::new(),
        }))
    }
}

impl Activity {
    /// Waits until the connection was idle for `limit`. A response that a slow client is still taking counts as
    /// activity; how long a write may take is limited elsewhere.
    pub(crate) async fn idle_for(&self, limit: Duration) {
        let mut due = self.last() + limit;
        loop {
            sleep_until(due).await;
            let now = Instant::now();
            due = if self.0.is_stuck.load(Ordering::Relaxed) { now } else { self.last() } + limit;
            if now >= due {
                return;
            }
        }
    }

    /// Records activity now.
    pub(crate) fn beat(&self) {
        let now = u64::try_from(self.0.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.last.store(now, Ordering::Relaxed);
    }

    fn written(&self, written: &Poll<io::Result<usize>>) {
        if matches!(written, Poll::Ready(Ok(LEAST_ANSWER..))) {
            self.beat();
        }
        self.0.is_stuck.store(written.is_pending(), Ordering::Relaxed);
    }

    /// Time of the last activity.
    pub(crate) fn last(&self) -> Instant {
        self.0.start + Duration::from_millis(self.0.last.load(Ordering::Relaxed))
    }

    /// Whether both belong to the same connection.
    pub(crate) fn is_of_same_connection(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Ends the connection to make room for others.
    pub(crate) fn shed(&self) {
        self.0.shed.notify_one();
    }

    /// Waits until the connection is shed. Only one task may wait, as only one is notified.
    pub(crate) async fn until_shed(&self) {
        self.0.shed.notified().await;
    }
}

/// Stream that records its writes as activity.
#[derive(Debug)]
pub(crate) struct ActivityStream<S> {
    stream: S,
    activity: Activity,
}

impl<S> ActivityStream<S> {
    /// Records activity for every response, or part of one, that `stream` takes.
    pub(crate) fn new(stream: S, activity: Activity) -> Self {
        Self { stream, activity }
    }

    /// The inner stream.
    pub(crate) fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ActivityStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ActivityStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.activity.written(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.activity.written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_and_answers_keep_it_alive_and_pings_do_not() {
        let limit = Duration::from_secs(10);
        let activity = Activity::default();
        let (near, mut far) = duplex(1024);
        let mut near = ActivityStream::new(near, activity.clone());
        let began = Instant::now();
        advance(Duration::from_secs(6)).await;
        near.write_all(&[0; LEAST_ANSWER]).await.unwrap();
        advance(Duration::from_secs(6)).await;
        activity.beat();
        advance(Duration::from_secs(6)).await;
        far.write_all(b"ping").await.unwrap();
        near.read_u32().await.unwrap();
        near.write_all(b"pong").await.unwrap();
        activity.idle_for(limit).await;
        assert_eq!(began.elapsed().as_secs(), 22);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_a_slow_peer_is_taking_keeps_it_alive() {
        let limit = Duration::from_secs(10);
        let activity = Activity::default();
        let (near, mut far) = duplex(LEAST_ANSWER);
        let mut near = ActivityStream::new(near, activity.clone());
        let began = Instant::now();
        tokio::select! {
            () = activity.idle_for(limit) => panic!("given up while it was taken"),
            written = near.write_all(&[0; 2 * LEAST_ANSWER]) => written.unwrap(),
            () = async {
                advance(Duration::from_secs(35)).await;
                far.read_exact(&mut [0; 2 * LEAST_ANSWER]).await.unwrap();
                std::future::pending().await
            } => {}
        }
        activity.idle_for(limit).await;
        assert_eq!(began.elapsed().as_secs(), 45);
    }
}
