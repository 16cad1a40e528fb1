//! A panel beside the pictures, which stay in sight and in reach; a sheet from below on phones.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, KeyboardEvent, Node};
use send_wrapper::SendWrapper;

use super::Panels;
use super::built::{Built, IntoBuilt};
use super::head::head;
use crate::ui::invite::focus;
use crate::ui::listening::listen;
use crate::ui::reactive::effect;

/// A panel with its heading; Escape closes it, also where the focus is nowhere: a key that had it may be gone. It takes
/// the focus when it opens, for what is `data-first` in it if there is such, and gives it back.
pub(super) fn side(id: &'static str, title: &'static str, content: Built) -> Built {
    let panels = expect_context::<Panels>();
    let node = NodeRef::<html::Section>::new();
    effect(move || {
        let Some(panel) = node.get() else { return };
        let before = document().active_element().and_then(|before| before.dyn_into::<HtmlElement>().ok());
        let first = panel.query_selector("[data-first]").ok().flatten();
        let first = first.and_then(|first| first.dyn_into::<HtmlElement>().ok());
        focus(Some(first.unwrap_or_else(|| panel.clone())));
        let within = panel.clone();
        listen(&document(), &["keydown"], move |event| {
            // While a syllable is composed, it gives that up.
            let is_escape = |event: &KeyboardEvent| event.key() == "Escape" && !event.is_composing();
            let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
            let is_ours =
                target.is_some_and(|target| within.contains(Some(&target)) || target.node_name() == "BODY");
            if is_ours && event.dyn_ref::<KeyboardEvent>().is_some_and(is_escape) {
                // It closes one thing, and no notice as well.
                event.stop_propagation();
                panels.close();
            }
        });
        let kept = SendWrapper::new((panel, before));
        on_cleanup(move || {
            let (panel, before) = kept.take();
            // Whoever has gone elsewhere meanwhile stays there.
            if panel.contains(document().active_element().as_deref())
                && let Some(before) = before
            {
                drop(before.focus());
            }
        });
    });
    let heading = format!("{id}-heading");
    let labelled_by = heading.clone();
    view! {
        <section id=id class="panel" tabindex="-1" aria-labelledby=labelled_by node_ref=node>
            {head("panel-head", heading, title)} <div class="panel-body">{content}</div>
        </section>
    }
    .into_built()
}
