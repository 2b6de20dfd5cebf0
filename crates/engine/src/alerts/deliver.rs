//! The queue of notifications: durable, retried with growing pauses, dropped after a day. Each channel has its own turn:
//! one that fails holds up no other, and what is due at once goes out as one digest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use licensing::alerts::{Message, digest};
use licensing::contact::Millis;
use licensing::retry;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};
use tokio::task::JoinSet;

use super::channels::{Channel, ChannelKind, Secrets};
use super::error::AlertError;
use super::message::OutgoingAlert;
use super::{authority, mail, webhook};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{self, NewAuditEntry};
use crate::secret;

/// A notification is dropped after this time, milliseconds.
const GIVE_UP: Millis = 24 * 60 * 60 * 1000;
/// Deliveries per round.
const AT_ONCE: i64 = 100;
/// From this number on, what is due at once for a channel goes out as one digest.
const DIGEST_FROM: usize = 4;
/// The page of the console for a digest and a test.
const PAGE: &str = "/alerts";
/// Maximum length of a stored outcome, characters.
const LONGEST: usize = 400;

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryOutcome {
    /// It is delivered.
    pub delivered: bool,
    /// The reply, or why nothing was sent.
    pub said: String,
}

impl DeliveryOutcome {
    pub(super) fn good(said: impl Into<String>) -> Self {
        Self { delivered: true, said: plain(&said.into(), &[]) }
    }

    /// `hidden`: secrets that the other side may have repeated.
    pub(super) fn bad(said: impl Into<String>, hidden: &[&str]) -> Self {
        Self { delivered: false, said: plain(&said.into(), hidden) }
    }
}

/// One line, without secrets, no longer than it must be.
fn plain(said: &str, hidden: &[&str]) -> String {
    let mut said = said.to_owned();
    for hidden in hidden.iter().filter(|hidden| !hidden.is_empty()) {
        said = said.replace(hidden, "•••");
    }
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect::<String>().trim().to_owned()
}

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its first or next attempt.
    Waiting {
        /// When that is due, Unix milliseconds.
        next: Millis,
    },
    /// The other side took it.
    Delivered,
    /// It was dropped.
    GivenUp,
}

/// A delivery as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The same at each attempt.
    pub id: String,
    /// `fired`, `reminder`, `resolved` or `test`.
    pub kind: String,
    /// The channel's name at that time.
    pub channel: String,
    /// The message.
    pub title: String,
    /// When it was queued, Unix milliseconds.
    pub made_at: Millis,
    /// Attempts so far.
    pub attempts: u32,
    /// Its state.
    pub progress: Progress,
    /// Result of the last attempt.
    pub outcome: Option<String>,
}

/// Queues a message for a channel, in the caller's transaction.
pub(super) async fn queue(
    tx: &mut Transaction<'static, Sqlite>,
    now: Millis,
    rule: i64,
    channel: &Channel,
    kind: &str,
    message: &Message,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO alert_deliveries (id, rule, channel, channel_name, kind, message, made_at, attempts, next_at, delivered)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?7, 0)",
    )
    .bind(secret::uuid().to_string())
    .bind(rule)
    .bind(channel.id)
    .bind(&channel.name)
    .bind(kind)
    .bind(serde_json::to_string(message).expect("a message always serializes"))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A delivery that is due.
#[derive(FromRow)]
struct Due {
    id: String,
    channel: i64,
    kind: String,
    /// JSON of a [`Message`].
    message: String,
    made_at: Millis,
    attempts: u32,
}

/// Channels with a delivery in progress.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    busy: BTreeSet<i64>,
    running: JoinSet<(i64, Result<(), sqlx::Error>)>,
}

impl Deliveries {
    /// Waits until a channel is free again; forever while none is busy.
    ///
    /// # Errors
    /// [`sqlx::Error`] of the delivery.
    pub async fn next(&mut self) -> Result<(), sqlx::Error> {
        match self.running.join_next().await {
            None => std::future::pending().await,
            Some(Ok((channel, result))) => {
                self.busy.remove(&channel);
                result
            }
            Some(Err(ended)) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(ended) => Err(sqlx::Error::Io(std::io::Error::other(ended))),
            },
        }
    }
}

impl Engine {
    /// Starts everything that is due, each channel on its own; a channel that is busy is left alone.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub(super) async fn start_deliveries(self: &Arc<Self>, deliveries: &mut Deliveries) -> Result<(), sqlx::Error> {
        // A channel's backlog must not hide what is due for another.
        let due: Vec<Due> = sqlx::query_as(
            "SELECT id, channel, kind, message, made_at, attempts FROM
                (SELECT *, row_number() OVER (PARTITION BY channel ORDER BY made_at, rowid) AS turn
                 FROM alert_deliveries WHERE (next_at <= ?1 OR next_at > ?1 + ?3) AND channel IS NOT NULL)
             WHERE turn <= ?2 ORDER BY channel, turn",
        )
        .bind(self.clock.now_ms())
        .bind(AT_ONCE)
        // No pause is longer: one that is was made by another clock.
        .bind(retry::LONGEST)
        .fetch_all(self.store.read())
        .await?;
        let mut by_channel: BTreeMap<i64, Vec<Due>> = BTreeMap::new();
        for due in due {
            by_channel.entry(due.channel).or_default().push(due);
        }
        for (channel, due) in by_channel {
            if deliveries.busy.insert(channel) {
                let engine = self.clone();
                deliveries.running.spawn(async move { (channel, engine.deliver_all(channel, due).await) });
            }
        }
        Ok(())
    }

    /// Tries everything that is due once and waits for the outcome.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn deliver_alerts(self: &Arc<Self>) -> Result<(), sqlx::Error> {
        let mut deliveries = Deliveries::default();
        self.start_deliveries(&mut deliveries).await?;
        while !deliveries.running.is_empty() {
            deliveries.next().await?;
        }
        Ok(())
    }

    /// What is due for one channel: a few one by one, many as a digest.
    async fn deliver_all(&self, channel: i64, all: Vec<Due>) -> Result<(), sqlx::Error> {
        let readable = all.into_iter().filter_map(|due| {
            let message = serde_json::from_str::<Message>(&due.message).ok()?;
            Some((due, message))
        });
        let mut readable: Vec<(Due, Message)> = readable.collect();
        let together = if readable.len() >= DIGEST_FROM { readable.len() } else { 1 };
        while !readable.is_empty() {
            let parcel: Vec<(Due, Message)> = readable.drain(..together.min(readable.len())).collect();
            // Read each time: the channel may have been changed or removed.
            let Some((channel, secrets)) = self.whole_channel(channel).await? else { return Ok(()) };
            if !self.deliver(parcel, &channel, &secrets).await? {
                // It has its pause; the rest is due with the next round.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Delivers messages together; returns whether the other side took them.
    async fn deliver(
        &self,
        all: Vec<(Due, Message)>,
        channel: &Channel,
        secrets: &Secrets,
    ) -> Result<bool, sqlx::Error> {
        // The attempt is recorded before it is made, so a crash repeats it only after the pause.
        let mut open = Vec::new();
        let mut tx = self.store.write().await?;
        for (due, message) in all {
            let attempts = due.attempts.saturating_add(1);
            let next = self.clock.now_ms().saturating_add(retry::delay_ms(attempts, secret::fraction()));
            let changed = sqlx::query(
                "UPDATE alert_deliveries SET attempts = ?, next_at = ? WHERE id = ? AND next_at IS NOT NULL",
            )
            .bind(attempts)
            .bind(next)
            .bind(&due.id)
            .execute(&mut *tx)
            .await?;
            if changed.rows_affected() > 0 {
                open.push((due, message));
            }
        }
        tx.commit().await?;
        let Some((first, _)) = open.first() else { return Ok(true) };
        let (made_at, attempts) = (first.made_at, first.attempts.saturating_add(1));
        let ids: Vec<String> = open.iter().map(|(due, _)| due.id.clone()).collect();
        let parcel = match open.as_slice() {
            [(due, message)] => self.parcel(due.id.clone(), &due.kind, message.clone(), due.made_at),
            many => {
                let messages: Vec<Message> = many.iter().map(|(_, message)| message.clone()).collect();
                let message = digest(&self.peers.own_name(), &messages, PAGE);
                self.parcel(digest_id(&ids), "digest", message, made_at)
            }
        };
        let outcome = self.send(channel, secrets, &parcel).await;
        let now = self.clock.now_ms();
        if !outcome.delivered {
            tracing::warn!(channel = %channel.name, delivery = %parcel.delivery, notifications = ids.len(), attempts, "could not deliver a notification: {}", outcome.said);
        }
        let mut tx = self.store.write().await?;
        for (due, _) in &open {
            let over = outcome.delivered || now - due.made_at >= GIVE_UP;
            sqlx::query(
                "UPDATE alert_deliveries SET delivered = ?, outcome = ?, next_at = CASE WHEN ?3 THEN NULL ELSE next_at END,
                 ended_at = CASE WHEN ?3 THEN ?4 ELSE ended_at END WHERE id = ?5",
            )
            .bind(outcome.delivered)
            .bind(&outcome.said)
            .bind(over)
            .bind(now)
            .bind(&due.id)
            .execute(&mut *tx)
            .await?;
            if over && !outcome.delivered {
                tracing::warn!(channel = %channel.name, delivery = %due.id, "gave up a notification after a day");
            }
        }
        tx.commit().await?;
        Ok(outcome.delivered)
    }

    async fn send(&self, channel: &Channel, secrets: &Secrets, parcel: &OutgoingAlert) -> DeliveryOutcome {
        match channel.kind() {
            ChannelKind::Email => mail::send(&channel.settings, secrets, parcel).await,
            ChannelKind::Webhook if !channel.settings.ca().is_empty() => {
                let ca = channel.settings.ca();
                let clients = authority::read(ca).await.and_then(|more| webhook::Clients::new(&more));
                match clients {
                    Ok(clients) => webhook::send(&clients, ca, secrets, parcel).await,
                    Err(why) => DeliveryOutcome::bad(why, &[]),
                }
            }
            ChannelKind::Webhook => {
                if self.alerts.webhooks.get().is_none() {
                    match webhook::Clients::new(&[]) {
                        Ok(clients) => drop(self.alerts.webhooks.set(clients)),
                        Err(why) => return DeliveryOutcome::bad(why, &[]),
                    }
                }
                match self.alerts.webhooks.get() {
                    Some(clients) => webhook::send(clients, "", secrets, parcel).await,
                    None => DeliveryOutcome::bad("The webhook client did not start.", &[]),
                }
            }
        }
    }

    /// Sends a test over a channel now and returns the exact result.
    ///
    /// # Errors
    /// [`AlertError`] when there is no such channel or the database does not respond.
    pub async fn test_alert_channel(&self, actor: &Actor, id: i64) -> Result<DeliveryOutcome, AlertError> {
        let (channel, secrets) = self.whole_channel(id).await?.ok_or(AlertError::Gone("channel"))?;
        let message = Message {
            title: format!("Test of alerts ({})", self.peers.own_name()),
            body: format!(
                "{} is testing the channel {}. Alerts will reach you this way.\n\nWhat to do: nothing.",
                actor.name, channel.name
            ),
            path: PAGE.to_owned(),
        };
        let (delivery, made_at) = (secret::uuid().to_string(), self.clock.now_ms());
        let text = serde_json::to_string(&message).expect("a message always serializes");
        let parcel = self.parcel(delivery.clone(), "test", message, made_at);
        let outcome = self.send(&channel, &secrets, &parcel).await;
        let mut tx = self.store.write().await?;
        sqlx::query(
            "INSERT INTO alert_deliveries (id, channel, channel_name, kind, message, made_at, attempts, delivered, outcome, ended_at)
             VALUES (?, (SELECT id FROM alert_channels WHERE id = ?), ?, 'test', ?, ?, 1, ?, ?, ?)",
        )
        .bind(delivery)
        .bind(id)
        .bind(&channel.name)
        .bind(text)
        .bind(made_at)
        .bind(outcome.delivered)
        .bind(&outcome.said)
        .bind(self.clock.now_ms())
        .execute(&mut *tx)
        .await?;
        let how = if outcome.delivered { audit::AuditOutcome::Done } else { audit::AuditOutcome::Failed };
        let sentence = format!("Sent a test over the alert channel {}: {}", channel.name, outcome.said);
        let entry = NewAuditEntry { actor, action: "alert.test", sentence, outcome: how };
        self.audit.commit(tx, entry.about(&channel.name)).await?;
        Ok(outcome)
    }

    /// The newest deliveries.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn alert_deliveries(&self, most: u32) -> Result<Vec<Delivery>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM alert_deliveries ORDER BY made_at DESC, rowid DESC LIMIT ?")
            .bind(most)
            .fetch_all(self.store.read())
            .await
    }
}

impl FromRow<'_, SqliteRow> for Delivery {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let message = serde_json::from_str::<Message>(row.try_get("message")?);
        Ok(Self {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            channel: row.try_get("channel_name")?,
            title: message.map(|message| message.title).unwrap_or_default(),
            made_at: row.try_get("made_at")?,
            attempts: row.try_get("attempts")?,
            progress: match (row.try_get("delivered")?, row.try_get("next_at")?) {
                (true, _) => Progress::Delivered,
                (false, Some(next)) => Progress::Waiting { next },
                (false, None) => Progress::GivenUp,
            },
            outcome: row.try_get("outcome")?,
        })
    }
}

/// The id of a digest: the same for the same notifications, so that a duplicate can be recognized.
fn digest_id(ids: &[String]) -> String {
    use sha2::{Digest, Sha256};
    secret::hex(&Sha256::digest(ids.join(" ")))[..32].to_owned()
}
