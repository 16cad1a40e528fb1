//! Parlor server binary.
fn main() {}
