//! Who did what, when, from where: a chain of entries, each written in the transaction of its change.

mod anchor;
mod append;
mod list;
mod query;
mod verify;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::{Sqlite, Transaction};

use crate::actor::Actor;
use crate::clock::Clock;
use crate::secret;
use crate::store::Store;
use anchor::Anchor;

pub use append::{AuditOutcome, NewAuditEntry, ObjectEntry};
pub use list::AuditItem;
pub use query::{AuditQuery, AuditWords};
pub use verify::ChainVerdict;

/// The audit log.
#[derive(Debug, Clone)]
pub struct Audit {
    store: Store,
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    /// The last result, its time, and how long it is good, milliseconds.
    last: Arc<Mutex<Option<(ChainVerdict, i64, i64)>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Held while the anchor is replaced; whether this process has written it.
    anchoring: Arc<tokio::sync::Mutex<bool>>,
    /// Breaks that were ever found.
    breaks: Arc<AtomicUsize>,
}

/// Objects that are offered to choose from.
const MOST_OFFERED: usize = 100;

/// A verdict is good for this long, milliseconds …
const VERDICT_MS: i64 = 10_000;
/// … and for so many times as long as it took: a log of years is not walked without end.
const REST: u32 = 50;

impl Audit {
    /// The log of this store; the head of its chain is anchored in `folder`.
    pub fn new(store: Store, folder: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            folder,
            clock,
            last: Arc::default(),
            turn: Arc::default(),
            anchoring: Arc::default(),
            breaks: Arc::default(),
        }
    }

    /// Commits a change together with its entry, then anchors the head of the chain beside the database.
    ///
    /// # Errors
    /// [`sqlx::Error`]: neither the change nor the entry is kept.
    pub async fn commit(
        &self,
        mut tx: Transaction<'static, Sqlite>,
        entry: impl Into<ObjectEntry<'_>>,
    ) -> Result<(), sqlx::Error> {
        self.append(&mut tx, entry).await?;
        tx.commit().await?;
        if let Err(error) = self.anchor().await {
            tracing::error!(%error, "could not write the head of the audit chain to its file");
        }
        Ok(())
    }

    /// How many breaks of the chain were ever found.
    pub fn breaks(&self) -> usize {
        self.breaks.load(Ordering::Relaxed)
    }

    /// Compares the newest entries with the anchor at a start, before anything is added.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub(crate) async fn settle(&self) -> Result<(), sqlx::Error> {
        let _anchoring = self.anchoring.lock().await;
        Anchor::sweep(&self.folder);
        if let Err(error) = self.settled().await? {
            tracing::error!(%error, "could not compare the audit chain with the head in its file");
        }
        Ok(())
    }

    async fn settled(&self) -> Result<std::io::Result<()>, sqlx::Error> {
        let anchored = Anchor::read(&self.folder).and_then(|anchor| Ok((anchor, Anchor::exists(&self.folder)?)));
        let (mut anchor, is_there) = match anchored {
            Ok(anchored) => anchored,
            Err(error) => return Ok(Err(error)),
        };
        self.breaks.store(anchor.breaks.len(), Ordering::Relaxed);
        if !is_there && verify::last(self.store.read()).await? == 0 {
            return Ok(self.write(&Anchor::beginning()).await);
        }
        Ok(match verify::compare(self.store.read(), &anchor).await? {
            Some(found) => self.remember(&mut anchor, found).await,
            None => Ok(()),
        })
    }

    /// Anchors the newest entry, after comparing the entry that was anchored before.
    async fn anchor(&self) -> std::io::Result<()> {
        let mut is_ours = self.anchoring.lock().await;
        let mut anchor = Anchor::read(&self.folder)?;
        let before = verify::compare(self.store.read(), &anchor).await.map_err(std::io::Error::other)?;
        // Without one, it is a break only if there was one: a new log has none yet.
        let before = before.filter(|found| *is_ours || !matches!(found, ChainVerdict::NoHead(_)));
        let newest: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
            .fetch_optional(self.store.read())
            .await
            .map_err(std::io::Error::other)?;
        let Some((seq, hash)) = newest else { return Ok(()) };
        anchor.head = Some((seq, secret::hex(&hash)));
        match before {
            Some(found) => self.remember(&mut anchor, found).await?,
            None => self.write(&anchor).await?,
        }
        *is_ours = true;
        Ok(())
    }

    /// Writes the anchor with one more break. The caller holds the lock.
    async fn remember(&self, anchor: &mut Anchor, found: ChainVerdict) -> std::io::Result<()> {
        if anchor.remember(self.clock.now_ms(), found.clone()) {
            tracing::error!("{}", found.sentence().unwrap_or_default());
            *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        }
        self.breaks.store(anchor.breaks.len(), Ordering::Relaxed);
        self.write(anchor).await
    }

    async fn write(&self, anchor: &Anchor) -> std::io::Result<()> {
        let (anchor, folder) = (anchor.clone(), self.folder.clone());
        tokio::task::spawn_blocking(move || anchor.write(&folder)).await.map_err(std::io::Error::other)?
    }

    /// Adds an entry to a change that has more than one; [`Audit::commit`] adds the last.
    pub(crate) async fn append(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        entry: impl Into<ObjectEntry<'_>>,
    ) -> Result<(), sqlx::Error> {
        append::append(tx, self.clock.now_ms(), &entry.into()).await
    }

    /// Records something that changed nothing: a refusal, a failure.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn note(
        &self,
        actor: &Actor,
        action: &str,
        sentence: String,
        outcome: AuditOutcome,
    ) -> Result<(), sqlx::Error> {
        self.record(NewAuditEntry { actor, action, sentence, outcome }).await
    }

    /// The same for an entry that says what it is about.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn record(&self, entry: impl Into<ObjectEntry<'_>>) -> Result<(), sqlx::Error> {
        let tx = self.store.write().await?;
        self.commit(tx, entry).await
    }

    /// Entries that match, newest first.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn list(&self, query: &AuditQuery) -> Result<Vec<AuditItem>, sqlx::Error> {
        list::list(self.store.read(), query).await
    }

    /// The newest `most` of the last 2,000 entries whose sentence has all of these words.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn find(&self, words: &[String], most: i64) -> Result<Vec<AuditItem>, sqlx::Error> {
        list::find(self.store.read(), words, most).await
    }

    /// Verifies the chain from its first entry. A break that is found is remembered for good.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn verify(&self) -> Result<ChainVerdict, sqlx::Error> {
        // Read first: entries may be added meanwhile. A file that can't be read is no head.
        let anchor = Anchor::read(&self.folder).unwrap_or_default();
        let verdict = verify::verify(self.store.read(), &anchor).await?;
        // A missing head is recorded when the next one is written.
        let is_break = matches!(verdict, ChainVerdict::Broken(_) | ChainVerdict::CutOff(..));
        if is_break && anchor.breaks.iter().all(|known| known.found != verdict) {
            let _anchoring = self.anchoring.lock().await;
            let remembered = match Anchor::read(&self.folder) {
                Ok(mut anchor) => self.remember(&mut anchor, verdict.clone()).await,
                Err(error) => Err(error),
            };
            if let Err(error) = remembered {
                tracing::error!(%error, "could not keep that the audit chain is broken");
            }
        }
        Ok(verdict)
    }

    /// The state of the chain and when it was verified: 10 s ago at most, longer for a log that takes long to verify.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn verdict(&self, now_ms: i64) -> Result<(ChainVerdict, i64), sqlx::Error> {
        // Who comes meanwhile waits for the same walk.
        let _turn = self.turn.lock().await;
        let known = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some((verdict, at, _)) = known.filter(|(_, at, good)| (0..*good).contains(&(now_ms - at))) {
            return Ok((verdict, at));
        }
        let began = std::time::Instant::now();
        let verdict = self.verify().await?;
        let rest = i64::try_from((began.elapsed() * REST).as_millis()).unwrap_or(i64::MAX);
        let fresh = (verdict.clone(), now_ms, rest.max(VERDICT_MS));
        *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(fresh);
        Ok((verdict, now_ms))
    }

    /// What entries are about, the most recent first: to choose from.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn objects(&self) -> Result<Vec<String>, sqlx::Error> {
        // Only the newest entries are looked through: a log of years has nothing to wait for.
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT object FROM (SELECT seq, object FROM audit ORDER BY seq DESC LIMIT 5000)
             WHERE object IS NOT NULL GROUP BY object ORDER BY max(seq) DESC LIMIT 200",
        )
        .fetch_all(self.store.read())
        .await?;
        let mut objects: Vec<String> = Vec::new();
        for object in found.iter().flat_map(|object| object.lines()) {
            if objects.len() < MOST_OFFERED && !objects.iter().any(|known| known == object) {
                objects.push(object.to_owned());
            }
        }
        Ok(objects)
    }

    /// All actors in the log, by name.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn people(&self) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT DISTINCT who FROM audit ORDER BY who LIMIT 200").fetch_all(self.store.read()).await
    }
}

#[cfg(test)]
mod tests;
