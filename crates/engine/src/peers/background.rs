//! Background work: polls all peers every two seconds, and notices silent ones.

use std::sync::Arc;
use std::time::Duration;

use licensing::peers::{ClockReading, LivenessChange, POLL_MS, PeerKey, standstill_ms};
use licensing::words::span;
use tokio::task::JoinSet;

use super::apply_report::told;
use super::{events, rows};
use crate::Engine;
use crate::tasks::{reason, ticks};

/// Time between two rounds of polling.
pub(crate) const EVERY: Duration = Duration::from_millis(POLL_MS);

impl Engine {
    /// Background task: polls the peers.
    pub async fn keep_peers(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        // Polls in progress end with this task.
        let mut polls = JoinSet::new();
        let mut before = self.peers.now();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.peers.wake.notified() => {}
            }
            let now = self.peers.now();
            if let Some(gap) = standstill_ms(before, now)
                && let Err(error) = self.stood_still(gap, now).await
            {
                tracing::error!(%error, "could not record that this server stood still");
            }
            while let Some(ended) = polls.try_join_next() {
                if let Err(error) = ended {
                    tracing::error!("polling a peer failed: {}", reason(error));
                }
            }
            if let Err(error) = self.settle_peers().await {
                tracing::error!(%error, "could not read this server's registration");
            }
            let members: Vec<PeerKey> = self.peers.roster().members.keys().copied().collect();
            self.count_serving();
            self.notice_silence().await;
            for key in members {
                polls.spawn(self.clone().poll_peer(key));
            }
            self.show_peers();
            // What this loop itself waits for is no standstill.
            before = self.peers.now();
        }
    }

    /// What it did not hear while it stood still was no silence of others.
    async fn stood_still(&self, gap: i64, now: ClockReading) -> Result<(), sqlx::Error> {
        let (name, has_peers) = {
            let mut roster = self.peers.roster();
            roster.members.values_mut().for_each(|member| member.watch.excuse(gap, now));
            (roster.name(), !roster.members.is_empty())
        };
        let detail = format!("{name} stood still for {}. It answered no clients and no peers meanwhile.", span(gap));
        tracing::warn!("{detail}");
        if !has_peers {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        events::add(&mut tx, now.wall_ms, &name, events::PeerEventKind::Standstill, &detail).await?;
        tx.commit().await
    }

    async fn notice_silence(&self) {
        let now = self.peers.now();
        let silent: Vec<_> = {
            let mut roster = self.peers.roster();
            let looked = roster.members.values_mut().filter_map(|member| {
                let change = member.watch.look(now)?;
                member.stored.silent = true;
                member.stored.seen_at = member.watch.seen_ms();
                Some((member.stored.clone(), change))
            });
            looked.collect()
        };
        for (stored, change) in silent {
            if let Err(error) = self.tell_silence(now.wall_ms, &stored, change).await {
                tracing::error!(%error, peer = stored.name, "could not record that a peer stopped responding");
            }
        }
    }

    async fn tell_silence(
        &self,
        at: i64,
        stored: &rows::StoredPeer,
        change: LivenessChange,
    ) -> Result<(), sqlx::Error> {
        tracing::warn!(peer = stored.name, "a peer stopped responding");
        let Some((kind, detail)) = told(&stored.name, change) else { return Ok(()) };
        let mut tx = self.store.write().await?;
        rows::update(&mut tx, stored).await?;
        events::add(&mut tx, at, &stored.name, kind, &detail).await?;
        tx.commit().await
    }
}
