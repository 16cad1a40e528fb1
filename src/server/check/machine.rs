//! This machine: the state folder, the limit of open files, the clock.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::findings::Findings;
use crate::server::config::Config;
use crate::server::net::private_file;
use crate::server::{open_files, tls};

pub(super) fn check(config: &Config, findings: &mut Findings) {
    match config.server.state_folder() {
        None => {
            findings.note(
                "server.state: there is no folder for what outlives a restart, so a restart takes seats away"
                    .into(),
            );
            if !config.tls.domains.is_empty() {
                findings.note("tls.domains: each start fetches new certificates, which authorities allow a few times a week".into());
            }
        }
        Some(folder) => {
            // The folder of TLS within it may exist already and belong to another user.
            let within = tls::folder(config).filter(|_| config.tls.is_on());
            for folder in [folder].into_iter().chain(within) {
                match try_to_write(&folder) {
                    Ok(()) if private_file::is_open(&folder) => findings.note(format!(
                        "server.state: {} is open to other users of this machine: chmod 700",
                        folder.display()
                    )),
                    Ok(()) => findings.ok(format!("server.state: {} can be written", folder.display())),
                    Err(fault) => findings
                        .wrong(format!("server.state: {} cannot be written: {fault}", folder.display())),
                }
            }
        }
    }
    let wanted = open_files::wanted(config);
    match rlimit::increase_nofile_limit(rlimit::INFINITY) {
        Ok(files) if files < wanted as u64 => findings.note(format!(
            "the system allows {files} open files, the settings of [limits] and [relay] more: up to {wanted}; the start \
             lowers limits.sockets, limits.requests and relay.connections to what fits"
        )),
        Ok(files) => findings.ok(format!("the system allows {files} open files, up to {wanted} are wanted")),
        Err(fault) => findings.note(format!("the limit of open files is not known: {fault}")),
    }
    check_clock(findings);
}

/// A clock that was never set stands long before the program was built.
fn check_clock(findings: &mut Findings) {
    let built = std::env::current_exe().and_then(fs::metadata).and_then(|program| program.modified());
    match built {
        Ok(built) if SystemTime::now() < built => {
            findings.wrong("the clock stands before the day this program was made; certificates and relay passwords need a right one".into());
        }
        _ => findings.ok("the clock looks right".into()),
    }
}

/// Writes a file into the folder, or into its nearest ancestor that exists.
fn try_to_write(folder: &Path) -> io::Result<()> {
    let nearest = folder.ancestors().find(|path| path.exists() || path.as_os_str().is_empty());
    let place = match nearest {
        Some(path) if !path.as_os_str().is_empty() => path.to_owned(),
        _ => PathBuf::from("."),
    };
    let file = place.join(format!(".parlor-check-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&file)?;
    fs::remove_file(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trying_to_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        try_to_write(folder.path()).unwrap();
        try_to_write(&folder.path().join("a/b")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(try_to_write(&file.join("x")).is_err());
    }
}
