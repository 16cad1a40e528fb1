//! The list of those who wait for a seat in a full room, in the order of their coming. Time is an argument.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use crate::protocol::RoomId;

/// Most who wait for one room.
const MOST: usize = 32;
/// Most of them from one network.
const MOST_OF_NETWORK: usize = 8;
/// How long a person who was told may take to join before the next one is told.
const PATIENCE: Duration = Duration::from_secs(30);

/// One who waits.
#[derive(Debug)]
struct Entry<S> {
    socket: S,
    /// `None` for trusted proxies that name no client, which stand for many.
    network: Option<IpAddr>,
    /// The room number as the page wrote it.
    asked: RoomId,
}

/// The list of one room.
#[derive(Debug)]
pub(super) struct Waiting<S> {
    entries: VecDeque<Entry<S>>,
    /// When those were told who may still be about to join.
    told: Vec<Duration>,
}

impl<S> Default for Waiting<S> {
    fn default() -> Self {
        Self { entries: VecDeque::new(), told: Vec::new() }
    }
}

impl<S: PartialEq> Waiting<S> {
    /// Adds a socket; returns whether there was a place for it.
    pub(super) fn add(&mut self, socket: S, network: Option<IpAddr>, asked: RoomId) -> bool {
        let of_network = || self.entries.iter().filter(|entry| entry.network == network).count();
        let fits = self.entries.len() < MOST && (network.is_none() || of_network() < MOST_OF_NETWORK);
        if fits {
            self.entries.push_back(Entry { socket, network, asked });
        }
        fits
    }

    /// Removes a socket, which may have been told already.
    pub(super) fn remove(&mut self, socket: &S) {
        self.entries.retain(|entry| entry.socket != *socket);
    }

    /// Whether a socket still waits.
    pub(super) fn holds(&self, socket: &S) -> bool {
        self.entries.iter().any(|entry| entry.socket == *socket)
    }

    /// Notes that a newcomer has a seat: most likely the first of those who were told.
    pub(super) fn seat_taken(&mut self) {
        if !self.told.is_empty() {
            self.told.remove(0);
        }
    }

    /// Removes the first ones, one for each seat that is free and that nobody else was told of lately.
    pub(super) fn next(&mut self, now: Duration, free: usize) -> impl Iterator<Item = (S, RoomId)> {
        self.told.retain(|at| now < *at + PATIENCE);
        let count = free.saturating_sub(self.told.len()).min(self.entries.len());
        self.told.extend(std::iter::repeat_n(now, count));
        self.entries.drain(..count).map(|entry| (entry.socket, entry.asked))
    }

    /// Removes all, as the room is empty and forgotten.
    pub(super) fn all(&mut self) -> impl Iterator<Item = (S, RoomId)> {
        self.entries.drain(..).map(|entry| (entry.socket, entry.asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1);

    fn waiting(sockets: impl IntoIterator<Item = u32>) -> Waiting<u32> {
        let mut waiting = Waiting::default();
        for socket in sockets {
            assert!(waiting.add(socket, None, room()));
        }
        waiting
    }

    fn room() -> RoomId {
        RoomId::from_typed("1").unwrap()
    }

    fn told(waiting: &mut Waiting<u32>, now: Duration, free: usize) -> Vec<u32> {
        waiting.next(now, free).map(|(socket, _)| socket).collect()
    }

    #[test]
    fn each_free_seat_is_told_to_one_in_the_order_of_coming() {
        let mut waiting = waiting(1..=5);
        assert_eq!(told(&mut waiting, NOW, 0), [0_u32; 0]);
        assert_eq!(told(&mut waiting, NOW, 2), [1, 2]);
        assert_eq!(told(&mut waiting, NOW, 2), [0_u32; 0], "both seats were told of");
        waiting.seat_taken();
        assert_eq!(told(&mut waiting, NOW, 1), [0_u32; 0]);
        assert_eq!(told(&mut waiting, NOW, 2), [3], "another seat");
        assert!(!waiting.holds(&3) && waiting.holds(&4));
    }

    #[test]
    fn who_does_not_come_is_not_waited_for() {
        let mut waiting = waiting(1..=3);
        assert_eq!(told(&mut waiting, NOW, 1), [1]);
        assert_eq!(told(&mut waiting, NOW + PATIENCE - Duration::from_millis(1), 1), [0_u32; 0]);
        assert_eq!(told(&mut waiting, NOW + PATIENCE, 1), [2]);
    }

    #[test]
    fn who_gives_up_is_not_told() {
        let mut waiting = waiting(1..=2);
        waiting.remove(&1);
        waiting.remove(&7);
        assert_eq!(told(&mut waiting, NOW, 2), [2]);
    }

    #[test]
    fn one_network_does_not_fill_the_list() {
        let mut waiting = Waiting::default();
        let from = |last: u8| Some([192, 0, 2, last].into());
        let added = (0..100).filter(|&socket| waiting.add(socket, from(1), room())).count();
        assert_eq!(added, MOST_OF_NETWORK);
        assert!(waiting.add(100, from(2), room()));
        let added = (200..300).filter(|&socket| waiting.add(socket, None, room())).count();
        assert_eq!(added, MOST - MOST_OF_NETWORK - 1);
        assert!(!waiting.add(300, from(3), room()), "full");
        assert_eq!(waiting.all().count(), MOST);
    }
}
