//! The program itself as the relay: its memory, its files and its log are those of nothing else.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::client::{Client, SECRET, credentials};

/// A running program; ends when dropped.
pub(crate) struct Program {
    child: Child,
    log: Receiver<String>,
    pub(crate) udp: SocketAddr,
    pub(crate) tcp: SocketAddr,
    /// If it has a certificate.
    pub(crate) tls: Option<SocketAddr>,
    _folder: tempfile::TempDir,
}

impl Program {
    /// Starts it with `settings` of the form `section.key=value`.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        command.args(["--host", "127.0.0.1", "--port", "0", "--state", "none"]);
        for setting in ["relay.listen=127.0.0.1", "relay.port=0"].iter().chain(settings) {
            command.args(["--set", setting]);
        }
        command.args(["--set", &format!("relay.secret={SECRET}")]);
        command.current_dir(folder.path()).env_clear().stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (lines, log) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        // Nobody may have to wait for the log to be read.
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
        });
        let ports = log.iter().find(|line| line.contains("relay (STUN, TURN)")).expect("it starts");
        let port = |name: &str| {
            let text = ports.split_whitespace().find_map(|word| word.strip_prefix(name))?;
            Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), text.parse().ok()?))
        };
        let (udp, tcp, tls) = (port("udp=").unwrap(), port("tcp=").unwrap(), port("tls="));
        Self { child, log, udp, tcp, tls, _folder: folder }
    }

    /// Where a host watches it; to be asked once, if `ops.address` is set.
    pub(crate) fn ops(&self) -> SocketAddr {
        let line = self.log.iter().find(|line| line.contains("(ops.address)")).expect("it is watched");
        line.split_whitespace().find_map(|word| word.strip_prefix("address=")).unwrap().parse().unwrap()
    }

    pub(crate) async fn udp_client(&self, holder: &str) -> Client {
        Client::over_udp(self.udp, credentials(holder)).await
    }

    pub(crate) async fn tcp_client(&self, holder: &str) -> Client {
        Client::over_tcp(self.tcp, credentials(holder)).await
    }

    /// Files that it has open.
    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Bytes of memory that it has in use.
    pub(crate) fn memory(&self) -> usize {
        let pages = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap();
        pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap() * 4096
    }

    /// Whether any part of it had to be started again until now.
    pub(crate) fn had_a_fault(&self) -> bool {
        self.log.try_iter().any(|line| line.contains("had a fault"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
