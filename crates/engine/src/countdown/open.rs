//! Startup: reads every copy, and writes the one that applies everywhere.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use licensing::countdown::{Balance, CountdownState, View};
use tokio::sync::watch;

use super::meter::CountdownMeter;
use super::{Countdown, Inner, StoredBalance, anchor, outside, rows};
use crate::clock::Clock;
use crate::secret;
use crate::store::Store;

impl Countdown {
    /// Opens the stored hours. The second anchor is in `$LEASEHOLD_ANCHORS`, else in `$XDG_STATE_HOME/leasehold`, else
    /// in `$HOME/.local/state/leasehold`.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn open(store: Store, folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, sqlx::Error> {
        Self::open_with(store, folder, outside::choose(folder), clock).await
    }

    /// As [`Countdown::open`], with the folder of the second anchor; `None` for none.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn open_with(
        store: Store,
        folder: &Path,
        outside: Option<PathBuf>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, sqlx::Error> {
        let anchor = folder.join(anchor::NAME);
        let stored = rows::load(store.read()).await?;
        let (saved, found) = gather(stored.clone(), anchor.clone(), outside.clone()).await?;
        let mut tx = store.write().await?;
        if stored.as_ref() != Some(&saved) {
            rows::store(&mut tx, &saved).await?;
        }
        rows::end_open_runs(&mut tx).await?;
        tx.commit().await?;
        let last_run = rows::last_run(store.read()).await?;
        let state = CountdownState::opened(saved.balance);
        let inner = Inner {
            views: watch::Sender::new(View::of(&state, licensing::countdown::ClockReading::default())),
            meter: Mutex::new(CountdownMeter::new(state, saved.clone(), last_run)),
            store,
            clock,
            anchor,
            outside,
            changed: watch::Sender::new(()),
        };
        let inner = Arc::new(inner);
        let places = inner.clone();
        let written = tokio::task::spawn_blocking(move || places.mend_anchors(&saved, &found)).await;
        written.map_err(std::io::Error::other).map_err(sqlx::Error::Io)?;
        inner.publish();
        Ok(Self { inner })
    }
}

/// The copies found.
#[derive(Debug, Default)]
struct Found {
    inside: Option<StoredBalance>,
    outside: Option<StoredBalance>,
}

/// The balance that applies, and the anchors' content.
async fn gather(
    stored: Option<StoredBalance>,
    anchor: PathBuf,
    outside: Option<PathBuf>,
) -> Result<(StoredBalance, Found), sqlx::Error> {
    let look = move || {
        let inside = anchor::read(&anchor);
        let ids = || [&stored, &inside].into_iter().flatten().map(|saved| saved.installation.clone());
        let installation = ids().next().unwrap_or_else(|| secret::uuid().to_string());
        let folder = outside.as_deref();
        let others: Vec<StoredBalance> = folder
            .into_iter()
            .flat_map(|folder| ids().filter_map(|id| anchor::read(&anchor::named(folder, &id))))
            .collect();
        let mine = others.iter().find(|saved| saved.installation == installation).cloned();
        let nothing =
            StoredBalance { installation: installation.clone(), license: String::new(), balance: Balance::default() };
        let known = stored.as_ref().map(|saved| saved.balance);
        let mut counts = stored.unwrap_or(nothing);
        for other in inside.iter().chain(&others) {
            if other.balance.counts_before(&counts.balance) {
                counts = other.clone();
            }
        }
        if known.is_some_and(|known| known != counts.balance) {
            tracing::warn!(
                serial = counts.balance.serial,
                minutes_left = counts.balance.balance_ms / 60_000,
                "countdown hours differ between the database and its anchors; using the newest license and the lower balance"
            );
        }
        (StoredBalance { installation, ..counts }, Found { inside, outside: mine })
    };
    tokio::task::spawn_blocking(look).await.map_err(std::io::Error::other).map_err(sqlx::Error::Io)
}

impl Inner {
    /// Writes the anchors that differ. A failure here repeats before anything is granted.
    fn mend_anchors(&self, saved: &StoredBalance, found: &Found) {
        anchor::sweep(&self.anchor);
        if saved.balance.serial == 0 {
            return;
        }
        if found.inside.as_ref() != Some(saved)
            && let Err(error) = anchor::write(&self.anchor, saved)
        {
            tracing::error!(%error, "can't write the anchor of the countdown hours; no hours can be used until it can be written");
        }
        let Some(folder) = &self.outside else {
            tracing::warn!(
                "the countdown hours have no anchor outside the data folder; set LEASEHOLD_ANCHORS to a folder for it"
            );
            return;
        };
        let path = anchor::named(folder, &saved.installation);
        anchor::sweep(&path);
        if found.outside.as_ref() != Some(saved)
            && let Err(error) = anchor::write(&path, saved)
        {
            tracing::warn!(%error, "can't write the anchor of the countdown hours outside the data folder");
        }
    }
}
