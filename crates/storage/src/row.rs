//! Reading columns that hold more than SQLite's types. What does not read back is an error that names the column, never a panic.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};

/// Columns of a row, read as what they stand for.
pub trait Columns {
    /// Text in its parsed form.
    ///
    /// # Errors
    /// [`sqlx::Error`] when there is no such column or its text cannot be parsed.
    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, Error>;

    /// JSON.
    ///
    /// # Errors
    /// [`sqlx::Error`] when there is no such column or it holds something else.
    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, Error>;
}

impl Columns for SqliteRow {
    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, Error> {
        self.try_get::<&str, _>(column)?.parse().map_err(|error| undecodable(column, error))
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, Error> {
        serde_json::from_str(self.try_get(column)?).map_err(|error| undecodable(column, error))
    }
}

/// A value of a column that does not read back: the file was changed by something else.
pub fn undecodable(column: &str, error: impl Display) -> Error {
    Error::ColumnDecode { index: column.to_owned(), source: error.to_string().into() }
}
