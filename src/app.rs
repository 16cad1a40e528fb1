//! HTML shell, the root component and its routes.
use leptos::prelude::*;

/// The root component.
#[component]
pub fn App() -> impl IntoView {
    view! { <main></main> }
}
