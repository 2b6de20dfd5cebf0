use std::sync::Arc;
use std::time::Duration;

use licensing::product::ProductCode;
use tokio::sync::broadcast;

use crate::builder::Builder;
use crate::error::{ConnectError, Denied, ServerProblem};
use crate::event::ClientEvent;
use crate::guard::ClientGuard;
use crate::lease::Lease;
use crate::product::Product;
use crate::products::Products;
use crate::shared::Contact;

/// A client of one or more license servers. Cheap to clone; a background task keeps it in step with them.
///
/// The client ends when it is [closed](Client::close), or when the last clone, product and lease of it is dropped.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) alive: Arc<ClientGuard>,
    patience: Duration,
    products: Arc<Products>,
}

/// What was used in this run so far, of all products and at all servers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientTotals {
    /// Licenses taken.
    pub acquired: u64,
    /// Requests refused.
    pub denied: u64,
    /// Time licenses were in use, milliseconds, those in use now included. Taking and returning are timed to
    /// within a tick of the kernel's clock (1 to 10 ms), either way alike.
    pub usage_ms: u64,
    /// Single records that were dropped for want of room; they are in the totals all the same.
    pub dropped_records: u64,
}

/// How a client ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientShutdown {
    /// Records no server has taken.
    pub undelivered_records: usize,
    /// Servers that did not confirm what was used. They count what this client had for two minutes more.
    pub unconfirmed: Vec<ServerProblem>,
}

impl Client {
    pub(crate) fn new(alive: ClientGuard, patience: Duration) -> Self {
        Self { alive: Arc::new(alive), patience, products: Arc::default() }
    }

    /// A client with everything left to its defaults: see [`Client::builder`].
    ///
    /// # Errors
    /// As [`Builder::connect`].
    pub async fn connect<S: AsRef<str>>(servers: impl IntoIterator<Item = S>) -> Result<Client, ConnectError> {
        Self::builder().servers(servers).connect().await
    }

    /// Sets up a client.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// A product to take licenses of.
    ///
    /// # Errors
    /// [`Denied::Product`] when this is no product code; [`Denied::TooManyProducts`].
    pub fn product(&self, code: &str) -> Result<Product, Denied> {
        if let Some(known) = self.products.find(code) {
            known.ask();
            return Ok(known.clone());
        }
        let code: ProductCode = code.parse()?;
        let product = Product::new(self.alive.clone(), &code, self.patience)?;
        product.ask();
        Ok(self.products.add(product))
    }

    /// Takes a license; when there is none, waits for one. See [`Product::acquire`].
    ///
    /// # Errors
    /// Why there is none.
    pub async fn acquire(&self, product: &str) -> Result<Lease, Denied> {
        match self.at_once(product) {
            Some(lease) => Ok(lease),
            // Waiting has its room only when it comes to that: a larger future takes a third longer, also when nobody waits.
            None => Box::pin(self.acquire_within(product, self.patience)).await,
        }
    }

    /// As [`Client::acquire`], waiting for up to `patience`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn acquire_within(&self, product: &str, patience: Duration) -> Result<Lease, Denied> {
        self.product(product)?.acquire_within(patience).await
    }

    /// As [`Client::acquire`], in the name of a user of the application.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn acquire_as(&self, product: &str, user: &str) -> Result<Lease, Denied> {
        self.product(product)?.acquire_as(user).await
    }

    /// Takes a license if there is one, at once. A product that is asked for the first time is not known yet:
    /// [`Client::product`] or [`Client::acquire`] first.
    ///
    /// # Errors
    /// Why there is none.
    pub fn try_acquire(&self, product: &str) -> Result<Lease, Denied> {
        match self.products.find(product) {
            Some(known) => known.try_acquire(),
            None => self.product(product)?.try_acquire(),
        }
    }

    /// A license if there is one, without counting a refusal.
    pub(crate) fn at_once(&self, product: &str) -> Option<Lease> {
        self.products.find(product)?.at_once()
    }

    /// What happens from now on. A listener that is slow misses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<ClientEvent> {
        self.alive.shared.listen()
    }

    /// Whether a server has answered in this run, be it away by now or not.
    #[must_use]
    pub fn has_met_server(&self) -> bool {
        *self.alive.shared.contact.borrow() == Contact::Found
    }

    /// Has the server look at its license again.
    pub(crate) fn check(&self) {
        self.alive.shared.check.notify_one();
    }

    /// What was used in this run so far.
    #[must_use]
    pub fn totals(&self) -> ClientTotals {
        let shared = &self.alive.shared;
        let used = shared.used();
        ClientTotals {
            acquired: used.taken,
            denied: used.denied,
            usage_ms: used.usage_ms,
            dropped_records: shared.journal.dropped_in_all(),
        }
    }

    /// Returns all licenses, delivers what was used and says goodbye; takes 10 seconds at most. Every clone of this client has ended
    /// then: leases are no longer valid, requests are refused.
    pub async fn close(self) -> ClientShutdown {
        self.alive.shared.closing.send_replace(true);
        match self.alive.take_task() {
            // A background task that is gone has nothing more to tell.
            Some(task) => task.await.unwrap_or_default(),
            None => ClientShutdown::default(),
        }
    }
}
