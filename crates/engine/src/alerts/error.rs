//! Why a rule or a channel was not kept.

/// Why a rule or a channel was not kept. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// A field cannot be used.
    #[error("{message}")]
    Field {
        /// Its name in the form.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// There is none by this number.
    #[error("There is no such {0} any more. Somebody may have removed it.")]
    Gone(&'static str),
    /// There are too many.
    #[error("There are {most} {what} already. Remove one first.")]
    TooMany {
        /// Rules or channels.
        what: &'static str,
        /// The most there may be.
        most: usize,
    },
    /// The database did not answer.
    #[error("The database did not answer: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// A field that cannot be used.
pub(super) fn wrong(field: &'static str, message: impl Into<String>) -> AlertError {
    AlertError::Field { field, message: message.into() }
}
