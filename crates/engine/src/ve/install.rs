//! Installs a license text.

use std::sync::Arc;

use licensing::contact::{self, ContactEffect, ContactEvent, ContactState};
use licensing::machine::{ComponentChange, MachineVerdict, UnreadComponent, judge};
use licensing::ve::{LicenseText, SealError, TextError, VeLicenseKind};
use licensing::vendor_key::{Fingerprint, VendorKey};

use super::anchor::{self, NewestLicense};
use super::stored::{keys, standing_of};
use super::{InstalledVe, VeLicensing, VeState};
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::countdown::LicenseError;
use crate::exchange::ContactKeeper;

/// The result of installing.
#[derive(Debug, Clone, PartialEq)]
pub struct InstalledNow {
    /// The installed license.
    pub installed: Arc<InstalledVe>,
    /// Whether it was already installed.
    pub unchanged: bool,
    /// What the time it was made changed of the contact clock; stored with the license.
    pub(crate) contact: Option<(ContactState, Vec<ContactEffect>)>,
}

/// The contact clock at an installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstallClock<'a> {
    pub keeper: Option<&'a ContactKeeper>,
    pub state: ContactState,
    /// What the clock of this machine says.
    pub wall: i64,
}

impl InstallClock<'_> {
    /// The state once the time a license was made is known; `None` if that changes nothing.
    fn signed(&self, released: Option<i64>) -> Option<(ContactState, Vec<ContactEffect>)> {
        let event = ContactEvent::Signed { released: released?, wall: self.wall };
        match contact::step(&self.state, event) {
            Ok((state, effects)) => (state != self.state).then_some((state, effects)),
            Err(broken) => {
                tracing::error!(error = %broken, "broken invariant in the contact clock; keeping the previous state");
                metrics::counter!("leasehold_broken_invariants_total", "machine" => "contact").increment(1);
                None
            }
        }
    }
}

/// Why a license was not installed. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// Not a license.
    #[error("{0}")]
    Text(#[from] TextError),
    /// Not signed with a trusted key.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// Signed, but not with the given key.
    #[error(
        "This license is signed with the key {found}, not with the given key {named}. Nothing was installed. Ask the vendor which key is right."
    )]
    OtherKey {
        /// In the text.
        found: Fingerprint,
        /// Given.
        named: Fingerprint,
    },
    /// Made for another machine.
    #[error(
        "This license is for another machine: {}. Create a request with `leasehold license request` on this machine and ask the vendor for a license.",
        listed(.0)
    )]
    OtherMachine(Vec<ComponentChange>),
    /// The machine can't be compared.
    #[error(
        "Can't check whether this license is for this machine: {}. Make that readable for the server's user, or ask the vendor for a license based on a request created as that user.",
        listed(.0)
    )]
    Unreadable(Vec<UnreadComponent>),
    /// Not newer.
    #[error(
        "This license has the serial {serial}, but {newest} has already been installed here. An older license can't be installed again; ask the vendor for a newer one."
    )]
    Older {
        /// Its own.
        serial: u64,
        /// The highest so far.
        newest: u64,
    },
    /// It has expired.
    #[error("This license ended on {} UTC. Ask the vendor for a newer one.", day(*.0))]
    Ended(i64),
    /// The license was installed, but its hours were not.
    #[error("{0}")]
    Hours(#[from] LicenseError),
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl InstallError {
    /// Whether the license was refused; otherwise something failed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Sql(_) | Self::Hours(_))
    }
}

fn listed(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn day(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime("%Y-%m-%d %H:%M").to_string()
}

impl VeLicensing {
    /// Installs a license if it is signed by a trusted vendor, for this machine, and newer than any before. `named` is
    /// the fingerprint of a key to trust from now on. The time it was made sets a clock right that ran ahead where no exchange does.
    ///
    /// # Errors
    /// [`InstallError`]; nothing is changed then, and the audit log says so.
    pub(crate) async fn install(
        &self,
        text: &[u8],
        named: Option<Fingerprint>,
        actor: &Actor,
        clock: InstallClock<'_>,
    ) -> Result<InstalledNow, InstallError> {
        let _turn = self.turn.lock().await;
        let result = self.take_in(text, named, actor, clock).await;
        if let Err(error) = result.as_ref()
            && error.is_refusal()
        {
            let sentence = format!("Refused a license: {error}");
            if let Err(error) = self.audit.note(actor, "ve.install", sentence, AuditOutcome::Refused).await {
                tracing::error!(%error, "could not record a refused license in the audit log");
            }
        }
        result
    }

    async fn take_in(
        &self,
        text: &[u8],
        named: Option<Fingerprint>,
        actor: &Actor,
        clock: InstallClock<'_>,
    ) -> Result<InstalledNow, InstallError> {
        let text = LicenseText::parse(text)?;
        let (key, is_new) = trusted(&text, &keys(self.store.read()).await?, named)?;
        let stored = self.stored().await?;
        if let Some(stored) = stored.filter(|stored| stored.installed.text == text) {
            return Ok(InstalledNow { installed: Arc::new(stored.installed), unchanged: true, contact: None });
        }
        let fits = MachineVerdict::Fits { notes: Vec::new() };
        let signed = clock.signed(text.license.released);
        let now_ms = signed.as_ref().map_or(clock.state.high_water, |(state, _)| state.high_water);
        let verdict = judge(&text.license.bound, &self.identity().await, &fits, now_ms);
        match &verdict {
            MachineVerdict::Void { changes } => return Err(InstallError::OtherMachine(changes.clone())),
            MachineVerdict::Unknown { names, .. } => return Err(InstallError::Unreadable(names.clone())),
            MachineVerdict::Fits { .. } => {}
        }
        let installed = InstalledVe { text, key, installed_at: self.clock.now_ms(), installed_by: actor.name.clone() };
        let (license, newest) = (installed.license(), self.newest(&installed).await?);
        if !NewestLicense::of(&installed.text).may_follow(&newest) {
            return Err(InstallError::Older { serial: license.serial, newest: newest.serial });
        }
        if let VeLicenseKind::Normal { until } = license.kind
            && until <= now_ms
        {
            return Err(InstallError::Ended(until));
        }
        let corrected = signed.as_ref().and_then(|(state, _)| Some((clock.keeper?, &clock.state, state)));
        self.put(&installed, &verdict, is_new, actor, now_ms, corrected).await?;
        let standing = standing_of(&installed, &verdict, installed.license().serial, false, now_ms);
        let installed = Arc::new(installed);
        self.tell(VeState { installed: Some(installed.clone()), standing, checked_at: Some(now_ms) });
        Ok(InstalledNow { installed, unchanged: false, contact: signed })
    }

    async fn put(
        &self,
        installed: &InstalledVe,
        verdict: &MachineVerdict,
        key_is_new: bool,
        actor: &Actor,
        now_ms: i64,
        corrected: Option<(&ContactKeeper, &ContactState, &ContactState)>,
    ) -> Result<(), sqlx::Error> {
        let license = installed.license();
        let name = anchor::name(&installed.key, license.fingerprint.as_str(), &self.installation);
        let mut tx = self.store.write().await?;
        if let Some((keeper, before, after)) = corrected {
            keeper.correct(&mut tx, before, after).await?;
        }
        if key_is_new {
            sqlx::query(
                "INSERT INTO vendor_keys (fingerprint, signing, sealing, pinned_at, pinned_by) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (fingerprint) DO UPDATE SET signing = ?2, sealing = ?3",
            )
            .bind(installed.key.fingerprint().to_string())
            .bind(installed.key.signing.to_vec())
            .bind(installed.key.sealing.to_vec())
            .bind(installed.installed_at)
            .bind(&actor.name)
            .execute(&mut *tx)
            .await?;
        }
        let newest = NewestLicense::of(&installed.text);
        sqlx::query(
            "INSERT INTO ve_serials (machine, highest, sha256) VALUES (?1, ?2, ?3)
             ON CONFLICT (machine) DO UPDATE SET highest = ?2, sha256 = ?3",
        )
        .bind(&name)
        .bind(i64::try_from(newest.serial).unwrap_or(i64::MAX))
        .bind(&newest.sha256)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "INSERT INTO ve_license (id, text, installed_at, installed_by, verdict, checked_at) VALUES (1, ?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET text = ?1, installed_at = ?2, installed_by = ?3, verdict = ?4, checked_at = ?5",
        )
        .bind(installed.text.to_text())
        .bind(installed.installed_at)
        .bind(&installed.installed_by)
        .bind(serde_json::to_string(verdict).expect("names, words and numbers always serialize"))
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
        let pinned = if key_is_new {
            format!(" Trusts the vendor's key {} from now on.", installed.key.fingerprint())
        } else {
            String::new()
        };
        let sentence = format!(
            "Installed license {} of this machine for {}, serial {}.{pinned}",
            license.license_id, license.customer, license.serial
        );
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "ve.install", sentence, outcome: AuditOutcome::Done }
                    .about(&license.license_id),
            )
            .await?;
        anchor::remember(&self.places.anchors, &name, &newest);
        Ok(())
    }
}

/// The key that signed the text, and whether it is newly trusted.
fn trusted(
    text: &LicenseText,
    keys: &[VendorKey],
    named: Option<Fingerprint>,
) -> Result<(VendorKey, bool), InstallError> {
    let found = text.key().ok_or(SealError::Unsigned)?;
    if let Some(named) = named.filter(|named| *named != found.fingerprint()) {
        return Err(InstallError::OtherKey { found: found.fingerprint(), named });
    }
    if keys.contains(&found) || named.is_none() {
        return Ok((text.verify(keys)?, false));
    }
    Ok((text.verify(&[found])?, true))
}
