use licensing::bundle::{LicenseKind, ProductCode, runs_down};
use licensing::context::Context;
use licensing::guid::Guid;

use super::{LicenseError, MOST, SELECT, StoredLicense, fits, stored};
use crate::servers::{NoServer, find};
use crate::{Node, secret};

/// How often another id is drawn when one is taken.
const TRIES: u32 = 5;

/// A license to be added.
#[derive(Debug, Clone)]
pub struct NewLicense {
    /// The server that is to have it.
    pub guid: Guid,
    /// What it is for.
    pub product: ProductCode,
    /// How it is counted.
    pub kind: LicenseKind,
    /// How many.
    pub count: u64,
    /// Unix milliseconds; `None` for no end.
    pub expires: Option<i64>,
    /// Unix milliseconds.
    pub maintenance: Option<i64>,
    /// `M.m`.
    pub version: Option<String>,
    /// `None` for the server's own.
    pub context: Option<Context>,
}

impl NewLicense {
    fn check(&self, now: i64) -> Result<(), LicenseError> {
        if !(1..=MOST).contains(&self.count) {
            return Err(LicenseError::Count(self.count));
        }
        if runs_down(self.kind, None) {
            return Err(LicenseError::NotCharged);
        }
        match (&self.version, self.expires) {
            (Some(version), _) if !is_version(version) => {
                Err(LicenseError::Version(version.chars().take(40).collect()))
            }
            (_, Some(expires)) if expires <= now => Err(LicenseError::Past(expires)),
            _ => Ok(()),
        }
    }
}

/// Two numbers with a dot between them.
fn is_version(text: &str) -> bool {
    let number = |part: &str| (1..=6).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor))
}

impl Node {
    /// Adds a license.
    ///
    /// # Errors
    /// [`LicenseError`]; nothing is changed then.
    pub async fn add_license(&self, new: &NewLicense) -> Result<StoredLicense, LicenseError> {
        let now = self.now_ms();
        new.check(now)?;
        let mut tx = self.store.write().await?;
        let server = find(&mut *tx, new.guid).await?.ok_or(NoServer(new.guid))?;
        for _ in 0..TRIES {
            let id = secret::license_id();
            let inserted = sqlx::query(
                "INSERT INTO licenses (id, server_id, product, kind, count, context, expires, maintenance, version, created_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            )
            .bind(&id)
            .bind(server.id)
            .bind(new.product.to_string())
            .bind(new.kind.as_str())
            .bind(stored(new.count))
            .bind(new.context.unwrap_or(server.context).as_str())
            .bind(new.expires)
            .bind(new.maintenance)
            .bind(&new.version)
            .bind(now)
            .execute(&mut *tx)
            .await?;
            if inserted.rows_affected() == 1 {
                fits(&mut tx, &server).await?;
                let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE licenses.id = ?"));
                let held = StoredLicense::read(&sqlx::query(sql).bind(&id).fetch_one(&mut *tx).await?)?;
                tx.commit().await?;
                return Ok(held);
            }
        }
        Err(LicenseError::NoFreeId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_numbers() {
        assert!(is_version("16.0") && is_version("9.100"));
        for text in ["", "16", "16.", ".1", "16.0.1", "a.b", "16,0", "1234567.0"] {
            assert!(!is_version(text), "{text}");
        }
    }
}
