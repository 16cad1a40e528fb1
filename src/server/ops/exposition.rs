//! `GET /metrics`: all counts, in the text format of Prometheus or of OpenMetrics.

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::process::ProcessCollector;
use super::watched::Watched;
use crate::server::turn::Traffic;

/// First part of the names of all that only this server counts.
const PREFIX: &str = "parlor";
const OPENMETRICS: &str = "application/openmetrics-text";
const OPENMETRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All that is exposed; clones expose the same.
#[derive(Clone, Debug)]
pub(super) struct Exposition(Arc<Registry>);

impl Exposition {
    /// Exposes the counts of `watched` and of this process.
    pub(super) fn new(watched: Arc<Watched>) -> Self {
        let mut exposed = Registry::default();
        let own = exposed.sub_registry_with_prefix(PREFIX);
        own.register("build", "The release that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        watched.metrics.register(own);
        exposed.register_collector(Box::new(Present(watched)));
        exposed.register_collector(Box::new(ProcessCollector::new()));
        Self(Arc::new(exposed))
    }

    /// Encodes all, as a reader of `accepted` types likes it.
    fn encode(&self, is_openmetrics: bool) -> Result<String, fmt::Error> {
        let mut encoded = String::new();
        if is_openmetrics {
            text::encode(&mut encoded, &self.0)?;
        } else {
            prometheus_text::encode(&mut encoded, &self.0)?;
        }
        Ok(encoded)
    }
}

/// Answers with all counts. The open files of the process are many, so that they are not counted by a thread of sockets.
pub(super) async fn serve(State(exposition): State<Exposition>, headers: HeaderMap) -> Response {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let is_openmetrics = accepted.into_iter().any(|types| types.contains(OPENMETRICS));
    let kind = if is_openmetrics { OPENMETRICS_TYPE } else { PROMETHEUS_TYPE };
    match tokio::task::spawn_blocking(move || exposition.encode(is_openmetrics)).await {
        Ok(Ok(encoded)) => ([(CONTENT_TYPE, kind)], encoded).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What is not counted but looked up.
#[derive(Debug)]
struct Present(Arc<Watched>);

impl Collector for Present {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let Watched { readiness, metrics, connections, relay, .. } = &*self.0;
        let mut gauge =
            |name: &str, help, value: i64| gauge(&mut encoder, &format!("{PREFIX}_{name}"), help, value);
        gauge("sockets", "Open WebSockets.", count(connections.count()))?;
        gauge("rooms", "Rooms with a seat that is taken.", metrics.rooms().iter().sum())?;
        let draining = readiness.is_draining() || readiness.is_stopping();
        gauge("draining", "Whether the server is drained or stops.", draining.into())?;
        gauge("ledger_failing", "Whether seats cannot be written down.", self.0.loses_seats().into())?;
        let allocations = relay.as_ref().map_or(0, |relay| relay.allocations());
        gauge("relay_allocations", "Allocations of the relay.", count(allocations))?;
        let traffic = relay.as_ref().map(|relay| relay.traffic()).unwrap_or_default();
        self.relayed(&mut encoder, traffic)
    }
}

impl Present {
    fn relayed(&self, encoder: &mut DescriptorEncoder, traffic: Traffic) -> fmt::Result {
        let name = format!("{PREFIX}_relay_bytes");
        let help = "Bytes that came to the relay, 48 more for each packet than are in it.";
        let mut encoder = encoder.encode_descriptor(&name, help, None, MetricType::Counter)?;
        for (dropped, bytes) in [("false", traffic.relayed), ("true", traffic.dropped)] {
            let labels = [("dropped", dropped)];
            ConstCounter::new(bytes).encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn gauge(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: i64) -> fmt::Result {
    let encoder = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    ConstGauge::new(value).encode(encoder)
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
