//! `parlor check`: what is wrong with the settings on this machine, and what browsers will be able to do. It asks
//! the system only, opens nothing that a running server has, and leaves nothing behind.

mod access;
mod browsers;
mod certificate;
mod findings;
mod health;
mod machine;
mod ports;

pub use findings::{Finding, Findings, Verdict};
pub use health::is_well;

use crate::server::config::Config;
use crate::server::config::arguments::Arguments;

/// Runs every check with the settings for `arguments`.
pub async fn check(arguments: &Arguments) -> Findings {
    let mut findings = Findings::default();
    let config = match Config::load(arguments) {
        Ok(config) => config,
        Err(error) => {
            error.faults().iter().for_each(|fault| findings.wrong(fault.clone()));
            return findings;
        }
    };
    findings.ok("the settings are valid".into());
    let https = ports::check(&config, &mut findings).await;
    machine::check(&config, &mut findings);
    certificate::check(&config, https, &mut findings);
    access::check(&config.tls, &mut findings);
    browsers::check(&config, https, &mut findings).await;
    findings
}
