//! How well the voice of a connection is, by its statistics (W3C WebRTC Statistics, sections 8.2 and 8.4).

use js_sys::Map;
use wasm_bindgen::JsCast;

use crate::browser::error::settled;
use crate::browser::peer::bindings::Connection;
use crate::browser::peer::stat as member;

/// The share of what is heard that may be made up for what did not come in time.
const MOST_CONCEALED: f64 = 0.02;
/// The share of what is sent that may be lost.
const MOST_LOST: f64 = 0.03;

/// The counts of a connection at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// Samples that were played, and those of them that were made up, silence apart.
    samples: f64,
    concealed: f64,
    /// The share of packets to the peer that were lost lately, as the peer tells.
    lost: f64,
}

impl Counts {
    /// Whether the voice is well, by what has changed.
    pub(super) fn is_well_since(self, before: Self) -> bool {
        let (samples, concealed) = (self.samples - before.samples, self.concealed - before.concealed);
        concealed <= samples.max(0.0) * MOST_CONCEALED && self.lost <= MOST_LOST
    }
}

/// Reads the counts.
pub(super) async fn read(connection: &Connection) -> Option<Counts> {
    // Not a Map, but with all of its methods for reading.
    let report: Map = settled(connection.stats()).await.ok()?.unchecked_into();
    let mut counts = Counts::default();
    report.for_each(&mut |stat, _| {
        let number = |name| member(&stat, name).as_f64().unwrap_or(0.0);
        if member(&stat, "kind").as_string().as_deref() != Some("audio") {
            return;
        }
        match member(&stat, "type").as_string().as_deref() {
            Some("inbound-rtp") => {
                counts.samples += number("totalSamplesReceived");
                counts.concealed += number("concealedSamples") - number("silentConcealedSamples");
            }
            Some("remote-inbound-rtp") => counts.lost = counts.lost.max(number("fractionLost")),
            _ => {}
        }
    });
    Some(counts)
}
