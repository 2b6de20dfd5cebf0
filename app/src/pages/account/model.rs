//! What a person sees of the own account.

use licensing::permission::Role;

/// The own account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub name: String,
    pub role: Role,
    pub password_changed_ms: Option<i64>,
    /// Signed in now, newest use first.
    pub sessions: Vec<SessionItem>,
    /// The fewest characters of a password.
    pub password_min: usize,
}

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionItem {
    /// Names the session in forms; not the secret of its cookie.
    pub id: String,
    /// "Firefox on Linux".
    pub device: String,
    pub address: String,
    pub started_ms: i64,
    pub last_seen_ms: i64,
    /// The session of this request.
    pub current: bool,
}
