//! The log as JSON: what a program that collects it reads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::lab::{Server, sealed, to, until};

/// The real binary with a log as JSON; ended when dropped.
struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let log = folder.join("log");
        let output = fs::File::create(&log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_parlor"))
            .env_clear()
            .current_dir(folder)
            .args(["--host", "127.0.0.1", "--port", "0", "--set", "relay.enabled=false", "--state", "none"])
            .envs([("PARLOR_LOG_FORMAT", "json"), ("RUST_LOG", "trace")])
            .envs(settings.iter().copied())
            .stdout(Stdio::from(output.try_clone().unwrap()))
            .stderr(Stdio::from(output))
            .spawn()
            .unwrap();
        Self { child, log }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The whole lines, each of which is an object.
    fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    /// The rooms of all lines with this message.
    fn rooms(&self, message: &str) -> Vec<String> {
        let lines = self.lines();
        let of_event = lines.iter().filter(|line| line["message"] == message);
        of_event.map(|line| line["room"].as_str().unwrap().to_owned()).collect()
    }

    async fn server(&self) -> Server {
        let serves = |line: &Value| {
            let url = line["message"].as_str()?.strip_prefix("Parlor serves on http://")?;
            url.parse().ok()
        };
        until("the server to serve", async || self.lines().iter().any(|line| serves(line).is_some())).await;
        Server::elsewhere(self.lines().iter().find_map(serves).unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_line_is_an_object_and_names_no_room_by_its_number() {
    const ROOMS: [&str; 2] = ["48291377", "55512344"];
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let programs = folders
        .each_ref()
        .map(|folder| Program::start(folder.path(), &[("PARLOR_SERVER_TRUSTED_PROXIES", "127.0.0.1")]));
    let mut names = Vec::new();
    for program in &programs {
        let server = program.server().await;
        for room in ROOMS {
            let (mut one, mut two) = server.pair(room).await;
            one.say(&to(2, sealed("x"))).await;
            two.hears(1, &sealed("x")).await;
            assert_eq!(server.get(&format!("/room/{room}"), &[("accept", "text/html")]).await.status(), 200);
        }
        // A proxy that serves Parlor below a path.
        let path = format!("/below/room/{}", ROOMS[0]);
        assert_eq!(server.get(&path, &[("accept", "text/html")]).await.status(), 404);
        until("all that happened to be logged", async || program.rooms("away").len() == 4).await;
        let created = program.rooms("room created");
        assert_eq!(program.rooms("joined"), created, "a room keeps its name");
        assert_eq!(program.rooms("signal"), created);
        names.extend(created);
        for line in program.lines() {
            for field in ["timestamp", "level", "message", "target"] {
                assert!(line[field].is_string(), "{field} in {line}");
            }
        }
        let text = program.text();
        for room in ROOMS {
            let line = text.lines().find(|line| line.contains(room));
            assert_eq!(line, None);
        }
        assert!(text.contains("/below"), "the path of the proxy");
    }
    for name in &names {
        assert!(name.len() == 8 && name.bytes().all(|digit| digit.is_ascii_hexdigit()), "{name}");
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4, "two rooms in two runs");
}

#[tokio::test]
async fn a_certificate_for_ones_own_network_shows_no_poster_in_a_log_of_objects() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[("PARLOR_TLS_LAN", "true"), ("PARLOR_TLS_PORT", "0")]);
    let serves =
        |line: &Value| line["message"].as_str().is_some_and(|text| text.contains("Parlor serves on https"));
    until("the server to serve", async || program.lines().iter().any(serves)).await;
}
