//! Icons: SVG paths on a grid of 24 by 24, and the product's mark.

use leptos::prelude::*;

use super::reactive::Text;

pub(super) const MICROPHONE: &str =
    "M12 3a3 3 0 0 0-3 3v5.5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3";
pub(super) const MICROPHONE_OFF: &str = "M15 9.5V6a3 3 0 0 0-5.7-1.3M9 9.5v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.8 4.9M18.2 13.2a6.5 6.5 0 0 0 .3-1.7M12 18v3M4 3.5l16.5 17";
pub(super) const CAMERA: &str =
    "M4.5 6.5H13a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H4.5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15 10.8l6.5-3.3v9L15 13.2";
pub(super) const CAMERA_OFF: &str = "M8.5 6.5H13a2 2 0 0 1 2 2v4.3l6.5 3.7v-9L15 10.8M15 15.8a2 2 0 0 1-2 1.7H4.5a2 2 0 0 1-2-2v-7a2 2 0 0 1 1.8-2M3.5 3.5l17 17";
pub(super) const LINK: &str = "M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1.2-1.2";
pub(super) const LEAVE: &str = "M14.5 20.5h-9V10a6 6 0 0 1 11.6-2.1M11 14h10M17.5 10.5 21 14l-3.5 3.5";
pub(super) const KEY: &str =
    "M8 11.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM11.2 12.8l8.3-8.3M15 9l3 3M17.5 6.5l2.5 2.5";
pub(super) const SHIELD: &str = "M12 3l7 2.5v5.5c0 4.6-2.8 8-7 10-4.2-2-7-5.4-7-10V5.5ZM9 12l2.2 2.2L15.2 10";
pub(super) const PULSE: &str = "M2.5 12h4l2.5-6.5 5 13 2.5-6.5h5";
pub(super) const SOUND: &str =
    "M4 9.5v5h3.5L12.5 19V5L7.5 9.5ZM16 9a4.2 4.2 0 0 1 0 6M18.5 6.2a8.2 8.2 0 0 1 0 11.6";
pub(super) const GLOBE: &str =
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c-5 5.5-5 12.5 0 18M12 3c5 5.5 5 12.5 0 18";
pub(super) const CLOSE: &str = "M6.5 6.5l11 11M17.5 6.5l-11 11";

/// An icon beside a text, and so hidden from screen readers.
pub(super) fn icon(path: Text) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
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
