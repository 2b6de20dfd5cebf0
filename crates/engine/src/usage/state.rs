//! The state in memory between commits, and loading it from the database.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use licensing::usage::HOUR_MS;
use sqlx::FromRow;
use tokio::sync::{Semaphore, oneshot};

use super::files::{Files, ShortFile, name};
use super::group::{ReplySender, UsageWork};
use super::judge::Judge;
use super::observed::ObservedUsers;
use super::open::OpenCheckOut;
use super::open_days::OpenDays;
use super::sealed::LockedState;
use super::series::Series;
use super::{UsageError, files};
use crate::DatabaseError;
use crate::store::Store;

/// The data files' folder within the data folder.
const FOLDER: &str = "checkouts";

#[derive(Debug)]
pub(super) struct UsageState {
    pub store: Store,
    pub findings: Vec<ShortFile>,
    pub queue: Mutex<Vec<UsageWork>>,
    pub writer: Arc<tokio::sync::Mutex<Writer>>,
    /// What judges records; without it none is locked.
    pub judge: OnceLock<Judge>,
    /// Records that are locked.
    pub locked: AtomicU64,
    /// Held while a file is imported, and while data files are removed: what is known must not change meanwhile.
    pub importing: Arc<tokio::sync::Mutex<()>>,
    /// Files that come in, and days that go out, at a time: each takes disk or memory.
    pub uploads: Arc<Semaphore>,
    pub exports: Arc<Semaphore>,
}

/// Files that come in at a time, and days that go out.
const AT_A_TIME: usize = 2;

/// How far a run's records are stored.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RecordStream {
    pub acknowledged: u64,
    pub dropped: u64,
}

/// How far the roll-ups go; the columns of `usage_rolled`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub(super) struct RollUpProgress {
    pub at: i64,
    pub seen: i64,
    pub edges_from: i64,
    pub hours_from: i64,
}

impl RollUpProgress {
    /// The last known hour, counted from the beginning of this day.
    pub fn last_hour(self, day: i64) -> i64 {
        self.at.max(self.seen).div_euclid(HOUR_MS) - day * 24
    }
}

/// The state for commits, used by one commit at a time.
#[derive(Debug)]
pub(super) struct Writer {
    folder: PathBuf,
    pub files: Files,
    pub series: Series,
    pub days: OpenDays,
    pub out: HashMap<(i64, u64), OpenCheckOut>,
    pub streams: HashMap<i64, RecordStream>,
    pub observed: ObservedUsers,
    pub locked: LockedState,
    pub rolled: RollUpProgress,
    /// The newest day that has rows.
    pub newest: i64,
    /// Cleared during a commit: if it stays cleared, memory differs from the database and is reloaded.
    pub sound: bool,
}

impl UsageState {
    pub async fn open(store: Store, folder: &Path) -> Result<Self, UsageError> {
        let (writer, short) = Writer::read(&store, &folder.join(FOLDER), None).await?;
        if !short.is_empty() {
            let mut tx = store.write().await?;
            for (day, missing) in &short {
                sqlx::query("UPDATE usage_files SET committed = committed - ?2, missing = missing + ?2 WHERE day = ?1")
                    .bind(day)
                    .bind(missing.cast_signed())
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
        let missing: Vec<(i64, u64)> =
            sqlx::query_as("SELECT day, missing FROM usage_files WHERE missing > 0 ORDER BY day")
                .fetch_all(store.read())
                .await?;
        let findings = missing.into_iter().map(|(day, missing)| ShortFile { file: name(day), missing }).collect();
        for (day, missing) in short {
            let finding = ShortFile { file: files::name(day), missing };
            tracing::error!(file = finding.file, missing_bytes = finding.missing, "{finding}");
        }
        let locked = AtomicU64::new(writer.locked.count);
        let writer = Arc::new(tokio::sync::Mutex::new(writer));
        Ok(Self {
            store,
            findings,
            queue: Mutex::default(),
            writer,
            importing: Arc::default(),
            uploads: Arc::new(Semaphore::new(AT_A_TIME)),
            exports: Arc::new(Semaphore::new(AT_A_TIME)),
            judge: OnceLock::new(),
            locked,
        })
    }

    /// Queues work and waits for its answer. The commit continues if the caller goes away.
    pub async fn ask<T>(self: &Arc<Self>, work: impl FnOnce(ReplySender<T>) -> UsageWork) -> Result<T, DatabaseError> {
        let (answer, answered) = oneshot::channel();
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push(work(answer));
        let inner = Arc::clone(self);
        tokio::spawn(async move { inner.run().await });
        answered.await.unwrap_or(Err(DatabaseError::WorkerCrashed))
    }

    /// Whether a tick at this instant has work: a new hour, or a clock set back.
    pub async fn due(&self, now_ms: i64) -> bool {
        let hours = now_ms.div_euclid(HOUR_MS) - self.writer.lock().await.rolled.at.div_euclid(HOUR_MS);
        !(-1..=0).contains(&hours)
    }

    pub async fn acknowledged(&self, session: i64) -> u64 {
        let found = sqlx::query_scalar("SELECT acknowledged FROM usage_streams WHERE session = ?")
            .bind(session)
            .fetch_optional(self.store.read())
            .await;
        match found {
            Ok(number) => number.map_or(0, i64::unsigned_abs),
            Err(error) => {
                tracing::error!(session, %error, "can't read which check-outs of a client are stored; the client will send them again");
                0
            }
        }
    }
}

impl Writer {
    /// Loads the committed state. Returns the files that are shorter than committed. `before`: what was known of locked
    /// records; `None` at a start.
    async fn read(
        store: &Store,
        folder: &Path,
        before: Option<LockedState>,
    ) -> Result<(Self, Vec<(i64, u64)>), UsageError> {
        let committed: Vec<(i64, u64)> =
            sqlx::query_as("SELECT day, committed FROM usage_files").fetch_all(store.read()).await?;
        let rolled = sqlx::query_as("SELECT * FROM usage_rolled").fetch_one(store.read()).await?;
        let newest = sqlx::query_scalar("SELECT MAX(day) FROM usage_days").fetch_one(store.read()).await?;
        let series = Series::read(store).await?;
        let out = super::open::read(store, &series).await?;
        let (files, short) = Files::open(folder.to_owned(), committed.into_iter().collect(), before.is_none())?;
        let writer = Self {
            folder: folder.to_owned(),
            files,
            series,
            days: OpenDays::default(),
            out,
            streams: HashMap::new(),
            observed: ObservedUsers::default(),
            locked: LockedState::read(store, before.unwrap_or_default()).await?,
            rolled,
            newest: Option::<i64>::unwrap_or(newest, i64::MIN),
            sound: true,
        };
        Ok((writer, short))
    }

    /// The newest day with data, in files or rows.
    pub fn newest_day(&self) -> Option<i64> {
        self.files.days().next_back().max(Some(self.newest).filter(|day| *day > i64::MIN))
    }

    /// Reloads the state after a failed commit.
    pub async fn read_again(&mut self, store: &Store) -> Result<(), UsageError> {
        let before = std::mem::take(&mut self.locked);
        let (read, _) = Self::read(store, &self.folder.clone(), Some(before)).await?;
        *self = read;
        Ok(())
    }
}
