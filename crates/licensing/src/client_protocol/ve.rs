//! The VE part of the protocol: VE clients log in with a passphrase and hold one license while they run.

use serde::{Deserialize, Serialize};

use crate::product::ProductCode;

/// The product VE clients request; the passphrase identifies the product of the license.
pub const VE_PRODUCT: &str = "VE";

/// A login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VeLogin {
    /// Passphrase of the license's product section, `1111-2222-3333-4444`. Never logged.
    pub passphrase: String,
    /// The virtual hardware, by name or code.
    pub product: String,
    /// Its version: this,
    pub major: u32,
    /// and this.
    pub minor: u32,
    /// Virtual processors.
    pub cpus: u32,
    /// Memory, MB.
    pub memory_mb: u64,
}

impl std::fmt::Debug for VeLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VeLogin").field("product", &self.product).finish_non_exhaustive()
    }
}

/// The license's data for a client that logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VeTerms {
    /// Its id.
    pub license_id: String,
    /// `NORMAL` or `COUNTDOWN`.
    pub key_type: String,
    /// Grace period, minutes.
    pub grace_min: u32,
    /// Time between two checks of the license, minutes.
    pub interval_min: u32,
}

/// A client's report about its previous server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedServer {
    /// The client's address of that server, up to 255 characters.
    pub server: String,
    /// How long ago its last usable answer came, milliseconds.
    pub silent_ms: u64,
    /// Its answer, or why there was none, as a sentence, up to 255 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub problem: String,
}

/// The grant ends soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiryNotice {
    /// Until the end, milliseconds.
    pub ends_in_ms: u64,
    /// Why, and what to do.
    pub sentence: String,
}

/// Maximum part of a product's name in its pool's name, characters.
const POOL_NAME: usize = 48;

/// The pool that counts the instances of a VE license's product. Other clients may not use it: see [`is_reserved`].
/// Names map to distinct pools: a slash becomes a dot, and other characters invalid in a product code become their
/// number.
#[must_use]
pub fn pool_of(product: &str) -> ProductCode {
    let mut name = String::new();
    for byte in product.bytes() {
        match byte {
            b'/' => name.push('.'),
            b'-' => name.push('-'),
            byte if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
            byte => name.push_str(&format!("_{byte:02X}")),
        }
    }
    if name.len() > POOL_NAME {
        let mark =
            product.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        name.truncate(POOL_NAME);
        name.push_str(&format!("_{mark:08x}"));
    }
    format!("{VE_PRODUCT}.{name}").parse().expect("at most 60 letters, digits, dots, hyphens and underscores")
}

/// Whether only clients that logged in with a passphrase may request this product.
#[must_use]
pub fn is_reserved(product: &ProductCode) -> bool {
    let rest = product.as_str().strip_prefix(VE_PRODUCT);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_product_of_a_license_has_a_pool_of_its_own() {
        assert_eq!(pool_of("Charon-SSP/4U").as_str(), "VE.Charon-SSP.4U");
        for (one, other) in [("4U", "4U+"), ("a/b", "a.b"), ("a_2B", "a+"), (&"ä".repeat(500), &"ä".repeat(499))] {
            assert_ne!(pool_of(one), pool_of(other));
            assert!(pool_of(one).as_str().len() <= 64 && is_reserved(&pool_of(one)));
        }
        assert!(is_reserved(&"VE".parse().unwrap()) && !is_reserved(&"VECTOR".parse().unwrap()));
    }

    #[test]
    fn a_passphrase_is_not_shown() {
        let login = VeLogin {
            passphrase: "1111-2222-3333-4444".into(),
            product: "4U".into(),
            major: 1,
            minor: 0,
            cpus: 1,
            memory_mb: 1,
        };
        assert!(!format!("{login:?}").contains("1111"));
    }
}
