//! Ends by whoever runs the server: of a room, and of all sockets.

use super::{Registry, lock};
use crate::protocol::{CloseCode, RoomId};
use crate::server::signalling::directory::Directory;

impl<D: Directory> Registry<D> {
    /// From now on nobody is told of lost sockets whose seats are kept: as the server stops, all are lost, and those that
    /// are closed last need not know of the first.
    pub(crate) fn stop(&self) {
        lock(&self.0.map).is_stopping = true;
    }

    /// Ends a room: closes the sockets of all who are present, gives up every seat, away ones too, and tells those who
    /// wait for one. Returns whether anybody had a seat there.
    pub(crate) fn end(&self, id: &RoomId) -> bool {
        let mut map = lock(&self.0.map);
        let Some(room) = map.rooms.get(id).cloned() else { return false };
        let mut occupied = lock(&room);
        for socket in occupied.take_sockets() {
            self.0.directory.cut(&socket, CloseCode::Ended);
        }
        occupied.room.clear();
        self.parted(&mut map, id, &mut occupied, Vec::new());
        drop((occupied, map));
        self.0.metrics.ended();
        self.0.event_log.note("ended by the host", id, None);
        true
    }
}
