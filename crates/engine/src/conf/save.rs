//! Saving: based on a known revision, checked, recorded, written, read back.
//!
//! Order matters for a crash at any instant: the new version is durable in history as *pending*, then the file is
//! replaced, then the version counts as *applied*. [`Engine::settle_conf`] resolves what a crash left between.

use std::borrow::Cow;
use std::sync::Arc;

use licensing::conf::check::{self, ConfFinding, Severity};
use licensing::conf::diff::{self, ChangedSetting, Diff};
use licensing::conf::document::Document;
use licensing::conf::merge::{self, SettingConflict};
use licensing::conf::setting;
use licensing::conf::text::{self, TextOrigin};
use licensing::conf::view;
use licensing::plain_text::breaks_a_line;
use licensing::registration::Registration;

use super::file::{self, FileError, FolderLock, ReplaceError, Written};
use super::history::{self, NewRevision, Revision, RevisionText};
use super::keeper::LOOK_AGAIN;
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::registration;

/// Longest comment, characters.
const MAX_COMMENT: usize = 500;
/// Times a change of the newest file is made again because the file was edited at that very moment.
const MOST_TRIES: usize = 5;

/// What a change is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseRevision {
    /// The current file. For commands on the machine itself and for single values, which keep everything else.
    Newest,
    /// The revision and content that [`super::ConfState::base`] named.
    Revision(String),
}

impl BaseRevision {
    fn is(&self, current: &str) -> bool {
        match self {
            Self::Newest => true,
            Self::Revision(base) => base == current,
        }
    }
}

/// What is to change.
#[derive(Debug, Clone)]
pub enum ConfChange {
    /// These values, by key.
    Values(Vec<(String, String)>),
    /// The whole text, as it came from an editor box or an API client.
    Text(String, TextOrigin),
    /// The content of an earlier revision.
    Restore(i64),
    /// The file without what this revision changed; what came later stays.
    Undo(i64),
    /// A registration: its GUID and these values go into the file; the rest is stored with them.
    Register(Box<Registration>, Vec<(String, String)>),
}

impl ConfChange {
    /// The values it sets; none when it is not made of values.
    fn values(&self) -> Option<Cow<'_, [(String, String)]>> {
        match self {
            Self::Values(values) => Some(Cow::Borrowed(values)),
            Self::Register(registration, more) => {
                Some(registration.values().into_iter().chain(more.iter().cloned()).collect())
            }
            Self::Text(..) | Self::Restore(_) | Self::Undo(_) => None,
        }
    }

    fn registration(&self) -> Option<&Registration> {
        match self {
            Self::Register(registration, _) => Some(registration),
            _ => None,
        }
    }

    fn restored_from(&self) -> Option<i64> {
        if let Self::Restore(number) = self { Some(*number) } else { None }
    }

    fn undoes(&self) -> Option<i64> {
        if let Self::Undo(number) = self { Some(*number) } else { None }
    }
}

/// The file was changed since: both sides, so that no work is lost.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// The base of the save, if that revision is known.
    pub base: Option<Revision>,
    /// The file now.
    pub current: Option<Revision>,
    /// The base to use for a new save.
    pub current_base: String,
    /// From the common base to the attempted save.
    pub yours: Diff,
    /// From the common base to the file now.
    pub theirs: Diff,
    /// The settings that both changes set, to different values.
    pub settings: Vec<SettingConflict>,
    /// Of a text: both changes merged, if they don't touch the same lines.
    pub merged: Option<String>,
}

impl Conflict {
    /// The change to make on top of the current file, if it is known what both began with, and neither touches what the
    /// other changed.
    pub fn merges(&self, change: &ConfChange) -> Option<ConfChange> {
        match change {
            _ if self.base.is_none() || !self.settings.is_empty() => None,
            ConfChange::Values(_) => Some(change.clone()),
            ConfChange::Text(_, TextOrigin::Browser) => {
                Some(ConfChange::Text(self.merged.clone()?, TextOrigin::Browser))
            }
            _ => None,
        }
    }
}

/// The result of a save.
#[derive(Debug, Clone)]
pub struct SavedRevision {
    /// The newest revision now.
    pub revision: Revision,
    /// The base for the next save.
    pub base: String,
    /// What changed; empty when the file already said so.
    pub diff: Diff,
    /// What the save could not keep to, in a sentence.
    pub note: Option<String>,
}

/// What one try to save comes to.
enum Saved {
    Done(Box<SavedRevision>),
    /// Somebody edited the file between reading and writing it. Their edit is in place, and recorded.
    EditedMeanwhile,
}

/// Why a save was refused. Its change is not in the file.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Invalid: each error with its key (`None` for the text as a whole).
    #[error("{}", .0.iter().map(|(_, sentence)| sentence.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<(Option<String>, String)>),
    /// The file has changed.
    #[error("The file has changed since, so nothing was saved.")]
    Conflict(Box<Conflict>),
    /// No such revision.
    #[error("There is no revision {0}.")]
    UnknownRevision(i64),
    /// A revision can't be undone by itself: later changes touch the same settings, or the same lines where none is named.
    #[error("Revision {revision} can't be undone by itself: later changes touch the same {}.", touched(.settings))]
    LaterChanges {
        /// The revision to undo.
        revision: i64,
        /// As [`merge::LaterChanges`] has them.
        settings: Vec<SettingConflict>,
    },
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl Engine {
    /// The file as it would be. Writes nothing.
    ///
    /// # Errors
    /// [`SaveError`], as a save would answer.
    pub async fn preview(
        &self,
        base: &BaseRevision,
        change: &ConfChange,
    ) -> Result<(Vec<u8>, Diff, Vec<ConfFinding>), SaveError> {
        self.look_at_conf(LOOK_AGAIN).await?;
        let state = self.conf();
        if let (Some(problem), false) = (state.problem.clone(), matches!(change, ConfChange::Restore(_))) {
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

    /// Saves a change. It runs in its own task, so that a caller that goes away (a closed connection, a timeout) can't
    /// leave it half done.
    ///
    /// # Errors
    /// [`SaveError`]; nothing is changed then, and a refused or failed save is in the audit log.
    pub async fn save_conf(
        self: &Arc<Self>,
        actor: &Actor,
        base: &BaseRevision,
        change: &ConfChange,
        comment: &str,
    ) -> Result<SavedRevision, SaveError> {
        let (engine, actor, base, change) = (self.clone(), actor.clone(), base.clone(), change.clone());
        let comment = one_line(comment, MAX_COMMENT);
        let task = tokio::spawn(async move {
            let result = engine.save(&actor, &base, &change, &comment).await;
            if let Err(error) = &result {
                let outcome = match error {
                    SaveError::Sql(_) | SaveError::File(_) => AuditOutcome::Failed,
                    _ => AuditOutcome::Refused,
                };
                let sentence = format!("A change to {} was not saved: {error}", engine.conf_path.display());
                let values = change.values().unwrap_or_default();
                let entry = NewAuditEntry { actor: &actor, action: "conf.save", sentence, outcome };
                let entry =
                    entry.about_all(values.iter().map(|(key, _)| setting::find(key).map_or(key.as_str(), |s| s.key)));
                if let Err(error) = engine.audit.record(entry).await {
                    tracing::error!(%error, "could not record a refused change in the audit log");
                }
            }
            result
        });
        task.await.map_err(broken)?
    }

    async fn save(
        &self,
        actor: &Actor,
        base: &BaseRevision,
        change: &ConfChange,
        comment: &str,
    ) -> Result<SavedRevision, SaveError> {
        let _turn = self.saving.lock().await;
        for _ in 0..MOST_TRIES {
            if let Saved::Done(saved) = self.try_to_save(actor, base, change, comment).await? {
                return Ok(*saved);
            }
            // What is based on a revision is refused by the next try, which finds another.
        }
        Err(self.conflict(base, change).await?)
    }

    async fn try_to_save(
        &self,
        actor: &Actor,
        base: &BaseRevision,
        change: &ConfChange,
        comment: &str,
    ) -> Result<Saved, SaveError> {
        let path = self.conf_path.clone();
        let lock = tokio::task::spawn_blocking(move || FolderLock::take(&path)).await.map_err(broken)??;
        let read = self.read_conf(LOOK_AGAIN).await;
        let found = read.as_ref().ok().cloned();
        self.take_in(read).await?;
        let state = self.conf();
        match state.problem.clone() {
            // A file that is missing or empty can be restored from history.
            Some(FileError::Missing(_) | FileError::Empty(_)) if matches!(change, ConfChange::Restore(_)) => {}
            Some(problem) => return Err(problem.into()),
            None => {}
        }
        if !base.is(&state.base()) {
            return Err(self.conflict(base, change).await?);
        }
        let bytes = self.changed(&state.bytes, change).await?;
        let diff = diff::lines(&state.bytes, &bytes);
        if let (true, None, Some(revision)) = (bytes == state.bytes, &state.problem, &state.revision) {
            if let Some(registration) = change.registration() {
                let mut tx = self.store.write().await?;
                let registered = self.put_registration(&mut tx, actor, registration).await?;
                self.audit.commit(tx, registration::entry(actor, registration)).await?;
                self.follow_registration(registered).await;
            }
            let (revision, base) = (revision.clone(), state.base());
            return Ok(Saved::Done(Box::new(SavedRevision { revision, base, diff, note: None })));
        }
        let now = self.clock.now_ms();
        let path = self.conf_path.display().to_string();
        let fresh = NewRevision {
            path: &path,
            bytes: &bytes,
            before: &state.bytes,
            actor,
            comment,
            at: now,
            applied: false,
            restored_from: change.restored_from(),
            undoes: change.undoes(),
            registration: change.registration(),
        };
        let mut tx = self.store.write().await?;
        let revision = history::insert(&mut tx, &fresh).await?;
        tx.commit().await?;
        let written = self.write(found, &bytes, lock).await;
        let mut tx = self.store.write().await?;
        history::end(&mut tx, revision.number, written.is_ok()).await?;
        let note = match written {
            Ok(written) => written.note,
            Err(error) => {
                tx.commit().await?;
                return match error {
                    ReplaceError::File(error) => Err(error.into()),
                    ReplaceError::Changed(overlooked) => {
                        for edit in overlooked {
                            self.take_in(Ok(edit)).await?;
                        }
                        Ok(Saved::EditedMeanwhile)
                    }
                };
            }
        };
        // Who restores a revision has decided on what came after it, who undoes one on that one; who saves something else may not
        // have seen it.
        let decided = match change {
            ConfChange::Restore(_) => Some(1..=revision.number),
            ConfChange::Undo(number) => Some(*number..=*number),
            _ => None,
        };
        if let Some(decided) = decided {
            history::acknowledge(&mut tx, decided, now).await?;
        }
        let changed = diff::settings(&state.document(), &Document::parse(bytes.clone()));
        let mut sentence = sentence_of(change, &revision, &changed, comment);
        if let Some(note) = &note {
            tracing::warn!("{note}");
            sentence = format!("{sentence} {note}");
        }
        let saved = NewAuditEntry { actor, action: "conf.save", sentence, outcome: AuditOutcome::Done };
        let saved = saved.about_all(changed.iter().map(|changed| changed.setting.key));
        let registered = match change.registration() {
            Some(registration) => {
                let registered = self.put_registration(&mut tx, actor, registration).await?;
                self.audit.append(&mut tx, saved).await?;
                self.audit.commit(tx, registration::entry(actor, registration)).await?;
                Some(registered)
            }
            None => {
                self.audit.commit(tx, saved).await?;
                None
            }
        };
        let base = revision.base();
        self.publish(Some(RevisionText { revision: revision.clone(), bytes }), None).await;
        if let Some(registered) = registered {
            self.follow_registration(registered).await;
        }
        Ok(Saved::Done(Box::new(SavedRevision { revision, base, diff, note })))
    }

    /// Writes the file, if it still holds what was `found`; none when it was missing.
    async fn write(&self, found: Option<Vec<u8>>, bytes: &[u8], lock: FolderLock) -> Result<Written, ReplaceError> {
        let (path, kept, bytes) = (self.conf_path.clone(), file::kept(&self.folder), bytes.to_vec());
        let done = tokio::task::spawn_blocking(move || match found {
            Some(found) => file::replace(&path, &found, &bytes, &kept, &lock),
            None => file::create(&path, &bytes, &lock),
        });
        let failed = |error: tokio::task::JoinError| FileError::Unwritable {
            path: self.conf_path.display().to_string(),
            reason: error.to_string(),
        };
        done.await.map_err(failed)?
    }

    /// The bytes after `change`, checked.
    async fn changed(&self, current: &[u8], change: &ConfChange) -> Result<Vec<u8>, SaveError> {
        match change {
            ConfChange::Values(_) | ConfChange::Register(..) => {
                set_values(current, &change.values().unwrap_or_default())
            }
            ConfChange::Text(submitted, source) => {
                let bytes = text::apply(current, submitted, *source)
                    .map_err(|e| SaveError::Invalid(vec![(None, e.to_string())]))?;
                refuse_new_errors(current, &bytes)?;
                Ok(bytes)
            }
            ConfChange::Restore(number) => {
                let found = history::get(self.store.read(), *number).await?;
                Ok(found.ok_or(SaveError::UnknownRevision(*number))?.bytes)
            }
            ConfChange::Undo(number) => {
                let found = history::get(self.store.read(), *number).await?;
                let after = found.ok_or(SaveError::UnknownRevision(*number))?;
                let Some(before) = history::before(self.store.read(), *number).await? else {
                    let sentence = format!("Revision {number} is the first: there is nothing to undo.");
                    return Err(SaveError::Invalid(vec![(None, sentence)]));
                };
                merge::without(&before.bytes, &after.bytes, current)
                    .map_err(|later| SaveError::LaterChanges { revision: *number, settings: later.settings })
            }
        }
    }

    async fn conflict(&self, base: &BaseRevision, change: &ConfChange) -> Result<SaveError, SaveError> {
        let state = self.conf();
        let named = match base {
            BaseRevision::Revision(named) => named.as_str(),
            BaseRevision::Newest => "",
        };
        let number = named.split('-').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        let known = history::get(self.store.read(), number).await?.filter(|r| r.revision.base() == named);
        let before = known.as_ref().map_or(&state.bytes, |r| &r.bytes);
        let mine = self.changed(before, change).await?;
        let merged = match change {
            ConfChange::Text(..) => merge::lines(before, &mine, &state.bytes),
            _ => None,
        };
        let document = |bytes: &[u8]| Document::parse(bytes.to_vec());
        Ok(SaveError::Conflict(Box::new(Conflict {
            settings: merge::conflicts(&document(before), &document(&mine), &document(&state.bytes)),
            yours: diff::lines(before, &mine),
            theirs: diff::lines(before, &state.bytes),
            base: known.map(|r| r.revision),
            current_base: state.base(),
            current: state.revision,
            merged,
        })))
    }
}

fn touched(settings: &[SettingConflict]) -> &'static str {
    if settings.is_empty() { "lines" } else { "settings" }
}

fn broken(error: tokio::task::JoinError) -> SaveError {
    SaveError::Sql(sqlx::Error::Io(std::io::Error::other(error)))
}

/// Sets the values, after checking all of them.
///
/// # Errors
/// [`SaveError::Invalid`] with one entry per key that cannot be set.
pub fn set_values(current: &[u8], values: &[(String, String)]) -> Result<Vec<u8>, SaveError> {
    if current.starts_with(&[0xff, 0xfe]) || current.starts_with(&[0xfe, 0xff]) {
        let sentence = "The file is UTF-16, so Leasehold can't change its settings. Save it as UTF-8 first.";
        return Err(SaveError::Invalid(vec![(None, sentence.to_owned())]));
    }
    let mut document = Document::parse(current.to_vec());
    let mut errors = Vec::new();
    for (place, (key, value)) in values.iter().enumerate() {
        if values[..place].iter().any(|(before, _)| before.eq_ignore_ascii_case(key)) {
            errors.push((Some(key.clone()), format!("{} appears twice.", one_line(key, 60))));
            continue;
        }
        let Some(setting) = setting::find(key) else {
            let near = setting::nearest(key).map(|s| format!(" Did you mean {}?", s.key)).unwrap_or_default();
            let shown = one_line(key, 60);
            errors.push((Some(key.clone()), format!("license_server.conf has no setting {shown}.{near}")));
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

/// The software maintains the version of the file, in a text as in a form.
fn another_version(current: &[u8], fresh: &[u8]) -> Option<(Option<String>, String)> {
    let version = |bytes: &[u8]| {
        let all = view::settings(&Document::parse(bytes.to_vec()));
        all.into_iter().find(|setting| !setting.editable).map(|setting| (setting.key, setting.value, setting.line))
    };
    match (version(current), version(fresh)) {
        (Some((key, before, _)), Some((_, after, line))) if before != after => {
            let place = line.map(|line| format!("Line {line}: ")).unwrap_or_default();
            let written = before.map_or_else(|| "leave it out".to_owned(), |before| format!("write {before}"));
            let sentence = format!("{place}{key} is read-only: the software maintains it. As before, {written}.");
            Some((Some(key), sentence))
        }
        _ => None,
    }
}

/// A text may keep the file's existing errors but add no new ones.
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
        .chain(another_version(current, fresh))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(SaveError::Invalid(errors)) }
}

fn sentence_of(change: &ConfChange, revision: &Revision, changed: &[ChangedSetting], comment: &str) -> String {
    let named = named(changed);
    let what = match (change, changed.is_empty()) {
        (ConfChange::Restore(number), false) => format!("Restored revision {number}: {named}"),
        (ConfChange::Restore(number), true) => format!("Restored revision {number}, without a change to a setting"),
        (ConfChange::Undo(number), false) => format!("Undid revision {number}: {named}"),
        (ConfChange::Undo(number), true) => format!("Undid revision {number}, without a change to a setting"),
        (ConfChange::Text(..), false) => format!("Edited the text: {named}"),
        (ConfChange::Text(..), true) => "Edited the text, without a change to a setting".to_owned(),
        (_, false) => format!("Set {named}"),
        (_, true) => "Saved the file, without a change to a setting".to_owned(),
    };
    let why = if comment.is_empty() { String::new() } else { format!(" Why: {comment}") };
    format!("{what}; revision {}.{why}", revision.number)
}

/// Changes that an entry of the audit log tells one by one.
const MOST_NAMED: usize = 8;

/// "port_number from “7569” to “7570”, …"
pub(super) fn named(changed: &[ChangedSetting]) -> String {
    let named: Vec<String> = changed.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let more = match changed.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

/// Text for one line of a log or list: no line breaks or direction marks, at most `most` characters.
fn one_line(text: &str, most: usize) -> String {
    let mut line: String = text.trim().chars().map(|c| if breaks_a_line(c) { ' ' } else { c }).take(most).collect();
    if text.trim().chars().count() > most {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use licensing::vendor_key::VendorSecret;

    use super::*;
    use crate::audit::AuditQuery;
    use crate::clock::ManualClock;
    use crate::exchange::Readiness;

    const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";

    fn registration(auth: &str) -> Registration {
        let key = VendorSecret::from_seeds([1; 32], [2; 32]).public();
        let mut registration = Registration::typed(GUID, auth, "").unwrap();
        registration.trust(key.fingerprint(), Some(key));
        registration
    }

    async fn open(folder: &Path) -> Arc<Engine> {
        let conf = folder.join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        Arc::new(Engine::open(folder, &conf, Arc::new(ManualClock::at(1_800_000_000_000))).await.unwrap())
    }

    /// What is in force: readiness, keys, entries of registrations in the audit log, and secrets left in the history.
    async fn in_force(engine: &Engine) -> (Readiness, usize, usize, i64) {
        let identity = engine.identity().await.unwrap();
        let audited = engine.audit.list(&AuditQuery { limit: 100, ..Default::default() }).await.unwrap();
        let left = sqlx::query_scalar("SELECT count(*) FROM conf_revisions WHERE registration IS NOT NULL");
        (
            identity.readiness,
            identity.keys.len(),
            audited.iter().filter(|entry| entry.action == "server.register").count(),
            left.fetch_one(engine.store.read()).await.unwrap(),
        )
    }

    #[tokio::test]
    async fn a_registration_that_is_killed_is_whole_or_not_there() {
        for reached_the_file in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let engine = open(folder.path()).await;
            let (registration, state) = (registration("secret"), engine.conf());
            let bytes = set_values(&state.bytes, &registration.values()).unwrap();
            // As a save leaves it that ends after its revision was stored, or after the file was replaced.
            let fresh = NewRevision {
                path: &state.path,
                bytes: &bytes,
                before: &state.bytes,
                actor: &Actor::system(),
                comment: "",
                at: 0,
                applied: false,
                restored_from: None,
                undoes: None,
                registration: Some(&registration),
            };
            let mut tx = engine.store.write().await.unwrap();
            history::insert(&mut tx, &fresh).await.unwrap();
            tx.commit().await.unwrap();
            if reached_the_file {
                std::fs::write(&state.path, &bytes).unwrap();
            }
            engine.close().await;
            let engine = open(folder.path()).await;
            let expected =
                if reached_the_file { (Readiness::Ready, 1, 1, 0) } else { (Readiness::Unregistered, 0, 0, 0) };
            assert_eq!(in_force(&engine).await, expected);
            engine.close().await;
            assert_eq!(in_force(&*open(folder.path()).await).await, expected, "settled once");
        }
    }

    #[tokio::test]
    async fn a_registration_goes_on_when_its_caller_hangs_up() {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path()).await;
        let actor = Actor::system();
        let registering = engine.register(&actor, &BaseRevision::Newest, registration("secret"), Vec::new(), "");
        // It is begun, and its caller is gone.
        assert!(tokio::time::timeout(Duration::ZERO, registering).await.is_err());
        for _ in 0..500 {
            if in_force(&engine).await.0 == Readiness::Ready {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(in_force(&engine).await, (Readiness::Ready, 1, 1, 0));
    }

    #[tokio::test]
    async fn registering_again_changes_what_belongs_to_the_guid_and_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path()).await;
        let register = async |auth| {
            let actor = Actor::system();
            engine
                .register(&actor, &BaseRevision::Newest, registration(auth), Vec::new(), "")
                .await
                .unwrap()
                .revision
                .number
        };
        let first = register("secret").await;
        assert_eq!(register("another").await, first, "the file says so already");
        assert_eq!(engine.auth_string().await.unwrap().as_deref(), Some("another"));
        assert_eq!(register("").await, first);
        assert_eq!(engine.auth_string().await.unwrap().as_deref(), Some("another"), "none typed: the known one stays");
        assert_eq!(in_force(&engine).await, (Readiness::Ready, 1, 3, 0));
    }
}
