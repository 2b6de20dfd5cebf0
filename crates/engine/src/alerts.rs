//! Alerts: rules are held against signals every few seconds; what they tell is queued in the database in the same
//! transaction and delivered from there, at least once. What a rule means is decided in `licensing::alerts`.

mod authority;
mod channels;
mod deliver;
mod error;
mod evaluate;
mod history;
mod mail;
mod message;
mod new_channel;
mod rules;
mod signals;
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

/// Time between two looks at the rules.
pub(crate) const EVERY: Duration = Duration::from_secs(10);

/// The alerts of a running server.
#[derive(Debug)]
pub struct Alerts {
    /// What the last look found, where it has to be gathered.
    observed: Mutex<Signals>,
    /// How rules stand, by id. Held during a look and during a change of a rule: one at a time.
    states: tokio::sync::Mutex<BTreeMap<i64, RuleState>>,
    /// How many subjects fire, for those who cannot wait.
    firing: Mutex<BTreeMap<ConditionKind, usize>>,
    recorder: tokio::sync::Mutex<history::Recorder>,
    /// Something new is to be delivered.
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

    /// How many subjects fire now, by what is watched.
    pub fn firing(&self) -> BTreeMap<ConditionKind, usize> {
        self.firing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// Checks the rules. One task of the list.
    pub async fn keep_alert_rules(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        loop {
            ticks.tick().await;
            self.observe();
            if let Err(error) = self.look_at_alerts().await {
                tracing::error!(%error, "the rules of the alerts could not be looked at; trying again");
            }
        }
    }

    /// Delivers what they tell. One task of the list.
    pub async fn keep_alert_delivery(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.alerts.queued.notified() => {}
            }
            if let Err(error) = self.deliver_alerts().await {
                tracing::error!(%error, "what alerts tell could not be delivered; trying again");
            }
        }
    }
}

#[cfg(test)]
mod tests;
