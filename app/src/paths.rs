//! Every address of the console is made here, and nowhere else.

pub const OVERVIEW: &str = "/";
pub const LOGIN: &str = "/login";
pub const LOGOUT: &str = "/logout";
pub const THEME: &str = "/theme";
pub const EVENTS: &str = "/events";

pub const SETUP: &str = "/setup";
pub const SETUP_ADMINISTRATOR: &str = "/setup/administrator";
pub const SETUP_GUID: &str = "/setup/guid";
pub const SETUP_CONNECTION: &str = "/setup/connection";
pub const SETUP_REVIEW: &str = "/setup/review";
pub const SETUP_DONE: &str = "/setup/done";

pub const CONFIGURATION: &str = "/configuration";
pub const CONFIGURATION_TEXT: &str = "/configuration/text";
pub const CONFIGURATION_SAVE: &str = "/configuration/save";
pub const CONFIGURATION_HISTORY: &str = "/configuration/history";
pub const CONFIGURATION_RESTORE: &str = "/configuration/restore";
pub const CONFIGURATION_OUTSIDE: &str = "/configuration/outside";

pub const AUDIT: &str = "/audit";
pub const SETTINGS: &str = "/settings";
pub const ACCOUNT: &str = "/account";
/// Where the account page changes the password.
pub const ACCOUNT_AT_PASSWORD: &str = "/account#password-card";
/// Where the account page lists the sessions.
pub const ACCOUNT_AT_SESSIONS: &str = "/account#sessions";
pub const ACCOUNT_PASSWORD: &str = "/account/password";
pub const ACCOUNT_SESSIONS_REVOKE: &str = "/account/sessions/revoke";
pub const ACCOUNT_SESSIONS_REVOKE_OTHERS: &str = "/account/sessions/revoke-others";

/// Route pattern of [`revision`].
pub const CONFIGURATION_REVISION_PATTERN: &str = "/configuration/history/{number}";
/// The configuration over the API, as `curl` calls it.
pub const API_CONFIG: &str = "/api/v1/config";

/// One saved version of the configuration file.
pub fn revision(number: i64) -> String {
    format!("{CONFIGURATION_HISTORY}/{number}")
}

/// A page of the history: the revisions older than `before`.
pub fn history_before(before: i64) -> String {
    format!("{CONFIGURATION_HISTORY}?before={before}")
}

/// A line of the configuration file in the text view.
pub fn text_line(line: usize) -> String {
    format!("{CONFIGURATION_TEXT}#L{line}")
}

/// The configuration form, at its list of findings.
pub fn findings() -> String {
    format!("{CONFIGURATION}#findings")
}

/// One setting of the form.
pub fn setting(key: &str) -> String {
    format!("{CONFIGURATION}#setting-{key}")
}

/// The configuration form, showing only what matches.
pub fn configuration_filtered(text: &str) -> String {
    format!("{CONFIGURATION}?{}", query(&[("q", text)]))
}

/// The audit log with filters; empty ones are left out.
pub fn audit(who: &str, what: &str, before: Option<i64>) -> String {
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let query = query(&[("who", who), ("what", what), ("before", &before)]);
    if query.is_empty() { AUDIT.to_owned() } else { format!("{AUDIT}?{query}") }
}

/// The login page, which leads back to `next`.
pub fn login(next: &str) -> String {
    let query = query(&[("next", next)]);
    if query.is_empty() { LOGIN.to_owned() } else { format!("{LOGIN}?{query}") }
}

/// A query string of the pairs that are not empty.
fn query(pairs: &[(&str, &str)]) -> String {
    let parts: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={}", percent_encoded(value)))
        .collect();
    parts.join("&")
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_survives_characters_that_mean_something_in_an_address() {
        assert_eq!(audit("a&b", "50 % ü", None), "/audit?who=a%26b&what=50%20%25%20%C3%BC");
        assert_eq!(audit("", "", Some(12)), "/audit?before=12");
        assert_eq!(audit("", "", None), "/audit");
    }
}
