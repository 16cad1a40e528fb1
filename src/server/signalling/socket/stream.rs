//! The WebSocket of one socket: messages in and out, through buffers that are given back after use.
//!
//! A WebSocket of tungstenite keeps the largest buffers that it ever needed. One that is quiet is replaced, between two
//! messages, by a new one on the same stream.

use futures::{FutureExt, SinkExt, StreamExt};
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
/// Most bytes that may wait in the write buffer.
const MOST_WAITING_BYTES: usize = WRITE_BUFFER_BYTES + 2 * MAX_FRAME_BYTES;
/// Most bytes written at once by a socket on which nothing but signs of life go to and fro.
const SIGN_OF_LIFE_BYTES: usize = 64;

/// The messages of a WebSocket over a stream.
pub(super) struct MessageStream<S> {
    ws: WebSocketStream<FrameMeter<S>>,
    /// Number of messages read.
    read: u64,
    buffers: Buffers,
}

/// What the buffers have been used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Buffers {
    /// For signs of life only.
    Fresh,
    /// For messages.
    Used,
    /// For messages, and then for nothing from one rest to the next.
    Quiet,
}

impl<S: AsyncRead + AsyncWrite + Unpin> MessageStream<S> {
    /// Begins with a stream that carries frames from now on.
    pub(super) async fn open(stream: S, limit: FrameLimit) -> Self {
        Self { ws: web_socket(FrameMeter::new(stream, limit)).await, read: 0, buffers: Buffers::Fresh }
    }

    /// Reads the next message; `None` after the end. If it is dropped, nothing is lost.
    pub(super) async fn next(&mut self) -> Option<Result<Message, Error>> {
        let next = self.ws.next().await;
        if let Some(Ok(message)) = &next {
            self.read += 1;
            if !matches!(message, Message::Ping(_) | Message::Pong(_)) {
                self.buffers = Buffers::Used;
            }
        }
        next
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
        let mut bytes = 0;
        for message in std::iter::once(first).chain(more) {
            bytes += message.len();
            if bytes > SIGN_OF_LIFE_BYTES {
                self.buffers = Buffers::Used;
            }
            self.ws.feed(message).await?;
        }
        self.ws.flush().await
    }

    /// Gives the buffers back if there were no messages since the rest before.
    pub(super) async fn rest(&mut self) {
        match self.buffers {
            Buffers::Fresh => {}
            Buffers::Used => self.buffers = Buffers::Quiet,
            Buffers::Quiet => {
                if self.renew().await {
                    self.buffers = Buffers::Fresh;
                }
            }
        }
    }

    /// Goes on in a new WebSocket, unless there is something in this one: bytes to be written, a pong among them, part
    /// of a frame, part of a message, or a message that was not taken out yet.
    async fn renew(&mut self) -> bool {
        let mut flush = || matches!(self.ws.flush().now_or_never(), Some(Ok(())));
        // Twice: a flush puts a pong into the buffer only if there is space before it writes the buffer, and says nothing
        // of one that it had to leave out.
        let is_written = flush() && flush();
        if !is_written || self.ws.get_ref().whole_messages() != Some(self.read) {
            return false;
        }
        self.ws = web_socket(self.ws.get_mut().take()).await;
        true
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
        .max_write_buffer_size(MOST_WAITING_BYTES)
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(buffers)).await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

    use super::*;
    use crate::server::net::rate::Rate;

    const TEXT: OpCode = OpCode::Data(Data::Text);
    const MORE: OpCode = OpCode::Data(Data::Continue);
    const PING: OpCode = OpCode::Control(Control::Ping);
    const PONG: OpCode = OpCode::Control(Control::Pong);

    /// A masked frame, as a browser sends it.
    fn frame(kind: OpCode, text: &str, is_last: bool) -> Vec<u8> {
        let mut frame = Frame::message(text.as_bytes().to_vec(), TEXT, is_last);
        (frame.header_mut().opcode, frame.header_mut().mask) = (kind, Some([1, 2, 3, 4]));
        let mut written = Vec::new();
        frame.format(&mut written).unwrap();
        written
    }

    /// The messages of a stream, and its other side.
    async fn stream(buffer: usize) -> (MessageStream<DuplexStream>, DuplexStream) {
        let rate = Rate::new(1_000_000, 1_000_000);
        let (near, far) = duplex(buffer);
        (MessageStream::open(near, FrameLimit { frames: rate, bytes: rate }).await, far)
    }

    /// Takes out all messages that have come.
    async fn come(messages: &mut MessageStream<DuplexStream>) -> Vec<Message> {
        // The system allows a task only so many reads in one go.
        tokio::task::yield_now().await;
        let next = || messages.next().now_or_never();
        std::iter::from_fn(next).map(|message| message.unwrap().unwrap()).collect()
    }

    #[tokio::test]
    async fn byte_by_byte_no_message_is_lost_by_a_renewal_at_any_moment() {
        let (mut messages, mut far) = stream(4096).await;
        let long = "x".repeat(3_000);
        let sent = [
            frame(TEXT, "one", true),
            frame(TEXT, "t", false),
            frame(PING, "still there?", true),
            frame(MORE, "w", false),
            frame(MORE, "", false),
            frame(MORE, "o", true),
            frame(TEXT, "", true),
            frame(TEXT, &long, true),
            frame(PONG, "", true),
            frame(PING, "", true),
            frame(TEXT, "end", true),
        ];
        let (mut heard, mut renewals) = (Vec::new(), 0);
        for byte in sent.concat() {
            far.write_all(&[byte]).await.unwrap();
            heard.extend(come(&mut messages).await);
            renewals += u32::from(messages.renew().await);
        }
        let (ping, pong) = (Message::Ping("still there?".into()), Message::Pong(Default::default()));
        let texts = |texts: &[&str]| texts.iter().map(|text| Message::text(*text)).collect::<Vec<_>>();
        let expected = [
            texts(&["one"]),
            vec![ping],
            texts(&["two", "", &long]),
            vec![pong, Message::Ping(Default::default())],
            texts(&["end"]),
        ];
        assert_eq!(heard, expected.concat());
        assert_eq!(renewals, 7, "one after each message, but for that between frames of another");
        messages.write(Message::text("back"), std::iter::empty()).await.unwrap();
        drop(messages);
        let mut answers = Vec::new();
        far.read_to_end(&mut answers).await.unwrap();
        assert_eq!(answers, b"\x8a\x0cstill there?\x8a\x00\x81\x04back");
    }

    #[tokio::test]
    async fn a_message_that_was_read_and_not_taken_out_is_kept() {
        let (mut messages, mut far) = stream(4096).await;
        far.write_all(&[frame(TEXT, "one", true), frame(TEXT, "two", true)].concat()).await.unwrap();
        assert_eq!(messages.next().await.unwrap().unwrap(), Message::text("one"));
        assert!(!messages.renew().await);
        assert_eq!(come(&mut messages).await, [Message::text("two")]);
        assert!(messages.renew().await);
    }

    #[tokio::test]
    async fn a_pong_that_cannot_be_written_yet_is_kept() {
        let (mut messages, mut far) = stream(64).await;
        let mut heard = 0;
        for text in ["1", "2"] {
            far.write_all(&frame(PING, &text.repeat(40), true)).await.unwrap();
            heard += come(&mut messages).await.len();
        }
        assert_eq!(heard, 2);
        assert!(!messages.renew().await, "the other side has to read first");
        let mut answers = vec![0; 2 * 42];
        let read = async { far.read_exact(&mut answers).await.map(drop) };
        tokio::select! {
            read = read => read.unwrap(),
            next = messages.next() => panic!("{next:?}"),
        }
        assert!(answers.ends_with(&[b'2'; 40]) && answers[2..].starts_with(&[b'1'; 40]));
        assert!(messages.renew().await);
    }

    #[tokio::test]
    async fn a_pong_for_which_the_buffer_had_no_space_is_written_before_a_renewal() {
        /// Of a frame that is longer than 65,535 bytes (RFC 6455, section 5.2).
        const HEAD: usize = 10;
        let (mut messages, mut far) = stream(2 * MOST_WAITING_BYTES).await;
        let long = Message::text("x".repeat(MOST_WAITING_BYTES - HEAD));
        // Two fill the way to the other side, the third one the buffer.
        for is_written in [true, true, false] {
            let written = messages.write(long.clone(), std::iter::empty()).now_or_never();
            assert_eq!(written.is_some(), is_written);
        }
        far.write_all(&frame(PING, "", true)).await.unwrap();
        assert_eq!(come(&mut messages).await, [Message::Ping(Default::default())]);
        far.read_exact(&mut vec![0; 2 * MOST_WAITING_BYTES]).await.unwrap();
        assert!(messages.renew().await);
        drop(messages);
        let mut rest = Vec::new();
        far.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.len(), MOST_WAITING_BYTES + 2);
        assert!(rest.ends_with(b"\x8a\x00"));
    }

    #[tokio::test]
    async fn buffers_are_given_back_after_a_rest_without_a_message() {
        let (mut messages, mut far) = stream(4096).await;
        let heartbeat = || Message::text(r#"{"type":"heartbeat"}"#);
        messages.write(Message::Ping(Default::default()), std::iter::once(heartbeat())).await.unwrap();
        far.write_all(&frame(PONG, "", true)).await.unwrap();
        come(&mut messages).await;
        assert_eq!(messages.buffers, Buffers::Fresh, "signs of life need little");
        for is_read in [true, false] {
            if is_read {
                far.write_all(&frame(TEXT, "candidate", true)).await.unwrap();
                come(&mut messages).await;
            } else {
                messages.write(heartbeat(), std::iter::repeat_n(heartbeat(), 3)).await.unwrap();
            }
            let mut states = Vec::new();
            for _ in 0..3 {
                states.push(messages.buffers);
                messages.rest().await;
            }
            assert_eq!(states, [Buffers::Used, Buffers::Quiet, Buffers::Fresh]);
        }
    }
}
