//! Looking closer at a screen: wheel, fingers, mouse and keys change which part of it is seen.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{
    Element, Event, EventTarget, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent,
};

use super::pointers::{Pointing, Tool};
use super::zoom::Zoom;
use super::{STEP, sizes_of};
use crate::protocol::Spot;
use crate::ui::layout::Size;
use crate::ui::listening::{listen, observe};
use crate::ui::own_window::OwnWindow;
use crate::ui::reactive::effect;

/// How far an arrow key moves the picture, in CSS pixels.
const KEY_MOVES: f64 = 64.0;
/// What a pixel of the wheel scales by, as a power of e.
const WHEEL: f64 = 0.002;
/// The pixels of a line and of a page, in which some mice count.
const WHEEL_UNITS: [f64; 3] = [1.0, 16.0, 400.0];

/// The part of a screen that the person looks at.
#[derive(Clone, Copy)]
pub(super) struct Look {
    zoom: RwSignal<Zoom>,
    node: NodeRef<html::Section>,
    video: NodeRef<html::Video>,
    pointing: Pointing,
    /// The frame has another size.
    resized: RwSignal<()>,
}

impl Look {
    /// Follows the person's hands on a screen and its picture.
    pub(super) fn new(node: NodeRef<html::Section>, video: NodeRef<html::Video>, pointing: Pointing) -> Self {
        let (zoom, resized) = (RwSignal::new(Zoom::default()), RwSignal::new(()));
        let look = Self { zoom, node, video, pointing, resized };
        let window = expect_context::<OwnWindow>();
        let measure = move || {
            look.change(|zoom| zoom);
            resized.set(());
        };
        effect(move || {
            window.track_sizes();
            measure();
        });
        effect(move || {
            let Some(node) = node.get() else { return };
            observe(&[&node], measure);
            let mut fingers = Vec::new();
            let names = &[
                "wheel",
                "dblclick",
                "keydown",
                "pointerdown",
                "pointermove",
                "pointerup",
                "pointercancel",
                "lostpointercapture",
                "pointerleave",
            ];
            listen(&node.clone(), names, move |event| look.take(&node, &event, &mut fingers));
        });
        effect(move || {
            let (Some(video), zoom) = (video.get(), look.zoom.get()) else { return };
            let moved = format!("translate({}px, {}px) scale({})", zoom.x, zoom.y, zoom.scale);
            // Only a name that is none could be refused.
            drop(HtmlElement::style(&video).set_property("transform", &moved));
        });
        look
    }

    /// Whether all of it is seen, reactive.
    pub(super) fn is_whole(self) -> bool {
        self.zoom.with(|zoom| zoom.is_whole())
    }

    /// Shows all of it.
    pub(super) fn reset(self) {
        self.zoom.set(Zoom::default());
    }

    /// Scales around the middle.
    pub(super) fn scale(self, factor: f64) {
        self.change(|zoom| zoom.by(factor, (0.0, 0.0)));
    }

    /// The zoom and the sizes of the frame and of the picture, the first two reactive.
    pub(super) fn seen(self) -> Option<(Zoom, Size, Size)> {
        self.resized.track();
        let zoom = self.zoom.get();
        self.sizes().map(|(frame, picture)| (zoom, frame, picture))
    }

    fn sizes(self) -> Option<(Size, Size)> {
        Some(sizes_of(&self.node.get_untracked()?, &self.video.get_untracked()?))
    }

    /// The spot of the picture at a place that is counted from the middle of the frame.
    fn spot(self, at: (f64, f64)) -> Option<Spot> {
        let (frame, picture) = self.sizes()?;
        self.zoom.get_untracked().spot(frame, picture, at)
    }

    fn change(self, change: impl FnOnce(Zoom) -> Zoom) {
        let Some((frame, picture)) = self.sizes() else { return };
        let before = self.zoom.get_untracked();
        let after = change(before).within(frame, picture);
        if before != after {
            self.zoom.set(after);
        }
    }

    fn take(self, node: &HtmlElement, event: &Event, fingers: &mut Vec<Finger>) {
        // In a window of its own events may be of that window's classes.
        let name = event.type_();
        match name.as_str() {
            "keydown" => return self.take_key(event.unchecked_ref()),
            "wheel" => {
                event.prevent_default();
                let wheel: &WheelEvent = event.unchecked_ref();
                let unit = WHEEL_UNITS.get(wheel.delta_mode() as usize).copied().unwrap_or(1.0);
                let at = place(node, wheel.client_x(), wheel.client_y());
                return self.change(|zoom| zoom.by((-wheel.delta_y() * unit * WHEEL).exp(), at));
            }
            _ => {}
        }
        // A press of a key on the screen is none of the screen itself.
        let is_on_key = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if is_on_key.is_some_and(|target| target.closest("button").is_ok_and(|key| key.is_some())) {
            return;
        }
        if name != "dblclick" {
            return self.take_pointer(node, event.unchecked_ref(), fingers);
        }
        if !self.pointing.is_on() {
            let mouse: &MouseEvent = event.unchecked_ref();
            let at = place(node, mouse.client_x(), mouse.client_y());
            self.change(|zoom| zoom.doubled(at));
        }
    }

    fn take_key(self, key: &KeyboardEvent) {
        if key.ctrl_key() || key.meta_key() || key.alt_key() {
            return;
        }
        let (x, y, factor) = match key.key().as_str() {
            "+" | "=" => (0.0, 0.0, STEP),
            "-" => (0.0, 0.0, 1.0 / STEP),
            "0" => return self.reset(),
            "Escape" if self.pointing.is_on() => return self.pointing.choose(Tool::Look),
            "ArrowLeft" => (KEY_MOVES, 0.0, 1.0),
            "ArrowRight" => (-KEY_MOVES, 0.0, 1.0),
            "ArrowUp" => (0.0, KEY_MOVES, 1.0),
            "ArrowDown" => (0.0, -KEY_MOVES, 1.0),
            _ => return,
        };
        key.prevent_default();
        self.change(|zoom| zoom.by(factor, (0.0, 0.0)).moved(x, y));
    }

    /// One finger or the mouse moves the picture, or points; two scale it as well.
    fn take_pointer(self, node: &HtmlElement, pointer: &PointerEvent, fingers: &mut Vec<Finger>) {
        let id = pointer.pointer_id();
        let now = place(node, pointer.client_x(), pointer.client_y());
        match pointer.type_().as_str() {
            "pointerdown" if pointer.button() == 0 => {
                fingers.retain(|finger| finger.id != id);
                let points = fingers.is_empty() && self.pointing.is_on();
                fingers.push(Finger { id, at: now, points });
                if points {
                    self.pointing.press(self.spot(now));
                } else if self.pointing.is_on() {
                    // With a second finger the first one moves the picture as well.
                    fingers.iter_mut().for_each(|finger| finger.points = false);
                    self.pointing.leave();
                }
                // Without it the picture is let go at the edge.
                drop(node.set_pointer_capture(id));
            }
            "pointermove" => {
                if fingers.is_empty() {
                    return self.pointing.hover(self.spot(now));
                }
                let before = spread(fingers);
                let Some(finger) = fingers.iter_mut().find(|finger| finger.id == id) else { return };
                finger.at = now;
                if finger.points {
                    return self.pointing.press(self.spot(now));
                }
                let after = spread(fingers);
                let ((from, wide), (to, wider)) = (before, after);
                let factor = if wide > 0.0 && wider > 0.0 { wider / wide } else { 1.0 };
                self.change(|zoom| zoom.by(factor, from).moved(to.0 - from.0, to.1 - from.1));
            }
            "pointerdown" => {}
            "pointerleave" => {
                // It is also told of each key, and of fingers that are lifted.
                let own: &EventTarget = node;
                let is_own = pointer.target().is_some_and(|target| target == *own);
                if is_own && fingers.is_empty() && pointer.pointer_type() != "touch" {
                    self.pointing.leave();
                }
            }
            _ => {
                let points = fingers.iter().any(|finger| finger.id == id && finger.points);
                fingers.retain(|finger| finger.id != id);
                if points {
                    self.pointing.lift();
                }
            }
        }
    }
}

/// A pointer that is pressed on the screen.
struct Finger {
    id: i32,
    at: (f64, f64),
    /// It points, and does not move the picture.
    points: bool,
}

/// The middle of the fingers, and how far the first two are apart.
fn spread(fingers: &[Finger]) -> ((f64, f64), f64) {
    match fingers {
        [] => ((0.0, 0.0), 0.0),
        [one] => (one.at, 0.0),
        [one, other, ..] => {
            let middle = (f64::midpoint(one.at.0, other.at.0), f64::midpoint(one.at.1, other.at.1));
            (middle, (one.at.0 - other.at.0).hypot(one.at.1 - other.at.1))
        }
    }
}

/// A place of the window, counted from the middle of an element.
fn place(element: &HtmlElement, x: i32, y: i32) -> (f64, f64) {
    let bounds = element.get_bounding_client_rect();
    let middle = (bounds.x() + bounds.width() / 2.0, bounds.y() + bounds.height() / 2.0);
    (f64::from(x) - middle.0, f64::from(y) - middle.1)
}
