//! The vendor's registration file: everything that a server and its nodes need to know each other.

mod error;

pub use error::RegistrationError;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{
    canonical::members::Members,
    context::Context,
    guid::Guid,
    pasted::{NotRead, decode, json},
    registration::AuthString,
    vendor_key::{VendorKey, WrittenKey},
};

/// The first member of a registration file.
pub const FORMAT: &str = "leasehold registration 1";

/// Maximum size of a registration file, bytes.
pub const LARGEST: usize = 64 * 1024;

/// A registration. The auth string is secret.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistrationFile {
    /// The server's identity.
    pub guid: Guid,
    /// Auth string.
    pub auth_string: AuthString,
    /// Context.
    pub context: Option<Context>,
    /// The first deployment (tenant).
    pub deployment_id: Option<String>,
    /// Operator id for the reporting API.
    pub operator_id: Option<String>,
    /// The customer's name.
    pub customer: Option<String>,
    /// Nodes without HTTPS, `host` or `host:port`.
    pub nodes: Vec<String>,
    /// Nodes with HTTPS.
    pub nodes_https: Vec<String>,
    /// The keys to trust; at least one.
    pub vendor_keys: Vec<VendorKey>,
}

impl RegistrationFile {
    /// Reads a registration file, also between the lines of a mail. Ignores unknown members.
    ///
    /// # Errors
    /// See [`RegistrationError`]: each says what to do.
    pub fn parse(bytes: &[u8]) -> Result<RegistrationFile, RegistrationError> {
        if bytes.len() > LARGEST {
            return Err(RegistrationError::TooLong { bytes: bytes.len() });
        }
        let text = decode(bytes).map_err(|at| RegistrationError::NotJson { line: at.line, column: at.column })?;
        json(&text, Self::of).map_err(|error| match error {
            NotRead::NotJson { line, column, .. } => RegistrationError::NotJson { line, column },
            NotRead::Refused(error) => error,
        })
    }

    fn of(value: Value) -> Result<RegistrationFile, RegistrationError> {
        let members = Members::of(&value, "").map_err(|_| RegistrationError::NotARegistration)?;
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("leasehold registration ") => return Err(RegistrationError::OtherVersion),
            _ => return Err(RegistrationError::NotARegistration),
        }
        Ok(RegistrationFile {
            guid: Guid::parse(members.text("guid")?)?,
            auth_string: members.text("auth_string")?.parse().map_err(|_| RegistrationError::AuthString)?,
            context: members.optional("context").map(|_| members.parsed("context")).transpose()?,
            deployment_id: members.optional_text("deployment_id")?.map(str::to_owned),
            operator_id: members.optional_text("operator_id")?.map(str::to_owned),
            customer: members.optional_text("customer")?.map(str::to_owned),
            nodes: nodes(&members, "nodes")?,
            nodes_https: nodes(&members, "nodes_https")?,
            vendor_keys: keys(&members)?,
        })
    }

    /// The file's text: indented JSON and a final line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        let file = File {
            format: FORMAT,
            guid: self.guid,
            auth_string: self.auth_string.as_str(),
            context: self.context,
            deployment_id: self.deployment_id.as_deref(),
            operator_id: self.operator_id.as_deref(),
            customer: self.customer.as_deref(),
            nodes: &self.nodes,
            nodes_https: &self.nodes_https,
            vendor_keys: &self.vendor_keys,
        };
        let mut text = serde_json::to_string_pretty(&file).expect("text, lists and fixed words are always written");
        text.push('\n');
        text
    }
}

/// The members in the order they are written.
#[derive(Serialize)]
struct File<'a> {
    format: &'static str,
    guid: Guid,
    auth_string: &'a str,
    context: Option<Context>,
    deployment_id: Option<&'a str>,
    operator_id: Option<&'a str>,
    customer: Option<&'a str>,
    nodes: &'a [String],
    nodes_https: &'a [String],
    vendor_keys: &'a [VendorKey],
}

fn nodes(members: &Members<'_>, name: &str) -> Result<Vec<String>, RegistrationError> {
    Ok(members.optional(name).map(|_| members.texts(name)).transpose()?.unwrap_or_default())
}

fn keys(members: &Members<'_>) -> Result<Vec<VendorKey>, RegistrationError> {
    let Some(Value::Array(items)) = members.optional("vendor_keys") else { return Err(RegistrationError::NoKey) };
    if items.is_empty() {
        return Err(RegistrationError::NoKey);
    }
    let key = |(index, item): (usize, &Value)| {
        let half = Members::of(item, format!("vendor_keys[{index}]"))?;
        let text = |name| half.text(name).map(str::to_owned);
        let written =
            WrittenKey { signing: text("signing")?, sealing: text("sealing")?, fingerprint: text("fingerprint")? };
        Ok(VendorKey::try_from(written)?)
    };
    items.iter().enumerate().map(key).collect()
}

impl fmt::Debug for RegistrationFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistrationFile")
            .field("guid", &self.guid)
            .field("context", &self.context)
            .field("customer", &self.customer)
            .field("nodes", &self.nodes)
            .field("nodes_https", &self.nodes_https)
            .field("vendor_keys", &self.vendor_keys)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
