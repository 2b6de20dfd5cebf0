//! What the engine refuses, as the console answers it.

use std::fmt::Display;

use app::request::FieldError;
use axum::http::StatusCode;
use engine::accounts::tokens::TokenError;
use engine::accounts::users::AccountError;
use engine::alerts::AlertError;
use engine::backup::BackupError;
use engine::conf::SaveError;
use engine::drain::{DrainError, DrainRefusal};
use engine::exchange::{ClusterError, PushError};
use engine::locked::UnlockError;
use engine::peers::{InviteError, JoinError, RemoveError};
use engine::sources::SourceError;
use engine::ve::InstallError;

/// An error of the engine: its fault, or a refusal that a person can do something about.
pub trait Refusal: Display {
    /// Whether something failed that nobody could have typed otherwise.
    fn is_internal(&self) -> bool;

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }

    /// The field it is about.
    fn field(&self) -> Option<&str> {
        None
    }

    /// One sentence a field.
    fn errors(&self) -> Vec<FieldError> {
        vec![FieldError { field: self.field().map(str::to_owned), message: self.to_string() }]
    }
}

impl Refusal for DrainError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn field(&self) -> Option<&str> {
        matches!(self, Self::Refused(DrainRefusal::Minutes)).then_some("minutes")
    }
}

impl Refusal for InviteError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }
}

impl Refusal for JoinError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Code(_) => Some("code"),
            Self::Url(_) | Self::Unreached { .. } => Some("url"),
            _ => None,
        }
    }
}

impl Refusal for RemoveError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }
}

impl Refusal for UnlockError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Database(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Running => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl Refusal for SaveError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Conflict(_) | Self::LaterChanges { .. } => StatusCode::CONFLICT,
            Self::UnknownRevision(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(errors) => errors
                .iter()
                .map(|(key, sentence)| FieldError { field: key.clone(), message: sentence.clone() })
                .collect(),
            other => vec![FieldError { field: None, message: other.to_string() }],
        }
    }
}

impl Refusal for AccountError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Claimed
            | Self::LastAdministrator(_)
            | Self::NoInvitation
            | Self::TotpOn
            | Self::TotpOff(_)
            | Self::TotpNotStarted => StatusCode::CONFLICT,
            Self::Link | Self::Unknown(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Name | Self::Taken(_) => Some("name"),
            Self::Invitee => Some("invitee"),
            Self::WrongCode | Self::UsedCode => Some("code"),
            Self::Password(_) | Self::Wrong => Some("password"),
            _ => None,
        }
    }
}

impl Refusal for TokenError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Name | Self::Taken(_) => Some("name"),
            Self::Days => Some("days"),
            Self::Beyond(_) => Some("only"),
            Self::Unknown(_) | Self::Sql(_) => None,
        }
    }
}

impl Refusal for AlertError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Gone(_) => StatusCode::NOT_FOUND,
            Self::NothingFires => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Fields(all) => all
                .iter()
                .map(|one| FieldError { field: Some(one.field.to_string()), message: one.message.to_string() })
                .collect(),
            other => vec![FieldError { field: None, message: other.to_string() }],
        }
    }
}

impl Refusal for BackupError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Running | Self::Exists(_) => StatusCode::CONFLICT,
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::NoRoom { .. } => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl Refusal for ClusterError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Field { field, message } => {
                vec![FieldError { field: Some((*field).to_string()), message: message.to_string() }]
            }
            Self::Sql(_) => Vec::new(),
        }
    }
}

impl Refusal for PushError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn status(&self) -> StatusCode {
        if self.conflict() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

impl Refusal for InstallError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_))
    }

    fn field(&self) -> Option<&str> {
        matches!(self, Self::OtherKey { .. }).then_some(app::pages::licenses::LICENSE_KEY)
    }
}

impl Refusal for SourceError {
    fn is_internal(&self) -> bool {
        matches!(self, Self::Sql(_) | Self::Store(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Exists(_) | Self::TooMany => StatusCode::CONFLICT,
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            // A field named `file` is one whose content is not shown again.
            Self::Field { field: "file", .. } => Some("path"),
            Self::Field { field, .. } => Some(field),
            Self::Exists(_) => Some("tag"),
            _ => None,
        }
    }
}
