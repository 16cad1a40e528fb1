//! The real program, with a log to read, and programs of others.

use std::ffi::OsStr;
use std::fs;
use std::io::PipeReader;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::net::TcpStream;

use crate::lab::until;

/// Ended when dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it in `folder`, on free ports of this machine only, without relay and memory unless `settings`, which are
    /// variables of the environment, say otherwise.
    pub(crate) fn start(folder: &Path, settings: &[(&str, &dyn AsRef<OsStr>)]) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_parlor"));
        Self::spawn(Self::settled(command, folder, settings), folder).unwrap()
    }

    /// The same when the system allows it so many open files.
    #[cfg(target_os = "linux")]
    pub(crate) fn with_files(files: usize, folder: &Path, settings: &[(&str, &dyn AsRef<OsStr>)]) -> Self {
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={files}")).arg(env!("CARGO_BIN_EXE_parlor"));
        let mut command = Self::settled(command, folder, settings);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        Self::spawn(command, folder).unwrap()
    }

    /// The same with its output, errors included, in a pipe.
    pub(crate) fn piped(folder: &Path, settings: &[(&str, &dyn AsRef<OsStr>)]) -> (Self, PipeReader) {
        let mut command = Self::settled(Command::new(env!("CARGO_BIN_EXE_parlor")), folder, settings);
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        (Self { child: command.spawn().unwrap(), log: folder.join("log") }, reader)
    }

    fn settled(mut command: Command, folder: &Path, settings: &[(&str, &dyn AsRef<OsStr>)]) -> Command {
        command
            .env_clear()
            .current_dir(folder)
            .env("PARLOR_SERVER_HOST", "127.0.0.1")
            .env("PORT", "0")
            .env("PARLOR_SERVER_STATE", "none")
            .env("PARLOR_TLS_PORT", "0")
            .env("PARLOR_RELAY_ENABLED", "false")
            .env("RUST_LOG", "info");
        for (name, value) in settings {
            command.env(name, value);
        }
        command
    }

    /// Starts a prepared command.
    pub(crate) fn spawn(mut command: Command, folder: &Path) -> std::io::Result<Self> {
        let log = folder.join("log");
        let output = fs::File::options().create(true).append(true).open(&log)?;
        command.stdout(Stdio::from(output.try_clone()?)).stderr(Stdio::from(output));
        Ok(Self { child: command.spawn()?, log })
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) async fn says(&self, text: &str) {
        until(&format!("a line with {text:?}"), async || self.log().contains(text)).await;
    }

    /// Where it serves: HTTPS if it has that.
    pub(crate) async fn address(&self) -> SocketAddr {
        self.says("Parlor serves on ").await;
        address_in(&self.log())
    }

    /// The number by which the system knows it.
    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> i32 {
        self.child.id().try_into().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end, after it was asked to.
    pub(crate) async fn ended(mut self) {
        self.signal("-TERM");
        until("the end of the program", async || self.child.try_wait().unwrap().is_some()).await;
    }

    /// Whether a file is open under this number.
    #[cfg(target_os = "linux")]
    pub(crate) fn has_file(&self, number: u64) -> bool {
        fs::symlink_metadata(format!("/proc/{}/fd/{number}", self.child.id())).is_ok()
    }

    /// How many files it has open.
    #[cfg(target_os = "linux")]
    pub(crate) fn files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// How many KiB of memory it has.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> i64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

/// Where the program serves that wrote this.
pub(crate) fn address_in(log: &str) -> SocketAddr {
    let (_, rest) = log.split_once("Parlor serves on ").unwrap();
    let (_, port) = rest.split_whitespace().next().unwrap().rsplit_once(':').unwrap();
    ([127, 0, 0, 1], port.parse().unwrap()).into()
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Somebody else's program, ended when dropped.
pub(crate) struct Program(Child);

impl Program {
    /// Starts it, if it is installed.
    pub(crate) fn start(mut command: Command) -> Option<Self> {
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok().map(Self)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// For programs that take their ports by number.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    // Below those that the system gives to other tests meanwhile, and another thousand for a run beside this one.
    static NEXT: LazyLock<AtomicU16> =
        LazyLock::new(|| AtomicU16::new(20_000 + (std::process::id() % 10) as u16 * 1_000));
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    [(); N].map(|()| {
        let ports = std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed));
        ports.take(1_000).find(is_free).unwrap()
    })
}

pub(crate) async fn listens(port: u16) {
    until("a program to listen", async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
}
