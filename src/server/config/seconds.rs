//! Durations as a number of seconds, whole or not.

use std::time::Duration;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serializer};

/// A day; longer is a mistake.
const MOST: f64 = 86_400.0;

pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if !(0.0..=MOST).contains(&seconds) {
        return Err(D::Error::invalid_value(Unexpected::Float(seconds), &"0 to 86400 seconds"));
    }
    Ok(Duration::from_secs_f64(seconds))
}
