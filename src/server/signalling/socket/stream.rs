//! The WebSocket of one socket: messages in and out.

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::protocol::MAX_FRAME_BYTES;
use crate::server::signalling::frame_meter::{FrameLimit, FrameMeter};

/// Read buffer, which each socket has for good: enough for an ICE candidate. A session description makes it grow.
const READ_BUFFER_BYTES: usize = 1024;
/// Write buffer: frames are gathered up to this size before a system call.
const WRITE_BUFFER_BYTES: usize = 4 * 1024;

/// The messages of a WebSocket over a stream.
pub(super) struct MessageStream<S> {
    ws: WebSocketStream<FrameMeter<S>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> MessageStream<S> {
    /// Begins with a stream that carries frames from now on.
    pub(super) async fn open(stream: S, limit: FrameLimit) -> Self {
        Self { ws: web_socket(FrameMeter::new(stream, limit)).await }
    }

    /// Reads the next message; `None` after the end. If it is dropped, nothing is lost.
    pub(super) async fn next(&mut self) -> Option<Result<Message, Error>> {
        self.ws.next().await
    }

    /// Writes a message and `more` of them, with one flush.
    ///
    /// # Errors
    /// If the stream cannot be written to.
    pub(super) async fn write(
        &mut self,
        first: Message,
        more: impl Iterator<Item = Message>,
    ) -> Result<(), Error> {
        for message in std::iter::once(first).chain(more) {
            self.ws.feed(message).await?;
        }
        self.ws.flush().await
    }

    /// Reads what still comes, and throws it away.
    pub(super) async fn discard(&mut self) {
        self.ws.get_mut().discard().await;
    }
}

async fn web_socket<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> WebSocketStream<S> {
    let buffers = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES + 2 * MAX_FRAME_BYTES)
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(buffers)).await
}
