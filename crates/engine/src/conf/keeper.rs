//! Keeps the known state of the file up to date: at start, after each save, and after outside changes.

use std::path::Path;
use std::time::Duration;

use licensing::conf::document::Document;
use licensing::conf::{diff, template};

use super::file::{self, FileError, FolderLock, ReplaceError};
use super::history::{self, NewRevision, Revision, RevisionText};
use super::save::named;
use super::state::{ConfState, OutsideEdit};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret;

/// Time between two looks at a file that differs from what is known, for who waits for the answer.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Looks at a file that keeps changing.
const MOST_LOOKS: usize = 20;

impl Engine {
    /// The file as last checked (at most a second ago while serving).
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
            Err(FileError::Missing(_)) => match file::create(path, template::write(&[]).as_bytes(), &lock) {
                Err(ReplaceError::File(error)) => Err(error),
                // Somebody else has just made one.
                Ok(_) | Err(ReplaceError::Changed(_)) => Ok(()),
            },
            Err(other) => Err(other),
            Ok(_) => Ok(()),
        }
    }

    /// Reconciles history and file after a start: an interrupted save is completed or discarded, and a change made
    /// while the server was down is recorded.
    pub(crate) async fn settle_conf(&self) -> sqlx::Result<()> {
        let _turn = self.saving.lock().await;
        let all_pending = history::pending(self.store.read()).await?;
        if let Ok(lock) = FolderLock::take(&self.conf_path) {
            file::sweep(&self.conf_path, &lock);
            let (kept, contents) =
                (file::kept(&self.folder), all_pending.iter().map(|pending| pending.bytes.as_slice()));
            match file::recover(&self.conf_path, &kept, &contents.collect::<Vec<_>>(), &lock) {
                Ok(false) => {}
                Ok(true) => {
                    tracing::warn!(path = %self.conf_path.display(), "writing the file was cut off; it has its earlier content again")
                }
                Err(error) => {
                    tracing::error!(%error, copy = %kept.display(), "could not check a file whose writing was cut off")
                }
            }
        }
        let newest = history::newest(self.store.read()).await?;
        let read = self.read_whole(newest.as_ref().map(|newest| newest.bytes.as_slice()), None, LOOK_AGAIN).await;
        for pending in all_pending {
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
    pub(crate) async fn look_at_conf(&self, again_after: Duration) -> sqlx::Result<()> {
        let _turn = self.saving.lock().await;
        let read = self.read_conf(again_after).await;
        self.take_in(read).await
    }

    /// The file as it is, when two looks in a row agree. The caller holds `saving`.
    pub(super) async fn read_conf(&self, again_after: Duration) -> Result<Vec<u8>, FileError> {
        let state = self.conf();
        let known = state.revision.is_some().then_some(state.bytes.as_slice());
        self.read_whole(known, state.problem.as_ref(), again_after).await
    }

    /// Reads the file until two looks agree: a program may be writing it. What is known already, and the first file of all, need
    /// one look.
    async fn read_whole(
        &self,
        known: Option<&[u8]>,
        problem: Option<&FileError>,
        again_after: Duration,
    ) -> Result<Vec<u8>, FileError> {
        let mut read = file::read(&self.conf_path);
        let is_known = match &read {
            Ok(bytes) => known.is_none_or(|known| known == bytes),
            Err(error) => known.is_none() || problem == Some(error),
        };
        if is_known {
            return read;
        }
        for _ in 0..MOST_LOOKS {
            tokio::time::sleep(again_after).await;
            let again = file::read(&self.conf_path);
            if again == read {
                break;
            }
            read = again;
        }
        read
    }

    /// Records the file's content if it wasn't saved through Leasehold. The caller holds `saving`.
    pub(super) async fn take_in(&self, read: Result<Vec<u8>, FileError>) -> sqlx::Result<()> {
        let newest = history::newest(self.store.read()).await?;
        let had_content = newest.as_ref().is_some_and(|newest| !file::is_empty(&newest.bytes));
        let read = match read {
            Ok(bytes) if had_content && file::is_empty(&bytes) => {
                Err(FileError::Empty(self.conf_path.display().to_string()))
            }
            read => read,
        };
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
            restored_from: None,
            undoes: None,
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
        let action = if first { "conf.found" } else { "conf.outside" };
        let entry = NewAuditEntry { actor: &actor, action, sentence, outcome: AuditOutcome::Done };
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
        let fresh = self.conf().followed_by(newest, outside, problem);
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
        if !history::acknowledge(&mut tx, 1..=number, self.clock.now_ms()).await? {
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
