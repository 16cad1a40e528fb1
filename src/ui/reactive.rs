//! Reactive parts of a view, each in one type for all views.
//!
//! Leptos compiles its code anew for every closure type. Boxed, all texts share one copy of it, all flags
//! another, and so on; this keeps the page's WebAssembly small. For the same reason the views hide what is
//! not to be seen instead of building it anew.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::CallHandle;
use crate::call::{CallView, UserAction};

/// Text or attribute out of the page's words.
pub(crate) type Text = Box<dyn FnMut() -> &'static str + Send>;
/// Text with a name or a number in it.
pub(crate) type MadeText = Box<dyn FnMut() -> String + Send>;
/// Attribute that is there or not.
pub(crate) type Flag = Box<dyn FnMut() -> bool + Send>;
/// What a button does.
pub(crate) type Press = Box<dyn FnMut(MouseEvent)>;

pub(crate) fn text(read: impl FnMut() -> &'static str + Send + 'static) -> Text {
    Box::new(read)
}

pub(crate) fn made_text(read: impl FnMut() -> String + Send + 'static) -> MadeText {
    Box::new(read)
}

pub(crate) fn flag(read: impl FnMut() -> bool + Send + 'static) -> Flag {
    Box::new(read)
}

pub(crate) fn press(mut run: impl FnMut() + 'static) -> Press {
    Box::new(move |_| run())
}

/// A button's way to report what a person did.
pub(crate) fn action(call: CallHandle, action: UserAction) -> Press {
    press(move || call.dispatch(action.clone()))
}

/// Reaches outside whenever what it reads has changed; in the browser only, after what is drawn.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(run);
}

/// Part of the call, followed only when it changes.
pub(crate) fn select<T: PartialEq + Send + Sync + 'static>(
    call: CallHandle,
    pick: impl Fn(&CallView) -> T + Send + Sync + 'static,
) -> Memo<T> {
    let pick: Box<dyn Fn(&CallView) -> T + Send + Sync> = Box::new(pick);
    Memo::new(move |_| call.view().with(|view| pick(view)))
}
