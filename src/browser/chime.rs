//! Sounds that the page makes (`OscillatorNode`), through an element, as the others' voices come.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AudioContext, HtmlAudioElement};

use super::env::{Events, elapsed, log};
use super::error::{BrowserError, settled};
use super::speaker::Speaker;
use crate::call::Chime;

/// Plays the sound on this speaker.
pub(super) fn play(chime: Chime, speaker: &Speaker, events: &Events) {
    let (speaker, events) = (speaker.clone(), events.clone());
    spawn_local(async move {
        if let Err(error) = played(chime, &speaker, &events).await {
            log(&format!("no sound: {}", BrowserError::from(error)));
        }
    });
}

async fn played(chime: Chime, speaker: &Speaker, events: &Events) -> Result<(), JsValue> {
    let context = AudioContext::new()?;
    let sounded = sound(chime, &context, speaker, events).await;
    settled(context.close()).await?;
    sounded
}

async fn sound(
    chime: Chime,
    context: &AudioContext,
    speaker: &Speaker,
    events: &Events,
) -> Result<(), JsValue> {
    let out = context.create_media_stream_destination()?;
    let volume = context.create_gain()?;
    volume.connect_with_audio_node(&out)?;
    let element = HtmlAudioElement::new()?;
    element.set_src_object(Some(&out.stream()));
    speaker.give(&element, events);
    let playing: Result<Promise, JsValue> = element.play();
    let begin = context.current_time();
    let mut end = begin;
    for (frequency, length) in chime.tones {
        let tone = context.create_oscillator()?;
        tone.frequency().set_value(f32::from(*frequency));
        tone.connect_with_audio_node(&volume)?;
        tone.start_with_when(end)?;
        end += length.as_secs_f64();
        tone.stop_with_when(end)?;
    }
    // A tone that ends at full strength would crack.
    volume.gain().set_value_at_time(chime.loudness, begin)?;
    volume.gain().linear_ramp_to_value_at_time(0.0, end)?;
    settled(playing).await?;
    elapsed(chime.tones.iter().map(|(_, length)| *length).sum()).await;
    element.set_src_object(None);
    Ok(())
}
