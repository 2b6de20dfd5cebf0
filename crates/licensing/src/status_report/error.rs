use super::MAX_REPORT;
use crate::canonical::members::FieldError;

/// Why something is not a report. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReport {
    /// Beyond [`MAX_REPORT`].
    #[error(
        "This report is too large: {bytes} bytes instead of at most {MAX_REPORT}. Check that it is a status report."
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not JSON.
    #[error(
        "This report is invalid JSON at line {line}, column {column}. Send it unchanged, as the server created it."
    )]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1; 0 at a line break.
        column: usize,
    },
    /// JSON, but not an object.
    #[error("This is JSON, but not a status report. Send the report as the server created it.")]
    NotAReport,
    /// A field that is missing or wrong.
    #[error("In this report, “{field}” {problem}. Send the report as the server created it.")]
    Field {
        /// Which field.
        field: String,
        /// What is wrong with it, as a clause.
        problem: String,
    },
}

impl From<FieldError> for InvalidReport {
    fn from(error: FieldError) -> InvalidReport {
        if error.field.is_empty() {
            return InvalidReport::NotAReport;
        }
        InvalidReport::Field { field: error.field, problem: error.problem }
    }
}
