//! Everything the page says, in every language it speaks.

mod en;
mod ko;

use leptos::prelude::{document, use_context};

use crate::call::{DeviceProblem, Devices};

/// The product's name, the same in every language.
pub const PRODUCT: &str = "Parlor";

/// A language of the page.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// Every language, in the order in which the page offers them.
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// Reads a BCP 47 tag; only its primary language counts, so `ko-KR` is Korean.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary))
    }

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language's own name for itself.
    pub fn autonym(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    /// Chooses by an `Accept-Language` header (RFC 9110, section 12.5.4); the first of equals wins.
    pub fn preferred(accept_language: &str) -> Self {
        let mut best = (Self::default(), 0.0);
        for range in accept_language.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let lang = if tag == "*" { Some(Self::default()) } else { Self::from_tag(tag) };
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            if let Some(lang) = lang
                && quality > best.1
            {
                best = (lang, quality);
            }
        }
        best.0
    }

    /// The language in which the server wrote the page; only for the browser.
    pub fn of_document() -> Self {
        let tag = document().document_element().and_then(|html| html.get_attribute("lang"));
        tag.and_then(|tag| Self::from_tag(&tag)).unwrap_or_default()
    }

    /// What the page says in this language.
    pub fn words(self) -> &'static Words {
        match self {
            Self::En => &en::WORDS,
            Self::Ko => &ko::WORDS,
        }
    }
}

/// What the page says in the language that the server or `hydrate()` provided.
pub fn words() -> &'static Words {
    use_context::<Lang>().unwrap_or_default().words()
}

/// Which devices a text speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Missing {
    Camera,
    Microphone,
    Both,
}

impl From<Devices> for Missing {
    fn from(devices: Devices) -> Self {
        match (devices.camera, devices.microphone) {
            (true, false) => Self::Camera,
            (false, true) => Self::Microphone,
            _ => Self::Both,
        }
    }
}

/// A device problem as a person reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProblemWords {
    /// What is wrong.
    pub title: String,
    /// What to do next.
    pub advice: String,
    /// What goes on working without.
    pub consequence: &'static str,
}

macro_rules! words {
    ($($(#[$doc:meta])* $field:ident,)*) => {
        /// The texts of one language.
        pub struct Words {
            $($(#[$doc])* pub $field: &'static str,)*
            /// A link to this other host stands in the field.
            pub other_server: fn(&str) -> String,
            /// Somebody came in.
            pub peer_joined: fn(Option<&str>) -> String,
            /// The other one left.
            pub peer_left: fn(Option<&str>) -> String,
            /// Why a device is missing and what to do next; `true` if one is in the call already.
            pub device_problem: fn(DeviceProblem, bool) -> ProblemWords,
        }

        #[cfg(test)]
        impl Words {
            fn fixed(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($field), self.$field)),*]
            }
        }
    };
}

words! {
    /// The document's title after the product's name.
    title,
    /// The first words of the start page.
    welcome,
    /// What this is, in one sentence.
    promise,
    /// Name of the language switch.
    language,
    /// Label of the room number field.
    room_label,
    /// What a room number looks like.
    room_example,
    /// What the room number is for.
    room_hint,
    /// Button that proposes a room number.
    propose,
    /// Label of the name field.
    name_label,
    /// Marks the name field as one that may stay empty.
    optional,
    /// The button that starts a call.
    connect,
    /// In place of a call while the program loads or the server is asked.
    joining,
    /// Gives that up while the program loads.
    cancel,
    /// Name of the preview.
    preview_label,
    /// Button that asks for camera and microphone.
    start_preview,
    /// Under that button.
    preview_hint,
    /// While the browser asks the person.
    asking,
    /// In place of one's own picture while the camera is off.
    own_camera_off,
    /// In place of one's own picture when there is no camera.
    own_camera_missing,
    /// Button: be silent.
    mute,
    /// Button: be heard again.
    unmute,
    /// The microphone's button when there is none.
    microphone_missing,
    /// The microphone's button while the browser asks.
    microphone_asking,
    /// The microphone's button while the system mutes it.
    microphone_held,
    /// What that means and what to look for.
    microphone_held_hint,
    /// It is over.
    microphone_back,
    /// The camera's button while the system mutes it.
    camera_held,
    /// What that means and what to look for.
    camera_held_hint,
    /// It is over.
    camera_back,
    /// Both at once.
    both_held,
    /// It is over.
    both_back,
    /// Button: be unseen.
    camera_off,
    /// Button: be seen again.
    camera_on,
    /// The camera's button when there is none.
    camera_missing,
    /// The camera's button while the browser asks.
    camera_asking,
    /// What pressing the button of a missing device does.
    press_to_retry,
    /// Button: put the invite link on the clipboard.
    copy_link,
    /// It is there.
    copied,
    /// The clipboard refused; the link is shown to be copied by hand.
    copy_by_hand,
    /// Name of the field that shows the link.
    link_label,
    /// Button: end the call for oneself.
    leave,
    /// Name of the call view.
    call_label,
    /// Name of the row of buttons.
    controls_label,
    /// Before the room number in the call view.
    room,
    /// Under one's own picture.
    you,
    /// A peer without a name.
    guest,
    /// Nobody else is in the room.
    waiting_title,
    /// What to do then.
    waiting_text,
    /// Media to a peer is being set up.
    link_connecting,
    /// Media was lost and is being brought back.
    link_interrupted,
    /// The peer's page is gone or cut off.
    link_away,
    /// Every attempt failed.
    link_failed,
    /// The same while the address is hidden.
    link_failed_hidden,
    /// Media goes straight.
    path_direct,
    /// What that means.
    path_direct_hint,
    /// Media goes through a relay.
    path_relayed,
    /// The same, over TCP.
    path_relayed_tcp,
    /// The same, over TLS.
    path_relayed_tls,
    /// What that means.
    path_relayed_hint,
    /// Heading of what concerns the network.
    connection,
    /// Switch: keep the own network address from the others.
    hide_address,
    /// The same, on a button of the call.
    hide_address_short,
    /// What that does.
    hide_address_hint,
    /// Button: find out which ways are open.
    test_connection,
    /// What that does.
    test_hint,
    /// While it is found out.
    testing,
    /// A way that is tested.
    way_direct,
    /// Another.
    way_udp,
    /// Another.
    way_tcp,
    /// Another.
    way_tls,
    /// What is tested last.
    way_through,
    /// Not known yet.
    finding_trying,
    /// This server does not have it.
    finding_not_offered,
    /// It works.
    finding_works,
    /// It does not.
    finding_blocked,
    /// The server refuses.
    finding_refused,
    /// The browser could not try.
    finding_not_tried,
    /// Others can probably be reached directly.
    direct_likely,
    /// They cannot.
    direct_unlikely,
    /// Everything is well.
    verdict_everywhere,
    /// Nothing passes by UDP.
    verdict_by_tcp,
    /// There is no relay, and STUN alone does not tell whether a direct way will be found.
    verdict_without_relay,
    /// The relay cannot be used from here, and STUN alone does not tell either.
    verdict_relay_blocked,
    /// No way is open.
    verdict_blocked,
    /// Something could not be tested.
    verdict_unclear,
    /// The server has neither STUN nor a relay.
    verdict_nothing_offered,
    /// The server does not answer.
    verdict_no_server,
    /// The server is this computer.
    verdict_same_computer,
    /// Button: once more.
    try_again,
    /// CONNECT with an empty field.
    empty_room,
    /// No room number.
    bad_room,
    /// No name.
    bad_name,
    /// Every seat is taken.
    room_full,
    /// The server cannot be reached, or has no place.
    unreachable,
    /// The browser cannot make calls.
    unsupported,
    /// One left oneself.
    left,
    /// The server ended the call for this page.
    dropped,
    /// Another tab of this browser is in the room.
    in_other_tab,
    /// Button: go on with that call here.
    move_here,
    /// The seat is used in another tab.
    moved_elsewhere,
    /// The own address cannot be hidden.
    no_relay,
    /// It is to be hidden, and cannot be.
    hidden_without_relay,
    /// It is hidden from now on.
    address_hidden,
    /// It is not hidden any more.
    address_shown,
    /// The socket is lost, media goes on.
    line_reconnecting,
    /// The browser holds the sound back.
    sound_blocked,
    /// Button that lets it out.
    tap_to_hear,
    /// Button that takes a notice away.
    dismiss,
    /// Heading of the page that does not exist.
    lost_title,
    /// What that means.
    lost_text,
    /// The way back.
    lost_link,
    /// The page's program did not load.
    load_failed,
    /// It ran and has died.
    program_died,
    /// Button: load the page again.
    reload,
    /// JavaScript is switched off.
    no_script,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::MediaError;

    const ERRORS: [MediaError; 5] = [
        MediaError::Denied,
        MediaError::NotFound,
        MediaError::Busy,
        MediaError::Insecure,
        MediaError::Unsupported,
    ];

    #[test]
    fn no_text_is_empty_and_languages_differ() {
        let (en, ko) = (Lang::En.words().fixed(), Lang::Ko.words().fixed());
        for ((field, english), (_, korean)) in en.into_iter().zip(ko) {
            assert!(!english.trim().is_empty(), "{field} is empty in English");
            assert!(!korean.trim().is_empty(), "{field} is empty in Korean");
            assert_ne!(english, korean, "{field} is not translated");
            assert!(english.is_ascii() || !english.chars().any(is_hangul), "{field} is Korean in English");
            assert!(korean.chars().any(is_hangul), "{field} is not Korean");
        }
    }

    fn is_hangul(c: char) -> bool {
        ('가'..='힣').contains(&c)
    }

    #[test]
    fn every_device_problem_has_words_of_its_own() {
        for lang in Lang::ALL {
            let mut seen = Vec::new();
            for error in ERRORS {
                for (camera, microphone) in [(true, false), (false, true), (true, true)] {
                    let problem = DeviceProblem { error, missing: Devices { microphone, camera } };
                    let words = (lang.words().device_problem)(problem, false);
                    let seated = (lang.words().device_problem)(problem, true);
                    assert!(!words.advice.is_empty() && !words.consequence.is_empty());
                    assert_ne!(words.consequence, seated.consequence, "one cannot join twice");
                    seen.push(words);
                }
            }
            let count = seen.len();
            seen.sort_by(|a, b| (&a.title, &a.advice).cmp(&(&b.title, &b.advice)));
            seen.dedup();
            assert_eq!(seen.len(), count, "two problems read the same in {lang:?}");
        }
    }

    #[test]
    fn names_are_woven_into_sentences() {
        let (en, ko) = (Lang::En.words(), Lang::Ko.words());
        assert_eq!((en.peer_left)(Some("Ann")), "Ann left.");
        assert_eq!((en.peer_left)(None), "The other person left.");
        assert_eq!((ko.peer_left)(Some("안나")), "안나 님이 나갔습니다.");
        assert_eq!((ko.peer_joined)(Some("Ben")), "Ben 님이 들어왔습니다.");
        assert_eq!((ko.peer_joined)(None), "상대방이 들어왔습니다.");
    }

    #[test]
    fn tags_are_read_by_their_primary_language() {
        for (tag, lang) in [
            ("en", Some(Lang::En)),
            ("EN-us", Some(Lang::En)),
            ("ko-KR", Some(Lang::Ko)),
            (" ko ", Some(Lang::Ko)),
            ("kok", None),
            ("de", None),
            ("", None),
        ] {
            assert_eq!(Lang::from_tag(tag), lang, "{tag:?}");
        }
    }

    #[test]
    fn the_accept_language_header_is_weighed() {
        for (header, lang) in [
            ("", Lang::En),
            ("ko", Lang::Ko),
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Lang::Ko),
            ("en-US,en;q=0.9,ko;q=0.8", Lang::En),
            ("en;q=0.3, ko;q=0.7", Lang::Ko),
            ("de, ko;q=0.5, en;q=0.4", Lang::Ko),
            ("de, fr;q=0.5", Lang::En),
            ("ko;q=0, en;q=0.1", Lang::En),
            ("ko;q=0", Lang::En),
            ("*, ko;q=0.5", Lang::En),
            ("ko;q=nonsense", Lang::En),
        ] {
            assert_eq!(Lang::preferred(header), lang, "{header:?}");
        }
    }
}
