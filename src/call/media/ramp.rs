//! The ramp of a young connection: how large its pictures may be, and when they grow.

use std::time::Duration;

/// How long after connecting the browser's estimate counts first.
const FIRST_GROWTH: Duration = Duration::from_secs(1);
/// How long after connecting pictures grow whatever the estimate is, and how long after that once more.
const LATE: Duration = Duration::from_secs(31);
const LATE_AGAIN: Duration = Duration::from_secs(16);

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
    fn grown(self, estimate: Option<f64>) -> Option<Self> {
        Some(if estimate? < 400_000.0 { self } else { self.max(Self::SMALL) })
    }

    /// The limit after this one once the connection is no longer young, without an estimate: a small still picture
    /// needs so little that its estimate never grows. Large pictures from the first second on are too much for slow
    /// machines, most of all in calls of three, where each is compressed twice.
    fn next(self) -> Option<Self> {
        (self < Self::SMALL).then_some(Self::SMALL)
    }
}

/// The limit of what one connection sends, until it is lifted.
#[derive(Debug)]
pub(crate) struct Ramp {
    limit: Option<MaxResolution>,
    /// The limit before the last change.
    before: Option<MaxResolution>,
    /// When the estimate counts first.
    first: Duration,
    /// When pictures grow next whatever the estimate is.
    late: Duration,
}

impl Default for Ramp {
    fn default() -> Self {
        let limit = Some(MaxResolution::FIRST);
        Self { limit, before: limit, first: Duration::MAX, late: Duration::MAX }
    }
}

impl Ramp {
    pub(crate) fn limit(&self) -> Option<MaxResolution> {
        self.limit
    }

    pub(crate) fn connected(&mut self, now: Duration) {
        (self.first, self.late) = (now + FIRST_GROWTH, now + LATE);
    }

    /// Takes an estimate; returns the new limit if it changes. Without pictures on it nothing is known of the path.
    pub(crate) fn sampled(
        &mut self,
        now: Duration,
        sends_video: bool,
        estimate: Option<f64>,
    ) -> Option<Option<MaxResolution>> {
        let before = self.limit?;
        if now < self.first {
            return None;
        }
        let is_late = now >= self.late;
        if is_late {
            self.late = now + LATE_AGAIN;
        }
        if !sends_video {
            return None;
        }
        let grown = before.grown(estimate);
        self.limit = if is_late && grown == Some(before) { before.next() } else { grown };
        self.before = Some(before);
        (self.limit != Some(before)).then_some(self.limit)
    }

    /// Goes back to the limit before: another step of the connection came between, and the next sample tries again.
    pub(crate) fn refused(&mut self) {
        self.limit = self.before;
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

    fn second(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn connected() -> Ramp {
        let mut ramp = Ramp::default();
        ramp.connected(second(0));
        ramp
    }

    #[test]
    fn an_estimate_counts_from_the_first_second_on() {
        let mut ramp = Ramp::default();
        assert_eq!(ramp.sampled(second(50), true, Some(5e6)), None, "not connected");
        ramp.connected(second(50));
        assert_eq!(ramp.sampled(Duration::from_millis(50_999), true, Some(5e6)), None);
        assert_eq!(ramp.sampled(second(51), true, Some(5e6)), Some(Some(MaxResolution::SMALL)));
    }

    #[test]
    fn a_slow_path_grows_after_half_a_minute_and_again_later() {
        let mut ramp = connected();
        let slow = |ramp: &mut Ramp, at| ramp.sampled(second(at), true, Some(0.0));
        assert_eq!(slow(&mut ramp, 30), None);
        assert_eq!(slow(&mut ramp, 31), Some(Some(MaxResolution::SMALL)));
        assert_eq!(slow(&mut ramp, 46), None);
        assert_eq!(slow(&mut ramp, 47), Some(None));
        assert_eq!((ramp.limit(), slow(&mut ramp, 99)), (None, None), "lifted for good");
    }

    #[test]
    fn a_connection_without_pictures_does_not_grow() {
        let mut ramp = connected();
        assert_eq!(ramp.sampled(second(31), false, Some(5e6)), None);
        assert_eq!(ramp.sampled(second(40), true, Some(0.0)), None, "the next late growth is due at 47 s");
        assert_eq!(ramp.limit(), Some(MaxResolution::FIRST));
    }

    #[test]
    fn a_limit_that_the_browser_refuses_is_tried_again() {
        let mut ramp = connected();
        assert_eq!(ramp.sampled(second(1), true, None), Some(None));
        ramp.refused();
        assert_eq!(ramp.sampled(second(3), true, None), Some(None));
    }

    #[test]
    fn a_connection_that_is_back_begins_its_ramp_anew() {
        let mut ramp = connected();
        ramp.connected(second(20));
        assert_eq!(ramp.sampled(second(31), true, Some(0.0)), None);
        assert_eq!(ramp.sampled(second(51), true, Some(0.0)), Some(Some(MaxResolution::SMALL)));
    }
}
