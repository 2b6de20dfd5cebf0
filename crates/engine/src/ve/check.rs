//! Checks the license.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use licensing::machine::{MachineVerdict, judge};
use licensing::ve::VeLicenseStatus;

use super::stored::{StoredVe, standing_of};
use super::{VeLicensing, VeState, anchor};

impl VeLicensing {
    /// Reads the machine and checks the license. `now_ms` is the high-water mark of the contact clock, so that setting
    /// the clock back gains nothing; `hours_are_used`: no hours are left.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond; the state is unchanged then.
    pub async fn check(&self, now_ms: i64, hours_are_used: bool) -> Result<VeLicenseStatus, sqlx::Error> {
        let _turn = self.turn.lock().await;
        let Some(StoredVe { installed, verdict: last, .. }) = self.stored().await? else {
            self.tell(VeState { checked_at: Some(now_ms), ..VeState::default() });
            return Ok(VeLicenseStatus::None);
        };
        let verdict = judge(&installed.license().bound, &self.identity().await, &last, now_ms);
        self.keep(&verdict, now_ms).await?;
        let newest = self.newest(&installed).await?;
        let standing = standing_of(&installed, &verdict, newest.serial, hours_are_used, now_ms);
        if installed.license().serial == newest.serial {
            // Rewritten if lost.
            let name = anchor::name(&installed.key, installed.license().fingerprint.as_str(), &self.installation);
            anchor::remember(&self.places.anchors, &name, &newest);
        }
        let installed = Some(Arc::new(installed));
        self.tell(VeState { installed, standing: standing.clone(), checked_at: Some(now_ms) });
        Ok(standing)
    }

    async fn keep(&self, verdict: &MachineVerdict, now_ms: i64) -> Result<(), sqlx::Error> {
        let verdict = serde_json::to_string(verdict).expect("names, words and numbers always serialize");
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE ve_license SET verdict = ?, checked_at = ?")
            .bind(verdict)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Sets the state, and logs changes.
    pub(super) fn tell(&self, state: VeState) {
        let before = self.state.send_replace(state.clone());
        let id = state.installed.as_ref().map(|installed| installed.license().license_id.clone()).unwrap_or_default();
        let nothing_ever =
            matches!((&before.standing, &state.standing), (VeLicenseStatus::None, VeLicenseStatus::None));
        if nothing_ever || (self.said.swap(true, Ordering::Relaxed) && before.standing == state.standing) {
            return;
        }
        let sentence = state.standing.sentence();
        match &state.standing {
            VeLicenseStatus::Valid { .. } => tracing::info!(license = id, "{sentence}"),
            VeLicenseStatus::None | VeLicenseStatus::Unverified { .. } => tracing::warn!(license = id, "{sentence}"),
            _ => tracing::error!(license = id, "{sentence}"),
        }
    }
}
