//! Background work: the tick every second, and publishing the state.

use std::sync::Arc;
use std::time::Duration;

use licensing::countdown::View;

use super::Inner;
use crate::Engine;
use crate::tasks::ticks;

/// Time between two ticks.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

impl Inner {
    /// Publishes the state.
    pub(super) fn publish(&self) {
        let view = View::of(&self.meter().state, self.now());
        if view.serial > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics::gauge!("countdown_seconds_left").set(view.balance_ms as f64 / 1000.0);
            metrics::gauge!("countdown_running").set(f64::from(u8::from(view.running_since.is_some())));
        }
        self.views.send_if_modified(|known| std::mem::replace(known, view) != view);
        self.changed.send_replace(());
    }
}

impl Engine {
    /// Background task: runs the countdown hours.
    pub async fn keep_countdown(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        loop {
            ticks.tick().await;
            self.countdown.beat();
        }
    }
}
