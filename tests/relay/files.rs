//! How many files the relay has open.

use crate::client::{Client, credentials, soon, until};
use crate::program::Program;

/// Files for anything but clients that may come and go meanwhile, and the reserve, which is taken soon after the start.
const SPARE: usize = 5 + 7;

#[tokio::test]
async fn allocations_need_no_files_and_streams_no_more_than_they_may_be() {
    let program = Program::start(&["relay.connections=20"]);
    let before = program.files();
    let mut allocated = Vec::new();
    for n in 0..100 {
        let mut client = program.udp_client(&format!("holder {n}")).await;
        client.allocate().await.unwrap();
        allocated.push(client);
    }
    assert!(program.files() <= before + SPARE, "{} after {before}", program.files());
    let mut streams = Vec::new();
    for n in 0..120 {
        let mut client = Client::over_tcp(program.tcp, credentials("a")).await;
        if n < 20 {
            client.binding().await;
        }
        streams.push(client);
    }
    for refused in &mut streams[20..] {
        assert_eq!(soon("the end of a stream", refused.read()).await, None);
    }
    until("the end of the files", || program.files() <= before + 20 + SPARE).await;
    drop(streams);
    until("the end of the files", || program.files() <= before + SPARE).await;
}
