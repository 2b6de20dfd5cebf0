//! The hours in memory: the state, logins, and what must be stored.

use licensing::countdown::{
    AfterStore, Cause, ClockReading, CountdownEffect, CountdownEvent, CountdownRun, CountdownState, CountdownViolation,
    Millis, step,
};

use super::StoredBalance;
use super::rows::RunRow;

/// Pause between log lines about the same error, milliseconds of the monotonic clock.
const SAY_AGAIN_MS: Millis = 60_000;

#[derive(Debug)]
pub(super) struct CountdownMeter {
    pub state: CountdownState,
    /// Number of clients logged in.
    pub clients: u32,
    /// As stored.
    pub saved: StoredBalance,
    /// The license that is being installed: its serial and its name.
    pub incoming: Option<(u64, String)>,
    /// The last error of storing; `None` after a success.
    pub problem: Option<String>,
    /// A task is storing.
    pub storing: bool,
    run: Option<Running>,
    last_run: i64,
    /// Finished runs not stored yet, and whether to try now.
    finished: Vec<RunRow>,
    finished_due: bool,
    said_at: Option<Millis>,
}

/// The hours run.
#[derive(Debug)]
struct Running {
    id: i64,
    began_ms: Millis,
    most_clients: u32,
    /// Time left and time used always add up to this.
    base: Millis,
    granted: bool,
    /// It may already be stored.
    tried: bool,
}

/// What is stored together.
#[derive(Debug, Clone)]
pub(super) struct StoreJob {
    pub saved: Option<StoredBalance>,
    pub runs: Vec<RunRow>,
}

impl CountdownMeter {
    pub fn new(state: CountdownState, saved: StoredBalance, last_run: i64) -> Self {
        Self {
            state,
            clients: 0,
            saved,
            incoming: None,
            problem: None,
            storing: false,
            run: None,
            last_run,
            finished: Vec::new(),
            finished_due: false,
            said_at: None,
        }
    }

    /// Applies an event. A broken invariant changes nothing and is logged as an error.
    pub fn feed(&mut self, event: CountdownEvent, now: ClockReading) -> Result<(), CountdownViolation> {
        let (next, effects) = step(&self.state, event, now).inspect_err(|broken| {
            tracing::error!(%broken, "broken invariant in the countdown hours; keeping the previous state");
            metrics::counter!("leasehold_broken_invariants_total", "machine" => "countdown").increment(1);
        })?;
        let before = std::mem::replace(&mut self.state, next);
        if let Some(run) = self.run.as_mut().filter(|_| before.balance.serial != next.balance.serial) {
            run.base = run.base - before.left_ms(now.mono_ms) + next.left_ms(now.mono_ms);
        }
        let charges = matches!(next.pending.map(|pending| pending.then), Some(AfterStore::Grant { .. }));
        if self.run.is_none() && charges {
            let (id, base) = (self.last_run + 1, next.left_ms(now.mono_ms));
            self.run = Some(Running {
                id,
                began_ms: now.wall_ms,
                most_clients: self.clients,
                base,
                granted: false,
                tried: false,
            });
        }
        for effect in effects {
            self.carry_out(effect, now);
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: CountdownEffect, now: ClockReading) {
        let minutes_left = self.state.left_ms(now.mono_ms) / 60_000;
        match effect {
            CountdownEffect::Persist(_) => {}
            CountdownEffect::Grant { .. } => {
                if let Some(run) = self.run.as_mut().filter(|run| !run.granted) {
                    run.granted = true;
                    tracing::info!(minutes_left, "countdown hours are running");
                }
            }
            CountdownEffect::Notice { empty_at } => {
                let at =
                    jiff::Timestamp::from_millisecond(empty_at).map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
                let at = at.unwrap_or_default();
                tracing::warn!(minutes_left, "countdown hours end at {at}; bring the primary back before then");
            }
            CountdownEffect::GivenBack { ms } => {
                tracing::debug!(ms, "gave back the unused part of the last minute")
            }
            CountdownEffect::Empty => {
                tracing::error!("countdown hours are used up; refusing clients");
                self.end_run(Cause::Empty, now);
            }
            // Logged together with the failure.
            CountdownEffect::Unsaved => {}
        }
    }

    /// A client logs in.
    pub fn arrive(&mut self, now: ClockReading) -> Result<(), CountdownViolation> {
        self.clients = self.clients.saturating_add(1);
        if let Some(run) = &mut self.run {
            run.most_clients = run.most_clients.max(self.clients);
        }
        if self.state.granted() && self.state.paid.at(now.mono_ms) > 0 {
            Ok(())
        } else {
            self.feed(CountdownEvent::FirstLogin, now)
        }
    }

    /// A client logs out, or all do.
    pub fn depart(&mut self, all: bool, cause: Cause, now: ClockReading) {
        self.clients = if all { 0 } else { self.clients.saturating_sub(1) };
        if self.clients > 0 || !self.state.logged_in() {
            return;
        }
        // A broken invariant was logged; the next tick stops the hours.
        if self.feed(CountdownEvent::LastLogout, now).is_ok() {
            self.end_run(cause, now);
        }
    }

    fn end_run(&mut self, cause: Cause, now: ClockReading) {
        let Some(row) = self.run_row(Some(cause), now) else { return };
        // Without any grant there was no run.
        if self.run.take().is_some_and(|run| run.granted || run.tried) {
            self.last_run = row.id;
            let minutes_spent = row.run.spent_ms / 60_000;
            tracing::info!(minutes_spent, clients = row.run.most_clients, "countdown hours stopped: {}", cause.word());
            self.finished.push(row);
            self.finished_due = true;
        }
    }

    /// The current run so far, or as it ends now.
    pub fn run_row(&self, cause: Option<Cause>, now: ClockReading) -> Option<RunRow> {
        let run = self.run.as_ref()?;
        let spent_ms = run.base.saturating_sub(self.state.left_ms(now.mono_ms)).max(0);
        let ended_ms = cause.map(|_| now.wall_ms.max(run.began_ms));
        let run_now =
            CountdownRun { began_ms: run.began_ms, ended_ms, spent_ms, most_clients: run.most_clients, cause };
        Some(RunRow { id: run.id, run: run_now })
    }

    /// What to store now.
    pub fn job(&mut self, now: ClockReading) -> Option<StoreJob> {
        let pending = self.state.pending;
        if pending.is_none() && (self.finished.is_empty() || !self.finished_due) {
            return None;
        }
        self.finished_due = false;
        let mut runs = self.finished.clone();
        let saved = pending.map(|pending| {
            let name = self.incoming.as_ref().filter(|(serial, _)| *serial == pending.balance.serial);
            let license = name.map_or(&self.saved.license, |(_, license)| license).clone();
            StoredBalance { license, balance: pending.balance, ..self.saved.clone() }
        });
        if let Some(pending) = pending
            && let Some(mut row) = self.run_row(None, now)
        {
            // A crash costs the charged time, used or not.
            if let AfterStore::Grant { length, .. } = pending.then {
                row.run.spent_ms = row.run.spent_ms.saturating_add(length);
            }
            runs.push(row);
            if let Some(run) = &mut self.run {
                run.tried = true;
            }
        }
        Some(StoreJob { saved, runs })
    }

    /// The result of storing.
    pub fn done(&mut self, job: StoreJob, result: Result<(), String>, now: ClockReading) {
        let version = job.saved.as_ref().map(|saved| saved.balance.version);
        let event = match result {
            Ok(()) => {
                self.finished.retain(|row| !job.runs.contains(row));
                if self.problem.take().is_some() {
                    self.said_at = None;
                    tracing::info!("countdown hours can be stored again");
                }
                if let Some(saved) = job.saved {
                    self.incoming.take_if(|(serial, _)| *serial == saved.balance.serial);
                    self.saved = saved;
                }
                version.map(CountdownEvent::Persisted)
            }
            Err(problem) => {
                self.problem = Some(problem);
                if let Some(run) = &mut self.run {
                    run.tried = false;
                }
                version.map(CountdownEvent::Failed)
            }
        };
        if let Some(event) = event {
            // Broken invariants are logged; nothing is granted then.
            let _ = self.feed(event, now);
        }
        self.complain(now);
    }

    /// A second passed.
    pub fn tick(&mut self, now: ClockReading) {
        self.finished_due = true;
        let _ = self.feed(CountdownEvent::Tick, now);
        self.complain(now);
    }

    /// Logs an error once a minute.
    fn complain(&mut self, now: ClockReading) {
        let slow = self.state.refused == Some(licensing::countdown::CountdownDenial::Unsaved);
        let problem = match &self.problem {
            Some(problem) => problem.as_str(),
            None if slow => "the disk does not respond",
            None => return,
        };
        if self.said_at.is_none_or(|said| now.mono_ms.saturating_sub(said) >= SAY_AGAIN_MS) {
            self.said_at = Some(now.mono_ms);
            tracing::error!(problem, "can't store countdown hours; granting nothing beyond what is already charged");
        }
    }
}
