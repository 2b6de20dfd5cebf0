use licensing::context::Context;
use licensing::guid::Guid;

use super::{LicenseError, Selection, StoredLicense, fits};
use crate::Node;
use crate::servers::{NoServer, find};

/// What to extend. The outer `None` keeps a date, the inner one means no end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extension {
    /// New end, Unix milliseconds.
    pub expires: Option<Option<i64>>,
    /// New end of maintenance, Unix milliseconds.
    pub maintenance: Option<Option<i64>>,
    /// Whether a date may become earlier.
    pub shorten: bool,
}

impl Extension {
    fn apply(&self, held: &mut StoredLicense) -> Result<(), LicenseError> {
        let license = &mut held.license;
        if let Some(expires) = self.expires {
            if !self.shorten && is_earlier(license.expires, expires) {
                return Err(LicenseError::Shorter { id: license.id.clone(), what: "end", was: license.expires });
            }
            license.expires = expires;
        }
        if let Some(maintenance) = self.maintenance {
            // A license without a date of maintenance may be given one: that takes nothing away.
            let was = license.maintenance_expires;
            if !self.shorten && was.is_some() && is_earlier(was, maintenance) {
                return Err(LicenseError::Shorter { id: license.id.clone(), what: "end of maintenance", was });
            }
            license.maintenance_expires = maintenance;
        }
        Ok(())
    }
}

/// Whether an end moves towards the past; no end is the latest there is.
fn is_earlier(was: Option<i64>, becomes: Option<i64>) -> bool {
    becomes.is_some_and(|becomes| was.is_none_or(|was| becomes < was))
}

impl Node {
    /// Extends licenses; gives them as they are afterwards.
    ///
    /// # Errors
    /// [`LicenseError`]; nothing is changed then.
    pub async fn extend_licenses(&self, which: &Selection, by: &Extension) -> Result<Vec<StoredLicense>, LicenseError> {
        if by.expires.is_none() && by.maintenance.is_none() {
            return Err(LicenseError::NothingAsked);
        }
        let mut tx = self.store.write().await?;
        let mut found = which.find(&mut tx).await?;
        for held in &mut found {
            by.apply(held)?;
            sqlx::query("UPDATE licenses SET expires = ?, maintenance = ? WHERE id = ?")
                .bind(held.license.expires)
                .bind(held.license.maintenance_expires)
                .bind(&held.license.id)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Moves licenses to another server, into another context when one is given; gives them as they are afterwards.
    ///
    /// # Errors
    /// [`LicenseError`]; nothing is changed then.
    pub async fn move_licenses(
        &self,
        which: &Selection,
        to: Guid,
        context: Option<Context>,
    ) -> Result<Vec<StoredLicense>, LicenseError> {
        let mut tx = self.store.write().await?;
        let mut found = which.find(&mut tx).await?;
        let server = find(&mut *tx, to).await?.ok_or(NoServer(to))?;
        for held in &mut found {
            held.license.context = context.unwrap_or(held.license.context);
            (held.guid, held.server_context) = (server.guid, server.context);
            sqlx::query("UPDATE licenses SET server_id = ?, context = ? WHERE id = ?")
                .bind(server.id)
                .bind(held.license.context.as_str())
                .bind(&held.license.id)
                .execute(&mut *tx)
                .await?;
        }
        fits(&mut tx, &server).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Removes licenses; gives them as they are afterwards.
    ///
    /// # Errors
    /// [`LicenseError`]; nothing is changed then.
    pub async fn remove_licenses(&self, which: &Selection) -> Result<Vec<StoredLicense>, LicenseError> {
        let mut tx = self.store.write().await?;
        let mut found = which.find(&mut tx).await?;
        for held in &mut found {
            held.removed_at = Some(self.now_ms());
            sqlx::query("UPDATE licenses SET removed_at = ? WHERE id = ?")
                .bind(held.removed_at)
                .bind(&held.license.id)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_end_is_later_than_every_date() {
        let cases = [
            (Some(5), Some(4), true),
            (Some(5), Some(5), false),
            (Some(5), Some(6), false),
            (Some(5), None, false),
            (None, Some(5), true),
            (None, None, false),
        ];
        for (was, becomes, earlier) in cases {
            assert_eq!(is_earlier(was, becomes), earlier, "{was:?} → {becomes:?}");
        }
    }
}
