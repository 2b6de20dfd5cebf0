//! A mail server and a web server on this machine that keep what they get, in clear text or over TLS.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

type Mails = Arc<Mutex<Vec<String>>>;

/// A certificate of a company's own authority, and that authority as a file.
pub struct CompanyAuthority {
    acceptor: TlsAcceptor,
    /// PEM.
    pub ca: tempfile::NamedTempFile,
}

impl CompanyAuthority {
    /// For a server of these names, changed as the test needs it.
    pub fn new(names: &[&str], change: impl Fn(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Example Corp Root");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let ca = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca.path(), issuer.pem()).unwrap();
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca }
    }

    /// The path of the authority.
    pub fn path(&self) -> String {
        self.ca.path().to_str().unwrap().to_owned()
    }
}

/// How mail is taken.
pub enum MailEncryption {
    /// In clear text.
    Plain,
    /// In clear text until STARTTLS.
    StartTls(TlsAcceptor),
    /// Over TLS from the first byte.
    Tls(TlsAcceptor),
}

impl MailEncryption {
    pub fn starttls(company: &CompanyAuthority) -> Self {
        Self::StartTls(company.acceptor.clone())
    }

    pub fn tls(company: &CompanyAuthority) -> Self {
        Self::Tls(company.acceptor.clone())
    }
}

/// Takes mail and answers it always the same.
pub struct SmtpSink {
    pub port: u16,
    mails: Mails,
}

impl SmtpSink {
    pub async fn start(answer: &'static str) -> Self {
        Self::dressed(MailEncryption::Plain, answer).await
    }

    pub async fn dressed(dress: MailEncryption, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails: Mails = Arc::default();
        let kept = mails.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = kept.clone();
                match &dress {
                    MailEncryption::Plain => drop(tokio::spawn(talk(stream, "PLAIN", None, answer, kept))),
                    MailEncryption::StartTls(acceptor) => {
                        drop(tokio::spawn(talk(stream, "PLAIN", Some(acceptor.clone()), answer, kept)));
                    }
                    MailEncryption::Tls(acceptor) => {
                        let acceptor = acceptor.clone();
                        tokio::spawn(async move {
                            let stream = acceptor.accept(stream).await.ok()?;
                            talk(stream, "TLS", None, answer, kept).await
                        });
                    }
                }
            }
        });
        Self { port, mails }
    }

    /// Each with the way it came and the commands before it.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

/// A connection, in clear text or not.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Speaks until the other side hangs up. `upgrade`: what STARTTLS leads to; it is offered then.
async fn talk(
    stream: impl Stream + 'static,
    way: &'static str,
    mut upgrade: Option<TlsAcceptor>,
    answer: &'static str,
    kept: Mails,
) -> Option<()> {
    let mut stream: BufReader<Box<dyn Stream>> = BufReader::new(Box::new(stream));
    stream.write_all(b"220 sink ESMTP\r\n").await.ok()?;
    stream.flush().await.ok()?;
    let mut said = format!("{way}\n");
    while let Some(line) = next_line(&mut stream).await {
        said.push_str(&line);
        said.push('\n');
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let reply = match (word.as_str(), &upgrade) {
            ("EHLO", Some(_)) => "250-sink\r\n250-STARTTLS\r\n250 8BITMIME".to_owned(),
            ("EHLO", None) => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN".to_owned(),
            ("STARTTLS", Some(acceptor)) => {
                stream.write_all(b"220 2.0.0 go on\r\n").await.ok()?;
                let wrapped = acceptor.accept(stream.into_inner()).await.ok()?;
                stream = BufReader::new(Box::new(wrapped));
                // What was said in clear text does not count any more.
                (upgrade, said) = (None, "STARTTLS\n".to_owned());
                continue;
            }
            ("AUTH", _) => "235 2.7.0 in".to_owned(),
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                stream.flush().await.ok()?;
                while let Some(line) = next_line(&mut stream).await.filter(|line| line != ".") {
                    said.push_str(&line);
                    said.push('\n');
                }
                kept.lock().unwrap().push(std::mem::take(&mut said));
                answer.to_owned()
            }
            ("QUIT", _) => "221 bye".to_owned(),
            _ => "250 2.1.0 ok".to_owned(),
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
    }
    Some(())
}

async fn next_line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

/// One post.
#[derive(Debug, Clone)]
pub struct Post {
    pub head: String,
    pub body: String,
}

impl Post {
    pub fn header(&self, name: &str) -> Option<String> {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")))?;
        Some(line.split_once(": ")?.1.trim().to_owned())
    }
}

/// Takes posts and answers them always the same.
pub struct HttpSink {
    pub port: u16,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl HttpSink {
    pub async fn start(status: &'static str, text: &'static str) -> Self {
        Self::dressed(None, status, text).await
    }

    /// Over TLS.
    pub async fn start_tls(company: &CompanyAuthority) -> Self {
        Self::dressed(Some(company.acceptor.clone()), "200 OK", "").await
    }

    async fn dressed(acceptor: Option<TlsAcceptor>, status: &'static str, text: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let posts: Arc<Mutex<Vec<Post>>> = Arc::default();
        let kept = posts.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, acceptor) = (kept.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        Some(acceptor) => answer(acceptor.accept(stream).await.ok()?, status, text, kept).await,
                        None => answer(stream, status, text, kept).await,
                    }
                });
            }
        });
        Self { port, posts }
    }

    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    status: &str,
    text: &str,
    kept: Arc<Mutex<Vec<Post>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let length = Post { head: head.clone(), body: String::new() }.header("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    kept.lock().unwrap().push(Post { head, body: String::from_utf8_lossy(&body).into_owned() });
    let reply = format!(
        "HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:9/elsewhere\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(reply.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}
