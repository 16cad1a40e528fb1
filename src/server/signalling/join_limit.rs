//! The limit of joins per network, so that room numbers cannot be found by trying. Time is an argument.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::server::net::rate::{Meter, Rate};

/// Further joins charged for a refused one: guesses are refused often, known numbers seldom.
const REFUSED: u32 = 4;
/// Number of networks from which on rested meters are removed.
const FIRST_SWEEP: usize = 1024;

/// The join meters of all networks; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct JoinLimit(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    rate: Rate,
    joins: Mutex<Joins>,
}

#[derive(Debug)]
struct Joins {
    networks: HashMap<IpAddr, Meter>,
    /// Number of networks at which rested meters are removed next.
    sweep_at: usize,
}

impl JoinLimit {
    /// Allows `rate` to each network.
    pub(crate) fn new(rate: Rate) -> Self {
        let joins = Mutex::new(Joins { networks: HashMap::new(), sweep_at: FIRST_SWEEP });
        Self(Arc::new(Shared { rate, joins }))
    }

    /// Counts a join, unless it exceeds the rate; trusted proxies that name no client are not counted.
    pub(crate) fn allows(&self, now: Duration, network: Option<IpAddr>) -> bool {
        network.is_none_or(|network| self.joins().meter(now, network).allows(now, self.0.rate))
    }

    /// Charges a refused join, or a token that fitted no seat.
    pub(crate) fn refused(&self, now: Duration, network: Option<IpAddr>) {
        if let Some(network) = network {
            self.joins().meter(now, network).charge(now, self.0.rate, REFUSED);
        }
    }

    fn joins(&self) -> MutexGuard<'_, Joins> {
        self.0.joins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Joins {
    fn meter(&mut self, now: Duration, network: IpAddr) -> &mut Meter {
        if self.networks.len() >= self.sweep_at {
            self.networks.retain(|_, meter| !meter.is_rested(now));
            self.sweep_at = FIRST_SWEEP.max(2 * self.networks.len());
        }
        self.networks.entry(network).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn limit() -> JoinLimit {
        JoinLimit::new(Rate::per_minute(60, 300))
    }

    fn network(last: u8) -> Option<IpAddr> {
        Some([192, 0, 2, last].into())
    }

    fn allowed(limit: &JoinLimit, now: Duration, from: Option<IpAddr>) -> usize {
        (0..10_000).filter(|_| limit.allows(now, from)).count()
    }

    #[test]
    fn a_network_has_its_own_joins_and_no_others() {
        let limit = limit();
        assert_eq!(allowed(&limit, NOW, network(1)), 300);
        assert_eq!(allowed(&limit, NOW, network(2)), 300);
        assert_eq!(allowed(&limit, NOW + Duration::from_secs(10), network(1)), 10);
        assert_eq!(allowed(&limit, NOW, None), 10_000);
    }

    #[test]
    fn refused_joins_count_for_more() {
        let limit = limit();
        let tries = (0..10_000).take_while(|_| {
            let allowed = limit.allows(NOW, network(1));
            limit.refused(NOW, network(1));
            allowed
        });
        assert_eq!(tries.count(), 60);
        assert!(limit.allows(NOW, network(2)));
    }

    #[test]
    fn networks_without_a_debt_are_forgotten() {
        let limit = limit();
        for second in 0..100 {
            for last in 0..=255 {
                let network: IpAddr = [10, 0, second, last].into();
                assert!(limit.allows(NOW + Duration::from_secs(second.into()) * 10, Some(network)));
            }
        }
        assert!(limit.joins().networks.len() <= FIRST_SWEEP);
    }
}
