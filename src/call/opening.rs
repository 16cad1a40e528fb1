//! How large pictures are while a connection is young.

/// The largest picture to send, in pixels; turned by a quarter for an upright one.
///
/// Browsers begin with the little bandwidth that any path has, and drop each camera picture that is too large for it
/// until their camera has become smaller: two to four pictures, a fifth of a second, before the first one is sent.
/// Afterwards they stay small for a long time. Pictures that are small from the first one on are all sent, and as
/// soon as the browser knows what the path carries, they may be as large as the camera's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// Pixels from left to right.
    pub width: u16,
    /// Pixels from top to bottom.
    pub height: u16,
}

impl Bound {
    /// Of the first pictures.
    pub const FIRST: Self = Self { width: 320, height: 180 };

    const SMALL: Self = Self { width: 640, height: 360 };

    /// The bound after this one on a path that carries so many bits a second by the browser's estimate; none from
    /// where the camera decides. It only grows: to become smaller is the browser's own affair, and each change
    /// costs a key frame. A browser that tells no estimate is left alone.
    ///
    /// The steps are those at which libwebrtc drops first pictures itself (300 and 500 kbit/s of the encoder's own
    /// share, `VideoStreamEncoder::DropDueToSize`), and 100 kbit/s for the voice.
    pub fn grown(self, estimate: Option<f64>) -> Option<Self> {
        let bound = match estimate? {
            bits if bits < 400_000.0 => Self::FIRST,
            bits if bits < 600_000.0 => Self::SMALL,
            _ => return None,
        };
        Some(bound.max(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_grow_with_what_the_path_carries() {
        for (estimate, bound) in [
            (None, None),
            (Some(0.0), Some(Bound::FIRST)),
            (Some(399_999.0), Some(Bound::FIRST)),
            (Some(400_000.0), Some(Bound::SMALL)),
            (Some(599_999.0), Some(Bound::SMALL)),
            (Some(600_000.0), None),
            (Some(5e6), None),
        ] {
            assert_eq!(Bound::FIRST.grown(estimate), bound, "{estimate:?}");
        }
    }

    #[test]
    fn pictures_do_not_shrink_with_it() {
        assert_eq!(Bound::SMALL.grown(Some(0.0)), Some(Bound::SMALL));
    }
}
