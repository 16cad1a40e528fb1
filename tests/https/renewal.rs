//! The real program while its certificate is renewed by somebody else: well, badly, and on request.

use std::fs;
use std::path::Path;
use std::time::Duration;

use axum::http::Request;

use crate::authority::Authority;
use crate::lab::{Server, certified, seat, shown, soon, tls, until};
use crate::process::Process;

fn start(folder: &Path, certificate: &Path, key: &Path) -> Process {
    Process::start(folder, &[("PARLOR_TLS_CERTIFICATE", &certificate), ("PARLOR_TLS_KEY", &key)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_taken_and_a_bad_one_is_not_and_no_connection_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let first = authority.make(1, 90);
    let (certificate, key) = first.write(folder.path());
    let process = start(folder.path(), &certificate, &key);
    let address = process.address().await;
    let serial = async || shown(address).await.unwrap().0;
    let (mut one, mut two) = (seat(address, "1").await, seat(address, "1").await);
    assert_eq!(serial().await, "01");

    authority.make(2, 90).write(folder.path());
    process.says("a new certificate is in use").await;
    assert_eq!(serial().await, "02");
    one.reaches(2, &mut two, "after the second").await;

    fs::write(&key, &first.key).unwrap();
    process.says("does not fit").await;
    fs::write(&certificate, "rubbish").unwrap();
    process.says("there is no certificate in PEM form").await;
    fs::remove_file(&certificate).unwrap();
    process.says("certificate.pem cannot be read").await;
    authority.make(3, -2).write(folder.path());
    process.says("the new certificate expired on").await;
    assert_eq!(serial().await, "02");
    two.reaches(1, &mut one, "after the bad ones").await;
    let faults = process.log().matches("the old one stays in use").count();

    // Taken over by a link, as in Kubernetes, and with few days left.
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    authority.make(4, 10).write(&other);
    for file in [&certificate, &key] {
        let (new, name) = (file.with_extension("link"), file.file_name().unwrap());
        std::os::unix::fs::symlink(other.join(name), &new).unwrap();
        fs::rename(&new, file).unwrap();
    }
    until("the fourth certificate", async || serial().await == "04").await;
    one.reaches(2, &mut two, "after the fourth").await;
    assert_eq!(process.log().matches("the old one stays in use").count(), faults, "{}", process.log());

    // What another machine's clock has made too soon is taken when its time has come, though its files do not change.
    for file in [&certificate, &key] {
        fs::remove_file(file).unwrap();
    }
    authority.make_early(5, Duration::from_secs(8)).write(folder.path());
    process.says("the new certificate is not valid before").await;
    assert_eq!(serial().await, "04");
    until("the fifth certificate", async || {
        one.reaches(2, &mut two, "meanwhile").await;
        two.reaches(1, &mut one, "meanwhile").await;
        serial().await == "05"
    })
    .await;
    two.reaches(1, &mut one, "after the fifth").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_ends_soon_is_spoken_of_and_a_signal_asks_for_another_look() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let (certificate, key) = authority.make(1, 10).write(folder.path());
    let process = start(folder.path(), &certificate, &key);
    let address = process.address().await;
    process.says("the certificate expires in ").await;
    until("the first certificate", async || shown(address).await.is_some()).await;
    // A bad one that is not worth a second word by itself is spoken of again when somebody asks.
    fs::write(&key, "rubbish").unwrap();
    process.says("there is no private key").await;
    let before = process.log().matches("there is no private key").count();
    process.signal("-HUP");
    until("another look", async || process.log().matches("there is no private key").count() > before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_under_way_in_http2_outlives_a_new_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let server = Server::start(certified(&authority, folder.path()));
    let stream = tls(server.https, &["h2"]).await.unwrap();
    // No page fits into this window, so the answer waits until it is read.
    let mut client = h2::client::Builder::new();
    client.initial_window_size(1000);
    let (requests, connection) = client.handshake::<_, &'static [u8]>(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut requests = requests.ready().await.unwrap();
    let mut ask =
        || requests.send_request(Request::get("https://localhost/").body(()).unwrap(), true).unwrap().0;
    let mut body = soon("an answer", ask()).await.unwrap().into_body();
    let mut data = soon("its beginning", body.data()).await.unwrap().unwrap();

    authority.make(2, 90).write(folder.path());
    until("the second certificate", async || shown(server.https).await.unwrap().0 == "02").await;
    let mut page = Vec::new();
    loop {
        page.extend_from_slice(&data);
        body.flow_control().release_capacity(data.len()).unwrap();
        match soon("its next part", body.data()).await {
            Some(next) => data = next.unwrap(),
            None => break,
        }
    }
    let page = String::from_utf8(page).unwrap();
    assert!(page.len() > 1000 && page.contains("</html>"), "{page}");
    assert_eq!(soon("another answer", ask()).await.unwrap().status(), 200);
    server.ended().await;
    drop(soon("the end of the connection", connection).await);
}
