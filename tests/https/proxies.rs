//! Behind a reverse proxy, and beside somebody who only says so.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use tokio::net::TcpStream;

use crate::authority::Authority;
use crate::lab::{Server, certified, get, seat, socket, tls};
use crate::process::{Process, Program, free_ports, listens};

async fn opens(server: &Server, headers: &[(&'static str, &str)]) -> bool {
    let stream = TcpStream::connect(server.http).await.unwrap();
    socket(stream, "inside:3000", headers).await.is_ok()
}

#[tokio::test]
async fn a_trusted_proxy_speaks_for_its_visitors() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let server = Server::start(config);
    let https = ("x-forwarded-proto", "https");
    let page = server.get("/?lang=ko", &[https]).await;
    assert_eq!(page.status(), 200);
    assert!(page.header("set-cookie").unwrap().ends_with("; Secure"));
    assert_eq!(page.header("strict-transport-security"), None, "that is for the proxy to say");
    let moved =
        server.get("/x", &[("x-forwarded-proto", "http"), ("x-forwarded-host", "call.example")]).await;
    let place = format!("https://call.example:{}/x", server.https.port());
    assert_eq!((moved.status(), moved.header("location")), (308, Some(&*place)));
    let host = ("x-forwarded-host", "call.example");
    assert!(opens(&server, &[https, host, ("origin", "https://call.example")]).await);
    assert!(!opens(&server, &[https, host, ("origin", "https://inside:3000")]).await);
    server.ended().await;
}

#[tokio::test]
async fn anybody_else_speaks_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.server.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let server = Server::start(config);
    let headers = [("x-forwarded-proto", "https"), ("x-forwarded-host", "call.example")];
    let moved = server.get("/", &headers).await;
    assert_eq!(moved.status(), 308);
    assert!(moved.header("location").unwrap().starts_with("https://127.0.0.1:"));
    let page = server.get_tls("/", &[("x-forwarded-proto", "http")]).await;
    assert_eq!(page.status(), 200, "it did come by HTTPS");
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_a_proxy_serves_parlor_below_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path(), &[("PARLOR_SERVER_TRUSTED_PROXIES", &"127.0.0.1")]);
    let address = process.address().await;
    let ask = async |path: &str, headers: &[(&'static str, &str)]| {
        get(TcpStream::connect(address).await.unwrap(), "call.example", path, headers).await
    };
    let (html, prefix) = (("accept", "text/html,*/*"), ("x-forwarded-prefix", "/call"));
    for path in ["/", "/pkg/parlor.js", "/ws"] {
        let answer = ask(path, &[html, prefix]).await;
        assert!(
            answer.status() == 404 && answer.0.contains("takes one away (X-Forwarded-Prefix)"),
            "{}",
            answer.0
        );
    }
    assert_eq!(ask("/healthz", &[prefix]).await.status(), 200);
    assert_eq!(ask("/", &[html]).await.status(), 200);
    assert_eq!(ask("/favicon.png", &[]).await.status(), 404);
    assert!(!process.log().contains("below a path"));
    for path in ["/call/", "/call/room/1"] {
        assert_eq!(ask(path, &[html]).await.status(), 404);
    }
    process.says("path=\"/call/\"").await;
    process.says("cannot be hosted below a path").await;
    assert_eq!(process.log().matches("below a path, it needs a name of its own").count(), 1, "once");
    process.ended().await;
}

#[tokio::test]
async fn only_a_trusted_proxy_is_believed_about_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = certified(&Authority::new(), folder.path());
    config.server.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let server = Server::start(config);
    assert_eq!(server.get_tls("/", &[("x-forwarded-prefix", "/call")]).await.status(), 200);
    server.ended().await;
}

/// What README says for nginx.
fn block() -> &'static str {
    let (_, rest) = include_str!("../../README.md").split_once("\n# nginx").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readmes_block_for_nginx_brings_page_and_calls() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path(), &[("PARLOR_SERVER_TRUSTED_PROXIES", &"127.0.0.1")]);
    let parlor = process.address().await;
    let [port] = free_ports();
    let (certificate, key) = Authority::new().make(1, 90).write(folder.path());
    let block = block().replace("127.0.0.1:3000", &parlor.to_string());
    assert!(block.contains(&parlor.to_string()), "{block}");
    let place = folder.path().display();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {place}/{name};\n"))
        .concat();
    let settings = format!(
        "daemon off;\nmaster_process off;\npid {place}/nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}\
         server {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate {};\nssl_certificate_key {};\n{block}}}\n}}\n",
        certificate.display(),
        key.display()
    );
    let file = folder.path().join("nginx.conf");
    fs::write(&file, &settings).unwrap();
    let mut command = Command::new("nginx");
    // Debian keeps it out of the PATH of people who are not root.
    command.env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
    command.arg("-e").arg(folder.path().join("nginx.log")).arg("-c").arg(&file);
    let Some(_nginx) = Program::start(command) else {
        return eprintln!("skipped: nginx is not installed (Debian package nginx)");
    };
    listens(port).await;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let stream = tls(address, &["http/1.1"]).await.unwrap();
    let page = get(stream, &address.to_string(), "/?lang=ko", &[]).await;
    assert_eq!(page.status(), 200, "{}", page.0);
    assert!(
        page.header("set-cookie").unwrap().ends_with("; Secure"),
        "the browser came by HTTPS: {}",
        page.0
    );
    // Browsers are let in by the origin that they see.
    let (mut one, mut two) = (seat(address, "1").await, seat(address, "1").await);
    two.reaches(1, &mut one, "through nginx").await;
    process.ended().await;
}
