//! The same for applications without tokio. The client runs in its own thread.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::{broadcast, watch};

use crate::builder::Builder;
use crate::client::{ClientShutdown, ClientTotals};
use crate::error::{ConnectError, Denied};
use crate::event::ClientEvent;
use crate::lease::Lease;

/// How long the thread runs after the goodbye, for callers still waiting for an answer.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// A client with blocking calls. Cheap to clone; may be used from any thread.
#[derive(Debug, Clone)]
pub struct Client {
    client: crate::Client,
    runtime: runtime::Handle,
}

/// A product of a blocking client.
#[derive(Debug, Clone)]
pub struct Product {
    product: crate::Product,
    runtime: runtime::Handle,
}

/// Events from when it was created.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<ClientEvent>);

impl Client {
    /// As [`crate::Client::connect`].
    ///
    /// # Errors
    /// As [`Builder::connect`].
    pub fn connect<S: AsRef<str>>(servers: impl IntoIterator<Item = S>) -> Result<Client, ConnectError> {
        crate::Client::builder().servers(servers).connect_blocking()
    }

    /// Sets up a client; end with [`Builder::connect_blocking`] or [`Builder::start_blocking`].
    pub fn builder() -> Builder {
        crate::Client::builder()
    }

    /// As [`crate::Client::product`].
    ///
    /// # Errors
    /// As there.
    pub fn product(&self, code: &str) -> Result<Product, Denied> {
        Ok(Product { product: self.client.product(code)?, runtime: self.runtime.clone() })
    }

    /// As [`crate::Client::acquire`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn acquire(&self, product: &str) -> Result<Lease, Denied> {
        match self.client.at_once(product) {
            Some(lease) => Ok(lease),
            None => self.product(product)?.acquire(),
        }
    }

    /// As [`crate::Client::acquire_within`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn acquire_within(&self, product: &str, patience: Duration) -> Result<Lease, Denied> {
        self.product(product)?.acquire_within(patience)
    }

    /// As [`crate::Client::acquire_as`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn acquire_as(&self, product: &str, user: &str) -> Result<Lease, Denied> {
        self.product(product)?.acquire_as(user)
    }

    /// As [`crate::Client::try_acquire`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn try_acquire(&self, product: &str) -> Result<Lease, Denied> {
        self.client.try_acquire(product)
    }

    /// Events from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        Events(self.client.events())
    }

    /// As [`crate::Client::totals`].
    #[must_use]
    pub fn totals(&self) -> ClientTotals {
        self.client.totals()
    }

    /// As [`crate::Client::close`].
    pub fn close(self) -> ClientShutdown {
        let Self { client, runtime } = self;
        wait(&runtime, async move { client.close().await }).unwrap_or_default()
    }
}

impl Product {
    /// As [`crate::Product::try_acquire`]: the fastest way.
    ///
    /// # Errors
    /// Why there is none.
    pub fn try_acquire(&self) -> Result<Lease, Denied> {
        self.product.try_acquire()
    }

    /// As [`crate::Product::try_acquire_as`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn try_acquire_as(&self, user: &str) -> Result<Lease, Denied> {
        self.product.try_acquire_as(user)
    }

    /// As [`crate::Product::acquire`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn acquire(&self) -> Result<Lease, Denied> {
        let product = self.product.clone();
        self.product.at_once().map_or_else(|| ended(wait(&self.runtime, async move { product.acquire().await })), Ok)
    }

    /// As [`crate::Product::acquire_within`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn acquire_within(&self, patience: Duration) -> Result<Lease, Denied> {
        let product = self.product.clone();
        let waiting = async move { product.acquire_within(patience).await };
        self.product.at_once().map_or_else(|| ended(wait(&self.runtime, waiting)), Ok)
    }

    /// As [`crate::Product::acquire_as`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn acquire_as(&self, user: &str) -> Result<Lease, Denied> {
        let (product, user) = (self.product.clone(), user.to_owned());
        ended(wait(&self.runtime, async move { product.acquire_as(&user).await }))
    }
}

impl Events {
    /// The next event if there is one.
    pub fn try_next(&mut self) -> Option<ClientEvent> {
        loop {
            match self.0.try_recv() {
                Ok(event) => return Some(event),
                // The oldest were missed; the next one is there.
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => return None,
            }
        }
    }
}

fn ended(result: Option<Result<Lease, Denied>>) -> Result<Lease, Denied> {
    result.unwrap_or(Err(Denied::Closed))
}

/// Runs something in the client's thread and waits for it; `None` if that thread has ended. Works in any thread, even
/// one of an async runtime.
pub(crate) fn wait<T: Send + 'static>(
    runtime: &runtime::Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime.spawn(async move {
        // The caller waits for it below.
        let _ = sender.send(work.await);
    });
    receiver.recv().ok()
}

impl Builder {
    /// As [`Builder::connect`], for an application without tokio.
    ///
    /// # Errors
    /// As [`Builder::connect`].
    pub fn connect_blocking(self) -> Result<Client, ConnectError> {
        begin(async move { self.connect().await })
    }

    /// As [`Builder::start`], for an application without tokio.
    ///
    /// # Errors
    /// As [`Builder::start`].
    pub fn start_blocking(self) -> Result<Client, ConnectError> {
        begin(async move { self.start() })
    }
}

fn begin(
    start: impl Future<Output = Result<crate::Client, ConnectError>> + Send + 'static,
) -> Result<Client, ConnectError> {
    let start = async move {
        let client = start.await?;
        let ended = client.alive.shared.ended.subscribe();
        Ok((client, ended))
    };
    let (client, runtime) = in_thread(start, ConnectError::Runtime)?;
    Ok(Client { client, runtime })
}

/// Starts a thread with a runtime that lives until its client has ended.
pub(crate) fn in_thread<T: Send + 'static, E: Send + 'static>(
    start: impl Future<Output = Result<(T, watch::Receiver<bool>), E>> + Send + 'static,
    failed: fn(String) -> E,
) -> Result<(T, runtime::Handle), E> {
    let broken = |error: std::io::Error| failed(error.to_string());
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let handle = runtime.handle().clone();
    let (started, begun) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("license-client".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let (begun, ended) = match start.await {
                    Ok((client, ended)) => (Ok(client), Some(ended)),
                    Err(error) => (Err(error), None),
                };
                // The starting thread waits for it below.
                let _ = started.send(begun);
                let Some(mut ended) = ended else { return };
                // A dropped sender counts as ended.
                let _ = ended.wait_for(|ended| *ended).await;
                // Callers waiting for the goodbye are answered before the thread ends.
                tokio::time::sleep(LAST_WORDS).await;
            });
        })
        .map_err(broken)?;
    match begun.recv() {
        Ok(result) => Ok((result?, handle)),
        Err(_) => Err(failed("its thread ended".to_owned())),
    }
}
