//! Why a rule or a channel was not kept.

/// Why a rule or a channel was not kept. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// These fields cannot be used.
    #[error("{}", sentences(.0))]
    Fields(Vec<WrongField>),
    /// There is none by this number.
    #[error("This {0} no longer exists. Someone may have removed it.")]
    Gone(&'static str),
    /// There are too many.
    #[error("There are {most} {what} already. Remove one first.")]
    TooMany {
        /// Rules or channels.
        what: &'static str,
        /// The most there may be.
        most: usize,
    },
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// A field that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongField {
    /// Its name in the form.
    pub field: &'static str,
    /// What is wrong with it: a sentence.
    pub message: String,
}

fn sentences(all: &[WrongField]) -> String {
    all.iter().map(|wrong| wrong.message.as_str()).collect::<Vec<_>>().join(" ")
}

/// Gathers what is wrong with fields, so that all of it is told at once.
#[derive(Debug, Default)]
pub(super) struct Wrong(Vec<WrongField>);

impl Wrong {
    /// Something is wrong with a field. Of one field only the first is told.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        if !self.0.iter().any(|known| known.field == field) {
            self.0.push(WrongField { field, message: message.into() });
        }
    }

    /// What was found good; otherwise what was added is told.
    pub fn note<T>(&mut self, field: &'static str, found: Result<T, impl Into<String>>) -> Option<T> {
        found.map_err(|message| self.add(field, message)).ok()
    }

    /// Whether nothing is wrong with these fields so far.
    pub fn spares(&self, fields: &[&str]) -> bool {
        !self.0.iter().any(|wrong| fields.contains(&wrong.field))
    }

    /// Ends the gathering.
    ///
    /// # Errors
    /// Everything that was added.
    pub fn settle(self) -> Result<(), AlertError> {
        if self.0.is_empty() { Ok(()) } else { Err(AlertError::Fields(self.0)) }
    }
}
