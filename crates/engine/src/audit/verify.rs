//! Verifying the chain: each hash, and that its end was not cut off.
//!
//! The head (number and hash of the newest entry) is kept beside the database in `audit.head`, so that entries removed
//! from the end are noticed too.

use std::io::Write;
use std::path::Path;

use sqlx::{Row, SqlitePool};

use super::append::ChainLink;
use super::list::AuditItem;
use crate::secret::hex;

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainVerdict {
    /// All entries up to this one are unchanged.
    Whole(i64),
    /// This entry, or one before it, was changed or removed.
    Broken(i64),
    /// Entries are missing at the end: the chain ends at the first number, the head names the second.
    CutOff(i64, i64),
    /// The head's file is missing, so entries may be missing after this one.
    NoHead(i64),
}

/// Writes the head of the chain beside the database.
///
/// # Errors
/// [`std::io::Error`] of the data folder, [`sqlx::Error`] wrapped in it.
pub(super) async fn anchor(pool: &SqlitePool, folder: &Path) -> std::io::Result<()> {
    let head: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(pool)
        .await
        .map_err(std::io::Error::other)?;
    let Some((seq, hash)) = head else { return Ok(()) };
    let line = format!("{seq} {}\n", hex(&hash));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(line.as_bytes())?;
    file.persist(folder.join("audit.head"))?;
    Ok(())
}

/// Verifies the whole chain.
///
/// # Errors
/// [`sqlx::Error`] when the database does not respond.
pub(super) async fn verify(pool: &SqlitePool, folder: &Path) -> Result<ChainVerdict, sqlx::Error> {
    let anchored = std::fs::read_to_string(folder.join("audit.head")).ok().and_then(|text| {
        let (seq, hash) = text.trim().split_once(' ')?;
        Some((seq.parse::<i64>().ok()?, hash.to_owned()))
    });
    let mut before: Vec<u8> = Vec::new();
    let mut seq = 0;
    loop {
        let rows =
            sqlx::query("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT 1000").bind(seq).fetch_all(pool).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let item: AuditItem = sqlx::FromRow::from_row(&row)?;
            let hash: Vec<u8> = row.try_get("hash")?;
            let link = ChainLink {
                seq: item.seq,
                at: item.at,
                who: &item.who,
                origin: &item.origin,
                address: item.address.as_deref(),
                action: &item.action,
                sentence: &item.sentence,
                outcome: &item.outcome,
                object: item.object.as_deref(),
            };
            if item.seq != seq + 1 || link.hash(&before)[..] != hash[..] {
                return Ok(ChainVerdict::Broken(item.seq));
            }
            if anchored.as_ref().is_some_and(|(at, head)| *at == item.seq && *head != hex(&hash)) {
                return Ok(ChainVerdict::Broken(item.seq));
            }
            seq = item.seq;
            before = hash;
        }
    }
    Ok(match anchored {
        Some((head, _)) if head > seq => ChainVerdict::CutOff(seq, head),
        None if seq > 0 => ChainVerdict::NoHead(seq),
        _ => ChainVerdict::Whole(seq),
    })
}
