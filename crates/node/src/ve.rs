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
    #[error("The name of a customer has 1 to {LONGEST_NAME} characters on one line. Give another --customer.")]
    Customer,
    /// The machine belongs to somebody else.
    #[error("This machine has licenses of {0} already. Name that customer, or make the request on another machine.")]
    OtherCustomer(String),
    /// Out of range.
    #[error("Hours are 1 to {MOST_HOURS}; {0} is not among them. Give other --hours.")]
    Hours(u64),
    /// The end is in the past.
    #[error("The license would have ended at {}. Give --expires a later date.", spoken(*.0))]
    Past(i64),
    /// Out of range.
    #[error("The grace period is 0 to {LONGEST_MIN} minutes; {0} is not among them. Give another --grace.")]
    Grace(u32),
    /// Out of range.
    #[error("The check interval is 1 to {LONGEST_MIN} minutes; {0} is not among them. Give another --interval.")]
    Interval(u32),
    /// None, or more than a license carries.
    #[error("A license has 1 to {MOST_PRODUCTS} products; there are {0} here. Repeat with --product for each.")]
    Products(usize),
    /// The license would not be readable.
    #[error("The license would not be readable: {0}")]
    Text(#[from] TextError),
    /// The database did not answer.
    #[error("The database of the node did not answer: {0}.")]
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
