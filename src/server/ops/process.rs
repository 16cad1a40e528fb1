//! What the system says of this process, by the names that all Prometheus clients use. Linux tells it in `/proc`.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::server::net::clock::since_epoch;

/// Least time between two looks: to count open files takes some milliseconds where there are thousands.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Exposes what was seen of the process at the last look.
#[derive(Debug)]
pub(super) struct ProcessCollector {
    started: Duration,
    seen: Mutex<Option<(Instant, Option<Process>)>>,
}

/// The process at one moment.
#[derive(Clone, Copy, Debug)]
struct Process {
    cpu_seconds: f64,
    resident_bytes: u64,
    virtual_bytes: u64,
    threads: u64,
    open_files: u64,
    most_files: u64,
}

impl ProcessCollector {
    /// Takes now for the start of the process.
    pub(super) fn new() -> Self {
        Self { started: since_epoch(), seen: Mutex::default() }
    }

    fn look(&self) -> Option<Process> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match *seen {
            Some((at, process)) if at.elapsed() < LOOK_EVERY => process,
            _ => {
                let process = look();
                *seen = Some((Instant::now(), process));
                process
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn look() -> Option<Process> {
    let process = procfs::process::Process::myself().ok()?;
    let stat = process.stat().ok()?;
    Some(Process {
        cpu_seconds: (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64,
        resident_bytes: stat.rss * procfs::page_size(),
        virtual_bytes: stat.vsize,
        threads: stat.num_threads.try_into().ok()?,
        open_files: process.fd_count().ok()?.try_into().ok()?,
        most_files: rlimit::Resource::NOFILE.get().ok()?.0,
    })
}

#[cfg(not(target_os = "linux"))]
fn look() -> Option<Process> {
    None
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let started = self.started.as_secs();
        gauge(&mut encoder, "process_start_time_seconds", "Start, since the Unix epoch.", started)?;
        let Some(process) = self.look() else { return Ok(()) };
        let Process { cpu_seconds, resident_bytes, virtual_bytes, threads, open_files, most_files } = process;
        gauge(&mut encoder, "process_resident_memory_bytes", "Memory that is resident.", resident_bytes)?;
        gauge(&mut encoder, "process_virtual_memory_bytes", "Memory that is addressed.", virtual_bytes)?;
        gauge(&mut encoder, "process_threads", "Threads.", threads)?;
        gauge(&mut encoder, "process_open_fds", "Open files.", open_files)?;
        gauge(&mut encoder, "process_max_fds", "Most open files that the system allows.", most_files)?;
        let cpu = ConstCounter::new(cpu_seconds);
        let help = "CPU time, of user and system.";
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, cpu.metric_type())?)
    }
}

fn gauge(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}
