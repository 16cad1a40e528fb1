//! The wait of an answer for devices that are being opened.

use std::time::Duration;

use crate::call::api::event::Permission;

/// How long an answer waits for devices that are being opened.
pub const ANSWER_PATIENCE: Duration = Duration::from_millis(700);

/// Whether an answer waits for devices that are being opened: they are there sooner if the browser is not busy with a
/// connection at the same time, and a connection that has something to send from its beginning shows it sooner.
/// A person who has not said yes yet is not waited for.
pub fn answer_waits(camera: Permission) -> bool {
    camera == Permission::Granted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_waits_for_no_person() {
        for (camera, waits) in
            [(Permission::Granted, true), (Permission::Prompt, false), (Permission::Denied, false)]
        {
            assert_eq!(answer_waits(camera), waits, "{camera:?}");
        }
    }
}
