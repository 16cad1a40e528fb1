//! Pointing at a screen: the tools, and a canvas above the picture with what everybody shows there.

use std::f64::consts::TAU;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::super::built::{Built, IntoBuilt};
use super::zoom::Zoom;
use crate::call::{PointAction, PointerView, UserAction};
use crate::protocol::{DisplayName, PeerId, Spot};
use crate::ui::CallHandle;
use crate::ui::i18n::words;
use crate::ui::icon::{self, icon};
use crate::ui::layout::Size;
use crate::ui::listening::{before_next_frame, listen, window_of};
use crate::ui::reactive::{Memo, effect, flag, press, select, text};
use crate::ui::tile::COLOURS;

/// How long what is shown fades before it is gone, in seconds.
const FADES_FOR: f64 = 0.6;
/// Widths of a line and of what is bright around it, in CSS pixels.
const LINE: f64 = 4.0;
const HALO: f64 = 8.0;
/// Radii of a pointer and of what is bright around it.
const DOT: f64 = 7.0;
const RING: f64 = 10.0;
/// From the middle of a pointer to the name beside it, and the room that this gets.
const TAG: f64 = 16.0;
const TAG_WIDTH: f64 = 140.0;
/// The width of the ground of a name.
const GROUND: f64 = 6.0;
const FONT: &str = "600 14px system-ui, sans-serif";

/// What the mouse or a finger does on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// Moves the picture.
    Look,
    /// Points.
    Pointer,
    /// Draws.
    Pen,
}

/// The tool that a person has chosen for a screen.
#[derive(Clone, Copy)]
pub(super) struct Pointing {
    call: CallHandle,
    screen: PeerId,
    chosen: RwSignal<Tool>,
    allowed: Memo<bool>,
}

impl Pointing {
    pub(super) fn new(call: CallHandle, screen: PeerId) -> Self {
        let allowed = select(call, move |view| {
            view.peers.iter().any(|other| other.peer == screen && other.pointing_allowed)
        });
        Self { call, screen, chosen: RwSignal::new(Tool::Look), allowed }
    }

    /// The tool as far as the owner of the screen allows it, reactive.
    fn tool(self) -> Tool {
        if self.allowed.get() { self.chosen.get() } else { Tool::Look }
    }

    /// The name of the tool in the document, reactive.
    pub(super) fn name(self) -> &'static str {
        match self.tool() {
            Tool::Look => "look",
            Tool::Pointer => "pointer",
            Tool::Pen => "pen",
        }
    }

    /// Whether mouse and fingers point or draw.
    pub(super) fn is_on(self) -> bool {
        self.chosen.get_untracked() != Tool::Look && self.allowed.get_untracked()
    }

    pub(super) fn choose(self, tool: Tool) {
        self.chosen.set(tool);
        self.leave();
    }

    /// Points there with the pen up.
    pub(super) fn hover(self, spot: Option<Spot>) {
        if self.is_on() {
            self.point(false, spot);
        }
    }

    /// Points there, or draws if that is chosen.
    pub(super) fn press(self, spot: Option<Spot>) {
        self.point(self.chosen.get_untracked() == Tool::Pen, spot);
    }

    pub(super) fn lift(self) {
        self.point(true, None);
    }

    pub(super) fn leave(self) {
        self.point(false, None);
    }

    fn point(self, draws: bool, spot: Option<Spot>) {
        let to = PointAction::To { screen: self.screen, draws, spot };
        self.call.dispatch(UserAction::Point(to));
    }
}

/// The keys of the tools, hidden where the owner of the screen wants nobody to point.
pub(super) fn tools(pointing: Pointing) -> Built {
    let words = words();
    let key = |tool: Tool, class: &'static str, name: &'static str, path: &'static str| {
        view! {
            <button
                type="button"
                class=class
                aria-label=name
                title=name
                aria-pressed=text(move || if pointing.tool() == tool { "true" } else { "false" })
                on:click=press(move || pointing.choose(tool))
            >
                {icon(text(move || path))}
            </button>
        }
    };
    view! {
        <div
            class="screen-tools"
            role="group"
            aria-label=words.point_tools()
            hidden=flag(move || !pointing.allowed.get())
        >
            {key(Tool::Look, "tool-key tool-look", words.tool_look(), icon::EYE)}
            {key(Tool::Pointer, "tool-key tool-pointer", words.tool_pointer(), icon::POINTER)}
            {key(Tool::Pen, "tool-key tool-pen", words.tool_pen(), icon::PEN)}
        </div>
    }
    .into_built()
}

/// What is seen of a screen, reactive: the zoom and the sizes of the frame and of the picture.
pub(super) type Seen = Box<dyn Fn() -> Option<(Zoom, Size, Size)>>;

/// The canvas with what everybody shows on the screen of the peer that `is_its` is true for.
pub(super) fn canvas(
    call: CallHandle,
    is_its: Box<dyn Fn(PeerId) -> bool>,
    seen: Seen,
    video: NodeRef<html::Video>,
) -> Built {
    let guest = words().guest();
    let canvas = NodeRef::<html::Canvas>::new();
    let pointers = select(call, |view| view.pointers.clone());
    // A picture of another size, or time to fade.
    let stirred = RwSignal::new(());
    effect(move || {
        let Some(video) = video.get() else { return };
        listen(&video, &["resize", "loadedmetadata"], move |_| stirred.set(()));
    });
    effect(move || {
        stirred.track();
        let (Some(canvas), Some((zoom, frame, picture))) = (canvas.get(), seen()) else { return };
        let Some(context) = cleared(&canvas, frame) else { return };
        let place = |spot| zoom.place_of(frame, picture, spot);
        let sheet = Sheet {
            context,
            width: f64::from(frame.width),
            bright: colour(&canvas, "--door-ink"),
            place: &place,
        };
        let now = window().performance().map_or(0.0, |clock| clock.now()) / 1_000.0;
        // When it is to be drawn anew, in seconds from now.
        let mut next = f64::INFINITY;
        pointers.with(|pointers| {
            for pointer in pointers.iter().filter(|pointer| is_its(pointer.screen)) {
                let ink = colour(&canvas, &format!("--door-{}", pointer.peer.0 % COLOURS));
                // The own name tells nobody anything.
                let name = call.view().with_untracked(|view| {
                    let other = view.peers.iter().find(|other| other.peer == pointer.peer);
                    other.map(|other| other.name.clone())
                });
                let name = name.as_ref().map(|name| name.as_ref().map_or(guest, DisplayName::as_str));
                next = next.min(sheet.draw(pointer, &ink, name, now));
            }
        });
        let again = move || stirred.set(());
        if next <= 0.0 {
            before_next_frame(&canvas, again);
        } else if next.is_finite() {
            let timer = set_timeout_with_handle(again, Duration::from_secs_f64(next));
            on_cleanup(move || timer.iter().for_each(TimeoutHandle::clear));
        }
    });
    view! { <canvas class="screen-pointers" aria-hidden="true" node_ref=canvas></canvas> }.into_built()
}

/// The context of a canvas of this size with nothing on it, in CSS pixels.
fn cleared(canvas: &HtmlCanvasElement, frame: Size) -> Option<CanvasRenderingContext2d> {
    let ratio = window_of(canvas).device_pixel_ratio();
    let [width, height] = [frame.width, frame.height].map(f64::from);
    let pixels = [width, height].map(|side| (side * ratio).round() as u32);
    if pixels != [canvas.width(), canvas.height()] {
        canvas.set_width(pixels[0]);
        canvas.set_height(pixels[1]);
    }
    let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
    // Only a number that is none could be refused.
    drop(context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0));
    context.clear_rect(0.0, 0.0, width, height);
    context.set_line_cap("round");
    context.set_line_join("round");
    Some(context)
}

/// A colour of the style.
fn colour(canvas: &HtmlCanvasElement, name: &str) -> String {
    let style = window().get_computed_style(canvas).ok().flatten();
    style.and_then(|style| style.get_property_value(name).ok()).unwrap_or_default()
}

/// A canvas to draw on.
struct Sheet<'a> {
    context: CanvasRenderingContext2d,
    width: f64,
    /// The colour around everything, so that it is seen on any ground.
    bright: String,
    place: &'a dyn Fn(Spot) -> (f64, f64),
}

impl Sheet<'_> {
    /// Draws what one person shows; returns in how many seconds it begins to fade.
    fn draw(&self, pointer: &PointerView, ink: &str, name: Option<&str>, now: f64) -> f64 {
        let mut next = f64::INFINITY;
        let mut fade = |until: Duration| {
            let left = until.as_secs_f64() - now;
            next = next.min(left - FADES_FOR);
            self.context.set_global_alpha((left / FADES_FOR).clamp(0.0, 1.0));
        };
        for line in &pointer.lines {
            fade(line.until);
            self.line(&line.path, ink);
        }
        if let Some((spot, until)) = pointer.spot {
            fade(until);
            self.dot((self.place)(spot), ink, name);
        }
        next
    }

    fn line(&self, path: &[Spot], ink: &str) {
        let context = &self.context;
        context.begin_path();
        // The first one twice: a line of one spot is a dot.
        for spot in path.first().into_iter().chain(path) {
            let (x, y) = (self.place)(*spot);
            context.line_to(x, y);
        }
        for (width, ink) in [(HALO, self.bright.as_str()), (LINE, ink)] {
            context.set_line_width(width);
            context.set_stroke_style_str(ink);
            context.stroke();
        }
    }

    fn dot(&self, (x, y): (f64, f64), ink: &str, name: Option<&str>) {
        let context = &self.context;
        for (radius, ink) in [(RING, self.bright.as_str()), (DOT, ink)] {
            context.begin_path();
            // Only a radius below 0 is refused.
            drop(context.arc(x, y, radius, 0.0, TAU));
            context.set_fill_style_str(ink);
            context.fill();
        }
        let Some(name) = name else { return };
        let is_at_edge = x + TAG + TAG_WIDTH > self.width;
        let (x, align) = if is_at_edge { (x - TAG, "right") } else { (x + TAG, "left") };
        context.set_font(FONT);
        context.set_text_align(align);
        context.set_text_baseline("middle");
        context.set_line_width(GROUND);
        context.set_stroke_style_str(ink);
        context.set_fill_style_str(&self.bright);
        // What cannot be drawn is left out.
        drop(context.stroke_text_with_max_width(name, x, y, TAG_WIDTH));
        drop(context.fill_text_with_max_width(name, x, y, TAG_WIDTH));
    }
}
