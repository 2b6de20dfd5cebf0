mod codes;
mod messages;
mod rules;
mod watching;

use super::*;
use crate::context::Context;

fn secret(seed: u8) -> PeerSecret {
    PeerSecret::from_seed([seed; 32])
}

fn nonce(seed: u8) -> Nonce {
    Nonce::from_random([seed; 16])
}

fn standing(name: &str, context: Option<Context>, role: Role) -> Membership {
    Membership { name: name.to_owned(), context, role }
}

fn report(name: &str) -> PeerReport {
    PeerReport {
        stood_in: Vec::new(),
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        role: Role::Primary,
        context: Some(Context::Production),
        guid: None,
        wall_ms: 1_800_000_000_000,
        started_ms: 1_700_000_000_000,
        url: "http://127.0.0.1:8084".parse().ok(),
        members: Vec::new(),
        serving: Some(Serving {
            connected: 2,
            holding: 1,
            clients: vec!["a".to_owned(), "ü".to_owned()],
            since: Some(5),
        }),
        countdown: Some(CountdownReport {
            serial: 3,
            balance_ms: 5,
            granted_ms: 0,
            running_since: None,
            clients: None,
        }),
        witness: Some(Witness { serial: 1, balance_ms: 7 }),
        ve: None,
        drain: None,
    }
}

#[test]
fn a_server_that_stood_still_does_not_take_others_for_silent() {
    let at = |seconds: i64| ClockReading { wall_ms: 1_000_000 + seconds * 1_000, mono_ms: seconds * 1_000 };
    let mut watch = LivenessWatch::begin(at(0), None, false);
    watch.heard(at(1));
    assert_eq!(standstill_ms(at(2), at(4)), None);
    let gap = standstill_ms(at(2), at(35)).expect("it stood still");
    assert_eq!(gap, 33_000);
    let mut blaming = watch;
    assert!(blaming.look(at(35)).is_some(), "without an excuse it is blamed");
    watch.excuse(gap, at(35));
    assert_eq!(watch.look(at(35)), None);
    assert!(matches!(watch.state(at(35)), PeerLiveness::Up(_)));
    // One that is really gone is noticed after the usual time.
    assert!(watch.look(at(46)).is_some());
}

#[test]
fn a_server_that_has_just_joined_is_there_until_it_is_found_silent() {
    let at = |seconds: i64| ClockReading { wall_ms: 1_000_000 + seconds * 1_000, mono_ms: seconds * 1_000 };
    let mut watch = LivenessWatch::joined(at(0));
    assert!(matches!(watch.state(at(1)), PeerLiveness::Up(_)));
    assert!(matches!(watch.state(at(11)), PeerLiveness::Silent(_)));
    assert_eq!(watch.heard(at(12)), Some(LivenessChange::First));
}
