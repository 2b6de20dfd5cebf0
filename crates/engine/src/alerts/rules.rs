//! Alert rules: saved, changed, turned on and off. Changing a rule resets its state.

use licensing::alerts::{AlertStatus, LONGEST_REMIND, LONGEST_WAIT, RuleSettings, RuleState, SubjectState};
use sqlx::{FromRow, Sqlite, Transaction};

use super::channels::Channel;
use super::error::{AlertError, WrongFields};
use super::respond::keep_state;
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

/// Maximum number of rules.
pub(super) const MOST: usize = 50;

/// A rule as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    /// Names it in addresses.
    pub id: i64,
    /// Its condition and times.
    pub rule: RuleSettings,
    /// Whether it is on.
    pub enabled: bool,
    /// Channels it notifies.
    pub channels: Vec<i64>,
    /// When it last fired, Unix milliseconds.
    pub last_fired: Option<i64>,
    /// Its state.
    pub state: RuleState,
}

impl AlertRule {
    /// Its state as a word: `off`, `firing`, `unknown`, `pending` or `ok`.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        let pending = |subject: &SubjectState| matches!(subject.standing, AlertStatus::Pending { .. });
        match (self.enabled, self.state.firing(), self.state.unknown_since) {
            (false, ..) => "off",
            (true, 1.., _) => "firing",
            (true, 0, Some(_)) => "unknown",
            (true, 0, None) if self.state.subjects.values().any(pending) => "pending",
            (true, 0, None) => "ok",
        }
    }
}

/// A rule to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    /// Its condition and times.
    pub rule: RuleSettings,
    /// Whether it is on.
    pub enabled: bool,
    /// Channels it notifies.
    pub channels: Vec<i64>,
}

impl NewRule {
    /// The invalid fields, each with its error.
    #[must_use]
    pub fn check(&self) -> Vec<(&'static str, &'static str)> {
        let wait = (0..=LONGEST_WAIT).contains(&self.rule.wait_ms);
        let remind = (0..=LONGEST_REMIND).contains(&self.rule.remind_ms);
        let wrong = [
            (wait, "wait", "Enter a whole number of minutes from 0 to 1440."),
            (remind, "remind", "Enter a whole number of hours from 0 to 168."),
        ];
        wrong.into_iter().filter(|(good, ..)| !good).map(|(_, field, message)| (field, message)).collect()
    }
}

/// A rule as it is stored; `rule` and `state` are JSON.
#[derive(FromRow)]
struct RuleRow {
    id: i64,
    rule: String,
    enabled: bool,
    last_fired: Option<i64>,
    state: Option<String>,
}

impl Engine {
    /// All rules in order of creation, with their states.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn alert_rules(&self) -> Result<Vec<AlertRule>, sqlx::Error> {
        let states = self.alerts.states.lock().await.clone();
        let mut rules = self.stored_alert_rules().await?;
        for rule in &mut rules {
            // The last measurement is only in memory.
            if let Some(state) = states.get(&rule.id) {
                rule.state = state.clone();
            }
        }
        Ok(rules)
    }

    pub(super) async fn stored_alert_rules(&self) -> Result<Vec<AlertRule>, sqlx::Error> {
        let links: Vec<(i64, i64)> = sqlx::query_as("SELECT rule, channel FROM alert_rule_channels ORDER BY channel")
            .fetch_all(self.store.read())
            .await?;
        let rows: Vec<RuleRow> = sqlx::query_as(
            "SELECT id, alert_rules.rule, enabled, last_fired, state FROM alert_rules
             LEFT JOIN alert_states ON alert_states.rule = alert_rules.id ORDER BY id",
        )
        .fetch_all(self.store.read())
        .await?;
        let rule = |row: RuleRow| {
            let id = row.id;
            let Ok(rule) = serde_json::from_str(&row.rule) else {
                tracing::error!(id, "skipping an alert rule that can't be read; recreate it");
                return None;
            };
            let state = row.state.and_then(|text| serde_json::from_str(&text).ok());
            Some(AlertRule {
                id,
                rule,
                enabled: row.enabled,
                channels: links.iter().filter(|(of, _)| *of == id).map(|(_, channel)| *channel).collect(),
                last_fired: row.last_fired,
                state: state.unwrap_or_default(),
            })
        };
        Ok(rows.into_iter().filter_map(rule).collect())
    }

    /// One rule.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn alert_rule(&self, id: i64) -> Result<Option<AlertRule>, sqlx::Error> {
        Ok(self.alert_rules().await?.into_iter().find(|rule| rule.id == id))
    }

    /// Saves a rule: a new one, or a change of `id`. Its state starts over, with nothing firing; a silence stays.
    ///
    /// # Errors
    /// [`AlertError`]: nothing changed.
    pub async fn save_alert_rule(&self, actor: &Actor, id: Option<i64>, new: &NewRule) -> Result<i64, AlertError> {
        let mut wrong = WrongFields::default();
        for (field, message) in new.check() {
            wrong.add(field, message);
        }
        wrong.settle()?;
        let known = self.alert_channels().await?;
        let mut states = self.alerts.states.lock().await;
        let before = self.stored_alert_rules().await?.into_iter().find(|rule| Some(rule.id) == id);
        let silenced_until = before.filter(|_| new.enabled).and_then(|rule| rule.state.silenced_until);
        let mut tx = self.store.write().await?;
        let (id, action, verb) = if let Some(id) = id {
            let changed = sqlx::query("UPDATE alert_rules SET rule = ?, enabled = ? WHERE id = ?")
                .bind(as_text(&new.rule))
                .bind(new.enabled)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            if changed.rows_affected() == 0 {
                return Err(AlertError::Gone("rule"));
            }
            (id, "alert.change", "Changed")
        } else {
            let count: i64 = sqlx::query_scalar("SELECT count(*) FROM alert_rules").fetch_one(&mut *tx).await?;
            if usize::try_from(count).unwrap_or(MOST) >= MOST {
                return Err(AlertError::TooMany { what: "rules", most: MOST });
            }
            (insert_rule(&mut tx, &new.rule, new.enabled, self.clock.now_ms()).await?, "alert.add", "Added")
        };
        forget_state(&mut tx, id).await?;
        if silenced_until.is_some() {
            keep_state(&mut tx, id, &RuleState { silenced_until, ..RuleState::default() }).await?;
        }
        sqlx::query("DELETE FROM alert_rule_channels WHERE rule = ?").bind(id).execute(&mut *tx).await?;
        let chosen: Vec<Channel> = known.into_iter().filter(|channel| new.channels.contains(&channel.id)).collect();
        notify(&mut tx, id, &chosen).await?;
        let names: Vec<&str> = chosen.iter().map(|channel| channel.name.as_str()).collect();
        let tells = if names.is_empty() { "no one".to_owned() } else { names.join(", ") };
        let on = if new.enabled { "turned on" } else { "turned off" };
        let sentence = format!("{verb} alert rule {id}, {on}: {} It notifies {tells}.", new.rule.condition.sentence());
        let entry = NewAuditEntry { actor, action, sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(format!("alert rule {id}"))).await?;
        states.remove(&id);
        Ok(id)
    }

    /// Turns a rule off. Firing alerts end without a notification.
    ///
    /// # Errors
    /// [`AlertError`]: nothing changed.
    pub async fn disable_alert_rule(&self, actor: &Actor, id: i64) -> Result<(), AlertError> {
        let mut states = self.alerts.states.lock().await;
        let mut tx = self.store.write().await?;
        let changed = sqlx::query("UPDATE alert_rules SET enabled = 0 WHERE id = ?").bind(id).execute(&mut *tx).await?;
        if changed.rows_affected() == 0 {
            return Err(AlertError::Gone("rule"));
        }
        forget_state(&mut tx, id).await?;
        let sentence = format!("Turned off alert rule {id}.");
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "alert.disable", sentence, outcome: AuditOutcome::Done }
                    .about(format!("alert rule {id}")),
            )
            .await?;
        states.remove(&id);
        Ok(())
    }

    /// Removes a rule. Its notifications stay in the list.
    ///
    /// # Errors
    /// [`AlertError`]: nothing changed.
    pub async fn remove_alert_rule(&self, actor: &Actor, id: i64) -> Result<(), AlertError> {
        let mut states = self.alerts.states.lock().await;
        let mut tx = self.store.write().await?;
        let removed: Option<String> = sqlx::query_scalar("DELETE FROM alert_rules WHERE id = ? RETURNING rule")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        let rule = removed.ok_or(AlertError::Gone("rule"))?;
        let what =
            serde_json::from_str::<RuleSettings>(&rule).map(|rule| rule.condition.sentence()).unwrap_or_default();
        let sentence = format!("Removed alert rule {id}: {what}");
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "alert.remove", sentence, outcome: AuditOutcome::Done }
                    .about(format!("alert rule {id}")),
            )
            .await?;
        states.remove(&id);
        Ok(())
    }
}

fn as_text(rule: &RuleSettings) -> String {
    serde_json::to_string(rule).expect("a rule always serializes")
}

/// Stores a new rule; returns its id.
pub(super) async fn insert_rule(
    tx: &mut Transaction<'static, Sqlite>,
    rule: &RuleSettings,
    enabled: bool,
    now: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("INSERT INTO alert_rules (rule, enabled, created_at) VALUES (?, ?, ?) RETURNING id")
        .bind(as_text(rule))
        .bind(enabled)
        .bind(now)
        .fetch_one(&mut **tx)
        .await
}

/// Has a rule notify these channels.
pub(super) async fn notify(
    tx: &mut Transaction<'static, Sqlite>,
    rule: i64,
    channels: &[Channel],
) -> Result<(), sqlx::Error> {
    for channel in channels {
        sqlx::query("INSERT INTO alert_rule_channels (rule, channel) VALUES (?, ?)")
            .bind(rule)
            .bind(channel.id)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn forget_state(tx: &mut Transaction<'static, Sqlite>, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM alert_states WHERE rule = ?").bind(id).execute(&mut **tx).await?;
    Ok(())
}
