//! Random secrets and identifiers as the node makes them.

use licensing::guid::Guid;
pub use storage::secret::{digest, random, uuid};

/// 32 characters that are not mistaken for one another when read aloud or typed: no I, O, 0 or 1.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Characters of an auth string: 160 bits.
const AUTH_LENGTH: usize = 32;

/// Characters of a license id after its `L-`.
const LICENSE_LENGTH: usize = 8;

/// Whether both digests are the same, in a time that does not tell where they differ.
pub fn same(one: &[u8; 32], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |found, (a, b)| std::hint::black_box(found | (a ^ b)));
    other.len() == one.len() && differing == 0
}

/// A new auth string.
pub fn auth_string() -> String {
    characters::<AUTH_LENGTH>()
}

/// A new license id: `L-` and eight characters.
pub fn license_id() -> String {
    format!("L-{}", characters::<LICENSE_LENGTH>())
}

/// A new id of a license of the usage monitor: `M-` and eight characters.
pub fn monitor_license_id() -> String {
    format!("M-{}", characters::<LICENSE_LENGTH>())
}

/// A new GUID for a server.
pub fn guid() -> Guid {
    Guid::from_bytes(uuid().into_bytes()).expect("a random UUID has its version set, so it is not nil")
}

fn characters<const N: usize>() -> String {
    random::<N>().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_the_same_only_when_every_byte_is() {
        let one = digest(b"one");
        assert!(same(&one, &one));
        for index in 0..32 {
            let mut other = one;
            other[index] ^= 1;
            assert!(!same(&one, &other), "byte {index}");
        }
        assert!(!same(&one, &one[..31]));
        assert!(!same(&one, &[]));
    }

    #[test]
    fn ids_have_their_shape_and_do_not_repeat() {
        let id = license_id();
        assert_eq!(id.len(), 10);
        assert!(id.starts_with("L-") && id[2..].bytes().all(|b| ALPHABET.contains(&b)), "{id}");
        assert_ne!(auth_string(), auth_string());
        assert_ne!(guid(), guid());
    }
}
