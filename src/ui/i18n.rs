//! Texts of the page, by key; each language's stand in `locales/`.
//!
//! The server writes the texts of one language into the page, the browser reads them there: the program that it
//! loads holds none. A key that no view uses is an error of the compiler, one that a language lacks fails a test.
//!
//! Why a table of our own: a page of nothing but these texts, each once, weighs 34 KB with it and 127 KB with
//! leptos_i18n 0.6.2 and dynamic loading (program and glue, brotli 11).

mod lang;
mod locales;

use leptos::prelude::{document, expect_context};
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::js_sys::{Array, JSON};

pub use lang::Lang;
pub use locales::words_of;

/// The product's name, the same in every language.
pub const PRODUCT: &str = "Parlor";

/// Id of the element with the texts of the page.
pub(crate) const ELEMENT: &str = "words";

/// Texts of one language, each at the place of its key.
#[derive(Debug)]
pub struct Words {
    lang: Lang,
    texts: Vec<String>,
}

/// Declares the keys: `fixed` texts, those `filled` with parameters, and those `counted`, with plural forms.
macro_rules! keys {
    (
        fixed: $($fixed:ident)*;
        filled: $($filled:ident($($parameter:ident)+))*;
        counted: $($counted:ident)*;
    ) => {
        #[expect(non_camel_case_types, reason = "keys are written as in the locale files")]
        #[derive(Clone, Copy)]
        enum Key { $($fixed,)* $($filled,)* $($counted,)* }

        /// Names of all keys in order, and of the parameters that their texts have.
        const KEYS: &[(&str, &[&str])] = &[
            $((stringify!($fixed), &[]),)*
            $((stringify!($filled), &[$(stringify!($parameter)),+]),)*
            $((stringify!($counted), &[COUNT]),)*
        ];

        #[deny(dead_code, reason = "a text that no view shows is not to be translated")]
        impl Words {
            $(pub(crate) fn $fixed(&self) -> &str {
                self.text(Key::$fixed)
            })*

            $(pub(crate) fn $filled(&self, $($parameter: &str),+) -> String {
                fill(self.text(Key::$filled), &[$((stringify!($parameter), $parameter)),+])
            })*

            $(pub(crate) fn $counted(&self, count: usize) -> String {
                self.count(Key::$counted, count)
            })*
        }
    };
}

keys! {
    fixed:
        title welcome promise language
        room_label room_example room_hint new_call or_instead check_connection unseen name_label optional connect joining cancel
        word_add word_label word_hint word_without word_asked word_wrong word_other word_closed word_again word_tell
        preview_label start_preview preview_hint asking own_camera_off own_camera_missing
        microphone microphone_missing microphone_asking microphone_held_hint microphone_back
        camera camera_missing camera_asking camera_held camera_held_hint camera_back
        both_held both_back
        use_it speaker_refused muted_speech microphone_on screen_denied screen_failed own_tab_shared
        hear_myself hear_connecting hear_recording hear_playing hear_good hear_silent hear_quiet hear_echo
        hear_network hear_not_tried
        settings picture sound speaker system_default choose_sound choose_camera flip_camera level level_hint
        level_clipped play_test_sound quiet_background quiet_background_hint no_echo no_echo_hint even_volume
        even_volume_hint mirror mirror_hint blur blur_hint tell_muted tell_muted_hint sounds sounds_hint
        copy_link copied waiting_for_seat seat_free go_back leave_asked share_link qr_code qr_label qr_text notify_me in_title in_title_hint notifications notifications_hint
        notifications_denied
        keys keys_on keys_reset press_key key_chat key_talk key_none key_space key_change key_off
        chat_hint chat_input chat_send chat_save chat_copy chat_copied chat_sent chat_sending chat_to_nobody chat_alone
        chat_older_gone
        notes notes_input notes_hint notes_full notes_refused notes_new
        files files_left file_choose file_drop file_to file_everybody file_accept file_decline file_pause file_go_on file_save
        file_again file_offered file_wants file_waiting file_needs file_another file_checking file_paused
        file_paused_there file_sent file_arrived file_saved file_cancelled file_cancelled_there file_lost file_left
        file_full file_unwritable file_unreadable file_changed file_damaged file_broken file_too_large file_refused
        offline_title offline_text
        copy_by_hand link_label more leave encrypted
        call_label controls_label room you
        own_picture hide_own_picture show_own_picture hand react reaction_yes reaction_clap reaction_heart
        reaction_laugh reaction_wow reaction_party fit_picture pin why link_failed_why speaker_large speaker_large_hint
        fullscreen floating is_floating bring_back people volume mute_for_me louder_than_sent person_interrupted person_failed
        lock_room locked_hint word_locked_hint unlocked_hint guest_locked knock_guest knock_waits let_in not_now
        guest peer_muted peer_camera_off waiting_title waiting_text alone_again
        link_connecting link_interrupted link_away link_held link_failed_hidden link_other_version link_other_word
        path_direct path_direct_hint path_relayed path_relayed_hint
        trust_private trust_private_hint trust_unchecked trust_unchecked_hint
        trust_compare trust_same trust_differ trust_compared_hint trust_word_hint trust_vouched_guest trust_stopped trust_stopped_hint
        connection hide_address hide_address_hint
        privacy how_private private_media private_server private_number private_link kept_here forget_kept forgotten hide_own_hint
        test_connection test_hint testing way_direct way_udp way_tcp way_tls way_through
        finding_trying finding_not_offered finding_works finding_blocked finding_refused finding_not_tried
        direct_likely direct_unlikely
        verdict_everywhere verdict_by_tcp verdict_without_relay verdict_relay_blocked verdict_blocked verdict_unclear
        verdict_nothing_offered verdict_no_server verdict_same_computer
        try_again empty_room room_full unreachable unsupported insecure link_cut left dropped ended in_other_tab move_here moved_elsewhere
        old_page
        no_relay hidden_without_relay address_hidden address_shown line_reconnecting
        guest_joined guest_left sound_blocked tap_to_hear dismiss close panel_missing
        share share_hint sharing sharing_screen sharing_window sharing_tab sharing_camera share_for share_text
        share_motion share_change share_stop share_preview zoom_in zoom_out zoom_whole screen_window second_camera
        second_camera_hint point_tools tool_look tool_pointer tool_pen lets_point
        camera_denied microphone_denied both_denied denied_advice
        camera_not_found microphone_not_found both_not_found not_found_advice
        camera_busy microphone_busy both_busy busy_advice
        camera_insecure microphone_insecure both_insecure insecure_advice
        camera_unsupported microphone_unsupported both_unsupported unsupported_advice
        join_unseen join_unheard join_unseen_unheard still_unseen still_unheard still_unseen_unheard
        lost_title lost_text lost_link load_failed driver_missing program_died reload no_script;
    filled:
        device_replaced(gone now) device_found(name) device_refused(name)
        invited(room) bad_room(most) bad_name(most) bad_word(most) other_server(host) peer_joined(name) peer_left(name) trust_vouched(name) peer_locked(name) knock(name) both_joined(name other) both_left(name other)
        hand_of(name place) own_hand(place) person_more(name) link_failed(name)
        call_lasted(time) shows_screen(name) screen_elsewhere(name) cannot_see_screen(name) show_camera(name) is_pointing(name)
        chat_unsent(name) chat_too_long(most)
        file_from(name) file_for(name) file_told(name file) file_older_page(name) file_part(done total) file_part_left(done total left);
    counted:
        call_with waiting_minutes people_joined people_left knocks_more chat_unread file_seconds file_minutes;
}

/// The parameter of texts with plural forms.
const COUNT: &str = "count";
/// Between the plural forms of a text, the one for `other` last.
const BETWEEN_FORMS: char = '\n';

impl Words {
    /// Reads the texts that the server wrote into the page; `None` if they are missing or damaged.
    pub fn of_document() -> Option<Self> {
        let written = document().get_element_by_id(ELEMENT)?.text_content()?;
        let texts = JSON::parse(&written).ok()?.dyn_into::<Array>().ok()?;
        let texts = texts.iter().map(|text| text.as_string()).collect::<Option<Vec<_>>>()?;
        (texts.len() == KEYS.len()).then(|| Self { lang: Lang::of_document(), texts })
    }

    /// The texts as the page holds them, for the inside of a `<script>`.
    pub(crate) fn embedded(&self) -> String {
        // No text may end the element it stands in.
        serde_json::to_string(&self.texts).unwrap_or_default().replace('<', "\\u003c")
    }

    /// The language of these texts.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    fn text(&self, key: Key) -> &str {
        self.texts.get(key as usize).map(String::as_str).unwrap_or_default()
    }

    fn count(&self, key: Key, count: usize) -> String {
        let text = self.text(key);
        let form = match text.split_once(BETWEEN_FORMS) {
            Some((one, _)) if self.lang.is_singular(count) => one,
            Some((_, other)) => other,
            None => text,
        };
        fill(form, &[(COUNT, &count.to_string())])
    }
}

/// The texts that the server or `hydrate()` provided.
pub(crate) fn words() -> &'static Words {
    expect_context()
}

/// Puts parameters in place of their names in braces.
fn fill(text: &str, parameters: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, placeholder)) = rest.split_once('{')
        && let Some((name, after)) = placeholder.split_once('}')
    {
        filled.push_str(before);
        filled.extend(parameters.iter().filter(|(known, _)| *known == name).map(|(_, value)| *value));
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_woven_into_sentences() {
        let (en, ko) = (words_of(Lang::En), words_of(Lang::Ko));
        assert_eq!(en.peer_left("Ann"), "Ann left.");
        assert_eq!(ko.peer_left("안나"), "안나 님이 나갔어요.");
        assert_eq!(en.peer_joined("{name} {host}"), "{name} {host} has come in.");
        assert_eq!(en.bad_room("64"), "Up to 64 letters, digits, - and _, nothing else");
    }

    #[test]
    fn counts_choose_the_plural_form() {
        for (lang, count, expected) in [
            (Lang::En, 1, "Video call with 1 other person"),
            (Lang::En, 2, "Video call with 2 others"),
            (Lang::De, 1, "Videoanruf mit 1 weiteren Person"),
            (Lang::De, 7, "Videoanruf mit 7 weiteren Personen"),
            (Lang::Ko, 1, "다른 참가자 1명과의 영상 통화"),
            (Lang::Ja, 3, "ほかの参加者3人とのビデオ通話"),
        ] {
            assert_eq!(words_of(lang).call_with(count), expected);
        }
    }

    #[test]
    fn embedded_texts_cannot_end_their_element() {
        let words = Words { lang: Lang::En, texts: vec!["</script><!--".into(), "\"\\\n".into()] };
        let embedded = words.embedded();
        assert_eq!(embedded, r#"["\u003c/script>\u003c!--","\"\\\n"]"#);
        assert_eq!(serde_json::from_str::<Vec<String>>(&embedded).unwrap(), words.texts);
    }
}
