//! The chat as a text, which the person saves.

use super::time_of;
use crate::call::{ChatView, MessageView};
use crate::ui::i18n::Words;

/// All messages.
pub(super) fn transcript(chat: &ChatView, words: &'static Words) -> String {
    chat.messages.iter().map(|message| line(message, &time_of(message), words)).collect()
}

/// A message as a line, or several.
fn line(message: &MessageView, time: &str, words: &'static Words) -> String {
    let name = match (&message.from, &message.name) {
        (None, _) => words.you(),
        (Some(_), None) => words.guest(),
        (Some(_), Some(name)) => name.as_str(),
    };
    format!("[{time}] {name}: {}\n", message.text.as_str().replace('\n', "\n  "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::{ChatText, DisplayName, PeerId};
    use crate::ui::i18n::{Lang, words_of};

    #[test]
    fn each_message_has_its_time_and_name() {
        let message = |from: Option<u32>, name: &str, text: &str| MessageView {
            number: 1,
            from: from.map(PeerId),
            name: DisplayName::try_from(name.to_owned()).ok(),
            text: ChatText::try_from(text).unwrap(),
            at: Duration::ZERO,
            has_arrived: true,
            unsent: vec![],
        };
        let words = words_of(Lang::En);
        for (message, expected) in [
            (message(Some(2), "Ben", "Hi\n[12:00] Ann: no"), "[12:04] Ben: Hi\n  [12:00] Ann: no\n"),
            (message(Some(2), "", "Hi"), "[12:04] Guest: Hi\n"),
            (message(None, "", "<b>"), "[12:04] You: <b>\n"),
        ] {
            assert_eq!(line(&message, "12:04", words), expected);
        }
    }
}
