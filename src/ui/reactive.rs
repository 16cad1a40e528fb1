//! Reactive parts of a view, each in one type for all views.
//!
//! Leptos compiles its code anew for every closure type. Boxed, all texts share one copy of it, all flags
//! another, and so on; this keeps the page's WebAssembly small. For the same reason the views hide elements
//! instead of building them anew.

use std::any::Any;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::tachys::html::attribute::IntoAttributeValue;
use leptos::tachys::html::element::InnerHtmlValue;
use leptos::web_sys::Element;

use super::CallHandle;
use crate::call::{CallView, UserAction};

/// Attribute whose values are fixed texts.
pub(crate) type Text = Box<dyn FnMut() -> &'static str + Send>;
/// Attribute that is formatted, as with a name or a number.
pub(crate) type MadeText = Box<dyn FnMut() -> String + Send>;
/// Boolean attribute, which is there or not.
pub(crate) type Flag = Box<dyn FnMut() -> bool + Send>;
/// Handler of a button's click.
pub(crate) type Press = Box<dyn FnMut(MouseEvent)>;

pub(crate) fn text(read: impl FnMut() -> &'static str + Send + 'static) -> Text {
    Box::new(read)
}

pub(crate) fn made_text(read: impl FnMut() -> String + Send + 'static) -> MadeText {
    Box::new(read)
}

/// Changing text as the only child of an element, for `inner_html`.
///
/// The element sets the text: translators replace text nodes, and changes to a replaced node stay unseen.
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

/// Handler of a click that dispatches `action`.
pub(crate) fn action(call: CallHandle, action: UserAction) -> Press {
    press(move || call.dispatch(action.clone()))
}

/// Effect that reaches outside the views whenever its signals change; in the browser only, after rendering.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(run);
}

/// Memo of a part of the call, which notifies only when that part changes.
pub(crate) fn select<T: PartialEq + Send + Sync + 'static>(
    call: CallHandle,
    pick: impl Fn(&CallView) -> T + Send + Sync + 'static,
) -> Memo<T> {
    Memo::new(move |()| call.view().with(|view| pick(view)))
}

/// A memo of any type. Leptos's own is compiled anew for each; these share one.
pub(crate) struct Memo<T> {
    value: leptos::prelude::Memo<Value>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T: PartialEq + Send + Sync + 'static> Memo<T> {
    /// A memo of what is read, which is read again when a signal in it changes.
    pub(crate) fn new(read: impl Fn(()) -> T + Send + Sync + 'static) -> Self {
        let read: Box<dyn Fn() -> Value + Send + Sync> = Box::new(move || Value(Arc::new(read(()))));
        Self { value: leptos::prelude::Memo::new(move |_| read()), of: PhantomData }
    }

    /// Reads the value, reactive.
    pub(crate) fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(self.value.get().of())
    }

    /// The same, once.
    pub(crate) fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(self.value.get_untracked().of())
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Memo<T> {
    /// The value, reactive.
    pub(crate) fn get(&self) -> T {
        self.with(T::clone)
    }

    /// The same, once.
    pub(crate) fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }
}

/// A value of a type that only its memo knows.
#[derive(Clone)]
struct Value(Arc<dyn Comparable>);

impl Value {
    #[expect(clippy::expect_used, reason = "only `Memo<T>` reads what `Memo<T>` has written")]
    fn of<T: 'static>(&self) -> &T {
        let value: &dyn Any = &*self.0;
        value.downcast_ref().expect("a memo reads what it has written")
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&*other.0)
    }
}

trait Comparable: Any + Send + Sync {
    fn equals(&self, other: &dyn Comparable) -> bool;
}

impl<T: PartialEq + Send + Sync + 'static> Comparable for T {
    fn equals(&self, other: &dyn Comparable) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref() == Some(self)
    }
}

/// Result of [`content`], which the `view!` macro requires to be an attribute value.
pub(crate) struct ReadContent(Box<dyn FnMut() -> Content + Send>);

impl IntoAttributeValue for ReadContent {
    type Output = Box<dyn FnMut() -> Content + Send>;

    fn into_attribute_value(self) -> Self::Output {
        self.0
    }
}

/// Text that fills an element; markup in it is escaped.
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
