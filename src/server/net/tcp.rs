//! TCP streams to peers that may not read: the system holds little for them, and a stream that is given up while it
//! is stuck is reset, so that nothing of it stays.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Bytes that the system holds for one stream of pages or signals. Linux counts its own structures and doubles the
/// number for them, so a peer that reads nothing costs at most 192 KiB and one segment. It is also the most that is
/// on its way at one time: more than slow start sends in any round trip of a page of 200 KB, and 7 Mbit/s over a
/// path with a round trip of 100 ms.
const PAGE_BUFFER: usize = 96 * 1024;
/// Bytes among these that are not yet on their way; more would only wait in the system for what the peer can take.
const MAX_UNSENT: u32 = 32 * 1024;
/// The same for a stream of the relay: more would only be late.
const RELAY_BUFFER: usize = 128 * 1024;

/// Has the system hold little for streams that `listener` accepts; they inherit it. After `patience` without any
/// progress it resets a stream, also one that was closed before its peer had read everything.
pub(crate) fn hold_little(listener: &TcpListener, patience: Duration) {
    let socket = SockRef::from(listener);
    // None of it may fail a start: a system without an option does as it always does.
    drop(socket.set_send_buffer_size(PAGE_BUFFER));
    #[cfg(target_os = "linux")]
    {
        drop(socket.set_tcp_notsent_lowat(MAX_UNSENT));
        drop(socket.set_tcp_user_timeout(Some(patience)));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (MAX_UNSENT, patience);
}

/// Has the system hold for a stream what relayed media need.
pub(crate) fn hold_media(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    // It may not fail a call.
    drop(socket.set_send_buffer_size(RELAY_BUFFER));
    // What the system has by itself, where the stream inherited another limit.
    #[cfg(target_os = "linux")]
    drop(socket.set_tcp_notsent_lowat(0));
}

/// A stream that is reset when it is dropped while its peer does not take what was to be written.
#[derive(Debug)]
pub(crate) struct ResettingStream {
    stream: TcpStream,
    is_stuck: bool,
}

impl ResettingStream {
    /// Takes over `stream`.
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, is_stuck: false }
    }

    /// The stream itself.
    pub(crate) fn get_ref(&self) -> &TcpStream {
        &self.stream
    }

    fn noted<T>(&mut self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.is_stuck = !matches!(written, Poll::Ready(Ok(_)));
        written
    }
}

impl Drop for ResettingStream {
    fn drop(&mut self) {
        if self.is_stuck {
            // RFC 9293, section 3.10.4: an abort. Without it the system would try for minutes to send the rest.
            drop(SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)));
        }
    }
}

impl AsyncRead for ResettingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ResettingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.noted(written)
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;

    async fn pair() -> (ResettingStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        hold_little(&listener, Duration::from_secs(20));
        let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (ResettingStream::new(listener.accept().await.unwrap().0), far)
    }

    #[tokio::test]
    async fn a_stuck_stream_is_reset_and_another_delivers_what_was_written() {
        let (mut near, mut far) = pair().await;
        near.write_all(b"farewell").await.unwrap();
        drop(near);
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"farewell");

        let (mut near, mut far) = pair().await;
        let bytes = vec![0; 64 << 20];
        assert!(timeout(Duration::from_millis(100), near.write_all(&bytes)).await.is_err(), "it got stuck");
        drop(near);
        let fault = far.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::ConnectionReset);
    }
}
