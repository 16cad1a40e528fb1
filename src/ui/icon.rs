//! Icons: SVG paths on a grid of 24 by 24, and the product's mark.

use leptos::prelude::*;

use super::i18n::PRODUCT;
use super::reactive::Text;

pub(super) const MICROPHONE: &str =
    "M12 3a3 3 0 0 0-3 3v5.5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3";
pub(super) const MICROPHONE_OFF: &str = "M15 9.5V6a3 3 0 0 0-5.7-1.3M9 9.5v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.8 4.9M18.2 13.2a6.5 6.5 0 0 0 .3-1.7M12 18v3M4 3.5l16.5 17";
pub(super) const CAMERA: &str =
    "M4.5 6.5H13a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H4.5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15 10.8l6.5-3.3v9L15 13.2";
pub(super) const CAMERA_OFF: &str = "M8.5 6.5H13a2 2 0 0 1 2 2v4.3l6.5 3.7v-9L15 10.8M15 15.8a2 2 0 0 1-2 1.7H4.5a2 2 0 0 1-2-2v-7a2 2 0 0 1 1.8-2M3.5 3.5l17 17";
pub(super) const COPY: &str = "M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H10a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2ZM4 16a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2";
/// A receiver that is put down.
pub(super) const LEAVE: &str = "M8.9 13.6v2.3a1.8 1.8 0 0 1-1.4 1.7l-3.4.8A1.8 1.8 0 0 1 2 16.7v-2.5C2 10.3 6.5 8 12 8s10 2.3 10 6.2v2.5a1.8 1.8 0 0 1-2.1 1.7l-3.4-.8a1.8 1.8 0 0 1-1.4-1.7v-2.3a10 10 0 0 0-6.2 0Z";
pub(super) const PLUS: &str = "M5 12h14M12 5v14";
pub(super) const MINUS: &str = "M5 12h14";
pub(super) const SCREEN: &str = "m9 10 3-3 3 3M12 13V7M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2ZM12 17v4M8 21h8";
pub(super) const MORE: &str = "M4 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0ZM11 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0ZM18 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0Z";
pub(super) const CHAT: &str =
    "M22 17a2 2 0 0 1-2 2H6.8a2 2 0 0 0-1.4.6l-2.2 2.2A.7.7 0 0 1 2 21.3V5a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2Z";
pub(super) const SEND: &str = "M14.5 21.7a.5.5 0 0 0 1 0l6.5-19a.5.5 0 0 0-.7-.7l-19 6.5a.5.5 0 0 0 0 1l7.9 3.2a2 2 0 0 1 1.1 1.1ZM21.9 2.1 10.9 13.1";
pub(super) const CLIP: &str =
    "m21 11.5-8.6 8.6a5.6 5.6 0 0 1-8-8l8.5-8.5a3.7 3.7 0 0 1 5.3 5.3l-8.5 8.5a1.9 1.9 0 0 1-2.7-2.7l7.9-7.8";
pub(super) const LOCK: &str =
    "M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM7 11V7a5 5 0 0 1 10 0v4";
pub(super) const LOCK_OPEN: &str =
    "M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM7 11V7a5 5 0 0 1 9.9-1";
pub(super) const PULSE: &str = "M2.5 12h4l2.5-6.5 5 13 2.5-6.5h5";
pub(super) const SOUND: &str =
    "M4 9.5v5h3.5L12.5 19V5L7.5 9.5ZM16 9a4.2 4.2 0 0 1 0 6M18.5 6.2a8.2 8.2 0 0 1 0 11.6";
pub(super) const GLOBE: &str =
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c-5 5.5-5 12.5 0 18M12 3c5 5.5 5 12.5 0 18";
pub(super) const SOUND_OFF: &str = "M4 9.5v5h3.5L12.5 19V5L7.5 9.5ZM16.5 9.5l5 5M21.5 9.5l-5 5";
pub(super) const PEOPLE: &str = "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2M9 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM22 21v-2a4 4 0 0 0-3-3.9M16 3.1a4 4 0 0 1 0 7.8";
pub(super) const FLOATING: &str = "M21 9V6a2 2 0 0 0-2-2H4a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h4M12 13h8a2 2 0 0 1 2 2v3a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-3a2 2 0 0 1 2-2Z";
pub(super) const HAND: &str = "M18 11V6a2 2 0 0 0-4 0M14 10V4a2 2 0 0 0-4 0v2M10 10.5V6a2 2 0 0 0-4 0v8M18 8a2 2 0 1 1 4 0v6a8 8 0 0 1-8 8h-2c-2.8 0-4.5-.9-6-2.3l-3.6-3.6a2 2 0 0 1 2.8-2.9L7 15";
pub(super) const SMILE: &str =
    "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM8 14s1.5 2 4 2 4-2 4-2M9 9h.01M15 9h.01";
pub(super) const EYE_OFF: &str = "M10.7 5.1A10.7 10.7 0 0 1 21.9 11.7a1 1 0 0 1 0 .7 10.7 10.7 0 0 1-1.4 2.4M14.1 14.2a3 3 0 0 1-4.3-4.3M17.5 17.5A10.8 10.8 0 0 1 2.1 12.3a1 1 0 0 1 0-.7 10.8 10.8 0 0 1 4.4-5.1M2 2l20 20";
pub(super) const PIN: &str = "M12 17v5M9 10.8a2 2 0 0 1-1.1 1.8l-1.8.9A2 2 0 0 0 5 15.2v.8a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-.8a2 2 0 0 0-1.1-1.8l-1.8-.9a2 2 0 0 1-1.1-1.8V7a1 1 0 0 1 1-1 2 2 0 0 0 0-4H8a2 2 0 0 0 0 4 1 1 0 0 1 1 1Z";
pub(super) const FIT: &str = "M15 3h6v6M9 21H3v-6M21 3l-7 7M3 21l7-7";
pub(super) const FULLSCREEN: &str =
    "M8 3H5a2 2 0 0 0-2 2v3M21 8V5a2 2 0 0 0-2-2h-3M3 16v3a2 2 0 0 0 2 2h3M16 21h3a2 2 0 0 0 2-2v-3";
pub(super) const SPEAKER: &str =
    "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2ZM15 3v18M15 9h6M15 15h6";
pub(super) const UP: &str = "m6 15 6-6 6 6";
pub(super) const GEAR: &str = "M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10.3 2.5h3.4l.5 2.6 2 1.1 2.5-.9 1.7 3-2 1.7v2.3l2 1.7-1.7 3-2.5-.9-2 1.1-.5 2.6h-3.4l-.5-2.6-2-1.1-2.5.9-1.7-3 2-1.7V10l-2-1.7 1.7-3 2.5.9 2-1.1Z";
pub(super) const SHARE: &str =
    "M12 3v12M8 7l4-4 4 4M6 12H5a1 1 0 0 0-1 1v7a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-7a1 1 0 0 0-1-1h-1";
pub(super) const QR: &str =
    "M4 4h6v6H4ZM14 4h6v6h-6ZM4 14h6v6H4ZM14 14h2v2h-2ZM18 14h2v2h-2ZM14 18h2v2h-2ZM18 18h2v2h-2Z";
pub(super) const KEYBOARD: &str = "M4 6h16a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2ZM6 10h.01M10 10h.01M14 10h.01M18 10h.01M8 14h8";
pub(super) const EYE: &str = "M2.1 12.3a1 1 0 0 1 0-.7 10.8 10.8 0 0 1 19.8 0 1 1 0 0 1 0 .7 10.8 10.8 0 0 1-19.8 0ZM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z";
pub(super) const POINTER: &str =
    "M4 4.7a.5.5 0 0 1 .7-.7l16 6.5a.5.5 0 0 1-.1 1l-6.1 1.5a2 2 0 0 0-1.4 1.5l-1.6 6.1a.5.5 0 0 1-1 .1Z";
pub(super) const PEN: &str = "M13 21h8M21.2 6.8a2.8 2.8 0 0 0-4-4L3.8 16.2a2 2 0 0 0-.5.8L2 21.4a.5.5 0 0 0 .6.6L7 20.7a2 2 0 0 0 .8-.5Z";
pub(super) const NOTES: &str = "M6 3h9l4 4v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2ZM8 11h7M8 15h5";
pub(super) const CLOSE: &str = "M6.5 6.5l11 11M17.5 6.5l-11 11";

/// An icon beside a text, and so hidden from screen readers.
pub(super) fn icon(path: Text) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
}

/// The product's name. The style draws it in letters of its own, the same on every system.
pub(crate) fn wordmark() -> impl IntoView {
    view! {
        <span class="wordmark" translate="no">
            {PRODUCT}
        </span>
    }
}

/// The product's mark: two people in an arched doorway.
pub(crate) fn mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path class="mark-door" d="M3 31V15a13 13 0 0 1 26 0v16Z"></path>
            <path
                class="mark-people"
                d="M11.5 13.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4ZM20.5 13.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4ZM7 31v-6a4.25 4.25 0 0 1 8.5 0v6ZM16.5 31v-6a4.25 4.25 0 0 1 8.5 0v6Z"
            ></path>
        </svg>
    }
}
