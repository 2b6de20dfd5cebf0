//! Backups of a server: one file with the database, the conf file, keys, certificates, anchors and check-outs, from which
//! [`restore::restore`] makes a data folder again.
//!
//! A backup is made while the server runs, on a thread that stands back; it is read back before it counts. Rules, names and the manifest are
//! in `licensing::backup`.

mod archive;
mod carry;
mod collect;
mod list;
mod make;
pub mod restore;
mod schedule;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use licensing::backup::{Candidate, Keeping, expired};
use licensing::contact::Millis;
use licensing::words::bytes;
use tokio::sync::{oneshot, watch};

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::tasks::ticks;
pub use archive::ArchiveError;
pub use list::{Backup, BackupKind};
use make::MadeFile;
pub(crate) use make::apart;
use schedule::Attempt;

/// How often the schedule is looked at.
pub const EVERY: Duration = Duration::from_secs(60);
/// Attempts are remembered for this time, milliseconds.
const REMEMBERED: Millis = 400 * licensing::contact::DAY;
/// Kept without a setting of their own.
const KEEPING: Keeping = Keeping { count: 14, days: 90 };

/// Why no backup was made, or one was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// One at a time.
    #[error("A backup is being made. Wait until it is finished.")]
    Running,
    /// The disk would be full.
    #[error(
        "The disk with {} has {} free, and a backup needs {}. Free some space, or set backup-folder to another disk.",
        folder.display(), bytes(*free), bytes(*needed)
    )]
    NoRoom {
        /// On this disk.
        folder: PathBuf,
        /// Bytes.
        free: u64,
        /// Bytes.
        needed: u64,
    },
    /// Files did not keep still.
    #[error("Files of the data folder changed each time they were read. Try again.")]
    Changing,
    /// Two in one second.
    #[error("There is a backup {0} already. Try again in a second.")]
    Exists(String),
    /// It was asked for, and there is none.
    #[error("There is no backup {0}.")]
    Unknown(String),
    /// The setting is no recipient.
    #[error("backup-recipient = “{0}” is no age recipient. Write it like age1…, as age-keygen prints it.")]
    Recipient(String),
    /// What was written does not read back.
    #[error("What was written can't be read back. {0}")]
    Unverified(#[from] ArchiveError),
    /// The disk.
    #[error("Can't use {}: {source}.", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database.
    #[error("The database failed: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl BackupError {
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// How backups are made.
#[derive(Debug, Clone)]
pub struct BackupSettings {
    /// Where they are kept.
    pub folder: PathBuf,
    /// The local hour at which one is made each day; none: only on demand.
    pub hour: Option<u8>,
    /// Which are kept.
    pub keeping: Keeping,
    /// The age recipient they are encrypted to.
    pub recipient: Option<String>,
    /// Files to back up besides the data folder: certificate and key.
    pub certificates: Vec<PathBuf>,
    /// Files of the data folder that are left out, such as the log.
    pub leave_out: Vec<PathBuf>,
}

/// How backups are made, with what was parsed.
#[derive(Debug, Clone)]
struct Configured {
    settings: BackupSettings,
    recipient: Option<age::x25519::Recipient>,
}

/// All that making one needs.
#[derive(Debug)]
struct Plan {
    data: PathBuf,
    folder: PathBuf,
    conf: PathBuf,
    certificates: Vec<PathBuf>,
    leave_out: Vec<PathBuf>,
    host: String,
    guid: Option<String>,
    recipient: Option<age::x25519::Recipient>,
    now_ms: Millis,
}

/// What is known of the backups of this server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupState {
    /// Since when one is being made.
    pub running_since: Option<Millis>,
    /// When the newest good one was made that is still there.
    pub last_good: Option<Millis>,
    /// Why the last attempt failed; none if it didn't.
    pub problem: Option<String>,
}

/// Backups of this server.
#[derive(Debug, Default)]
pub(crate) struct Backups {
    configured: OnceLock<Configured>,
    state: watch::Sender<BackupState>,
    /// What was restored before this start.
    restored: OnceLock<restore::Told>,
    /// When this installation began, Unix milliseconds.
    since: Mutex<Option<Millis>>,
}

impl Engine {
    /// Sets how backups are made; the first call counts.
    ///
    /// # Errors
    /// [`BackupError::Recipient`].
    pub fn configure_backups(&self, settings: BackupSettings) -> Result<(), BackupError> {
        let recipient = settings.recipient.as_ref().map(|text| {
            text.trim().parse::<age::x25519::Recipient>().map_err(|_| BackupError::Recipient(text.clone()))
        });
        let recipient = recipient.transpose()?;
        let _ = self.backups.configured.set(Configured { settings, recipient });
        Ok(())
    }

    fn backups_as(&self) -> Configured {
        self.backups.configured.get().cloned().unwrap_or_else(|| Configured {
            settings: BackupSettings {
                folder: self.folder.join(licensing::backup::FOLDER),
                hour: None,
                keeping: KEEPING,
                recipient: None,
                certificates: Vec::new(),
                leave_out: Vec::new(),
            },
            recipient: None,
        })
    }

    /// How backups are made.
    pub fn backup_settings(&self) -> BackupSettings {
        self.backups_as().settings
    }

    /// What is known of the backups.
    pub fn backup_state(&self) -> BackupState {
        self.backups.state.borrow().clone()
    }

    /// Begins a backup. It is finished, kept in the list and in the audit log, however long somebody waits for it.
    ///
    /// # Errors
    /// [`BackupError::Running`].
    pub fn begin_backup(
        self: &Arc<Self>,
        actor: &Actor,
    ) -> Result<oneshot::Receiver<Result<Backup, BackupError>>, BackupError> {
        let now = self.clock.now_ms();
        let begun = self.backups.state.send_if_modified(|state| {
            let begin = state.running_since.is_none();
            if begin {
                state.running_since = Some(now);
            }
            begin
        });
        if !begun {
            return Err(BackupError::Running);
        }
        let (done, waits) = oneshot::channel();
        let (engine, actor) = (self.clone(), actor.clone());
        tokio::spawn(async move {
            let made = tokio::spawn({
                let engine = engine.clone();
                async move { engine.back_up_now(&actor, now).await }
            });
            let made = made.await.unwrap_or_else(|error| {
                Err(BackupError::Io { path: engine.folder.clone(), source: io::Error::other(error) })
            });
            engine.backups.state.send_modify(|state| state.running_since = None);
            engine.look_at_backups().await;
            // Nobody may wait any more.
            let _ = done.send(made);
        });
        Ok(waits)
    }

    /// Makes a backup and waits for it.
    ///
    /// # Errors
    /// [`BackupError`].
    pub async fn back_up(self: &Arc<Self>, actor: &Actor) -> Result<Backup, BackupError> {
        let aborted = |_| BackupError::Io { path: self.folder.clone(), source: io::Error::other("it was aborted") };
        self.begin_backup(actor)?.await.map_err(aborted)?
    }

    async fn back_up_now(&self, actor: &Actor, now: Millis) -> Result<Backup, BackupError> {
        let Configured { settings, recipient } = self.backups_as();
        let (folder, keeping) = (settings.folder.clone(), settings.keeping);
        let leave_out = settings.leave_out.into_iter().chain([folder.clone()]).collect();
        let plan = Plan {
            data: self.folder.clone(),
            folder: settings.folder,
            conf: self.conf_path.clone(),
            certificates: settings.certificates,
            leave_out,
            host: self.server_name(),
            guid: self.conf().effective.guid.map(|guid| guid.to_string()),
            recipient,
            now_ms: now,
        };
        let failed = BackupError::at(&folder);
        let made = apart(move |runtime| make::make(&plan, runtime)).await.map_err(failed).flatten();
        self.note_attempt(actor, now, &folder, &made).await?;
        let made = made?;
        if let Err(error) = self.remove_expired(&folder, keeping).await {
            tracing::warn!(%error, "could not remove backups that are no longer kept");
        }
        match self.backups().await?.into_iter().find(|backup| backup.name == made.name) {
            Some(backup) => Ok(Backup { left_out: made.left_out, ..backup }),
            None => Err(BackupError::Unknown(made.name)),
        }
    }

    /// Stores what came of an attempt, with its audit entry.
    async fn note_attempt(
        &self,
        actor: &Actor,
        now: Millis,
        folder: &Path,
        made: &Result<MadeFile, BackupError>,
    ) -> Result<(), sqlx::Error> {
        let file = made.as_ref().ok();
        let problem = made.as_ref().err().map(ToString::to_string);
        match (file, &problem) {
            (Some(MadeFile { name, size, .. }), _) => tracing::info!(name, bytes = *size, "made a backup"),
            (None, Some(problem)) => tracing::error!(problem, "the backup failed"),
            (None, None) => {}
        }
        let mut tx = self.store.write().await?;
        sqlx::query("INSERT INTO backups (at, folder, name, size, sha256, problem) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(now)
            .bind(folder.display().to_string())
            .bind(file.map(|file| &file.name))
            .bind(file.map(|file| i64::try_from(file.size).unwrap_or(i64::MAX)))
            .bind(file.map(|file| &file.sha256))
            .bind(&problem)
            .execute(&mut *tx)
            .await?;
        if let Some(known) = self.known_ms() {
            let until = known.saturating_sub(REMEMBERED);
            sqlx::query("DELETE FROM backups WHERE at < ?").bind(until).execute(&mut *tx).await?;
        }
        let (sentence, outcome) = match (file, problem) {
            (Some(MadeFile { name, size, left_out, .. }), _) => {
                let left_out = told_left_out(left_out);
                (format!("Made the backup {name} ({}).{left_out}", bytes(*size)), AuditOutcome::Done)
            }
            (None, problem) => (format!("A backup failed. {}", problem.unwrap_or_default()), AuditOutcome::Failed),
        };
        self.audit.commit(tx, NewAuditEntry { actor, action: "backup.create", sentence, outcome }).await
    }

    /// Removes backups of this machine that are no longer kept: those this installation remembers having made. Another one may have the same
    /// name of the machine, and the same folder.
    async fn remove_expired(&self, folder: &Path, keeping: Keeping) -> Result<(), BackupError> {
        let host = licensing::backup::BackupName::new("", &self.server_name(), false).host;
        let of_this_machine =
            |backup: &Backup| backup.kind == BackupKind::Full && backup.verified && backup.host == host;
        let all: Vec<Candidate> = self
            .backups()
            .await?
            .into_iter()
            .filter(of_this_machine)
            .map(|backup| Candidate { name: backup.name, at: backup.at, is_good: backup.verified })
            .collect();
        // While the clock is in doubt, none is too old.
        let (days, now) = self.known_ms().map_or((0, 0), |known| (keeping.days, known));
        for name in expired(&all, Keeping { days, ..keeping }, now) {
            let path = folder.join(&name);
            std::fs::remove_file(&path).map_err(BackupError::at(&path))?;
            tracing::info!(name, "removed a backup that is no longer kept");
            let sentence = format!("Deleted the backup {name}, which is no longer kept.");
            self.audit.note(&Actor::system(), "backup.delete", sentence, AuditOutcome::Done).await?;
        }
        Ok(())
    }

    /// Deletes a backup.
    ///
    /// # Errors
    /// [`BackupError`].
    pub async fn delete_backup(&self, actor: &Actor, name: &str) -> Result<(), BackupError> {
        let backup = self.backup_named(name).await?;
        let path = backup.path.clone();
        let gone = tokio::task::spawn_blocking(move || {
            std::fs::remove_file(&path)?;
            storage::file::sync_folder(&storage::file::folder_of(&path))
        });
        gone.await.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(BackupError::at(&backup.path))?;
        self.look_at_backups().await;
        let sentence = format!("Deleted the backup {name}.");
        Ok(self.audit.note(actor, "backup.delete", sentence, AuditOutcome::Done).await?)
    }

    /// When the next backup by schedule is due; none without a schedule.
    pub async fn next_backup(&self) -> Result<Option<Millis>, sqlx::Error> {
        let Some(hour) = self.backups_as().settings.hour else { return Ok(None) };
        let last: Option<(Millis, Option<String>)> =
            sqlx::query_as("SELECT at, problem FROM backups ORDER BY id DESC LIMIT 1")
                .fetch_optional(self.store.read())
                .await?;
        let last = last.map(|(at, problem)| Attempt { at, is_good: problem.is_none() });
        let now = self.clock.now_ms();
        let since = self.backups.began().unwrap_or(now);
        Ok(Some(schedule::next(now, last, since, hour, &jiff::tz::TimeZone::system())))
    }

    /// Background task: makes backups by schedule.
    pub async fn keep_backups(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        // On the monotonic clock. What the database could not take it does not remember.
        let mut tried: Option<Millis> = None;
        loop {
            ticks.tick().await;
            self.look_at_backups().await;
            if !self.leases.is_held() {
                restore::settle(&self.folder);
            }
            if tried.is_some_and(|at| self.clock.mono_ms().saturating_sub(at) < schedule::AGAIN) {
                continue;
            }
            match self.next_backup().await {
                Ok(Some(at)) if at <= self.clock.now_ms() => {}
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(%error, "could not tell whether a backup is due");
                    continue;
                }
            }
            tried = Some(self.clock.mono_ms());
            // A failure is logged, stored and tried again in an hour.
            let _ = self.back_up(&Actor::system()).await;
        }
    }

    /// Whether backups are made by schedule, and as of when there should be one: for alerts and the overview.
    pub(crate) fn backup_facts(&self) -> (BackupState, Option<Millis>) {
        let is_scheduled = self.backups_as().settings.hour.is_some();
        let state = self.backup_state();
        let since = state.last_good.or_else(|| self.backups.began());
        (state, since.filter(|_| is_scheduled))
    }

    /// What was restored before this start, in a sentence.
    pub fn restored(&self) -> Option<&str> {
        self.backups.restored.get().map(|told| told.sentence.as_str())
    }

    /// After a restore: what no longer holds on this machine, or holds again, and why, in sentences.
    pub async fn after_restore(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if let Some(restore::Told { made, .. }) = self.backups.restored.get() {
            sentences.push(format!(
                "Tokens, users and passwords are those of {made}; revoke again what was revoked since. All sessions have ended."
            ));
        }
        if self.ve.current().is_some() {
            match self.check_ve().await {
                Ok(standing) => sentences.push(standing.sentence()),
                Err(error) => tracing::error!(%error, "could not check the license of this machine"),
            }
        }
        let standings = self.standings();
        for item in standings.iter().flat_map(|all| &all.items) {
            if let Some(reason) = &item.verdict.reason {
                sentences.push(format!("{}: {reason}", item.license.product));
            }
        }
        sentences
    }
}

impl Backups {
    /// Of a start before which this was restored.
    pub(crate) fn after(restored: Option<restore::Told>) -> Self {
        let backups = Self::default();
        if let Some(told) = restored {
            tracing::warn!("{}", told.sentence);
            let _ = backups.restored.set(told);
        }
        backups
    }

    fn began(&self) -> Option<Millis> {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sentence about what was left out, for behind another; empty when nothing was.
fn told_left_out(paths: &[String]) -> String {
    let named: Vec<String> = paths.iter().take(3).map(|path| licensing::plain_text::one_line(path, 100)).collect();
    match (named.join(", "), paths.len() - named.len()) {
        (named, _) if named.is_empty() => named,
        (named, 0) => format!(" Left out: {named}."),
        (named, more) => format!(" Left out: {named}, and {more} more."),
    }
}

/// An instant as the names of backups have it: `20261130T024403Z`.
fn stamp(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The instant of a name.
fn instant(stamp: &str) -> Option<Millis> {
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}
