//! How large pictures are sent while a connection is young.
//!
//! Browsers begin with the little bandwidth that any path has, and drop each camera picture that is too large for it
//! until their camera has become smaller: two to four pictures, a fifth of a second, before the first one is sent.
//! Afterwards they stay small for a long time. Pictures that are small from the first one on are all sent, and as
//! soon as the browser knows what the path carries, they may be as large as the camera's.

/// The largest picture to send, in pixels; turned by a quarter for an upright one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// For a path that carries so many bits a second by the browser's estimate; none from where the camera decides.
    /// These are the steps at which libwebrtc drops first pictures itself (`VideoStreamEncoder::DropDueToSize`).
    /// A browser that tells no estimate is left alone.
    pub fn at(estimate: Option<f64>) -> Option<Self> {
        match estimate? {
            bits if bits < 300_000.0 => Some(Self::FIRST),
            bits if bits < 500_000.0 => Some(Self::SMALL),
            _ => None,
        }
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
            (Some(299_999.0), Some(Bound::FIRST)),
            (Some(300_000.0), Some(Bound::SMALL)),
            (Some(499_999.0), Some(Bound::SMALL)),
            (Some(500_000.0), None),
            (Some(5e6), None),
        ] {
            assert_eq!(Bound::at(estimate), bound, "{estimate:?}");
        }
    }
}
