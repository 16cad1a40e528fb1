//! The part of a shown picture that one looks at, as a pure function of pointers and sizes in CSS pixels.

use crate::protocol::Spot;
use crate::ui::layout::Size;

/// The largest scale.
const MOST: f64 = 8.0;
/// The scale that a double press gives.
const DOUBLE: f64 = 2.0;
/// The number of a spot at the right or lower edge.
const MOST_SPOT: f64 = u16::MAX as f64;

/// A scale, and how far the middle of the picture lies from the middle of its frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Zoom {
    pub(super) scale: f64,
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Default for Zoom {
    /// All of the picture, in the middle.
    fn default() -> Self {
        Self { scale: 1.0, x: 0.0, y: 0.0 }
    }
}

impl Zoom {
    /// All of the picture is seen.
    pub(super) fn is_whole(self) -> bool {
        self.scale <= 1.0
    }

    /// Scales by a factor; what lies at this place, counted from the middle of the frame, stays there.
    pub(super) fn by(self, factor: f64, at: (f64, f64)) -> Self {
        let scale = (self.scale * factor).clamp(1.0, MOST);
        let times = scale / self.scale;
        Self { scale, x: at.0 - (at.0 - self.x) * times, y: at.1 - (at.1 - self.y) * times }
    }

    /// Twice as large at this place, or all of it again.
    pub(super) fn doubled(self, at: (f64, f64)) -> Self {
        if self.is_whole() { self.by(DOUBLE, at) } else { Self::default() }
    }

    /// Moves the picture.
    pub(super) fn moved(self, x: f64, y: f64) -> Self {
        Self { x: self.x + x, y: self.y + y, ..self }
    }

    /// Keeps the frame full of the picture as far as it reaches.
    pub(super) fn within(self, frame: Size, picture: Size) -> Self {
        let shown = contained(frame, picture);
        let most = |frame: i32, shown: f64| ((shown * self.scale - f64::from(frame)) / 2.0).max(0.0);
        let (x, y) = (most(frame.width, shown.0), most(frame.height, shown.1));
        Self { x: self.x.clamp(-x, x), y: self.y.clamp(-y, y), ..self }
    }

    /// The spot of the picture at this place, counted from the middle of the frame; none beside it.
    pub(super) fn spot(self, frame: Size, picture: Size, at: (f64, f64)) -> Option<Spot> {
        let shown = contained(frame, picture);
        let part = |at: f64, middle: f64, shown: f64| {
            let part = (at - middle) / (shown * self.scale) + 0.5;
            // It is rounded to a number that there is.
            (0.0..=1.0).contains(&part).then(|| (part * MOST_SPOT).round() as u16)
        };
        Some(Spot { x: part(at.0, self.x, shown.0)?, y: part(at.1, self.y, shown.1)? })
    }

    /// The place of a spot, counted from the upper left corner of the frame.
    pub(super) fn place_of(self, frame: Size, picture: Size, spot: Spot) -> (f64, f64) {
        let shown = contained(frame, picture);
        let place = |part: u16, middle: f64, shown: f64, frame: i32| {
            f64::from(frame) / 2.0 + middle + (f64::from(part) / MOST_SPOT - 0.5) * shown * self.scale
        };
        (place(spot.x, self.x, shown.0, frame.width), place(spot.y, self.y, shown.1, frame.height))
    }
}

/// The size of a picture that is shown whole in its frame.
fn contained(frame: Size, picture: Size) -> (f64, f64) {
    let [frame, picture] = [frame, picture].map(|size| (f64::from(size.width), f64::from(size.height)));
    if picture.0 <= 0.0 || picture.1 <= 0.0 {
        return frame;
    }
    // One side is exactly that of the frame: a hair more could be moved.
    if frame.0 * picture.1 <= frame.1 * picture.0 {
        (frame.0, picture.1 * frame.0 / picture.0)
    } else {
        (picture.0 * frame.1 / picture.1, frame.1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME: Size = Size { width: 1000, height: 800 };
    const PICTURE: Size = Size { width: 1920, height: 1080 };

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let zoom = Zoom::default().by(2.0, (100.0, -50.0));
        assert_eq!(zoom, Zoom { scale: 2.0, x: -100.0, y: 50.0 });
        let back = zoom.by(0.5, (100.0, -50.0));
        assert_eq!(back, Zoom::default());
    }

    #[test]
    fn the_scale_has_bounds_and_a_double_press_goes_there_and_back() {
        assert_eq!(Zoom::default().by(100.0, (0.0, 0.0)).scale, MOST);
        assert!(Zoom::default().by(0.01, (9.0, 9.0)).is_whole());
        let doubled = Zoom::default().doubled((10.0, 0.0));
        assert_eq!((doubled.scale, doubled.doubled((0.0, 0.0))), (2.0, Zoom::default()));
    }

    #[test]
    fn a_picture_that_is_seen_whole_does_not_move() {
        assert_eq!(Zoom::default().moved(50.0, 50.0).within(FRAME, PICTURE), Zoom::default());
        // At twice the size it is 2000 by 1125 in 1000 by 800.
        let moved = Zoom { scale: 2.0, ..Zoom::default() }.moved(9_000.0, -9_000.0).within(FRAME, PICTURE);
        assert_eq!((moved.x, moved.y), (500.0, -162.5));
    }

    #[test]
    fn beside_the_picture_there_is_no_spot() {
        // It is 1000 by 562.5 in 1000 by 800.
        let spot = |y: f64| Zoom::default().spot(FRAME, PICTURE, (-500.0, y));
        assert_eq!(spot(-281.25), Some(Spot { x: 0, y: 0 }));
        assert_eq!(spot(-282.0), None);
        let place = Zoom::default().place_of(FRAME, PICTURE, Spot { x: u16::MAX, y: u16::MAX });
        assert_eq!(place, (1000.0, 681.25));
    }

    proptest! {
        #[test]
        fn a_spot_lies_where_it_was_pointed_at_however_close_one_looks(
            w in 16..4000, h in 16..4000, scale in 1.0..MOST, x in -900.0..900.0f64, y in -900.0..900.0f64,
            at in (-500.0..500.0f64, -400.0..400.0f64),
        ) {
            let picture = Size { width: w, height: h };
            let zoom = Zoom { scale, x, y }.within(FRAME, picture);
            if let Some(spot) = zoom.spot(FRAME, picture, at) {
                let place = zoom.place_of(FRAME, picture, spot);
                prop_assert!((place.0 - 500.0 - at.0).abs() < 0.2 && (place.1 - 400.0 - at.1).abs() < 0.2);
            }
        }

        #[test]
        fn the_frame_stays_full_as_far_as_the_picture_reaches(
            w in 1..4000, h in 1..4000, steps in proptest::collection::vec(
                (0.2..5.0f64, -900.0..900.0f64, -900.0..900.0f64), 0..12,
            ),
        ) {
            let picture = Size { width: w, height: h };
            let shown = contained(FRAME, picture);
            let mut zoom = Zoom::default();
            for (factor, x, y) in steps {
                zoom = zoom.by(factor, (x, y)).moved(y, x).within(FRAME, picture);
                prop_assert!((1.0..=MOST).contains(&zoom.scale));
                for (frame, shown, at) in [(FRAME.width, shown.0, zoom.x), (FRAME.height, shown.1, zoom.y)] {
                    let most = ((shown * zoom.scale - f64::from(frame)) / 2.0).max(0.0);
                    prop_assert!(at.abs() <= most + 1e-6, "{:?}", zoom);
                }
            }
        }
    }
}
