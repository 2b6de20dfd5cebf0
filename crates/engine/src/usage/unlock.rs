//! Counting records that were locked, each exactly once: which lines of a file are opened is stored in the transaction
//! that counts them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use licensing::locked::HeaderId;

use super::group::UsageWork;
use super::{Batch, Usage};
use crate::DatabaseError;

/// Lines per chunk of stored bits.
pub(crate) const CHUNK: u64 = 8_192;

/// Lines by their number under one header.
#[derive(Debug, Default, Clone)]
pub(crate) struct LineSet(BTreeMap<i64, Vec<u8>>);

impl LineSet {
    fn place(number: u64) -> (i64, usize, u8) {
        let within = number % CHUNK;
        ((number / CHUNK).cast_signed(), (within / 8) as usize, 1 << (within % 8))
    }

    /// A chunk as stored.
    pub fn put(&mut self, chunk: i64, mut bits: Vec<u8>) {
        bits.resize((CHUNK / 8) as usize, 0);
        self.0.insert(chunk, bits);
    }

    pub fn has(&self, number: u64) -> bool {
        let (chunk, byte, bit) = Self::place(number);
        self.0.get(&chunk).is_some_and(|bits| bits[byte] & bit != 0)
    }

    /// Adds a line; false if it was there. Returns its chunk too.
    pub fn add(&mut self, number: u64) -> (i64, bool) {
        let (chunk, byte, bit) = Self::place(number);
        let bits = self.0.entry(chunk).or_insert_with(|| vec![0; (CHUNK / 8) as usize]);
        let new = bits[byte] & bit == 0;
        bits[byte] |= bit;
        (chunk, new)
    }

    pub fn chunk(&self, chunk: i64) -> Option<&[u8]> {
        self.0.get(&chunk).map(Vec::as_slice)
    }

    pub fn count(&self) -> u64 {
        self.0.values().flatten().map(|byte| u64::from(byte.count_ones())).sum()
    }
}

/// Records that were locked, to be counted in one transaction.
#[derive(Debug, Default)]
pub(crate) struct UnlockGroup {
    /// Records of one run, and the number of each.
    pub parts: Vec<(Batch, Vec<u64>)>,
    /// Chunks of opened lines, with those of this group.
    pub bits: HashMap<(HeaderId, i64), Vec<u8>>,
    /// Lines opened by this group.
    pub opened: BTreeMap<HeaderId, u64>,
}

impl UnlockGroup {
    /// How many records it has.
    pub fn records(&self) -> u64 {
        self.opened.values().sum()
    }
}

/// What a commit stores about lines that were opened.
#[derive(Debug, Default)]
pub(super) struct UnlockRows {
    pub bits: BTreeMap<(String, i64), Vec<u8>>,
    pub opened: BTreeMap<String, u64>,
}

impl UnlockRows {
    pub fn add(&mut self, group: &UnlockGroup) {
        for ((header, chunk), bits) in &group.bits {
            self.bits.insert((header.to_string(), *chunk), bits.clone());
        }
        for (header, opened) in &group.opened {
            *self.opened.entry(header.to_string()).or_default() += opened;
        }
    }
}

/// The locked lines of a day as they are stored.
#[derive(Debug)]
pub(crate) struct LockedLines {
    pub path: PathBuf,
    pub length: u64,
    /// The id of each header and its number of lines.
    pub headers: Vec<(String, u64)>,
}

impl Usage {
    /// Counts records that were locked.
    ///
    /// # Errors
    /// [`DatabaseError`]; none of them is counted then.
    pub(crate) async fn unlock(&self, group: UnlockGroup) -> Result<(), DatabaseError> {
        self.inner.ask(|answer| UsageWork::Unlock(group, answer)).await
    }

    /// Where a day's file is, how much of it is stored, and the headers of its lines, each with how many there are.
    pub(crate) async fn stored_file(&self, day: i64) -> Result<LockedLines, DatabaseError> {
        // Held, so that file and headers are of one commit.
        let writer = super::import::sound(&self.inner).await?;
        let (path, length) = writer.files.stored(day);
        let headers = sqlx::query_as("SELECT id, records FROM locked_headers WHERE day = ?")
            .bind(day)
            .fetch_all(self.inner.store.read())
            .await?;
        Ok(LockedLines { path, length, headers })
    }

    /// Forgets which check-outs have ended, once nothing is locked.
    ///
    /// # Errors
    /// [`DatabaseError`]; they are kept then.
    pub(crate) async fn forget_locked_ends(&self) -> Result<(), DatabaseError> {
        let mut writer = self.inner.writer.lock().await;
        if !writer.sound || !writer.locked.may_forget_ends() {
            return Ok(());
        }
        let mut tx = self.inner.store.write().await?;
        sqlx::query("DELETE FROM locked_ended").execute(&mut *tx).await?;
        tx.commit().await?;
        writer.locked.forget_ends();
        Ok(())
    }
}
