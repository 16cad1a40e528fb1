//! The Parlor server: settings, log, signals of the system, and `server::run`.

use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;

use clap::Parser;
use parlor::server::check::{Verdict, check, is_well};
use parlor::server::config::Config;
use parlor::server::config::arguments::{Arguments, Task};
use parlor::server::config::environment::unquoted;
use parlor::server::doors::Doors;
use parlor::server::run;
use parlor::server::tls::lan::{Machine, poster};
use tracing::{Level, Metadata, error, info, warn};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.task == Some(Task::Check) {
        return checked(&arguments).await;
    }
    // What the ACME library says of its steps is said again in our own words.
    let wanted = std::env::var(EnvFilter::DEFAULT_ENV).map(|text| unquoted(&text)).unwrap_or_default();
    let wanted = if wanted.is_empty() { None } else { EnvFilter::try_new(wanted).ok() };
    let filter = wanted.unwrap_or_else(|| EnvFilter::new("info,rustls_acme=warn"));
    // What the socket library writes at the level of traces are the frames, and so seat tokens. The protocol of the
    // relay has a span and lines with addresses for every packet.
    let frames = |about: &Metadata<'_>| {
        let target = about.target();
        let of_relay = ["stun_proto", "stun_types", "turn_server_proto", "turn_types"];
        of_relay.iter().any(|name| target.starts_with(name))
            || *about.level() > Level::INFO && target.starts_with("tungstenite")
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(move |about| !frames(about)))
        .with(tracing_subscriber::fmt::layer().with_ansi(stdout().is_terminal()))
        .init();
    let config = match Config::load(&arguments) {
        Ok(config) => config,
        Err(error) => {
            error.faults().iter().for_each(|fault| error!("{fault}"));
            return ExitCode::from(2);
        }
    };
    if arguments.task == Some(Task::Health) {
        return if is_well(config.address()).await { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    // Every socket is an open file; systems start programs with a low limit that they may raise themselves.
    match rlimit::increase_nofile_limit(rlimit::INFINITY) {
        Ok(files) => info!(files, "limit of open files"),
        Err(fault) => warn!("the limit of open files stays as it is: {fault}"),
    }
    let doors = match Doors::open(&config) {
        Ok(doors) => doors,
        Err(fault) => {
            error!("{fault}");
            return ExitCode::FAILURE;
        }
    };
    if config.tls.lan {
        let hosts = Machine::look(config.server.host).hosts();
        doors
            .urls(&hosts)
            .first()
            .into_iter()
            .for_each(|url| println!("{}", poster(url, stdout().is_terminal())));
    }
    // Asks for another look at certificate files; where there are none it must not end the server.
    #[cfg(unix)]
    let _hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
    match run(config, doors, asked_to_stop()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            error!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what there is to say about the settings.
async fn checked(arguments: &Arguments) -> ExitCode {
    let findings = check(arguments).await;
    // Whoever reads it may have gone.
    drop(write!(stdout(), "{findings}"));
    if findings.verdict() == Verdict::Wrong { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    drop(tokio::signal::ctrl_c().await);
}
