//! Router and run.
