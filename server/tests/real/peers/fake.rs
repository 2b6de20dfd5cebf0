//! A member that is no Leasehold: it has a key and a code, and does what a test wants.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use licensing::peers::{
    Candidate, Invitation, JoinAnswer, JoinRequest, JoinSaid, JoinWelcome, Nonce, PeerKey, PeerReport, PeerSecret,
    PollAnswer, PollRequest, Role,
};
use serde_json::Value;

use crate::harness::Server;

pub struct FakePeer {
    pub secret: PeerSecret,
    /// The key of the server it has joined.
    pub other: Option<PeerKey>,
    turn: u8,
}

impl FakePeer {
    pub fn new(seed: u8) -> Self {
        Self { secret: PeerSecret::from_seed([seed; 32]), other: None, turn: 0 }
    }

    fn nonce(&mut self) -> Nonce {
        self.turn += 1;
        Nonce::from_random([self.turn; 16])
    }

    pub fn join_request(&mut self, server: &Server, code: &str, name: &str, url: Option<String>) -> JoinRequest {
        let code: Invitation = code.parse().unwrap();
        let candidate = Candidate {
            name: name.to_owned(),
            version: "9".to_owned(),
            context: None,
            guid: None,
            url: url.map(|url| url.parse().unwrap()),
            reached_at: server.url.parse().unwrap(),
        };
        let nonce = self.nonce();
        JoinRequest::sign(&self.secret, &code, nonce, &candidate).unwrap()
    }

    /// Joins; what it is told.
    pub fn join(&mut self, server: &Server, code: &str, name: &str, url: Option<String>) -> JoinWelcome {
        let request = self.join_request(server, code, name, url);
        let said = said(server, code, &request);
        let JoinSaid::Welcome(welcome) = said else { panic!("{said:?}") };
        self.other = Some(welcome.inviter.key);
        *welcome
    }

    pub fn report(&self) -> PeerReport {
        PeerReport {
            stood_in: Vec::new(),
            name: "fake".to_owned(),
            version: "9".to_owned(),
            role: Role::Backup,
            context: None,
            guid: None,
            wall_ms: 1_800_000_000_000,
            started_ms: 0,
            url: None,
            members: Vec::new(),
            serving: None,
            countdown: None,
            witness: None,
            ve: None,
            drain: None,
        }
    }

    pub fn request(&mut self, challenge: Option<Nonce>, report: &PeerReport) -> PollRequest {
        let nonce = self.nonce();
        PollRequest::sign(&self.secret, &self.other.unwrap(), challenge, nonce, report).unwrap()
    }
}

/// What a server says to a request to join.
pub fn said(server: &Server, code: &str, request: &JoinRequest) -> JoinSaid {
    let (status, answer) = post(server, "join", &serde_json::to_value(request).unwrap());
    assert_eq!(status, 200, "{answer}");
    let answer = JoinAnswer::parse(answer.to_string().as_bytes()).unwrap();
    answer.said(&code.parse().unwrap(), request).unwrap()
}

/// What a server says to a poll.
pub fn polled(server: &Server, request: &PollRequest) -> PollAnswer {
    let (status, answer) = post(server, "poll", &serde_json::to_value(request).unwrap());
    assert_eq!(status, 200, "{answer}");
    PollAnswer::parse(answer.to_string().as_bytes()).unwrap()
}

/// Status and body.
pub fn post(server: &Server, call: &str, body: &Value) -> (u16, Value) {
    post_as(server, call, "127.0.0.1", body.to_string().as_bytes())
}

/// The same under any name.
pub fn post_as(server: &Server, call: &str, host: &str, body: &[u8]) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let mut answer = agent
        .post(format!("{}/peer/v1/{call}", server.url))
        .header("host", host)
        .header("content-type", "application/json")
        .send(body)
        .unwrap();
    (answer.status().as_u16(), answer.body_mut().read_json().unwrap_or(Value::Null))
}

/// Something that listens, and how often it was asked.
pub struct FakePeerListener {
    pub url: String,
    pub asked: Arc<AtomicUsize>,
}

impl FakePeerListener {
    /// Answers everything with these words; without any it takes what comes and says nothing.
    pub fn start(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        std::thread::spawn(move || {
            let mut open: Vec<TcpStream> = Vec::new();
            for mut stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                if let Some(body) = answer {
                    let mut bytes = [0; 65_536];
                    let _ = stream.read(&mut bytes);
                    let head = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json";
                    let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                } else {
                    open.push(stream);
                }
            }
        });
        Self { url, asked }
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
