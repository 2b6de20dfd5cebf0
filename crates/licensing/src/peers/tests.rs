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
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        role: Role::Primary,
        context: Some(Context::Production),
        guid: None,
        wall_ms: 1_800_000_000_000,
        started_ms: 1_700_000_000_000,
        url: "http://127.0.0.1:8084".parse().ok(),
        members: Vec::new(),
        serving: Some(Serving { connected: 2, holding: 1, clients: vec!["a".to_owned(), "ü".to_owned()] }),
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
