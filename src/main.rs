//! The Parlor server: settings, log, signals of the system, and `server::run`.

use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;

use clap::Parser;
use parlor::embedded::files;
use parlor::server::check::{Verdict, check, is_well};
use parlor::server::config::arguments::{Arguments, Task};
use parlor::server::config::load::ConfigError;
use parlor::server::config::{Config, LogFormat};
use parlor::server::http::site::Site;
use parlor::server::listeners::Listeners;
use parlor::server::log::Log;
use parlor::server::open_files::fit;
use parlor::server::run;
use parlor::server::tls::lan::{LanHost, poster};
use tracing::{error, info, warn};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.task == Some(Task::Check) {
        return checked(&arguments).await;
    }
    let config = Config::load(&arguments);
    // Without settings faults are told in words.
    let log = Log::start(config.as_ref().map_or_else(|_| LogFormat::default(), |config| config.log.format));
    serve(&arguments, config, &log).await
}

/// Answers to `parlor health`, or serves until it is asked to stop.
async fn serve(arguments: &Arguments, config: Result<Config, ConfigError>, log: &Log) -> ExitCode {
    let mut config = match config {
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
        Ok(files) => {
            info!(files, "limit of open files");
            fit(&mut config, files).into_iter().for_each(|what| warn!("{what}"));
        }
        Err(fault) => warn!("the limit of open files stays as it is: {fault}"),
    }
    let listeners = match Listeners::open(&config) {
        Ok(listeners) => listeners,
        Err(fault) => {
            error!("{fault}");
            return ExitCode::FAILURE;
        }
    };
    if config.tls.lan {
        let hosts = LanHost::look(config.server.host).hosts();
        let url = listeners.urls(&hosts).into_iter().next();
        url.into_iter().for_each(|url| log.print(&poster(&url, stdout().is_terminal())));
    }
    // SIGHUP asks for a reload of the certificate files; where there are none it must not end the server.
    #[cfg(unix)]
    let _hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
    match run(config, listeners, Site::find(files()), asked_to_stop()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            error!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the findings about the settings.
async fn checked(arguments: &Arguments) -> ExitCode {
    let findings = check(arguments).await;
    // The reader of a pipe may have gone.
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
