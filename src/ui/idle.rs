//! Idleness: bar and dock leave the picture alone after a while without pointer, key or touch.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Event, HtmlElement, PointerEvent};

use super::listening::listen;
use super::reactive::effect;
use super::stage::Stage;

/// How long nothing is touched before bar and dock fade, in milliseconds.
const REST: u32 = 4_000;
/// What keeps them in sight: the focus of a keyboard in them, an open list or panel.
const HOLDS: &str = ":is(.topbar, .dock) :focus-visible, [aria-expanded='true']";

struct Idle {
    section: HtmlElement,
    stage: Stage,
    waits: Cell<bool>,
    /// When something was touched last.
    touched: Cell<f64>,
    /// The finger that was down last, until its click or a key.
    finger: Cell<Option<Finger>>,
}

/// What a finger found when it came down. Only new browsers say of a click that it comes from one.
#[derive(Clone, Copy, Debug)]
enum Finger {
    /// Bar and dock were in sight.
    Shown,
    /// Bar and dock were in sight, and may not leave it.
    Held,
    /// They had faded.
    Faded,
}

/// Where a click lies.
#[derive(Clone, Copy, Debug)]
enum Spot {
    /// On a picture, and on no key in it.
    Picture,
    /// On bar or dock.
    Bars,
    Elsewhere,
}

/// What the click of a finger comes to.
#[derive(Debug, PartialEq)]
enum Tap {
    /// Whatever lies there takes it.
    Passes,
    /// It makes bar and dock fade.
    Fades,
    /// Nobody presses what cannot be seen.
    IsLost,
}

/// What a click comes to, of a finger or not.
fn tap(finger: Option<Finger>, spot: Spot) -> Tap {
    match (finger, spot) {
        (Some(Finger::Faded), Spot::Bars) => Tap::IsLost,
        (Some(Finger::Shown), Spot::Picture) => Tap::Fades,
        _ => Tap::Passes,
    }
}

/// Follows what is touched in the section of the call.
pub(super) fn follow(section: NodeRef<html::Section>) {
    let stage = expect_context::<Stage>();
    effect(move || {
        let Some(section) = section.get() else { return };
        let idle = Rc::new(Idle {
            section: section.clone(),
            stage,
            waits: Cell::new(false),
            touched: Cell::new(0.0),
            finger: Cell::new(None),
        });
        let names = &["pointermove", "pointerdown", "keydown", "focusin", "click"];
        let of_window = Rc::clone(&idle);
        listen(&section, names, move |event| idle.take(&event));
        // Shortcuts are pressed wherever the focus is.
        listen(&window(), &["keydown"], move |event| of_window.take(&event));
    });
}

impl Idle {
    fn take(self: &Rc<Self>, event: &Event) {
        match event.type_().as_str() {
            "pointerdown" => {
                let pointer = event.dyn_ref::<PointerEvent>();
                let is_finger = pointer.is_some_and(|pointer| pointer.pointer_type() == "touch");
                self.finger.set(is_finger.then(|| self.finds()));
            }
            "keydown" => self.finger.set(None),
            "click" => match tap(self.finger.take(), spot(event)) {
                Tap::Fades => return self.stage.change(|now| now.is_idle = true),
                Tap::IsLost => event.stop_propagation(),
                Tap::Passes => {}
            },
            _ => {}
        }
        // An event of the floating window has another clock.
        self.touched.set(now());
        self.stage.change(|now| now.is_idle = false);
        if !self.waits.replace(true) {
            self.wait(REST);
        }
    }

    /// One timer at a time, since a pointer moves sixty times a second.
    fn wait(self: &Rc<Self>, milliseconds: u32) {
        let this = Rc::clone(self);
        spawn_local(async move {
            TimeoutFuture::new(milliseconds).await;
            this.elapsed();
        });
    }

    fn elapsed(self: &Rc<Self>) {
        let left = f64::from(REST) - (now() - self.touched.get());
        if left > 1.0 {
            self.wait(left as u32);
        } else if self.is_held() {
            self.wait(REST);
        } else {
            self.waits.set(false);
            self.stage.change(|now| now.is_idle = true);
        }
    }

    fn is_held(&self) -> bool {
        self.section.query_selector(HOLDS).is_ok_and(|held| held.is_some())
    }

    fn finds(&self) -> Finger {
        if self.stage.is_faded() {
            Finger::Faded
        } else if !self.stage.is_single() || self.is_held() {
            Finger::Held
        } else {
            Finger::Shown
        }
    }
}

fn now() -> f64 {
    window().performance().map_or(f64::MAX, |performance| performance.now())
}

fn spot(event: &Event) -> Spot {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let on = |selector| {
        target.as_ref().is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some()))
    };
    if on(".topbar, .dock") {
        Spot::Bars
    } else if on(".tile") && !on("button, a, summary") {
        Spot::Picture
    } else {
        Spot::Elsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finger_fades_what_it_sees_and_presses_nothing_else_than_that() {
        for (finger, spot, expected) in [
            (Some(Finger::Shown), Spot::Bars, Tap::Passes),
            (Some(Finger::Shown), Spot::Picture, Tap::Fades),
            (Some(Finger::Shown), Spot::Elsewhere, Tap::Passes),
            // Several pictures, or an open list.
            (Some(Finger::Held), Spot::Bars, Tap::Passes),
            (Some(Finger::Held), Spot::Picture, Tap::Passes),
            (Some(Finger::Faded), Spot::Bars, Tap::IsLost),
            (Some(Finger::Faded), Spot::Picture, Tap::Passes),
            // What stands in the picture never fades.
            (Some(Finger::Faded), Spot::Elsewhere, Tap::Passes),
            // A mouse, or a key.
            (None, Spot::Bars, Tap::Passes),
            (None, Spot::Picture, Tap::Passes),
        ] {
            assert_eq!(tap(finger, spot), expected, "{finger:?} on {spot:?}");
        }
    }
}
