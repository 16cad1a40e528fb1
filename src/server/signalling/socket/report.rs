//! What a socket leaves in the event log and in the metrics.

use crate::protocol::{CloseCode, ErrorCode, OLDEST_VERSION};
use crate::server::event_log::EventLog;
use crate::server::metrics::{Metrics, Refusal};
use crate::server::signalling::session::Session;

/// The event log and the metrics, for one socket.
pub(super) struct Report {
    event_log: EventLog,
    metrics: Metrics,
}

impl Report {
    /// Reports to both.
    pub(super) fn new(event_log: EventLog, metrics: Metrics) -> Self {
        Self { event_log, metrics }
    }

    /// Reports a join that was refused before it reached a room.
    pub(super) fn refused(&self, why: Refusal, text: &str) {
        self.metrics.refused(why);
        self.event_log.remark("join refused", text, 1);
    }

    /// Reports that this side closes the socket of a page of `version`. A refused join has been logged with its
    /// reason; sockets evicted from probation are not logged.
    pub(super) fn closed(&self, code: CloseCode, version: u32) {
        self.metrics.closed(code);
        if code != CloseCode::Busy {
            let why = if version < OLDEST_VERSION { "a page of an older version" } else { code.reason() };
            self.event_log.remark("socket closed", why, 1);
        }
    }

    /// Counts a malformed message. The first of a socket is logged, with the code of its refusal; one that closes the
    /// socket is not, since the close is.
    pub(super) fn bad_message(&self, first: Option<ErrorCode>) {
        self.metrics.bad_message();
        if let Some(code) = first {
            self.event_log.remark("bad message", &code.to_string(), 1);
        }
    }

    /// Logs how many messages of a session were not understood.
    pub(super) fn ended(&self, session: &Session) {
        let (bad, unknown) = (session.bad_messages(), session.unknown_messages());
        if bad > 1 {
            self.event_log.remark("bad messages in all", "", bad);
        }
        if unknown > 0 {
            self.event_log.remark("messages of unknown types", "a newer page?", unknown);
        }
    }
}
