use std::sync::Arc;
use std::time::Duration;

use licensing::product::ProductCode;

use crate::error::Denied;
use crate::guard::ClientGuard;
use crate::lease::Lease;
use crate::lease_pool::{CheckOutDenial, LeasePool};
use crate::shared::SharedClient;

/// A product of a client: the fastest way to take many licenses. Cheap to clone.
///
/// Creating one counts as a request: the first licenses are fetched ahead.
#[derive(Debug, Clone)]
pub struct Product(pub(crate) Arc<Handle>);

/// Shared by leases and products.
#[derive(Debug)]
pub(crate) struct Handle {
    pub alive: Arc<ClientGuard>,
    pub pool: Arc<LeasePool>,
    pub patience: Duration,
}

impl Handle {
    #[inline]
    pub(crate) fn shared(&self) -> &SharedClient {
        &self.alive.shared
    }

    /// A request, which may wait.
    fn ask(&self, waits: bool) {
        self.pool.asks(waits, self.shared().clock.elapsed_ms());
        self.hurry();
    }

    /// Triggers a request to the server if more is wanted than it knows.
    #[cold]
    fn hurry(&self) {
        let shared = self.shared();
        if self.pool.hurries(shared.clock.elapsed_ms()) {
            shared.wake.notify_one();
        }
    }
}

/// Maximum length of a user's name, characters (the client protocol).
const LONGEST_USER: usize = 128;

impl Product {
    pub(crate) fn new(alive: Arc<ClientGuard>, code: &ProductCode, patience: Duration) -> Result<Self, Denied> {
        let pool = alive.shared.pool(code)?;
        Ok(Self(Arc::new(Handle { alive, pool, patience })))
    }

    /// Marks the product as requested.
    pub(crate) fn ask(&self) {
        self.0.ask(false);
    }

    /// Its code.
    #[must_use]
    #[inline]
    pub fn code(&self) -> &ProductCode {
        &self.0.pool.product
    }

    /// Licenses of it in use by this client.
    #[must_use]
    pub fn held(&self) -> u32 {
        self.0.pool.held()
    }

    /// Takes a license if there is one: no waiting, no network, no allocation.
    ///
    /// # Errors
    /// Why there is none.
    #[inline]
    pub fn try_acquire(&self) -> Result<Lease, Denied> {
        match self.attempt(None, false) {
            Some(lease) => Ok(lease),
            None => Err(self.refuse(None)),
        }
    }

    /// As [`Product::try_acquire`], in the name of a user of the application.
    ///
    /// # Errors
    /// Why there is none.
    pub fn try_acquire_as(&self, user: &str) -> Result<Lease, Denied> {
        let user = named(user);
        self.attempt(Some(&user), false).ok_or_else(|| self.refuse(Some(&user)))
    }

    /// Takes a license, and waits for one if needed ([`Builder::wait`], 10 seconds by default). Does not wait if that
    /// can't help, as for a product without a license.
    ///
    /// [`Builder::wait`]: crate::Builder::wait
    ///
    /// # Errors
    /// Why there is none.
    pub async fn acquire(&self) -> Result<Lease, Denied> {
        match self.at_once() {
            Some(lease) => Ok(lease),
            // As in `Client::acquire`.
            None => Box::pin(self.acquire_within(self.0.patience)).await,
        }
    }

    /// As [`Product::acquire`], waiting for up to `patience`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn acquire_within(&self, patience: Duration) -> Result<Lease, Denied> {
        self.wait(None, patience).await
    }

    /// As [`Product::acquire`], in the name of a user of the application.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn acquire_as(&self, user: &str) -> Result<Lease, Denied> {
        self.wait(Some(named(user)), self.0.patience).await
    }

    /// Requests exactly this many from now on.
    pub(crate) fn want_always(&self, licenses: u32) {
        self.0.pool.want_always(licenses);
    }

    /// A license if there is one, without counting a denial.
    #[inline]
    pub(crate) fn at_once(&self) -> Option<Lease> {
        self.attempt(None, false)
    }

    #[inline]
    fn attempt(&self, user: Option<&Arc<str>>, waited: bool) -> Option<Lease> {
        let shared = self.0.shared();
        let taken = self.0.pool.take(user, waited, &*shared.clock, &shared.journal)?;
        if taken.was_last {
            self.0.hurry();
        }
        Some(Lease::new(self.0.clone(), taken))
    }

    #[cold]
    fn refuse(&self, user: Option<&Arc<str>>) -> Denied {
        let shared = self.0.shared();
        let refusal = self.0.pool.refuse(user, shared.clock.elapsed_ms(), &shared.journal);
        self.0.hurry();
        shared.denied(&self.0.pool, refusal)
    }

    async fn wait(&self, user: Option<Arc<str>>, patience: Duration) -> Result<Lease, Denied> {
        let user = user.as_ref();
        if let Some(lease) = self.attempt(user, false) {
            return Ok(lease);
        }
        let Handle { pool, .. } = &*self.0;
        let mut waiting = Waiting::begin(&self.0);
        let end = tokio::time::sleep(patience);
        tokio::pin!(end);
        loop {
            let freed = pool.freed.notified();
            tokio::pin!(freed);
            // From here on no notification is missed.
            freed.as_mut().enable();
            if let Some(lease) = self.attempt(user, true) {
                waiting.is_over = true;
                return Ok(lease);
            }
            if !CheckOutDenial::may_pass(&pool.refusal()) {
                break;
            }
            tokio::select! {
                biased;
                () = freed => {}
                () = &mut end => break,
            }
        }
        drop(waiting);
        Err(self.refuse(user))
    }
}

/// Counts a request as waiting until it is dropped.
struct Waiting<'a> {
    handle: &'a Handle,
    is_over: bool,
}

impl<'a> Waiting<'a> {
    fn begin(handle: &'a Handle) -> Self {
        handle.ask(true);
        Self { handle, is_over: false }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.handle.pool.waits_no_more();
        }
    }
}

fn named(user: &str) -> Arc<str> {
    user.chars().filter(|c| !c.is_control()).take(LONGEST_USER).collect::<String>().into()
}
