//! The way into a room: what was typed, and that of all tabs of a browser one at most is in it. Two would howl, and
//! the second takes the seat of somebody else.

use std::time::Duration;

use crate::call::{Call, Command, Devices, Hold, Notice, Remembered, Wish};
use crate::protocol::{DisplayName, HeldSeat, RoomId, RoomIdError};

/// A call that another tab of this browser is in.
#[derive(Debug)]
pub(in crate::call) struct Refused {
    wish: Wish,
    /// What a call hides it goes on hiding, unless the person chooses otherwise.
    pub(in crate::call) hides_address: bool,
}

impl Call {
    /// The same call in a page of this host; see [`RoomId::from_pasted`].
    #[must_use]
    pub fn at_host(self, host: String) -> Self {
        Self { host, ..self }
    }

    pub(in crate::call) fn connect(&mut self, now: Duration, room: &str, name: &str) -> Vec<Command> {
        if self.wish.is_some() {
            return vec![];
        }
        if !self.supported {
            self.say(Notice::Unsupported);
            return vec![];
        }
        let room = match RoomId::from_pasted(room, &self.host) {
            Ok(room) => room,
            Err(error) => {
                self.say(match error {
                    RoomIdError::Empty => Notice::EmptyRoom,
                    RoomIdError::TooLong | RoomIdError::BadCharacter => Notice::BadRoom,
                    RoomIdError::Elsewhere(host) => Notice::OtherServer(host),
                });
                return vec![];
            }
        };
        let name = match name.trim() {
            "" => None,
            name => match DisplayName::try_from(name.to_owned()) {
                Ok(name) => Some(name),
                Err(_) => {
                    self.say(Notice::BadName);
                    return vec![];
                }
            },
        };
        // What the page was refused with, because of another tab, is its own still.
        let refused = self.refused.take().filter(|refused| refused.wish.room == room);
        self.hides_address |= refused.as_ref().is_some_and(|refused| refused.hides_address);
        let held = self.held.take().filter(|held| held.room == room).map(|held| held.resume);
        let resume = held.or_else(|| refused?.wish.resume);
        self.enter(now, Wish { room, name, resume }, false)
    }

    /// The person wants the call of the other tab here.
    pub(in crate::call) fn move_here(&mut self, now: Duration) -> Vec<Command> {
        match self.refused.take().filter(|_| self.wish.is_none()) {
            Some(refused) => {
                self.hides_address |= refused.hides_address;
                self.enter(now, refused.wish, true)
            }
            None => vec![],
        }
    }

    /// Sets out for a room; the join follows when no other tab is in it.
    pub(in crate::call) fn enter(&mut self, now: Duration, wish: Wish, take: bool) -> Vec<Command> {
        self.notice = None;
        let mut commands = vec![Command::HoldRoom { room: wish.room.clone(), take }];
        self.wish = Some(wish);
        self.holds = false;
        commands.extend(self.signalling.open(now));
        if self.signalling.is_unreachable() && !self.signalling.is_open() {
            self.say(Notice::Unreachable);
        }
        commands
    }

    /// The browser has looked at its other tabs.
    pub(in crate::call) fn hold(&mut self, now: Duration, room: RoomId, hold: Hold) -> Vec<Command> {
        let Some(wish) = self.wish.as_mut().filter(|wish| wish.room == room && !self.holds) else {
            // The person gave up meanwhile, and nobody has the seat that was handed over.
            let Hold::Granted(seat) = hold else { return vec![] };
            if let Some(seat) = seat {
                self.held = Some(HeldSeat { room: seat.room, resume: seat.resume });
            }
            return if self.wish.is_none() { vec![Command::LetGo(None)] } else { vec![] };
        };
        match hold {
            Hold::Refused => {
                let hides_address = self.hides_address;
                self.refused = self.wish.take().map(|wish| Refused { wish, hides_address });
                self.hides_address = self.hides_next;
                self.say(Notice::InOtherTab);
                vec![]
            }
            Hold::Granted(seat) => {
                self.holds = true;
                let mut commands = vec![];
                if let Some(seat) = seat {
                    wish.name = wish.name.take().or(seat.name);
                    wish.resume = Some(seat.resume);
                    self.hides_address |= seat.hides_address;
                    let off = Devices { microphone: seat.microphone_muted, camera: seat.camera_off };
                    commands.extend(self.capture.switch_off(now, off));
                }
                commands.extend(self.capture.start(Devices::BOTH));
                if self.signalling.is_open() {
                    commands.extend(self.join(now));
                }
                commands
            }
        }
    }

    /// Another tab takes this one's call over.
    pub(in crate::call) fn hand_over(&mut self, now: Duration) -> Vec<Command> {
        if self.wish.is_none() {
            return vec![];
        }
        let mut commands = vec![Command::LetGo(self.remembered())];
        commands.extend(self.signalling.close(now));
        commands.extend(self.go_home());
        self.say(Notice::MovedElsewhere);
        commands
    }

    /// What another page needs to go on with this seat, if there is one.
    pub(in crate::call) fn remembered(&self) -> Option<Remembered> {
        let (Some(Wish { room, name, resume: Some(resume) }), Some(_)) = (&self.wish, &self.seat) else {
            return None;
        };
        let off = self.capture.off();
        Some(Remembered {
            room: room.clone(),
            resume: resume.clone(),
            name: name.clone(),
            microphone_muted: off.microphone,
            camera_off: off.camera,
            hides_address: self.hides_address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::{NOW, Tab, connect, join, other, remembered, room, seated};
    use crate::call::{
        DeviceView, Event, Loaded, MediaError, MediaEvent, Permission, Phase, SocketEvent, UserAction,
    };
    use crate::protocol::ClientMsg;

    fn typed(text: &str) -> Event {
        Event::User(UserAction::Connect { room: text.into(), name: String::new() })
    }

    /// A page whose socket is open, in a browser with other tabs.
    fn beside_others() -> Tab {
        let mut page = Tab::loaded(Loaded::default());
        page.socket(SocketEvent::Opened);
        page.has_others = true;
        page
    }

    fn take(room: RoomId) -> Command {
        Command::HoldRoom { room, take: true }
    }

    #[test]
    fn every_spelling_of_a_number_joins_one_room() {
        for text in [" 47 11", "４７１１", "47-11", "https://parlor.example/room/4711"] {
            let mut page = beside_others();
            page.call.host = "parlor.example".into();
            page.has_others = false;
            assert!(page.happens(typed(text)).contains(&join(None, false)), "{text}");
        }
    }

    #[test]
    fn what_leads_to_no_room_of_this_server_is_told() {
        let mut page = beside_others();
        page.call.host = "parlor.example".into();
        for (text, notice) in [
            ("\u{200b}", Notice::EmptyRoom),
            ("방", Notice::BadRoom),
            ("https://other.example/room/4711", Notice::OtherServer("other.example".into())),
        ] {
            assert_eq!(page.happens(typed(text)), []);
            assert_eq!((page.call.view().notice, page.call.view().phase), (Some(notice), Phase::Home));
        }
    }

    #[test]
    fn nobody_joins_before_it_is_known_that_no_other_tab_is_there() {
        let mut page = Tab::loaded(Loaded::default());
        page.has_others = true;
        let hold = Command::HoldRoom { room: room(), take: false };
        assert!(page.happens(connect()).contains(&hold));
        assert_eq!(page.socket(SocketEvent::Opened), []);
        assert!(page.happens(Event::Hold(room(), Hold::Granted(None))).contains(&join(None, false)));
        assert_eq!(page.happens(Event::Hold(room(), Hold::Granted(None))), [], "once");
    }

    #[test]
    fn a_second_tab_is_told_and_takes_no_seat() {
        let mut page = beside_others();
        page.happens(connect());
        assert_eq!(page.happens(Event::Hold(room(), Hold::Refused)), []);
        let view = page.call.view();
        assert_eq!((view.phase, view.notice), (Phase::Home, Some(Notice::InOtherTab)));
        let late = page.happens(Event::Hold(room(), Hold::Granted(None)));
        assert_eq!(late, [Command::LetGo(None)], "what comes too late is for other tabs");
    }

    #[test]
    fn a_call_that_is_moved_goes_on_in_the_same_seat() {
        let mut first = Tab::in_call();
        first.happens(Event::User(UserAction::ToggleMicrophone));
        let commands = first.happens(Event::Wanted);
        let seat = Remembered { microphone_muted: true, ..remembered("t1") };
        assert_eq!(commands.first(), Some(&Command::LetGo(Some(seat.clone()))));
        assert!(commands.contains(&Command::CloseSocket) && commands.contains(&Command::Remember(None)));
        let leaves = |command: &Command| matches!(command, Command::Send(ClientMsg::Leave { .. }));
        assert!(!commands.iter().any(leaves), "{commands:?}");
        assert_eq!(first.call.view().notice, Some(Notice::MovedElsewhere));
        assert_eq!(first.happens(Event::Wanted), []);

        let mut second = beside_others();
        second.happens(Event::User(UserAction::StartPreview));
        second.happens(Event::Media(MediaEvent::Granted(Devices::BOTH)));
        second.happens(connect());
        second.happens(Event::Hold(room(), Hold::Refused));
        assert!(second.happens(Event::User(UserAction::MoveHere)).contains(&take(room())));
        let commands = second.happens(Event::Hold(room(), Hold::Granted(Some(seat))));
        assert_eq!(commands.last(), Some(&join(Some("t1"), true)));
        let silent = Command::Enable { devices: Devices::MICROPHONE, enabled: false };
        assert!(commands.contains(&silent), "who was muted stays so: {commands:?}");
        second.hears(seated("t2", true, vec![other()]));
        let view = second.call.view();
        assert_eq!((view.phase, view.microphone, view.notice), (Phase::InCall, DeviceView::Muted, None));
    }

    #[test]
    fn who_was_muted_in_the_other_tab_stays_so_when_this_one_had_no_devices() {
        let mut page = beside_others();
        page.happens(connect());
        page.happens(Event::Hold(room(), Hold::Refused));
        page.happens(Event::User(UserAction::StartPreview));
        let error = MediaError::Denied;
        let [microphone, camera] = [Permission::Denied; 2];
        page.happens(Event::Media(MediaEvent::Failed { asked: Devices::BOTH, error, microphone, camera }));
        page.happens(Event::User(UserAction::MoveHere));
        let seat = Remembered { microphone_muted: true, camera_off: true, ..remembered("t1") };
        page.happens(Event::Hold(room(), Hold::Granted(Some(seat))));
        let commands = page.happens(Event::Media(MediaEvent::Granted(Devices::BOTH)));
        let off = |command: &Command| match command {
            Command::Enable { devices, enabled: false } => *devices,
            _ => Devices::NONE,
        };
        assert_eq!(commands.iter().map(off).fold(Devices::NONE, Devices::or), Devices::BOTH, "{commands:?}");
    }

    #[test]
    fn a_refused_page_that_connects_again_shows_its_own_token() {
        let mut page = Tab::loaded(Loaded::default());
        page.has_others = true;
        let kept = Remembered { hides_address: true, ..remembered("t1") };
        page.happens(Event::Loaded(Loaded {
            supported: true,
            remembered: Some(kept),
            returning: true,
            ..Loaded::default()
        }));
        page.happens(Event::HiddenElsewhere(false));
        page.socket(SocketEvent::Opened);
        page.happens(Event::Hold(room(), Hold::Refused));
        page.happens(connect());
        let commands = page.happens(Event::Hold(room(), Hold::Granted(None)));
        assert_eq!(commands.last(), Some(&join(Some("t1"), true)));
        assert!(page.call.view().hides_address, "what a call hides, it hides in the same call again");
    }

    #[test]
    fn a_lock_that_comes_too_late_is_let_go() {
        let mut page = beside_others();
        page.happens(connect());
        page.happens(Event::User(UserAction::Leave));
        assert_eq!(page.happens(Event::Hold(room(), Hold::Granted(None))), [Command::LetGo(None)]);
    }

    #[test]
    fn a_first_socket_in_vain_is_not_told_beside_an_open_second_one() {
        let mut page = Tab::loaded(Loaded::default());
        let due = page.call.deadline().unwrap();
        page.at(due, Event::Tick);
        let due = page.call.deadline().unwrap();
        page.at(due, Event::Tick);
        page.socket(SocketEvent::Opened);
        page.happens(connect());
        assert_eq!(page.call.view().notice, None);
    }

    #[test]
    fn a_tab_that_hands_nothing_over_is_not_waited_for() {
        let mut page = beside_others();
        page.happens(connect());
        page.happens(Event::Hold(room(), Hold::Refused));
        page.happens(Event::User(UserAction::MoveHere));
        assert!(page.happens(Event::Hold(room(), Hold::Granted(None))).contains(&join(None, false)));
    }

    #[test]
    fn a_page_that_comes_back_is_told_as_well_and_keeps_its_seat_for_later() {
        let mut page = Tab::loaded(Loaded::default());
        page.has_others = true;
        let loaded = Loaded {
            supported: true,
            remembered: Some(remembered("t1")),
            returning: true,
            ..Loaded::default()
        };
        page.happens(Event::Loaded(loaded));
        page.socket(SocketEvent::Opened);
        page.happens(Event::Hold(room(), Hold::Refused));
        assert_eq!(page.call.view().notice, Some(Notice::InOtherTab));
        page.happens(Event::User(UserAction::MoveHere));
        let commands = page.happens(Event::Hold(room(), Hold::Granted(None)));
        assert_eq!(commands.last(), Some(&join(Some("t1"), true)));
    }

    #[test]
    fn who_leaves_lets_other_tabs_in() {
        let mut page = Tab::in_call();
        assert!(page.happens(Event::User(UserAction::Leave)).contains(&Command::LetGo(None)));
        let mut page = beside_others();
        page.happens(connect());
        assert!(page.happens(Event::User(UserAction::Leave)).contains(&Command::LetGo(None)));
    }

    #[test]
    fn a_server_that_stays_silent_is_told_after_the_first_socket() {
        let mut page = Tab::loaded(Loaded::default());
        page.happens(connect());
        page.socket(SocketEvent::Opened);
        let due = page.call.deadline().unwrap();
        assert_eq!(due, NOW + Duration::from_secs(3));
        page.at(due, Event::Tick);
        let view = page.call.view();
        assert_eq!((view.phase, view.notice), (Phase::Joining, Some(Notice::Unreachable)));
        page.socket(SocketEvent::Opened);
        page.hears(seated("t1", false, vec![]));
        assert_eq!(page.call.view().notice, None);
    }

    #[test]
    fn a_socket_that_does_not_open_is_told_as_well() {
        let mut page = Tab::loaded(Loaded::default());
        page.happens(connect());
        let due = page.call.deadline().unwrap();
        page.at(due, Event::Tick);
        assert_eq!(page.call.view().notice, Some(Notice::Unreachable));
    }
}
