//! One participant's whole call.

use std::time::Duration;

pub mod devices;
mod event;
mod negotiation;
mod view;

pub use devices::{DeviceProblem, Devices, MediaError, Permission};
pub use event::{Command, Event, Loaded, MediaEvent, Remembered, SocketEvent, SocketId, UserAction};
pub use negotiation::{PeerCommand, PeerEvent, PeerState};
pub use view::{CallView, DeviceView, LineView, LinkView, Notice, PeerView, Phase};

/// One participant's call.
pub struct Call;

impl Call {
    /// A call before anything happened.
    pub fn new(_seed: u64) -> Self {
        Self
    }

    /// Takes one event at a time and says what to do.
    pub fn handle(&mut self, _now: Duration, _event: Event) -> Vec<Command> {
        vec![]
    }
}
