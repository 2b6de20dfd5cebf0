//! What happens by itself: every two seconds all others are asked, and who is silent is noticed.

use std::sync::Arc;
use std::time::Duration;

use licensing::peer::{Change, POLL_MS, PeerKey};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::take::told;
use super::{events, rows};
use crate::Engine;

impl Engine {
    /// Watches the other servers until the task is ended. Run as one task.
    pub async fn keep_peers(self: Arc<Self>) {
        metrics::describe_gauge!("leasehold_peer_up", "Whether another server of the installation gives signs of life");
        let mut ticks = tokio::time::interval(Duration::from_millis(POLL_MS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Dropped with this task: what is under way ends with it.
        let mut asking = JoinSet::new();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.peers.wake.notified() => {}
            }
            while asking.try_join_next().is_some() {}
            if let Err(error) = self.settle_peers().await {
                tracing::error!(%error, "what this server is registered for could not be read");
            }
            let members: Vec<PeerKey> = self.peers.desk().members.keys().copied().collect();
            self.count_serving();
            self.notice_silence().await;
            for key in members {
                asking.spawn(self.clone().poll_peer(key));
            }
            self.show_peers();
        }
    }

    async fn notice_silence(&self) {
        let now = self.peers.now();
        let silent: Vec<_> = {
            let mut desk = self.peers.desk();
            let looked = desk.members.values_mut().filter_map(|member| {
                let change = member.watch.look(now)?;
                member.stored.silent = true;
                member.stored.seen_at = member.watch.seen_ms();
                Some((member.stored.clone(), change))
            });
            looked.collect()
        };
        for (stored, change) in silent {
            if let Err(error) = self.tell_silence(now.wall_ms, &stored, change).await {
                tracing::error!(%error, peer = stored.name, "that another server fell silent could not be stored");
            }
        }
    }

    async fn tell_silence(&self, at: i64, stored: &rows::Stored, change: Change) -> Result<(), sqlx::Error> {
        tracing::warn!(peer = stored.name, "another server of the installation fell silent");
        let Some((kind, detail)) = told(&stored.name, change) else { return Ok(()) };
        let mut tx = self.store.write().await?;
        rows::update(&mut tx, stored).await?;
        events::add(&mut tx, at, &stored.name, kind, &detail).await?;
        tx.commit().await
    }
}
