use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::MonitorLicense;
use crate::{
    canonical::{
        self, LARGEST_INTEGER, instant,
        members::{FieldError, Members},
    },
    contact::Millis,
    guid::Guid,
    locked::{HeaderId, UserKey},
    vendor_key::{KeyId, VendorKey, VendorSecret},
};

/// Signature domain, and the member `format`.
pub const DOMAIN: &str = "leasehold monitor license 1";

/// Maximum number of licenses in a document.
pub const MOST_LICENSES: usize = 100;

/// Maximum number of day keys in a document.
pub const MOST_KEYS: usize = 10_000;

/// The key to one day's locked records, for as many users as are licensed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayKey {
    /// Which header it belongs to.
    pub header: HeaderId,
    /// Opens records of users with an index up to this.
    pub key: UserKey,
}

/// All monitor licenses of one server, and the day keys they give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorDocument {
    /// The server it is for.
    pub guid: Guid,
    /// When it was issued, Unix milliseconds. A later one replaces it.
    pub issued: Millis,
    /// The licenses.
    pub licenses: Vec<MonitorLicense>,
    /// The day keys.
    pub keys: Vec<DayKey>,
}

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MonitorDocumentError {
    /// Not such a document at all.
    #[error("This is not a monitor license. Get the file from the vendor again.")]
    NotADocument,
    /// Signed with a key that is not trusted.
    #[error(
        "This monitor license is signed with the key {key_id}, which this server does not trust. Ask the vendor for one for this server."
    )]
    UnknownKey {
        /// The key it names.
        key_id: KeyId,
    },
    /// The signature is not the key's.
    #[error(
        "The signature of this monitor license is invalid: it was changed after the vendor signed it. Get it from the vendor again."
    )]
    BadSignature,
    /// For another server.
    #[error(
        "This monitor license is for the server {got}, not for this one ({own}). Ask the vendor for one for this server."
    )]
    OtherServer {
        /// Its GUID.
        got: Guid,
        /// This server's.
        own: Guid,
    },
    /// A field that is missing or wrong.
    #[error("In this monitor license “{field}” {problem}. Ask the vendor to issue it again.")]
    Field {
        /// Which field.
        field: String,
        /// What is wrong with it, as a clause.
        problem: String,
    },
}

impl From<FieldError> for MonitorDocumentError {
    fn from(error: FieldError) -> Self {
        let field = if error.field.is_empty() { "monitor-license".to_owned() } else { error.field };
        Self::Field { field, problem: error.problem }
    }
}

/// A signed document, kept as received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignedMonitorDocument {
    /// The document.
    pub monitor_license: Value,
    /// The key of the signature.
    pub key_id: KeyId,
    /// Ed25519 over the canonical document, in base64.
    pub signature: String,
}

impl SignedMonitorDocument {
    /// Signs a document.
    #[must_use]
    pub fn sign(secret: &VendorSecret, document: &MonitorDocument) -> Self {
        let value = written(document);
        let signature = canonical::sign(secret, DOMAIN, &value).expect("a document is written with exact numbers only");
        Self { monitor_license: value, key_id: secret.public().id(), signature }
    }

    /// Reads a key file: the signed document as JSON.
    ///
    /// # Errors
    /// [`MonitorDocumentError::NotADocument`].
    pub fn parse(text: &str) -> Result<Self, MonitorDocumentError> {
        let (value, _) = crate::pasted::json_text(text).map_err(|_| MonitorDocumentError::NotADocument)?;
        serde_json::from_value(value).map_err(|_| MonitorDocumentError::NotADocument)
    }

    /// Reads it from a member of a message.
    pub(crate) fn of(value: &Value, path: String) -> Result<Self, FieldError> {
        let signed = Members::of(value, path)?;
        let document = signed.value("monitor-license")?.clone();
        let signature = signed.text("signature")?.to_owned();
        Ok(Self { monitor_license: document, key_id: signed.parsed("key-id")?, signature })
    }

    /// The document, when one of `keys` signed it for the server with that GUID.
    ///
    /// # Errors
    /// As [`Self::verify`], then [`MonitorDocumentError::OtherServer`].
    pub fn verify_for(&self, own: Guid, keys: &[VendorKey]) -> Result<MonitorDocument, MonitorDocumentError> {
        let document = self.verify(keys)?;
        let got = document.guid;
        if got == own { Ok(document) } else { Err(MonitorDocumentError::OtherServer { got, own }) }
    }

    /// The document, when one of `keys` signed it.
    ///
    /// # Errors
    /// The signature first, then the first field that is wrong.
    pub fn verify(&self, keys: &[VendorKey]) -> Result<MonitorDocument, MonitorDocumentError> {
        let key = keys.iter().find(|key| key.id() == self.key_id);
        let key = key.ok_or(MonitorDocumentError::UnknownKey { key_id: self.key_id })?;
        if !canonical::verify(key, DOMAIN, &self.monitor_license, &self.signature) {
            return Err(MonitorDocumentError::BadSignature);
        }
        Ok(read(&self.monitor_license)?)
    }
}

fn written(document: &MonitorDocument) -> Value {
    let license = |license: &MonitorLicense| {
        json!({
            "id": license.id,
            "from": instant::to_text(license.from),
            "to": instant::to_text(license.to),
            "users": license.users.min(LARGEST_INTEGER),
        })
    };
    let key = |key: &DayKey| {
        json!({
            "header": key.header.to_string(),
            "users": key.key.users,
            "key": BASE64_STANDARD.encode(key.key.bytes()),
        })
    };
    json!({
        "format": DOMAIN,
        "guid": document.guid,
        "issued": instant::to_text(document.issued),
        "licenses": document.licenses.iter().map(license).collect::<Vec<_>>(),
        "keys": document.keys.iter().map(key).collect::<Vec<_>>(),
    })
}

fn read(value: &Value) -> Result<MonitorDocument, FieldError> {
    let members = Members::of(value, "")?;
    if members.text("format")? != DOMAIN {
        return Err(members.error("format", format!("must be “{DOMAIN}”, the only format this server reads")));
    }
    let list = |name: &str, most: usize| {
        let items = members.list(name)?;
        if items.len() > most {
            return Err(members.error(name, format!("has {} entries; the maximum is {most}", items.len())));
        }
        Ok(items.iter().enumerate().map(move |(at, item)| (item, format!("{name}[{at}]"))).collect::<Vec<_>>())
    };
    let licenses = list("licenses", MOST_LICENSES)?.into_iter().map(|(item, path)| license(item, path));
    let keys = list("keys", MOST_KEYS)?.into_iter().map(|(item, path)| day_key(item, path));
    Ok(MonitorDocument {
        guid: members.parsed("guid")?,
        issued: members.instant("issued")?,
        licenses: licenses.collect::<Result<_, _>>()?,
        keys: keys.collect::<Result<_, _>>()?,
    })
}

fn license(value: &Value, path: String) -> Result<MonitorLicense, FieldError> {
    let members = Members::of(value, path)?;
    let license = MonitorLicense {
        id: members.text("id")?.to_owned(),
        from: members.instant("from")?,
        to: members.instant("to")?,
        users: members.whole("users")?,
    };
    if license.to < license.from {
        return Err(members.error("to", "must not be before “from”"));
    }
    Ok(license)
}

fn day_key(value: &Value, path: String) -> Result<DayKey, FieldError> {
    let members = Members::of(value, path)?;
    let bytes = BASE64_STANDARD.decode(members.text("key")?).ok().and_then(|bytes| bytes.try_into().ok());
    let bytes: [u8; 32] = bytes.ok_or_else(|| members.error("key", "must be 32 bytes in base64"))?;
    Ok(DayKey { header: members.parsed("header")?, key: UserKey::new(members.whole("users")?, bytes) })
}
