//! HKDF-SHA256 (RFC 5869), limited to one block of output.

use sha2::{Digest, Sha256};

/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// HMAC-SHA256 (RFC 2104) over the parts, one after the other.
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36));
    for part in parts {
        inner.update(part);
    }
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner.finalize()).finalize().into()
}

/// HKDF-Extract.
pub(super) fn extract(salt: &[u8], secret: &[u8]) -> [u8; 32] {
    hmac(salt, &[secret])
}

/// The first 32 bytes of HKDF-Expand.
pub(super) fn expand(key: &[u8; 32], info: &[u8]) -> [u8; 32] {
    hmac(key, &[info, &[1]])
}

#[cfg(test)]
mod tests;
