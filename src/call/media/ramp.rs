//! The ramp: limits the size of pictures while a connection is young.

/// The largest picture to send, in pixels; turned by a quarter for an upright one.
///
/// Browsers begin with the little bandwidth that any path has, and drop each camera picture that is too large for it
/// until their camera has become smaller: two to four pictures, a fifth of a second, before the first one is sent.
/// Pictures that are small from the first one on are all sent; they grow as soon as the browser knows what the path
/// carries, and after half a minute they may be as large as the camera's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaxResolution {
    /// Pixels from left to right.
    pub width: u16,
    /// Pixels from top to bottom.
    pub height: u16,
}

impl MaxResolution {
    /// The limit of the first pictures.
    pub const FIRST: Self = Self { width: 320, height: 180 };

    const SMALL: Self = Self { width: 640, height: 360 };

    /// The next limit of a young connection, by the browser's estimate of its bandwidth in bits a second; none where
    /// the browser tells no estimate. It only grows: browsers make pictures smaller themselves, and each change costs
    /// a key frame.
    ///
    /// The step is the one at which libwebrtc drops first pictures itself (300 kbit/s of the encoder's own share,
    /// `VideoStreamEncoder::DropDueToSize`), and 100 kbit/s for the voice.
    pub fn grown(self, estimate: Option<f64>) -> Option<Self> {
        Some(if estimate? < 400_000.0 { self } else { self.max(Self::SMALL) })
    }

    /// The limit after this one once the connection is no longer young, without an estimate: a small still picture
    /// needs so little that its estimate never grows. Large pictures from the first second on are too much for slow
    /// machines, most of all in calls of three, where each is compressed twice.
    pub fn next(self) -> Option<Self> {
        (self < Self::SMALL).then_some(Self::SMALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_grow_with_what_the_path_carries() {
        for (estimate, bound) in [
            (None, None),
            (Some(0.0), Some(MaxResolution::FIRST)),
            (Some(399_999.0), Some(MaxResolution::FIRST)),
            (Some(400_000.0), Some(MaxResolution::SMALL)),
            (Some(5e6), Some(MaxResolution::SMALL)),
        ] {
            assert_eq!(MaxResolution::FIRST.grown(estimate), bound, "{estimate:?}");
        }
    }

    #[test]
    fn no_bound_is_for_ever() {
        assert_eq!(MaxResolution::FIRST.next(), Some(MaxResolution::SMALL));
        assert_eq!(MaxResolution::SMALL.next(), None);
    }

    #[test]
    fn pictures_do_not_shrink_with_it() {
        assert_eq!(MaxResolution::SMALL.grown(Some(0.0)), Some(MaxResolution::SMALL));
    }
}
