//! One try to send a message: a connection of its own, a request, and its answer.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::future::{Either, select};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::queue::Message;
use super::signature::sign;
use crate::server::net::web_address::WebAddress;

/// How long a try may take, from the look-up of the name to the head of the answer.
pub(super) const TRY_WITHIN: Duration = Duration::from_secs(10);
/// Bytes that the head of an answer may have.
const MOST_HEAD: usize = 16 * 1024;

/// The way to one receiver.
pub(super) struct Sender {
    address: WebAddress,
    key: Vec<u8>,
    tls: TlsConnector,
    within: Duration,
}

/// The reason why a message has not arrived, as far as is known.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// No connection, or none that can be trusted.
    #[error("no connection: {0}")]
    Unreachable(#[from] io::Error),
    /// No answer, or none that is HTTP.
    #[error("no answer: {0}")]
    Unanswered(#[from] hyper::Error),
    /// An answer other than that it was received; a redirect is one, and is not followed.
    #[error("it answered {0}")]
    Refused(StatusCode),
    /// No answer in time.
    #[error("no answer in {} seconds", TRY_WITHIN.as_secs())]
    Slow,
}

impl Sender {
    /// Sends to `address`, signing with `key`; over HTTPS the receiver's certificate has to be one that `tls` trusts.
    pub(super) fn new(address: WebAddress, key: Vec<u8>, tls: Arc<ClientConfig>) -> Self {
        Self { address, key, tls: tls.into(), within: TRY_WITHIN }
    }

    /// Tries to send a message at `timestamp`, in seconds since 1970.
    ///
    /// # Errors
    /// Why the receiver has not said that it arrived.
    pub(super) async fn send(&self, message: &Message, timestamp: u64) -> Result<(), Failure> {
        let status =
            timeout(self.within, self.ask(message, timestamp)).await.map_err(|_| Failure::Slow)??;
        if status.is_success() { Ok(()) } else { Err(Failure::Refused(status)) }
    }

    async fn ask(&self, message: &Message, timestamp: u64) -> Result<StatusCode, Failure> {
        let WebAddress { is_secure, host, port, .. } = &self.address;
        let stream = TcpStream::connect(&*look_up(host.clone(), *port).await?).await?;
        let request = self.request(message, timestamp)?;
        if !is_secure {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
        exchange(self.tls.connect(name, stream).await?, request).await
    }

    fn request(&self, message: &Message, timestamp: u64) -> io::Result<Request<String>> {
        let Message { id, body } = message;
        Request::post(&self.address.path)
            .header(HOST, &self.address.authority)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("Parlor/", env!("CARGO_PKG_VERSION")))
            .header(CONNECTION, "close")
            .header("webhook-id", &**id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", sign(&self.key, id, timestamp, body))
            .body(body.to_string())
            .map_err(io::Error::other)
    }
}

/// Looks a name up, on a thread of its own: the end of the program would wait for one of tokio's, and a look-up can hang.
async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let (tell, found) = oneshot::channel();
    // Nobody listens any more when the try has taken too long.
    let work = move || drop(tell.send((host, port).to_socket_addrs().map(Iterator::collect)));
    thread::Builder::new().name("webhook".into()).spawn(work)?;
    found.await.map_err(io::Error::other)?
}

/// Sends a request and reads the head of its answer.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<String>,
) -> Result<StatusCode, Failure> {
    let (mut requests, connection) =
        http1::Builder::new().max_buf_size(MOST_HEAD).handshake(TokioIo::new(stream)).await?;
    let answer = pin!(requests.send_request(request));
    let answer = match select(answer, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        // The connection can end with the answer in it.
        Either::Right((ended, answer)) => {
            ended?;
            answer.await
        }
    };
    Ok(answer?.status())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;
    use tokio_rustls::rustls::{RootCertStore, ServerConfig};

    use super::*;
    use crate::server::tls::client::{public_roots, trusting};

    fn message() -> Message {
        Message { id: "msg_1".into(), body: "{}".into() }
    }

    /// Sends to a receiver that reads the head of a request, answers with `text` and hangs up.
    async fn answered(text: String) -> Result<(), Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let receiver = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut read, mut byte) = (Vec::new(), [0]);
            while !read.ends_with(b"\r\n\r\n{}") {
                stream.read_exact(&mut byte).await.unwrap();
                read.push(byte[0]);
            }
            // Whoever has enough of it does not read all.
            drop(stream.write_all(text.as_bytes()).await);
        });
        let tls = trusting(RootCertStore::empty()).unwrap();
        let sender = Sender::new(WebAddress::parse(&url).unwrap(), b"key".to_vec(), tls);
        let sent = sender.send(&message(), 1).await;
        receiver.await.unwrap();
        sent
    }

    #[tokio::test]
    async fn only_a_status_of_success_is_one() {
        for status in ["200 OK", "204 No Content", "299 x"] {
            answered(format!("HTTP/1.1 {status}\r\n\r\n")).await.unwrap();
        }
        for status in [301, 302, 307, 400, 404, 410, 429, 500, 503] {
            let text =
                format!("HTTP/1.1 {status} x\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n");
            let failure = answered(text).await.unwrap_err();
            assert!(matches!(&failure, Failure::Refused(got) if got.as_u16() == status), "{failure}");
        }
    }

    #[tokio::test]
    async fn rubbish_is_no_answer() {
        let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(1_000_000));
        for text in
            ["", "\r\n", "220 smtp.example ESMTP\r\n", "HTTP/1.1 999999 x\r\n\r\n", "\0\u{ff}", &endless]
        {
            let failure = answered(text.to_owned()).await.unwrap_err();
            assert!(matches!(failure, Failure::Unanswered(_)), "{failure}");
        }
    }

    #[tokio::test]
    async fn a_receiver_that_is_silent_or_talks_for_ever_is_given_up() {
        for text in ["", "HTTP/1.1 102 Processing\r\n\r\n"] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/", listener.local_addr().unwrap());
            let tls = trusting(RootCertStore::empty()).unwrap();
            let mut sender = Sender::new(WebAddress::parse(&url).unwrap(), Vec::new(), tls);
            sender.within = Duration::from_millis(500);
            let receive = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.read_exact(&mut [0; 4]).await.unwrap();
                while stream.write_all(text.as_bytes()).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            let message = message();
            let sent = tokio::select! {
                sent = sender.send(&message, 1) => sent,
                () = receive => panic!("the receiver gives up"),
            };
            assert!(matches!(sent, Err(Failure::Slow)), "{sent:?}");
        }
    }

    #[tokio::test]
    async fn https_needs_a_certificate_of_a_known_root_for_the_name() {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let client = |roots| trusting(roots).unwrap();
        let mut own = RootCertStore::empty();
        own.add(certificate.clone()).unwrap();
        let server = ServerConfig::builder_with_provider(client(public_roots()).crypto_provider().clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let receiver = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = [0; 1_024];
                if stream.read(&mut head).await.is_ok() {
                    drop(stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await);
                }
            }
        });
        for (host, roots, is_sent) in [
            ("localhost", own.clone(), true),
            ("localhost", public_roots(), false),
            ("127.0.0.1", own, false),
        ] {
            let address = WebAddress::parse(&format!("https://{host}:{port}/")).unwrap();
            let sent = Sender::new(address, Vec::new(), client(roots)).send(&message(), 1).await;
            match sent {
                Ok(()) => assert!(is_sent, "{host}"),
                Err(failure) => {
                    assert!(!is_sent && matches!(failure, Failure::Unreachable(_)), "{host}: {failure}");
                }
            }
        }
        receiver.abort();
    }
}
