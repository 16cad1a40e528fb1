//! Load shedding: a connection limit that, once reached, makes room at the cost of the heaviest network.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::idle_timeout::Activity;
use crate::server::net::connection_limit::network;

/// Connection limit that makes room by shedding connections of the network with the most permits.
#[derive(Debug)]
pub(crate) struct SheddingLimit {
    all: usize,
    each: usize,
    stale: Duration,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    count: usize,
    last_id: u64,
    networks: HashMap<IpAddr, BTreeMap<u64, Activity>>,
}

/// Permit of a connection; ends when dropped, or earlier when the connection is shed.
#[derive(Debug)]
pub(crate) struct SheddingPermit {
    limit: Arc<SheddingLimit>,
    network: IpAddr,
    id: u64,
}

impl SheddingLimit {
    /// Limits permits to `all` in total and `each` per network. A network at its limit may replace a connection of its
    /// own that was idle for `stale`.
    pub(crate) fn new(all: usize, each: usize, stale: Duration) -> Self {
        Self { all, each, stale, held: Mutex::default() }
    }

    /// Takes a permit for a connection from `from`. If none is left, the heaviest network's longest idle connection is
    /// shed. `None` if this network is limited, at its limit, and none of its connections is stale.
    pub(crate) fn take(
        self: &Arc<Self>,
        from: IpAddr,
        is_limited: bool,
        activity: &Activity,
    ) -> Option<SheddingPermit> {
        let network = network(from);
        let mut held = self.lock();
        if is_limited && held.of(network) >= self.each && !held.shed(network, self.stale) {
            return None;
        }
        if held.count >= self.all {
            held.shed_heaviest();
        }
        held.last_id += 1;
        held.count += 1;
        let id = held.last_id;
        held.networks.entry(network).or_default().insert(id, activity.clone());
        Some(SheddingPermit { limit: self.clone(), network, id })
    }

    /// Sheds the heaviest network's longest idle connection, as when file descriptors have run out.
    pub(crate) fn shed(&self) {
        self.lock().shed_heaviest();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn of(&self, network: IpAddr) -> usize {
        self.networks.get(&network).map_or(0, BTreeMap::len)
    }

    /// Sheds the longest idle connection among those of the networks with the most permits.
    fn shed_heaviest(&mut self) {
        let most = self.networks.values().map(BTreeMap::len).max().unwrap_or_default();
        let heaviest = self.networks.iter().filter(|(_, connections)| connections.len() == most);
        let stillest = |connections: &BTreeMap<u64, Activity>| connections.values().map(Activity::last).min();
        if let Some((network, _)) = heaviest.min_by_key(|(_, connections)| stillest(connections)) {
            self.shed(*network, Duration::ZERO);
        }
    }

    /// Sheds a network's longest idle connection with all its permits, if idle for `still`.
    fn shed(&mut self, network: IpAddr, still: Duration) -> bool {
        let Some(connections) = self.networks.get_mut(&network) else { return false };
        let Some(activity) = connections.values().min_by_key(|activity| activity.last()).cloned() else {
            return false;
        };
        if Instant::now().saturating_duration_since(activity.last()) < still {
            return false;
        }
        activity.shed();
        let before = connections.len();
        connections.retain(|_, other| !other.is_of_same_connection(&activity));
        self.count -= before - connections.len();
        if connections.is_empty() {
            self.networks.remove(&network);
        }
        true
    }

    fn remove(&mut self, network: IpAddr, id: u64) {
        let Some(connections) = self.networks.get_mut(&network) else { return };
        if connections.remove(&id).is_some() {
            self.count -= 1;
        }
        if connections.is_empty() {
            self.networks.remove(&network);
        }
    }
}

impl Drop for SheddingPermit {
    fn drop(&mut self) {
        self.limit.lock().remove(self.network, self.id);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::time::advance;

    use super::*;

    const STALE: Duration = Duration::from_secs(5);

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn is_shed(activity: &Activity) -> bool {
        activity.until_shed().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_takes_the_place_of_the_stillest_of_the_heaviest() {
        let limit = Arc::new(SheddingLimit::new(5, 3, STALE));
        let mut held = Vec::new();
        for from in [1, 1, 1, 2, 2] {
            let activity = Activity::default();
            held.push((limit.take(ip(from), true, &activity).unwrap(), activity));
            advance(Duration::from_millis(10)).await;
        }
        held[0].1.beat();
        let newcomer = Activity::default();
        let _permit = limit.take(ip(3), true, &newcomer).unwrap();
        let shed: Vec<_> = held.iter().map(|(_, activity)| is_shed(activity)).collect();
        assert_eq!(shed, [false, true, false, false, false]);
        // Permits that shedding took away are not given back again on drop.
        drop(held);
        assert_eq!(limit.lock().count, 1);
        assert!(!is_shed(&newcomer));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_shed_with_all_that_it_holds_and_no_other() {
        let limit = Arc::new(SheddingLimit::new(6, usize::MAX, Duration::ZERO));
        let activities = [Activity::default(), Activity::default(), Activity::default()];
        let mut held = Vec::new();
        for (last, activity) in (1..).zip(&activities[..2]) {
            (0..3).for_each(|_| held.push(limit.take(ip(last), false, activity).unwrap()));
            advance(Duration::from_millis(10)).await;
        }
        activities[1].beat();
        (0..3).for_each(|_| held.push(limit.take(ip(3), false, &activities[2]).unwrap()));
        assert_eq!(activities.each_ref().map(is_shed), [true, false, false]);
        drop(held);
        let left = limit.lock();
        assert_eq!((left.count, left.networks.len()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_at_its_limit_replaces_only_what_stands_still() {
        let limit = Arc::new(SheddingLimit::new(9, 2, STALE));
        let activities = [Activity::default(), Activity::default()];
        let _held = activities.each_ref().map(|activity| limit.take(ip(1), true, activity).unwrap());
        assert!(limit.take(ip(1), true, &Activity::default()).is_none());
        advance(STALE).await;
        activities[0].beat();
        assert!(limit.take(ip(1), true, &Activity::default()).is_some());
        assert!(!is_shed(&activities[0]) && is_shed(&activities[1]));
        assert!(limit.take(ip(1), false, &Activity::default()).is_some(), "a proxy has no limit of its own");
    }
}
