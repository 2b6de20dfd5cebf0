//! Alerts: rules are checked against signals every few seconds; notifications are queued in the database in the same
//! transaction and delivered from there, at least once. `licensing::alerts` decides what a rule means.

mod authority;
mod channels;
mod deliver;
mod error;
mod evaluate;
mod history;
mod mail;
mod message;
mod new_channel;
mod respond;
mod rules;
mod signals;
mod suggest;
mod webhook;

pub use channels::{Channel, ChannelKind, ChannelSettings, Security};
pub use deliver::{Delivery, DeliveryOutcome, Progress};
pub use error::{AlertError, WrongField};
pub use history::{DAYS_KEPT, RuleTrial};
pub use new_channel::NewChannel;
pub use rules::{AlertRule, NewRule};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use licensing::alerts::{ConditionKind, RuleState, Signals};
use tokio::sync::Notify;

use crate::Engine;
use crate::tasks::ticks;

/// Time between two checks of the rules.
pub(crate) const EVERY: Duration = Duration::from_secs(10);

/// The alerts of a running server.
#[derive(Debug)]
pub struct Alerts {
    /// Signals that must be collected, from the last check.
    observed: Mutex<Signals>,
    /// States of rules, by id. Locked during a check and during a change of a rule.
    states: tokio::sync::Mutex<BTreeMap<i64, RuleState>>,
    /// Number of firing alerts, for callers that can't wait.
    firing: Mutex<BTreeMap<ConditionKind, usize>>,
    recorder: tokio::sync::Mutex<history::Recorder>,
    /// Signals a new notification.
    queued: Notify,
    webhooks: OnceLock<webhook::Clients>,
    origin: OnceLock<String>,
}

impl Alerts {
    pub(crate) fn new() -> Self {
        Self {
            observed: Mutex::default(),
            states: tokio::sync::Mutex::default(),
            firing: Mutex::default(),
            recorder: tokio::sync::Mutex::default(),
            queued: Notify::new(),
            webhooks: OnceLock::new(),
            origin: OnceLock::new(),
        }
    }

    fn observed(&self) -> MutexGuard<'_, Signals> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of the console, for the links in messages. The first one counts.
    pub fn link_to(&self, origin: &str) {
        let _ = self.origin.set(origin.trim_end_matches('/').to_owned());
    }

    /// Number of firing alerts, by condition.
    pub fn firing(&self) -> BTreeMap<ConditionKind, usize> {
        self.firing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// Background task: checks the rules.
    pub async fn keep_alert_rules(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        loop {
            ticks.tick().await;
            self.observe();
            if let Err(error) = self.look_at_alerts().await {
                tracing::error!(%error, "could not check the alert rules; trying again");
            }
        }
    }

    /// Background task: delivers notifications.
    pub async fn keep_alert_delivery(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        let mut deliveries = deliver::Deliveries::default();
        loop {
            let done = tokio::select! {
                _ = ticks.tick() => self.start_deliveries(&mut deliveries).await,
                () = self.alerts.queued.notified() => self.start_deliveries(&mut deliveries).await,
                done = deliveries.next() => done,
            };
            if let Err(error) = done {
                tracing::error!(%error, "could not deliver notifications; trying again");
            }
        }
    }
}

#[cfg(test)]
mod tests;
