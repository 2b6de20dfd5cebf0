//! Why a rule or a channel was not saved.

/// Why a rule or a channel was not saved. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// Invalid fields.
    #[error("{}", sentences(.0))]
    Fields(Vec<WrongField>),
    /// No such rule or channel.
    #[error("This {0} no longer exists. Someone may have removed it.")]
    Gone(&'static str),
    /// Nothing of it fires that nobody has acknowledged.
    #[error("There is nothing to acknowledge: it isn't firing, or someone has acknowledged it.")]
    NothingFires,
    /// There are too many.
    #[error("There are already {most} {what}. Remove one first.")]
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

/// An invalid field.
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

/// Collects the errors of fields, so that they are reported together.
#[derive(Debug, Default)]
pub(super) struct WrongFields(Vec<WrongField>);

impl WrongFields {
    /// Adds the error of a field. Only the first per field is kept.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        if !self.0.iter().any(|known| known.field == field) {
            self.0.push(WrongField { field, message: message.into() });
        }
    }

    /// The valid value, or the collected errors.
    pub fn note<T>(&mut self, field: &'static str, found: Result<T, impl Into<String>>) -> Option<T> {
        found.map_err(|message| self.add(field, message)).ok()
    }

    /// Whether these fields have no errors so far.
    pub fn spares(&self, fields: &[&str]) -> bool {
        !self.0.iter().any(|wrong| fields.contains(&wrong.field))
    }

    /// Finishes.
    ///
    /// # Errors
    /// Everything that was added.
    pub fn settle(self) -> Result<(), AlertError> {
        if self.0.is_empty() { Ok(()) } else { Err(AlertError::Fields(self.0)) }
    }
}
