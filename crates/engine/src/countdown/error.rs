use licensing::countdown::CountdownDenial;

/// Why a balance could not be made durable.
#[derive(Debug, thiserror::Error)]
pub enum PersistError {
    /// An anchor.
    #[error("{path} could not be written: {reason}")]
    Anchor {
        /// The file.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// The database.
    #[error("the database did not take it: {0}")]
    Sql(#[from] sqlx::Error),
    /// It takes too long.
    #[error("the disk does not answer")]
    Slow,
}

/// Why a login is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountdownLoginDenied {
    /// There is no license with hours.
    #[error("{}", CountdownDenial::NoLicense.sentence())]
    NoLicense,
    /// The hours are used up.
    #[error("{}", CountdownDenial::Empty.sentence())]
    Empty,
    /// The hours cannot be stored.
    #[error("{} What went wrong: {reason}.", CountdownDenial::Unsaved.sentence())]
    Unsaved {
        /// What went wrong.
        reason: String,
    },
    /// A rule of the hours is broken.
    #[error(
        "The countdown hours of this server are not as they must be, so none can be used. Its log says what is wrong; tell the vendor."
    )]
    Broken,
}

impl CountdownLoginDenied {
    pub(super) fn of(refusal: CountdownDenial, problem: Option<&str>) -> Self {
        match refusal {
            CountdownDenial::NoLicense => Self::NoLicense,
            CountdownDenial::Empty => Self::Empty,
            CountdownDenial::Unsaved => {
                Self::Unsaved { reason: problem.map_or_else(|| PersistError::Slow.to_string(), str::to_owned) }
            }
        }
    }
}

/// Why the hours of a license were not taken over; they are as they were.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "The hours of the license could not be written down: {0}. Free space or make the folder writable, and install the license again."
)]
pub struct LicenseError(pub String);
