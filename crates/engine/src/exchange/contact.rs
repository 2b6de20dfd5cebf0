//! Runs the contact clock: feeds it time, stores its state, writes its reminders.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use licensing::contact::{
    self, ClockStanding, ContactEffect, ContactEvent, ContactPhase, ContactState, Limit, Millis, PhaseLogLevel,
};
use sqlx::{FromRow, Sqlite, SqlitePool, Transaction};

use crate::Engine;
use crate::accounts::session_store;
use crate::clock::Clock;
use crate::tasks::ticks;

/// Time between two readings of the clocks.
pub(crate) const EVERY: Duration = Duration::from_secs(1);
/// The state is stored at least this often, milliseconds: a crash loses at most this much measured time.
const STORE_EVERY: Millis = 60_000;

/// The contact clock of a running server.
#[derive(Debug)]
pub(crate) struct ContactKeeper {
    state: Mutex<(ContactState, Millis)>,
    /// The clock of this machine, which may be wrong.
    machine: Arc<dyn Clock>,
}

/// The time of a server: that of its machine where it is credible. See [`ContactState::known`].
#[derive(Debug)]
pub(crate) struct KnownClock(pub Arc<ContactKeeper>);

impl Clock for KnownClock {
    fn now_ms(&self) -> i64 {
        // Before the lock is taken, so that time read later is never earlier.
        let (wall, mono) = (self.0.machine.now_ms(), self.0.machine.mono_ms());
        self.0.lock().0.known(wall, mono)
    }

    fn mono_ms(&self) -> i64 {
        self.0.machine.mono_ms()
    }
}

impl ContactKeeper {
    /// The stored state, at startup.
    pub(crate) async fn load(pool: &SqlitePool, machine: Arc<dyn Clock>) -> Result<Self, sqlx::Error> {
        let row: Option<StoredState> = sqlx::query_as("SELECT * FROM contact").fetch_optional(pool).await?;
        let (wall, mono) = (machine.now_ms(), machine.mono_ms());
        let stored = row.map_or_else(|| ContactState::unregistered(wall), ContactState::from);
        let (started, mut effects) = settle(contact::step(&stored, ContactEvent::Started { wall }), stored);
        let (state, more) = settle(contact::step(&started, ContactEvent::Tick { wall, mono }), started);
        effects.extend(more);
        carry_out(&effects, &state);
        Ok(Self { state: Mutex::new((state, 0)), machine })
    }

    /// What the clock of the machine says, right or wrong: only for comparing clocks.
    pub(crate) fn wall_ms(&self) -> Millis {
        self.machine.now_ms()
    }

    /// Stores a state after a signed time in the caller's transaction. Sessions move with the time.
    pub(crate) async fn correct(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        before: &ContactState,
        after: &ContactState,
    ) -> Result<(), sqlx::Error> {
        store(tx, after).await?;
        let (wall, mono) = (self.machine.now_ms(), self.machine.mono_ms());
        let by = after.known(wall, mono).saturating_sub(before.known(wall, mono));
        if by.saturating_abs() > contact::TOLERANCE { session_store::shift(tx, by).await } else { Ok(()) }
    }

    fn lock(&self) -> MutexGuard<'_, (ContactState, Millis)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(FromRow)]
struct StoredState {
    last_verified: Option<Millis>,
    high_water: Millis,
    limit_days: u32,
    flagged: Option<Millis>,
    reported_phase: Option<String>,
    reported_at: Option<Millis>,
    standing_by: Option<Millis>,
    standing_lasted: Option<Millis>,
}

impl From<StoredState> for ContactState {
    fn from(row: StoredState) -> Self {
        let reported = row.reported_phase.and_then(|phase| {
            let rule = contact::PHASES.iter().find(|rule| rule.phase.as_str() == phase)?;
            Some((rule.phase, row.reported_at?))
        });
        Self {
            last_verified: row.last_verified,
            high_water: row.high_water,
            limit: Limit::new(row.limit_days),
            flagged: row.flagged,
            standing: row.standing_by.zip(row.standing_lasted).map(|(by, lasted)| ClockStanding { by, lasted }),
            reported,
            anchor: None,
        }
    }
}

/// A broken invariant changes nothing and is logged as an error.
fn settle(
    stepped: Result<(ContactState, Vec<ContactEffect>), contact::ContactViolation>,
    before: ContactState,
) -> (ContactState, Vec<ContactEffect>) {
    stepped.unwrap_or_else(|broken| {
        tracing::error!(error = %broken, "broken invariant in the contact clock; keeping the previous state");
        metrics::counter!("leasehold_broken_invariants_total", "machine" => "contact").increment(1);
        (before, Vec::new())
    })
}

/// The effects of the clock: log lines.
fn carry_out(effects: &[ContactEffect], state: &ContactState) {
    for effect in effects {
        match effect {
            ContactEffect::Changed { from, to } => {
                tracing::info!(from = from.rule().label, to = to.rule().label, "the contact clock changed state");
            }
            ContactEffect::Report { phase, level, days, lapses_at } => remind(*phase, *level, *days, *lapses_at),
            ContactEffect::ClockFlagged { by } => tracing::warn!(
                minutes = by / 60_000,
                days = state.days(),
                "this machine's clock differs from the measured time; ignoring it until a sync or a week of running confirms it"
            ),
            ContactEffect::ClockSettled => tracing::info!("a signed time confirmed the time"),
            ContactEffect::ClockConfirmed { by } => tracing::warn!(
                minutes = by / 60_000,
                days = state.days(),
                "this machine's clock has kept its time for a week of running; following it"
            ),
        }
    }
}

/// Target of the reminders, which are always written, in the vendor's own form.
pub const REMINDER: &str = "license";

fn remind(phase: ContactPhase, level: PhaseLogLevel, days: Option<u32>, lapses_at: Option<Millis>) {
    let Some(days) = days else { return };
    let instant = lapses_at
        .and_then(|at| jiff::Timestamp::from_millisecond(at).ok())
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default();
    let message = match phase {
        ContactPhase::Unregistered | ContactPhase::InTouch => "licenses are in sync with the vendor".to_owned(),
        ContactPhase::Late => "license synchronization overdue - trying again".to_owned(),
        ContactPhase::Reminder => "license synchronization required - please sync now".to_owned(),
        ContactPhase::Urgent => "license synchronization urgently required - please sync now".to_owned(),
        ContactPhase::Final => format!("license synchronization required now - licenses leave service at {instant}"),
        ContactPhase::Lapsed => {
            format!("licenses out of service since {instant} - the next synchronization brings them back")
        }
    };
    let (state, effect) = (phase.as_str(), phase.rule().effect);
    match level {
        PhaseLogLevel::Info => tracing::info!(days, state, "{message}"),
        PhaseLogLevel::Warn => tracing::warn!(target: REMINDER, days, state, effect, "{message}"),
        PhaseLogLevel::Error => tracing::error!(target: REMINDER, days, state, effect, "{message}"),
    }
}

impl Engine {
    /// The contact clock, advanced to now.
    pub fn contact(&self) -> ContactState {
        self.tick_contact();
        self.contact.lock().0
    }

    /// The time up to which ages are counted, Unix milliseconds; none while the clock of this machine is in doubt, when nothing is too old.
    pub(crate) fn known_ms(&self) -> Option<Millis> {
        let contact = self.contact();
        contact.flagged.is_none().then_some(contact.high_water)
    }

    /// Advances the state and carries out the effects.
    fn tick_contact(&self) {
        let machine = &self.contact.machine;
        let event = ContactEvent::Tick { wall: machine.now_ms(), mono: machine.mono_ms() };
        let mut guard = self.contact.lock();
        let (next, effects) = settle(contact::step(&guard.0, event), guard.0);
        guard.0 = next;
        drop(guard);
        carry_out(&effects, &next);
    }

    /// Background task: runs the contact clock.
    pub async fn keep_contact(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        let mut last = self.contact.lock().0;
        loop {
            ticks.tick().await;
            self.tick_contact();
            let (state, stored_at) = *self.contact.lock();
            let changed = (state.flagged.is_some(), state.reported) != (last.flagged.is_some(), last.reported);
            if !changed && state.high_water.saturating_sub(stored_at) < STORE_EVERY {
                continue;
            }
            last = state;
            if let Err(error) = self.store_contact().await {
                tracing::error!(%error, "could not store the contact clock; trying again");
            }
        }
    }

    /// Stores the state in its own transaction.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn store_contact(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        // Read while holding the writer, so that a just verified exchange isn't overwritten.
        let state = self.contact.lock().0;
        store(&mut tx, &state).await?;
        tx.commit().await?;
        self.contact.lock().1 = state.high_water;
        Ok(())
    }

    /// The state after an exchange verified at `node_time`, stored in the caller's transaction; `None` if a later
    /// exchange already counts. The caller hands it to [`Engine::adopt_contact`] once that is committed.
    ///
    /// `made_at`: when the report was made, on this clock. Time since then counts as far as the answer may have been
    /// on its way: an old answer is no fresh contact.
    pub(super) async fn verified_contact(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        node_time: Millis,
        made_at: Millis,
        limit: Limit,
    ) -> Result<Option<(ContactState, Vec<ContactEffect>)>, sqlx::Error> {
        self.tick_contact();
        let before = self.contact.lock().0;
        let later = before.last_verified.is_some_and(|last| node_time < last);
        if later && self.sync.last_known().is_some_and(|known| made_at <= known) {
            return Ok(None);
        }
        let (state, mut effects) = settle(contact::step(&before, ContactEvent::Verified { node_time }), before);
        let on_its_way = before.high_water.saturating_sub(node_time);
        let passed = on_its_way.clamp(0, before.high_water.saturating_sub(made_at).max(0));
        let (wall, mono) = (self.contact.machine.now_ms(), self.contact.machine.mono_ms());
        let begun = ContactState { anchor: Some(mono.saturating_sub(passed)), ..state };
        let (state, more) = settle(contact::step(&begun, ContactEvent::Tick { wall, mono }), begun);
        effects.extend(more);
        let state = state.with_limit(limit);
        self.contact.correct(tx, &before, &state).await?;
        Ok(Some((state, effects)))
    }

    /// The state of a server with a new identity, which has never synced. As [`Engine::verified_contact`].
    pub(crate) async fn forgotten_contact(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
    ) -> Result<ContactState, sqlx::Error> {
        // Time goes on as it was: another identity is no signed time.
        let state = self.contact.lock().0;
        let state = ContactState { last_verified: None, reported: None, limit: Limit::default(), ..state };
        store(tx, &state).await?;
        Ok(state)
    }

    /// Continues from a stored state.
    pub(crate) fn adopt_contact(&self, state: ContactState, effects: &[ContactEffect]) {
        *self.contact.lock() = (state, state.high_water);
        carry_out(effects, &state);
    }
}

async fn store(tx: &mut Transaction<'static, Sqlite>, state: &ContactState) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO contact (id, last_verified, high_water, limit_days, flagged, reported_phase, reported_at,
         standing_by, standing_lasted)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET last_verified = ?1, high_water = ?2, limit_days = ?3, flagged = ?4,
         reported_phase = ?5, reported_at = ?6, standing_by = ?7, standing_lasted = ?8",
    )
    .bind(state.last_verified)
    .bind(state.high_water)
    .bind(i64::from(state.limit.days()))
    .bind(state.flagged)
    .bind(state.reported.map(|(phase, _)| phase.as_str()))
    .bind(state.reported.map(|(_, at)| at))
    .bind(state.standing.map(|standing| standing.by))
    .bind(state.standing.map(|standing| standing.lasted))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
