//! The vendor's keys: fetched from a node, trusted only once their fingerprint was compared or was known before.

use std::time::{Duration, Instant};

use licensing::conf::effective::Effective;
use licensing::vendor_key::{Fingerprint, VendorKey};

use super::client::{NodeAddress, elapsed, failed, nodes};
use super::identity::ServerIdentity;
use super::{Attempt, ReportError};
use crate::Engine;
use crate::actor::Actor;

/// A key a node gave; not trusted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedKey {
    /// The key.
    pub key: VendorKey,
    /// The node that gave it, `host:port`.
    pub node: String,
}

/// What asking for keys came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchedKeys {
    /// The keys of the first node that gave any.
    pub offered: Vec<OfferedKey>,
    /// The nodes asked.
    pub attempts: Vec<Attempt>,
    /// Why no node could be asked at all.
    pub problem: Option<String>,
}

/// A node shows another key than the fingerprint that was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "The licensing node {node} shows another key than this fingerprint. Check it; if it is right, ask the vendor. Nothing was changed."
)]
pub struct OtherKey {
    /// The node, `host:port`.
    pub node: String,
}

/// How long somebody waits for nodes that are slow to show their key.
pub const FETCH_LIMIT: Duration = Duration::from_secs(20);

impl Engine {
    /// Asks the nodes of the conf file, one after the other, for the vendor's keys. Nothing about this server is sent.
    pub async fn fetch_keys(&self) -> FetchedKeys {
        self.fetch_keys_as(&self.conf().effective).await
    }

    /// As [`Engine::fetch_keys`], with settings that are not written yet.
    pub async fn fetch_keys_as(&self, effective: &Effective) -> FetchedKeys {
        let client = match self.node_client() {
            Ok(client) => client,
            Err(problem) => return FetchedKeys { problem: Some(problem), ..FetchedKeys::default() },
        };
        let mut fetched = FetchedKeys::default();
        for node in nodes(effective) {
            let began = Instant::now();
            match client.keys(&node).await {
                Ok(list) if list.keys.is_empty() => {
                    fetched.attempts.push(answered(&node, "It has no keys.", began, false))
                }
                Ok(list) => {
                    fetched.attempts.push(answered(&node, "It gave the vendor's keys.", began, true));
                    fetched.offered =
                        list.keys.into_iter().map(|key| OfferedKey { key, node: node.name.clone() }).collect();
                    break;
                }
                Err(no) => fetched.attempts.push(failed(&node, &no, began)),
            }
        }
        fetched
    }

    /// The key of a fingerprint, as a node shows it. None while no node can be asked: the key is fetched with the first
    /// exchange.
    ///
    /// # Errors
    /// [`OtherKey`] when a node answers, but with another key.
    pub async fn key_of(&self, effective: &Effective, fingerprint: Fingerprint) -> Result<Option<VendorKey>, OtherKey> {
        let fetched = tokio::time::timeout(FETCH_LIMIT, self.fetch_keys_as(effective)).await.unwrap_or_default();
        match fetched.offered.iter().find(|offered| offered.key.fingerprint() == fingerprint) {
            Some(offered) => Ok(Some(offered.key)),
            None => fetched.offered.first().map_or(Ok(None), |other| Err(OtherKey { node: other.node.clone() })),
        }
    }

    /// Fetches keys of which only the fingerprint is trusted.
    pub(super) async fn complete_keys(&self, identity: ServerIdentity) -> Result<ServerIdentity, ReportError> {
        let fetched = self.fetch_keys().await;
        let known = fetched.offered.iter().find(|offered| {
            identity.keys.iter().any(|pinned| pinned.key.is_none() && pinned.fingerprint == offered.key.fingerprint())
        });
        let Some(offered) = known else {
            let said = match fetched.offered.first() {
                Some(other) => format!(
                    "{} gave the key {}, which is not the one that was confirmed. Nothing was sent to it. Ask the vendor which fingerprint is right.",
                    other.node,
                    other.key.fingerprint()
                ),
                None => fetched
                    .problem
                    .unwrap_or_else(|| "No licensing node could be asked for the vendor's key.".to_owned()),
            };
            tracing::error!("{said}");
            return Ok(identity);
        };
        self.pin_key(&Actor::system(), offered.key).await?;
        Ok(self.identity().await?)
    }
}

fn answered(node: &NodeAddress, sentence: &str, began: Instant, ok: bool) -> Attempt {
    Attempt {
        node: node.name.clone(),
        ok,
        stage: "answer".to_owned(),
        sentence: sentence.to_owned(),
        ms: elapsed(began),
    }
}
