//! The operations on countdown hours.

use std::sync::Arc;
use std::time::Duration;

use licensing::countdown::{Balance, Cause, ClockReading, CountdownEvent, CountdownRun, Millis, View, remembers_less};
use tokio::sync::watch;

use super::error::PersistError;
use super::meter::CountdownMeter;
use super::{Countdown, CountdownLoginDenied, HoursLicense, Inner, LicenseError, outside, rows};

/// A login is refused if the disk takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// An accepted login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountdownLogin {
    /// Time left, milliseconds.
    pub left_ms: Millis,
    /// When the hours end if they keep running, Unix milliseconds.
    pub empty_at: Millis,
    /// Whether that is within one check interval.
    pub ends_soon: bool,
}

/// A counted login; uncounted again when dropped, unless saved.
struct Seat {
    inner: Option<Arc<Inner>>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            inner.depart(false, Cause::LoggedOut);
        }
    }
}

impl Countdown {
    /// A client logs in. For the first one a tick is charged, durably, before this returns. An accepted client must
    /// [`leave`](Countdown::leave); a caller that goes away before its answer is not counted.
    ///
    /// # Errors
    /// [`CountdownLoginDenied`]; the client is not counted then.
    pub async fn enter(&self) -> Result<CountdownLogin, CountdownLoginDenied> {
        let mut seat = Seat { inner: Some(self.inner.clone()) };
        let arrived = self.inner.meter().arrive(self.inner.now());
        self.inner.kick();
        arrived.map_err(|_| CountdownLoginDenied::Broken)?;
        let decided = self.inner.until(decide);
        let late = |_| CountdownLoginDenied::Unsaved { reason: PersistError::Slow.to_string() };
        let entered = tokio::time::timeout(PATIENCE, decided).await.map_err(late)??;
        seat.inner = None;
        Ok(entered)
    }

    /// A client logs out. After the last one, the unused part of the tick is given back, durably, before this returns.
    pub async fn leave(&self) {
        self.inner.depart(false, Cause::LoggedOut);
        self.inner.settled().await;
    }

    /// The server stops: logs everyone out and gives back the unused time.
    pub async fn close(&self) {
        self.inner.depart(true, Cause::Stopped);
        let _ = tokio::time::timeout(PATIENCE, self.inner.settled()).await;
    }

    /// Applies the hours of a license, durably. A license without a higher serial changes nothing, so this may be
    /// called at every start. One used before in another data folder of this machine keeps what it had left.
    ///
    /// # Errors
    /// [`LicenseError`] if it can't be stored; nothing is changed then.
    pub async fn license(&self, license: &HoursLicense) -> Result<(), LicenseError> {
        let HoursLicense { serial, hours_ms, interval_ms, license: name } = license.clone();
        if serial <= self.inner.meter().state.balance.serial {
            return Ok(());
        }
        let (folder, wanted) = (self.inner.outside.clone(), name.clone());
        let look = move || outside::find(&folder?, &wanted, serial);
        let before = tokio::task::spawn_blocking(look).await.map_err(|error| LicenseError(error.to_string()))?;
        let event = match before {
            Some(before) => CountdownEvent::Restored(Balance {
                balance_ms: before.balance.balance_ms.clamp(0, hours_ms.max(0)),
                ..Balance::new(serial, hours_ms, interval_ms)
            }),
            None => CountdownEvent::Licensed { serial, hours_ms, interval_ms },
        };
        let fed = {
            let mut meter = self.inner.meter();
            meter.incoming = Some((serial, name));
            meter.feed(event, self.inner.now())
        };
        self.inner.kick();
        fed.map_err(|broken| LicenseError(broken.to_string()))?;
        let stored = |meter: &CountdownMeter, _| {
            if meter.state.balance.serial >= serial {
                return Some(Ok(()));
            }
            let waits = meter.state.pending.is_some_and(|pending| pending.balance.serial >= serial);
            let problem = || meter.problem.clone().unwrap_or_else(|| PersistError::Slow.to_string());
            (!waits).then(|| Err(LicenseError(problem())))
        };
        self.inner.until(stored).await
    }

    /// Charges the next tick if it is due, and retries what could not be stored. Returns when that is done;
    /// [`beat`](Countdown::beat) does not wait.
    pub async fn tick(&self) {
        self.beat();
        self.inner.settled().await;
    }

    /// As [`tick`](Countdown::tick), without waiting for the disk. Call it every second.
    pub fn beat(&self) {
        self.inner.meter().tick(self.inner.now());
        self.inner.kick();
    }

    /// Publishes the current state to watchers and metrics.
    pub fn publish(&self) {
        self.inner.publish();
    }

    /// A peer remembers a lower balance of this license, so older data was restored here. The lower balance applies.
    pub fn witnessed(&self, serial: u64, balance_ms: Millis) {
        let now = self.inner.now();
        let fed = {
            let mut meter = self.inner.meter();
            let own = meter.state.balance;
            if own.serial != serial || !remembers_less(balance_ms, View::of(&meter.state, now).balance_ms) {
                return;
            }
            tracing::warn!(
                serial,
                "a peer remembers fewer countdown hours than this server's data: older data was restored; using the lower balance"
            );
            meter.feed(CountdownEvent::Restored(Balance { balance_ms: balance_ms.max(0), ..own }), now)
        };
        self.inner.kick();
        if let Err(broken) = fed {
            tracing::error!(%broken, "could not apply the countdown hours that a peer remembers");
        }
    }

    /// The hours right now.
    #[must_use]
    pub fn view(&self) -> View {
        View::of(&self.inner.meter().state, self.inner.now())
    }

    /// Number of clients logged in.
    #[must_use]
    pub fn clients(&self) -> u32 {
        self.inner.meter().clients
    }

    /// Watches the hours; while they run it changes every second.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<View> {
        self.inner.views.subscribe()
    }

    /// The last `limit` runs, newest first; one in progress has its time so far.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn runs(&self, limit: u32) -> Result<Vec<CountdownRun>, sqlx::Error> {
        let rows = rows::list_runs(self.inner.store.read(), limit).await?;
        let going = self.inner.meter().run_row(None, self.inner.now());
        let live = |row: rows::RunRow| match &going {
            Some(going) if going.id == row.id => going.run.clone(),
            _ => row.run,
        };
        Ok(rows.into_iter().map(live).collect())
    }
}

/// The answer to a login; `None` while it depends on the disk.
fn decide(meter: &CountdownMeter, now: ClockReading) -> Option<Result<CountdownLogin, CountdownLoginDenied>> {
    let view = View::of(&meter.state, now);
    if meter.state.granted() && meter.state.paid.at(now.mono_ms) > 0 {
        let empty_at = view.empty_at.unwrap_or(now.wall_ms);
        return Some(Ok(CountdownLogin { left_ms: view.balance_ms, empty_at, ends_soon: view.ends_soon }));
    }
    if meter.state.pending.is_some() {
        return None;
    }
    let refused = |refusal| CountdownLoginDenied::of(refusal, meter.problem.as_deref());
    Some(Err(meter.state.refused.map_or(CountdownLoginDenied::Broken, refused)))
}

impl Inner {
    fn depart(self: &Arc<Self>, all: bool, cause: Cause) {
        self.meter().depart(all, cause, self.now());
        self.kick();
    }

    /// Waits until storing has finished.
    async fn settled(&self) {
        self.until(|meter, _| (!meter.storing && meter.state.pending.is_none()).then_some(())).await;
    }

    /// Waits until `look` returns something.
    async fn until<T>(&self, look: impl Fn(&CountdownMeter, ClockReading) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = look(&self.meter(), self.now()) {
                return found;
            }
            // We own the sender, so it stays.
            let _ = changed.changed().await;
        }
    }
}
