//! A view of any type that is only ever built in the browser.
//!
//! For each type, Leptos's `AnyView` holds the code to render on a server, to hydrate and to resolve, too. Panels need
//! none of it, and would weigh twice as much.

use leptos::prelude::*;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::no_attrs;
use leptos::tachys::view::{Mountable, Position, PositionState};
use leptos::web_sys::{Element, Node};

/// The view, which is not built yet.
pub(super) struct Built(Box<dyn FnOnce() -> Box<dyn Mountable> + Send>);

/// Forgets the type of a view.
pub(super) trait IntoBuilt {
    /// The same view, without its type.
    fn into_built(self) -> Built;
}

impl<V: RenderHtml + 'static> IntoBuilt for V {
    fn into_built(self) -> Built {
        Built(Box::new(move || Box::new(self.build())))
    }
}

/// The elements of a view that is built.
pub(super) struct BuiltState(Box<dyn Mountable>);

impl Mountable for BuiltState {
    fn unmount(&mut self) {
        self.0.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.0.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.0.insert_before_this(child)
    }

    fn elements(&self) -> Vec<Element> {
        self.0.elements()
    }
}

impl Render for Built {
    type State = BuiltState;

    fn build(self) -> BuiltState {
        BuiltState((self.0)())
    }

    /// Puts the new elements in the place of the old ones.
    fn rebuild(self, state: &mut BuiltState) {
        let mut built = self.build();
        state.insert_before_this(&mut built);
        state.unmount();
        *state = built;
    }
}

no_attrs!(Built);

impl RenderHtml for Built {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    /// Nothing: servers render no panels.
    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> BuiltState {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}
