//! Who belongs to an installation, as the engine keeps it: through a start, with a clock that is moved by hand.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;
use std::sync::Arc;

use engine::clock::ManualClock;
use engine::peers::{PeerEventKind, PeerFault};
use engine::{Actor, Engine};
use licensing::peers::{
    Candidate, CountdownReport, Invitation, JoinRequest, JoinSaid, JoinWelcome, MessageError, Nonce, PeerKey,
    PeerLiveness, PeerReport, PeerSecret, PollAnswer, PollReply, PollRequest, Role, Witness,
};

const MINUTE: i64 = 60_000;

async fn open(folder: &Path, clock: &Arc<ManualClock>) -> Engine {
    let conf = folder.join("license_server.conf");
    Engine::write_new_conf(&conf).unwrap();
    Engine::open(folder, &conf, clock.clone()).await.unwrap()
}

fn nonce(seed: u8) -> Nonce {
    Nonce::from_random([seed; 16])
}

fn request(code: &Invitation, secret: &PeerSecret, name: &str) -> JoinRequest {
    let candidate = Candidate {
        name: name.to_owned(),
        version: "1".to_owned(),
        context: None,
        guid: None,
        url: None,
        reached_at: "http://127.0.0.1:1".parse().unwrap(),
    };
    JoinRequest::sign(secret, code, nonce(1), &candidate).unwrap()
}

async fn ask(engine: &Engine, code: &Invitation, request: &JoinRequest) -> JoinSaid {
    let answer = engine.answer_peer_join(&serde_json::to_vec(request).unwrap(), None).await.unwrap();
    answer.said(code, request).unwrap()
}

async fn join(engine: &Engine, secret: &PeerSecret, name: &str) -> JoinWelcome {
    let code = engine.invite_peer(&Actor::system()).await.unwrap().code;
    match ask(engine, &code, &request(&code, secret, name)).await {
        JoinSaid::Welcome(welcome) => *welcome,
        JoinSaid::Refused(sentence) => panic!("{sentence}"),
    }
}

fn refused(said: JoinSaid) -> String {
    match said {
        JoinSaid::Refused(sentence) => sentence,
        JoinSaid::Welcome(welcome) => panic!("{welcome:?}"),
    }
}

fn report(hours: Option<(u64, i64)>) -> PeerReport {
    PeerReport {
        stood_in: Vec::new(),
        name: "b".to_owned(),
        version: "1".to_owned(),
        role: Role::Backup,
        context: None,
        guid: None,
        wall_ms: 1_800_000_000_000,
        started_ms: 0,
        url: None,
        members: Vec::new(),
        serving: None,
        countdown: hours.map(|(serial, balance_ms)| CountdownReport {
            serial,
            balance_ms,
            granted_ms: 10_000,
            running_since: None,
            clients: None,
        }),
        witness: Some(Witness { serial: 9, balance_ms: 77 }),
        ve: None,
        drain: None,
    }
}

/// Says something with whatever challenge is needed; what is answered.
async fn tell(engine: &Engine, secret: &PeerSecret, to: &PeerKey, report: &PeerReport) -> PollReply {
    let mut challenge = None;
    for _ in 0..2 {
        let request = PollRequest::sign(secret, to, challenge, nonce(2), report).unwrap();
        let answer: PollAnswer = engine.answer_peer_poll(&serde_json::to_vec(&request).unwrap()).await.unwrap();
        let said = answer.said(to, &request).unwrap();
        if said != PollReply::Repeat {
            return said;
        }
        challenge = Some(answer.challenge);
    }
    panic!("a challenge that was just given is good");
}

#[tokio::test]
async fn a_code_is_good_once_and_for_half_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let engine = open(folder.path(), &clock).await;
    let (b, c) = (PeerSecret::from_seed([1; 32]), PeerSecret::from_seed([2; 32]));
    let code = engine.invite_peer(&Actor::system()).await.unwrap().code;
    clock.advance(29 * MINUTE);
    let good = request(&code, &b, "b");
    assert!(matches!(ask(&engine, &code, &good).await, JoinSaid::Welcome(_)));
    assert!(refused(ask(&engine, &code, &good).await).contains("b has already used this code"));
    assert!(refused(ask(&engine, &code, &request(&code, &c, "c")).await).contains("b has already used this code"));
    let late = engine.invite_peer(&Actor::system()).await.unwrap().code;
    clock.advance(30 * MINUTE);
    assert!(refused(ask(&engine, &late, &request(&late, &c, "c")).await).contains("has expired"));
    assert_eq!(engine.servers().others().count(), 1);
    let unknown = Invitation::new([3; 16], &engine.servers().servers[0].key.unwrap());
    assert!(refused(ask(&engine, &unknown, &request(&unknown, &c, "c")).await).contains("does not know this code"));
    let bytes = serde_json::to_vec(&serde_json::json!({ "protocol": 7 })).unwrap();
    let fault = engine.answer_peer_join(&bytes, None).await.unwrap_err();
    assert!(matches!(fault, PeerFault::Message(MessageError::Version { theirs: 7 })), "{fault}");
}

#[tokio::test]
async fn members_and_what_they_said_survive_a_start_and_a_removed_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let engine = open(folder.path(), &clock).await;
    assert_eq!(engine.role(), Role::Alone);
    assert!(!folder.path().join("server.key").exists(), "made at its first use");
    let b = PeerSecret::from_seed([1; 32]);
    let welcome = join(&engine, &b, "b").await;
    let own = welcome.inviter.key;
    assert_eq!((welcome.role, welcome.inviter.role, engine.role()), (Role::Backup, Role::Primary, Role::Primary));
    let PollReply::Report(answer) = tell(&engine, &b, &own, &report(Some((4, 1_000)))).await else {
        panic!("a report")
    };
    assert_eq!(answer.witness, Some(Witness { serial: 4, balance_ms: 1_000 }));
    assert_eq!(engine.peers.witnessed(), Some(Witness { serial: 9, balance_ms: 77 }));
    assert_eq!(engine.servers().servers[1].state, PeerLiveness::Up(1_800_000_000_000));
    engine.close().await;
    drop(engine);

    clock.advance(3 * MINUTE);
    let engine = open(folder.path(), &clock).await;
    assert_eq!(engine.role(), Role::Primary);
    assert_eq!(engine.servers().servers[1].state, PeerLiveness::Silent(1_800_000_000_000), "nothing was heard since");
    let PollReply::Report(answer) = tell(&engine, &b, &own, &report(Some((4, 5_000)))).await else {
        panic!("a report")
    };
    assert_eq!(answer.witness, Some(Witness { serial: 4, balance_ms: 1_000 }), "the least that was said");

    assert_eq!(engine.remove_peer(&Actor::system(), "B").await.unwrap(), "b");
    assert_eq!(engine.role(), Role::Alone);
    assert_eq!(tell(&engine, &b, &own, &report(None)).await, PollReply::Removed);
    engine.close().await;
    drop(engine);
    let engine = open(folder.path(), &clock).await;
    assert_eq!(tell(&engine, &b, &own, &report(None)).await, PollReply::Removed, "after a start too");
    let kinds: Vec<_> = engine.peer_events(10).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [PeerEventKind::Removed, PeerEventKind::First, PeerEventKind::Joined]);
    let entries = engine.audit.list(&engine::audit::AuditQuery { limit: 10, ..Default::default() }).await.unwrap();
    for action in ["peer.invite", "peer.join", "peer.remove"] {
        assert_eq!(entries.iter().filter(|entry| entry.action == action).count(), 1, "{action}");
    }

    // It comes back with a new code, and is held to what it said before it went.
    join(&engine, &b, "b").await;
    let PollReply::Report(answer) = tell(&engine, &b, &own, &report(None)).await else { panic!("a report") };
    assert_eq!(answer.witness, Some(Witness { serial: 4, balance_ms: 1_000 }));
}

#[tokio::test]
async fn two_of_one_name_are_kept_apart_and_a_server_cannot_join_itself() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let engine = open(folder.path(), &clock).await;
    let first = join(&engine, &PeerSecret::from_seed([1; 32]), "twin").await;
    let second = join(&engine, &PeerSecret::from_seed([2; 32]), "Twin").await;
    assert_eq!((first.name.as_str(), second.name.as_str()), ("twin", "Twin-2"));
    assert_eq!(second.members.len(), 1, "the server that leads tells who is there");
    let code = engine.invite_peer(&Actor::system()).await.unwrap().code;
    let seed = std::fs::read_to_string(folder.path().join("server.key")).unwrap();
    let bytes: Vec<u8> =
        (0..32).map(|place| u8::from_str_radix(&seed[place * 2..place * 2 + 2], 16).unwrap()).collect();
    let itself = PeerSecret::from_seed(bytes.try_into().unwrap());
    assert!(refused(ask(&engine, &code, &request(&code, &itself, "copy")).await).contains("copy of its data folder"));
}
