//! Open files held in reserve, so that connections can still be answered when the system has no more.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tracing::warn;

/// Least time between two warnings that files have run out.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// Whether accepting failed because of the connection, not for want of files or memory.
pub(crate) fn is_of_one_connection(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
            | ErrorKind::WouldBlock
    )
}

/// Open sockets whose files are given to connections when the system has no more.
#[derive(Debug)]
pub(crate) struct FileReserve {
    whose: &'static str,
    size: usize,
    spares: Vec<Socket>,
    warned: Option<Instant>,
    times: u64,
}

impl FileReserve {
    /// Reserves `size` files for the connections of `whose`.
    pub(crate) fn new(whose: &'static str, size: usize) -> Self {
        let mut reserve = Self { whose, size, spares: Vec::with_capacity(size), warned: None, times: 0 };
        reserve.refill();
        reserve
    }

    /// Frees a file for the next connection, and warns once in a while; returns whether one was left.
    pub(crate) fn spend(&mut self, fault: &io::Error) -> bool {
        self.times += 1;
        if self.warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
            self.warned = Some(Instant::now());
            warn!(
                error = %fault, whose = self.whose, times = self.times,
                "no file is left for a connection: raise the limit of open files (LimitNOFILE= of systemd, ulimit -n)"
            );
            self.times = 0;
        }
        self.spares.pop().is_some()
    }

    /// Refills the reserve; returns whether it is full.
    pub(crate) fn refill(&mut self) -> bool {
        while self.spares.len() < self.size {
            match Socket::new(Domain::IPV4, Type::DGRAM, None) {
                Ok(spare) => self.spares.push(spare),
                Err(_) => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_spent_and_refilled() {
        let mut reserve = FileReserve::new("tests", 2);
        let fault = io::Error::from_raw_os_error(24);
        assert!(!is_of_one_connection(&fault));
        assert!(reserve.spend(&fault) && reserve.spend(&fault) && !reserve.spend(&fault));
        assert!(reserve.refill() && reserve.spend(&fault));
    }
}
