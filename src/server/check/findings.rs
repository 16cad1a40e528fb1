//! Findings of a check, and how they are printed.

use std::fmt;

/// Result of checking one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Meaning for the operator who starts the server.
    pub verdict: Verdict,
    /// One sentence.
    pub text: String,
}

/// Meaning of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Worth knowing; may be as wanted.
    Note,
    /// Must be changed before the server can do as it is set.
    Wrong,
}

/// Findings in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Returns the worst of all verdicts.
    pub fn verdict(&self) -> Verdict {
        self.0.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok)
    }

    pub(super) fn ok(&mut self, text: String) {
        self.0.push(Finding { verdict: Verdict::Ok, text });
    }

    pub(super) fn note(&mut self, text: String) {
        self.0.push(Finding { verdict: Verdict::Note, text });
    }

    pub(super) fn wrong(&mut self, text: String) {
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
