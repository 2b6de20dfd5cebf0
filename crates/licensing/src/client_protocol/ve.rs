//! What clients of virtual environments say besides (FORMATS §4): they log in with a passphrase and take one license for as long as
//! they run.

use serde::{Deserialize, Serialize};

use crate::product::ProductCode;

/// The product a client of a virtual environment asks for; which one of the license it is, its passphrase tells.
pub const VE_PRODUCT: &str = "VE";

/// A login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VeLogin {
    /// Of the product section of the license, `1111-2222-3333-4444`. Never logged.
    pub passphrase: String,
    /// The virtual hardware it is, by name or code.
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

/// What the license says to a client that logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VeTerms {
    /// Its id.
    pub license_id: String,
    /// `NORMAL` or `COUNTDOWN`.
    pub key_type: String,
    /// How long the client may go on without a license, minutes.
    pub grace_min: u32,
    /// Time between two checks of the license, minutes.
    pub interval_min: u32,
}

/// What a client saw of the server it worked with before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedServer {
    /// That server, as the client calls it, up to 255 characters.
    pub server: String,
    /// How long ago its last usable answer came, milliseconds.
    pub silent_ms: u64,
    /// What it answered or why it did not, as a sentence, up to 255 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub problem: String,
}

/// What is granted ends soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiryNotice {
    /// Until the end, milliseconds.
    pub ends_in_ms: u64,
    /// Why, and what to do.
    pub sentence: String,
}

/// The most characters of a product's name that stand in its pool's.
const POOL_NAME: usize = 48;

/// The pool the instances of a product of a VE license are counted in. No other client may take from it: see [`is_reserved`]. Two
/// products have two pools: a slash becomes a point, and what cannot stand in a product code becomes its number.
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
    format!("{VE_PRODUCT}.{name}").parse().expect("letters, digits, points, hyphens and underscores, 60 at most")
}

/// Whether only clients that logged in with a passphrase may ask for this product.
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
