//! Gestures: raised hands, in the order in which they went up, and the reactions that are shown.

use std::time::Duration;

use super::api::view::ReactionView;
use crate::protocol::{GESTURE_EVERY, PeerId, Reaction};

/// How long a reaction is shown.
const SHOWN_FOR: Duration = Duration::from_secs(4);

/// A person in the room; `None` is the own one.
type Who = Option<PeerId>;

/// The gestures of everybody in the room, each with one hand and one reaction at most.
#[derive(Debug, Default)]
pub(super) struct Gestures {
    /// Whose hands are up, the first one first.
    hands: Vec<Who>,
    reactions: Vec<(Who, ReactionView, Duration)>,
    /// Before this the own person shows no further reaction.
    not_before: Duration,
}

impl Gestures {
    /// Notes whether a hand is up; one that is up already keeps its place.
    pub(super) fn raise(&mut self, who: Who, raised: bool) {
        if !raised {
            self.hands.retain(|other| *other != who);
        } else if !self.hands.contains(&who) {
            self.hands.push(who);
        }
    }

    /// Shows a reaction in the place of the person's last one.
    pub(super) fn react(&mut self, now: Duration, who: Who, kind: Reaction) {
        let count = self.reaction(who).map_or(0, |last| last.count).wrapping_add(1);
        self.reactions.retain(|(other, ..)| *other != who);
        self.reactions.push((who, ReactionView { kind, count }, now + SHOWN_FOR));
    }

    /// Shows an own reaction, unless the last one was a moment ago: the others would not read it.
    pub(super) fn react_oneself(&mut self, now: Duration, kind: Reaction) -> bool {
        let may = now >= self.not_before;
        if may {
            self.not_before = now + GESTURE_EVERY;
            self.react(now, None, kind);
        }
        may
    }

    /// Forgets somebody who is gone.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.raise(Some(peer), false);
        self.reactions.retain(|(other, ..)| *other != Some(peer));
    }

    /// When [`Self::tick`] is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.reactions.iter().map(|(.., until)| *until).min()
    }

    /// Takes away the reactions that were shown long enough.
    pub(super) fn tick(&mut self, now: Duration) {
        self.reactions.retain(|(.., until)| now < *until);
    }

    /// The place of a hand among those that are up, from 1 on.
    pub(super) fn place(&self, who: Who) -> Option<u8> {
        let at = self.hands.iter().position(|other| *other == who)?;
        u8::try_from(at + 1).ok()
    }

    /// The reaction that is shown of somebody.
    pub(super) fn reaction(&self, who: Who) -> Option<ReactionView> {
        self.reactions.iter().find(|(other, ..)| *other == who).map(|(_, reaction, _)| *reaction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);
    const ANN: Who = Some(PeerId(1));
    const BEN: Who = Some(PeerId(2));

    #[test]
    fn hands_have_places_in_the_order_in_which_they_went_up() {
        let mut gestures = Gestures::default();
        for who in [BEN, None, ANN, BEN] {
            gestures.raise(who, true);
        }
        let places = |gestures: &Gestures| [ANN, BEN, None].map(|who| gestures.place(who));
        assert_eq!(places(&gestures), [Some(3), Some(1), Some(2)], "a second word changes nothing");
        gestures.raise(BEN, false);
        assert_eq!(places(&gestures), [Some(2), None, Some(1)], "the others move up");
        gestures.raise(BEN, true);
        assert_eq!(gestures.place(BEN), Some(3));
        gestures.forget(PeerId(1));
        assert_eq!(places(&gestures), [None, Some(2), Some(1)]);
    }

    #[test]
    fn a_reaction_is_shown_for_a_while_and_the_next_one_in_its_place() {
        let mut gestures = Gestures::default();
        gestures.react(NOW, ANN, Reaction::Clap);
        let first = gestures.reaction(ANN).unwrap();
        gestures.react(NOW + Duration::from_secs(1), ANN, Reaction::Clap);
        let second = gestures.reaction(ANN).unwrap();
        assert_eq!(second.kind, first.kind);
        assert_ne!(second, first, "it is another one, so that it rises anew");
        assert_eq!(gestures.deadline(), Some(NOW + Duration::from_secs(5)));
        gestures.tick(NOW + SHOWN_FOR);
        assert_eq!(gestures.reaction(ANN), Some(second));
        gestures.tick(NOW + Duration::from_secs(5));
        assert_eq!((gestures.reaction(ANN), gestures.deadline()), (None, None));
    }

    /// A view begins its animation anew when the count is odd after even, or even after odd.
    #[test]
    fn reactions_of_people_in_turn_are_counted_for_each() {
        let mut gestures = Gestures::default();
        for count in 1..=4 {
            for who in [ANN, BEN, None] {
                gestures.react(NOW, who, Reaction::Clap);
                assert_eq!(gestures.reaction(who).map(|reaction| reaction.count), Some(count), "{who:?}");
            }
        }
    }

    #[test]
    fn own_reactions_keep_to_the_pace_that_others_read() {
        let mut gestures = Gestures::default();
        assert!(gestures.react_oneself(NOW, Reaction::Yes));
        assert!(!gestures.react_oneself(NOW, Reaction::Party));
        assert_eq!(gestures.reaction(None).map(|reaction| reaction.kind), Some(Reaction::Yes));
        assert!(gestures.react_oneself(NOW + GESTURE_EVERY, Reaction::Party));
    }

    #[test]
    fn a_flood_of_one_person_leaves_one_hand_and_one_reaction() {
        let mut gestures = Gestures::default();
        for turn in 0..10_000 {
            gestures.raise(ANN, turn % 2 == 0);
            gestures.raise(ANN, true);
            gestures.react(NOW, ANN, Reaction::Heart);
        }
        assert_eq!((gestures.hands.len(), gestures.reactions.len()), (1, 1));
    }
}
