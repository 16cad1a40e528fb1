//! The driver.

/// Starts the driver.
pub fn start(_port: crate::ui::CallPort) {}
