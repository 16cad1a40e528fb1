//! The connection: hiding the own IP address, and the connection test.

use leptos::html;
use leptos::prelude::*;

use super::built::{Built, IntoBuilt};
use super::dialog::dialog;
use crate::call::{Finding, Relay, Transport, UserAction, Verdict};
use crate::ui::CallHandle;
use crate::ui::i18n::{Words, words};
use crate::ui::icon::{self, icon};
use crate::ui::reactive::{Text, action, content, effect, flag, select, text};

/// The dialog about the connection: whether the own address is hidden, and the connection test.
pub(super) fn connection() -> Built {
    let call = expect_context::<CallHandle>();
    let words = words();
    call.dispatch(UserAction::LookForRelay);
    let parts =
        view! { <div class="connection">{hide_switch(call, words)} {connection_test(call, words)}</div> };
    dialog("connection", words.connection(), parts.into_built())
}

/// Explains hiding, or why it has no effect here.
fn hint(call: CallHandle, words: &'static Words) -> Text {
    let cannot = select(call, |view| view.cannot_hide);
    let in_vain = select(call, |view| view.hides_address && view.relay == Relay::Missing);
    text(move || match (cannot.get(), in_vain.get()) {
        (true, _) => words.no_relay(),
        (_, true) => words.hidden_without_relay(),
        _ => words.hide_address_hint(),
    })
}

pub(super) fn hide_switch(call: CallHandle, words: &'static Words) -> Built {
    let field = NodeRef::<html::Input>::new();
    let hidden = select(call, |view| view.hides_address);
    let cannot = select(call, |view| view.cannot_hide);
    effect(move || {
        if let Some(field) = field.get() {
            field.set_checked(hidden.get());
        }
    });
    let switched = move || {
        if let Some(field) = field.get_untracked() {
            call.dispatch(UserAction::HideAddress(field.checked()));
        }
    };
    view! {
        <div class="row">
            <label class="option">
                <span>{words.hide_address()}</span>
                <input
                    type="checkbox"
                    role="switch"
                    id="hide-address"
                    class="switch"
                    autocomplete="off"
                    aria-describedby="hide-address-hint"
                    disabled=flag(move || cannot.get())
                    node_ref=field
                    on:change=move |_| switched()
                />
            </label>
            <p id="hide-address-hint" class="note" inner_html=content(hint(call, words))></p>
        </div>
    }
    .into_built()
}

fn connection_test(call: CallHandle, words: &'static Words) -> impl IntoView {
    let connection_test = select(call, |view| view.connection_test);
    let running = move || connection_test.get().is_some_and(|it| it.verdict.is_none());
    let verdict = move || match connection_test.get().map(|it| it.verdict) {
        None => "",
        Some(None) => words.testing(),
        Some(Some(verdict)) => said(verdict, words),
    };
    let found = move |transport: Option<Transport>| {
        let it = connection_test.get().unwrap_or_default();
        transport.map_or(it.relayed, |transport| it.transports[transport as usize])
    };
    let line = move |transport: Option<Transport>, name: &'static str| {
        view! {
            <li data-finding=text(move || found(transport).into())>
                <span>{name}</span>
                " "
                <b inner_html=content(move || found_words(transport, found(transport), words))></b>
            </li>
        }
    };
    view! {
        <div class="row">
            <button
                type="button"
                id="test-button"
                class="btn btn-line"
                aria-busy=text(move || if running() { "true" } else { "false" })
                aria-describedby="test-hint"
                on:click=action(call, UserAction::TestConnection)
            >
                {icon(text(|| icon::PULSE))}
                {words.test_connection()}
            </button>
            <p id="test-hint" class="note">{words.test_hint()}</p>
            <div id="test-result" data-verdict=text(move || connection_test.get().and_then(|it| it.verdict).map_or("", Into::into))>
                <p class="verdict" role="status" inner_html=content(verdict)></p>
                <ul class="findings" hidden=flag(move || connection_test.get().is_none())>
                    {line(Some(Transport::Direct), words.way_direct())} {line(Some(Transport::Udp), words.way_udp())}
                    {line(Some(Transport::Tcp), words.way_tcp())} {line(Some(Transport::Tls), words.way_tls())}
                    {line(None, words.way_through())}
                </ul>
            </div>
        </div>
    }
}

fn found_words(transport: Option<Transport>, finding: Finding, words: &'static Words) -> &'static str {
    match (finding, transport) {
        (Finding::Trying, _) => words.finding_trying(),
        (Finding::NotOffered, _) => words.finding_not_offered(),
        (Finding::NotTried, _) => words.finding_not_tried(),
        (Finding::Refused, _) => words.finding_refused(),
        // A direct connection depends on the other side's network, too.
        (Finding::Works, Some(Transport::Direct)) => words.direct_likely(),
        (Finding::Blocked, Some(Transport::Direct)) => words.direct_unlikely(),
        (Finding::Works, _) => words.finding_works(),
        (Finding::Blocked, _) => words.finding_blocked(),
    }
}

fn said(verdict: Verdict, words: &'static Words) -> &'static str {
    match verdict {
        Verdict::Everywhere => words.verdict_everywhere(),
        Verdict::ByTcp => words.verdict_by_tcp(),
        Verdict::WithoutRelay => words.verdict_without_relay(),
        Verdict::RelayBlocked => words.verdict_relay_blocked(),
        Verdict::Blocked => words.verdict_blocked(),
        Verdict::Unclear => words.verdict_unclear(),
        Verdict::NothingOffered => words.verdict_nothing_offered(),
        Verdict::NoServer => words.verdict_no_server(),
        Verdict::SameComputer => words.verdict_same_computer(),
    }
}
