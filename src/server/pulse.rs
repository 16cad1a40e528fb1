//! Whether a connection is still of use: somebody asks, or is being answered.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

/// Bytes that are more than the frames with which HTTP/2 talks about itself, such as answers to pings.
const LEAST_ANSWER: usize = 256;

/// When it was of use last; clones tell of the same connection.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    start: Instant,
    /// Milliseconds since then.
    last: Arc<AtomicU64>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { start: Instant::now(), last: Arc::default() }
    }
}

impl Pulse {
    /// Done as soon as it was of no use for `limit`.
    pub(super) async fn still_for(&self, limit: Duration) {
        loop {
            let due = self.start + Duration::from_millis(self.last.load(Ordering::Relaxed)) + limit;
            if Instant::now() >= due {
                return;
            }
            sleep_until(due).await;
        }
    }

    /// It is of use now.
    pub(super) fn beat(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }
}

/// A stream whose pulse is taken.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    pulse: Pulse,
}

impl<S> Watched<S> {
    /// Beats for every answer, or part of one, that `stream` takes.
    pub(super) fn new(stream: S, pulse: Pulse) -> Self {
        Self { stream, pulse }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(result, Poll::Ready(Ok(LEAST_ANSWER..))) {
            self.pulse.beat();
        }
        result
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
        let pulse = Pulse::default();
        let (near, mut far) = duplex(1024);
        let mut near = Watched::new(near, pulse.clone());
        let began = Instant::now();
        advance(Duration::from_secs(6)).await;
        near.write_all(&[0; LEAST_ANSWER]).await.unwrap();
        advance(Duration::from_secs(6)).await;
        pulse.beat();
        advance(Duration::from_secs(6)).await;
        far.write_all(b"ping").await.unwrap();
        near.read_u32().await.unwrap();
        near.write_all(b"pong").await.unwrap();
        pulse.still_for(limit).await;
        assert_eq!(began.elapsed().as_secs(), 22);
    }
}
