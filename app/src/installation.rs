//! What the server knows of itself beyond one request; provided as context.

use crate::pages::settings::Settings;

/// This installation.
#[derive(Clone, Debug, PartialEq)]
pub struct Installation {
    /// `http://127.0.0.1:8084`: how the console is reached.
    pub origin: String,
    /// The file that holds the set-up token.
    pub token_file: String,
    /// The command that prints a new set-up link.
    pub setup_command: String,
    /// Our own settings and where they come from.
    pub settings: Settings,
}
