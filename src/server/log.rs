//! The log on standard output: a thread of its own writes it, so that a blocked reader stops nothing else.

use std::io::{self, IsTerminal, Write, stdout};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tracing::{Level, Metadata, error};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::server::config::LogFormat;
use crate::server::config::environment::unquoted;

/// Lines that wait for a slow reader; about 1.5 MiB.
const QUEUED_LINES: usize = 8_192;
/// How long the last lines may take to be written when the program ends.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);
/// Least time between two counts of dropped lines, while the reader is slow.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// The log; its last lines are written when it is dropped.
#[derive(Debug)]
pub struct Log {
    format: LogFormat,
    writer: NonBlocking,
    guard: Option<WorkerGuard>,
}

impl Log {
    /// Starts the log of the process, panics included. `RUST_LOG` chooses what it holds.
    pub fn start(format: LogFormat) -> Self {
        // The server logs the steps of ACME in its own words.
        let wanted = std::env::var(EnvFilter::DEFAULT_ENV).map(|text| unquoted(&text)).unwrap_or_default();
        let wanted = if wanted.is_empty() { None } else { EnvFilter::try_new(wanted).ok() };
        let filter = wanted.unwrap_or_else(|| EnvFilter::new("info,rustls_acme=warn"));
        let (writer, guard) = queue(QUEUED_LINES, format, stdout());
        let lines = tracing_subscriber::fmt::layer().with_writer(writer.clone());
        let lines = match format {
            LogFormat::Text => lines.with_ansi(stdout().is_terminal()).boxed(),
            LogFormat::Json => {
                lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
            }
        };
        tracing_subscriber::registry()
            .with(filter)
            .with(filter_fn(|about| !is_of_a_frame(about)))
            .with(lines)
            .init();
        // The usual hook writes to standard error, which may be the same pipe.
        std::panic::set_hook(Box::new(|panic| {
            let trace = std::backtrace::Backtrace::capture();
            let trace = if trace.status() == std::backtrace::BacktraceStatus::Captured {
                format!("\n{trace}")
            } else {
                String::new()
            };
            error!("{panic}{trace}");
        }));
        Self { format, writer, guard: Some(guard) }
    }

    /// Writes plain text in its turn between the lines of the log, unless each of them is an object.
    pub fn print(&self, text: &str) {
        if self.format == LogFormat::Json {
            return;
        }
        // Never fails: what does not fit is dropped and counted.
        drop(self.writer.clone().write_all(format!("{text}\n").as_bytes()));
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let Some(guard) = self.guard.take() else { return };
        // The guard prints to standard output if the queue is full, and would wait for ever.
        let (done, finished) = channel::<()>();
        let flush = thread::Builder::new().spawn(move || {
            drop(guard);
            drop(done);
        });
        if flush.is_ok() {
            _ = finished.recv_timeout(FLUSH_WITHIN);
        }
    }
}

/// Whether an event may show frames or packets. The WebSocket library traces frames, and so seat tokens; the TURN
/// library has a span and lines with addresses for every packet.
fn is_of_a_frame(about: &Metadata<'_>) -> bool {
    let target = about.target();
    let of_relay = ["stun_proto", "stun_types", "turn_server_proto", "turn_types"];
    of_relay.iter().any(|name| target.starts_with(name))
        || *about.level() > Level::INFO && target.starts_with("tungstenite")
}

/// Makes a queue of `lines` before `out`; further lines are dropped, and `out` is told how many.
fn queue(lines: usize, format: LogFormat, out: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    let dropped = Arc::new(OnceLock::new());
    let counted = Counted { out, format, dropped: dropped.clone(), told: 0, told_at: None };
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(lines)
        .thread_name("log")
        .finish(counted);
    // Set once, here.
    drop(dropped.set(writer.error_counter()));
    (writer, guard)
}

/// The writer behind the queue. Only it knows when the reader reads again, so it reports dropped lines.
struct Counted<W> {
    out: W,
    format: LogFormat,
    dropped: Arc<OnceLock<ErrorCounter>>,
    told: usize,
    told_at: Option<Instant>,
}

impl<W: Write> Counted<W> {
    fn tell(&mut self) -> io::Result<()> {
        let dropped = self.dropped.get().map_or(0, ErrorCounter::dropped_lines);
        if dropped == self.told {
            return Ok(());
        }
        let lines = dropped - self.told;
        (self.told, self.told_at) = (dropped, Some(Instant::now()));
        let mut time = String::new();
        _ = SystemTime.format_time(&mut Writer::new(&mut time));
        let module = module_path!();
        let what = "the log was read too slowly, and lines were dropped";
        let line = match self.format {
            LogFormat::Text => format!("{time}  WARN {module}: {what} lines={lines}\n"),
            LogFormat::Json => {
                let line = json!({ "timestamp": time, "level": "WARN", "message": what, "lines": lines, "target": module });
                format!("{line}\n")
            }
        };
        self.out.write_all(line.as_bytes())
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.out.write_all(line)?;
        if self.told_at.is_none_or(|told_at| told_at.elapsed() >= TELL_EVERY) {
            self.tell()?;
        }
        Ok(line.len())
    }

    /// Called when no more lines wait.
    fn flush(&mut self) -> io::Result<()> {
        self.tell()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// A writer that takes a line only when it is received at the other end.
    struct Rendezvous(SyncSender<String>);

    impl Write for Rendezvous {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8(line.to_vec()).unwrap()).map_err(io::Error::other)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn stuck(lines: usize) -> (NonBlocking, WorkerGuard, Receiver<String>) {
        let (sender, receiver) = sync_channel(0);
        let (writer, guard) = queue(lines, LogFormat::Text, Rendezvous(sender));
        (writer, guard, receiver)
    }

    #[test]
    fn a_reader_who_comes_late_hears_how_many_lines_were_dropped() {
        let (mut writer, _guard, reader) = stuck(4);
        (0..1_000).for_each(|number| writer.write_all(format!("line {number}\n").as_bytes()).unwrap());
        let (mut lines, mut text) = (0, String::new());
        let missed: usize = loop {
            text += &reader.recv_timeout(Duration::from_secs(20)).unwrap();
            lines += text.matches("line ").count();
            if let Some((told, _)) = text.split_once('\n').filter(|(told, _)| told.contains("dropped lines="))
            {
                break told.rsplit_once('=').unwrap().1.parse().unwrap();
            }
            if text.ends_with('\n') {
                text.clear();
            }
        };
        // One is with the thread that writes it.
        assert!((995..=996).contains(&missed), "{missed}");
        assert_eq!(lines, 1, "told as soon as the first line was read");
    }

    #[test]
    fn in_json_dropped_lines_are_an_object_too() {
        let (sender, reader) = sync_channel(1);
        let dropped = Arc::new(OnceLock::new());
        let mut counted =
            Counted { out: Rendezvous(sender), format: LogFormat::Json, dropped, told: 0, told_at: None };
        let (mut writer, _guard, _stuck) = stuck(1);
        (0..9).for_each(|_| writer.write_all(b"line\n").unwrap());
        drop(counted.dropped.set(writer.error_counter()));
        counted.tell().unwrap();
        let line: serde_json::Value = serde_json::from_str(&reader.recv().unwrap()).unwrap();
        assert_eq!((&line["level"], &line["lines"]), (&"WARN".into(), &counted.told.into()));
        assert!(counted.told > 0 && line["message"].is_string() && line["timestamp"].is_string(), "{line}");
    }

    #[test]
    fn the_end_does_not_wait_for_a_reader_who_stands_still() {
        for lines in [1, 1_000] {
            let (mut writer, guard, reader) = stuck(2_000);
            (0..lines).for_each(|_| writer.write_all(b"line\n").unwrap());
            let began = Instant::now();
            drop(Log { format: LogFormat::Text, writer, guard: Some(guard) });
            assert!(began.elapsed() < 3 * FLUSH_WITHIN);
            drop(reader);
        }
    }
}
