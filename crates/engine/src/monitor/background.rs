//! Reads the sources of licenses, brings the state up to date, stores and logs what changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use licensing::contact::Millis;
use licensing::monitor::{GRACE, MonitorDocument, MonitorState, SignedMonitorDocument, Violation};
use licensing::words::{Zone, count, instant, list};
use sqlx::{Sqlite, Transaction};
use strum::VariantArray;

use super::places::{self, KeyFile};
use super::sources::{Ground, Source};
use super::watch::StoredState;
use super::{lock, store};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret;
use crate::tasks::ticks;

/// Time between two looks at the state.
pub(crate) const EVERY: Duration = Duration::from_secs(1);
/// Looks at the state between two looks at the key file.
const KEY_FILE_EVERY: u32 = 2;
/// Time between two requests to another server.
pub(crate) const ASK_EVERY: Duration = Duration::from_secs(60);

/// What was stored and logged last.
#[derive(Debug)]
pub(super) struct Told {
    stored: StoredState,
    violations: Vec<(Violation, Phase)>,
}

/// How far a violation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Records are still stored as usual.
    Grace,
    /// They are locked.
    Locking,
}

impl Told {
    /// Nothing was logged by this process yet: what lasts is logged again at each start.
    pub fn stored(stored: StoredState) -> Self {
        Self { stored, violations: Vec::new() }
    }
}

fn violations(state: &MonitorState, now: Millis) -> Vec<(Violation, Phase)> {
    let lasting = Violation::VARIANTS.iter().copied().filter(|violation| state.since(*violation).is_some());
    let phase = |violation| if state.grace_is_over(violation, now) { Phase::Locking } else { Phase::Grace };
    lasting.map(|violation| (violation, phase(violation))).collect()
}

/// Logs each begin and end, of a violation and of its grace.
fn log(before: &[(Violation, Phase)], now: &[(Violation, Phase)], state: &MonitorState) {
    for &(violation, phase) in now.iter().filter(|entry| !before.contains(entry)) {
        let what = match violation {
            Violation::Expired => "no monitor license is in force",
            Violation::Unavailable => "the monitor license can't be read",
            Violation::TooManyUsers => "more users were observed than the monitor license allows",
        };
        let since = state.since(violation).unwrap_or_default();
        let (since, locks_at) = (instant(since, &Zone::utc()), instant(since.saturating_add(GRACE), &Zone::utc()));
        let violation = violation.word();
        match phase {
            Phase::Grace => {
                tracing::warn!(violation, since, locks_at, "{what}; records of usage will be locked from {locks_at}");
            }
            Phase::Locking => tracing::error!(violation, since, locks_at, "{what}; records of usage are being locked"),
        }
    }
    for &(violation, phase) in before.iter().filter(|(violation, _)| !now.iter().any(|(lasts, _)| lasts == violation)) {
        let violation = violation.word();
        match phase {
            Phase::Grace => tracing::info!(violation, "the violation of the monitor license is over"),
            Phase::Locking => {
                tracing::info!(violation, "the violation of the monitor license is over; it locks no more records");
            }
        }
    }
}

impl Engine {
    /// Checks the documents at hand and brings the state up to now; stores and logs what changed.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond; the state in memory is up to date then as far as it is known.
    pub(crate) async fn look_at_monitor(&self) -> Result<(), sqlx::Error> {
        let ground = self.monitor_ground().await?;
        let settings = lock(&self.monitor.settings).clone();
        let read = lock(&self.monitor.sources).read(&ground, &settings);
        self.monitor.watch.supplied(read);
        let stored = self.monitor.watch.look().stored;
        let now = violations(&stored.state, self.clock.now_ms());
        let is_news = {
            let mut told = lock(&self.monitor.told);
            log(&told.violations, &now, &stored.state);
            told.violations = now;
            told.stored != stored
        };
        if is_news {
            store::put_state(&self.store, &stored).await?;
            lock(&self.monitor.told).stored = stored;
        }
        Ok(())
    }

    /// Reads the key file, and stores it if it is news.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub(crate) async fn look_at_key_file(&self) -> Result<(), sqlx::Error> {
        let settings = lock(&self.monitor.settings).clone();
        let named = settings.key_file.is_some();
        let places = places::places(&settings, &self.folder);
        let found = tokio::task::spawn_blocking(move || places::look(places)).await;
        match found.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))? {
            KeyFile::Absent(places) => {
                if !named && lock(&self.monitor.sources).is_absent(Source::KeyFile) {
                    return Ok(());
                }
                let listed = list(places.iter().map(|path| path.display().to_string()));
                let reason =
                    format!("There is no key file at {listed}. Put the key file of the monitor license there.");
                self.not_read(Source::KeyFile, reason, places.into_iter().next());
                Ok(())
            }
            KeyFile::At(path, Err(reason)) => {
                self.not_read(Source::KeyFile, reason, Some(path));
                Ok(())
            }
            KeyFile::At(path, Ok(text)) => {
                let ground = self.monitor_ground().await?;
                let digest = secret::digest_hex(text.as_bytes());
                if lock(&self.monitor.sources).is_taken(Source::KeyFile, &digest, &ground) {
                    self.was_read(Source::KeyFile, Some(path));
                    return Ok(());
                }
                match places::document(&path, &text, &ground) {
                    Err(reason) => self.not_read(Source::KeyFile, reason, Some(path)),
                    Ok((signed, document)) => {
                        let from = format!("the key file {}", path.display());
                        self.keep_document(Source::KeyFile, (&signed, &document), &ground, &from).await?;
                        self.was_read(Source::KeyFile, Some(path));
                        lock(&self.monitor.sources).take(Source::KeyFile, digest, ground);
                    }
                }
                Ok(())
            }
        }
    }

    /// Asks the other server, if there is one, and stores its document if it is news.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub(crate) async fn ask_monitor_server(&self) -> Result<(), sqlx::Error> {
        let Some(server) = lock(&self.monitor.settings).server.clone() else { return Ok(()) };
        let address = server.to_string();
        let ground = self.monitor_ground().await?;
        if let Err(reason) = ground.registered() {
            self.not_read(Source::Server, reason, None);
            return self.look_at_monitor().await;
        }
        let refused = |why: String| format!("The monitor license of the license server {address} can't be used. {why}");
        let answer = self.monitor.ask(&address).await;
        match answer.and_then(|text| ground.check(Source::Server, &text).map_err(refused)) {
            Err(reason) => self.not_read(Source::Server, reason, None),
            Ok((signed, document)) => {
                let from = format!("the license server {address}");
                self.keep_document(Source::Server, (&signed, &document), &ground, &from).await?;
                self.was_read(Source::Server, None);
            }
        }
        self.look_at_monitor().await
    }

    fn was_read(&self, source: Source, place: Option<PathBuf>) {
        lock(&self.monitor.sources).was_read(source, self.clock.now_ms(), place);
    }

    fn not_read(&self, source: Source, reason: String, place: Option<PathBuf>) {
        let line = reason.clone();
        if lock(&self.monitor.sources).failed(source, reason, place) {
            tracing::warn!(source = <&str>::from(source), "a source of the monitor license can't be read: {line}");
        }
    }

    /// Stores a document that is news, with an entry in the audit log.
    async fn keep_document(
        &self,
        source: Source,
        (signed, document): (&SignedMonitorDocument, &MonitorDocument),
        ground: &Ground,
        from: &str,
    ) -> Result<(), sqlx::Error> {
        if !lock(&self.monitor.sources).is_news(source, document, ground) {
            return Ok(());
        }
        let now = self.clock.now_ms();
        let mut tx = self.store.write().await?;
        let text = store::put(&mut tx, source, signed, document, now).await?;
        let licenses = count(document.licenses.len(), "license", "licenses");
        let sentence = format!("Read the monitor license from {from}: {licenses}.");
        let actor = Actor::system();
        let entry =
            NewAuditEntry { actor: &actor, action: "monitor-license.read", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(<&str>::from(source))).await?;
        lock(&self.monitor.sources).hold(source, text, now);
        Ok(())
    }

    /// Stores the document of an answer in the transaction that applies it, unless a later one is here. Gives its text for
    /// [`Engine::adopt_monitor`].
    pub(crate) async fn put_monitor(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        (signed, document): (&SignedMonitorDocument, &MonitorDocument),
        ground: (Vec<licensing::vendor_key::VendorKey>, licensing::guid::Guid),
    ) -> Result<Option<Arc<str>>, sqlx::Error> {
        let ground = Ground { keys: ground.0, own: Some(ground.1) };
        if !lock(&self.monitor.sources).is_news(Source::Exchange, document, &ground) {
            let now = self.clock.now_ms();
            sqlx::query("UPDATE monitor_documents SET seen = ? WHERE source = 'exchange'")
                .bind(now)
                .execute(&mut **tx)
                .await?;
            return Ok(None);
        }
        store::put(tx, Source::Exchange, signed, document, self.clock.now_ms()).await.map(Some)
    }

    /// Follows the document of an answer that was applied.
    pub(crate) async fn adopt_monitor(&self, text: Option<Arc<str>>) {
        if let Some(text) = text {
            lock(&self.monitor.sources).hold(Source::Exchange, text, self.clock.now_ms());
        }
        self.was_read(Source::Exchange, None);
        if let Err(error) = self.look_at_monitor().await {
            tracing::error!(%error, "could not follow the monitor license; trying again");
        }
    }

    /// Background task: keeps the state of the monitor's license.
    pub async fn keep_monitor(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        let mut looks = 0_u32;
        loop {
            ticks.tick().await;
            let looked = async {
                if looks.is_multiple_of(KEY_FILE_EVERY) {
                    self.look_at_key_file().await?;
                }
                self.look_at_monitor().await
            };
            if let Err(error) = looked.await {
                tracing::error!(%error, "could not store the state of the monitor license; trying again");
            }
            looks = looks.wrapping_add(1);
        }
    }

    /// Background task: asks another server for the monitor license.
    pub async fn ask_for_monitor_license(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        let mut asked: Option<(Ground, Millis)> = None;
        loop {
            ticks.tick().await;
            let now = self.clock.mono_ms();
            let ask = async {
                let ground = self.monitor_ground().await?;
                let is_due = |(before, at): &(Ground, Millis)| {
                    // At once after a registration.
                    *before != ground || Duration::from_millis(now.abs_diff(*at)) >= ASK_EVERY
                };
                if asked.as_ref().is_none_or(is_due) {
                    self.ask_monitor_server().await?;
                    asked = Some((ground, now));
                }
                Ok::<_, sqlx::Error>(())
            };
            if let Err(error) = ask.await {
                tracing::error!(%error, "could not store the monitor license of another server; trying again");
            }
        }
    }
}
