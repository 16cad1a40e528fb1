//! The view of a call: everything that the page draws from.

use std::sync::Arc;

use strum::IntoStaticStr;

use super::chat::ChatView;
use super::connection_test::ConnectionTestView;
use super::device::DevicesView;
use super::event::MediaError;
use super::hearing::HearingView;
use super::pointer::PointerView;
use super::screen::ScreenView;
use super::seal::{PictureNumbers, SealId, Trust};
use super::settings::Settings;
use crate::call::route::Route;
use crate::protocol::{DisplayName, IceServer, PeerId, Reaction, RoomId, Source, SourceSet};

/// The view of a call; the server renders the default one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallView {
    /// The screen.
    pub phase: Phase,
    /// The room joined or being joined.
    pub room: Option<RoomId>,
    /// Everybody else in the room, by id.
    pub peers: Vec<PeerView>,
    /// Nobody comes in who has not the same link and was not let in.
    pub locked: bool,
    /// The person came with a word, which no link has.
    pub has_word: bool,
    /// Several have come with wrong words, so nobody else comes in with one.
    pub word_closed: bool,
    /// Those who want to be let in.
    pub knocks: Vec<KnockView>,
    /// The own gestures.
    pub gestures: GesturesView,
    /// Who of the others spoke last for a while; a layout with one large picture follows.
    pub speaker: Option<PeerId>,
    /// What people have written.
    pub chat: Arc<ChatView>,
    /// Where people point on screens that are shared, the own person too.
    pub pointers: Arc<Vec<PointerView>>,
    /// Others may point at what this page shares.
    pub lets_point: bool,
    /// One's own microphone.
    pub microphone: DeviceView,
    /// One's own camera.
    pub camera: DeviceView,
    /// What this page shares.
    pub screen: ScreenView,
    /// The reason why a device is missing, if one is.
    pub device_problem: Option<DeviceProblem>,
    /// The devices that can be chosen, and those in use.
    pub devices: DevicesView,
    /// The switches.
    pub settings: Settings,
    /// "Hear yourself", if it was begun.
    pub hearing: Option<HearingView>,
    /// The socket to the server.
    pub signalling: SignallingView,
    /// The browser holds the sound back until the person touches the page.
    pub sound_blocked: bool,
    /// The own address is kept from the others.
    pub hides_address: bool,
    /// The own address is not hidden, and cannot be without a relay.
    pub cannot_hide: bool,
    /// Whether there is a relay; hidden addresses need one.
    pub relay: Relay,
    /// The connection test, if one was made.
    pub connection_test: Option<ConnectionTestView>,
    /// The notice to show.
    pub notice: Option<Notice>,
    /// What is wrong in a field of the home screen, until it is corrected.
    pub mistake: Option<Mistake>,
}

/// The two screens, and the moment between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Phase {
    /// Choosing a room.
    #[default]
    Home,
    /// Join was pressed and the server has not answered yet; the call view already, so that nothing is left to
    /// draw when the first picture comes.
    Joining,
    /// Seated.
    InCall,
}

/// One's own microphone or camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum DeviceView {
    /// Not asked for yet.
    #[default]
    Off,
    /// The browser asks the person, or opens the device.
    Asking,
    /// Heard or seen by the others.
    On,
    /// Muted, or camera switched off, by the person.
    Muted,
    /// Muted by the system: a mute key, a cover, a telephone call, the browser's own switch.
    Held,
    /// Cannot be had; [`CallView::device_problem`] says why.
    Missing,
}

/// The reason why devices are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceProblem {
    /// The error of `getUserMedia`.
    pub error: MediaError,
    /// The devices that are missing because of it.
    pub missing: SourceSet,
}

/// Whether the server offers a relay, for connections that cannot or should not be direct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relay {
    /// The server was not asked yet.
    #[default]
    Unknown,
    /// There is one.
    Offered,
    /// This server has none.
    Missing,
}

impl Relay {
    /// Whether a relay is among these servers.
    pub(in crate::call) fn among(servers: &[IceServer]) -> Self {
        let is_turn = |url: &String| url.starts_with("turn:") || url.starts_with("turns:");
        let offered = servers.iter().any(|server| server.urls.iter().any(is_turn));
        if offered { Self::Offered } else { Self::Missing }
    }
}

/// Another participant in the room.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerView {
    /// The id.
    pub peer: PeerId,
    /// The name given.
    pub name: Option<DisplayName>,
    /// The state of the connection.
    pub link: LinkView,
    /// What is known of the way through the server.
    pub trust: Trust,
    /// The name of who vouches for the peer.
    pub checked_by: Option<DisplayName>,
    /// The seal with it, and the pictures that both can compare.
    pub pictures: Option<(SealId, PictureNumbers)>,
    /// The route of the media, while it flows and once it is known.
    pub route: Option<Route>,
    /// The sources of this peer whose media arrives.
    pub receives: SourceSet,
    /// The sources that this peer says to send; `None` if it has not told.
    pub sends: Option<SourceSet>,
    /// The peer takes a screen; assumed until its browser has answered.
    pub takes_screen: bool,
    /// The peer takes files; assumed until it has told its state.
    pub takes_files: bool,
    /// The peer lets others point at what it shares.
    pub pointing_allowed: bool,
    /// The hand and the reaction of the peer.
    pub gestures: GesturesView,
    /// The peer is heard to speak.
    pub is_speaking: bool,
    /// The volume chosen for this peer, in per cent; none at 0.
    pub volume: u16,
}

/// Somebody who wants to be let in, and whom nothing proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnockView {
    /// The id.
    pub peer: PeerId,
    /// The seal with its page.
    pub seal: SealId,
    /// The name that it says to have.
    pub name: Option<DisplayName>,
    /// The person has said "not now".
    pub is_declined: bool,
}

/// The gestures of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GesturesView {
    /// The place of the raised hand among all that are up, from 1 on.
    pub hand: Option<u8>,
    /// The reaction that is shown.
    pub reaction: Option<ReactionView>,
}

/// A reaction that is shown for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactionView {
    /// Which one.
    pub kind: Reaction,
    /// How many in a row this is; one that follows its like is another.
    pub count: u32,
}

impl PeerView {
    /// Whether there is a picture to show. A peer that has told is believed at once; otherwise only what arrives counts.
    pub fn has_picture(&self) -> bool {
        self.receives.contains(Source::Camera) && !self.has_off(Source::Camera)
    }

    /// Whether the peer shares something that can be shown. It has to have told so: packets that only measure the
    /// network come for a screen, too, where nobody shares one.
    pub fn has_screen(&self) -> bool {
        let is_told = self.sends.is_some_and(|sends| sends.contains(Source::Screen));
        is_told && self.receives.contains(Source::Screen)
    }

    /// Whether the peer has told that it does not send this source.
    pub fn has_off(&self, source: Source) -> bool {
        self.sends.is_some_and(|sends| !sends.contains(source))
    }
}

/// The state of the connection with one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum LinkView {
    /// Being set up.
    #[default]
    Connecting,
    /// Media flows.
    Connected,
    /// Media flowed before and is being brought back.
    Interrupted,
    /// The peer's page is gone or cut off; its seat is kept for a while.
    Away,
    /// Every attempt failed; the person can try again.
    Failed,
    /// Every attempt failed while the own address was hidden, so only relays were tried.
    #[strum(serialize = "failed")]
    FailedHidden,
    /// Waits to be let in: the room is locked at the peer's side.
    Held,
    /// The people have seen other pictures, so the connection is closed.
    Stopped,
    /// It came with another word, so the connection is closed.
    OtherWord,
    /// Its page is of another version, so neither can seal what it says to the other.
    OtherVersion,
}

impl LinkView {
    /// Whether nothing is tried any more.
    pub fn has_failed(self) -> bool {
        matches!(self, Self::Failed | Self::FailedHidden)
    }
}

/// The state of the WebSocket to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignallingView {
    /// Not needed now, or being opened for the first time.
    #[default]
    Idle,
    /// Open.
    Up,
    /// Lost during a call and being brought back; media goes on.
    Reconnecting,
}

/// A mistake in a field of the home screen. It stands at the field, so that no notice takes its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mistake {
    /// Join with an empty room number.
    EmptyRoom,
    /// Join with something that is no room number.
    BadRoom,
    /// Join with a link to this other host.
    OtherServer(String),
    /// The name is too long or holds odd characters.
    BadName,
    /// The word is too short or too long.
    BadWord,
    /// Join by a link to a room that has a word, without one.
    WordAsked,
    /// The others have another word.
    WrongWord,
}

/// A notice for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Every seat of the room is taken.
    RoomFull,
    /// Every seat of the room is taken, and the server tells when one is free.
    WaitingForSeat,
    /// A seat is free in the room that was full.
    SeatFree,
    /// The server cannot be reached; the page keeps trying.
    Unreachable,
    /// This browser cannot make calls at all.
    Unsupported,
    /// This address gives no page the means to seal a call.
    Insecure,
    /// The link that led here has lost its end; a call by number is possible.
    LinkCut,
    /// Peers left; the notice stays if one is alone now.
    PeerLeft(Vec<Option<DisplayName>>),
    /// Somebody in the call has locked the room.
    RoomLocked(Option<DisplayName>),
    /// Somebody has come with another word.
    OtherWord,
    /// Several have come with wrong words, and nobody else gets a try before the person says so.
    WordClosed,
    /// Peers joined.
    PeerJoined(Vec<Option<DisplayName>>),
    /// The person left the call a moment ago, and can go back.
    JustLeft,
    /// The person left the call.
    Left,
    /// Whether the person wants to leave the call.
    LeaveAsked,
    /// The server ended the call for this page (too many messages, too slow); one can join again.
    Dropped,
    /// Whoever runs the server ended the call for everybody.
    Ended,
    /// The page is older than the server; it can be loaded again.
    OldPage,
    /// The own address cannot be hidden: this server has no relay.
    NoRelay,
    /// The own address is to be hidden and this server has no relay, so no connection can be made.
    HiddenWithoutRelay,
    /// The own address is hidden from now on.
    AddressHidden,
    /// The own address is not hidden any more.
    AddressShown,
    /// Another tab of this browser is in the room; the call can be moved here.
    InOtherTab,
    /// The system mutes these devices.
    DeviceHeld(SourceSet),
    /// The system mutes these devices no longer.
    DeviceBack(SourceSet),
    /// This seat is now used in another tab or window.
    MovedElsewhere,
    /// A microphone or camera was unplugged and another one is used now, by their names.
    DeviceReplaced {
        /// The one that is gone.
        gone: String,
        /// The one that is used now.
        now: String,
    },
    /// A microphone or camera was plugged in, and can be used by a press.
    DeviceFound(String),
    /// The device chosen cannot be used; the one before goes on.
    DeviceRefused(String),
    /// The speaker chosen cannot be used; the system's own goes on.
    SpeakerRefused,
    /// The person talks while muted.
    MutedSpeech,
    /// The system lets this browser capture no screen.
    ScreenDenied,
    /// What was to be shared cannot be captured.
    ScreenFailed,
    /// The tab of the call itself is shared, and shows itself without end.
    OwnTabShared,
}
