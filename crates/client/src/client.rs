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

/// A client of one or more license servers. Cheap to clone; a background task talks to them.
///
/// The client disconnects when it is [closed](Client::close), or when its last clone, product and lease are dropped.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) alive: Arc<ClientGuard>,
    patience: Duration,
    products: Arc<Products>,
}

/// Usage in this run so far, of all products and at all servers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientTotals {
    /// Check-outs.
    pub acquired: u64,
    /// Denials.
    pub denied: u64,
    /// Time licenses were in use, milliseconds, those in use now included. Taking and returning are timed to
    /// within a tick of the kernel's clock (1 to 10 ms), either way alike.
    pub usage_ms: u64,
    /// Single records dropped for lack of space; the totals include them.
    pub dropped_records: u64,
}

/// The result of closing a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientShutdown {
    /// Records that no server has stored.
    pub undelivered_records: usize,
    /// Servers that did not confirm the usage. They reserve this client's licenses for two more minutes.
    pub unconfirmed: Vec<ServerProblem>,
}

impl Client {
    pub(crate) fn new(alive: ClientGuard, patience: Duration) -> Self {
        Self { alive: Arc::new(alive), patience, products: Arc::default() }
    }

    /// A client with default settings: see [`Client::builder`].
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
    /// [`Denied::Product`] if this is not a product code; [`Denied::TooManyProducts`].
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

    /// Takes a license, and waits for one if needed. See [`Product::acquire`].
    ///
    /// # Errors
    /// Why there is none.
    pub async fn acquire(&self, product: &str) -> Result<Lease, Denied> {
        match self.at_once(product) {
            Some(lease) => Ok(lease),
            // Boxes the waiting part: a larger future takes a third longer, even without waiting.
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

    /// Takes a license if there is one, without waiting. The first request for a product has no limit yet: use
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

    /// A license if there is one, without counting a denial.
    pub(crate) fn at_once(&self, product: &str) -> Option<Lease> {
        self.products.find(product)?.at_once()
    }

    /// Events from now on. A slow listener misses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<ClientEvent> {
        self.alive.shared.listen()
    }

    /// Whether any server has responded in this run.
    #[must_use]
    pub fn has_met_server(&self) -> bool {
        *self.alive.shared.contact.borrow() == Contact::Found
    }

    /// Asks the server to check its license again.
    pub(crate) fn check(&self) {
        self.alive.shared.check.notify_one();
    }

    /// Usage in this run so far.
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

    /// Returns all licenses, delivers usage and says goodbye, within 10 seconds. This ends every clone of the client:
    /// leases are no longer valid, and requests are denied.
    pub async fn close(self) -> ClientShutdown {
        self.alive.shared.closing.send_replace(true);
        match self.alive.take_task() {
            // A finished background task has nothing more to send.
            Some(task) => task.await.unwrap_or_default(),
            None => ClientShutdown::default(),
        }
    }
}
