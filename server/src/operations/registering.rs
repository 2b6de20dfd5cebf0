//! `leasehold register`: what the wizard does, without a browser.

use std::sync::Arc;

use engine::actor::Actor;
use engine::conf::Base;
use engine::{Engine, registration};
use licensing::conf::effective::Effective;
use licensing::guid::Guid;
use licensing::registration_file::RegistrationFile;
use licensing::vendor_key::Fingerprint;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::exchanging;
use crate::exit::Failure;

/// What `leasehold register` was given.
#[derive(Clone, Serialize, Deserialize)]
pub struct Registering {
    /// A registration file, its text.
    pub file: Option<String>,
    pub guid: Option<String>,
    pub auth: Option<String>,
    pub vendor_key: Option<String>,
    /// Exchange at once.
    pub sync: bool,
}

impl std::fmt::Debug for Registering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registering").field("guid", &self.guid).finish_non_exhaustive()
    }
}

pub async fn register(engine: &Arc<Engine>, actor: &Actor, given: Registering) -> Result<Value, Failure> {
    let document = engine.conf().document();
    let (guid, credentials, more) = match &given.file {
        Some(text) => {
            let file = RegistrationFile::parse(text.as_bytes()).map_err(Failure::refused)?;
            let more = registration::node_values(&file, &document);
            (file.guid, registration::Credentials::of(&file), more)
        }
        None => {
            let guid = Guid::parse(given.guid.as_deref().unwrap_or_default()).map_err(Failure::refused)?;
            let key = given.vendor_key.as_deref().map(str::parse::<Fingerprint>).transpose();
            let key = key.map_err(Failure::refused)?;
            let auth_string = given.auth.as_deref().map(str::trim).filter(|auth| !auth.is_empty()).map(str::to_owned);
            let vendor_keys = key.into_iter().map(|fingerprint| (fingerprint, None)).collect();
            (guid, registration::Credentials { auth_string, vendor_keys, ..Default::default() }, Vec::new())
        }
    };
    let mut credentials = credentials;
    if given.sync {
        for (fingerprint, key) in credentials.vendor_keys.iter_mut().filter(|(_, key)| key.is_none()) {
            *key = engine.key_of(&Effective::of(&document), *fingerprint).await.map_err(Failure::refused)?;
        }
    }
    let before = Effective::of(&document).guid;
    if let Some(before) = before.filter(|before| *before != guid) {
        return Err(Failure::refused(format!(
            "This server is registered as {before} already. Change LICENSE_SERVER_GUID with `leasehold config set` if the vendor gave it a new identity."
        )));
    }
    let last = engine.last_sync();
    let saved = engine
        .register(actor, &Base::Newest, &guid, &more, &credentials, "Registered from the command line.")
        .await
        .map_err(super::save)?;
    let mut answer = json!({
        "guid": guid,
        "deployment_id": guid.compact(),
        "revision": saved.revision.number,
        "diff": saved.diff,
    });
    if given.sync {
        answer["sync"] = exchanging::sync_since(engine, actor, last).await.map_err(|failure| {
            Failure::failed(format!(
                "Registered as {guid}, but the first exchange brought nothing: {} The server tries again by itself; `leasehold sync` tries now.",
                failure.sentence.replace("Nothing was changed. ", "")
            ))
        })?;
    }
    Ok(answer)
}
