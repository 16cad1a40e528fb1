//! Notices: events of the call, faults, and advice on what to do next.

use leptos::prelude::*;

use super::CallHandle;
use super::device_problem::{ProblemWords, by_devices, problem_words};
use super::i18n::{Words, words};
use super::icon::{self, icon};
use super::reactive::{Press, action, content, effect, flag, press, select, text};
use crate::call::{DeviceProblem, Notice, SignallingView, UserAction};
use crate::protocol::{MAX_NAME_CHARS, MAX_ROOM_CHARS};

/// The live region with all notices, above the home screen and over the call.
pub fn notices(in_call: Memo<bool>) -> impl IntoView {
    let call = expect_context::<CallHandle>();
    let words = words();
    let notice = select(call, |view| view.notice.clone().filter(|notice| field(notice).is_none()));
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
                <button type="button" class="solid-button" on:click=action(call, UserAction::PlaySound)>
                    {icon(text(|| icon::SOUND))}
                    {words.tap_to_hear()}
                </button>
            </div>
            <div class="notice" hidden=flag(move || !reconnecting.get())>
                <p>{words.line_reconnecting()}</p>
            </div>
            <div class=text(tone) hidden=flag(move || notice.with(Option::is_none))>
                <p inner_html=content(told)></p>
                <button
                    type="button"
                    class="quiet-button"
                    hidden=flag(move || notice.get() != Some(Notice::InOtherTab))
                    on:click=action(call, UserAction::MoveHere)
                >
                    {words.move_here()}
                </button>
                <button
                    type="button"
                    class="quiet-button"
                    hidden=flag(move || notice.get() != Some(Notice::OldPage))
                    on:click=action(call, UserAction::LoadAnew)
                >
                    {words.reload()}
                </button>
                {dismiss(words, action(call, UserAction::DismissNotice))}
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
                <button type="button" class="quiet-button" on:click=action(call, UserAction::RetryDevices)>
                    {words.try_again()}
                </button>
                {dismiss(words, press(move || read.set(problem.get_untracked())))}
            </div>
        </div>
    }
}

/// Runs whenever Escape is pressed, as long as the page lives.
fn escape(run: impl Fn() + Clone + 'static) {
    effect(move || {
        let run = run.clone();
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            if event.key() == "Escape" {
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

/// Field of the home screen that a notice is about; the notice then stands there and not here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Room,
    Name,
}

pub(super) fn field(notice: &Notice) -> Option<Field> {
    match notice {
        Notice::EmptyRoom | Notice::BadRoom | Notice::OtherServer(_) => Some(Field::Room),
        Notice::BadName => Some(Field::Name),
        _ => None,
    }
}

/// Puts a notice into words.
pub(super) fn say(notice: &Notice, words: &'static Words) -> String {
    let fixed = match notice {
        Notice::PeerLeft(Some(name)) => return words.peer_left(&name.isolated()),
        Notice::PeerLeft(None) => words.guest_left(),
        Notice::PeerJoined(Some(name)) => return words.peer_joined(&name.isolated()),
        Notice::PeerJoined(None) => words.guest_joined(),
        Notice::OtherServer(host) => return words.other_server(host),
        Notice::BadRoom => return words.bad_room(&MAX_ROOM_CHARS.to_string()),
        Notice::BadName => return words.bad_name(&MAX_NAME_CHARS.to_string()),
        Notice::DeviceHeld(devices) => {
            by_devices(*devices, [words.microphone_held_hint(), words.camera_held_hint(), words.both_held()])
        }
        Notice::DeviceBack(devices) => {
            by_devices(*devices, [words.microphone_back(), words.camera_back(), words.both_back()])
        }
        Notice::EmptyRoom => words.empty_room(),
        Notice::RoomFull => words.room_full(),
        Notice::Unreachable => words.unreachable(),
        Notice::Unsupported => words.unsupported(),
        Notice::Left => words.left(),
        Notice::Dropped => words.dropped(),
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

fn tone(notice: &Notice) -> &'static str {
    match notice {
        Notice::PeerJoined(_)
        | Notice::PeerLeft(_)
        | Notice::Left
        | Notice::DeviceBack(_)
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
            assert_eq!(say(&Notice::PeerLeft(who(name)), words_of(Lang::En)), said);
        }
        let said = say(&Notice::PeerJoined(who("دانا")), words_of(Lang::Ko));
        assert_eq!(said, "\u{2068}دانا\u{2069} 님이 들어왔습니다.");
    }
}
