use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit, Nonce,
    aead::{Aead, Payload},
};

use super::{HeaderId, KeyLadder};

/// The first character of a locked line.
pub const MARK: char = '!';

/// Records are padded to a multiple of this, bytes, so that their length says little.
const PAD: usize = 64;

/// Header id, user index, number of the line under this header.
const HEAD: usize = 8 + 4 + 8;

/// One locked line, still sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedLine {
    /// Which key opens it.
    pub header: HeaderId,
    /// The index of its user, from 1.
    pub index: u64,
    /// The number of the line under this header, from 0.
    pub number: u64,
    sealed: Vec<u8>,
}

/// Why a locked line can't be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LockedLineError {
    /// The key is for fewer users.
    #[error("its user is beyond the licensed number")]
    BeyondLicensed,
    /// Changed, cut off, or from another day or server.
    #[error("it was changed, cut off, or moved here from another day or server")]
    Damaged,
}

/// Seals a record into one line without its end. `number` must be used once under one header.
#[must_use]
pub fn seal_line(keys: &KeyLadder, header: HeaderId, day: i64, index: u64, number: u64, record: &[u8]) -> String {
    let Some(key) = keys.record_key(index) else { return String::new() };
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    let mut plain = Vec::with_capacity((record.len() + 4).next_multiple_of(PAD));
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(record);
    plain.resize(plain.len().next_multiple_of(PAD), 0);
    let head = head(header, index, number);
    let payload = Payload { msg: &plain, aad: &bound(&head, day) };
    let sealed = ChaCha20Poly1305::new(&key.into()).encrypt(&nonce(number), payload).unwrap_or_default();
    let mut line = String::with_capacity(1 + (HEAD + sealed.len()).div_ceil(3) * 4);
    line.push(MARK);
    BASE64_STANDARD_NO_PAD.encode_string([&head[..], &sealed].concat(), &mut line);
    line
}

impl LockedLine {
    /// Reads a line, with or without its end; `None` when it isn't a whole locked line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD_NO_PAD.decode(line.trim_end_matches('\n').strip_prefix(MARK)?).ok()?;
        let (id, rest) = bytes.split_first_chunk::<8>()?;
        let (index, rest) = rest.split_first_chunk::<4>()?;
        let (number, sealed) = rest.split_first_chunk::<8>()?;
        Some(Self {
            header: HeaderId(*id),
            index: u32::from_be_bytes(*index).into(),
            number: u64::from_be_bytes(*number),
            sealed: sealed.to_vec(),
        })
    }

    /// The record.
    ///
    /// # Errors
    /// [`LockedLineError`]
    pub fn open(&self, keys: &KeyLadder, day: i64) -> Result<Vec<u8>, LockedLineError> {
        let key = keys.record_key(self.index).ok_or(LockedLineError::BeyondLicensed)?;
        let head = head(self.header, self.index, self.number);
        let payload = Payload { msg: &self.sealed, aad: &bound(&head, day) };
        let opened = ChaCha20Poly1305::new(&key.into()).decrypt(&nonce(self.number), payload);
        let mut plain = opened.map_err(|_| LockedLineError::Damaged)?;
        let length = plain.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize);
        let length = length.filter(|length| *length <= plain.len() - 4).ok_or(LockedLineError::Damaged)?;
        plain.drain(..4);
        plain.truncate(length);
        Ok(plain)
    }
}

fn head(header: HeaderId, index: u64, number: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&header.0);
    head[8..12].copy_from_slice(&u32::try_from(index).unwrap_or(u32::MAX).to_be_bytes());
    head[12..].copy_from_slice(&number.to_be_bytes());
    head
}

fn bound(head: &[u8; HEAD], day: i64) -> [u8; HEAD + 8] {
    let mut bound = [0; HEAD + 8];
    bound[..HEAD].copy_from_slice(head);
    bound[HEAD..].copy_from_slice(&day.to_be_bytes());
    bound
}

fn nonce(number: u64) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce
}
