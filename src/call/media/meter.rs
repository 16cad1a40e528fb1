//! The level of the microphone, from measurements of its samples.

use std::time::Duration;

/// How often it is measured.
pub const MEASURED_EVERY: Duration = Duration::from_millis(125);
/// The highest level.
const MOST: u8 = 5;

/// The root mean square from which on each level is shown, in ten-thousandths of full scale; about -50, -42, -34, -26
/// and -18 dB.
const STEPS: [u16; MOST as usize] = [32, 80, 200, 500, 1260];
/// A sample beyond this is cut off, or soon will be.
const CLIPPED: u16 = 9_900;
/// How long cut-off samples are shown.
const CLIPPED_SHOWN: Duration = Duration::from_secs(1);
/// The level from which on somebody talks.
const SPEECH: u8 = 2;
/// How many of the last measurements are speech while somebody talks; a knock or a cough is over sooner.
const SPOKEN: u32 = 4;
const REMEMBERED: u32 = 8;

/// One measurement, in ten-thousandths of full scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measurement {
    /// The greatest sample.
    pub peak: u16,
    /// The root mean square.
    pub mean: u16,
}

impl Measurement {
    /// Measures samples between -1 and 1.
    pub fn of(samples: &[f32]) -> Self {
        let (mut peak, mut sum) = (0.0_f32, 0.0_f32);
        for sample in samples {
            peak = peak.max(sample.abs());
            sum += sample * sample;
        }
        let count = samples.len().max(1) as f32;
        let scaled = |part: f32| (part * 10_000.0) as u16;
        Self { peak: scaled(peak), mean: scaled((sum / count).sqrt()) }
    }
}

/// The level of the own microphone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MicrophoneLevel {
    /// From 0, silence, to 5.
    pub level: u8,
    /// The sound is too loud and cut off.
    pub clipped: bool,
}

/// A meter that is fed with measurements.
#[derive(Debug, Default)]
pub struct Meter {
    clipped_until: Option<Duration>,
    /// Whether each of the last measurements was speech, as bits.
    speech: u32,
    /// How many measurements ago it was told that somebody talks.
    told: u32,
}

impl Meter {
    /// Takes a measurement; returns the level, and whether to tell that somebody talks: at once, then every second.
    pub fn measured(&mut self, now: Duration, measurement: Measurement) -> (MicrophoneLevel, bool) {
        let level = STEPS.iter().take_while(|step| measurement.mean >= **step).count() as u8;
        if measurement.peak >= CLIPPED {
            self.clipped_until = Some(now + CLIPPED_SHOWN);
        }
        self.clipped_until.take_if(|until| now >= *until);
        self.speech = (self.speech << 1 | u32::from(level >= SPEECH)) & ((1 << REMEMBERED) - 1);
        let speaks = self.speech.count_ones() >= SPOKEN;
        self.told = if speaks { self.told + 1 } else { 0 };
        let tells = self.told % REMEMBERED == 1;
        (MicrophoneLevel { level, clipped: self.clipped_until.is_some() }, tells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(amplitude: f32) -> Vec<f32> {
        (0..2048).map(|at| amplitude * (at as f32 / 7.0).sin()).collect()
    }

    fn level_of(amplitude: f32) -> MicrophoneLevel {
        Meter::default().measured(Duration::ZERO, Measurement::of(&sine(amplitude))).0
    }

    #[test]
    fn levels_follow_loudness() {
        for (amplitude, level) in [(0.0, 0), (0.001, 0), (0.006, 1), (0.02, 2), (0.04, 3), (0.1, 4), (0.5, 5)]
        {
            assert_eq!(level_of(amplitude), MicrophoneLevel { level, clipped: false }, "{amplitude}");
        }
        assert_eq!(Measurement::of(&[]), Measurement::default());
    }

    #[test]
    fn cut_off_samples_are_shown_for_a_second() {
        let mut meter = Meter::default();
        let silence = Measurement::default();
        assert!(meter.measured(Duration::ZERO, Measurement::of(&sine(1.5))).0.clipped);
        assert!(meter.measured(Duration::from_millis(999), silence).0.clipped);
        assert!(!meter.measured(Duration::from_secs(1), silence).0.clipped);
    }

    #[test]
    fn speech_is_told_every_second_and_a_knock_is_none() {
        let (loud, silence) = (Measurement::of(&sine(0.1)), Measurement::default());
        let mut meter = Meter::default();
        let mut begins = |measurement| meter.measured(Duration::ZERO, measurement).1;
        assert!(!begins(loud) && !begins(loud) && !begins(loud));
        assert!((0..8).all(|_| !begins(silence)), "a knock");
        let told = (0..20).filter(|_| begins(loud)).count();
        assert_eq!(told, 3, "from the half of the first second on");
        assert!((0..8).all(|_| !begins(silence)));
        assert_eq!((0..4).filter(|_| begins(loud)).count(), 1, "after a pause again");
    }
}
