use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn request() -> PollRequest {
    PollRequest::sign(&secret(1), &secret(2).public(), Some(nonce(3)), nonce(4), &report("lic-01")).unwrap()
}

fn bytes(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

#[test]
fn a_request_is_good_from_its_sender_to_its_receiver_only() {
    let request = PollRequest::parse(&bytes(&request())).unwrap();
    let own = secret(2).public().fingerprint();
    assert_eq!(request.check(&secret(1).public(), &own), Ok(()));
    assert_eq!(request.report(), Ok(report("lic-01")));
    assert_eq!(request.check(&secret(3).public(), &own), Err(MessageError::WrongServer));
    assert_eq!(request.check(&secret(1).public(), &secret(3).public().fingerprint()), Err(MessageError::WrongServer));
    let forged = PollRequest { from: secret(3).public().fingerprint(), ..request };
    assert_eq!(forged.check(&secret(3).public(), &own), Err(MessageError::BadSignature));
}

#[test]
fn an_answer_is_good_for_its_request_only() {
    let request = request();
    let said = PollReply::Report(Box::new(report("lic-02")));
    let answer = PollAnswer::sign(&secret(2), &request, nonce(5), &said).unwrap();
    let answer = PollAnswer::parse(&bytes(&answer)).unwrap();
    assert_eq!(answer.said(&secret(2).public(), &request), Ok(said));
    assert_eq!(answer.said(&secret(3).public(), &request), Err(MessageError::WrongServer));
    let later = PollRequest { nonce: nonce(9), ..request.clone() };
    assert_eq!(answer.said(&secret(2).public(), &later), Err(MessageError::OtherQuestion));
    // A request, turned into an answer, is none: what it is signed for is another thing.
    let back = PollAnswer { signature: request.signature.clone(), ..answer };
    assert_eq!(back.said(&secret(2).public(), &request), Err(MessageError::BadSignature));
}

#[test]
fn another_version_is_refused_by_name_whatever_else_it_holds() {
    let theirs = bytes(&json!({ "protocol": 2, "something": ["new"] }));
    for error in [
        PollRequest::parse(&theirs).unwrap_err(),
        PollAnswer::parse(&theirs).unwrap_err(),
        JoinRequest::parse(&theirs).unwrap_err(),
        JoinAnswer::parse(&theirs).unwrap_err(),
    ] {
        assert_eq!(error, MessageError::Version { theirs: 2 });
        let sentence = error.to_string();
        assert!(sentence.starts_with("License protocol version is invalid."), "{sentence}");
        assert!(sentence.contains("version 2") && sentence.contains("version 1"), "{sentence}");
    }
    assert_eq!(PollRequest::parse(b"{}"), Err(MessageError::Malformed));
    assert_eq!(PollRequest::parse(&vec![b' '; MOST_BYTES + 1]), Err(MessageError::TooLarge));
}

#[test]
fn what_a_later_version_adds_to_a_report_is_signed_too_and_passed_over() {
    let mut body = serde_json::to_value(report("lic-01")).unwrap();
    body["later"] = json!({ "n": 1.5 });
    body.as_object_mut().unwrap().remove("serving");
    let read: PeerReport = serde_json::from_value(body).unwrap();
    assert_eq!(read, PeerReport { serving: None, ..report("lic-01") });
}

#[test]
fn a_challenge_is_good_once_and_what_is_played_back_changes_nothing() {
    let mut fresh = Freshness::new(nonce(1));
    assert_eq!(fresh.take(None, nonce(2)), RequestFreshness::No(nonce(1)));
    assert_eq!(fresh.take(Some(nonce(1)), nonce(2)), RequestFreshness::Yes(nonce(2)));
    for _ in 0..5 {
        assert_eq!(fresh.take(Some(nonce(1)), nonce(9)), RequestFreshness::No(nonce(2)), "played back");
        assert_eq!(fresh.take(None, nonce(9)), RequestFreshness::No(nonce(2)), "an old first request");
    }
    assert_eq!(fresh.take(Some(nonce(2)), nonce(3)), RequestFreshness::Yes(nonce(3)), "the right one still counts");
}

fn candidate() -> Candidate {
    Candidate {
        name: "lic-02".to_owned(),
        version: "0.1.0".to_owned(),
        context: Some(Context::Backup),
        guid: None,
        url: None,
        reached_at: "https://lic-01:8084".parse().unwrap(),
    }
}

#[test]
fn a_join_needs_the_code_and_the_key_and_its_answer_the_server_of_the_code() {
    let code = Invitation::new([7; 16], &secret(1).public().fingerprint());
    let request = JoinRequest::sign(&secret(2), &code, nonce(1), &candidate()).unwrap();
    let request = JoinRequest::parse(&bytes(&request)).unwrap();
    assert_eq!(request.candidate(), Ok(candidate()));
    assert!(!String::from_utf8(bytes(&request)).unwrap().contains(&code.to_string()));

    // Somebody in the middle who puts a key of their own in place of the joiner's.
    let mut theirs = JoinRequest { key: secret(9).public(), ..request.clone() };
    assert_eq!(theirs.candidate(), Err(MessageError::BadSignature));
    theirs.signature = request.signature.clone();
    assert_eq!(theirs.candidate(), Err(MessageError::BadSignature));
    // … or makes a request with a code of their own making.
    let other = Invitation::new([8; 16], &secret(1).public().fingerprint());
    let forged = JoinRequest {
        proof: JoinRequest::sign(&secret(2), &other, nonce(1), &candidate()).unwrap().proof,
        ..request.clone()
    };
    assert_eq!(forged.candidate(), Err(MessageError::BadSignature));

    let said = JoinSaid::Refused("Not today.".to_owned());
    let answer = JoinAnswer::sign(&secret(1), &request, &said).unwrap();
    let answer = JoinAnswer::parse(&bytes(&answer)).unwrap();
    assert_eq!(answer.said(&code, &request), Ok(said.clone()));
    let stranger = JoinAnswer::sign(&secret(9), &request, &said).unwrap();
    assert_eq!(stranger.said(&code, &request), Err(MessageError::WrongServer));
    let dressed = JoinAnswer { key: secret(1).public(), ..stranger };
    assert_eq!(dressed.said(&code, &request), Err(MessageError::BadSignature));
    let again = JoinRequest { nonce: nonce(2), ..request };
    assert_eq!(answer.said(&code, &again), Err(MessageError::OtherQuestion));
}

/// Every value of a message, with the path to it.
fn leaves(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(value, format!("{path}/{name}"), found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| leaves(value, format!("{path}/{place}"), found));
        }
        _ => found.push(path),
    }
}

fn altered(value: &Value, turn: usize) -> Value {
    match value {
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::String(text) if !text.is_empty() => {
            let place = turn % text.chars().count();
            let other = |c: char| if c == '0' { '1' } else { '0' };
            json!(text.chars().enumerate().map(|(at, c)| if at == place { other(c) } else { c }).collect::<String>())
        }
        Value::String(_) => json!("x"),
        Value::Null => json!(true),
        Value::Bool(truth) => json!(!truth),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn no_altered_request_is_good(which in any::<prop::sample::Index>(), turn in any::<usize>()) {
        let whole = serde_json::to_value(request()).unwrap();
        let mut paths = Vec::new();
        leaves(&whole, String::new(), &mut paths);
        let mut other = whole.clone();
        let path = which.get(&paths[..]);
        let leaf = other.pointer_mut(path).unwrap();
        *leaf = altered(leaf, turn);
        prop_assume!(other != whole);
        if let Ok(read) = PollRequest::parse(&bytes(&other)) {
            let checked = read.check(&secret(1).public(), &secret(2).public().fingerprint());
            prop_assert!(checked.is_err(), "{path}");
        }
    }

    #[test]
    fn no_altered_answer_is_good(which in any::<prop::sample::Index>(), turn in any::<usize>()) {
        let said = PollReply::Report(Box::new(report("lic-02")));
        let whole = serde_json::to_value(PollAnswer::sign(&secret(2), &request(), nonce(5), &said).unwrap()).unwrap();
        let mut paths = Vec::new();
        leaves(&whole, String::new(), &mut paths);
        let mut other = whole.clone();
        let path = which.get(&paths[..]);
        let leaf = other.pointer_mut(path).unwrap();
        *leaf = altered(leaf, turn);
        prop_assume!(other != whole);
        if let Ok(read) = PollAnswer::parse(&bytes(&other)) {
            prop_assert!(read.said(&secret(2).public(), &request()).is_err(), "{path}");
        }
    }

    #[test]
    fn no_altered_join_is_good(which in any::<prop::sample::Index>(), turn in any::<usize>()) {
        let code = Invitation::new([7; 16], &secret(1).public().fingerprint());
        let whole = serde_json::to_value(JoinRequest::sign(&secret(2), &code, nonce(1), &candidate()).unwrap()).unwrap();
        let mut paths = Vec::new();
        leaves(&whole, String::new(), &mut paths);
        let mut other = whole.clone();
        let path = which.get(&paths[..]);
        let leaf = other.pointer_mut(path).unwrap();
        *leaf = altered(leaf, turn);
        prop_assume!(other != whole);
        if let Ok(read) = JoinRequest::parse(&bytes(&other)) {
            prop_assert!(read.candidate().is_err(), "{path}");
        }
    }

    #[test]
    fn no_bytes_make_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = PollRequest::parse(&bytes);
        let _ = PollAnswer::parse(&bytes);
        let _ = JoinRequest::parse(&bytes);
        let _ = JoinAnswer::parse(&bytes);
    }

    /// Whoever sends old requests in any order between the new ones: each new one is taken exactly once, no old one ever.
    #[test]
    fn every_challenge_is_taken_once(old in prop::collection::vec(prop::option::of(0_u8..20), 0..60)) {
        let mut fresh = Freshness::new(nonce(100));
        let mut current = nonce(100);
        for (turn, old) in old.into_iter().enumerate() {
            let next = nonce(101 + u8::try_from(turn).unwrap());
            prop_assert_eq!(fresh.take(old.map(nonce), nonce(99)), RequestFreshness::No(current));
            prop_assert_eq!(fresh.take(Some(current), next), RequestFreshness::Yes(next));
            prop_assert_eq!(fresh.take(Some(current), nonce(98)), RequestFreshness::No(next));
            current = next;
        }
    }
}
