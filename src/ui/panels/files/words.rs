//! Transfers in words.

use std::time::Duration;

use crate::call::CallView;
use crate::call::files::{TransferState, TransferView};
use crate::protocol::PeerId;
use crate::protocol::files::{FailReason, Side};
use crate::ui::i18n::{Lang, Words};

/// Units of sizes, each a thousand times the one before.
const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];

/// The name of a peer, which turns nothing beside it.
pub(super) fn name_of(view: &CallView, peer: PeerId) -> Option<String> {
    let peer = view.peers.iter().find(|other| other.peer == peer)?;
    peer.name.as_ref().map(|name| name.isolated())
}

/// The unit that a size is told in, by its place.
fn unit_of(size: u64) -> usize {
    let (mut unit, mut rest) = (0, size);
    while rest >= 1000 && unit + 1 < UNITS.len() {
        (rest, unit) = (rest / 1000, unit + 1);
    }
    unit
}

/// A size in a unit, with one digit behind the point.
fn number(size: u64, unit: usize, lang: Lang) -> String {
    let divisor = (0..unit).fold(1, |divisor, _| divisor * 1000);
    let whole = (size / divisor).to_string();
    if unit == 0 {
        return whole;
    }
    let tenth = (size % divisor / (divisor / 10)).to_string();
    let point = if matches!(lang, Lang::De | Lang::Es | Lang::Fr) { "," } else { "." };
    [whole.as_str(), point, tenth.as_str()].concat()
}

/// A size.
pub(super) fn size(size: u64, lang: Lang) -> String {
    let unit = unit_of(size);
    [number(size, unit, lang).as_str(), "\u{a0}", UNITS[unit]].concat()
}

/// How much of a file is over, and how long the rest takes.
fn progress(transfer: &TransferView, words: &Words) -> String {
    let lang = words.lang();
    let (done, total) = (number(transfer.bytes, unit_of(transfer.size), lang), size(transfer.size, lang));
    match transfer.left.map(|left| left_words(left, words)) {
        Some(left) => words.file_part_left(&done, &total, &left),
        None => words.file_part(&done, &total),
    }
}

fn left_words(left: Duration, words: &Words) -> String {
    let seconds = usize::try_from(left.as_secs()).unwrap_or(usize::MAX).saturating_add(1);
    if seconds < 100 { words.file_seconds(seconds) } else { words.file_minutes(seconds.div_ceil(60)) }
}

/// What is known of a transfer beside its view.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// The file was saved.
    pub(super) is_saved: bool,
    /// The name of the receiver, if no page of theirs can take files.
    pub(super) lacking: Option<&'a str>,
}

/// The state of a transfer.
pub(super) fn state(transfer: &TransferView, known: Known<'_>, words: &Words) -> String {
    let is_out = transfer.side == Side::Sender;
    if let Some(name) = known.lacking.filter(|_| is_out && !transfer.state.has_ended()) {
        return words.file_older_page(name);
    }
    let said = match transfer.state {
        TransferState::Offered if is_out => words.file_offered(),
        TransferState::Offered => words.file_wants(),
        TransferState::Waiting => words.file_waiting(),
        TransferState::NeedsFile { was_another: true } => words.file_another(),
        TransferState::NeedsFile { .. } => words.file_needs(),
        TransferState::Checking => words.file_checking(),
        TransferState::Going => return progress(transfer, words),
        TransferState::Paused { here: true, .. } => words.file_paused(),
        TransferState::Paused { .. } => words.file_paused_there(),
        TransferState::Done if is_out => words.file_sent(),
        TransferState::Done if known.is_saved => words.file_saved(),
        TransferState::Done => words.file_arrived(),
        TransferState::Failed { reason, there } => failed(reason, there, words),
    };
    said.to_owned()
}

fn failed(reason: FailReason, there: bool, words: &Words) -> &str {
    match reason {
        FailReason::Cancelled if there => words.file_cancelled_there(),
        FailReason::Cancelled => words.file_cancelled(),
        FailReason::Lost => words.file_lost(),
        FailReason::Left => words.file_left(),
        FailReason::Full => words.file_full(),
        FailReason::Unwritable => words.file_unwritable(),
        FailReason::Unreadable => words.file_unreadable(),
        FailReason::Changed => words.file_changed(),
        FailReason::TooLong | FailReason::TooShort | FailReason::Digest => words.file_damaged(),
        FailReason::Broken => words.file_broken(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::files::TransferId;
    use crate::protocol::FileName;
    use crate::ui::i18n::words_of;

    #[test]
    fn sizes_are_told_in_the_unit_that_has_few_digits() {
        for (bytes, expected) in [
            (0, "0\u{a0}B"),
            (999, "999\u{a0}B"),
            (1_000, "1.0\u{a0}KB"),
            (4_190_000, "4.1\u{a0}MB"),
            (999_999_999, "999.9\u{a0}MB"),
            (u64::MAX, "18446744.0\u{a0}TB"),
        ] {
            assert_eq!(size(bytes, Lang::En), expected);
        }
        assert_eq!(size(4_190_000, Lang::De), "4,1\u{a0}MB");
    }

    fn going() -> TransferView {
        TransferView {
            id: TransferId(1),
            side: Side::Sender,
            peer: PeerId(2),
            group: 1,
            name: FileName::from("a.txt"),
            size: 4_100_000,
            bytes: 2_600_000,
            state: TransferState::Going,
            speed: None,
            left: None,
        }
    }

    #[test]
    fn what_goes_over_is_told_in_one_unit_with_the_time_left() {
        let transfer = going();
        let words = words_of(Lang::En);
        assert_eq!(state(&transfer, Known::default(), words), "2.6 of 4.1\u{a0}MB");
        for (left, expected) in [(2_500, "3 s left"), (99_000, "2 min left"), (3_540_000, "60 min left")] {
            let transfer = TransferView { left: Some(Duration::from_millis(left)), ..transfer.clone() };
            assert_eq!(
                state(&transfer, Known::default(), words),
                ["2.6 of 4.1\u{a0}MB, ", expected].concat()
            );
        }
    }

    #[test]
    fn an_offer_to_an_older_page_says_why_it_waits() {
        let words = words_of(Lang::En);
        let lacking = Known { lacking: Some("Ann"), ..Known::default() };
        let said = |transfer: &TransferView| state(transfer, lacking, words);
        let offer = TransferView { state: TransferState::Offered, bytes: 0, ..going() };
        assert_eq!(said(&offer), "Ann cannot receive it: their page is older and must be loaded again.");
        assert_eq!(said(&TransferView { side: Side::Receiver, ..offer.clone() }), words.file_wants());
        assert_eq!(said(&TransferView { state: TransferState::Done, ..offer }), words.file_sent());
    }

    #[test]
    fn each_end_has_words() {
        let words = words_of(Lang::En);
        for reason in FailReason::ALL {
            assert!(!failed(reason, true, words).is_empty(), "{reason:?}");
        }
    }
}
