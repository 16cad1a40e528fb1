//! What a person is told of the way to another one, and the pictures that two people can compare.

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Object, Promise, Reflect};
use leptos::web_sys::{Event, HtmlDetailsElement, Response};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::CallHandle;
use super::i18n::{Lang, Words, words};
use super::icon::{self, icon};
use super::lacking::method;
use super::reactive::{Memo, content, flag, press, text};
use crate::call::{PeerView, Trust, UserAction};
use crate::protocol::PeerId;
use crate::protocol::sealed::PICTURE_COUNT;

/// The label beside a name, which tells more when it is opened.
pub(super) fn trust_label(call: CallHandle, peer: PeerId, own: Memo<Option<PeerView>>) -> impl IntoView {
    let words = words();
    let trust = Memo::new(move |_| own.with(|own| own.as_ref().map(|own| own.trust).unwrap_or_default()));
    let pictures = Memo::new(move |_| own.with(|own| own.as_ref()?.pictures));
    let names = RwSignal::new(Vec::<String>::new());
    let label = move || match trust.get() {
        Trust::Unknown => "",
        Trust::Unchecked => words.trust_unchecked(),
        Trust::Linked | Trust::Worded | Trust::Compared | Trust::Vouched => words.trust_private(),
        Trust::Stopped => words.trust_stopped(),
    };
    let sign = move || match trust.get() {
        Trust::Linked | Trust::Worded | Trust::Compared | Trust::Vouched => icon::LOCK,
        Trust::Unknown | Trust::Unchecked | Trust::Stopped => icon::LOCK_OPEN,
    };
    // Who is vouched for can be compared with as well.
    let has_pictures =
        move || matches!(trust.get(), Trust::Unchecked | Trust::Vouched) && pictures.get().is_some();
    let hint = move || own.with(|own| own.as_ref().map(|own| trust_hint(own, words)).unwrap_or_default());
    let said = move || {
        if has_pictures() && trust.get() == Trust::Unchecked {
            words.trust_compare().to_owned()
        } else {
            hint()
        }
    };
    let shown = move |at: usize| {
        let number = pictures.with(|pictures| pictures.and_then(|(_, numbers)| numbers.get(at).copied()));
        names.with(|names| number.map(|number| picture(names, number)).unwrap_or_default())
    };
    let items = (0..PICTURE_COUNT).map(|at| {
        view! {
            <li>
                <span class="trust-picture" aria-hidden="true" inner_html=content(move || shown(at).0)></span>
                <span inner_html=content(move || shown(at).1)></span>
            </li>
        }
    });
    let items = items.collect_view();
    let answer = move |are_same| {
        if let Some((seal, _)) = pictures.get_untracked() {
            call.dispatch(UserAction::ComparePictures(peer, seal, are_same));
        }
    };
    let opened = move |event: Event| {
        let details = event.target().and_then(|target| target.dyn_into::<HtmlDetailsElement>().ok());
        if details.is_some_and(|details| details.open()) && names.with_untracked(Vec::is_empty) {
            spawn_local(async move {
                if let Some(loaded) = load_names(words.lang()).await {
                    names.set(loaded);
                }
            });
        }
    };
    view! {
        <details class="trust" hidden=flag(move || trust.get() == Trust::Unknown) on:toggle=opened>
            <summary class="chip">
                {icon(text(sign))}
                <span class="trust-label" inner_html=content(label)></span>
            </summary>
            // The tile itself says it as well then.
            <div class="trust-card" hidden=flag(move || trust.get() == Trust::Stopped)>
                <p inner_html=content(said)></p>
                <ol class="trust-pictures" hidden=flag(move || !has_pictures())>
                    {items}
                </ol>
                <div class="trust-answers" hidden=flag(move || !has_pictures())>
                    <button type="button" class="btn btn-go trust-same" on:click=press(move || answer(true))>
                        {words.trust_same()}
                    </button>
                    <button type="button" class="btn btn-line trust-differ" on:click=press(move || answer(false))>
                        {words.trust_differ()}
                    </button>
                </div>
            </div>
        </details>
    }
}

/// What a trust means, in a sentence or two.
pub(super) fn trust_hint(peer: &PeerView, words: &'static Words) -> String {
    let fixed = match peer.trust {
        Trust::Unknown => "",
        Trust::Unchecked => words.trust_unchecked_hint(),
        Trust::Linked => words.trust_private_hint(),
        Trust::Worded => words.trust_word_hint(),
        Trust::Compared => words.trust_compared_hint(),
        Trust::Vouched => {
            let by = peer.checked_by.as_ref();
            return by
                .map_or(words.trust_vouched_guest().to_owned(), |by| words.trust_vouched(&by.isolated()));
        }
        Trust::Stopped => words.trust_stopped_hint(),
    };
    fixed.to_owned()
}

/// A picture and its name; where the list did not load, its number, which can be compared as well.
fn picture(names: &[String], number: u8) -> (String, String) {
    match names.get(usize::from(number)).and_then(|line| line.split_once(' ')) {
        Some((picture, name)) => (picture.to_owned(), name.to_owned()),
        None => (String::new(), format!("{number:02}")),
    }
}

/// The pictures with their names, one in each line. Whoever could choose them could make any six look the same, so a list
/// is taken only as this program knows it (W3C Subresource Integrity).
async fn load_names(lang: Lang) -> Option<Vec<String>> {
    let options = Object::new();
    // A fresh object takes any member.
    let _ = Reflect::set(&options, &"integrity".into(), &integrity(lang).into());
    let address = format!("/pictures.{}.txt", lang.tag());
    let window: JsValue = window().into();
    let fetched = method(&window, "fetch")?.call2(&window, &address.into(), &options).ok()?;
    let response: Response =
        JsFuture::from(fetched.dyn_into::<Promise>().ok()?).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string().filter(|_| response.ok())?;
    Some(text.lines().map(str::to_owned).collect())
}

/// SHA-256 of the list of a language.
fn integrity(lang: Lang) -> &'static str {
    match lang {
        Lang::De => "sha256-Ju06gWxH9l9JxkxGEFLsEYYvDfOkyANlZ5o7Keg2das=",
        Lang::En => "sha256-ZmnAu2U2/Z6OEqcWX7Ro0Q//DTvyOKf/1MKYc1Lzgfs=",
        Lang::Es => "sha256-zSrXuqqyOlLo2W5g4QTMuAFTZgXVahxS6bpARpYhfqg=",
        Lang::Fr => "sha256-wFAj02slT874/K/ktZIq6hhz/Xxcxh/8XzIz9jLpfZ8=",
        Lang::Ja => "sha256-3GAnjN+nEX7XR7wQT3e/7YMjHE1u+LNwO7qTp7iH1a4=",
        Lang::Ko => "sha256-Q3LTQSOZeUiQ+JK85JqlTiH+e7SpsgC1iNCUrrk4aUs=",
        Lang::ZhHans => "sha256-GU5g0JGGZtffOorE5NvpvDKJz+/f5ZkS7CdULF3JNOc=",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use data_encoding::BASE64;
    use sha2::{Digest, Sha256};

    use super::*;

    /// People of two languages compare the same pictures, and no two have one name.
    #[test]
    fn every_language_has_the_same_64_pictures() {
        let lists = [
            include_str!("../../public/pictures.de.txt"),
            include_str!("../../public/pictures.en.txt"),
            include_str!("../../public/pictures.es.txt"),
            include_str!("../../public/pictures.fr.txt"),
            include_str!("../../public/pictures.ja.txt"),
            include_str!("../../public/pictures.ko.txt"),
            include_str!("../../public/pictures.zh-Hans.txt"),
        ];
        for (lang, list) in Lang::ALL.into_iter().zip(lists) {
            let digest = BASE64.encode(&Sha256::digest(list));
            assert_eq!(integrity(lang), format!("sha256-{digest}"), "{lang:?}");
        }
        assert_eq!(lists.len(), Lang::ALL.len());
        let pictures = |list: &'static str| -> Vec<_> {
            list.lines().map(|line| line.split_once(' ').unwrap()).collect::<Vec<_>>()
        };
        let first = pictures(lists[0]);
        assert_eq!(first.len(), 64);
        for list in lists.map(pictures) {
            assert!(list.iter().map(|(picture, _)| picture).eq(first.iter().map(|(picture, _)| picture)));
            let names: BTreeSet<_> = list.iter().map(|(_, name)| name).collect();
            assert_eq!(names.len(), 64);
        }
    }

    #[test]
    fn a_picture_without_its_list_is_a_number_of_two_digits() {
        assert_eq!(picture(&[], 7), (String::new(), "07".to_owned()));
        assert_eq!(picture(&["🐶 Dog".to_owned()], 0), ("🐶".to_owned(), "Dog".to_owned()));
    }
}
