//! English.

use super::{Missing, ProblemWords, Words};
use crate::call::{DeviceProblem, MediaError};

pub(super) static WORDS: Words = Words {
    title: "private video calls",
    welcome: "Come in, sit down, talk.",
    promise: "A private, end-to-end encrypted video call. Nothing to install, no account.",
    language: "Language",
    room_label: "Room number",
    room_example: "for example 4711",
    room_hint: "Whoever types the same number meets you there.",
    propose: "Suggest one",
    name_label: "Your name",
    optional: "optional",
    connect: "CONNECT",
    joining: "Connecting…",
    cancel: "Cancel",
    preview_label: "How the others will see you",
    start_preview: "Turn on camera and microphone",
    preview_hint: "See yourself first. Nothing is sent before you connect.",
    asking: "Your browser asks whether it may use them. Please choose “Allow”.",
    own_camera_off: "Your camera is off",
    own_camera_missing: "No camera",
    mute: "Mute",
    unmute: "Unmute",
    microphone_missing: "No microphone",
    microphone_asking: "Microphone…",
    camera_off: "Turn camera off",
    camera_on: "Turn camera on",
    camera_missing: "No camera",
    camera_asking: "Camera…",
    press_to_retry: "Press to try again",
    copy_link: "Copy invite link",
    copied: "Link copied. Send it to the person you want to talk to.",
    copy_by_hand: "Your browser does not let the page copy. Here is the link to copy by hand:",
    link_label: "Invite link",
    leave: "Leave",
    call_label: "Video call",
    controls_label: "Call controls",
    room: "Room",
    you: "You",
    guest: "Guest",
    waiting_title: "Waiting for the other person",
    waiting_text: "Tell them this room number, or send them the invite link. The call begins by itself.",
    link_connecting: "Connecting…",
    link_interrupted: "Reconnecting… you can keep talking",
    link_away: "Away for a moment. The seat is kept.",
    link_failed: "No connection could be made.",
    try_again: "Try again",
    empty_room: "Please type a room ID",
    bad_room: "A room ID has up to 64 letters, digits, - or _",
    bad_name: "A name has up to 40 ordinary characters",
    room_full: "This room is full. Ask the others to make space, or choose another number.",
    unreachable: "The server cannot be reached. Check your network; this page keeps trying.",
    unsupported: "This browser cannot make video calls. Please use a current Firefox, Chrome, Edge or Safari.",
    left: "You left the call.",
    dropped: "The server ended the call for this page. You can join again.",
    moved_elsewhere: "This call now goes on in another tab or window.",
    no_relay: "Your address cannot be hidden here: this server has no relay for calls to go through.",
    hidden_without_relay: "Your address is to stay hidden, and this server has no relay, so no connection can be made. Switch “Hide my address” off to connect directly.",
    address_hidden: "From now on your calls go through the server, and the others see only its address. What they have already seen cannot be taken back.",
    address_shown: "Your calls may connect directly again, so the others can see your network address.",
    line_reconnecting: "The line to the server is down and is being restored. Your call goes on.",
    sound_blocked: "Your browser holds the sound back.",
    tap_to_hear: "Tap to hear",
    dismiss: "Dismiss",
    lost_title: "There is no such door",
    lost_text: "This page does not exist. Perhaps a letter of the link got lost.",
    lost_link: "Back to the entrance",
    load_failed: "The page did not load completely, so calls do not work yet. Check your network and load it again.",
    reload: "Load again",
    no_script: "Calls need JavaScript. Please switch it on for this page.",
    peer_joined: |name| format!("{} joined.", name.unwrap_or("The other person")),
    peer_left: |name| format!("{} left.", name.unwrap_or("The other person")),
    device_problem,
};

fn device_problem(problem: DeviceProblem, seated: bool) -> ProblemWords {
    let missing = Missing::from(problem.missing);
    let (device, them, is) = match missing {
        Missing::Camera => ("camera", "it", "is"),
        Missing::Microphone => ("microphone", "it", "is"),
        Missing::Both => ("camera and microphone", "them", "are"),
    };
    let (title, advice) = match problem.error {
        MediaError::Denied => (
            format!("Your {device} {is} blocked"),
            format!("Allow {them} with the icon beside the page's address, then try again."),
        ),
        MediaError::NotFound => (
            match missing {
                Missing::Both => "No camera and no microphone were found".to_owned(),
                _ => format!("No {device} was found"),
            },
            format!("Plug {them} in, or switch {them} on in your system's settings, then try again."),
        ),
        MediaError::Busy => (
            format!("Your {device} {is} in use elsewhere"),
            "Close the other program or tab that uses it, then try again.".to_owned(),
        ),
        MediaError::Insecure => (
            format!("This address may not use your {device}"),
            "Browsers allow it only on https:// pages and on localhost. Ask your host for the https:// address."
                .to_owned(),
        ),
        MediaError::Unsupported => (
            format!("This browser cannot use your {device}"),
            "Please use a current Firefox, Chrome, Edge or Safari.".to_owned(),
        ),
    };
    let consequence = match (missing, seated) {
        (Missing::Camera, false) => "You can still join; the others will not see you.",
        (Missing::Microphone, false) => "You can still join; the others will not hear you.",
        (Missing::Both, false) => "You can still join; the others will not see or hear you.",
        (Missing::Camera, true) => "Until then the others cannot see you.",
        (Missing::Microphone, true) => "Until then the others cannot hear you.",
        (Missing::Both, true) => "Until then the others cannot see or hear you.",
    };
    ProblemWords { title, advice, consequence }
}
