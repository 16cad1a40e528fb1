//! The secret of the relay's passwords, configured, or random and kept over restarts.

use std::fs;
use std::io;
use std::path::Path;

use data_encoding::HEXLOWER;
use tracing::{info, warn};

use super::Secret;
use crate::server::net::private_file;

/// The file in the state folder.
const FILE: &str = "relay-secret";
/// Random bytes of a secret. As hexadecimal digits they fill the 64-byte block of HMAC-SHA1 (RFC 2104).
const BYTES: usize = 32;

/// Returns the configured secret, the kept one, or a new one, which `folder` keeps.
///
/// # Errors
/// If the system has no random numbers.
pub(crate) fn relay_secret(configured: &str, folder: Option<&Path>) -> io::Result<Secret> {
    if !configured.is_empty() {
        return Ok(Secret::new(configured));
    }
    let fresh = random()?;
    let Some(folder) = folder else {
        info!("the relay's secret is new at every start (server.state): calls that last get new credentials");
        return Ok(Secret::new(fresh));
    };
    Ok(Secret::new(keep(folder, &fresh).unwrap_or_else(|error| {
        warn!(%error, folder = %folder.display(), "the relay's secret cannot be kept; it is new at every start");
        fresh
    })))
}

/// Reads the kept secret; keeps `fresh` if there is none.
fn keep(folder: &Path, fresh: &str) -> io::Result<String> {
    private_file::make_folder(folder)?;
    let file = folder.join(FILE);
    private_file::warn_if_open("server.state", &file);
    match fs::read_to_string(&file) {
        // A secret that was cut off would be easier to guess.
        Ok(kept) if kept.len() >= 2 * BYTES => return Ok(kept),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    private_file::write(&file, fresh.as_bytes())?;
    Ok(fresh.to_owned())
}

/// Draws a random secret, as hexadecimal digits.
///
/// # Errors
/// If the system has no random numbers.
pub(crate) fn random() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_secret_outlives_a_restart_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = relay_secret("", Some(&state)).unwrap();
        assert_eq!(relay_secret("", Some(&state)).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&state), mode(&state.join(FILE))), (0o700, 0o600));
        }
        for length in [3, 2 * BYTES - 1] {
            let cut = "c".repeat(length);
            fs::write(state.join(FILE), &cut).unwrap();
            assert_ne!(relay_secret("", Some(&state)).unwrap(), Secret::new(cut));
        }
    }

    #[test]
    fn without_a_folder_each_start_has_its_own_secret_unless_configured() {
        assert_eq!(relay_secret("mine", None).unwrap(), Secret::new("mine"));
        assert_ne!(relay_secret("", None).unwrap(), relay_secret("", None).unwrap());
    }

    #[test]
    fn a_folder_that_takes_no_file_does_not_keep_the_server_from_starting() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(relay_secret("", Some(file.path())).is_ok());
    }
}
