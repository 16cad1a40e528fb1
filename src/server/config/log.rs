//! Settings of the log.

use serde::{Deserialize, Serialize};

/// `[log]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// The form of its lines.
    pub format: LogFormat,
}

/// The form of the log's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people. They name rooms by their numbers.
    #[default]
    Text,
    /// One JSON object a line, for programs that collect logs. Rooms have names that only this process knows.
    Json,
}
