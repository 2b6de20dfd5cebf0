//! Recorded signals, for trying rules: a row when something happens, one a minute if a measurement moved, and one every
//! hour.

use licensing::alerts::{EVERY, Episode, HEARTBEAT, Levels, PresentState, RuleSettings, Signals, replay_to_now};
use licensing::contact::{DAY, Millis};
use sqlx::{FromRow, Sqlite, Transaction};

use crate::Engine;

/// Days that signals are kept.
pub const DAYS_KEPT: u32 = 90;
/// Events recorded at once, in a row; further ones wait for the row of their minute. A flapping peer must not fill the
/// disk.
const BURST: i64 = 30;
/// After this time one more may be recorded at once, milliseconds.
const REFILL: Millis = 5 * EVERY;

/// A rule tried on recorded and current data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTrial {
    /// The first snapshot, Unix milliseconds; `None` if there is none.
    pub from: Option<Millis>,
    /// Whether its signal was ever known.
    pub known: bool,
    /// When it would have fired; the last may have begun just now.
    pub episodes: Vec<Episode>,
    /// Its state now.
    pub present: PresentState,
}

/// The last row stored.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    last: Option<Last>,
    purged: Millis,
    /// The room for events taken, as an instant: each takes [`REFILL`], and [`BURST`] of them are free at first.
    taken_until: Millis,
}

impl Recorder {
    /// Whether a snapshot is to be stored now.
    fn is_due(&mut self, signals: &Signals, now: Millis) -> bool {
        let Some(last) = &self.last else { return true };
        let passed = now - last.at;
        let is_same = last.signals == *signals;
        // If the clock was set back, start over.
        if !(0..HEARTBEAT).contains(&passed) || (passed >= EVERY && !is_same) {
            return true;
        }
        if is_same || !signals.is_event_since(&last.signals) {
            return false;
        }
        let taken = self.taken_until.clamp(now - BURST * REFILL, now);
        let has_room = now - taken >= REFILL;
        if has_room {
            self.taken_until = taken + REFILL;
        }
        has_room
    }
}

#[derive(Debug)]
struct Last {
    at: Millis,
    signals: Signals,
    text: String,
    list: i64,
}

#[derive(FromRow)]
struct SignalRow {
    at: Millis,
    hours_left_ms: Option<Millis>,
    countdown_running: Option<bool>,
    days_since_sync: Option<u32>,
    clock_flagged: Option<bool>,
    /// JSON of the lists.
    text: String,
    /// JSON of [`Levels`]; none in rows of earlier versions.
    levels: Option<String>,
}

impl SignalRow {
    fn signals(self) -> (Millis, Signals) {
        // A list that can't be read counts as unknown.
        let lists: Signals = serde_json::from_str(&self.text).unwrap_or_default();
        let levels = self.levels.and_then(|text| serde_json::from_str::<Levels>(&text).ok());
        let signals = Signals {
            hours_left_ms: self.hours_left_ms,
            countdown_running: self.countdown_running,
            days_since_sync: self.days_since_sync,
            clock_flagged: self.clock_flagged,
            levels: levels.unwrap_or_default(),
            ..lists
        };
        (self.at, signals)
    }
}

impl Engine {
    /// Stores a snapshot if one is due.
    pub(super) async fn record_signals(&self, signals: &Signals, now: Millis) -> Result<(), sqlx::Error> {
        let mut recorder = self.alerts.recorder.lock().await;
        if !recorder.is_due(signals, now) {
            return Ok(());
        }
        let text = serde_json::to_string(signals).expect("names and numbers always serialize");
        let levels = serde_json::to_string(&signals.levels).expect("names and numbers always serialize");
        let mut tx = self.store.write().await?;
        let list = match recorder.last.as_ref().filter(|last| last.text == text) {
            Some(last) => last.list,
            None => insert_list(&mut tx, &text).await?,
        };
        sqlx::query(
            "INSERT INTO signal_history (at, hours_left_ms, countdown_running, days_since_sync, clock_flagged, levels, lists)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (at) DO NOTHING",
        )
        .bind(now)
        .bind(signals.hours_left_ms)
        .bind(signals.countdown_running)
        .bind(signals.days_since_sync)
        .bind(signals.clock_flagged)
        .bind(levels)
        .bind(list)
        .execute(&mut *tx)
        .await?;
        let purge = (now - recorder.purged).abs() >= HEARTBEAT;
        if purge {
            forget(&mut tx, now - Millis::from(DAYS_KEPT) * DAY, list).await?;
        }
        tx.commit().await?;
        recorder.last = Some(Last { at: now, signals: signals.clone(), text, list });
        if purge {
            recorder.purged = now;
        }
        Ok(())
    }

    /// When a rule would have fired in the last `days`, and its state now.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn try_rule(&self, rule: &RuleSettings, days: u32) -> Result<RuleTrial, sqlx::Error> {
        // One at a time, to its end: the history of these days is read into memory.
        static TURN: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);
        let turn = TURN.acquire().await.map_err(|closed| sqlx::Error::Io(std::io::Error::other(closed)))?;
        let (now, signals) = (self.clock.now_ms(), self.signals());
        let since = now - Millis::from(days.min(DAYS_KEPT)) * DAY;
        let rows: Vec<SignalRow> = sqlx::query_as(
            "SELECT signal_history.*, text FROM signal_history JOIN signal_lists ON signal_lists.id = lists
             WHERE at BETWEEN ? AND ? ORDER BY at",
        )
        .bind(since)
        .bind(now)
        .fetch_all(self.store.read())
        .await?;
        let rule = rule.clone();
        let tried = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let history: Vec<(Millis, Signals)> = rows.into_iter().map(SignalRow::signals).collect();
            let unknown = licensing::alerts::Checked::Unknown;
            let from = history.first().map(|(at, _)| *at);
            let was_known = history.iter().any(|(at, signals)| rule.condition.check(signals, *at) != unknown);
            let (episodes, present) = replay_to_now(&rule, history.into_iter(), now, &signals);
            RuleTrial { from, known: was_known || present != PresentState::Unknown, episodes, present }
        });
        tried.await.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))
    }
}

async fn insert_list(tx: &mut Transaction<'static, Sqlite>, text: &str) -> Result<i64, sqlx::Error> {
    let inserted = sqlx::query_scalar("INSERT INTO signal_lists (text) VALUES (?) RETURNING id");
    inserted.bind(text).fetch_one(&mut **tx).await
}

async fn forget(tx: &mut Transaction<'static, Sqlite>, before: Millis, but: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM signal_history WHERE at < ?").bind(before).execute(&mut **tx).await?;
    sqlx::query("DELETE FROM signal_lists WHERE id <> ? AND id NOT IN (SELECT lists FROM signal_history)")
        .bind(but)
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM alert_deliveries WHERE next_at IS NULL AND made_at < ?")
        .bind(before)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
