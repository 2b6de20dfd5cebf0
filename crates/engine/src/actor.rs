//! Who makes a change, and from where.

use serde::{Deserialize, Serialize};

/// The channel of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The web console.
    Console,
    /// The REST API.
    Api,
    /// A command on the machine itself.
    #[serde(rename = "command line")]
    CommandLine,
    /// The reporting API.
    #[serde(rename = "reporting api")]
    ReportingApi,
    /// Outside Leasehold: someone edited the file.
    Outside,
    /// Leasehold itself.
    System,
}

impl Origin {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Api => "api",
            Self::CommandLine => "command line",
            Self::ReportingApi => "reporting api",
            Self::Outside => "outside",
            Self::System => "system",
        }
    }
}

/// Who acts: a user, a token, a command, or the server itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// User name, `token NAME`, or the system user of a command.
    pub name: String,
    /// The channel.
    pub origin: Origin,
    /// Network address, where there is one.
    pub address: Option<String>,
}

impl Actor {
    /// The server itself.
    pub fn system() -> Self {
        Self { name: "Leasehold".into(), origin: Origin::System, address: None }
    }

    /// Someone who edited the file outside Leasehold.
    pub fn outside() -> Self {
        Self { name: "outside Leasehold".into(), origin: Origin::Outside, address: None }
    }
}
