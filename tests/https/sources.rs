//! What the server says of a certificate that it cannot use, and the one that it makes itself.

use std::fs;

use crate::authority::Authority;
use crate::lab::{Server, certified, plain, shown};

#[tokio::test]
async fn a_server_without_the_certificate_that_it_asks_for_is_well_and_not_ready() {
    let mut config = plain();
    config.tls.domains = vec!["call.example".into()];
    // Nobody listens there.
    config.tls.directory = "https://localhost:1/dir".into();
    let server = Server::start(config);
    let ready = server.get("/readyz", &[("host", "192.0.2.1")]).await;
    assert_eq!(ready.status(), 503);
    assert!(ready.0.ends_with(r#"{"ready":false,"why":["no_certificate"]}"#), "{}", ready.0);
    assert_eq!(server.get("/healthz", &[]).await.status(), 200);
    server.ended().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_a_clear_error_at_the_start() {
    let authority = Authority::new();
    for (file, text, expected) in [
        ("certificate.pem", None, "certificate.pem cannot be read: "),
        ("key.pem", None, "key.pem cannot be read: "),
        ("certificate.pem", Some("rubbish".to_owned()), "there is no certificate in PEM form"),
        ("key.pem", Some("rubbish".to_owned()), "there is no private key in PEM form"),
        ("key.pem", Some(authority.make(2, 90).key), "does not fit"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let config = certified(&authority, folder.path());
        let file = folder.path().join(file);
        match text {
            Some(text) => fs::write(file, text).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        let fault = Server::start(config).fault().await;
        assert!(fault.starts_with("tls.certificate: ") && fault.contains(expected), "{fault}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_keep_a_certificate_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tls"), "in the way").unwrap();
    let mut config = plain();
    config.server.state = folder.path().into();
    config.tls.domains = vec!["call.example".into()];
    let fault = Server::start(config).fault().await;
    assert!(
        fault.starts_with("server.state: ") && fault.contains("where certificates are to be kept"),
        "{fault}"
    );
}

#[tokio::test]
async fn settings_that_exclude_each_other_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut keyless = certified(&Authority::new(), folder.path());
    keyless.tls.key = "".into();
    assert!(Server::start(keyless).fault().await.contains("tls.key"));
    let mut both = certified(&Authority::new(), folder.path());
    both.tls.lan = true;
    assert!(Server::start(both).fault().await.contains("only one of certificate, domains and lan"));
}

#[tokio::test]
async fn an_expired_certificate_is_served_for_want_of_a_better_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = plain();
    (config.tls.certificate, config.tls.key) = Authority::new().make(7, -1).write(folder.path());
    let server = Server::start(config);
    assert_eq!(server.get_tls("/", &[]).await.status(), 200);
    server.ended().await;
}

#[tokio::test]
async fn the_certificate_for_ones_own_network_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = plain();
    config.tls.lan = true;
    config.server.state = folder.path().join("state");
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let server = Server::start(config.clone());
        let (number, names) = shown(server.https).await.unwrap();
        assert!(names.contains("localhost"), "{names}");
        numbers.push(number);
        server.ended().await;
    }
    assert_eq!(numbers[0], numbers[1]);
}
