//! Quotas of the holders of credentials: allocations and bytes, allowed and used.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::server::event_log::EventLog;
use crate::server::ice::is_tester;
use crate::server::net::rate::{Meter, Rate};

/// Allocations of all connection tests of one network. A test makes three for each address of a browser: 30 with five
/// adapters and both families. With none left it reports a blocked relay, so there are enough for four.
const TEST_ALLOCATIONS: usize = 4 * 30;
const TEST_BYTES_PER_SECOND: u32 = 64 * 1024;

/// The limits of the relay and of each quota holder.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuotaLimits {
    /// Allocations of one quota holder.
    pub(super) allocations_each: usize,
    /// Bytes a second in all.
    pub(super) bytes_per_second: u32,
    /// Bytes a second of one quota holder; received bytes count for their sender only.
    pub(super) bytes_per_second_each: u32,
}

/// Bytes of all quota holders since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Bytes relayed, as the quotas count them.
    pub(crate) relayed: u64,
    /// Bytes dropped for a quota that was used up.
    pub(crate) dropped: u64,
}

/// All quota holders with an allocation, or with a rate meter not yet refilled.
#[derive(Debug)]
pub(super) struct Quotas {
    quotas: QuotaLimits,
    bytes: Rate,
    spent: Mutex<Meter>,
    present: Mutex<HashMap<String, Arc<QuotaHolder>>>,
    relayed: AtomicU64,
    dropped: AtomicU64,
    event_log: EventLog,
}

/// A seat, or all connection tests of one network, with its usage.
#[derive(Debug)]
pub(super) struct QuotaHolder {
    name: String,
    rate: Rate,
    account: Mutex<Account>,
}

#[derive(Debug, Default)]
struct Account {
    allocations: usize,
    since: Duration,
    spent: Meter,
    bytes: u64,
    dropped: u64,
}

impl Quotas {
    /// Starts without quota holders.
    pub(super) fn new(quotas: QuotaLimits, event_log: EventLog) -> Self {
        let bytes = Rate::new(quotas.bytes_per_second, quotas.bytes_per_second);
        let (relayed, dropped) = (AtomicU64::new(0), AtomicU64::new(0));
        Self {
            quotas,
            bytes,
            spent: Mutex::default(),
            present: Mutex::default(),
            relayed,
            dropped,
            event_log,
        }
    }

    /// Returns the bytes of all since the start.
    pub(super) fn traffic(&self) -> Traffic {
        let read = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed);
        Traffic { relayed: read(&self.relayed), dropped: read(&self.dropped) }
    }

    /// Counts one more allocation, unless the quota is used up; [`Quotas::end`] must follow.
    pub(super) fn begin(&self, name: &str, now: Duration) -> Option<Arc<QuotaHolder>> {
        let test = is_tester(name);
        let most = if test {
            TEST_ALLOCATIONS.min(self.quotas.allocations_each)
        } else {
            self.quotas.allocations_each
        };
        let mut present = lock(&self.present);
        let holder = present.entry(name.to_owned()).or_insert_with(|| {
            let each = self.quotas.bytes_per_second_each;
            let each = if test { TEST_BYTES_PER_SECOND.min(each) } else { each };
            Arc::new(QuotaHolder {
                name: name.to_owned(),
                rate: Rate::new(each, each),
                account: Mutex::default(),
            })
        });
        let mut account = lock(&holder.account);
        if account.allocations >= most {
            return None;
        }
        if account.allocations == 0 {
            account.since = now;
        }
        account.allocations += 1;
        drop(account);
        Some(holder.clone())
    }

    /// Counts one allocation less, and logs the usage after the last one.
    pub(super) fn end(&self, holder: &QuotaHolder, now: Duration) {
        let mut account = lock(&holder.account);
        account.allocations = account.allocations.saturating_sub(1);
        if account.allocations > 0 {
            return;
        }
        let (bytes, dropped) = (mem::take(&mut account.bytes), mem::take(&mut account.dropped));
        let lasted = now.saturating_sub(account.since);
        drop(account);
        self.event_log.relayed(&holder.name, bytes, dropped, lasted);
    }

    /// Drops quota holders without allocations once their rate meter has refilled.
    ///
    /// Dropped any earlier, a quota holder would get a full meter by coming back.
    pub(super) fn forget(&self, now: Duration) {
        lock(&self.present).retain(|_, holder| {
            let account = lock(&holder.account);
            account.allocations > 0 || !account.spent.is_rested(now)
        });
    }

    /// Counts bytes to relay for a quota holder. Returns `false` if they are to be dropped, as a network would.
    pub(super) fn spend(&self, holder: &QuotaHolder, bytes: usize, now: Duration) -> bool {
        let count = u32::try_from(bytes).unwrap_or(u32::MAX);
        let mut account = lock(&holder.account);
        let before = account.spent;
        let allowed = account.spent.allows_many(now, holder.rate, count)
            && lock(&self.spent).allows_many(now, self.bytes, count);
        if allowed {
            account.bytes += u64::from(count);
            self.relayed.fetch_add(count.into(), Ordering::Relaxed);
        } else {
            account.spent = before;
            account.dropped += u64::from(count);
            self.dropped.fetch_add(count.into(), Ordering::Relaxed);
        }
        allowed
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn quotas(allocations_each: usize) -> Quotas {
        let quotas =
            QuotaLimits { allocations_each, bytes_per_second: 1_000_000, bytes_per_second_each: 300_000 };
        Quotas::new(quotas, EventLog::default())
    }

    #[test]
    fn allocations_are_limited_for_each() {
        let quotas = quotas(3);
        let first: Vec<_> = (0..3).map(|_| quotas.begin("a", NOW).unwrap()).collect();
        assert!(quotas.begin("a", NOW).is_none());
        let others = [quotas.begin("b", NOW).unwrap(), quotas.begin("c", NOW).unwrap()];
        quotas.end(&first[0], NOW);
        assert!(quotas.begin("a", NOW).is_some());
        for holder in &others {
            quotas.end(holder, NOW);
        }
        quotas.forget(NOW);
        assert_eq!(lock(&quotas.present).len(), 1, "who has no allocation is not kept");
    }

    #[test]
    fn coming_anew_gives_nothing_more() {
        let quotas = quotas(100);
        let spend = |at| {
            let holder = quotas.begin("a", at).unwrap();
            let spent = (0..1_000).filter(|_| quotas.spend(&holder, 1_000, at)).count();
            quotas.end(&holder, at);
            quotas.forget(at);
            spent
        };
        let second = Duration::from_secs(1);
        assert_eq!([NOW, NOW, NOW + second / 2, NOW + 2 * second].map(spend), [300, 0, 150, 300]);
        quotas.forget(NOW + 4 * second);
        assert!(lock(&quotas.present).is_empty());
    }

    #[test]
    fn what_a_holder_used_is_written_with_the_end_of_its_last_allocation() {
        let quotas = quotas(100);
        let both = [(); 2].map(|()| quotas.begin("a", NOW).unwrap());
        assert!(quotas.spend(&both[0], 200_000, NOW) && quotas.spend(&both[1], 100_000, NOW));
        assert!(!quotas.spend(&both[0], 50_000, NOW), "the two have one quota");
        let log = Arc::new(tempfile::tempfile().unwrap());
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
        let later = NOW + Duration::from_secs(7);
        tracing::subscriber::with_default(subscriber, || both.iter().for_each(|one| quotas.end(one, later)));
        let mut written = String::new();
        (&*log).rewind().unwrap();
        (&*log).read_to_string(&mut written).unwrap();
        let line = r#"the relay served holder="a" bytes=300000 dropped=50000 seconds=7"#;
        assert!(written.ends_with(&format!("{line}\n")) && written.lines().count() == 1, "{written}");
    }

    #[test]
    fn tests_of_a_connection_get_little() {
        let quotas = quotas(1_000);
        let tests = std::iter::from_fn(|| quotas.begin("test-1", NOW)).collect::<Vec<_>>();
        assert_eq!(tests.len(), TEST_ALLOCATIONS);
        let relayed = (0..1_000).filter(|_| quotas.spend(&tests[0], 1_000, NOW)).count();
        assert_eq!(relayed, 65);
    }

    #[test]
    fn bytes_are_limited_for_one_and_for_all() {
        let quotas = quotas(100);
        let spend = |name| {
            let holder = quotas.begin(name, NOW).unwrap();
            (0..1_000).filter(|_| quotas.spend(&holder, 1_000, NOW)).count()
        };
        assert_eq!(["a", "b", "c", "d", "e"].map(spend), [300, 300, 300, 100, 0]);
        assert_eq!(quotas.traffic(), Traffic { relayed: 1_000_000, dropped: 4_000_000 });
    }
}
