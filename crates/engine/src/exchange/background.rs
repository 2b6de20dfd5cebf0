//! Syncs with the nodes: when due, on request, and again after a pause if it failed.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;
use licensing::conf::effective::Effective;
use licensing::contact::Millis;
use licensing::retry;
use tokio::sync::{Notify, watch};

use super::apply::Applied;
use super::client::{NodeClient, NodeSettings};
use super::contact::EVERY;
use super::schedule::{self, Situation};
use super::{ExchangeRound, ReportError};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::AuditOutcome;
use crate::secret;
use crate::tasks::ticks;

/// The state of syncing, for pages and metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncState {
    /// A sync is in progress.
    pub running: bool,
    /// The last round that ended since this server started.
    pub round: Option<ExchangeRound>,
    /// Failed rounds since the last success.
    pub failed_rounds: u32,
    /// When the next sync is due, Unix milliseconds; `None` while no exchange is possible.
    pub next_ms: Option<i64>,
    /// When an answer was last applied, on any channel, Unix milliseconds.
    pub last_ms: Option<i64>,
}

impl SyncState {
    /// In a sentence, what a node answered when it refused the last round; none when none did.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        self.round.as_ref().filter(|_| self.failed_rounds > 0).and_then(ExchangeRound::refusal)
    }
}

/// The result of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncResult {
    /// The round.
    pub round: ExchangeRound,
    /// The answer that was applied.
    pub applied: Applied,
}

/// Why a sync failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Something is missing, or the database did not respond.
    #[error("{0}")]
    Report(#[from] ReportError),
    /// No node gave a valid answer.
    #[error("{}", .0.sentence)]
    NoAnswer(ExchangeRound),
}

/// The state of syncing.
#[derive(Debug)]
pub(crate) struct SyncControl {
    state: watch::Sender<SyncState>,
    wake: Notify,
    in_flight: tokio::sync::Mutex<()>,
    /// The last success on both clocks, wall and known time; and the pause after a failure.
    times: Mutex<Times>,
    last: Mutex<Option<SyncResult>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Times {
    last: Option<(Millis, Millis)>,
    not_before: Option<Millis>,
}

impl SyncControl {
    /// Starts with the stored last success: wall time and measured time.
    pub(crate) fn new(last: Option<(Millis, Millis)>) -> Self {
        Self {
            state: watch::Sender::new(SyncState { last_ms: last.map(|(wall, _)| wall), ..SyncState::default() }),
            wake: Notify::new(),
            in_flight: tokio::sync::Mutex::new(()),
            times: Mutex::new(Times { last, not_before: None }),
            last: Mutex::default(),
        }
    }

    /// Checks again at once, because what was missing may be there now.
    pub(crate) fn wake(&self) {
        self.with_times(|times| times.not_before = None);
        self.wake.notify_one();
    }

    /// When an answer was last applied, on the contact clock.
    pub(super) fn last_known(&self) -> Option<Millis> {
        self.with_times(|times| times.last.map(|(_, known)| known))
    }

    /// A new identity has never synced.
    pub(crate) fn forget_last(&self, new_identity: bool) {
        if new_identity {
            self.with_times(|times| *times = Times::default());
        }
    }

    /// A verified answer was applied, on any channel.
    pub(super) fn succeeded(&self, wall: Millis, known: Millis) {
        self.with_times(|times| *times = Times { last: Some((wall, known)), not_before: None });
        self.state.send_modify(|state| {
            state.failed_rounds = 0;
            state.last_ms = Some(wall);
        });
        self.wake.notify_one();
    }

    fn with_times<T>(&self, change: impl FnOnce(&mut Times) -> T) -> T {
        change(&mut self.times.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Marks a sync as in progress until it is dropped, even if its task is cut short.
struct Running<'a>(&'a watch::Sender<SyncState>);

impl<'a> Running<'a> {
    fn begin(state: &'a watch::Sender<SyncState>) -> Self {
        state.send_modify(|state| state.running = true);
        Self(state)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_if_modified(|state| std::mem::take(&mut state.running));
    }
}

impl Engine {
    /// How the nodes are reached, besides the conf file. To be called before the first exchange.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn configure_nodes(&self, settings: &NodeSettings) -> Result<(), String> {
        let client = NodeClient::new(settings)?;
        let _ = self.nodes.set(client);
        let _ = self.node_ca.set(settings.ca.clone());
        Ok(())
    }

    pub(super) fn node_client(&self) -> Result<&NodeClient, String> {
        if self.nodes.get().is_none() {
            self.configure_nodes(&NodeSettings::default())?;
        }
        self.nodes.get().ok_or_else(|| "Can't start the client for the licensing nodes.".to_owned())
    }

    /// The proxy towards the nodes, as it may be shown.
    pub fn node_proxy(&self) -> Option<String> {
        self.nodes.get().and_then(|client| client.proxy.clone())
    }

    /// The state of syncing.
    pub fn sync_state(&self) -> SyncState {
        self.sync.state.borrow().clone()
    }

    /// Notified when that changes.
    pub fn sync_changes(&self) -> watch::Receiver<SyncState> {
        self.sync.state.subscribe()
    }

    /// Syncs now. While a sync is in progress, waits for it and returns its result if it succeeds.
    ///
    /// # Errors
    /// [`SyncError`]: nothing changed.
    pub async fn sync_now(self: &Arc<Self>, actor: &Actor) -> Result<SyncResult, SyncError> {
        self.sync_since(actor, self.last_sync()).await
    }

    /// Identifies the last successful sync of this run.
    pub fn last_sync(&self) -> Option<String> {
        let last = self.sync.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|synced| synced.applied.status_id.clone())
    }

    /// As [`Engine::sync_now`], but returns a sync that has succeeded since `last`.
    ///
    /// # Errors
    /// [`SyncError`]: nothing changed.
    pub async fn sync_since(self: &Arc<Self>, actor: &Actor, last: Option<String>) -> Result<SyncResult, SyncError> {
        // In its own task, so that a caller that hangs up doesn't stop it half way.
        let (engine, task_actor) = (self.clone(), actor.clone());
        let task = tokio::spawn(async move {
            let guard = engine.sync.in_flight.lock().await;
            let newest = engine.sync.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(newest) = newest.filter(|newest| last.as_ref() != Some(&newest.applied.status_id)) {
                return Ok(newest);
            }
            let result = engine.exchange(&task_actor).await;
            drop(guard);
            result
        });
        let result = match task.await {
            Ok(result) => result,
            Err(error) => Err(SyncError::Report(sqlx::Error::Io(std::io::Error::other(error)).into())),
        };
        if let Err(error) = &result
            && !matches!(error, SyncError::Report(ReportError::Sql(_)))
        {
            let sentence = format!("Sync failed: {error}");
            if let Err(error) = self.audit.note(actor, "exchange.sync", sentence, AuditOutcome::Failed).await {
                tracing::error!(%error, "could not record a failed sync in the audit log");
            }
        }
        result
    }

    /// One round, recorded in the state. The caller holds the lock of the sync in progress.
    async fn exchange(self: &Arc<Self>, actor: &Actor) -> Result<SyncResult, SyncError> {
        let _running = Running::begin(&self.sync.state);
        let result = self.round(actor).await;
        let failed_rounds = self.sync.state.borrow().failed_rounds.saturating_add(1);
        let result = match result {
            Ok((round, Some(applied))) => Ok(SyncResult { round, applied }),
            Ok((round, None)) => Err(SyncError::NoAnswer(round)),
            Err(error) => Err(error.into()),
        };
        if let Ok(synced) = &result {
            *self.sync.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(synced.clone());
        } else {
            let pause = retry::delay_ms(failed_rounds, secret::fraction());
            self.sync.with_times(|times| times.not_before = Some(self.clock.now_ms().saturating_add(pause)));
        }
        self.sync.state.send_modify(|state| {
            state.running = false;
            match &result {
                Ok(synced) => state.round = Some(synced.round.clone()),
                Err(SyncError::NoAnswer(round)) => {
                    state.round = Some(round.clone());
                    state.failed_rounds = failed_rounds;
                }
                Err(SyncError::Report(_)) => state.failed_rounds = failed_rounds,
            }
        });
        result
    }

    /// Background task: syncs when due.
    pub async fn keep_in_sync(self: Arc<Self>) {
        {
            let _in_flight = self.sync.in_flight.lock().await;
            if let Err(error) = self.settle_ledger().await {
                tracing::error!(%error, "could not close reports that an earlier run left open");
            }
        }
        let mut conf = self.conf_changes();
        let mut effective = conf.borrow_and_update().effective.clone();
        let mut ticks = ticks(EVERY);
        let mut blocked = false;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.sync.wake.notified() => blocked = false,
                changed = conf.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    effective = conf.borrow_and_update().effective.clone();
                    blocked = false;
                    // Different nodes or port: it may work now.
                    self.sync.with_times(|times| times.not_before = None);
                }
            }
            if blocked {
                continue;
            }
            let next = self.next_exchange(&effective);
            self.tell_next(Some(next));
            if next > self.clock.now_ms() {
                continue;
            }
            match self.identity().await {
                Ok(identity) if identity.readiness.problem().is_some() => {
                    self.tell_next(None);
                    blocked = true;
                    continue;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "could not read the data for a sync; trying again");
                    continue;
                }
            }
            let _in_flight = self.sync.in_flight.lock().await;
            // Another sync may have finished meanwhile.
            if self.next_exchange(&effective) > self.clock.now_ms() {
                continue;
            }
            if let Err(error) = self.exchange(&Actor::system()).await {
                let failed_rounds = self.sync.state.borrow().failed_rounds;
                tracing::error!(failed_rounds, "the sync with the licensing nodes failed: {error}");
            }
        }
    }

    fn next_exchange(&self, effective: &Effective) -> Millis {
        let times = self.sync.with_times(|times| *times);
        let situation = Situation {
            wall: self.clock.now_ms(),
            high_water: self.contact().high_water,
            last: times.last,
            preset: effective.preset,
            not_before: times.not_before,
        };
        schedule::due(&situation, &TimeZone::system())
    }

    fn tell_next(&self, next: Option<Millis>) {
        self.sync.state.send_if_modified(|state| {
            // The estimate moves with every check; a second more or less is not a change.
            let news = match (state.next_ms, next) {
                (Some(old), Some(new)) => old.abs_diff(new) > 2_000,
                (old, new) => old != new,
            };
            if news {
                state.next_ms = next;
            }
            news
        });
    }
}
