//! A registration: a server's identity at the licensing nodes, its secret, and the keys it trusts. Parsed and checked
//! once, whether typed or from the vendor's file.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    conf::{document::Document, setting},
    context::Context,
    guid::{Guid, GuidError},
    plain_text::is_blank,
    registration_file::RegistrationFile,
    vendor_key::{Fingerprint, KeyError, VendorKey},
};

mod correction;

pub use correction::{Correction, RegistrationField};

/// Maximum length of an auth string, characters: it is sent as an HTTP header.
pub const LONGEST_AUTH: usize = 1024;

/// Maximum length of a customer's name, characters.
pub const LONGEST_CUSTOMER: usize = 200;

/// The secret that proves a server's identity to the nodes: one line of printable ASCII, never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AuthString(String);

/// Not an auth string. No message repeats what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthStringError {
    /// Nothing but white space.
    #[error("Enter the auth string from the vendor's message.")]
    Empty,
    /// With the name it has in a header or a registration file.
    #[error(
        "This is more than the auth string. Copy only what follows “x-auth-string:” or “auth_string”, without quotes."
    )]
    Labelled,
    /// More than one line.
    #[error("An auth string must be one line; this has {lines}. Copy it again from the vendor's message.")]
    Lines {
        /// How many.
        lines: usize,
    },
    /// More characters than a header may have.
    #[error(
        "This has {length} characters; an auth string has at most {LONGEST_AUTH}. Copy only the auth string from the vendor's message."
    )]
    TooLong {
        /// How many.
        length: usize,
    },
    /// Not printable ASCII.
    #[error(
        "Character {at} can't be part of an auth string, which has only unaccented letters, digits and symbols. Copy it again from the vendor's message."
    )]
    Character {
        /// Its place, counted from 1.
        at: usize,
    },
}

impl AuthString {
    /// The secret itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AuthString {
    type Err = AuthStringError;

    fn from_str(text: &str) -> Result<AuthString, AuthStringError> {
        let text = text.trim_matches(is_blank);
        if text.is_empty() {
            return Err(AuthStringError::Empty);
        }
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("x-auth-string")
            || lower.trim_start_matches(['{', '"', ' ', '\n']).starts_with("auth_string")
        {
            return Err(AuthStringError::Labelled);
        }
        let lines = text.lines().count();
        if lines > 1 {
            return Err(AuthStringError::Lines { lines });
        }
        let length = text.chars().count();
        if length > LONGEST_AUTH {
            return Err(AuthStringError::TooLong { length });
        }
        match text.chars().position(|character| !(' '..='~').contains(&character)) {
            Some(place) => Err(AuthStringError::Character { at: place + 1 }),
            None => Ok(AuthString(text.to_owned())),
        }
    }
}

impl TryFrom<String> for AuthString {
    type Error = AuthStringError;

    fn try_from(text: String) -> Result<AuthString, AuthStringError> {
        text.parse()
    }
}

impl From<AuthString> for String {
    fn from(auth: AuthString) -> String {
        auth.0
    }
}

impl fmt::Debug for AuthString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthString(…)")
    }
}

/// A registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The server's identity.
    pub guid: Guid,
    /// `None` keeps the saved one for this GUID.
    pub auth: Option<AuthString>,
    /// Trusted vendor keys by fingerprint; a missing key is fetched from a node.
    pub vendor_keys: Vec<(Fingerprint, Option<VendorKey>)>,
    /// The server's context, if known before the first sync.
    pub context: Option<Context>,
    /// The customer's name.
    pub customer: Option<String>,
    /// Operator id for the reporting API.
    pub operator: Option<String>,
    /// Nodes without HTTPS, `host` or `host:port`.
    pub nodes: Vec<String>,
    /// Nodes with HTTPS.
    pub nodes_https: Vec<String>,
    /// Those of the keys that a registration file brought; the others were confirmed by their fingerprint.
    #[serde(default)]
    pub file_keys: Vec<Fingerprint>,
    /// Set for a correction: its sentence in the audit log. Context and customer then replace the saved ones, even by nothing.
    #[serde(default)]
    pub corrected: Option<String>,
}

/// How a vendor's key came to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
pub enum KeyOrigin {
    /// A registration file brought it.
    #[strum(serialize = "registration file")]
    RegistrationFile,
    /// A person gave or confirmed its fingerprint, and a node the key.
    #[strum(serialize = "fingerprint")]
    Fingerprint,
}

impl KeyOrigin {
    /// The word stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Where it came from, for people: "From the registration file".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            KeyOrigin::RegistrationFile => "From the registration file",
            KeyOrigin::Fingerprint => "From a licensing node, by its fingerprint",
        }
    }
}

/// Not a registration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypedError {
    /// The GUID.
    #[error(transparent)]
    Guid(#[from] GuidError),
    /// The auth string.
    #[error(transparent)]
    Auth(#[from] AuthStringError),
    /// The fingerprint of the vendor's key.
    #[error(transparent)]
    Fingerprint(#[from] KeyError),
}

impl Registration {
    /// A GUID and nothing else.
    #[must_use]
    pub fn new(guid: Guid) -> Registration {
        Registration {
            guid,
            auth: None,
            vendor_keys: Vec::new(),
            context: None,
            customer: None,
            operator: None,
            nodes: Vec::new(),
            nodes_https: Vec::new(),
            file_keys: Vec::new(),
            corrected: None,
        }
    }

    /// How this key came.
    #[must_use]
    pub fn origin_of(&self, fingerprint: Fingerprint) -> KeyOrigin {
        if self.file_keys.contains(&fingerprint) { KeyOrigin::RegistrationFile } else { KeyOrigin::Fingerprint }
    }

    /// From typed values: auth string and fingerprint may be empty.
    ///
    /// # Errors
    /// [`TypedError`]: each says what to do.
    pub fn typed(guid: &str, auth: &str, fingerprint: &str) -> Result<Registration, TypedError> {
        Registration::new(Guid::parse(guid)?).with(auth, fingerprint)
    }

    /// The same with an auth string and the fingerprint of a key to trust; either may be empty.
    ///
    /// # Errors
    /// [`TypedError`]: each says what to do.
    pub fn with(mut self, auth: &str, fingerprint: &str) -> Result<Registration, TypedError> {
        if !auth.trim().is_empty() {
            self.auth = Some(auth.parse()?);
        }
        if !fingerprint.trim().is_empty() {
            self.trust(fingerprint.trim().parse()?, None);
        }
        Ok(self)
    }

    /// Trusts a key, unless it is already trusted.
    pub fn trust(&mut self, fingerprint: Fingerprint, key: Option<VendorKey>) {
        if !self.vendor_keys.iter().any(|(known, _)| *known == fingerprint) {
            self.vendor_keys.push((fingerprint, key));
        }
    }

    /// The values that registering writes into the conf file.
    #[must_use]
    pub fn values(&self) -> Vec<(String, String)> {
        let pair = |key: &str, value: String| (key.to_owned(), value);
        vec![pair("FLEXIBLE_LICENSING_MODE", "1".to_owned()), pair("LICENSE_SERVER_GUID", self.guid.to_string())]
    }

    /// Its nodes, as values for a conf file without its own.
    #[must_use]
    pub fn node_values(&self, document: &Document) -> Vec<(String, String)> {
        let lists = [("FLEX_NODE_LIST", &self.nodes), ("FLEX_NODE_LIST_HTTPS", &self.nodes_https)];
        let own = |key: &str| {
            let Some(setting) = setting::find(key) else { return false };
            let Some(found) = document.get(setting.section, key) else { return false };
            let value = String::from_utf8_lossy(found.value).trim().to_owned();
            !value.is_empty() && !value.eq_ignore_ascii_case("default") && value != setting.default
        };
        let mut values: Vec<(String, String)> = lists
            .iter()
            .filter(|(key, nodes)| !nodes.is_empty() && !own(key))
            .map(|(key, nodes)| ((*key).to_owned(), nodes.join(";")))
            .collect();
        // If there are nodes for only one protocol, use that.
        let https = match lists.map(|(key, _)| values.iter().any(|(chosen, _)| chosen == key)) {
            [true, false] => "0",
            [false, true] => "1",
            _ => return values,
        };
        values.push(("USE_FLEX_REPORTING_HTTPS".to_owned(), https.to_owned()));
        values
    }
}

impl From<&RegistrationFile> for Registration {
    fn from(file: &RegistrationFile) -> Registration {
        Registration {
            guid: file.guid,
            auth: Some(file.auth_string.clone()),
            vendor_keys: file.vendor_keys.iter().map(|key| (key.fingerprint(), Some(*key))).collect(),
            context: file.context,
            customer: file.customer.clone(),
            operator: file.operator_id.clone(),
            nodes: file.nodes.clone(),
            nodes_https: file.nodes_https.clone(),
            file_keys: file.vendor_keys.iter().map(VendorKey::fingerprint).collect(),
            corrected: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor_key::VendorSecret;

    const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";

    #[test]
    fn an_auth_string_is_one_line_that_fits_a_header() {
        for good in ["a", " a b ", "aB3-secret~", &"x".repeat(LONGEST_AUTH)] {
            assert_eq!(good.parse::<AuthString>().unwrap().as_str(), good.trim());
        }
        assert_eq!("\u{feff}\u{a0}s3cret\u{200b}\r\n".parse::<AuthString>().unwrap().as_str(), "s3cret", "as copied");
        let long = "x".repeat(LONGEST_AUTH + 1);
        for (bad, wrong) in [
            ("", AuthStringError::Empty),
            ("  ", AuthStringError::Empty),
            ("a\nb", AuthStringError::Lines { lines: 2 }),
            ("a\tb", AuthStringError::Character { at: 2 }),
            ("schlüssel", AuthStringError::Character { at: 5 }),
            ("\u{202e}a", AuthStringError::Character { at: 1 }),
            (&long, AuthStringError::TooLong { length: LONGEST_AUTH + 1 }),
            ("x-auth-string: ABCD", AuthStringError::Labelled),
            ("\"auth_string\": \"ABCD\",", AuthStringError::Labelled),
            ("{\n  \"auth_string\": \"ABCD\"\n}", AuthStringError::Labelled),
        ] {
            assert_eq!(bad.parse::<AuthString>(), Err(wrong), "{bad:?}");
        }
        assert_eq!(
            AuthStringError::TooLong { length: 2048 }.to_string(),
            "This has 2048 characters; an auth string has at most 1024. Copy only the auth string from the vendor's message."
        );
        assert!(!format!("{:?}", "secret".parse::<AuthString>().unwrap()).contains("secret"));
    }

    #[test]
    fn what_is_typed_is_checked_part_by_part() {
        let key = VendorSecret::from_seeds([1; 32], [2; 32]).public().fingerprint();
        let whole = Registration::typed("df9960a17bd5633bf0f4b1470bbd0b8e", " secret ", &key.to_string()).unwrap();
        assert_eq!((whole.guid.to_string().as_str(), whole.vendor_keys.as_slice()), (GUID, &[(key, None)][..]));
        assert_eq!(whole.auth.as_ref().map(AuthString::as_str), Some("secret"));
        assert_eq!(Registration::typed(GUID, "", " ").unwrap(), Registration::new(whole.guid));
        for (guid, auth, key, wrong) in [
            ("", "", "", "Enter the GUID"),
            ("$LV_LIC", "", "", "is an unreplaced placeholder"),
            ("GET-CLUSTER-GUID-FROM-LUMENVOX", "", "", "is an unreplaced placeholder"),
            ("{00000000-0000-0000-0000-000000000000}", "", "", "identifies no server"),
            (GUID, "a\nb", "", "An auth string must be one line"),
            (GUID, "a", "SHA256:12", "fingerprint"),
        ] {
            let error = Registration::typed(guid, auth, key).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn it_is_stored_and_read_back() {
        let key = VendorSecret::from_seeds([1; 32], [2; 32]).public();
        let mut registration = Registration::typed(GUID, "secret", "").unwrap();
        registration.trust(key.fingerprint(), Some(key));
        registration.trust(key.fingerprint(), None);
        registration.context = Some(Context::Backup);
        let text = serde_json::to_string(&registration).unwrap();
        assert_eq!(serde_json::from_str::<Registration>(&text).unwrap(), registration);
        assert_eq!(registration.vendor_keys, [(key.fingerprint(), Some(key))]);
        assert_eq!(registration.origin_of(key.fingerprint()), KeyOrigin::Fingerprint);
        for origin in [KeyOrigin::RegistrationFile, KeyOrigin::Fingerprint] {
            assert_eq!(origin.as_str().parse(), Ok(origin));
        }
    }
}
