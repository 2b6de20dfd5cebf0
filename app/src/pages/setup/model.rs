//! What the setup wizard shows.

use licensing::conf::check::Finding;
use licensing::conf::diff::Diff;
use licensing::conf::view::SettingView;
use serde::{Deserialize, Serialize};

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    Token,
    Administrator,
    Guid,
    Connection,
    Review,
    Done,
}

impl Step {
    pub const ALL: [Step; 6] =
        [Step::Token, Step::Administrator, Step::Guid, Step::Connection, Step::Review, Step::Done];

    /// The word in the list of steps.
    pub fn label(self) -> &'static str {
        match self {
            Step::Token => "Token",
            Step::Administrator => "Administrator",
            Step::Guid => "GUID",
            Step::Connection => "Connection",
            Step::Review => "Review",
            Step::Done => "Done",
        }
    }
}

/// Proves that the person may claim this server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetupToken {
    /// From `?token=` of the link; shown filled in.
    pub token: String,
    /// The file that holds the token.
    pub token_file: String,
    /// The command that prints a new link.
    pub command: String,
    /// How long a token is good, in minutes.
    pub minutes: u32,
}

/// The first account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetupAdministrator {
    pub name: String,
    /// The fewest characters of a password.
    pub password_min: usize,
}

/// The server's identity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetupGuid {
    /// What the file holds now, or what was typed before.
    pub guid: String,
    /// The value was found in the file.
    pub from_file: bool,
    pub path: String,
    /// Set when the form was checked: the canonical GUID.
    pub canonical: Option<String>,
    /// Set when the form was checked: which lines of the file will change.
    pub preview: Option<Diff>,
    pub file_problem: Option<String>,
}

/// How the nodes are reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetupConnection {
    pub path: String,
    /// USE_FLEX_REPORTING_HTTPS, FLEX_REPORTING_PORT, FLEX_REPORTING_PORT_HTTPS, FLEX_NODE_LIST, FLEX_NODE_LIST_HTTPS.
    pub settings: Vec<SettingView>,
}

/// Everything chosen, before it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetupReview {
    pub path: String,
    pub base: String,
    pub diff: Diff,
    /// Label and value of each choice.
    pub summary: Vec<(String, String)>,
    /// The findings the new file would have.
    pub findings: Vec<Finding>,
    /// The file does not exist yet and will be made.
    pub creates_file: bool,
    pub comment: String,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetupDone {
    pub path: String,
    pub administrator: String,
    pub guid: String,
    pub revision: i64,
    pub lines_changed: usize,
    pub created_file: bool,
}
