//! The vendor's keys: fetched from a node, trusted only once their fingerprint was compared or already known.

use std::time::{Duration, Instant};

use licensing::conf::effective::Effective;
use licensing::vendor_key::{Fingerprint, VendorKey};

use super::client::{NodeAddress, elapsed, failed, nodes};
use super::identity::ServerIdentity;
use super::{Attempt, ReportError};
use crate::Engine;
use crate::actor::Actor;

/// A key from a node; not trusted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedKey {
    /// The key.
    pub key: VendorKey,
    /// The node, `host:port`.
    pub node: String,
}

/// The result of asking for keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchedKeys {
    /// The keys of the first node that returned any.
    pub offered: Vec<OfferedKey>,
    /// The nodes asked.
    pub attempts: Vec<Attempt>,
    /// Why no node could be asked at all.
    pub problem: Option<String>,
}

/// A node's key does not match the given fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "The key of the licensing node {node} does not match this fingerprint. Check the fingerprint; if it is right, ask the vendor. Nothing was changed."
)]
pub struct OtherKey {
    /// The node, `host:port`.
    pub node: String,
}

/// How long to wait for nodes that are slow to return keys.
pub const FETCH_LIMIT: Duration = Duration::from_secs(20);

impl Engine {
    /// Asks the nodes of the conf file, one after the other, for the vendor's keys. Nothing about this server is sent.
    pub async fn fetch_keys(&self) -> FetchedKeys {
        self.fetch_keys_as(&self.conf().effective).await
    }

    /// As [`Engine::fetch_keys`], with settings not written yet.
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
                    fetched.attempts.push(answered(&node, "It returned no keys.", began, false))
                }
                Ok(list) => {
                    fetched.attempts.push(answered(&node, "It returned the vendor's keys.", began, true));
                    fetched.offered =
                        list.keys.into_iter().map(|key| OfferedKey { key, node: node.name.clone() }).collect();
                    break;
                }
                Err(no) => fetched.attempts.push(failed(&node, &no, began)),
            }
        }
        fetched
    }

    /// The key with this fingerprint, from a node. `None` while no node can be asked: the key is then fetched with the
    /// first sync.
    ///
    /// # Errors
    /// [`OtherKey`] if a node returns a different key.
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
                    "{} returned the key {}, which is not the confirmed one, so nothing was sent to it. Ask the vendor which fingerprint is right.",
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
        refused: None,
    }
}
