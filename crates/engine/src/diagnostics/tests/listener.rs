//! Nodes, and things that are none, on ports of this machine. Each serves until the test ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Barrier, oneshot},
    time::{interval, timeout},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::diagnostics::AT_ONCE;

/// What it does with a connection.
#[derive(Clone, Copy)]
pub(super) enum ConnectionBehavior {
    /// Answers once something was said, and hangs up.
    Answer(&'static str),
    /// Answers and keeps the line open.
    AnswerAndHold(&'static str),
    /// Says nothing.
    Hold,
    /// Sends headers without end, byte by byte.
    Drip,
}

pub(super) async fn listen(does: ConnectionBehavior) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, does));
        }
    });
    port
}

async fn serve(mut stream: TcpStream, does: ConnectionBehavior) {
    match does {
        ConnectionBehavior::Answer(text) => answer(&mut stream, text).await,
        ConnectionBehavior::AnswerAndHold(text) => {
            stream.write_all(text.as_bytes()).await.unwrap();
            hold(&mut stream).await;
        }
        ConnectionBehavior::Hold => hold(&mut stream).await,
        ConnectionBehavior::Drip => {
            let mut ticks = interval(Duration::from_millis(10));
            for byte in b"HTTP/1.1 200 OK\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
                ticks.tick().await;
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Takes the request, answers, hangs up.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, text: &str) {
    let mut request = [0; 16 * 1024];
    let _ = stream.read(&mut request).await;
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Waits until the other side hangs up.
async fn hold(stream: &mut TcpStream) {
    let _ = tokio::io::copy(stream, &mut tokio::io::sink()).await;
}

/// A port on which nobody listens.
pub(super) async fn refused() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// A port whose queue is full: it takes no further connection and turns none away.
pub(super) struct FullPort {
    pub(super) port: u16,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

pub(super) async fn full() -> FullPort {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queue.push(stream.unwrap());
        assert!(queue.len() < 64, "the queue of this system does not fill");
    }
    FullPort { port: address.port(), _listener: listener, _queue: queue }
}

/// A certificate with its key, DER.
#[derive(Clone)]
pub(super) struct Certificate {
    pub(super) der: CertificateDer<'static>,
    pub(super) key: Vec<u8>,
}

impl Certificate {
    pub(super) fn self_signed(name: &str) -> Certificate {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Certificate { der: certificate.der().clone(), key: key.serialize_der() }
    }

    /// A certificate and its issuer, PEM.
    pub(super) fn issued(name: &str, change: impl Fn(&mut CertificateParams)) -> (Certificate, String) {
        let issuer = Certificate::authority("Corporate Inspection CA");
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        (Certificate { der: certificate.der().clone(), key: key.serialize_der() }, issuer.pem())
    }

    /// One that issues others.
    pub(super) fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "Example Corp");
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn acceptor(self) -> TlsAcceptor {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.der], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Answers over TLS.
pub(super) async fn tls(certificate: Certificate, text: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = certificate.acceptor();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                answer(&mut stream, text).await;
            }
        }
    });
    port
}

/// Tells how many bytes of application data one connection over TLS brought.
pub(super) async fn tls_counting(certificate: Certificate) -> (u16, oneshot::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = certificate.acceptor();
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut received = Vec::new();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            let _ = stream.read_to_end(&mut received).await;
        }
        let _ = tell.send(received.len());
    });
    (port, told)
}

/// Answers only when [`AT_ONCE`] connections wait, or all are there; tells the most that were open at once.
pub(super) async fn counting() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let most = Arc::new(AtomicUsize::new(0));
    let (told, open) = (most.clone(), Arc::new(AtomicUsize::new(0)));
    let gate = Arc::new(Barrier::new(AT_ONCE));
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            number += 1;
            let (most, open, gate) = (most.clone(), open.clone(), gate.clone());
            tokio::spawn(async move {
                most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                if number <= AT_ONCE {
                    gate.wait().await;
                }
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                open.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            });
        }
    });
    (port, told)
}
