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

pub async fn remove(engine: &Arc<Engine>, actor: &Actor, name: &str) -> Result<Value, Failure> {
    let name = engine.remove_peer(actor, name).await.map_err(|error| match error {
        RemoveError::Sql(_) => Failure::failed(error),
        other => Failure::refused(other),
    })?;
    Ok(json!({ "name": name }))
}
