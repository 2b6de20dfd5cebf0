//! Counting records that were locked, each exactly once: which lines of a file are opened is stored in the transaction
//! that counts them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use licensing::locked::HeaderId;

use super::group::UsageWork;
use super::state::Writer;
use super::{Batch, Usage, sealed};
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

    /// How many are in this set or in the other.
    pub fn count_with(&self, other: &Self) -> u64 {
        let mut all = self.clone();
        for (chunk, theirs) in &other.0 {
            let bits = all.0.entry(*chunk).or_insert_with(|| vec![0; theirs.len()]);
            for (bits, theirs) in bits.iter_mut().zip(theirs) {
                *bits |= theirs;
            }
        }
        all.count()
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

/// What is wrong with the locked lines of a day.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LockedDamage {
    /// Lines that don't open.
    pub damaged: u64,
    /// Lines that are gone.
    pub missing: u64,
    /// Records that nothing opens any more: all that is left of the day.
    pub settled: u64,
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

    /// Counts the records of a day that nothing opens as locked again, until it is read to its end.
    ///
    /// # Errors
    /// [`DatabaseError`]
    pub(crate) async fn unsettle(&self, day: i64) -> Result<(), DatabaseError> {
        let mut writer = super::import::sound(&self.inner).await?;
        let mut tx = self.inner.store.write().await?;
        sqlx::query("UPDATE locked_damage SET settled = 0 WHERE day = ?").bind(day).execute(&mut *tx).await?;
        tx.commit().await?;
        self.recount(&mut writer).await
    }

    /// Notes what is wrong with the locked lines of a day.
    ///
    /// # Errors
    /// [`DatabaseError`]
    pub(crate) async fn note_damage(&self, day: i64, damage: LockedDamage) -> Result<(), DatabaseError> {
        let LockedDamage { damaged, missing, settled } = damage;
        let mut writer = super::import::sound(&self.inner).await?;
        let mut tx = self.inner.store.write().await?;
        sqlx::query("DELETE FROM locked_damage WHERE day = ?").bind(day).execute(&mut *tx).await?;
        if damaged + missing > 0 {
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            sqlx::query("INSERT INTO locked_damage (day, damaged, missing, settled) VALUES (?, ?, ?, ?)")
                .bind(day)
                .bind(number(damaged))
                .bind(number(missing))
                .bind(number(settled))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        self.recount(&mut writer).await
    }

    async fn recount(&self, writer: &mut Writer) -> Result<(), DatabaseError> {
        writer.locked.count = sealed::count(&self.inner.store).await?;
        self.inner.locked.store(writer.locked.count, Ordering::Relaxed);
        Ok(())
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
        // A line that doesn't open may be put back.
        sqlx::query("DELETE FROM locked_ended WHERE NOT EXISTS (SELECT 1 FROM locked_headers WHERE opened < records)")
            .execute(&mut *tx)
            .await?;
        let kept: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM locked_ended)").fetch_one(&mut *tx).await?;
        tx.commit().await?;
        if !kept {
            writer.locked.forget_ends();
        }
        Ok(())
    }
}
