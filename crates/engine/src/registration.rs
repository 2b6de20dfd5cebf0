//! Registration: the GUID goes into the vendor's file, what the exchange needs is kept beside it.

use std::sync::Arc;

use licensing::conf::document::Document;
use licensing::conf::setting;
use licensing::context::Context;
use licensing::guid::Guid;
use licensing::registration_file::RegistrationFile;
use licensing::vendor_key::{Fingerprint, VendorKey};

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{Entry, Outcome};
use crate::conf::{Base, Change, SaveError, Saved};

/// What was given at registration besides the GUID.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The auth string the vendor gave; a secret. None: the one known for this GUID stays.
    pub auth_string: Option<String>,
    /// Keys of the vendor that are trusted, each under its fingerprint; a fingerprint alone is completed from a node.
    pub vendor_keys: Vec<(Fingerprint, Option<VendorKey>)>,
    /// The context, when it is known.
    pub context: Option<Context>,
    /// The customer, when it is known.
    pub customer: Option<String>,
    /// The operator id that came with the registration.
    pub operator: Option<String>,
}

impl Credentials {
    /// What a registration file brings.
    #[must_use]
    pub fn of(file: &RegistrationFile) -> Self {
        Self {
            auth_string: Some(file.auth_string.clone()),
            vendor_keys: file.vendor_keys.iter().map(|key| (key.fingerprint(), Some(*key))).collect(),
            context: file.context,
            customer: file.customer.clone(),
            operator: file.operator_id.clone(),
        }
    }
}

/// The nodes a registration file names, as values for a conf file that names none of its own.
#[must_use]
pub fn node_values(file: &RegistrationFile, document: &Document) -> Vec<(String, String)> {
    let lists = [("FLEX_NODE_LIST", &file.nodes), ("FLEX_NODE_LIST_HTTPS", &file.nodes_https)];
    let own = |key: &str| {
        setting::find(key)
            .and_then(|setting| document.get(setting.section, key))
            .map(|found| String::from_utf8_lossy(found.value).trim().to_owned())
            .is_some_and(|value| {
                !value.is_empty()
                    && !value.eq_ignore_ascii_case("default")
                    && Some(value.as_str()) != setting::find(key).map(|s| s.default)
            })
    };
    let mut values: Vec<(String, String)> = lists
        .iter()
        .filter(|(key, nodes)| !nodes.is_empty() && !own(key))
        .map(|(key, nodes)| ((*key).to_owned(), nodes.join(";")))
        .collect();
    // Nodes of one protocol only: that is the one to use.
    let https = match (values.iter().any(|(key, _)| key == lists[0].0), values.iter().any(|(key, _)| key == lists[1].0))
    {
        (true, false) => "0",
        (false, true) => "1",
        _ => return values,
    };
    values.push(("USE_FLEX_REPORTING_HTTPS".to_owned(), https.to_owned()));
    values
}

/// The values that registering with `guid` writes.
pub fn changes(guid: &Guid) -> Vec<(String, String)> {
    vec![("FLEXIBLE_LICENSING_MODE".to_owned(), "1".to_owned()), ("LICENSE_SERVER_GUID".to_owned(), guid.to_string())]
}

impl Engine {
    /// Writes the GUID (and further values) into the conf file and turns flexible licensing on.
    ///
    /// # Errors
    /// As [`Engine::save_conf`].
    pub async fn register(
        self: &Arc<Self>,
        actor: &Actor,
        base: &Base,
        guid: &Guid,
        more: &[(String, String)],
        credentials: &Credentials,
        comment: &str,
    ) -> Result<Saved, SaveError> {
        let values = changes(guid).into_iter().chain(more.iter().cloned()).collect();
        let saved = self.save_conf(actor, base, &Change::Values(values), comment).await?;
        self.keep_registration(actor, guid, credentials).await?;
        Ok(saved)
    }

    async fn keep_registration(&self, actor: &Actor, guid: &Guid, credentials: &Credentials) -> Result<(), SaveError> {
        let mut tx = self.store.write().await?;
        let before: Option<String> =
            sqlx::query_scalar("SELECT guid FROM registration").fetch_optional(&mut *tx).await?;
        let same = before.is_some_and(|before| before == guid.to_string());
        // What belongs to another identity is worth nothing to this one.
        if !same {
            sqlx::query("DELETE FROM registration").execute(&mut *tx).await?;
        }
        sqlx::query(
            "INSERT INTO registration (id, guid, auth_string, context, customer, operator_id, at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET auth_string = coalesce(?2, auth_string), context = coalesce(?3, context),
             customer = coalesce(?4, customer), operator_id = coalesce(?5, operator_id), at = ?6",
        )
        .bind(guid.to_string())
        .bind(&credentials.auth_string)
        .bind(credentials.context.map(Context::as_str))
        .bind(&credentials.customer)
        .bind(&credentials.operator)
        .bind(self.clock.now_ms())
        .execute(&mut *tx)
        .await?;
        // A fingerprint no node has shown the key of was typed wrong, as likely as not: the next one takes its place.
        if !credentials.vendor_keys.is_empty() {
            sqlx::query("DELETE FROM vendor_keys WHERE signing IS NULL").execute(&mut *tx).await?;
        }
        for (fingerprint, key) in &credentials.vendor_keys {
            self.pin(&mut tx, actor, *fingerprint, *key).await?;
        }
        let forgotten = if same { None } else { Some(self.forgotten_contact(&mut tx).await?) };
        let sentence = format!("Registered this server as {guid}.");
        self.audit.commit(tx, Entry { actor, action: "server.register", sentence, outcome: Outcome::Done }).await?;
        self.stored_identity.forget();
        if let Some(state) = forgotten {
            self.adopt_contact(state, &[]);
        }
        self.settle_exchange().await?;
        self.sync.forget_last(forgotten.is_some());
        self.sync.wake();
        Ok(())
    }
}
