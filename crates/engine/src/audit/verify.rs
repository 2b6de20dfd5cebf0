//! Verifying the chain: each hash, and that its end was not cut off.
//!
//! The head (number and hash of the newest entry) is kept beside the database in `audit.head`, so that entries removed
//! from the end are noticed too.

use sqlx::{Row, SqlitePool};

use super::anchor::Anchor;
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
    /// All entries up to the last fit, but a break was found before: entries were lost or replaced.
    WasBroken {
        /// What was found first.
        found: Box<ChainVerdict>,
        /// When, Unix milliseconds.
        at: i64,
        /// The last entry.
        last: i64,
    },
}

impl ChainVerdict {
    /// What is wrong; `None` when nothing is or ever was.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        match self {
            Self::Whole(_) => None,
            Self::Broken(entry) => Some(format!("The audit log was altered at entry {entry}, or before it.")),
            Self::CutOff(last, head) => Some(format!(
                "Audit entries are missing: the log ended at entry {last}, entry {head} had been written."
            )),
            Self::NoHead(_) => {
                Some("audit.head is missing, so nobody can tell whether audit entries were removed.".to_owned())
            }
            Self::WasBroken { found, at, .. } => {
                let day = jiff::Timestamp::from_millisecond(*at).unwrap_or_default().strftime("%Y-%m-%d %H:%M");
                let found = found.sentence().unwrap_or_default();
                Some(format!("Found on {day} UTC: {found} The entries since then fit."))
            }
        }
    }
}

/// Verifies the whole chain.
///
/// # Errors
/// [`sqlx::Error`] when the database does not respond.
pub(super) async fn verify(pool: &SqlitePool, anchor: &Anchor) -> Result<ChainVerdict, sqlx::Error> {
    let anchored = &anchor.head;
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
    Ok(match (anchored, anchor.breaks.first()) {
        (Some((head, _)), _) if *head > seq => ChainVerdict::CutOff(seq, *head),
        (None, _) if seq > 0 => ChainVerdict::NoHead(seq),
        (_, Some(first)) => ChainVerdict::WasBroken { found: Box::new(first.found.clone()), at: first.at, last: seq },
        _ => ChainVerdict::Whole(seq),
    })
}

/// The number of the last entry; 0 without one.
pub(super) async fn last(pool: &SqlitePool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM audit").fetch_one(pool).await
}

/// Compares the newest entries with the anchor; `None` when they fit. Without the walk of [`verify`].
pub(super) async fn compare(pool: &SqlitePool, anchor: &Anchor) -> Result<Option<ChainVerdict>, sqlx::Error> {
    let last = last(pool).await?;
    let Some((head, expected)) = &anchor.head else {
        return Ok((last > 0).then_some(ChainVerdict::NoHead(last)));
    };
    if *head == 0 {
        // Between its first commit and its first anchor, a server may have been killed.
        return Ok(None);
    }
    let found: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM audit WHERE seq = ?").bind(head).fetch_optional(pool).await?;
    Ok(match found {
        None => Some(ChainVerdict::CutOff(last, *head)),
        Some(hash) if hex(&hash) != *expected => Some(ChainVerdict::Broken(*head)),
        Some(_) => None,
    })
}
