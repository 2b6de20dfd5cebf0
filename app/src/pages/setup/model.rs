//! What the setup wizard shows.

use crate::pages::diagnostics::DiagnosticsPage;
use crate::pages::exchange::Attempt;
use licensing::conf::check::Finding;
use licensing::conf::diff::Diff;
use licensing::conf::view::SettingView;

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Token,
    Administrator,
    Guid,
    Connection,
    Key,
    Review,
    Done,
}

impl Step {
    pub const ALL: [Step; 7] =
        [Step::Token, Step::Administrator, Step::Guid, Step::Connection, Step::Key, Step::Review, Step::Done];

    /// The word in the list of steps.
    pub fn label(self) -> &'static str {
        match self {
            Step::Token => "Token",
            Step::Administrator => "Administrator",
            Step::Guid => "Identity",
            Step::Connection => "Connection",
            Step::Key => "Key",
            Step::Review => "Review",
            Step::Done => "Done",
        }
    }
}

/// Proves that the person may claim this server.
#[derive(Clone, Debug, Default, PartialEq)]
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupAdministrator {
    pub name: String,
    /// The fewest characters of a password.
    pub password_min: usize,
}

/// The server's identity.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// The registration file that was read, when there is one; its auth string is never shown.
    pub registration: Option<RegistrationSummary>,
    /// An auth string is kept already; leaving the field empty keeps it.
    pub has_auth: bool,
}

/// What a registration file says, without its auth string.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegistrationSummary {
    /// Canonical.
    pub guid: String,
    pub customer: Option<String>,
    pub context: Option<String>,
    pub nodes: Vec<String>,
    /// Of the vendor's keys in the file, in groups for comparing.
    pub fingerprints: Vec<String>,
}

/// How the nodes are reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupConnection {
    pub path: String,
    /// USE_FLEX_REPORTING_HTTPS, FLEX_REPORTING_PORT, FLEX_REPORTING_PORT_HTTPS, FLEX_NODE_LIST, FLEX_NODE_LIST_HTTPS.
    pub settings: Vec<SettingView>,
    /// Set once it was checked whether the nodes can be reached.
    pub probe: Option<DiagnosticsPage>,
}

/// The vendor's key, against which each answer is checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupKey {
    /// Grouped fingerprints that came with the registration file.
    pub pinned: Vec<String>,
    /// The keys that nodes show.
    pub offered: Vec<OfferedKey>,
    /// Why no node showed one.
    pub problem: Option<String>,
    pub nodes_asked: Vec<Attempt>,
    /// The step may be left without a key.
    pub skip_allowed: bool,
}

/// A key that a node shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfferedKey {
    /// `SHA256:` and 64 digits.
    pub fingerprint: String,
    /// The same in groups of four, for comparing.
    pub grouped: String,
    pub node: String,
}

/// Everything chosen, before it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupReview {
    pub path: String,
    pub base: String,
    pub diff: Diff,
    /// Label and value of each choice.
    pub summary: Vec<(String, String)>,
    /// The findings the new file would have.
    pub findings: Vec<Finding>,
    pub comment: String,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupDone {
    pub path: String,
    pub administrator: String,
    pub guid: String,
    pub revision: i64,
    pub lines_changed: usize,
    pub sync: FirstSync,
}

/// The first exchange with the nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FirstSync {
    #[default]
    Running,
    Synced {
        /// What changed.
        sentence: String,
        licenses: usize,
    },
    Failed {
        sentence: String,
        attempts: Vec<Attempt>,
    },
    /// Nothing was sent, and why.
    Skipped(String),
}
