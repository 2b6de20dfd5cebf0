//! Clients for administrators, and their records.

use std::ops::RangeInclusive;

use licensing::client_protocol::{
    Acknowledged, CACHE_MS, CheckOut, Farewell, Fault, FaultKind, Goodbye, Hello, REFRESH_MS, Records, ServerName,
    VERSION, Welcome,
};

use super::ReceivedAt;
use super::requests::Requester;
use super::view::{ClientCounts, ClientState, ClientView, PoolView};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::usage::Batch;

/// Smaller clock differences are not shown, milliseconds: they may come from the network.
const CLOCK_SLACK: i64 = 2_000;

/// What was released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasedLicenses {
    /// Whose.
    pub name: String,
    /// Unused licenses, by product.
    pub products: Vec<(String, u32)>,
    /// When they are released at the latest, Unix milliseconds.
    pub counted_until_ms: i64,
}

/// Why nothing was released.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// No such client.
    #[error("This client no longer exists. Refresh the list.")]
    Unknown,
    /// It has nothing.
    #[error("{0} has no licenses to release.")]
    Nothing(String),
    /// The database does not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// Number and name of a client, and its unused licenses by product.
type Releasable = (i64, String, Vec<(String, u32)>);

impl Engine {
    /// Recent clients, newest first.
    pub fn clients(&self) -> Vec<ClientView> {
        self.leases.clients()
    }

    /// Number of recent clients.
    pub fn client_counts(&self) -> ClientCounts {
        self.leases.client_counts()
    }

    /// One client.
    pub fn client(&self, id: i64) -> Option<ClientView> {
        self.leases.client(id)
    }

    /// Clients found by words in lower case: number, name and host of each.
    pub fn find_clients(&self, words: &[String], most: usize) -> Vec<(i64, String, String)> {
        self.leases.find_clients(words, most)
    }

    /// Products with their numbers in use.
    pub fn pools(&self) -> Vec<PoolView> {
        self.leases.pools()
    }

    /// Releases a client's unused licenses with its next refresh. A silent client can't be told, so its licenses stay
    /// reserved until its cache must have been flushed.
    ///
    /// # Errors
    /// [`ReleaseError`].
    pub async fn release_client(&self, actor: &Actor, id: i64) -> Result<ReleasedLicenses, ReleaseError> {
        let released = self.releasable(id)?;
        let name = released.1.clone();
        self.release_all(actor, vec![released]).await?.pop().ok_or(ReleaseError::Nothing(name))
    }

    /// Releases those of several clients at once: all of them, with an entry in the audit log for each, or none. Clients that have gone, or
    /// have nothing to release, are left out.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn release_clients(&self, actor: &Actor, ids: &[i64]) -> Result<Vec<ReleasedLicenses>, sqlx::Error> {
        self.release_all(actor, ids.iter().filter_map(|id| self.releasable(*id).ok()).collect()).await
    }

    /// Name and licenses of a client that has some.
    fn releasable(&self, id: i64) -> Result<Releasable, ReleaseError> {
        let client = self.leases.client(id).ok_or(ReleaseError::Unknown)?;
        let spare = |counted: u32, held: u32| counted.saturating_sub(held);
        let products: Vec<(String, u32)> = client
            .products
            .iter()
            .filter(|product| product.counted > 0)
            .map(|product| (product.product.clone(), spare(product.counted, product.held)))
            .collect();
        if products.is_empty() || client.state == ClientState::Gone {
            return Err(ReleaseError::Nothing(client.name));
        }
        Ok((id, client.name, products))
    }

    async fn release_all(&self, actor: &Actor, all: Vec<Releasable>) -> Result<Vec<ReleasedLicenses>, sqlx::Error> {
        let entry = |(id, name, _): &Releasable| {
            let sentence = format!("Released the unused licenses of client {name} (number {id}).");
            NewAuditEntry { actor, action: "client.release", sentence, outcome: AuditOutcome::Done }.about(name)
        };
        let Some((last, others)) = all.split_last() else { return Ok(Vec::new()) };
        let mut tx = self.store.write().await?;
        for one in others {
            self.audit.append(&mut tx, entry(one)).await?;
        }
        self.audit.commit(tx, entry(last)).await?;
        let now = self.clock.mono_ms();
        let release = |(id, name, products): Releasable| {
            self.leases.release(id, now);
            let counted_until_ms = self.leases.deadline(id).map_or(self.now_ms(), |at| self.now_ms() + at - now);
            ReleasedLicenses { name, products, counted_until_ms }
        };
        Ok(all.into_iter().map(release).collect())
    }

    /// The arrival time of a client's request. Call it as early as possible.
    pub fn received(&self) -> ReceivedAt {
        self.leases.received()
    }

    /// `POST /v1/hello`.
    ///
    /// # Errors
    /// [`Fault`] of the protocol.
    pub async fn client_hello(&self, hello: &Hello, address: &str) -> Result<Welcome, Fault> {
        let unanswered = |error: sqlx::Error| {
            tracing::error!(%error, "the database did not respond to a client request");
            Fault::new(FaultKind::Unavailable, "The server's database does not respond. Try again.")
        };
        hello.check()?;
        self.leases.check_place(hello, address)?;
        self.drain.check(&hello.client)?;
        let admitted = self.admit(hello)?;
        if admitted.is_some() {
            // Includes a license installed a moment ago.
            self.settle_leases().await;
        }
        let identity = self.identity().await.map_err(unanswered)?;
        let deployments = self.deployments().await.map_err(unanswered)?;
        if let Some(named) = &hello.deployment
            && !deployments.contains(named)
        {
            return Err(Fault::malformed(format!(
                "This server has no deployment {named}. Leave `deployment` out, or use one its console shows under Exchange."
            )));
        }
        let deployment = deployments.first().map_or("", String::as_str);
        let (ve, terms) = admitted.map(|admitted| (admitted.product, admitted.terms)).unzip();
        let reply = self.leases.hello(hello, Requester { address, deployment, ve: ve.as_deref() }).await?;
        self.note_switch(hello).await;
        Ok(Welcome {
            protocol: VERSION,
            epoch: reply.epoch,
            server: ServerName {
                guid: identity.guid.map(|guid| guid.to_string()).unwrap_or_default(),
                instance: identity.instance,
                context: self.context().or(identity.context).map(|context| context.to_string()).unwrap_or_default(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            refresh_ms: REFRESH_MS,
            valid_ms: CACHE_MS,
            sequence: reply.sequence,
            records: self.usage.acknowledged(reply.id).await,
            ve: terms,
        })
    }

    /// `POST /v1/goodbye`. `received`: as [`Engine::received`] said when it was there.
    ///
    /// # Errors
    /// [`Fault`] of the protocol.
    pub async fn client_goodbye(&self, said: Goodbye, received: ReceivedAt) -> Result<Farewell, Fault> {
        let (id, farewell) = self.leases.goodbye(self.named(said)).await?;
        self.leave_seat(id).await;
        // Ends check-outs it left open, before another client can get the licenses.
        if let Err(error) = self.usage.lost(id, self.leases.wall_ms(received)).await {
            tracing::error!(%error, "could not close check-outs of a client that has ended");
        }
        Ok(farewell)
    }

    /// `POST /v1/records`. `received`: as [`Engine::received`] said when it was there.
    ///
    /// # Errors
    /// [`Fault`] of the protocol.
    pub async fn client_records(&self, mut said: Records, received: ReceivedAt) -> Result<Acknowledged, Fault> {
        said.check()?;
        let id = self.leases.speaker(&said.client, &said.run, said.epoch).await?;
        self.name_records(&mut said);
        let off = said.now.map_or(0, |now| now.saturating_sub(self.leases.wall_ms(received)));
        let off = if off.saturating_abs() > CLOCK_SLACK { off } else { 0 };
        let Some((client, deployment)) = self.leases.set_clock(id, off) else { return Err(Fault::unknown_client()) };
        self.leases.place(&mut said, received);
        let lifetime = self.leases.lifetime(id, received).ok_or_else(Fault::unknown_client)?;
        let earlier = self.leases.earlier_runs(&said).await?;
        let last = said.first.saturating_add(said.records.len() as u64).saturating_sub(1);
        let (parts, misdated) = within(said.first, said.records, &lifetime);
        let mut acknowledged = 0;
        for (first, records, through) in parts {
            let batch = Batch {
                session: id,
                client: client.clone(),
                deployment: deployment.clone(),
                context: self.context(),
                earlier: earlier.clone(),
                begins: *lifetime.start(),
                first,
                through: through.unwrap_or(last),
                records,
            };
            acknowledged = self.usage.take(batch).await.map_err(|error| {
                tracing::error!(%error, "could not store records of a client");
                Fault::new(FaultKind::Unavailable, "Can't store the records. Send them again.")
            })?;
        }
        if misdated > 0 {
            self.leases.misdated(id, misdated);
            metrics::counter!("leasehold_misdated_records_total").increment(misdated);
        }
        Ok(Acknowledged { protocol: VERSION, acknowledged })
    }
}

/// Records without a gap: the number of the first, and where they end if more follow.
type Part = (u64, Vec<CheckOut>, Option<u64>);

/// The records that lie within the run, in pieces without a gap, and how many do not. A check-out that was reported as open
/// began whenever that was.
fn within(first: u64, records: Vec<CheckOut>, lifetime: &RangeInclusive<i64>) -> (Vec<Part>, u64) {
    let has_begun = |record: &CheckOut| record.opened.is_some() || record.before.is_some();
    let lies_within = |record: &CheckOut| {
        let begins = lifetime.contains(&record.from) || has_begun(record) && record.from <= *lifetime.end();
        begins && record.to.is_none_or(|to| lifetime.contains(&to))
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut misdated = 0;
    for (number, record) in (first..).zip(records) {
        if !lies_within(&record) {
            misdated += 1;
            continue;
        }
        match parts.last_mut().filter(|(begun, part, _)| begun + part.len() as u64 == number) {
            Some((_, part, _)) => part.push(record),
            None => parts.push((number, vec![record], None)),
        }
    }
    // What is left out at the end is settled with the last piece, even if that is empty.
    let before_last = parts.len().saturating_sub(1);
    for (begun, part, through) in &mut parts[..before_last] {
        *through = Some(*begun + part.len() as u64 - 1);
    }
    if parts.is_empty() {
        parts.push((first, Vec::new(), None));
    }
    (parts, misdated)
}
