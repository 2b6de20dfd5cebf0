use licensing::bundle::ProductCode;
use licensing::guid::Guid;
use sqlx::SqliteConnection;

use super::{LicenseError, SELECT, StoredLicense, of};
use crate::servers::{NoServer, find};

/// Which licenses a command is about.
#[derive(Debug, Clone)]
pub enum Selection {
    /// This one.
    Id(String),
    /// All of this product that the server has.
    Product {
        /// The server.
        guid: Guid,
        /// The product.
        product: ProductCode,
    },
}

impl Selection {
    /// The licenses meant, those in force only; at least one.
    pub(super) async fn find(&self, connection: &mut SqliteConnection) -> Result<Vec<StoredLicense>, LicenseError> {
        match self {
            Self::Id(id) => {
                let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE licenses.id = ? AND removed_at IS NULL"));
                let id = id.trim().to_ascii_uppercase();
                let row = sqlx::query(sql).bind(&id).fetch_optional(connection).await?;
                Ok(vec![StoredLicense::read(&row.ok_or(LicenseError::NoLicense(id))?)?])
            }
            Self::Product { guid, product } => {
                let server = find(&mut *connection, *guid).await?.ok_or(NoServer(*guid))?;
                let mut held = of(connection, server.id).await?;
                held.retain(|held| held.license.product == *product);
                if held.is_empty() {
                    return Err(LicenseError::NoProduct { guid: *guid, product: product.clone() });
                }
                Ok(held)
            }
        }
    }
}
