//! Notices: events of the call, faults, and advice on what to do next.

use gloo_timers::callback::Timeout;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::Node;
use leptos::web_sys::js_sys::Reflect;
use send_wrapper::SendWrapper;

use super::CallHandle;
use super::device_problem::{ProblemWords, by_devices, problem_words};
use super::i18n::{Words, words};
use super::icon::{self, icon};
use super::listening::{is_dialog_open, listen};
use super::reactive::{Memo, Press, action, content, effect, flag, press, select, text};
use crate::call::{CallView, DeviceProblem, KnockView, Notice, SignallingView, UserAction};
use crate::protocol::isolated;

/// For so long, in milliseconds, a press does not answer somebody who has taken the place of another one.
const READ_WITHIN: u32 = 600;

/// The live region with all notices, above the home screen and over the call.
pub(crate) fn notices(in_call: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let notice = select(call, |view| view.notice.clone());
    let problem = select(call, |view| view.device_problem);
    let reconnecting = select(call, |view| view.signalling == SignallingView::Reconnecting);
    let silent = select(call, |view| view.sound_blocked);
    // Dismissing hides the text only; the device's button still tells that it is missing.
    let read = RwSignal::new(None::<DeviceProblem>);

    let told =
        move || notice.with(|notice| notice.as_ref().map(|notice| say(notice, words)).unwrap_or_default());
    let tone = move || notice.with(|notice| notice.as_ref().map_or("notice", tone));
    let part_of_problem = move |part: fn(ProblemWords) -> String| {
        let problem = problem.get().map(|problem| problem_words(problem, in_call.get(), words));
        problem.map(part).unwrap_or_default()
    };
    let knocks = select(call, |view| asking(view).cloned().collect::<Vec<_>>());
    // The second press of a double click is for the one before.
    let is_new = RwSignal::new(false);
    let mut before = None;
    let fading = StoredValue::new(None::<SendWrapper<Timeout>>);
    effect(move || {
        let shown = knocks.with(|knocks| knocks.first().map(|knock| knock.seal));
        if let (Some(_), Some(_)) = (std::mem::replace(&mut before, shown), shown) {
            is_new.set(true);
            let fade = Timeout::new(READ_WITHIN, move || is_new.set(false));
            fading.set_value(Some(SendWrapper::new(fade)));
        }
    });
    let answer = move |comes_in| {
        if let Some(knock) = knocks.with_untracked(|knocks| knocks.first().cloned())
            && !is_new.get_untracked()
        {
            call.dispatch(UserAction::Answer(knock.peer, knock.seal, comes_in));
        }
    };
    let asked = move || {
        knocks.with(|knocks| knocks.first().map(|knock| knock_words(knock, words)).unwrap_or_default())
    };
    let more_knocks = move || match knocks.with(Vec::len) {
        0 | 1 => String::new(),
        all => words.knocks_more(all - 1),
    };
    let toast = NodeRef::<html::Div>::new();
    hold(call, toast);
    escape(move || {
        if notice.with_untracked(Option::is_some) {
            call.dispatch(UserAction::DismissNotice);
        } else {
            read.set(problem.get_untracked());
        }
    });

    view! {
        <div id="notice" class="notices" role="status" aria-live="polite">
            <div class="notice notice-act" hidden=flag(move || !silent.get())>
                <p>{words.sound_blocked()}</p>
                <button type="button" class="btn btn-go" on:click=action(call, UserAction::PlaySound)>
                    {icon(text(|| icon::SOUND))}
                    {words.tap_to_hear()}
                </button>
            </div>
            <div id="knock" class="notice notice-act" hidden=flag(move || knocks.with(Vec::is_empty))>
                <p>
                    <span inner_html=content(asked)></span>
                    " "
                    <span inner_html=content(more_knocks)></span>
                </p>
                <button type="button" class="btn btn-go let-in" on:click=press(move || answer(true))>
                    {words.let_in()}
                </button>
                <button type="button" class="btn btn-text not-now" on:click=press(move || answer(false))>
                    {words.not_now()}
                </button>
            </div>
            <div class=text(tone) hidden=flag(move || notice.with(Option::is_none)) node_ref=toast>
                <p inner_html=content(told)></p>
                <button
                    type="button"
                    class="btn btn-text"
                    hidden=flag(move || notice.get() != Some(Notice::InOtherTab))
                    on:click=action(call, UserAction::MoveHere)
                >
                    {words.move_here()}
                </button>
                <button
                    type="button"
                    id="go-back-button"
                    class="btn btn-line"
                    hidden=flag(move || notice.get() != Some(Notice::JustLeft))
                    on:click=action(call, UserAction::GoBack)
                >
                    {words.go_back()}
                </button>
                <button
                    type="button"
                    id="leave-anyway-button"
                    class="btn btn-stop"
                    hidden=flag(move || notice.get() != Some(Notice::LeaveAsked))
                    on:click=action(call, UserAction::Leave)
                >
                    {words.leave()}
                </button>
                <button
                    type="button"
                    id="seat-button"
                    class="btn btn-go"
                    hidden=flag(move || notice.get() != Some(Notice::SeatFree))
                    on:click=action(call, UserAction::TakeSeat)
                >
                    {words.connect()}
                </button>
                <button
                    type="button"
                    class="btn btn-text"
                    hidden=flag(move || notice.get() != Some(Notice::OldPage))
                    on:click=action(call, UserAction::LoadAnew)
                >
                    {words.reload()}
                </button>
                <button
                    type="button"
                    class="btn btn-text"
                    hidden=flag(move || !notice.with(|notice| matches!(notice, Some(Notice::DeviceFound(_)))))
                    on:click=action(call, UserAction::UseFound)
                >
                    {words.use_it()}
                </button>
                <button
                    type="button"
                    class="btn btn-text"
                    hidden=flag(move || notice.get() != Some(Notice::MutedSpeech))
                    on:click=action(call, UserAction::ToggleMicrophone)
                >
                    {words.microphone_on()}
                </button>
                <button
                    type="button"
                    id="word-again-button"
                    class="btn btn-text"
                    hidden=flag(move || notice.get() != Some(Notice::WordClosed))
                    on:click=action(call, UserAction::TryWordAgain)
                >
                    {words.word_again()}
                </button>
                <span hidden=flag(move || notice.with(|notice| notice.as_ref().is_none_or(passes)))>
                    {dismiss(words, action(call, UserAction::DismissNotice))}
                </span>
            </div>
            <div class="notice" hidden=flag(move || !reconnecting.get())>
                <p>{words.line_reconnecting()}</p>
            </div>
            <div
                class="notice notice-act"
                hidden=flag(move || problem.get().is_none_or(|problem| read.get() == Some(problem)))
            >
                <p>
                    <strong inner_html=content(move || part_of_problem(|words| words.title.to_owned()))></strong>
                    <span inner_html=content(move || {
                        part_of_problem(|words| format!("{} {}", words.advice, words.consequence))
                    })></span>
                </p>
                <button type="button" class="btn btn-text" on:click=action(call, UserAction::RetryDevices)>
                    {words.try_again()}
                </button>
                {dismiss(words, press(move || read.set(problem.get_untracked())))}
            </div>
        </div>
    }
}

/// Lets a notice stay as long as the pointer or the focus is on it.
fn hold(call: CallHandle, toast: NodeRef<html::Div>) {
    effect(move || {
        let Some(toast) = toast.get() else { return };
        let target = toast.clone();
        listen(&target, &["pointerover", "pointerout", "focusin", "focusout"], move |event| {
            let beyond = Reflect::get(&event, &"relatedTarget".into()).ok();
            if toast.contains(beyond.and_then(|beyond| beyond.dyn_into::<Node>().ok()).as_ref()) {
                return;
            }
            let name = event.type_();
            let is_elsewhere_on = if name.starts_with('f') {
                toast.matches(":hover").unwrap_or_default()
            } else {
                toast.contains(document().active_element().as_deref())
            };
            call.dispatch(UserAction::HoldNotice(is_elsewhere_on || !name.ends_with("out")));
        });
    });
}

/// Runs whenever Escape is pressed, as long as the page lives.
fn escape(run: impl Fn() + Clone + 'static) {
    effect(move || {
        let run = run.clone();
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            // A dialog takes it for itself, wherever the focus is.
            if event.key() == "Escape" && !is_dialog_open() {
                run();
            }
        });
        on_cleanup(move || listener.remove());
    });
}

fn dismiss(words: &'static Words, press: Press) -> impl IntoView {
    view! {
        <button type="button" class="dismiss" aria-label=words.dismiss() title=words.dismiss() on:click=press>
            {icon(text(|| icon::CLOSE))}
        </button>
    }
}

/// Those who knock and were not answered.
fn asking(view: &CallView) -> impl Iterator<Item = &KnockView> {
    view.knocks.iter().filter(|knock| !knock.is_declined)
}

/// Says who knocks. Nothing proves the name.
pub(super) fn knock_words(knock: &KnockView, words: &'static Words) -> String {
    let name = knock.name.as_ref();
    name.map_or_else(|| words.knock_guest().to_owned(), |name| words.knock(&name.isolated()))
}

/// Puts a notice into words.
pub(super) fn say(notice: &Notice, words: &'static Words) -> String {
    let fixed = match notice {
        Notice::PeerLeft(names) => match names.as_slice() {
            [None] => words.guest_left(),
            [Some(name)] => return words.peer_left(&name.isolated()),
            [Some(name), Some(other)] => return words.both_left(&name.isolated(), &other.isolated()),
            all => return words.people_left(all.len()),
        },
        Notice::PeerJoined(names) => match names.as_slice() {
            [None] => words.guest_joined(),
            [Some(name)] => return words.peer_joined(&name.isolated()),
            [Some(name), Some(other)] => return words.both_joined(&name.isolated(), &other.isolated()),
            all => return words.people_joined(all.len()),
        },
        Notice::RoomLocked(Some(name)) => return words.peer_locked(&name.isolated()),
        Notice::RoomLocked(None) => words.guest_locked(),
        Notice::OtherWord => words.word_other(),
        Notice::WordClosed => words.word_closed(),
        Notice::DeviceReplaced { gone, now } => {
            return words.device_replaced(&isolated(gone), &isolated(now));
        }
        Notice::DeviceFound(name) => return words.device_found(&isolated(name)),
        Notice::DeviceRefused(name) => return words.device_refused(&isolated(name)),
        Notice::SpeakerRefused => words.speaker_refused(),
        Notice::MutedSpeech => words.muted_speech(),
        Notice::ScreenDenied => words.screen_denied(),
        Notice::ScreenFailed => words.screen_failed(),
        Notice::OwnTabShared => words.own_tab_shared(),
        Notice::DeviceHeld(devices) => {
            by_devices(*devices, [words.microphone_held_hint(), words.camera_held_hint(), words.both_held()])
        }
        Notice::DeviceBack(devices) => {
            by_devices(*devices, [words.microphone_back(), words.camera_back(), words.both_back()])
        }
        Notice::RoomFull => words.room_full(),
        Notice::WaitingForSeat => words.waiting_for_seat(),
        Notice::SeatFree => words.seat_free(),
        Notice::Unreachable => words.unreachable(),
        Notice::Unsupported => words.unsupported(),
        Notice::Insecure => words.insecure(),
        Notice::LinkCut => words.link_cut(),
        Notice::JustLeft | Notice::Left => words.left(),
        Notice::LeaveAsked => words.leave_asked(),
        Notice::Dropped => words.dropped(),
        Notice::Ended => words.ended(),
        Notice::OldPage => words.old_page(),
        Notice::InOtherTab => words.in_other_tab(),
        Notice::MovedElsewhere => words.moved_elsewhere(),
        Notice::NoRelay => words.no_relay(),
        Notice::HiddenWithoutRelay => words.hidden_without_relay(),
        Notice::AddressHidden => words.address_hidden(),
        Notice::AddressShown => words.address_shown(),
    };
    fixed.to_owned()
}

/// Whether a notice goes by itself, so that nobody has to dismiss it.
fn passes(notice: &Notice) -> bool {
    matches!(
        notice,
        Notice::PeerJoined(_)
            | Notice::RoomLocked(_)
            | Notice::OtherWord
            | Notice::DeviceBack(_)
            | Notice::AddressShown
            | Notice::DeviceReplaced { .. }
    )
}

fn tone(notice: &Notice) -> &'static str {
    match notice {
        Notice::PeerJoined(_)
        | Notice::PeerLeft(_)
        | Notice::JustLeft
        | Notice::Left
        | Notice::Ended
        | Notice::RoomLocked(_)
        | Notice::OtherWord
        | Notice::DeviceBack(_)
        | Notice::DeviceReplaced { .. }
        | Notice::DeviceFound(_)
        | Notice::MovedElsewhere => "notice",
        _ => "notice notice-act",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::DisplayName;
    use crate::ui::i18n::{Lang, words_of};

    #[test]
    fn a_name_does_not_turn_the_words_around_it() {
        let who = |name: &str| DisplayName::try_from(name.to_owned()).ok();
        for (name, said) in [
            ("דנה", "\u{2068}דנה\u{2069} left."),
            ("Ann\u{2069}\u{202e} and", "\u{2068}Ann and\u{2069} left."),
        ] {
            assert_eq!(say(&Notice::PeerLeft(vec![who(name)]), words_of(Lang::En)), said);
        }
        let said = say(&Notice::PeerJoined(vec![who("دانا")]), words_of(Lang::Ko));
        assert_eq!(said, "\u{2068}دانا\u{2069} 님이 들어왔어요.");
    }

    #[test]
    fn two_are_told_by_name_and_more_by_number() {
        let [ben, dora] = ["Ben", "Dora"].map(|name| DisplayName::try_from(name.to_owned()).ok());
        for (who, said) in [
            (vec![ben.clone(), dora.clone()], "\u{2068}Ben\u{2069} and \u{2068}Dora\u{2069} have come in."),
            (vec![ben.clone(), None], "2 people have come in."),
            (vec![ben, dora, None], "3 people have come in."),
        ] {
            assert_eq!(say(&Notice::PeerJoined(who), words_of(Lang::En)), said);
        }
    }
}
