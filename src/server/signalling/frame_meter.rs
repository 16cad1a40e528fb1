//! A stream that counts WebSocket frames as they are read, before they become messages.
//!
//! Counting messages is not enough: one that never ends can have any number of frames, and empty frames add nothing
//! to its size.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::server::net::rate::{Meter, Rate};

/// Longest header of a frame (RFC 6455, section 5.2).
const MAX_HEADER_BYTES: usize = 14;
/// Bytes discarded per read.
const DISCARDED_AT_ONCE: usize = 4 * 1024;
/// Most bytes discarded in all; many times what the other side may send at once.
const DISCARDED_IN_ALL: usize = 16 * 1024 * 1024;

/// Rates at which one socket may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameLimit {
    /// Frames of any kind.
    pub(crate) frames: Rate,
    /// Bytes in them.
    pub(crate) bytes: Rate,
}

/// The read error of a socket that sent too much.
#[derive(Debug, thiserror::Error)]
#[error("too many frames, or too many bytes in them")]
pub(crate) struct TooMuch;

/// A stream that counts the frames read from it.
#[derive(Debug)]
pub(crate) struct FrameMeter<S> {
    /// `None` after [`FrameMeter::take`].
    stream: Option<S>,
    limit: FrameLimit,
    started: Instant,
    frames: Meter,
    bytes: Meter,
    header: Header,
    /// Messages whose last frame has begun.
    messages: u64,
    /// A message has begun, and its last frame has not.
    is_fragmented: bool,
    is_over: bool,
}

/// The beginning of a frame.
#[derive(Clone, Copy, Debug)]
struct Begun {
    /// The last frame of its message.
    is_last: bool,
    /// A ping, a pong or a close: a message by itself, even between the frames of another one.
    is_control: bool,
    /// Bytes of its payload.
    payload: u64,
}

/// The position of a stream within its frames.
#[derive(Debug, Default)]
struct Header {
    bytes: [u8; MAX_HEADER_BYTES],
    /// Number of header bytes read.
    read: usize,
    /// Payload bytes before the next header.
    payload: u64,
}

impl<S> FrameMeter<S> {
    /// Wraps a stream that carries frames from now on.
    pub(crate) fn new(stream: S, limit: FrameLimit) -> Self {
        Self::of(Some(stream), limit)
    }

    fn of(stream: Option<S>, limit: FrameLimit) -> Self {
        Self {
            stream,
            limit,
            started: Instant::now(),
            frames: Meter::default(),
            bytes: Meter::default(),
            header: Header::default(),
            messages: 0,
            is_fragmented: false,
            is_over: false,
        }
    }

    /// Takes the stream out, with all counts; this one is at its end from now on.
    pub(crate) fn take(&mut self) -> Self {
        let limit = self.limit;
        std::mem::replace(self, Self::of(None, limit))
    }

    /// The number of messages in all that was read, control frames included; `None` within a frame, and between the
    /// frames of a message.
    pub(crate) fn whole_messages(&self) -> Option<u64> {
        let is_between = self.header.read == 0 && self.header.payload == 0 && !self.is_fragmented;
        is_between.then_some(self.messages)
    }

    /// Counts the frames in what was read; above the limit, the next read fails.
    fn count(&mut self, read: &[u8]) {
        let (now, limit) = (self.started.elapsed(), self.limit);
        self.header.frames(read, |Begun { is_last, is_control, payload }| {
            let payload = u32::try_from(payload).unwrap_or(u32::MAX);
            self.is_over |=
                !self.frames.allows(now, limit.frames) || !self.bytes.allows_many(now, limit.bytes, payload);
            self.messages += u64::from(is_last);
            if !is_control {
                self.is_fragmented = !is_last;
            }
        });
    }
}

impl<S: AsyncRead + Unpin> FrameMeter<S> {
    /// Discards incoming bytes, up to a limit, so that the connection can be closed without a reset.
    pub(crate) async fn discard(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        let mut buffer = vec![0; DISCARDED_AT_ONCE];
        let mut discarded = 0;
        while discarded < DISCARDED_IN_ALL {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(read) => discarded += read,
            }
        }
    }
}

impl Header {
    /// Calls `begun` with each frame whose header ends in `read`.
    fn frames(&mut self, mut read: &[u8], mut begun: impl FnMut(Begun)) {
        while !read.is_empty() {
            let payload = usize::try_from(self.payload).unwrap_or(usize::MAX).min(read.len());
            self.payload -= payload as u64;
            read = &read[payload..];
            let Some((byte, rest)) = read.split_first() else { return };
            read = rest;
            self.bytes[self.read] = *byte;
            self.read += 1;
            if let Some(payload) = payload_of(&self.bytes[..self.read]) {
                (self.read, self.payload) = (0, payload);
                let first = self.bytes[0];
                begun(Begun { is_last: first & 0x80 != 0, is_control: first & 0x08 != 0, payload });
            }
        }
    }
}

/// Payload length of a frame, once its header is complete (RFC 6455, section 5.2).
fn payload_of(header: &[u8]) -> Option<u64> {
    let second = *header.get(1)?;
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let (extended, short) = match second & 0x7f {
        126 => (2, 0),
        127 => (8, 0),
        short => (0, u64::from(short)),
    };
    let extended = header.get(2..2 + extended)?;
    (header.len() >= 2 + extended.len() + mask)
        .then(|| extended.iter().fold(short, |length, byte| length << 8 | u64::from(*byte)))
}

impl<S: AsyncRead + Unpin> AsyncRead for FrameMeter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_over {
            return Poll::Ready(Err(io::Error::other(TooMuch)));
        }
        let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(())) };
        let before = buffer.filled().len();
        ready!(Pin::new(stream).poll_read(context, buffer))?;
        self.count(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FrameMeter<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_write(context, bytes),
            None => Poll::Ready(Err(ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().map_or(Poll::Ready(Ok(())), |stream| Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().map_or(Poll::Ready(Ok(())), |stream| Pin::new(stream).poll_shutdown(context))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

    use super::*;

    /// A masked frame, as a browser sends it.
    fn masked(bytes: usize, is_last: bool) -> Vec<u8> {
        let mut frame = Frame::message(vec![7; bytes], OpCode::Data(Data::Continue), is_last);
        frame.header_mut().mask = Some([1, 2, 3, 4]);
        let mut written = Vec::new();
        frame.format(&mut written).unwrap();
        written
    }

    fn meter(stream: &[u8], frames: u32, bytes: u32) -> FrameMeter<&[u8]> {
        FrameMeter::new(stream, FrameLimit { frames: Rate::new(1, frames), bytes: Rate::new(1, bytes) })
    }

    /// Bytes read, in reads of `at_once`, before the end or a failure; and whether it was a failure.
    async fn read(mut meter: FrameMeter<&[u8]>, at_once: usize) -> (usize, bool) {
        let (mut buffer, mut read) = (vec![0; at_once], 0);
        loop {
            match meter.read(&mut buffer).await {
                Ok(0) => return (read, false),
                Ok(more) => read += more,
                Err(error) => return (read, error.get_ref().is_some_and(|cause| cause.is::<TooMuch>())),
            }
        }
    }

    #[tokio::test]
    async fn empty_frames_are_counted() {
        let flood = masked(0, false).repeat(1_000);
        assert_eq!(read(meter(&flood, 1_000, 1), 600).await, (6_000, false));
        assert_eq!(read(meter(&flood, 100, 1), 600).await, (1_200, true));
    }

    #[tokio::test]
    async fn the_bytes_of_frames_are_counted_with_their_header() {
        let flood = masked(1_000, false).repeat(20);
        assert_eq!(read(meter(&flood, 100, 20_000), 1_008).await, (20_160, false));
        assert_eq!(read(meter(&flood, 100, 10_500), 1_008).await, (11_088, true));
        let huge = [0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4];
        assert_eq!(read(meter(&[&huge[..], &[0; 100]].concat(), 9, 1_000), 14).await, (14, true));
    }

    #[tokio::test]
    async fn what_came_is_thrown_away_until_the_stream_ends() {
        let mut meter = meter(&[1; 100_000], 1, 1);
        meter.discard().await;
        assert_eq!(meter.stream.map(<[u8]>::len), Some(0));
    }

    proptest! {
        #[test]
        fn every_frame_is_seen_once_however_it_is_cut(
            lengths in prop::collection::vec(prop_oneof![0_usize..130, 120_usize..70_000], 0..8),
            cuts in prop::collection::vec(1_usize..40_000, 1..40),
        ) {
            let stream: Vec<_> = lengths.iter().flat_map(|length| masked(*length, true)).collect();
            let (mut header, mut seen, mut rest) = (Header::default(), Vec::new(), &stream[..]);
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                header.frames(now, |begun| seen.push(begun.payload as usize));
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(seen, lengths);
        }
    }
}
