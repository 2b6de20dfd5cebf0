//! Signals of the past: a row a minute when something differs, one an hour in any case; rules are tried on them.

use licensing::alert::{
    EVERY, Episode, ExpirySignal, GraceSignal, HEARTBEAT, PeerSignal, Present, Rule, Signals, replay_to_now,
};
use licensing::contact::{DAY, Millis};
use serde::{Deserialize, Serialize};
use sqlx::{Row, Sqlite, Transaction};

use crate::Engine;

/// How long the past is kept, days.
pub const DAYS_KEPT: u32 = 90;
/// A silence is kept to this precision, milliseconds: a measurement that trembles is no news.
const PRECISION: Millis = 10_000;

/// A rule held against the past and the present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The first snapshot there is, Unix milliseconds; none when nothing was kept.
    pub from: Option<Millis>,
    /// Its signal was known at some time.
    pub known: bool,
    /// When it would have fired; the last of them may have begun at this moment.
    pub episodes: Vec<Episode>,
    /// How things stand now.
    pub present: Present,
}

/// What was kept last.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    last: Option<Last>,
    purged: Millis,
}

#[derive(Debug)]
struct Last {
    at: Millis,
    numbers: Numbers,
    text: String,
    list: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbers {
    hours_left_ms: Option<Millis>,
    countdown_running: Option<bool>,
    days_since_sync: Option<u32>,
    clock_flagged: Option<bool>,
}

/// The lists of a snapshot, with instants in place of spans: while nothing changes, they stay the same.
#[derive(Debug, Serialize, Deserialize)]
struct Lists {
    /// Name, and for one that does not answer since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peers: Option<Vec<(String, Option<Millis>)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grace: Option<Vec<(String, Millis)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiring: Option<Vec<(String, Millis)>>,
}

fn taken_apart(signals: &Signals, at: Millis) -> (Numbers, String) {
    let seen = |peer: &PeerSignal| (at - peer.seen_ms_ago).div_euclid(PRECISION) * PRECISION;
    let lists = Lists {
        peers: signals
            .peers
            .as_ref()
            .map(|all| all.iter().map(|peer| (peer.name.clone(), (!peer.up).then(|| seen(peer)))).collect()),
        grace: signals.grace.as_ref().map(|all| all.iter().map(|g| (g.client.clone(), g.until_ms)).collect()),
        expiring: signals.expiring.as_ref().map(|all| all.iter().map(|e| (e.product.clone(), e.at_ms)).collect()),
    };
    let numbers = Numbers {
        hours_left_ms: signals.hours_left_ms,
        countdown_running: signals.countdown_running,
        days_since_sync: signals.days_since_sync,
        clock_flagged: signals.clock_flagged,
    };
    (numbers, serde_json::to_string(&lists).expect("names and numbers always serialize"))
}

fn put_together(numbers: Numbers, text: &str, at: Millis) -> Signals {
    let lists: Lists = serde_json::from_str(text).unwrap_or(Lists { peers: None, grace: None, expiring: None });
    let peer = |(name, seen): (String, Option<Millis>)| PeerSignal {
        name,
        up: seen.is_none(),
        seen_ms_ago: seen.map_or(0, |seen| (at - seen).max(0)),
    };
    let grace = |(client, until_ms)| GraceSignal { client, until_ms };
    let end = |(product, at_ms)| ExpirySignal { product, at_ms };
    Signals {
        hours_left_ms: numbers.hours_left_ms,
        countdown_running: numbers.countdown_running,
        days_since_sync: numbers.days_since_sync,
        clock_flagged: numbers.clock_flagged,
        peers: lists.peers.map(|all| all.into_iter().map(peer).collect()),
        grace: lists.grace.map(|all| all.into_iter().map(grace).collect()),
        expiring: lists.expiring.map(|all| all.into_iter().map(end).collect()),
    }
}

impl Engine {
    /// Keeps a snapshot when it is time to.
    pub(super) async fn record_signals(&self, signals: &Signals, now: Millis) -> Result<(), sqlx::Error> {
        let mut recorder = self.alerts.recorder.lock().await;
        let (numbers, text) = taken_apart(signals, now);
        if let Some(last) = &recorder.last {
            let passed = now - last.at;
            let same = last.numbers == numbers && last.text == text;
            // A clock that was set back starts anew.
            if (0..EVERY).contains(&passed) || (same && (0..HEARTBEAT).contains(&passed)) {
                return Ok(());
            }
        }
        let mut tx = self.store.write().await?;
        let list = match recorder.last.as_ref().filter(|last| last.text == text) {
            Some(last) => last.list,
            None => insert_list(&mut tx, &text).await?,
        };
        sqlx::query(
            "INSERT INTO signal_history (at, hours_left_ms, countdown_running, days_since_sync, clock_flagged, lists)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (at) DO NOTHING",
        )
        .bind(now)
        .bind(numbers.hours_left_ms)
        .bind(numbers.countdown_running)
        .bind(numbers.days_since_sync)
        .bind(numbers.clock_flagged)
        .bind(list)
        .execute(&mut *tx)
        .await?;
        let purge = (now - recorder.purged).abs() >= HEARTBEAT;
        if purge {
            forget(&mut tx, now - Millis::from(DAYS_KEPT) * DAY, list).await?;
        }
        tx.commit().await?;
        recorder.last = Some(Last { at: now, numbers, text, list });
        if purge {
            recorder.purged = now;
        }
        Ok(())
    }

    /// What a rule would have told in the last `days`, and how things stand with it now, by the signals the rules are held against.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not answer.
    pub async fn try_rule(&self, rule: &Rule, days: u32) -> Result<Tried, sqlx::Error> {
        let (now, signals) = (self.clock.now_ms(), self.signals());
        let since = now - Millis::from(days.min(DAYS_KEPT)) * DAY;
        let rows = sqlx::query(
            "SELECT signal_history.*, text FROM signal_history JOIN signal_lists ON signal_lists.id = lists
             WHERE at >= ? ORDER BY at",
        )
        .bind(since)
        .fetch_all(self.store.read())
        .await?;
        let rule = rule.clone();
        let tried = tokio::task::spawn_blocking(move || {
            let history: Vec<(Millis, Signals)> = rows
                .iter()
                .map(|row| {
                    let numbers = Numbers {
                        hours_left_ms: row.get("hours_left_ms"),
                        countdown_running: row.get("countdown_running"),
                        days_since_sync: row.get("days_since_sync"),
                        clock_flagged: row.get("clock_flagged"),
                    };
                    let at: Millis = row.get("at");
                    (at, put_together(numbers, row.get("text"), at))
                })
                .collect();
            let unknown = licensing::alert::Checked::Unknown;
            let from = history.first().map(|(at, _)| *at);
            let was_known = history.iter().any(|(at, signals)| rule.condition.check(signals, *at) != unknown);
            let (episodes, present) = replay_to_now(&rule, history.into_iter(), now, &signals);
            Tried { from, known: was_known || present != Present::Unknown, episodes, present }
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
