//! Random secrets and their digests: the one place that draws randomness.

use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// `N` random bytes from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// SHA-256.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 as lower-case hexadecimal.
pub fn digest_hex(bytes: &[u8]) -> String {
    hex(&digest(bytes))
}

/// SHA-256 as people compare it: pairs of capital hexadecimal digits with colons.
pub fn fingerprint(bytes: &[u8]) -> String {
    let pairs: Vec<String> = digest(bytes).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// A random UUID (version 4).
pub fn uuid() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(random()).into_uuid()
}

/// A random number below `bound`, which is not 0; even enough for small bounds.
pub fn below(bound: usize) -> usize {
    usize::try_from(u64::from_le_bytes(random()) % bound as u64).unwrap_or(0)
}

/// A random fraction, 0 up to 1.
pub fn fraction() -> f64 {
    f64::from(u32::from_le_bytes(random())) / f64::from(u32::MAX)
}
