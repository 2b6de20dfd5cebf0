//! Licenses of virtual environments: issued for a request, signed, kept. They are carried by hand.

mod issue;

pub use issue::{NewProduct, NewVe};

use licensing::guid::Guid;
use licensing::ve::{LONGEST_MIN, LONGEST_NAME, LicenseText, MOST_HOURS, MOST_PRODUCTS, TextError};
use sqlx::Row;

use crate::time::spoken;
use crate::{Node, NodeError};

/// A license that was issued.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedVe {
    /// When, Unix milliseconds.
    pub issued: i64,
    /// The text, signed.
    pub text: LicenseText,
}

/// Why a license was not issued.
#[derive(Debug, thiserror::Error)]
pub enum VeError {
    /// No usable customer name.
    #[error("A customer name is one line of 1 to {LONGEST_NAME} characters. Change --customer.")]
    Customer,
    /// The machine belongs to another customer.
    #[error("This machine already has licenses of {0}. Use that customer, or create the request on another machine.")]
    OtherCustomer(String),
    /// Out of range.
    #[error("--hours {0} is out of range: enter 1 to {MOST_HOURS}.")]
    Hours(u64),
    /// The end is in the past.
    #[error("The license would already have ended, at {}. Choose a later date for --expires.", spoken(*.0))]
    Past(i64),
    /// Out of range.
    #[error("--grace {0} is out of range: enter 0 to {LONGEST_MIN} minutes.")]
    Grace(u32),
    /// Out of range.
    #[error("--interval {0} is out of range: enter 1 to {LONGEST_MIN} minutes.")]
    Interval(u32),
    /// None, or more than a license carries.
    #[error("A license has 1 to {MOST_PRODUCTS} products, not {0}. Give --product once for each.")]
    Products(usize),
    /// The license would not be readable.
    #[error("The license could not be read back: {0}")]
    Text(#[from] TextError),
    /// The database did not respond.
    #[error("The node's database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl NodeError for VeError {
    fn is_refusal(&self) -> bool {
        !matches!(self, Self::Sql(_))
    }
}

impl Node {
    /// Every VE license that was issued, or those for one server; the newest first.
    ///
    /// # Errors
    /// [`VeError::Sql`].
    pub async fn ve_licenses(&self, guid: Option<Guid>) -> Result<Vec<IssuedVe>, VeError> {
        let rows = sqlx::query("SELECT issued, signed FROM ve_licenses ORDER BY issued DESC, rowid DESC")
            .fetch_all(self.store.read())
            .await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let issued = IssuedVe {
                issued: row.try_get("issued")?,
                text: LicenseText::parse(row.try_get::<String, _>("signed")?.as_bytes())?,
            };
            if guid.is_none() || issued.text.license.guid == guid {
                all.push(issued);
            }
        }
        Ok(all)
    }
}
