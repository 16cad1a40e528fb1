//! `parlor check`: what is wrong with the settings on this machine, and what browsers will be able to do. It asks
//! the system only, opens nothing that a running server has, and leaves nothing behind.

mod access;
mod browsers;
mod certificate;
mod health;
mod machine;
mod ports;

use std::fmt;

pub use health::is_well;

use crate::server::config::Config;
use crate::server::config::arguments::Arguments;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it means for whoever starts the server.
    pub verdict: Verdict,
    /// One sentence.
    pub text: String,
}

/// What a finding means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Worth knowing; may be as wanted.
    Note,
    /// To be changed before the server can do what it is asked for.
    Wrong,
}

/// Findings in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

/// Looks at everything.
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

impl Findings {
    /// The worst of all verdicts.
    pub fn verdict(&self) -> Verdict {
        self.0.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok)
    }

    fn ok(&mut self, text: String) {
        self.0.push(Finding { verdict: Verdict::Ok, text });
    }

    fn note(&mut self, text: String) {
        self.0.push(Finding { verdict: Verdict::Note, text });
    }

    fn wrong(&mut self, text: String) {
        self.0.push(Finding { verdict: Verdict::Wrong, text });
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { verdict, text } in &self.0 {
            let word = match verdict {
                Verdict::Ok => "ok",
                Verdict::Note => "note",
                Verdict::Wrong => "wrong",
            };
            writeln!(f, "{word:<6} {text}")?;
        }
        Ok(())
    }
}
