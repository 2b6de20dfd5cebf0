//! Other license daemons: their texts are fetched or pushed, read, and kept; what was in use goes into the usage
//! records.

mod fetch;
mod list;
mod reading;
mod schedule;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use licensing::source::{Picture, ReadCounts, SourceKind, UnreadLines, is_tag};
use serde::{Deserialize, Serialize};

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
pub use list::{ListedSource, Source, SourceFeature};
pub(crate) use schedule::EVERY;

/// Most sources.
pub const MOST: usize = 500;
/// Most bytes of a pushed text, or of a picture that is fetched.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The shortest and longest time between two looks, seconds.
pub const EVERY_S: std::ops::RangeInclusive<u32> = 10..=86_400;
/// The time between two looks where none is given, seconds.
pub const DEFAULT_EVERY_S: u32 = 60;

/// Where the text of a source comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceInput {
    /// What a program prints: its absolute path, and arguments. No shell.
    Command(Vec<String>),
    /// A file of this machine.
    File(String),
    /// Only what is pushed.
    Pushed,
}

/// A source to be added.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// Its name: letters, digits, `_` and `-`.
    pub tag: String,
    /// How its text is read.
    pub kind: SourceKind,
    /// Where it comes from.
    pub input: SourceInput,
    /// How often, seconds.
    pub every_s: u32,
    /// The time zone of the machine that prints it; empty for this machine's.
    pub zone: String,
}

/// Why a source can't be added, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// An invalid field.
    #[error("{message}")]
    Field {
        /// Its name.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// There is one of this name.
    #[error("There is a source “{0}” already. Choose another tag, or remove that one first.")]
    Exists(String),
    /// None of this name.
    #[error("There is no source “{0}”.")]
    Unknown(String),
    /// Too many.
    #[error("{MOST} sources are the maximum. Remove one first.")]
    TooMany,
    /// Its text can't be had.
    #[error("{0}")]
    Fetch(String),
    /// What was in use can't be stored.
    #[error("Can't store what was in use: {0}. The text is read again at the next look.")]
    Store(std::io::Error),
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

fn wrong(field: &'static str, message: impl Into<String>) -> SourceError {
    SourceError::Field { field, message: message.into() }
}

/// What reading a text told.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRead {
    /// How much.
    pub counts: ReadCounts,
    /// What could not be read.
    pub unread: UnreadLines,
    /// Check-outs and denials that are new in the usage records.
    pub recorded: u64,
    /// How things stand.
    pub picture: Picture,
}

/// What runs now, by tag.
#[derive(Debug, Default)]
pub struct Sources {
    /// One text of a source is read at a time.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Sources whose file is being read.
    reading: Arc<Mutex<HashSet<String>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file of a source is being read as long as this is there.
#[derive(Debug)]
struct FileRead {
    tag: String,
    reading: Arc<Mutex<HashSet<String>>>,
}

impl Drop for FileRead {
    fn drop(&mut self) {
        locked(&self.reading).remove(&self.tag);
    }
}

impl Sources {
    fn turn(&self, tag: &str) -> Arc<tokio::sync::Mutex<()>> {
        locked(&self.turns).entry(tag.to_owned()).or_default().clone()
    }

    /// Begins to read the file of a source; `None` while an earlier read has not ended.
    fn begin_read(&self, tag: &str) -> Option<FileRead> {
        let begins = locked(&self.reading).insert(tag.to_owned());
        begins.then(|| FileRead { tag: tag.to_owned(), reading: self.reading.clone() })
    }
}

/// The time zone of a name; that of this machine for none.
fn zone(name: &str) -> Option<TimeZone> {
    if name.is_empty() { Some(TimeZone::system()) } else { TimeZone::get(name).ok() }
}

fn checked(new: &NewSource) -> Result<(), SourceError> {
    if !is_tag(&new.tag) {
        return Err(wrong("tag", "A tag has 1 to 64 letters, digits, “_” and “-”."));
    }
    if !EVERY_S.contains(&new.every_s) {
        let (least, most) = (EVERY_S.start(), EVERY_S.end());
        return Err(wrong("every", format!("Enter a number of seconds from {least} to {most}.")));
    }
    if zone(&new.zone).is_none() {
        return Err(wrong("zone", format!("“{}” is not a known time zone, such as Europe/Berlin.", new.zone)));
    }
    match &new.input {
        SourceInput::Command(words) => {
            let program = words.first().map(String::as_str).unwrap_or_default();
            if !program.starts_with('/') {
                return Err(wrong("command", "Give the program by its absolute path, such as /opt/flexnet/lmutil."));
            }
            if new.kind.is_log() {
                return Err(wrong("command", format!("A {} is a file that grows: give it as a file.", new.kind)));
            }
            if words.len() > 64 || words.iter().any(|word| word.len() > 4096 || word.contains('\0')) {
                return Err(wrong("command", "A command has at most 64 words of up to 4,096 bytes."));
            }
        }
        SourceInput::File(path) if !path.starts_with('/') || path.contains('\0') => {
            return Err(wrong("file", "Give the file by its absolute path."));
        }
        SourceInput::File(_) | SourceInput::Pushed => {}
    }
    Ok(())
}

impl Engine {
    /// Adds a source. It is looked at soon.
    ///
    /// # Errors
    /// [`SourceError`]: nothing is added then.
    pub async fn add_source(&self, actor: &Actor, new: &NewSource) -> Result<(), SourceError> {
        checked(new)?;
        if let SourceInput::File(path) = &new.input {
            let (path, folder) = (PathBuf::from(path), self.folder.clone());
            if reading::blocking(move || Ok(fetch::is_own(&path, &folder))).await? {
                return Err(wrong("file", "This file is in the server's own data folder, which is not read."));
            }
        }
        let mut tx = self.store.write().await?;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM sources").fetch_one(&mut *tx).await?;
        if usize::try_from(count).unwrap_or(MOST) >= MOST {
            return Err(SourceError::TooMany);
        }
        let added = sqlx::query(
            "INSERT INTO sources (tag, kind, input, every_s, zone, added_at) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(&new.tag)
        .bind(new.kind.to_string())
        .bind(serde_json::to_string(&new.input).unwrap_or_default())
        .bind(new.every_s)
        .bind(&new.zone)
        .bind(self.clock.now_ms())
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            return Err(SourceError::Exists(new.tag.clone()));
        }
        let from = match &new.input {
            // Arguments may hold secrets.
            SourceInput::Command(words) => {
                let program = words.first().map(String::as_str).unwrap_or_default();
                format!("the program {program}, arguments: {}", words.len().saturating_sub(1))
            }
            SourceInput::File(path) => format!("the file {path}"),
            SourceInput::Pushed => "what is pushed".to_owned(),
        };
        let sentence = format!("Added the source {} ({}), read from {from}.", new.tag, new.kind);
        let entry = NewAuditEntry { actor, action: "source.add", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&new.tag)).await?;
        Ok(())
    }

    /// Removes a source. What was in use stays in the usage records.
    ///
    /// # Errors
    /// [`SourceError`]
    pub async fn remove_source(&self, actor: &Actor, tag: &str) -> Result<(), SourceError> {
        let mut tx = self.store.write().await?;
        let removed = sqlx::query("DELETE FROM sources WHERE tag = ?").bind(tag).execute(&mut *tx).await?;
        if removed.rows_affected() == 0 {
            return Err(SourceError::Unknown(tag.to_owned()));
        }
        let sentence = format!("Removed the source {tag}. What was in use stays in the usage records.");
        let entry = NewAuditEntry { actor, action: "source.remove", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(tag)).await?;
        locked(&self.sources.turns).remove(tag);
        Ok(())
    }

    /// Waits until no other text of a source is being read.
    async fn source_turn(&self, tag: &str) -> Result<tokio::sync::OwnedMutexGuard<()>, SourceError> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM sources WHERE tag = ?")
            .bind(tag)
            .fetch_optional(self.store.read())
            .await?;
        found.ok_or_else(|| SourceError::Unknown(tag.to_owned()))?;
        Ok(self.sources.turn(tag).lock_owned().await)
    }

    /// Reads a text as if it had come from the source.
    ///
    /// # Errors
    /// [`SourceError`]
    pub async fn push_source(&self, actor: &Actor, tag: &str, text: Vec<u8>) -> Result<SourceRead, SourceError> {
        let read = self.read_text(tag, text).await?;
        let counts = read.counts;
        let sentence = format!(
            "Read a text for the source {tag}: {} features, {} check-outs, {} denials; {} lines could not be read.",
            counts.features, counts.checkouts, counts.denials, read.unread.count
        );
        let entry = NewAuditEntry { actor, action: "source.push", sentence, outcome: AuditOutcome::Done };
        self.audit.record(entry.about(tag)).await?;
        Ok(read)
    }

    /// Looks at a source now.
    ///
    /// # Errors
    /// [`SourceError`]
    pub async fn try_source(&self, actor: &Actor, tag: &str) -> Result<SourceRead, SourceError> {
        let looked = self.look_at(tag).await;
        if !matches!(looked, Err(SourceError::Unknown(_))) {
            let sentence = format!("Looked at the source {tag}.");
            let outcome = if looked.is_ok() { AuditOutcome::Done } else { AuditOutcome::Failed };
            let entry = NewAuditEntry { actor, action: "source.try", sentence, outcome };
            self.audit.record(entry.about(tag)).await?;
        }
        looked
    }

    /// Looks at the sources, each when its time has come. One task of the list.
    pub(crate) async fn keep_sources(self: Arc<Self>) {
        let mut ticks = crate::tasks::ticks(EVERY);
        let mut running = schedule::RunningLooks::default();
        loop {
            ticks.tick().await;
            if let Err(error) = self.begin_looks(&mut running).await {
                tracing::error!(%error, "can't look at the sources; trying again");
            }
        }
    }
}

#[cfg(test)]
mod tests;
