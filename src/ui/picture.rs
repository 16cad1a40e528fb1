//! A picture in its tile: it fills it, or stands in a box in the middle with a dark blur of itself around.

use gloo_timers::callback::Interval;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement};
use send_wrapper::SendWrapper;

use super::layout::{Rect, Size, picture};
use super::listening::listen;
use super::reactive::{Memo, effect};
use super::stage::put;

/// The time between two pictures of the blur, in milliseconds.
const BLUR_EVERY: u32 = 1_000;
/// The side of the picture that is blurred: nothing of it can be made out.
const BLUR_SIDE: f64 = 24.0;

/// The box of a picture in its tile, if it has one; put on the `<video>` as it changes.
#[derive(Clone, Copy)]
pub(super) struct Boxed {
    is_whole: RwSignal<bool>,
    place: Memo<Option<Rect>>,
}

impl Boxed {
    /// Follows the size of a tile and of the picture in it.
    pub(super) fn new(
        video: NodeRef<html::Video>,
        blur: NodeRef<html::Canvas>,
        tile: impl Fn() -> Option<Rect> + Send + Sync + 'static,
    ) -> Self {
        let natural = RwSignal::new(Size::default());
        let is_whole = RwSignal::new(false);
        let place = Memo::new(move |_| {
            let Rect { width, height, .. } = tile()?;
            picture(Size { width, height }, natural.get(), is_whole.get())
        });
        effect(move || {
            let Some(video) = video.get() else { return };
            let read = video.clone();
            listen(&video, &["loadedmetadata", "resize", "dblclick"], move |event| {
                if event.type_() == "dblclick" {
                    is_whole.update(|whole| *whole = !*whole);
                }
                let [width, height] = [read.video_width(), read.video_height()].map(u32::cast_signed);
                natural.set(Size { width, height });
            });
        });
        effect(move || {
            let (Some(video), Some(place)) = (video.get(), place.get()) else { return };
            put(&video, place);
        });
        effect(move || {
            let (Some(video), Some(blur), true) = (video.get(), blur.get(), place.get().is_some()) else {
                return;
            };
            draw(&video, &blur);
            let drawing = Interval::new(BLUR_EVERY, move || draw(&video, &blur));
            let kept = SendWrapper::new(drawing);
            on_cleanup(move || drop(kept));
        });
        Self { is_whole, place }
    }

    /// Whether the picture stands in a box, reactive.
    pub(super) fn is_boxed(self) -> bool {
        self.place.with(Option::is_some)
    }

    /// Whether the whole picture is shown, reactive.
    pub(super) fn is_whole(self) -> bool {
        self.is_whole.get()
    }

    /// Shows all of the picture, or as much as fills its tile.
    pub(super) fn toggle(self) {
        self.is_whole.update(|whole| *whole = !*whole);
    }
}

fn draw(video: &HtmlVideoElement, blur: &HtmlCanvasElement) {
    let context = blur.get_context("2d").ok().flatten();
    if let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok()) {
        // A video without a picture draws nothing.
        drop(context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, BLUR_SIDE, BLUR_SIDE));
    }
}
