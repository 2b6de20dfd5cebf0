//! Commands about the other servers of the installation.

use std::sync::Arc;

use engine::Engine;
use engine::actor::Actor;
use engine::peers::{InviteError, Join, RemoveError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::http;
use crate::time::rfc3339;

/// What `leasehold peer join` was given.
#[derive(Clone, Serialize, Deserialize)]
pub struct Joining {
    pub url: String,
    /// A secret.
    pub code: String,
    pub own_url: Option<String>,
    pub name: Option<String>,
}

impl std::fmt::Debug for Joining {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joining").field("url", &self.url).finish_non_exhaustive()
    }
}

pub async fn invite(engine: &Arc<Engine>, console: &str, actor: &Actor) -> Result<Value, Failure> {
    let invited = engine.invite_peer(actor).await.map_err(|error| match error {
        InviteError::Refused(refusal) => Failure::refused(refusal),
        other => Failure::failed(other),
    })?;
    Ok(json!({ "code": invited.code.to_string(), "expires_at": rfc3339(invited.expires_ms), "url": console }))
}

pub async fn join(engine: &Arc<Engine>, console: &str, actor: &Actor, joining: Joining) -> Result<Value, Failure> {
    let Joining { url, code, own_url, name } = joining;
    let join = Join { url, code, own_url, name };
    let joined = engine
        .join_peer(actor, &join, console)
        .await
        .map_err(|error| if error.is_refusal() { Failure::refused(error) } else { Failure::failed(error) })?;
    Ok(json!({
        "name": joined.name,
        "role": joined.role,
        "with": joined.with,
        "own_url": joined.own_url,
    }))
}

pub fn list(engine: &Engine) -> Value {
    serde_json::to_value(http::servers::list(engine)).expect("servers always serialize")
}

/// The list of a data folder on which no server runs: nobody watches the others, and this server is not up either. What was last known
/// stays. Nobody can say who serves.
pub fn at_rest(mut list: Value) -> Value {
    for server in list["items"].as_array_mut().into_iter().flatten() {
        let itself = server["self"] == true;
        if itself {
            for of_a_run in ["since", "last_seen", "clock_off_ms", "version", "serving"] {
                server[of_a_run] = Value::Null;
            }
            server["state"] = json!("stopped");
        } else if server["state"] != "never" {
            server["state"] = json!("unknown");
            server["since"] = server["last_seen"].clone();
        }
    }
    list["stale_since"] = Value::Null;
    list["service"] = Value::Null;
    list["server_runs"] = json!(false);
    list
}

pub async fn remove(engine: &Arc<Engine>, actor: &Actor, name: &str) -> Result<Value, Failure> {
    let name = engine.remove_peer(actor, name).await.map_err(|error| match error {
        RemoveError::Sql(_) => Failure::failed(error),
        other => Failure::refused(other),
    })?;
    Ok(json!({ "name": name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_server_nobody_is_up_and_what_was_last_known_stays() {
        let known = json!({
            "items": [
                { "name": "a", "self": true, "state": "up", "since": "T3", "last_seen": "T3", "clock_off_ms": 0, "version": "1", "role": "primary" },
                { "name": "b", "self": false, "state": "silent", "since": "T1", "last_seen": "T2", "version": null, "role": "backup" },
                { "name": "c", "self": false, "state": "never", "since": null, "last_seen": null, "role": "backup" },
            ],
            "stale_since": "T2",
            "conflict": "two primaries",
            "service": { "sentence": "a is serving 2 clients." },
        });
        let at_rest = at_rest(known);
        let shown: Vec<(&Value, &Value)> =
            at_rest["items"].as_array().unwrap().iter().map(|server| (&server["state"], &server["since"])).collect();
        let (stopped, unknown, never) = (json!("stopped"), json!("unknown"), json!("never"));
        assert_eq!(shown, [(&stopped, &Value::Null), (&unknown, &json!("T2")), (&never, &Value::Null)]);
        assert_eq!((&at_rest["items"][0]["role"], &at_rest["items"][0]["version"]), (&json!("primary"), &Value::Null));
        assert_eq!((&at_rest["server_runs"], &at_rest["stale_since"]), (&json!(false), &Value::Null));
        assert_eq!(at_rest["conflict"], "two primaries");
        assert!(at_rest["service"].is_null(), "who serves is not known");
    }
}
