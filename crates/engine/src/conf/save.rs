//! Saving: based on a known revision, checked, recorded, written, read back.
//!
//! Order matters for a crash at any instant: the new version is durable in history as *pending*, then the file is
//! replaced, then the version counts as *applied*. [`Engine::settle_conf`] resolves what a crash left between.

use std::sync::Arc;

use licensing::conf::check::{self, Finding, Severity};
use licensing::conf::diff::{self, Diff};
use licensing::conf::document::Document;
use licensing::conf::setting;
use licensing::conf::text::{self, Source};
use licensing::plain_text::breaks_a_line;

use super::file::{self, FileError, FolderLock};
use super::history::{self, Fresh, Revision, RevisionText};
use crate::Engine;
use crate::actor::{Actor, Origin};
use crate::audit::{Entry, Outcome};

/// Longest comment, characters.
const MAX_COMMENT: usize = 500;

/// What a change is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// Whatever the file holds now. For commands on the machine itself and for single values, which keep everything else.
    Newest,
    /// The revision and content that [`super::ConfState::base`] named.
    Revision(String),
}

impl Base {
    fn is(&self, current: &str) -> bool {
        match self {
            Self::Newest => true,
            Self::Revision(base) => base == current,
        }
    }
}

/// What is to change.
#[derive(Debug, Clone)]
pub enum Change {
    /// These values, by key.
    Values(Vec<(String, String)>),
    /// The whole text, as it came from an editor box or an API client.
    Text(String, Source),
    /// The content of an earlier revision.
    Restore(i64),
}

/// Somebody else changed the file meanwhile: both sides, so that nobody's work is lost.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// What the save was based on, if that revision is known.
    pub base: Option<Revision>,
    /// The file now.
    pub current: Option<Revision>,
    /// Names the file now; a save based on it is accepted.
    pub current_base: String,
    /// From the common base to what was to be saved.
    pub yours: Diff,
    /// From the common base to the file now.
    pub theirs: Diff,
    /// Of a text: both changes in one text, when they do not touch the same lines.
    pub merged: Option<String>,
}

/// What became of a save.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The newest revision now.
    pub revision: Revision,
    /// Names it for the next save.
    pub base: String,
    /// What changed; empty when the file already said so.
    pub diff: Diff,
}

/// Why a save was refused. The file and its history are as they were.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Not valid: each with the key it belongs to (none: the text as a whole).
    #[error("{}", .0.iter().map(|(_, sentence)| sentence.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<(Option<String>, String)>),
    /// The file changed meanwhile.
    #[error("The file was changed meanwhile; nothing was saved.")]
    Conflict(Box<Conflict>),
    /// No such revision.
    #[error("There is no revision {0}.")]
    UnknownRevision(i64),
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database did not answer.
    #[error("The database did not answer: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl Engine {
    /// What the file would become. Nothing is written.
    ///
    /// # Errors
    /// [`SaveError`], as a save would answer.
    pub async fn preview(&self, base: &Base, change: &Change) -> Result<(Vec<u8>, Diff, Vec<Finding>), SaveError> {
        self.look_at_conf().await?;
        let state = self.conf();
        if let (Some(problem), false) = (state.problem.clone(), matches!(change, Change::Restore(_))) {
            return Err(problem.into());
        }
        if !base.is(&state.base()) {
            return Err(self.conflict(base, change).await?);
        }
        let bytes = self.changed(&state.bytes, change).await?;
        let findings = check::check(&Document::parse(bytes.clone()));
        let diff = diff::lines(&state.bytes, &bytes);
        Ok((bytes, diff, findings))
    }

    /// Saves a change. It runs in a task of its own, so that a caller that goes away half-way (a closed connection, a
    /// time limit) cannot leave it half done.
    ///
    /// # Errors
    /// [`SaveError`]; nothing is changed then, and a refused or failed save is in the audit log.
    pub async fn save_conf(
        self: &Arc<Self>,
        actor: &Actor,
        base: &Base,
        change: &Change,
        comment: &str,
    ) -> Result<Saved, SaveError> {
        let (engine, actor, base, change) = (self.clone(), actor.clone(), base.clone(), change.clone());
        let comment = one_line(comment, MAX_COMMENT);
        let task = tokio::spawn(async move {
            let result = engine.save(&actor, &base, &change, &comment).await;
            if let Err(error) = &result {
                let outcome = match error {
                    SaveError::Sql(_) | SaveError::File(_) => Outcome::Failed,
                    _ => Outcome::Refused,
                };
                let sentence = format!("A change of {} was not saved: {error}", engine.conf_path.display());
                if let Err(error) = engine.audit.note(&actor, "conf.save", sentence, outcome).await {
                    tracing::error!(%error, "a refused save could not be noted");
                }
            }
            result
        });
        task.await.map_err(broken)?
    }

    async fn save(&self, actor: &Actor, base: &Base, change: &Change, comment: &str) -> Result<Saved, SaveError> {
        let _turn = self.saving.lock().await;
        let path = self.conf_path.clone();
        let lock = tokio::task::spawn_blocking(move || FolderLock::take(&path)).await.map_err(broken)??;
        self.take_in(file::read(&self.conf_path)).await?;
        let state = self.conf();
        match state.problem.clone() {
            // A file that is gone can be brought back from history.
            Some(FileError::Missing(_)) if matches!(change, Change::Restore(_)) => {}
            Some(problem) => return Err(problem.into()),
            None => {}
        }
        if !base.is(&state.base()) {
            return Err(self.conflict(base, change).await?);
        }
        let bytes = self.changed(&state.bytes, change).await?;
        let diff = diff::lines(&state.bytes, &bytes);
        if let (true, None, Some(revision)) = (bytes == state.bytes, &state.problem, &state.revision) {
            return Ok(Saved { revision: revision.clone(), base: state.base(), diff });
        }
        let now = self.clock.now_ms();
        let path = self.conf_path.display().to_string();
        let fresh = Fresh { path: &path, bytes: &bytes, before: &state.bytes, actor, comment, at: now, applied: false };
        let mut tx = self.store.write().await?;
        let revision = history::insert(&mut tx, &fresh).await?;
        tx.commit().await?;
        let written = self.write_and_read_back(&bytes, lock).await;
        let mut tx = self.store.write().await?;
        history::end(&mut tx, revision.number, written.is_ok()).await?;
        if let Err(error) = written {
            tx.commit().await?;
            return Err(error);
        }
        // Whoever saves in the console has seen the alarm; whoever restores has decided.
        if actor.origin == Origin::Console || matches!(change, Change::Restore(_)) {
            history::acknowledge(&mut tx, revision.number, now).await?;
        }
        let sentence = sentence_of(change, &revision, &state.document(), comment);
        self.audit.commit(tx, Entry { actor, action: "conf.save", sentence, outcome: Outcome::Done }).await?;
        let base = revision.base();
        self.publish(Some(RevisionText { revision: revision.clone(), bytes }), None).await;
        Ok(Saved { revision, base, diff })
    }

    async fn write_and_read_back(&self, bytes: &[u8], lock: FolderLock) -> Result<(), SaveError> {
        let path = self.conf_path.clone();
        let bytes = bytes.to_vec();
        let done = tokio::task::spawn_blocking(move || {
            file::replace(&path, &bytes, &lock)?;
            let back = file::read(&path)?;
            if back == bytes {
                return Ok(());
            }
            let reason = "what was read back is not what was written".to_owned();
            Err(FileError::Unwritable { path: path.display().to_string(), reason })
        });
        done.await.map_err(broken)?.map_err(Into::into)
    }

    /// The bytes after `change`, checked.
    async fn changed(&self, current: &[u8], change: &Change) -> Result<Vec<u8>, SaveError> {
        match change {
            Change::Values(values) => set_values(current, values),
            Change::Text(submitted, source) => {
                let bytes = text::apply(current, submitted, *source)
                    .map_err(|e| SaveError::Invalid(vec![(None, e.to_string())]))?;
                refuse_new_errors(current, &bytes)?;
                Ok(bytes)
            }
            Change::Restore(number) => {
                let found = history::get(self.store.read(), *number).await?;
                Ok(found.ok_or(SaveError::UnknownRevision(*number))?.bytes)
            }
        }
    }

    async fn conflict(&self, base: &Base, change: &Change) -> Result<SaveError, SaveError> {
        let state = self.conf();
        let named = match base {
            Base::Revision(named) => named.as_str(),
            Base::Newest => "",
        };
        let number = named.split('-').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        let known = history::get(self.store.read(), number).await?.filter(|r| r.revision.base() == named);
        let before = known.as_ref().map_or(&state.bytes, |r| &r.bytes);
        let mine = self.changed(before, change).await?;
        let merged = match change {
            Change::Text(..) => {
                diffy::merge(&text::shown(before), &text::shown(&mine), &text::shown(&state.bytes)).ok()
            }
            _ => None,
        };
        Ok(SaveError::Conflict(Box::new(Conflict {
            yours: diff::lines(before, &mine),
            theirs: diff::lines(before, &state.bytes),
            base: known.map(|r| r.revision),
            current_base: state.base(),
            current: state.revision,
            merged,
        })))
    }
}

fn broken(error: tokio::task::JoinError) -> SaveError {
    SaveError::Sql(sqlx::Error::Io(std::io::Error::other(error)))
}

/// Sets each value; all are checked before any is set.
///
/// # Errors
/// [`SaveError::Invalid`] with one entry per key that cannot be set.
pub fn set_values(current: &[u8], values: &[(String, String)]) -> Result<Vec<u8>, SaveError> {
    if current.starts_with(&[0xff, 0xfe]) || current.starts_with(&[0xfe, 0xff]) {
        let sentence = "The file is saved as UTF-16, so no setting in it can be changed. Save it as UTF-8 first.";
        return Err(SaveError::Invalid(vec![(None, sentence.to_owned())]));
    }
    let mut document = Document::parse(current.to_vec());
    let mut errors = Vec::new();
    for (place, (key, value)) in values.iter().enumerate() {
        if values[..place].iter().any(|(before, _)| before.eq_ignore_ascii_case(key)) {
            errors.push((Some(key.clone()), format!("{} is given twice.", one_line(key, 60))));
            continue;
        }
        let Some(setting) = setting::find(key) else {
            let near = setting::nearest(key).map(|s| format!(" Did you mean {}?", s.key)).unwrap_or_default();
            let shown = one_line(key, 60);
            errors.push((Some(key.clone()), format!("{shown} is not a setting of license_server.conf.{near}")));
            continue;
        };
        match setting.accept(value) {
            Ok(value) => {
                if let Err(error) = document.set(setting.section, setting.key, &value) {
                    errors.push((Some(setting.key.to_owned()), error.to_string()));
                }
            }
            Err(error) => errors.push((Some(setting.key.to_owned()), error.to_string())),
        }
    }
    if errors.is_empty() { Ok(document.into_bytes()) } else { Err(SaveError::Invalid(errors)) }
}

/// A text may keep the faults the file already has, but bring no new ones.
fn refuse_new_errors(current: &[u8], fresh: &[u8]) -> Result<(), SaveError> {
    let known = check::check(&Document::parse(current.to_vec()));
    let errors: Vec<_> = check::check(&Document::parse(fresh.to_vec()))
        .into_iter()
        .filter(|f| f.severity == Severity::Error)
        .filter(|f| !known.iter().any(|k| k.key == f.key && k.sentence == f.sentence))
        .map(|f| {
            let sentence = match f.line {
                Some(line) => format!("Line {line}: {}", f.sentence),
                None => f.sentence,
            };
            (f.key, sentence)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(SaveError::Invalid(errors)) }
}

fn sentence_of(change: &Change, revision: &Revision, before: &Document, comment: &str) -> String {
    let what = match change {
        Change::Values(values) => values
            .iter()
            .map(|(key, value)| {
                let known = setting::find(key);
                let old = known.and_then(|s| before.get(s.section, s.key));
                let old = old.map(|found| String::from_utf8_lossy(found.value).into_owned()).unwrap_or_default();
                format!("{} from “{old}” to “{}”", known.map_or(key.as_str(), |s| s.key), value.trim())
            })
            .collect::<Vec<_>>()
            .join(", "),
        Change::Text(..) => format!("the text, {} lines removed and {} added", revision.removed, revision.added),
        Change::Restore(number) => format!("back to revision {number}"),
    };
    let why = if comment.is_empty() { String::new() } else { format!(" Why: {comment}") };
    format!("Set {what}; revision {}.{why}", revision.number)
}

/// Text for one line of a log or list: nothing that breaks or turns it, no more than `most` characters.
fn one_line(text: &str, most: usize) -> String {
    let mut line: String = text.trim().chars().map(|c| if breaks_a_line(c) { ' ' } else { c }).take(most).collect();
    if text.trim().chars().count() > most {
        line.push('…');
    }
    line
}
