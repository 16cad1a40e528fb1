//! The limit of connections: in all, and from one network.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// A count of connections that hands out permits.
#[derive(Debug)]
pub(crate) struct ConnectionLimit {
    all: usize,
    each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    networks: HashMap<IpAddr, usize>,
}

/// A permit for one connection, returned when it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    limit: Arc<ConnectionLimit>,
    /// The network that it counts against, if any.
    network: Option<IpAddr>,
}

impl ConnectionLimit {
    /// Allows `all` connections, and `each` from one network.
    pub(crate) fn new(all: usize, each: usize) -> Self {
        Self { all, each, taken: Mutex::default() }
    }

    /// Takes a permit for an address, if one is left.
    pub(crate) fn take(self: &Arc<Self>, from: IpAddr) -> Option<ConnectionPermit> {
        let network = network(from);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let have = taken.networks.get(&network).copied().unwrap_or_default();
        if taken.all >= self.all || have >= self.each {
            return None;
        }
        taken.all += 1;
        taken.networks.insert(network, have + 1);
        Some(ConnectionPermit { limit: self.clone(), network: Some(network) })
    }

    /// Takes a permit for an address that many clients share, such as a trusted proxy: only the limit in all applies.
    pub(crate) fn take_for_many(self: &Arc<Self>) -> Option<ConnectionPermit> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.all {
            return None;
        }
        taken.all += 1;
        Some(ConnectionPermit { limit: self.clone(), network: None })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut taken = self.limit.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        let Some(network) = self.network else { return };
        if let Some(have) = taken.networks.get_mut(&network) {
            *have -= 1;
            if *have == 0 {
                taken.networks.remove(&network);
            }
        }
    }
}

/// The network of an address: an IPv4 address, or the first 64 bits of an IPv6 address. A customer has several such
/// networks, often 256 (RFC 6177).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_for_one_and_for_all_and_come_back() {
        let limit = Arc::new(ConnectionLimit::new(3, 2));
        let [first, second, third] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|ip| ip.parse().unwrap());
        let held = [limit.take(first), limit.take(first)].map(Option::unwrap);
        assert!(limit.take(first).is_none());
        let other = limit.take(second).unwrap();
        assert!(limit.take(third).is_none());
        drop(held);
        assert!(limit.take(first).is_some() && limit.take(third).is_some());
        drop(other);
        assert!(limit.taken.lock().unwrap().networks.is_empty());
    }

    #[test]
    fn one_who_comes_for_many_may_have_all_there_are() {
        let limit = Arc::new(ConnectionLimit::new(3, 1));
        let held: Vec<_> = std::iter::from_fn(|| limit.take_for_many()).collect();
        assert_eq!(held.len(), 3);
        assert!(limit.take("192.0.2.1".parse().unwrap()).is_none());
        drop(held);
        assert!(limit.take("192.0.2.1".parse().unwrap()).is_some());
    }

    #[test]
    fn addresses_of_one_ipv6_customer_share() {
        let limit = Arc::new(ConnectionLimit::new(9, 1));
        let take = |address: &str| limit.take(address.parse().unwrap());
        let held = take("2001:db8::1").unwrap();
        assert!(take("2001:db8::ffff:2").is_none() && take("2001:db8:0:1::1").is_some());
        drop(held);
        let _held = take("192.0.2.1").unwrap();
        assert!(take("::ffff:192.0.2.1").is_none() && take("2001:db8::2").is_some());
    }
}
