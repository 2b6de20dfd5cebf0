//! The purpose of a license server. A license is valid in one context only.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The context of a server and of its licenses: one production or development server per installation, with one or
/// more backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// Serves the applications of the installation.
    Production,
    /// Takes over from a production or development server.
    Backup,
    /// For development and test.
    Development,
}

impl Context {
    /// All, in the order lists show them.
    pub const ALL: [Context; 3] = [Context::Production, Context::Backup, Context::Development];

    /// The word in files, addresses and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Context::Production => "production",
            Context::Backup => "backup",
            Context::Development => "development",
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not the name of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Unknown context. Use production, backup or development.")]
pub struct ContextError;

impl FromStr for Context {
    type Err = ContextError;

    fn from_str(input: &str) -> Result<Context, ContextError> {
        let word = input.trim();
        Context::ALL.into_iter().find(|context| word.eq_ignore_ascii_case(context.as_str())).ok_or(ContextError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_context_reads_back_in_any_case() {
        for context in Context::ALL {
            assert_eq!(context.to_string().parse(), Ok(context));
            assert_eq!(context.as_str().to_uppercase().parse(), Ok(context));
            assert_eq!(serde_json::to_value(context).ok(), Some(context.as_str().into()));
        }
        assert_eq!("staging".parse::<Context>(), Err(ContextError));
    }
}
