use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use super::{PeerKey, PeerSecret};
use crate::{
    plain_text::{is_hyphen, wraps_a_value},
    vendor_key::Fingerprint,
};

/// Characters of a code, five bits each: no I, L, O or U, which are easily misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Bytes of the secret.
const SECRET: usize = 16;
/// Bytes of the fingerprint that are part of the code.
const PRINT: usize = 12;
/// Bytes of a code, including two of checksum.
const BYTES: usize = SECRET + PRINT + 2;
/// Characters of a code, hyphens not counted.
const LENGTH: usize = BYTES * 8 / 5;
/// Characters between hyphens.
const GROUP: usize = 4;
/// Prefix hashed before the secret, so that the derived key has only this purpose.
const DOMAIN: &[u8] = b"leasehold invitation 1\0";

/// The code for a joining server: a secret, and part of the inviting server's fingerprint. Written in twelve groups of
/// four characters. Shown once, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    secret: [u8; SECRET],
    print: [u8; PRINT],
}

/// Not an invitation code. The text is not quoted, because it may be most of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// Too short or too long.
    #[error(
        "An invitation code has 12 groups of 4 characters; this one has {found} characters instead of {LENGTH}. Copy all of it again."
    )]
    Length {
        /// Characters found.
        found: usize,
    },
    /// An invalid character.
    #[error("An invitation code contains only digits and the letters A–Z. Copy it again.")]
    Character,
    /// The checksum does not match.
    #[error("This invitation code has a typing error. Compare it with the original, or copy it again.")]
    Checksum,
}

impl Invitation {
    /// From 16 random bytes and the fingerprint of the key of the server that invites.
    #[must_use]
    pub fn new(secret: [u8; SECRET], inviter: &Fingerprint) -> Invitation {
        let mut print = [0; PRINT];
        print.copy_from_slice(&inviter.as_bytes()[..PRINT]);
        Invitation { secret, print }
    }

    /// Whether the code was made by the server whose key has this fingerprint.
    #[must_use]
    pub fn is_of(&self, inviter: &Fingerprint) -> bool {
        inviter.as_bytes().starts_with(&self.print)
    }

    /// The signing key derived from the code.
    #[must_use]
    pub fn key(&self) -> PeerSecret {
        let digest = Sha256::new().chain_update(DOMAIN).chain_update(self.secret).chain_update(self.print);
        PeerSecret::from_seed(digest.finalize().into())
    }

    /// The part the inviting server keeps: enough to verify a signature, not to make one.
    #[must_use]
    pub fn public(&self) -> PeerKey {
        self.key().public()
    }

    fn bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..SECRET].copy_from_slice(&self.secret);
        bytes[SECRET..SECRET + PRINT].copy_from_slice(&self.print);
        let sum = crc(&bytes[..SECRET + PRINT]).to_be_bytes();
        bytes[SECRET + PRINT..].copy_from_slice(&sum);
        bytes
    }
}

/// CRC-16/IBM-3740. It detects every wrong character and every swap of neighbors: both alter fewer than 16 bits in a
/// row.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |sum, byte| {
        (0..8).fold(
            sum ^ (u16::from(*byte) << 8),
            |sum, _| if sum & 0x8000 == 0 { sum << 1 } else { (sum << 1) ^ 0x1021 },
        )
    })
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes();
        let mut text = String::new();
        for place in 0..LENGTH {
            if place > 0 && place % GROUP == 0 {
                text.push('-');
            }
            let value = (0..5).fold(0, |value, bit| {
                let at = place * 5 + bit;
                value << 1 | usize::from(bytes[at / 8] >> (7 - at % 8) & 1)
            });
            text.push(char::from(ALPHABET[value]));
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invitation(…)")
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    /// In any case, with or without hyphens and blanks; letters that look like digits count as these.
    fn from_str(text: &str) -> Result<Invitation, InvitationError> {
        let filler = |c: &char| wraps_a_value(*c) || is_hyphen(*c);
        let written: Vec<char> = text.chars().filter(|c| !filler(c)).take(LENGTH + 1).collect();
        if written.len() != LENGTH {
            return Err(InvitationError::Length { found: text.chars().filter(|c| !filler(c)).count() });
        }
        let mut bytes = [0_u8; BYTES];
        for (place, character) in written.into_iter().enumerate() {
            let value = value(character).ok_or(InvitationError::Character)?;
            for bit in (0..5).filter(|bit| value >> (4 - bit) & 1 == 1) {
                let at = place * 5 + bit;
                bytes[at / 8] |= 1 << (7 - at % 8);
            }
        }
        let mut invitation = Invitation { secret: [0; SECRET], print: [0; PRINT] };
        invitation.secret.copy_from_slice(&bytes[..SECRET]);
        invitation.print.copy_from_slice(&bytes[SECRET..SECRET + PRINT]);
        if invitation.bytes() == bytes { Ok(invitation) } else { Err(InvitationError::Checksum) }
    }
}

fn value(character: char) -> Option<usize> {
    let read = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        'U' => 'V',
        other => other,
    };
    ALPHABET.iter().position(|digit| char::from(*digit) == read)
}
