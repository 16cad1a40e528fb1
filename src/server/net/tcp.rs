//! TCP streams to peers that may not read: the system holds little for them. A stream that is dropped while it is
//! stuck is reset, so that nothing of it stays.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Send buffer of one stream of pages or signalling, in bytes. Linux doubles the number for its own structures, so a
/// peer that reads nothing costs at most 192 KiB and one segment. It also bounds the bytes in flight: more than slow
/// start sends in any round trip of a page of 200 KB, and 7 Mbit/s over a path with a round trip of 100 ms.
const PAGE_BUFFER: usize = 96 * 1024;
/// Most bytes in it that are not in flight (TCP_NOTSENT_LOWAT); more would only wait for the peer.
const MAX_UNSENT: u32 = 32 * 1024;
/// Send buffer of one stream of the relay, in bytes; media in a larger one would only be late.
const RELAY_BUFFER: usize = 128 * 1024;

/// Sets small send buffers on `listener`, which accepted streams inherit. After `patience` without any progress Linux
/// resets a stream, even a closed one whose peer has not read everything.
pub(crate) fn hold_little(listener: &TcpListener, patience: Duration) {
    let socket = SockRef::from(listener);
    // A failure must not stop the start: without an option the system's default holds.
    drop(socket.set_send_buffer_size(PAGE_BUFFER));
    #[cfg(target_os = "linux")]
    {
        drop(socket.set_tcp_notsent_lowat(MAX_UNSENT));
        drop(socket.set_tcp_user_timeout(Some(patience)));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (MAX_UNSENT, patience);
}

/// Sets the send buffer of a stream for relayed media.
pub(crate) fn hold_media(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    // A failure must not end a call.
    drop(socket.set_send_buffer_size(RELAY_BUFFER));
    // The system's default, in place of the limit inherited from the listener.
    #[cfg(target_os = "linux")]
    drop(socket.set_tcp_notsent_lowat(0));
}

/// A stream that is reset if it is dropped while a write is stuck.
#[derive(Debug)]
pub(crate) struct ResettingStream {
    stream: TcpStream,
    is_stuck: bool,
}

impl ResettingStream {
    /// Wraps `stream`.
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, is_stuck: false }
    }

    /// The wrapped stream.
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
            // An abort (RFC 9293, section 3.10.5). Without it the system would try for minutes to send the rest.
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
