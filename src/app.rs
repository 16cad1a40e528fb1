//! HTML shell, the root component and its routes.
use leptos::prelude::*;

/// The document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let lang = use_context::<crate::ui::words::Lang>().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag()>
            <head>
                <HydrationScripts options />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The root component.
#[component]
pub fn App() -> impl IntoView {
    view! { <main></main> }
}
