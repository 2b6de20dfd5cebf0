//! Keeps the known state of the file up to date: at start, after each save, and after outside changes.

use std::path::Path;

use licensing::conf::document::Document;
use licensing::conf::{diff, template};

use super::file::{self, FileError, FolderLock};
use super::history::{self, NewRevision, Revision, RevisionText};
use super::save::named;
use super::state::{ConfState, OutsideEdit};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret;

impl Engine {
    /// The file as last checked (at most half a second ago while serving).
    pub fn conf(&self) -> ConfState {
        self.conf.borrow().clone()
    }

    /// Follows changes of [`Engine::conf`].
    pub fn conf_changes(&self) -> tokio::sync::watch::Receiver<ConfState> {
        self.conf.subscribe()
    }

    /// Versions before `before`, newest first.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn conf_history(&self, before: Option<i64>, limit: i64) -> sqlx::Result<Vec<Revision>> {
        history::list(self.store.read(), before, limit).await
    }

    /// One version with its content.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn conf_revision(&self, number: i64) -> sqlx::Result<Option<RevisionText>> {
        history::get(self.store.read(), number).await
    }

    /// Creates a new file with Leasehold's own comments if there is none.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be written.
    pub fn write_new_conf(path: &Path) -> Result<(), FileError> {
        let lock = FolderLock::take(path)?;
        match file::read(path) {
            Err(FileError::Missing(_)) => file::replace(path, template::write(&[]).as_bytes(), &lock),
            Err(other) => Err(other),
            Ok(_) => Ok(()),
        }
    }

    /// Reconciles history and file after a start: an interrupted save is completed or discarded, and a change made
    /// while the server was down is recorded.
    pub(crate) async fn settle_conf(&self) -> sqlx::Result<()> {
        let _turn = self.saving.lock().await;
        if let Ok(lock) = FolderLock::take(&self.conf_path) {
            file::sweep(&self.conf_path, &lock);
        }
        let read = file::read(&self.conf_path);
        for pending in history::pending(self.store.read()).await? {
            let applied = read.as_ref().is_ok_and(|bytes| *bytes == pending.bytes);
            let Revision { number, author, .. } = pending.revision;
            let registration = history::pending_registration(self.store.read(), number).await?.filter(|_| applied);
            let mut tx = self.store.write().await?;
            history::end(&mut tx, number, applied).await?;
            let registered = match &registration {
                Some(registration) => {
                    let actor = Actor { name: author.clone(), ..Actor::system() };
                    self.audit.append(&mut tx, crate::registration::entry(&actor, registration)).await?;
                    Some(self.put_registration(&mut tx, &actor, registration).await?)
                }
                None => None,
            };
            let (how, outcome) = if applied {
                ("had reached the file and stays", AuditOutcome::Done)
            } else {
                ("had not reached the file and was discarded", AuditOutcome::Failed)
            };
            let sentence = format!("Leasehold stopped while saving revision {number} of {author}; it {how}.");
            let actor = Actor::system();
            self.audit.commit(tx, NewAuditEntry { actor: &actor, action: "conf.settle", sentence, outcome }).await?;
            if let Some(registered) = registered {
                self.follow_registration(registered).await;
            }
        }
        self.take_in(read).await
    }

    /// Checks the file now. Called by the watch and before each save.
    pub(crate) async fn look_at_conf(&self) -> sqlx::Result<()> {
        let _turn = self.saving.lock().await;
        self.take_in(file::read(&self.conf_path)).await
    }

    /// Records the file's content if it wasn't saved through Leasehold. The caller holds `saving`.
    pub(super) async fn take_in(&self, read: Result<Vec<u8>, FileError>) -> sqlx::Result<()> {
        let newest = history::newest(self.store.read()).await?;
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.publish(newest, Some(problem)).await;
                return Ok(());
            }
        };
        if newest.as_ref().is_some_and(|n| n.revision.sha256 == secret::digest_hex(&bytes)) {
            self.publish(newest, None).await;
            return Ok(());
        }
        let path = self.conf_path.display().to_string();
        let before_path = history::path(self.store.read()).await?.filter(|before| *before != path);
        let first = newest.is_none() || before_path.is_some();
        let actor = if first { Actor::system() } else { Actor::outside() };
        let before = newest.map(|n| n.bytes).unwrap_or_default();
        let comment = match &before_path {
            Some(before) => format!("The configured file changed; before, it was {before}."),
            None if first => "The file as Leasehold found it.".to_owned(),
            None => String::new(),
        };
        let fresh = NewRevision {
            path: &path,
            bytes: &bytes,
            before: &before,
            actor: &actor,
            comment: &comment,
            at: self.clock.now_ms(),
            applied: true,
            registration: None,
        };
        let mut tx = self.store.write().await?;
        let revision = history::insert(&mut tx, &fresh).await?;
        let changed = diff::settings(&Document::parse(before.clone()), &Document::parse(bytes.clone()));
        let changed = if first { Vec::new() } else { changed };
        let sentence = match changed.as_slice() {
            _ if first => format!("Found {path} and saved it as revision {}.", revision.number),
            [] => format!("{path} was changed outside Leasehold; saved as revision {}.", revision.number),
            changed => format!(
                "{path} was changed outside Leasehold: {}; saved as revision {}.",
                named(changed),
                revision.number
            ),
        };
        let entry = NewAuditEntry { actor: &actor, action: "conf.outside", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about_all(changed.iter().map(|changed| changed.setting.key))).await?;
        self.publish(Some(RevisionText { revision, bytes }), None).await;
        Ok(())
    }

    pub(super) async fn publish(&self, newest: Option<RevisionText>, problem: Option<FileError>) {
        let outside = match history::unseen(self.store.read()).await {
            Ok(unseen) => unseen.map(|(since, at, revision)| OutsideEdit { since, revision, at }),
            Err(error) => {
                tracing::error!(%error, "could not check for unacknowledged outside changes");
                self.conf.borrow().outside.clone()
            }
        };
        let newest = newest.map(|newest| (newest.revision, newest.bytes));
        let fresh = ConfState::new(self.conf_path.display().to_string(), newest, outside, problem);
        self.conf.send_if_modified(|old| {
            let changed =
                old.revision != fresh.revision || old.outside != fresh.outside || old.problem != fresh.problem;
            if changed {
                *old = fresh;
            }
            changed
        });
    }

    /// Acknowledges an outside change.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond. Doing it twice changes nothing.
    pub async fn keep_outside(&self, actor: &Actor, number: i64) -> sqlx::Result<bool> {
        let _turn = self.saving.lock().await;
        let mut tx = self.store.write().await?;
        if !history::acknowledge(&mut tx, number, self.clock.now_ms()).await? {
            return Ok(false);
        }
        let sentence = format!("Acknowledged the outside change of revision {number}.");
        self.audit
            .commit(tx, NewAuditEntry { actor, action: "conf.keep", sentence, outcome: AuditOutcome::Done })
            .await?;
        let newest = history::newest(self.store.read()).await?;
        let problem = self.conf.borrow().problem.clone();
        self.publish(newest, problem).await;
        Ok(true)
    }
}
