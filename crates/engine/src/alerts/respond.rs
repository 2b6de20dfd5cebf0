//! What people do about a firing alert: acknowledge it, or silence its rule for a while.

use licensing::alerts::{LONGEST_SILENCE, RuleState};
use licensing::contact::Millis;
use sqlx::{Sqlite, Transaction};

use super::error::{AlertError, WrongField};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

impl Engine {
    /// Acknowledges what fires of a rule: one subject, or everything. No reminders until it resolves. Returns what was
    /// acknowledged, in words.
    ///
    /// # Errors
    /// [`AlertError`]: nothing changed.
    pub async fn acknowledge_alert(
        &self,
        actor: &Actor,
        id: i64,
        subject: Option<&str>,
    ) -> Result<Vec<String>, AlertError> {
        let mut states = self.alerts.states.lock().await;
        let rule = self.stored_alert_rules().await?.into_iter().find(|rule| rule.id == id && rule.enabled);
        let rule = rule.ok_or(AlertError::Gone("rule"))?;
        let mut state = states.get(&id).cloned().unwrap_or(rule.state);
        let names = state.acknowledge(subject, &actor.name, self.clock.now_ms());
        if names.is_empty() {
            return Err(AlertError::NothingFires);
        }
        let words: Vec<String> = names.iter().map(|name| rule.rule.condition.kind().headline(name)).collect();
        let mut tx = self.store.write().await?;
        keep_state(&mut tx, id, &state).await?;
        let sentence = format!("Acknowledged an alert of rule {id}: {}.", words.join(", "));
        let entry = NewAuditEntry { actor, action: "alert.acknowledge", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(format!("alert rule {id}"))).await?;
        states.insert(id, state);
        drop(states);
        self.look_at_firing().await;
        Ok(words)
    }

    /// Silences a rule until an instant, Unix milliseconds: it sends nothing, and its state goes on. `None` ends the
    /// silence.
    ///
    /// # Errors
    /// [`AlertError`]: nothing changed.
    pub async fn silence_alert(&self, actor: &Actor, id: i64, until: Option<Millis>) -> Result<(), AlertError> {
        let now = self.clock.now_ms();
        if until.is_some_and(|until| until <= now || until > now + LONGEST_SILENCE) {
            let message = "Choose a time within the next 31 days.".to_owned();
            return Err(AlertError::Fields(vec![WrongField { field: "until", message }]));
        }
        let mut states = self.alerts.states.lock().await;
        let rule = self.stored_alert_rules().await?.into_iter().find(|rule| rule.id == id && rule.enabled);
        let rule = rule.ok_or(AlertError::Gone("rule"))?;
        let before = states.get(&id).cloned().unwrap_or(rule.state);
        // An end that has come is what tells what fired meanwhile.
        let until_ms = until.or(before.silenced_until.map(|_| now));
        let state = RuleState { silenced_until: until_ms, ..before };
        let mut tx = self.store.write().await?;
        keep_state(&mut tx, id, &state).await?;
        let what = rule.rule.condition.sentence();
        let sentence = match until {
            Some(until) => {
                let at =
                    jiff::Timestamp::from_millisecond(until).map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
                format!("Silenced alert rule {id} until {}: {what}", at.unwrap_or_default())
            }
            None => format!("Ended the silence of alert rule {id}: {what}"),
        };
        let entry = NewAuditEntry { actor, action: "alert.silence", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(format!("alert rule {id}"))).await?;
        states.insert(id, state);
        Ok(())
    }
}

/// Stores the state of a rule.
pub(super) async fn keep_state(
    tx: &mut Transaction<'static, Sqlite>,
    rule: i64,
    state: &RuleState,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO alert_states (rule, state) VALUES (?1, ?2) ON CONFLICT (rule) DO UPDATE SET state = ?2")
        .bind(rule)
        .bind(serde_json::to_string(state).expect("a state always serializes"))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
