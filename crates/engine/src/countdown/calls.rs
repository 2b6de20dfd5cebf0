//! What callers ask of the hours.

use std::sync::Arc;
use std::time::Duration;

use licensing::countdown::{Balance, Cause, Event, Millis, Now, Run, View, remembers_less};
use tokio::sync::watch;

use super::desk::Desk;
use super::error::PersistError;
use super::{Countdown, HoursLicense, Inner, LicenseError, Refused, outside, rows};

/// How long a login waits for the disk before it is refused.
const PATIENCE: Duration = Duration::from_secs(5);

/// A login that was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// What is left, in milliseconds.
    pub left_ms: Millis,
    /// When the hours are used up if it goes on, Unix milliseconds.
    pub empty_at: Millis,
    /// Whether that is within one check interval.
    pub ends_soon: bool,
}

/// Somebody who was counted; counted out again when dropped, unless kept.
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
    /// A client logs in. For the first one a tick is charged, durably, before this returns. Who was let in must
    /// [`leave`](Countdown::leave); a caller that goes away before it has its answer is not counted.
    ///
    /// # Errors
    /// [`Refused`]; the client is not counted then.
    pub async fn enter(&self) -> Result<Entered, Refused> {
        let mut seat = Seat { inner: Some(self.inner.clone()) };
        let arrived = self.inner.desk().arrive(self.inner.now());
        self.inner.kick();
        arrived.map_err(|_| Refused::Broken)?;
        let decided = self.inner.until(decide);
        let late = |_| Refused::Unsaved { reason: PersistError::Slow.to_string() };
        let entered = tokio::time::timeout(PATIENCE, decided).await.map_err(late)??;
        seat.inner = None;
        Ok(entered)
    }

    /// A client logs out. After the last one what is unused of the tick is given back, durably, before this returns.
    pub async fn leave(&self) {
        self.inner.depart(false, Cause::LoggedOut);
        self.inner.settled().await;
    }

    /// The server stops: everybody is logged out, and what is unused is given back.
    pub async fn close(&self) {
        self.inner.depart(true, Cause::Stopped);
        let _ = tokio::time::timeout(PATIENCE, self.inner.settled()).await;
    }

    /// Takes over the hours of a license, durably. A license whose serial is not greater than any before changes nothing, so this may be
    /// called at every start. One that was used before in another data folder of this machine has what was left of it.
    ///
    /// # Errors
    /// [`LicenseError`] when it cannot be stored; everything is as it was then.
    pub async fn license(&self, license: &HoursLicense) -> Result<(), LicenseError> {
        let HoursLicense { serial, hours_ms, interval_ms, license: name } = license.clone();
        if serial <= self.inner.desk().state.balance.serial {
            return Ok(());
        }
        let (folder, wanted) = (self.inner.outside.clone(), name.clone());
        let look = move || outside::find(&folder?, &wanted, serial);
        let before = tokio::task::spawn_blocking(look).await.map_err(|error| LicenseError(error.to_string()))?;
        let event = match before {
            Some(before) => Event::Restored(Balance {
                balance_ms: before.balance.balance_ms.clamp(0, hours_ms.max(0)),
                ..Balance::new(serial, hours_ms, interval_ms)
            }),
            None => Event::Licensed { serial, hours_ms, interval_ms },
        };
        let fed = {
            let mut desk = self.inner.desk();
            desk.incoming = Some((serial, name));
            desk.feed(event, self.inner.now())
        };
        self.inner.kick();
        fed.map_err(|broken| LicenseError(broken.to_string()))?;
        let stored = |desk: &Desk, _| {
            if desk.state.balance.serial >= serial {
                return Some(Ok(()));
            }
            let waits = desk.state.pending.is_some_and(|pending| pending.balance.serial >= serial);
            let problem = || desk.problem.clone().unwrap_or_else(|| PersistError::Slow.to_string());
            (!waits).then(|| Err(LicenseError(problem())))
        };
        self.inner.until(stored).await
    }

    /// Looks at the clock: charges the next tick when it is time, and tries again what could not be stored. Returns when that is done;
    /// [`beat`](Countdown::beat) does not wait.
    pub async fn tick(&self) {
        self.beat();
        self.inner.settled().await;
    }

    /// As [`tick`](Countdown::tick), without waiting for the disk. Call it every second.
    pub fn beat(&self) {
        self.inner.desk().tick(self.inner.now());
        self.inner.kick();
    }

    /// Tells those who follow, and the metrics, how it stands at this instant.
    pub fn publish(&self) {
        self.inner.publish();
    }

    /// Another server remembers that less was left of this license: older data was put back here. The lower counts.
    pub fn witnessed(&self, serial: u64, balance_ms: Millis) {
        let now = self.inner.now();
        let fed = {
            let mut desk = self.inner.desk();
            let own = desk.state.balance;
            if own.serial != serial || !remembers_less(balance_ms, View::of(&desk.state, now).balance_ms) {
                return;
            }
            tracing::warn!(
                serial,
                "another server of the installation remembers fewer hours than this one's data: older data was put back, and the lower counts"
            );
            desk.feed(Event::Restored(Balance { balance_ms: balance_ms.max(0), ..own }), now)
        };
        self.inner.kick();
        if let Err(broken) = fed {
            tracing::error!(%broken, "the hours another server remembers could not be taken over");
        }
    }

    /// The hours right now.
    #[must_use]
    pub fn view(&self) -> View {
        View::of(&self.inner.desk().state, self.inner.now())
    }

    /// How many are logged in.
    #[must_use]
    pub fn clients(&self) -> u32 {
        self.inner.desk().clients
    }

    /// Follows the hours; while they run there is something new every second.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<View> {
        self.inner.views.subscribe()
    }

    /// The last `limit` times the hours ran, newest first; one that goes on has what it took up to now.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn runs(&self, limit: u32) -> Result<Vec<Run>, sqlx::Error> {
        let rows = rows::list_runs(self.inner.store.read(), limit).await?;
        let going = self.inner.desk().run_row(None, self.inner.now());
        let live = |row: rows::RunRow| match &going {
            Some(going) if going.id == row.id => going.run.clone(),
            _ => row.run,
        };
        Ok(rows.into_iter().map(live).collect())
    }
}

/// What a login is told; `None` while that depends on the disk.
fn decide(desk: &Desk, now: Now) -> Option<Result<Entered, Refused>> {
    let view = View::of(&desk.state, now);
    if desk.state.granted() && desk.state.paid.at(now.mono_ms) > 0 {
        let empty_at = view.empty_at.unwrap_or(now.wall_ms);
        return Some(Ok(Entered { left_ms: view.balance_ms, empty_at, ends_soon: view.ends_soon }));
    }
    if desk.state.pending.is_some() {
        return None;
    }
    let refused = |refusal| Refused::of(refusal, desk.problem.as_deref());
    Some(Err(desk.state.refused.map_or(Refused::Broken, refused)))
}

impl Inner {
    fn depart(self: &Arc<Self>, all: bool, cause: Cause) {
        self.desk().depart(all, cause, self.now());
        self.kick();
    }

    /// Waits until nothing is being stored.
    async fn settled(&self) {
        self.until(|desk, _| (!desk.storing && desk.state.pending.is_none()).then_some(())).await;
    }

    /// Waits until `look` finds what it looks for.
    async fn until<T>(&self, look: impl Fn(&Desk, Now) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = look(&self.desk(), self.now()) {
                return found;
            }
            // The sender is ours: it does not go away.
            let _ = changed.changed().await;
        }
    }
}
