//! Customers, to whom servers belong.

use sqlx::FromRow;

use crate::{Node, NodeError};

/// Longest name, characters.
const LONGEST: usize = 100;

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Customer {
    /// Name.
    pub name: String,
    /// How many servers it has.
    pub servers: i64,
    /// Unix milliseconds.
    pub created_at: i64,
}

/// Why a customer could not be added.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    /// The name is not usable.
    #[error("A customer name is one line of 1 to {LONGEST} characters. Choose another name.")]
    Name,
    /// Taken.
    #[error("There is already a customer named {0}. Use that one, or choose another name.")]
    Taken(String),
    /// The database did not respond.
    #[error("The node's database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl NodeError for CustomerError {
    fn is_refusal(&self) -> bool {
        !matches!(self, Self::Sql(_))
    }
}

impl Node {
    /// Adds a customer; gives its name as kept.
    ///
    /// # Errors
    /// [`CustomerError`].
    pub async fn add_customer(&self, name: &str) -> Result<String, CustomerError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > LONGEST || name.chars().any(char::is_control) {
            return Err(CustomerError::Name);
        }
        let mut tx = self.store.write().await?;
        let inserted = sqlx::query("INSERT INTO customers (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(self.now_ms())
            .execute(&mut *tx)
            .await?;
        if inserted.rows_affected() == 0 {
            return Err(CustomerError::Taken(name.to_owned()));
        }
        tx.commit().await?;
        Ok(name.to_owned())
    }

    /// All customers by name.
    ///
    /// # Errors
    /// [`CustomerError::Sql`].
    pub async fn customers(&self) -> Result<Vec<Customer>, CustomerError> {
        Ok(sqlx::query_as(
            "SELECT name, created_at, (SELECT COUNT(*) FROM servers WHERE customer_id = customers.id) AS servers
             FROM customers ORDER BY name",
        )
        .fetch_all(self.store.read())
        .await?)
    }
}
