//! Checks the license of a running server: at startup, every check interval, and when it ends.

use std::sync::Arc;
use std::time::Duration;

use licensing::canonical::sha256_hex;
use licensing::countdown::{CountdownDenial, HOUR_MS};
use licensing::machine::MachineIdentity;
use licensing::ve::request::VeLicenseRequest;
use licensing::ve::{DEFAULT_INTERVAL_MIN, VeLicenseKind, VeLicenseStatus};
use licensing::vendor_key::Fingerprint;

use super::{InstallClock, InstallError, InstalledNow, InstalledVe, VeState};
use crate::Engine;
use crate::actor::Actor;
use crate::countdown::{HoursLicense, LicenseError};
use crate::tasks::ticks;

/// Time between two checks of what is due.
pub(crate) const EVERY: Duration = Duration::from_secs(5);

/// A minute, in milliseconds.
const MINUTE_MS: i64 = 60_000;

/// Whether a check is due: the interval has passed, or an end has come since.
fn is_due(state: &VeState, now_ms: i64) -> bool {
    let Some(checked) = state.checked_at else { return true };
    let license = state.installed.as_ref().map(|installed| installed.license());
    let minutes = license.map_or(DEFAULT_INTERVAL_MIN, |license| license.interval_min);
    let ends = |at: i64| checked < at && at <= now_ms;
    // A check in a time to come was made by a clock that ran ahead.
    !(0..i64::from(minutes) * MINUTE_MS).contains(&now_ms.saturating_sub(checked))
        || license.is_some_and(|license| matches!(license.kind, VeLicenseKind::Normal { until } if ends(until)))
        || matches!(state.standing, VeLicenseStatus::Unverified { until_ms, .. } if ends(until_ms))
}

impl Engine {
    /// Checks the license of this machine now.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn check_ve(&self) -> Result<VeLicenseStatus, sqlx::Error> {
        if let Some(installed) = self.ve.current()
            && let Err(error) = self.take_hours(&installed).await
        {
            tracing::error!(%error, "could not apply the hours of this machine's license; trying again");
        }
        self.ve.check(self.contact().high_water, self.hours_are_used()).await
    }

    /// Whether the installed license has countdown hours and none left.
    fn hours_are_used(&self) -> bool {
        let view = self.countdown.view();
        let own = |installed: &Arc<InstalledVe>| view.serial == installed.license().hours_serial();
        view.refused == Some(CountdownDenial::Empty) && self.ve.current().as_ref().is_some_and(own)
    }

    /// Applies the hours of a countdown license, unless already applied.
    async fn take_hours(&self, installed: &InstalledVe) -> Result<(), LicenseError> {
        let license = installed.license();
        let VeLicenseKind::Countdown { hours } = license.kind else { return Ok(()) };
        let hours = HoursLicense {
            serial: license.hours_serial(),
            hours_ms: i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(HOUR_MS),
            interval_ms: i64::from(license.interval_min) * MINUTE_MS,
            license: sha256_hex(installed.text.to_text().as_bytes()),
        };
        self.countdown.license(&hours).await
    }

    /// Installs a license of this machine. `named` is the fingerprint of a key to trust from now on. Runs in a task of its own, so a
    /// caller who hangs up doesn't leave a license without its hours.
    ///
    /// # Errors
    /// [`InstallError`]: nothing is changed then.
    pub async fn install_ve(
        self: &Arc<Self>,
        text: &[u8],
        named: Option<Fingerprint>,
        actor: &Actor,
    ) -> Result<InstalledNow, InstallError> {
        let (engine, text, actor) = (self.clone(), text.to_vec(), actor.clone());
        let task = tokio::spawn(async move { engine.put_ve(&text, named, &actor).await });
        task.await.map_err(|broken| InstallError::Sql(sqlx::Error::Io(std::io::Error::other(broken))))?
    }

    async fn put_ve(
        &self,
        text: &[u8],
        named: Option<Fingerprint>,
        actor: &Actor,
    ) -> Result<InstalledNow, InstallError> {
        let state = self.contact();
        let clock = InstallClock { keeper: Some(&*self.contact), state, wall: self.contact.wall_ms() };
        let now = self.ve.install(text, named, actor, clock).await?;
        if let Some((state, effects)) = &now.contact {
            self.adopt_contact(*state, effects);
        }
        self.stored_identity.forget();
        self.take_hours(&now.installed).await?;
        self.check_ve().await?;
        Ok(now)
    }

    /// A request for a license of this machine.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn ve_request(&self) -> Result<VeLicenseRequest, sqlx::Error> {
        self.ve.request().await
    }

    /// The machine as it is now.
    pub async fn machine_identity(&self) -> MachineIdentity {
        self.ve.identity().await
    }

    /// Background task: keeps the license's state up to date.
    pub async fn keep_ve(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        let mut first = true;
        loop {
            ticks.tick().await;
            let state = self.ve.state();
            let used = self.hours_are_used();
            let ran_out = used && state.standing.in_force() || !used && state.standing == VeLicenseStatus::Empty;
            if !first && !ran_out && !is_due(&state, self.contact().high_water) {
                continue;
            }
            match self.check_ve().await {
                Ok(_) => first = false,
                Err(error) => tracing::error!(%error, "could not check this machine's license; trying again"),
            }
        }
    }
}
