//! This server's identity at the nodes: instance, registration, trusted vendor keys.

use licensing::context::Context;
use licensing::guid::Guid;
use licensing::registration::{Correction, KeyOrigin};
use licensing::vendor_key::{Fingerprint, VendorKey};
use sqlx::{FromRow, Sqlite, Transaction};

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret;

/// A trusted vendor key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedKey {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The key; `None` until one with that fingerprint was fetched from a node.
    pub key: Option<VendorKey>,
    /// When, Unix milliseconds.
    pub at: i64,
    /// Who confirmed it.
    pub by: String,
    /// How it came; `None` if that was not kept yet.
    pub origin: Option<KeyOrigin>,
}

/// Whether exchanges are possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Everything is there.
    Ready,
    /// The conf file can't be read.
    Unreadable(String),
    /// No GUID, or flexible licensing is off.
    Unregistered,
    /// The conf file's GUID differs from the registered one.
    OtherGuid {
        /// In the file.
        file: Guid,
        /// Registered.
        registered: Guid,
    },
    /// No auth string is known.
    NoAuth,
    /// No vendor key is trusted yet: nothing is sent.
    NoKey,
}

impl Readiness {
    /// Why nothing can be exchanged, and what to do; `None` if it can.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        Some(match self {
            Self::Ready => return None,
            Self::Unreadable(problem) => format!("Can't read the configuration file: {problem}"),
            Self::Unregistered => {
                "This server is not registered. Register it first, in the console or with `leasehold register`."
                    .to_owned()
            }
            Self::OtherGuid { file, registered } => format!(
                "license_server.conf has the GUID {file}, but this server is registered as {registered}. Register it again with the auth string of the new GUID, or restore the old GUID."
            ),
            Self::NoAuth => {
                "This GUID has no auth string. Enter it under Exchange, Registration, or run leasehold register with --auth."
                    .to_owned()
            }
            Self::NoKey => {
                "This server trusts no vendor key yet, so it sends nothing and can't check answers. Confirm the vendor's fingerprint, in the console or with `leasehold register --vendor-key`."
                    .to_owned()
            }
        })
    }
}

/// This server's identity at the nodes.
#[derive(Clone)]
pub struct ServerIdentity {
    /// The GUID in effect.
    pub guid: Option<Guid>,
    /// Secret.
    pub(crate) auth: Option<String>,
    /// Since when the auth string is this one, Unix milliseconds.
    pub auth_at: Option<i64>,
    /// When it was last registered, Unix milliseconds; `None` before.
    pub registered_at: Option<i64>,
    /// Its context, once known.
    pub context: Option<Context>,
    /// The customer the registration names.
    pub customer: Option<String>,
    /// The operator id the registration brought.
    pub operator: Option<String>,
    /// The vendor's keys it trusts.
    pub keys: Vec<PinnedKey>,
    /// This installation, in reports.
    pub instance: String,
    /// When it was made, Unix milliseconds.
    pub instance_created: i64,
    /// Whether exchanges are possible.
    pub readiness: Readiness,
}

impl std::fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("guid", &self.guid).field("readiness", &self.readiness).finish_non_exhaustive()
    }
}

impl ServerIdentity {
    /// The keys available for checking signatures.
    #[must_use]
    pub fn usable_keys(&self) -> Vec<VendorKey> {
        self.keys.iter().filter_map(|pinned| pinned.key).collect()
    }

    /// Whether an auth string is known. It is never shown.
    #[must_use]
    pub fn has_auth(&self) -> bool {
        self.auth.is_some()
    }

    /// The registration as it is, to compare a correction with.
    #[must_use]
    pub fn registered(&self) -> Correction {
        Correction {
            guid: self.guid,
            auth: self.auth.as_ref().and_then(|auth| auth.parse().ok()),
            context: self.context,
            customer: self.customer.clone(),
        }
    }
}

#[derive(FromRow)]
struct KeyRow {
    fingerprint: String,
    signing: Option<Vec<u8>>,
    sealing: Option<Vec<u8>>,
    pinned_at: i64,
    pinned_by: String,
    came_from: Option<String>,
}

#[derive(Default, FromRow)]
struct RegistrationRow {
    guid: String,
    auth_string: Option<String>,
    auth_at: Option<i64>,
    context: Option<String>,
    customer: Option<String>,
    operator_id: Option<String>,
    at: Option<i64>,
}

impl Engine {
    /// This server's identity at the nodes.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn identity(&self) -> Result<ServerIdentity, sqlx::Error> {
        let conf = self.conf();
        let effective = conf.effective.clone();
        let now = self.clock.mono_ms();
        let mut identity = match self.stored_identity.get(now) {
            Ok(known) => ServerIdentity::clone(&known),
            Err(changes) => {
                let read = self.read_identity().await?;
                ServerIdentity::clone(&self.stored_identity.keep(changes, now, read))
            }
        };
        let registered = identity.guid;
        identity.guid = effective.guid.filter(|_| effective.flexible);
        identity.readiness = match (conf.problem, identity.guid, registered) {
            (Some(problem), _, _) => Readiness::Unreadable(problem.to_string()),
            (None, None, _) => Readiness::Unregistered,
            (None, Some(file), Some(registered)) if file != registered => Readiness::OtherGuid { file, registered },
            _ if identity.auth.is_none() => Readiness::NoAuth,
            _ if identity.keys.is_empty() => Readiness::NoKey,
            _ => Readiness::Ready,
        };
        self.attention.note_hindrance(identity.readiness.problem());
        Ok(identity)
    }

    async fn read_identity(&self) -> Result<ServerIdentity, sqlx::Error> {
        let (instance, instance_created) = self.instance().await?;
        let keys = sqlx::query_as::<_, KeyRow>("SELECT * FROM vendor_keys ORDER BY pinned_at, fingerprint")
            .fetch_all(self.store.read())
            .await?
            .into_iter()
            .filter_map(|row| {
                let half = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
                let halves = half(row.signing).zip(half(row.sealing));
                Some(PinnedKey {
                    fingerprint: row.fingerprint.parse().ok()?,
                    key: halves.map(|(signing, sealing)| VendorKey { signing, sealing }),
                    at: row.pinned_at,
                    by: row.pinned_by,
                    origin: row.came_from.and_then(|word| word.parse().ok()),
                })
            })
            // A key that doesn't match its fingerprint was altered in the file; ignore it.
            .filter(|pinned| pinned.key.is_none_or(|key| key.fingerprint() == pinned.fingerprint))
            .collect();
        let registered: Option<RegistrationRow> =
            sqlx::query_as("SELECT * FROM registration").fetch_optional(self.store.read()).await?;
        let registered = registered.unwrap_or_default();
        Ok(ServerIdentity {
            guid: Guid::parse(&registered.guid).ok(),
            auth: registered.auth_string,
            auth_at: registered.auth_at,
            registered_at: registered.at,
            context: registered.context.and_then(|context| context.parse().ok()),
            customer: registered.customer,
            operator: registered.operator_id,
            keys,
            instance,
            instance_created,
            readiness: Readiness::Unregistered,
        })
    }

    /// The id of this installation; created on first use.
    async fn instance(&self) -> Result<(String, i64), sqlx::Error> {
        let read = "SELECT uuid, created_at FROM instance";
        if let Some(found) = sqlx::query_as(read).fetch_optional(self.store.read()).await? {
            return Ok(found);
        }
        let mut tx = self.store.write().await?;
        sqlx::query("INSERT INTO instance (id, uuid, created_at) VALUES (1, ?, ?) ON CONFLICT (id) DO NOTHING")
            .bind(secret::uuid().to_string())
            .bind(self.clock.now_ms())
            .execute(&mut *tx)
            .await?;
        let made = sqlx::query_as(read).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Trusts a key whose fingerprint a person has compared with the vendor's.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn pin_key(&self, actor: &Actor, key: VendorKey) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        self.pin(&mut tx, actor, (key.fingerprint(), Some(key)), KeyOrigin::Fingerprint).await?;
        let sentence = format!("Confirmed the vendor's key {}.", key.fingerprint());
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "vendor-key.pin", sentence, outcome: AuditOutcome::Done }
                    .about(key.fingerprint().to_string()),
            )
            .await?;
        self.stored_identity.forget();
        self.sync.wake();
        Ok(())
    }

    /// Stores a trusted fingerprint, with its key where that is known.
    pub(crate) async fn pin(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        actor: &Actor,
        (fingerprint, key): (Fingerprint, Option<VendorKey>),
        origin: KeyOrigin,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO vendor_keys (fingerprint, signing, sealing, pinned_at, pinned_by, came_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (fingerprint) DO UPDATE SET signing = coalesce(?2, signing), sealing = coalesce(?3, sealing),
             came_from = coalesce(came_from, ?6)",
        )
        .bind(fingerprint.to_string())
        .bind(key.map(|key| key.signing.to_vec()))
        .bind(key.map(|key| key.sealing.to_vec()))
        .bind(self.clock.now_ms())
        .bind(&actor.name)
        .bind(origin.as_str())
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// The deployments of this server, lower-case UUIDs: the first is its own GUID, others come with the
    /// licenses. Empty while it is not registered.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn deployments(&self) -> Result<Vec<String>, sqlx::Error> {
        let effective = self.conf().effective;
        Ok(effective.guid.filter(|_| effective.flexible).map(|guid| self.deployments_of(guid)).unwrap_or_default())
    }

    /// The deployments under a GUID.
    pub(super) fn deployments_of(&self, guid: Guid) -> Vec<String> {
        let mut all = vec![guid.compact()];
        if let Some(installed) = self.installed().filter(|installed| installed.bundle.guid == guid) {
            for deployment in &installed.bundle.deployments {
                let deployment = deployment.to_lowercase();
                if !all.contains(&deployment) {
                    all.push(deployment);
                }
            }
        }
        all
    }
}

impl Engine {
    /// The auth string, for the command that sends a report by hand. Only for people who may sync.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn auth_string(&self) -> Result<Option<String>, sqlx::Error> {
        Ok(self.identity().await?.auth)
    }
}
