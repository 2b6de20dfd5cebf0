//! Sends clients to the backup for a while: a drain for planned maintenance, or a failover drill with some of them.
//!
//! Meanwhile this server answers those clients `handed_over`; they move to the backup at once and keep asking here, so
//! that they are back within seconds of its end. It survives a restart and always ends. The rules are in
//! `licensing::drain`; this module stores it and follows clock and peers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use licensing::client_protocol::Fault;
pub use licensing::drain::{ActiveDrain, DrainRefusal, Drill};
use licensing::drain::{DrainEffect, DrainEvent, DrainOutlook, DrainRequest, DrillSight, begin, step};
use licensing::peers::{PeerLiveness, PeerReport, Role};
use licensing::words::{count, instant};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{Audit, AuditOutcome, NewAuditEntry};
use crate::peers::PeerEventKind;
use crate::peers::events::add;
use crate::service::local_zone;
use crate::store::Store;

/// Why it was not started.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] DrainRefusal),
    /// The database.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// The drain or drill in progress.
#[derive(Debug, Default)]
pub struct Drains {
    state: RwLock<licensing::drain::DrainState>,
    /// Whether it has a row in the database.
    stored: AtomicBool,
    /// When and how a drain ended on its own, until the database has it.
    ended: Mutex<Option<(i64, &'static str)>>,
    /// State and row change together.
    turn: tokio::sync::Mutex<()>,
}

fn stored(row: &SqliteRow) -> Result<ActiveDrain, sqlx::Error> {
    Ok(ActiveDrain {
        began: row.try_get("began")?,
        until: row.try_get("until")?,
        by: row.try_get("by")?,
        reason: row.try_get("reason")?,
        clients: row.try_get::<Option<&str>, _>("clients")?.and_then(|text| serde_json::from_str(text).ok()),
        budget_ms: row.try_get("budget_ms")?,
    })
}

impl Drains {
    /// As it was stored.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn open(store: &Store) -> Result<Self, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM handover").fetch_optional(store.read()).await?;
        let drain = row.as_ref().map(stored).transpose()?;
        let stored = AtomicBool::new(drain.is_some());
        Ok(Self { state: RwLock::new(licensing::drain::DrainState::opened(drain)), stored, ..Self::default() })
    }

    fn state(&self) -> RwLockReadGuard<'_, licensing::drain::DrainState> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in progress.
    #[must_use]
    pub fn current(&self) -> Option<ActiveDrain> {
        self.state().now.clone()
    }

    /// Whether this client is served here.
    ///
    /// # Errors
    /// A fault that sends it to the backup.
    pub fn check(&self, client: &str) -> Result<(), Fault> {
        self.state().check(client)
    }

    /// The current drill, or the last one since startup.
    #[must_use]
    pub fn drill(&self) -> Option<Drill> {
        self.state().drill.clone()
    }

    /// Applies an event. After a broken invariant this server serves all clients, and an error is logged. Returns how it ended,
    /// in a sentence, if it ended on its own.
    fn feed(&self, event: DrainEvent, now: i64) -> Option<&'static str> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let (next, effects) = step(&state, event, now).unwrap_or_else(|broken| {
            tracing::error!(%broken, "broken invariant in the drain; this server takes its clients back");
            metrics::counter!("leasehold_broken_invariants_total", "machine" => "drain").increment(1);
            Default::default()
        });
        *state = next;
        drop(state);
        let mut ended = None;
        for effect in effects {
            match effect {
                DrainEffect::Over => {
                    tracing::info!("the drain has ended; this server takes its clients back");
                    ended = Some("The time of the drain or drill is up: clients return.");
                }
                DrainEffect::UsedUp => {
                    tracing::warn!("the failover drill has used its hours; this server takes its clients back");
                    ended = Some("The failover drill has used its hours: clients return.");
                }
            }
        }
        ended
    }
}

async fn keep(
    store: &Store,
    audit: &Audit,
    drain: Option<&ActiveDrain>,
    entry: NewAuditEntry<'_>,
    moment: (i64, &str, PeerEventKind, &str),
) -> Result<(), sqlx::Error> {
    let mut tx = store.write().await?;
    let (at, server, kind, detail) = moment;
    add(&mut tx, at, server, kind, detail).await?;
    sqlx::query("DELETE FROM handover").execute(&mut *tx).await?;
    if let Some(drain) = drain {
        let clients = drain.clients.as_ref().map(|ids| serde_json::to_string(ids).expect("names always serialize"));
        sqlx::query(
            "INSERT INTO handover (id, began, until, by, reason, clients, budget_ms) VALUES (1, ?, ?, ?, ?, ?, ?)",
        )
        .bind(drain.began)
        .bind(drain.until)
        .bind(&drain.by)
        .bind(&drain.reason)
        .bind(clients)
        .bind(drain.budget_ms)
        .execute(&mut *tx)
        .await?;
    }
    audit.commit(tx, entry).await
}

impl Engine {
    /// Sends clients to the backup for `minutes`: all, or those of a drill, which may use the given milliseconds of
    /// backup hours.
    ///
    /// # Errors
    /// [`DrainError`]; nothing is changed then.
    pub async fn start_drain(
        &self,
        actor: &Actor,
        minutes: u32,
        reason: &str,
        drill: Option<(BTreeSet<String>, i64)>,
    ) -> Result<ActiveDrain, DrainError> {
        let _turn = self.drain.turn.lock().await;
        let now = self.now_ms();
        let drain = self.plan_drain(actor, minutes, reason, drill)?;
        let (action, sentence) = match &drain.clients {
            None => ("server.handover", format!("Started a {minutes}-minute drain to the backup: {}.", drain.reason)),
            Some(ids) => (
                "server.rehearse",
                format!("Started a {minutes}-minute failover drill, clients chosen: {}. {}.", ids.len(), drain.reason),
            ),
        };
        let entry = NewAuditEntry { actor, action, sentence, outcome: AuditOutcome::Done };
        let name = self.server_name();
        let (kind, what) = match &drain.clients {
            None => (PeerEventKind::Drain, format!("a {minutes}-minute drain of {name} to the backup")),
            Some(ids) => {
                let clients = count(ids.len(), "client", "clients");
                (PeerEventKind::Drill, format!("a {minutes}-minute failover drill of {name} with {clients}"))
            }
        };
        let detail = format!("{} started {what}: {}.", actor.name, drain.reason.trim_end_matches('.'));
        keep(&self.store, &self.audit, Some(&drain), entry, (now, &name, kind, &detail)).await?;
        self.drain.stored.store(true, Ordering::Relaxed);
        let _ = self.drain.feed(DrainEvent::Begun(drain.clone()), now);
        tracing::info!(minutes, "this server is draining to its backup");
        Ok(drain)
    }

    /// The same without starting it.
    ///
    /// # Errors
    /// [`DrainRefusal`]: it can't be started.
    pub fn plan_drain(
        &self,
        actor: &Actor,
        minutes: u32,
        reason: &str,
        drill: Option<(BTreeSet<String>, i64)>,
    ) -> Result<ActiveDrain, DrainRefusal> {
        let asked = DrainRequest { minutes, by: actor.name.clone(), reason: reason.to_owned(), drill };
        begin(&self.drain.state(), asked, self.backup_is_up(), self.now_ms())
    }

    /// What a planned drain or drill would do.
    pub fn drain_outlook(&self, plan: &ActiveDrain) -> DrainOutlook {
        let picture = self.peers.picture();
        let backup =
            picture.others().find(|server| server.role == Role::Backup && matches!(server.state, PeerLiveness::Up(_)));
        let concerned = |ids: BTreeSet<String>| ids.iter().filter(|id| plan.concerns(id)).count();
        let report = backup.and_then(|server| server.report.as_deref());
        DrainOutlook {
            clients: concerned(self.leases.connected()),
            on_hours: concerned(self.leases.ve_clients()),
            from: self.server_name(),
            to: backup.map_or_else(|| "the backup".to_owned(), |server| server.name.clone()),
            hours_left: report.and_then(|report| report.countdown).map(|hours| hours.balance_ms),
            budget: plan.budget_ms,
            until: instant(plan.until, &local_zone(plan.until)),
        }
    }

    /// Ends a drain or drill that is over, and measures a drill. Call it every second.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the end of it could not be stored; the next call tries again.
    pub(crate) async fn watch_drain(&self) -> Result<(), sqlx::Error> {
        let (goes_on, is_drilling) = {
            let state = self.drain.state();
            (state.now.is_some(), state.drill.is_some())
        };
        if goes_on || is_drilling {
            let sight = if is_drilling { self.drill_sight() } else { DrillSight::default() };
            let now = self.now_ms();
            if let Some(sentence) = self.drain.feed(DrainEvent::Look(sight), now) {
                *self.drain.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, sentence));
            }
        }
        // One that ended early, such as a drill that used its hours, must not resume at the next start.
        if self.drain.current().is_none() && self.drain.stored.load(Ordering::Relaxed) {
            let _turn = self.drain.turn.lock().await;
            if self.drain.current().is_none() {
                let ended = *self.drain.ended.lock().unwrap_or_else(PoisonError::into_inner);
                let mut tx = self.store.write().await?;
                if let Some((at, sentence)) = ended {
                    add(&mut tx, at, &self.server_name(), PeerEventKind::Returned, sentence).await?;
                }
                sqlx::query("DELETE FROM handover").execute(&mut *tx).await?;
                tx.commit().await?;
                self.drain.stored.store(false, Ordering::Relaxed);
                *self.drain.ended.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
        }
        Ok(())
    }

    /// The clients that a drain sent away and that a backup serves now. A drill leaves the other clients here, who could be granted
    /// what a client still on its way uses: its licenses are released as those of any silent client.
    pub(crate) fn drained_elsewhere(&self) -> BTreeSet<String> {
        match self.drain.current() {
            Some(drain) if drain.clients.is_none() => self.drill_sight().there,
            _ => BTreeSet::new(),
        }
    }

    /// Clients and hours as this server sees them.
    fn drill_sight(&self) -> DrillSight {
        let picture = self.peers.picture();
        let up = picture
            .others()
            .filter(|server| server.role == Role::Backup && matches!(server.state, PeerLiveness::Up(_)));
        let reports: Vec<&PeerReport> = up.filter_map(|server| server.report.as_deref()).collect();
        let serving = reports.iter().filter_map(|report| report.serving.as_ref());
        DrillSight {
            there: serving.flat_map(|serving| serving.clients.iter().cloned()).collect(),
            here: self.leases.at_work(),
            hours: reports.iter().find_map(|report| report.countdown).map(|hours| (hours.serial, hours.balance_ms)),
        }
    }

    /// Takes the clients back early. Returns whether there was anything to end.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn take_back(&self, actor: &Actor) -> Result<bool, sqlx::Error> {
        let _turn = self.drain.turn.lock().await;
        if self.drain.current().is_none() {
            return Ok(false);
        }
        let sentence = "Took the clients back from the backup.".to_owned();
        let entry = NewAuditEntry { actor, action: "server.take_back", sentence, outcome: AuditOutcome::Done };
        let (now, name) = (self.now_ms(), self.server_name());
        let detail = format!("{} took the clients of {name} back.", actor.name);
        keep(&self.store, &self.audit, None, entry, (now, &name, PeerEventKind::Returned, &detail)).await?;
        let _ = self.drain.feed(DrainEvent::TakenBack, now);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::clock::ManualClock;

    const BEGAN: i64 = 1_800_000_000_000;

    async fn opened(folder: &Path) -> (Engine, Arc<ManualClock>) {
        let conf = folder.join("license_server.conf");
        if !conf.exists() {
            Engine::write_new_conf(&conf).unwrap();
        }
        let clock = Arc::new(ManualClock::at(BEGAN));
        (Engine::open(folder, &conf, clock.clone()).await.unwrap(), clock)
    }

    /// A drain of ten minutes, in the database and nowhere else.
    async fn drained(engine: &Engine) -> ActiveDrain {
        let drain = ActiveDrain {
            began: BEGAN,
            until: BEGAN + 600_000,
            by: "ann".to_owned(),
            reason: "work".to_owned(),
            clients: None,
            budget_ms: None,
        };
        let sentence = "Handed over.".to_owned();
        let entry =
            NewAuditEntry { actor: &Actor::system(), action: "server.handover", sentence, outcome: AuditOutcome::Done };
        let moment = (BEGAN, "lic-01", PeerEventKind::Drain, "Drained.");
        keep(&engine.store, &engine.audit, Some(&drain), entry, moment).await.unwrap();
        drain
    }

    async fn run(engine: &Engine, sql: &'static str) {
        let mut tx = engine.store.write().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn what_has_ended_does_not_begin_again_with_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, _) = opened(folder.path()).await;
        let drain = drained(&engine).await;
        engine.close().await;
        let (engine, _) = opened(folder.path()).await;
        engine.watch_drain().await.unwrap();
        assert_eq!(engine.drain.current(), Some(drain), "it goes on after a restart");
        // It ends before its time.
        let _ = engine.drain.feed(DrainEvent::TakenBack, BEGAN);
        engine.watch_drain().await.unwrap();
        engine.close().await;
        assert_eq!(opened(folder.path()).await.0.drain.current(), None);
    }

    #[tokio::test]
    async fn the_end_of_a_drain_is_told_also_when_it_could_not_be_stored_at_first() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, _) = opened(folder.path()).await;
        drained(&engine).await;
        engine.close().await;
        let (engine, clock) = opened(folder.path()).await;
        run(&engine, "CREATE TRIGGER no_room BEFORE INSERT ON peer_events BEGIN SELECT RAISE(FAIL, 'disk full'); END")
            .await;
        clock.advance(600_000);
        engine.watch_drain().await.unwrap_err();
        run(&engine, "DROP TRIGGER no_room").await;
        clock.advance(5_000);
        engine.watch_drain().await.unwrap();
        let told = sqlx::query_scalar::<_, i64>("SELECT at FROM peer_events WHERE at > ?").bind(BEGAN);
        assert_eq!(told.fetch_all(engine.store.read()).await.unwrap(), [BEGAN + 600_000]);
    }
}
