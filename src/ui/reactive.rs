//! Reactive parts of a view, each in one type for all views.
//!
//! Leptos compiles its code anew for every closure type. Boxed, all texts share one copy of it, all flags
//! another, and so on; this keeps the page's WebAssembly small. For the same reason the views hide what is
//! not to be seen instead of building it anew.

use std::borrow::Cow;

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::tachys::html::attribute::IntoAttributeValue;
use leptos::tachys::html::element::InnerHtmlValue;
use leptos::web_sys::Element;

use super::CallHandle;
use crate::call::{CallView, UserAction};

/// Attribute out of the page's words.
pub(crate) type Text = Box<dyn FnMut() -> &'static str + Send>;
/// Attribute with a name or a number in it.
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

/// Changing text as the only child of an element, for `inner_html`.
///
/// It is set through the element: translators replace text nodes, and a node that was replaced changes unseen.
pub(crate) fn content<T: Into<Cow<'static, str>>>(
    mut read: impl FnMut() -> T + Send + 'static,
) -> ReadContent {
    ReadContent(Box::new(move || Content(read().into())))
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

/// What [`content`] makes. The macro asks for something that could be an attribute.
pub(crate) struct ReadContent(Box<dyn FnMut() -> Content + Send>);

impl IntoAttributeValue for ReadContent {
    type Output = Box<dyn FnMut() -> Content + Send>;

    fn into_attribute_value(self) -> Self::Output {
        self.0
    }
}

/// Text that fills an element; markup in it is shown, not obeyed.
#[derive(Clone, PartialEq)]
pub(crate) struct Content(Cow<'static, str>);

impl InnerHtmlValue for Content {
    type AsyncOutput = Self;
    type State = (Element, Self);
    type Cloneable = Self;
    type CloneableOwned = Self;

    fn html_len(&self) -> usize {
        self.0.len()
    }

    fn to_html(self, buf: &mut String) {
        for letter in self.0.chars() {
            match letter {
                '<' => buf.push_str("&lt;"),
                '&' => buf.push_str("&amp;"),
                _ => buf.push(letter),
            }
        }
    }

    fn to_template(_: &mut String) {}

    fn hydrate<const FROM_SERVER: bool>(self, element: &Element) -> Self::State {
        (element.clone(), self)
    }

    fn build(self, element: &Element) -> Self::State {
        element.set_text_content(Some(&self.0));
        (element.clone(), self)
    }

    fn rebuild(self, state: &mut Self::State) {
        if self != state.1 {
            state.0.set_text_content(Some(&self.0));
            state.1 = self;
        }
    }

    fn into_cloneable(self) -> Self {
        self
    }

    fn into_cloneable_owned(self) -> Self {
        self
    }

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_is_shown_as_it_was_typed() {
        let mut html = String::new();
        Content("<b>Tom & Ann</b>".into()).to_html(&mut html);
        assert_eq!(html, "&lt;b>Tom &amp; Ann&lt;/b>");
    }
}
