//! The sampler of a connection's statistics: when they are read, and what follows for its route and its pictures.

use std::time::Duration;

use crate::call::media::ramp::{MaxResolution, Ramp};
use crate::call::route::Route;

/// How long after a change statistics are read. Changes come several at once, and the first of them while the first
/// picture is being made, which reading would hold up.
const SETTLE: Duration = Duration::from_millis(400);
/// How long after connecting statistics are read first; each wait is twice as long as the one before, up to the second
/// of these. It goes on as long as the connection, since not every browser says that the route has changed.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// The statistics of a connection (`RTCPeerConnection.getStats()`), as far as the call reads them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// The route of the selected candidate pair.
    pub route: Option<Route>,
    /// `availableOutgoingBitrate` in bits a second, where the browser estimates it.
    pub outgoing_bitrate: Option<f64>,
    /// A track of pictures is being sent.
    pub sends_video: bool,
}

/// An event of one connection that the sampler takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SamplerEvent {
    /// `connectionState` became `connected`.
    Connected,
    /// `connectionState` became anything else.
    Disconnected,
    /// The selected candidate pair may have changed.
    RouteChanged,
    /// Answers [`SamplerOutput::Sample`].
    Sampled(Stats),
    /// The browser refused the last [`SamplerOutput::Limit`].
    Refused,
    /// The time given by [`Sampler::deadline`] has come.
    Tick,
}

/// An output of the sampler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SamplerOutput {
    /// Call `getStats()`; answered by [`SamplerEvent::Sampled`].
    Sample,
    /// Media takes this route from now on.
    Route(Route),
    /// Limit the pictures that are sent, or lift the limit.
    Limit(Option<MaxResolution>),
}

/// The sampler of one connection.
#[derive(Debug, Default)]
pub struct Sampler {
    /// When the next regular sample is due and the wait before it; none while not connected.
    regular: Option<(Duration, Duration)>,
    /// When a change of the route has settled.
    settled: Option<Duration>,
    route: Option<Route>,
    ramp: Ramp,
}

impl Sampler {
    /// The resolution that may be sent now.
    pub fn limit(&self) -> Option<MaxResolution> {
        self.ramp.limit()
    }

    /// When the next [`SamplerEvent::Tick`] is due.
    pub fn deadline(&self) -> Option<Duration> {
        self.regular.map(|(due, _)| due).into_iter().chain(self.settled).min()
    }

    /// Takes one event and says what to do, in order.
    pub fn handle(&mut self, now: Duration, event: SamplerEvent) -> Vec<SamplerOutput> {
        match event {
            SamplerEvent::Connected => {
                self.regular = Some((now + FIRST_WAIT, FIRST_WAIT));
                self.settled = Some(now + SETTLE);
                self.ramp.connected(now);
                vec![]
            }
            SamplerEvent::Disconnected => {
                (self.regular, self.settled) = (None, None);
                vec![]
            }
            SamplerEvent::RouteChanged => {
                self.settled = self.regular.map(|_| now + SETTLE);
                vec![]
            }
            SamplerEvent::Sampled(stats) => self.sampled(now, stats),
            SamplerEvent::Refused => {
                self.ramp.refused();
                vec![]
            }
            SamplerEvent::Tick => self.tick(now),
        }
    }

    fn tick(&mut self, now: Duration) -> Vec<SamplerOutput> {
        if self.deadline().is_none_or(|due| now < due) {
            return vec![];
        }
        self.settled.take_if(|due| now >= *due);
        if let Some((due, wait)) = self.regular.as_mut().filter(|(due, _)| now >= *due) {
            *wait = (*wait * 2).min(LONGEST_WAIT);
            *due = now + *wait;
        }
        vec![SamplerOutput::Sample]
    }

    fn sampled(&mut self, now: Duration, stats: Stats) -> Vec<SamplerOutput> {
        let mut outputs = vec![];
        if let Some(route) = stats.route.filter(|route| self.route != Some(*route)) {
            self.route = Some(route);
            outputs.push(SamplerOutput::Route(route));
        }
        // It may have been interrupted or closed meanwhile.
        if self.regular.is_some() {
            let limit = self.ramp.sampled(now, stats.sends_video, stats.outgoing_bitrate);
            outputs.extend(limit.map(SamplerOutput::Limit));
        }
        outputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::route::RelayProtocol;

    const RELAYED: Route = Route::Relayed(RelayProtocol::Udp);

    fn stats(route: Option<Route>) -> SamplerEvent {
        SamplerEvent::Sampled(Stats { route, outgoing_bitrate: Some(0.0), sends_video: true })
    }

    /// When statistics are read in the first half minute, in milliseconds.
    fn sampled_at(sampler: &mut Sampler) -> Vec<u128> {
        let mut times = vec![];
        while let Some(due) = sampler.deadline().filter(|due| *due < Duration::from_secs(30)) {
            assert_eq!(sampler.handle(due, SamplerEvent::Tick), [SamplerOutput::Sample]);
            times.push(due.as_millis());
        }
        times
    }

    #[test]
    fn statistics_are_read_at_one_pace() {
        let mut sampler = Sampler::default();
        assert_eq!(sampler.deadline(), None);
        sampler.handle(Duration::ZERO, SamplerEvent::Connected);
        assert_eq!(sampled_at(&mut sampler), [400, 1000, 3000, 7000, 11000, 15000, 19000, 23000, 27000]);
    }

    #[test]
    fn changes_of_the_route_are_read_once_they_have_settled() {
        let mut sampler = Sampler::default();
        sampler.handle(Duration::ZERO, SamplerEvent::Connected);
        for milliseconds in [100, 200, 300] {
            sampler.handle(Duration::from_millis(milliseconds), SamplerEvent::RouteChanged);
        }
        assert_eq!(sampled_at(&mut sampler)[..3], [700, 1000, 3000]);
    }

    #[test]
    fn an_interrupted_connection_is_not_read() {
        let mut sampler = Sampler::default();
        sampler.handle(Duration::ZERO, SamplerEvent::RouteChanged);
        assert_eq!(sampler.deadline(), None, "not connected yet");
        sampler.handle(Duration::ZERO, SamplerEvent::Connected);
        sampler.handle(Duration::ZERO, SamplerEvent::Disconnected);
        sampler.handle(Duration::ZERO, SamplerEvent::RouteChanged);
        assert_eq!((sampler.deadline(), sampler.handle(Duration::MAX, SamplerEvent::Tick)), (None, vec![]));
    }

    #[test]
    fn a_tick_that_comes_early_reads_nothing() {
        let mut sampler = Sampler::default();
        sampler.handle(Duration::ZERO, SamplerEvent::Connected);
        assert_eq!(sampler.handle(Duration::from_millis(399), SamplerEvent::Tick), []);
    }

    #[test]
    fn a_route_is_told_when_it_has_changed() {
        let mut sampler = Sampler::default();
        sampler.handle(Duration::ZERO, SamplerEvent::Connected);
        for (route, told) in [
            (None, vec![]),
            (Some(Route::Direct), vec![SamplerOutput::Route(Route::Direct)]),
            (Some(Route::Direct), vec![]),
            (None, vec![]),
            (Some(RELAYED), vec![SamplerOutput::Route(RELAYED)]),
        ] {
            assert_eq!(sampler.handle(SETTLE, stats(route)), told, "{route:?}");
        }
    }

    #[test]
    fn an_interrupted_connection_keeps_its_limit() {
        let mut sampler = Sampler::default();
        sampler.handle(Duration::ZERO, SamplerEvent::Connected);
        sampler.handle(Duration::ZERO, SamplerEvent::Disconnected);
        assert_eq!(sampler.handle(Duration::from_secs(40), stats(None)), []);
        assert_eq!(sampler.limit(), Some(MaxResolution::FIRST));
    }
}
