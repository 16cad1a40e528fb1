//! The closing of all sockets as the server stops: one after another, so that their pages do not come back in one moment.

use std::sync::Arc;
use std::time::Duration;
use std::vec::IntoIter;

use tokio::time::{Instant, interval};

use super::outbox::Outbox;
use crate::protocol::CloseCode;

/// Sockets closed in a second, unless there are too many for the time that there is.
const PACE: u32 = 2_000;
/// Time between two closings of some sockets.
const STEP: Duration = Duration::from_millis(10);

/// The sockets that are still to be closed. Dropping it closes all of them at once.
#[derive(Debug)]
pub(crate) struct Closing(IntoIter<Arc<Outbox>>);

impl Closing {
    /// Will close these sockets, in this order.
    pub(super) fn new(sockets: Vec<Arc<Outbox>>) -> Self {
        Self(sockets.into_iter())
    }

    /// Tells all sockets to close, evenly over `within` at most; a few take no time.
    pub(crate) async fn run(mut self, within: Duration) {
        let all = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let lasts = within.min(Duration::from_secs(1) * all / PACE);
        let (begun, mut steps) = (Instant::now(), interval(STEP));
        while self.0.len() > 0 {
            steps.tick().await;
            let left = all.saturating_sub(due(all, begun.elapsed() + STEP, lasts));
            while self.0.len() > left as usize {
                self.close_next();
            }
        }
    }

    fn close_next(&mut self) -> bool {
        self.0.next().inspect(|socket| socket.cut(CloseCode::Restart)).is_some()
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        while self.close_next() {}
    }
}

/// How many of `all` are to be closed after `elapsed`, if that `lasts` in all.
fn due(all: u32, elapsed: Duration, lasts: Duration) -> u32 {
    if elapsed >= lasts {
        return all;
    }
    let share = f64::from(all) * elapsed.as_secs_f64() / lasts.as_secs_f64();
    // Below `all`, as the share of the time is below one.
    share as u32
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::server::signalling::outbox::QueueLimit;

    const WITHIN: Duration = Duration::from_secs(1);

    fn sockets(count: usize) -> Vec<Arc<Outbox>> {
        (0..count).map(|_| Arc::new(Outbox::new(QueueLimit { frames: 1, bytes: 1 }))).collect()
    }

    fn closed(sockets: &[Arc<Outbox>]) -> usize {
        sockets.iter().filter_map(|socket| socket.until_cut().now_or_never()).count()
    }

    /// How many of this many sockets are closed after each tenth of a second, until all are.
    async fn course(count: usize) -> Vec<usize> {
        let sockets = sockets(count);
        let closing = tokio::spawn(Closing::new(sockets.clone()).run(WITHIN));
        let mut course = Vec::new();
        while !closing.is_finished() {
            tokio::time::sleep(WITHIN / 10).await;
            course.push(closed(&sockets));
        }
        course
    }

    #[tokio::test(start_paused = true)]
    async fn thousands_are_closed_evenly_and_in_time() {
        for count in [2_000, 20_000] {
            let course = course(count).await;
            assert!(course.len() <= 10 && course.last() == Some(&count), "{course:?}");
            for (tenth, closed) in (1..).zip(&course) {
                let even = count * tenth / 10;
                assert!(closed.abs_diff(even) <= count / 50, "{closed} after {tenth} tenths of {count}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_are_closed_at_once_and_hundreds_by_the_pace() {
        for (count, lasts) in [(0, 0), (1, 0), (20, 0), (400, 190)] {
            let begun = Instant::now();
            Closing::new(sockets(count)).run(WITHIN).await;
            assert_eq!(begun.elapsed().as_millis(), lasts, "{count}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_closed_in_time_is_closed_at_once() {
        let sockets = sockets(2_000);
        let closing = Closing::new(sockets.clone()).run(WITHIN);
        assert!(tokio::time::timeout(WITHIN / 2, closing).await.is_err());
        assert_eq!(closed(&sockets), sockets.len());
    }
}
