//! One check of all rules: signals in, states and notifications out, in one transaction.

use std::collections::BTreeMap;

use licensing::alerts::{AlertNotice, NoticeKind, RuleState, message, step};
use licensing::contact::Millis;

use super::respond::keep_state;
use super::rules::AlertRule;
use super::{channels::Channel, deliver};
use crate::Engine;

/// The result of a check for one rule.
struct Looked {
    rule: AlertRule,
    next: RuleState,
    notices: Vec<AlertNotice>,
}

impl Engine {
    /// Checks all rules once.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond; the next check makes up for it.
    pub async fn look_at_alerts(&self) -> Result<(), sqlx::Error> {
        let told = self.check_alert_rules().await?;
        self.look_at_firing().await;
        if told {
            self.alerts.queued.notify_one();
        }
        Ok(())
    }

    /// Checks all rules; returns whether there is anything to deliver.
    async fn check_alert_rules(&self) -> Result<bool, sqlx::Error> {
        let mut states = self.alerts.states.lock().await;
        let now = self.clock.now_ms();
        let signals = self.signals();
        self.record_signals(&signals, now).await?;
        let mut looked = Vec::new();
        for mut rule in self.stored_alert_rules().await?.into_iter().filter(|rule| rule.enabled) {
            if let Some(state) = states.get(&rule.id) {
                rule.state = state.clone();
            }
            let (next, notices) = step(&rule.rule, &rule.state, &signals, now);
            looked.push(Looked { rule, next, notices });
        }
        let told = self.keep_looks(&looked, now).await?;
        let mut firing = BTreeMap::new();
        states.clear();
        for Looked { rule, next, .. } in looked {
            *firing.entry(rule.rule.condition.kind()).or_default() += next.firing();
            states.insert(rule.id, next);
        }
        *self.alerts.firing.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = firing;
        Ok(told)
    }

    /// Stores changes; returns whether there is anything to deliver.
    async fn keep_looks(&self, looked: &[Looked], now: Millis) -> Result<bool, sqlx::Error> {
        let changed: Vec<&Looked> = looked.iter().filter(|one| !one.next.stands_as(&one.rule.state)).collect();
        if changed.is_empty() {
            return Ok(false);
        }
        let channels = self.alert_channels().await?;
        let (server, service) = (self.peers.own_name(), self.service());
        let mut told = false;
        let mut tx = self.store.write().await?;
        for Looked { rule, next, notices } in changed {
            keep_state(&mut tx, rule.id, next).await?;
            for kind in [NoticeKind::Resolved, NoticeKind::Fired, NoticeKind::Reminder] {
                let of_kind: Vec<AlertNotice> = notices.iter().filter(|notice| notice.kind == kind).cloned().collect();
                let Some(message) = message(&rule.rule, &server, &of_kind, &service) else { continue };
                match kind {
                    NoticeKind::Resolved => tracing::info!(rule = rule.id, "alert: {}", message.title),
                    NoticeKind::Fired | NoticeKind::Reminder => {
                        tracing::warn!(rule = rule.id, kind = kind.as_str(), "alert: {}", message.title);
                    }
                }
                if kind == NoticeKind::Fired {
                    sqlx::query("UPDATE alert_rules SET last_fired = ? WHERE id = ?")
                        .bind(now)
                        .bind(rule.id)
                        .execute(&mut *tx)
                        .await?;
                }
                let tells = |channel: &&Channel| rule.channels.contains(&channel.id);
                for channel in channels.iter().filter(tells) {
                    deliver::queue(&mut tx, now, rule.id, channel, kind.as_str(), &message).await?;
                    told = true;
                }
            }
        }
        tx.commit().await?;
        Ok(told)
    }
}
