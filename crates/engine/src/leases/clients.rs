//! Clients as an administrator handles them, and their records.

use licensing::client_protocol::{
    Acknowledged, CACHE_MS, Farewell, Fault, FaultKind, Goodbye, Hello, REFRESH_MS, Records, ServerName, VERSION,
    Welcome,
};

use super::Received;
use super::requests::Peer;
use super::view::{ClientCounts, ClientState, ClientView, PoolView};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{Entry, Outcome};
use crate::usage::Batch;

/// Up to this difference people are not told that a client's clock is off, milliseconds: it may come from the way of the message.
const CLOCK_SLACK: i64 = 2_000;

/// What was released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// Whose.
    pub name: String,
    /// What goes back: licenses it has and does not use, by product.
    pub products: Vec<(String, u32)>,
    /// When that is done at the latest, Unix milliseconds.
    pub counted_until_ms: i64,
}

/// Why nothing was released.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// No such client.
    #[error("This client is not known any more. Look at the list again.")]
    Unknown,
    /// It has nothing.
    #[error("{0} has no licenses to release.")]
    Nothing(String),
    /// The database does not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl Engine {
    /// Clients of late, the newest first.
    pub fn clients(&self) -> Vec<ClientView> {
        self.leases.clients()
    }

    /// How many clients there are of late.
    pub fn client_counts(&self) -> ClientCounts {
        self.leases.client_counts()
    }

    /// One client.
    pub fn client(&self, id: i64) -> Option<ClientView> {
        self.leases.client(id)
    }

    /// Products, with what is in use of each.
    pub fn pools(&self) -> Vec<PoolView> {
        self.leases.pools()
    }

    /// Takes back what a client has and does not use. It is told with its next refresh; a client that is silent cannot be told, so
    /// what it has is counted until its cache must have been flushed.
    ///
    /// # Errors
    /// [`ReleaseError`].
    pub async fn release_client(&self, actor: &Actor, id: i64) -> Result<Released, ReleaseError> {
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
        let tx = self.store.write().await?;
        let sentence = format!("Released the licenses the client {} (number {id}) has and does not use.", client.name);
        self.audit.commit(tx, Entry { actor, action: "client.release", sentence, outcome: Outcome::Done }).await?;
        let now = self.clock.mono_ms();
        self.leases.release(id, now);
        let counted_until_ms = self.leases.deadline(id).map_or(self.now_ms(), |at| self.now_ms() + at - now);
        Ok(Released { name: client.name, products, counted_until_ms })
    }

    /// A request of a client is here. To be called as early as possible: what it tells of lies before.
    pub fn received(&self) -> Received {
        self.leases.received()
    }

    /// `POST /v1/hello`.
    ///
    /// # Errors
    /// [`Fault`], in the words of the protocol.
    pub async fn client_hello(&self, hello: &Hello, address: &str) -> Result<Welcome, Fault> {
        let unanswered = |error: sqlx::Error| {
            tracing::error!(%error, "the database did not respond a client");
            Fault::new(FaultKind::Unavailable, "The server's database does not answer. Ask again.")
        };
        hello.check()?;
        self.handover.check(&hello.client)?;
        let admitted = self.admit(hello)?;
        if admitted.is_some() {
            // A license that was installed a moment ago counts already.
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
        let reply = self.leases.hello(hello, Peer { address, deployment, ve: ve.as_deref() }).await?;
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
    /// [`Fault`], in the words of the protocol.
    pub async fn client_goodbye(&self, said: Goodbye, received: Received) -> Result<Farewell, Fault> {
        let (id, farewell) = self.leases.goodbye(self.named(said)).await?;
        self.leave_seat(id).await;
        // Check-outs it told as open and never ended are over: since before another client could get them.
        if let Err(error) = self.usage.lost(id, self.leases.wall_ms(received)).await {
            tracing::error!(%error, "check-outs of a client that ended could not be closed");
        }
        Ok(farewell)
    }

    /// `POST /v1/records`. `received`: as [`Engine::received`] said when it was there.
    ///
    /// # Errors
    /// [`Fault`], in the words of the protocol.
    pub async fn client_records(&self, mut said: Records, received: Received) -> Result<Acknowledged, Fault> {
        said.check()?;
        let id = self.leases.speaker(&said.client, &said.run, said.epoch).await?;
        self.name_records(&mut said);
        let off = said.now.map_or(0, |now| now.saturating_sub(self.leases.wall_ms(received)));
        let off = if off.saturating_abs() > CLOCK_SLACK { off } else { 0 };
        let Some((client, deployment)) = self.leases.set_clock(id, off) else { return Err(Fault::unknown_client()) };
        self.leases.place(&mut said, received);
        let batch = Batch {
            session: id,
            client,
            deployment,
            context: self.context(),
            acknowledged_before: 0,
            first: said.first,
            records: said.records,
        };
        match self.usage.take(batch).await {
            Ok(acknowledged) => Ok(Acknowledged { protocol: VERSION, acknowledged }),
            Err(error) => {
                tracing::error!(%error, "records of a client could not be stored");
                Err(Fault::new(FaultKind::Unavailable, "The records could not be stored. Send them again."))
            }
        }
    }
}
