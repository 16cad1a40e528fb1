//! What a server knows after it was stopped or killed and started again.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use parlor::protocol::{ClientMsg, HeldSeat, PageLoad, PeerId, PeerInfo, SeatToken, ServerMsg};
use parlor::server::signalling::room::{RoomRecord, TokenDigest};
use tokio::net::{TcpListener, TcpStream};

use crate::lab::{Server, info, join, resume, sealed, to, until};

/// Long enough to see a seat being kept, even on a busy machine.
const GRACE: Duration = Duration::from_secs(3);

/// The real binary, because only a process can be killed.
struct Process {
    child: Child,
    server: Server,
    log: PathBuf,
}

impl Process {
    async fn start(address: SocketAddr, state: &Path) -> Self {
        let log = state.with_extension("log");
        let output = fs::File::options().create(true).append(true).open(&log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_parlor"))
            .env("PARLOR_SERVER_HOST", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .env("PARLOR_SERVER_STATE", state)
            .env("PARLOR_RELAY_ENABLED", "false")
            .env("RUST_LOG", "trace,tungstenite::protocol=trace")
            .stdout(Stdio::from(output.try_clone().unwrap()))
            .stderr(Stdio::from(output))
            .spawn()
            .unwrap();
        let process = Self { child, server: Server::elsewhere(address), log };
        until("the server to listen", async || TcpStream::connect(address).await.is_ok()).await;
        process
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
}

/// Waits until what is written down last says that these tokens have arrived.
async fn written(state: &Path, tokens: &[&SeatToken]) {
    let newest = || -> Option<Vec<String>> {
        let seats = |name: &OsStr| name.to_string_lossy().starts_with("seats-");
        let mut files = fs::read_dir(state).ok()?.filter_map(Result::ok);
        let file = files.find(|file| seats(&file.file_name()))?.path();
        let text = fs::read_to_string(file).ok()?;
        let newest: RoomRecord = serde_json::from_str(text.lines().last()?).ok()?;
        Some(newest.seats.into_iter().map(|seat| seat.token.into()).collect())
    };
    let expected: Vec<String> = tokens.iter().map(|token| TokenDigest::of(token).into()).collect();
    until("seats to be written down", async || newest().as_ref() == Some(&expected)).await;
}

#[tokio::test]
async fn after_being_killed_five_times_everybody_has_their_seat_and_no_stranger_got_one() {
    let folder = tempfile::tempdir().unwrap();
    let (address, state) = (free_address().await, folder.path().join("state"));
    let mut process = Process::start(address, &state).await;
    let (mut one, mut one_seated) = process.server.seat("4711").await;
    let (mut two, mut two_seated) = process.server.seat("4711").await;
    for _ in 0..5 {
        written(&state, &[&one_seated.resume, &two_seated.resume]).await;
        process.kill();
        process = Process::start(address, &state).await;
        let server = &process.server;
        let mut stranger = server.connect().await;
        for returned in [&[][..], &[2], &[2, 1]] {
            stranger.say(&join("4711")).await;
            assert!(matches!(stranger.next().await, ServerMsg::FullRoom { .. }), "with {returned:?} back");
            match returned {
                [] => {
                    two = server.connect().await;
                    two.say(&resume(&two_seated, false)).await;
                    two_seated = two.seated().await;
                    assert!(
                        two_seated.resumed && two_seated.peer == PeerId(2) && two_seated.page == PageLoad(2)
                    );
                    let away = PeerInfo { hello: None, door: None, away: true, ..info(1, 1) };
                    assert_eq!(two_seated.peers, [away]);
                }
                [_] => {
                    one = server.connect().await;
                    one.say(&resume(&one_seated, false)).await;
                    one_seated = one.seated().await;
                    assert!(
                        one_seated.resumed && one_seated.peer == PeerId(1) && one_seated.page == PageLoad(1)
                    );
                    assert!(matches!(two.next().await, ServerMsg::PeerBack(info) if info.peer == PeerId(1)));
                }
                _ => {
                    one.say(&to(2, sealed("x"))).await;
                    two.hears(1, &sealed("x")).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_folder_removed_while_the_server_runs_is_written_anew_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (address, state) = (free_address().await, folder.path().join("state"));
    let mut process = Process::start(address, &state).await;
    let (_one, seated) = process.server.seat("4711").await;
    written(&state, &[&seated.resume]).await;
    fs::remove_dir_all(&state).unwrap();
    let (_two, other) = process.server.seat("4712").await;
    let everything = || -> Option<usize> {
        let file = fs::read_dir(&state).ok()?.next()?.ok()?.path();
        let text = fs::read_to_string(file).ok()?;
        let is_there = |seat: &SeatToken| text.contains(&String::from(TokenDigest::of(seat)));
        [&seated.resume, &other.resume].into_iter().all(is_there).then_some(text.len())
    };
    until("both seats to be written down", async || everything().is_some()).await;
    let log = fs::read_to_string(&process.log).unwrap();
    let told = |line: &str| line.contains("WARN") && line.contains("written anew");
    assert_eq!(log.lines().filter(|line| told(line)).count(), 1);
    process.kill();
    let process = Process::start(address, &state).await;
    let mut one = process.server.connect().await;
    one.say(&resume(&seated, false)).await;
    assert!(one.seated().await.resumed);
}

#[tokio::test]
async fn seats_nobody_comes_back_to_are_free_after_the_grace() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_owned();
    let address = free_address().await;
    let keep = |config: &mut parlor::server::config::Config| {
        config.server.state = state.clone();
        config.rooms.grace = GRACE;
    };
    let mut server = Server::with_at(address, keep).await;
    let (_one, first) = server.seat("1").await;
    let (_two, second) = server.seat("1").await;
    written(&state, &[&first.resume, &second.resume]).await;
    server.ask_to_stop();
    server.ended().await;
    let server = Server::with_at(address, keep).await;
    let mut one = server.connect().await;
    one.say(&resume(&first, false)).await;
    assert!(one.seated().await.resumed);
    let mut newcomer = server.connect().await;
    newcomer.say(&join("1")).await;
    assert!(matches!(newcomer.next().await, ServerMsg::FullRoom { .. }), "the seat is kept at first");
    assert_eq!(one.next().await, ServerMsg::PeerLeft { peer: second.peer });
    assert!(newcomer.join("1").await.peer > second.peer, "no number is given twice");
}

#[tokio::test]
async fn without_a_state_folder_a_token_is_worth_nothing_after_a_restart() {
    let address = free_address().await;
    let mut server = Server::with_at(address, |_| {}).await;
    let (_one, seated) = server.seat("1").await;
    server.ask_to_stop();
    server.ended().await;
    let server = Server::with_at(address, |_| {}).await;
    let mut one = server.connect().await;
    one.say(&resume(&seated, false)).await;
    let again = one.seated().await;
    assert!(!again.resumed && again.resume != seated.resume);
}

#[tokio::test]
async fn a_state_folder_that_cannot_be_used_costs_only_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let server = Server::with(|config| config.server.state = in_the_way.join("state")).await;
    let (mut one, mut two) = server.pair("1").await;
    one.say(&to(2, sealed("x"))).await;
    two.hears(1, &sealed("x")).await;
}

#[tokio::test]
async fn no_token_and_no_name_is_in_the_log_or_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (address, state) = (free_address().await, folder.path().join("state"));
    let mut process = Process::start(address, &state).await;
    let mut one = process.server.connect().await;
    one.text(
        r#"{"type":"join","room":"4711","hello":"2.of-annabella","door":"annas-door","name":"Annabella"}"#,
    )
    .await;
    let first = one.seated().await;
    written(&state, &[&first.resume]).await;
    drop(one);
    let mut one = process.server.connect().await;
    one.say(&resume(&first, true)).await;
    let second = one.seated().await;
    one.refused(r#"{"type":"dance"}"#, parlor::protocol::ErrorCode::UnknownType).await;
    let mut forger = process.server.connect().await;
    forger.text(r#"{"type":"join","room":"4711","resume":"forged-token"}"#).await;
    forger.seated().await;
    forger
        .say(&ClientMsg::Leave {
            held: Some(HeldSeat { room: second.room.clone(), resume: second.resume.clone() }),
        })
        .await;
    assert_eq!(forger.next().await, ServerMsg::PeerLeft { peer: PeerId(1) });
    process.kill();
    let log = fs::read_to_string(&process.log).unwrap();
    let disk: String =
        fs::read_dir(&state).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(log.contains("4711") && disk.contains("4711"), "there is something to look at");
    assert_eq!(log.matches("a token that fits no seat").count(), 1);
    for secret in [&first.resume.0, &second.resume.0, "forged-token", "Annabella", "annabella", "annas-door"]
    {
        assert!(!log.contains(secret), "{secret} in the log");
        assert!(!disk.contains(secret), "{secret} on the disk");
    }
}

#[tokio::test]
async fn a_refused_page_is_named_in_the_log_with_the_host_it_called() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address().await;
    let process = Process::start(address, &folder.path().join("state")).await;
    assert!(process.server.try_connect(&[("origin", "https://evil.example")]).await.is_err());
    let line = format!("a page of https://evil.example called this server {address}");
    until("the line", async || fs::read_to_string(&process.log).unwrap().contains(&line)).await;
}
