use licensing::countdown::CountdownDenial;

/// Why a balance could not be made durable.
#[derive(Debug, thiserror::Error)]
pub enum PersistError {
    /// An anchor.
    #[error("can't write {path}: {reason}")]
    Anchor {
        /// The file.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// The database.
    #[error("the database failed: {0}")]
    Sql(#[from] sqlx::Error),
    /// It takes too long.
    #[error("the disk does not respond")]
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
    #[error("{} Cause: {reason}.", CountdownDenial::Unsaved.sentence())]
    Unsaved {
        /// What went wrong.
        reason: String,
    },
    /// Broken invariant of the hours.
    #[error(
        "The countdown hours of this server are inconsistent, so none can be used. See its log, and tell the vendor."
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

/// Why the hours of a license were not applied; they are unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Can't store the hours of the license: {0}. Free space or make the folder writable, then install the license again."
)]
pub struct LicenseError(pub String);
