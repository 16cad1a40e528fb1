//! The signals that wait until the seat is back.

use std::collections::VecDeque;

use crate::protocol::{Epoch, PeerId, Signal};

/// Most signals kept; beyond it the oldest are superseded anyhow.
const LONGEST: usize = 500;

/// Signals not yet sent, in order.
#[derive(Debug, Default)]
pub(super) struct Queue(VecDeque<(PeerId, Signal)>);

impl Queue {
    pub(super) fn push(&mut self, to: PeerId, signal: Signal) {
        if self.0.len() == LONGEST {
            self.0.pop_front();
        }
        self.0.push_back((to, signal));
    }

    /// Empties the queue; returns the signals of present connections.
    pub(super) fn drain(&mut self, is_current: impl Fn(PeerId, Epoch) -> bool) -> Vec<(PeerId, Signal)> {
        let waiting = std::mem::take(&mut self.0).into_iter();
        waiting.filter(|(to, signal)| signal.epoch().is_some_and(|epoch| is_current(*to, epoch))).collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The peers to whom an offer, or the question for one, waits.
    pub(super) fn offered(&self) -> Vec<PeerId> {
        let offers =
            |signal: &Signal| matches!(signal, Signal::WebrtcOffer { .. } | Signal::StartCall { .. });
        self.0.iter().filter(|(_, signal)| offers(signal)).map(|(to, _)| *to).collect()
    }

    /// Changes every signal, or drops it.
    pub(super) fn rewrite(&mut self, change: impl Fn(Signal) -> Option<Signal>) {
        let waiting = std::mem::take(&mut self.0);
        self.0 = waiting.into_iter().filter_map(|(to, signal)| Some((to, change(signal)?))).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(epoch: u32) -> Signal {
        Signal::WebrtcIceCandidate { candidate: Default::default(), epoch: Epoch(epoch) }
    }

    #[test]
    fn signals_of_present_connections_come_out_once_and_in_order() {
        let mut queue = Queue::default();
        for epoch in [5, 4, 6] {
            queue.push(PeerId(2), candidate(epoch));
        }
        let present = [(PeerId(2), candidate(5)), (PeerId(2), candidate(6))];
        assert_eq!(queue.drain(|_, epoch| epoch >= Epoch(5)), present);
        assert_eq!(queue.drain(|_, _| true), []);
    }

    #[test]
    fn the_oldest_signals_make_room() {
        let mut queue = Queue::default();
        for epoch in 0..2 * u32::try_from(LONGEST).unwrap() {
            queue.push(PeerId(2), candidate(epoch));
        }
        let kept = queue.drain(|_, _| true);
        assert_eq!(kept.len(), LONGEST);
        assert_eq!(kept.last(), Some(&(PeerId(2), candidate(2 * u32::try_from(LONGEST).unwrap() - 1))));
    }

    #[test]
    fn waiting_offers_and_questions_are_known() {
        let mut queue = Queue::default();
        queue.push(PeerId(1), candidate(1));
        queue.push(PeerId(2), Signal::StartCall { epoch: Epoch(1) });
        let offer = crate::protocol::OfferId(1);
        queue.push(PeerId(3), Signal::WebrtcOffer { sdp: String::new(), epoch: Epoch(1), offer });
        assert_eq!(queue.offered(), [PeerId(2), PeerId(3)]);
    }
}
