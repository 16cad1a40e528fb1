//! Random numbers of the system, for tokens and generations that nobody can guess.

/// Returns random bytes; [`run`](crate::server::run) checks at the start that the system has any.
#[expect(clippy::expect_used, reason = "without the system's random numbers the server does not start")]
pub(crate) fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes
}
