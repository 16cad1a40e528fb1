//! Pointers at the border of a call: where people point on shared screens, and what they draw there.

use std::time::Duration;

use crate::protocol::{PeerId, Spot};

/// An action of the person that concerns pointers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointAction {
    /// Let others point at what this page shares, or not.
    Allow(bool),
    /// Point there.
    To {
        /// Who shares the screen.
        screen: PeerId,
        /// The pen is down.
        draws: bool,
        /// The spot; none if the pen is lifted, or the pointer has left.
        spot: Option<Spot>,
    },
}

/// What one person shows on one screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointerView {
    /// Who points.
    pub peer: PeerId,
    /// Who shares the screen.
    pub screen: PeerId,
    /// The spot of the pointer, and until when it is shown.
    pub spot: Option<(Spot, Duration)>,
    /// The pen is down, and goes on from the last line.
    pub draws: bool,
    /// What is drawn, the oldest line first.
    pub lines: Vec<LineView>,
}

/// A line of a pen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineView {
    /// Where the pen went.
    pub path: Vec<Spot>,
    /// Until when it is shown.
    pub until: Duration,
}
