use std::sync::Arc;
use std::time::Duration;

use licensing::client_protocol::{Acknowledged, Farewell, FaultKind, PATIENCE_MS, Welcome};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::ask::{records, refresh};
use super::known_server::KnownServer;
use super::talk::{Problem, ask, body};
use super::{ClientIdentity, Driver};
use crate::client::ClientShutdown;
use crate::error::ServerProblem;
use crate::journal::ServerIndex;
use crate::shared::SharedClient;

/// How long records may take, milliseconds: the rest of the time is for the goodbye, which carries the totals.
const RECORDS_MS: u64 = 7_000;

/// Pause before something is tried again, milliseconds.
const AGAIN_MS: u64 = 200;

impl Driver {
    /// Ends all leases, then brings each server that knows of this run its records and the last totals, all within the
    /// time a client waits for an answer.
    pub(super) async fn part(self) -> ClientShutdown {
        let Self { shared, known, identity, outcomes, .. } = self;
        // Answers to earlier requests are ignored.
        drop(outcomes);
        let now_ms = shared.clock.elapsed_ms();
        shared.pools().iter().for_each(|pool| pool.close(now_ms, &shared.journal));
        let end = Instant::now() + Duration::from_millis(PATIENCE_MS);
        let records_end = Instant::now() + Duration::from_millis(RECORDS_MS);
        let mut farewells = JoinSet::new();
        for (server, known) in known.into_iter().enumerate().filter(|(_, known)| known.is_known()) {
            let leaving = Leaving { shared: shared.clone(), identity: identity.clone(), server, known };
            farewells.spawn(async move { (server, leaving.leave(records_end, end).await) });
        }
        let mut unconfirmed = Vec::new();
        while let Some(ended) = farewells.join_next().await {
            if let Ok((server, Err(problem))) = ended {
                unconfirmed.push(ServerProblem { server: shared.names[server].clone(), sentence: problem.sentence });
            }
        }
        ClientShutdown { undelivered_records: shared.journal.waiting(), unconfirmed }
    }
}

/// A goodbye under way.
struct Leaving {
    shared: Arc<SharedClient>,
    identity: Arc<ClientIdentity>,
    server: ServerIndex,
    known: KnownServer,
}

impl Leaving {
    async fn leave(mut self, records_end: Instant, end: Instant) -> Result<(), Problem> {
        // Records that do not arrive in time are lost; the totals they are part of are not.
        let _ = timeout_at(records_end, self.deliver()).await;
        let mut last = Problem::new("It did not respond in time.");
        match timeout_at(end, self.say_goodbye(&mut last)).await {
            Ok(()) => Ok(()),
            Err(_) => Err(last),
        }
    }

    async fn deliver(&mut self) {
        while self.shared.journal.has(self.server) {
            if self.introduce().await.is_err() {
                pause().await;
                continue;
            }
            let Some(session) = self.known.session else { continue };
            let batch = records(&self.shared, &self.identity, self.server, session, self.known.batch);
            let Some(batch) = batch else { return };
            let batch = batch.stamped(&self.shared, &self.identity).await;
            let (first, sent) = (batch.first, batch.records.len());
            match ask::<Acknowledged>(&self.known.link, "/v1/records", body(&batch)).await {
                Ok(answer) if answer.acknowledged >= first => {
                    let most = first.saturating_add(sent as u64).saturating_sub(1);
                    self.shared.journal.acknowledge(self.server, answer.acknowledged.min(most));
                }
                Ok(_) => pause().await,
                Err(problem) => match problem.kind {
                    Some(FaultKind::UnknownClient) => self.known.lost = self.known.session.take(),
                    Some(FaultKind::Malformed | FaultKind::TooLarge) if sent > 1 => {
                        self.known.batch = (sent / 2).max(1)
                    }
                    Some(FaultKind::Malformed | FaultKind::TooLarge) => self.shared.journal.give_up_first(self.server),
                    Some(FaultKind::Superseded | FaultKind::ProtocolVersion) => return,
                    _ => pause().await,
                },
            }
        }
    }

    /// Says goodbye until it is answered; notes why it is not.
    async fn say_goodbye(&mut self, last: &mut Problem) {
        loop {
            match self.goodbye().await {
                Ok(()) => return,
                Err(problem) => *last = problem,
            }
            pause().await;
        }
    }

    async fn goodbye(&mut self) -> Result<(), Problem> {
        self.introduce().await?;
        let Some(session) = &mut self.known.session else { return Ok(()) };
        session.sequence += 1;
        let now_ms = self.shared.clock.elapsed_ms();
        let goodbye = refresh(&self.shared, &self.identity, self.server, *session, false, now_ms);
        let goodbye = goodbye.stamped(&self.shared, &self.identity).await;
        match ask::<Farewell>(&self.known.link, "/v1/goodbye", body(&goodbye)).await {
            Ok(_) => Ok(()),
            // Another run has taken this one's place: there is nobody left to say goodbye.
            Err(problem) if problem.kind == Some(FaultKind::Superseded) => Ok(()),
            Err(problem) => {
                if problem.kind == Some(FaultKind::UnknownClient) {
                    self.known.lost = self.known.session.take();
                }
                Err(problem)
            }
        }
    }

    /// Says hello again if the server no longer knows this run.
    async fn introduce(&mut self) -> Result<(), Problem> {
        if self.known.session.is_some() {
            return Ok(());
        }
        let welcome: Welcome =
            ask(&self.known.link, "/v1/hello", body(&self.identity.hello(self.server, None))).await?;
        self.known.welcome(&welcome);
        self.shared.journal.resume_after(self.server, welcome.records, self.identity.generation);
        Ok(())
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(AGAIN_MS)).await;
}
