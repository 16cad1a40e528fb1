//! What the registry tells of changes: to the metrics, and to webhooks.

use super::Registry;
use super::occupied::Occupied;
use crate::protocol::RoomId;
use crate::server::hooks::Hooks;
use crate::server::signalling::directory::Directory;

impl<D: Directory> Registry<D> {
    /// Tells `hooks` of all that changes from now on; the first ones stay.
    pub(crate) fn tell(&self, hooks: Hooks) {
        _ = self.0.hooks.set(hooks);
    }

    /// Has the metrics and the webhooks follow a change of the seats, before anybody else is told of it.
    pub(super) fn counted(&self, id: &RoomId, occupied: &mut Occupied<D::Socket>) {
        let change = occupied.count(&self.0.metrics);
        if let Some(hooks) = self.0.hooks.get() {
            hooks.tell(id, change);
        }
    }
}
