//! Splits a stream into messages, wherever the network cut it.

use super::message::{MAX_MESSAGE, lengths};

/// Initial size of the buffer: a media packet fits. It grows for streams that bring more at once.
const ROOM: usize = 2048;
const MAX_ROOM: usize = 4 * MAX_MESSAGE;

/// A buffer of received bytes that are not taken yet.
#[derive(Debug)]
pub(super) struct FrameReader {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

/// The stream is not one of STUN and TURN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidFrame;

impl FrameReader {
    /// Makes an empty buffer.
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; ROOM], start: 0, end: 0 }
    }

    /// Returns the free part of the buffer. It is never empty when all whole messages were taken.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        &mut self.bytes[self.end..]
    }

    /// Counts `length` bytes that were read into the free part.
    pub(super) fn came(&mut self, length: usize) {
        self.end += length;
        if self.end == self.bytes.len() && self.end < MAX_ROOM {
            self.bytes.resize(2 * self.end, 0);
        }
    }

    /// Takes the next whole message, if there is one.
    pub(super) fn take(&mut self) -> Result<Option<&[u8]>, InvalidFrame> {
        let waiting = &self.bytes[self.start..self.end];
        let Some(head) = waiting.first_chunk() else { return Ok(None) };
        let (message, whole) = lengths(*head).ok_or(InvalidFrame)?;
        if waiting.len() < whole {
            return Ok(None);
        }
        self.start += whole;
        Ok(Some(&waiting[..message]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel_data(length: usize) -> (Vec<u8>, Vec<u8>) {
        let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
        let mut message = vec![0x40, 0, high, low];
        message.extend((0..length).map(|n| n as u8));
        let mut whole = message.clone();
        whole.resize(4 + length.next_multiple_of(4), 0);
        (message, whole)
    }

    #[test]
    fn messages_come_whole_however_the_stream_is_cut() {
        let (messages, stream): (Vec<_>, Vec<_>) = (0..4000).step_by(37).map(channel_data).unzip();
        let stream = stream.concat();
        for piece in [1, 3, 7, 1000, 5000, 100_000] {
            let (mut inbox, mut rest, mut taken) = (FrameReader::new(), &stream[..], Vec::new());
            while !rest.is_empty() {
                let room = inbox.room();
                let length = piece.min(rest.len()).min(room.len());
                room[..length].copy_from_slice(&rest[..length]);
                rest = &rest[length..];
                inbox.came(length);
                while let Some(message) = inbox.take().unwrap() {
                    taken.push(message.to_vec());
                }
            }
            assert!(taken == messages, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_message_is_told() {
        for nonsense in [*b"GET ", [0x16, 0xff, 0xff, 0xff], [0x40, 0, 0xff, 0xff], [0xff; 4]] {
            let mut inbox = FrameReader::new();
            inbox.room()[..4].copy_from_slice(&nonsense);
            inbox.came(4);
            // "GET " would be ChannelData with a length beyond what is taken.
            assert_eq!(inbox.take(), Err(InvalidFrame), "{nonsense:?}");
        }
    }
}
