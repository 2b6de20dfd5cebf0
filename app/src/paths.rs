//! Every address of the console is made here, and nowhere else.

#[cfg(feature = "ssr")]
use serde::Serialize;

pub const OVERVIEW: &str = "/";
pub const LOGIN: &str = "/login";
/// The second step of signing in.
pub const LOGIN_CODE: &str = "/login/code";
pub const LOGOUT: &str = "/logout";
/// One-time links; the token follows.
pub const INVITE: &str = "/invite";
/// Route pattern of [`invite`].
pub const INVITE_PATTERN: &str = "/invite/{token}";
pub const THEME: &str = "/theme";
pub const EVENTS: &str = "/events";
/// Takes items off the check-list of the overview.
pub const CHECKLIST: &str = "/checklist";

pub const SETUP: &str = "/setup";
pub const SETUP_ADMINISTRATOR: &str = "/setup/administrator";
pub const SETUP_GUID: &str = "/setup/guid";
pub const SETUP_CONNECTION: &str = "/setup/connection";
pub const SETUP_KEY: &str = "/setup/key";
pub const SETUP_REVIEW: &str = "/setup/review";
pub const SETUP_DONE: &str = "/setup/done";

pub const CONFIGURATION: &str = "/configuration";
pub const SETTING_LOG_LEVEL: &str = "/configuration#setting-LOGGING_VERBOSITY";
pub const CONFIGURATION_TEXT: &str = "/configuration/text";
pub const CONFIGURATION_SAVE: &str = "/configuration/save";
pub const CONFIGURATION_HISTORY: &str = "/configuration/history";
pub const CONFIGURATION_RESTORE: &str = "/configuration/restore";
/// Undoes the revision saved last, without a review.
pub const CONFIGURATION_UNDO: &str = "/configuration/undo";
pub const CONFIGURATION_OUTSIDE: &str = "/configuration/outside";

pub const DIAGNOSTICS: &str = "/diagnostics";
pub const DIAGNOSTICS_PROBE: &str = "/diagnostics/probe";
pub const DIAGNOSTICS_PORT: &str = "/diagnostics/port";
/// The firewall request as text and as a table.
pub const DIAGNOSTICS_FIREWALL_TEXT: &str = "/diagnostics/firewall.txt";
pub const DIAGNOSTICS_FIREWALL_CSV: &str = "/diagnostics/firewall.csv";

pub const LICENSES: &str = "/licenses";
pub const LICENSES_CSV: &str = "/licenses.csv";
/// The license of this machine, on the page of licenses.
pub const LICENSES_AT_MACHINE: &str = "/licenses#machine";
/// Installs the license of this machine.
pub const LICENSE_INSTALL: &str = "/licenses/machine";
/// The request for one, as a file.
pub const LICENSE_REQUEST: &str = "/licenses/machine/request.json";

pub const USAGE: &str = "/usage";
pub const USAGE_CSV: &str = "/usage.csv";
pub const USAGE_JSON: &str = "/usage.json";

pub const CLIENTS: &str = "/clients";
pub const CLIENTS_CSV: &str = "/clients.csv";
/// Releases the licenses of several clients.
pub const CLIENTS_RELEASE: &str = "/clients/release";

pub const SERVERS: &str = "/servers";
/// What happened between the servers.
pub const SERVERS_AT_TIMELINE: &str = "/servers#timeline";
/// Where a server is added.
pub const SERVERS_AT_JOIN: &str = "/servers#join";
/// Where clients are sent to the backup.
pub const SERVERS_AT_MAINTENANCE: &str = "/servers#maintenance";
pub const SERVERS_AT_DRILL: &str = "/servers#drill";
/// The drain that goes on.
pub const SERVERS_AT_DRAIN: &str = "/servers#drain";
pub const SERVERS_DRAIN: &str = "/servers/drain";
pub const SERVERS_DRILL: &str = "/servers/drill";
pub const SERVERS_TAKE_BACK: &str = "/servers/take-back";
pub const SERVERS_INVITE: &str = "/servers/invite";
pub const SERVERS_JOIN: &str = "/servers/join";
pub const SERVERS_REMOVE: &str = "/servers/remove";

/// Other license daemons.
pub const SOURCES: &str = "/sources";
/// Where a source is added.
pub const SOURCES_AT_ADD: &str = "/sources#add";
/// Route pattern of [`source`]; what can be done lies under it.
pub const SOURCE_PATTERN: &str = "/sources/{id}";

pub const EXCHANGE: &str = "/exchange";
pub const EXCHANGE_SYNC: &str = "/exchange/sync";
pub const EXCHANGE_REGISTRATION: &str = "/exchange/registration";
/// Corrects GUID, auth string, context and customer.
pub const EXCHANGE_REGISTRATION_CORRECT: &str = "/exchange/registration/correct";
/// The registration, on the page of the exchange.
pub const EXCHANGE_AT_REGISTRATION: &str = "/exchange#registration";
/// The keys of the vendor, on the page of the exchange.
pub const EXCHANGE_AT_KEYS: &str = "/exchange#keys";
pub const EXCHANGE_HAND: &str = "/exchange/hand";
pub const EXCHANGE_HAND_REPORT: &str = "/exchange/hand/report";
pub const EXCHANGE_HAND_RESPONSE: &str = "/exchange/hand/response";
pub const EXCHANGE_LEDGER: &str = "/exchange/ledger";
pub const EXCHANGE_CLUSTERS: &str = "/exchange/clusters";

pub const DATABASE: &str = "/database";
/// A dry run: what of the locked records can be unlocked.
pub const DATABASE_LOCKED_CHECK: &str = "/database/locked/check";
pub const DATABASE_LOCKED_UNLOCK: &str = "/database/locked/unlock";
pub const DATABASE_AT_LOCKED: &str = "/database#locked";
/// Where backups are listed and made.
pub const DATABASE_AT_BACKUPS: &str = "/database#backups";
pub const DATABASE_CHECK: &str = "/database/check";
pub const DATABASE_BACK_UP: &str = "/database/back-up";
/// Sends a backup to the browser, after the password.
pub const DATABASE_DOWNLOAD: &str = "/database/download";
pub const DATABASE_DELETE: &str = "/database/delete";

pub const LOGS: &str = "/logs";
/// Lines of the log as a file.
pub const LOGS_TEXT: &str = "/logs.txt";

pub const USERS: &str = "/users";
/// Where the page of users invites.
pub const USERS_AT_INVITE: &str = "/users#invite";
/// Makes an invitation.
pub const USERS_INVITE: &str = "/users/invite";
/// Withdraws an invitation.
pub const USERS_WITHDRAW: &str = "/users/withdraw";
/// Route pattern of [`user`]; what can be done lies under it.
pub const USER_PATTERN: &str = "/users/{id}";
pub const TOKENS: &str = "/users/tokens";
pub const TOKENS_REVOKE: &str = "/users/tokens/revoke";

/// Finds anything by words; works without script too.
pub const SEARCH: &str = "/search";
pub const AUDIT: &str = "/audit";
/// The entries that a filter leaves, as files.
pub const AUDIT_CSV: &str = "/audit.csv";
pub const AUDIT_JSON: &str = "/audit.json";
pub const SETTINGS: &str = "/settings";
pub const ALERTS: &str = "/alerts";
/// Where the alerts were before they had a page of their own, kept for old links.
pub const ALERTS_BEFORE: &str = "/settings/alerts";
/// Route pattern of what was under [`ALERTS_BEFORE`].
pub const ALERTS_BEFORE_PATTERN: &str = "/settings/alerts/{*rest}";
pub const ALERT_RULES: &str = "/alerts/rules";
pub const ALERT_RULE_NEW: &str = "/alerts/rules/new";
/// Route pattern of [`alert_rule`].
pub const ALERT_RULE_PATTERN: &str = "/alerts/rules/{id}";
/// A rule before it is kept.
pub const ALERT_REVIEW: &str = "/alerts/rules/review";
/// Adds the suggested rules.
pub const ALERTS_SUGGESTED: &str = "/alerts/suggested";
pub const ALERT_CHANNELS: &str = "/alerts/channels";
pub const ALERT_CHANNEL_NEW: &str = "/alerts/channels/new";
/// Route pattern of [`alert_channel`].
pub const ALERT_CHANNEL_PATTERN: &str = "/alerts/channels/{id}";
pub const ACCOUNT: &str = "/account";
/// Where the account page changes the password.
pub const ACCOUNT_AT_PASSWORD: &str = "/account#password-card";
/// Where the account page lists the sessions.
pub const ACCOUNT_AT_SESSIONS: &str = "/account#sessions";
/// Signing in with a code of an authenticator app.
pub const ACCOUNT_TOTP: &str = "/account/two-step";
pub const ACCOUNT_TOTP_START: &str = "/account/two-step/start";
pub const ACCOUNT_TOTP_CONFIRM: &str = "/account/two-step/confirm";
pub const ACCOUNT_TOTP_OFF: &str = "/account/two-step/off";
/// New recovery codes.
pub const ACCOUNT_TOTP_CODES: &str = "/account/two-step/codes";
pub const ACCOUNT_PASSWORD: &str = "/account/password";
pub const ACCOUNT_SESSIONS_REVOKE: &str = "/account/sessions/revoke";
pub const ACCOUNT_SESSIONS_REVOKE_OTHERS: &str = "/account/sessions/revoke-others";

/// Route pattern of [`revision`].
pub const CONFIGURATION_REVISION_PATTERN: &str = "/configuration/history/{number}";
/// Route pattern of [`restore`].
pub const CONFIGURATION_RESTORE_PATTERN: &str = "/configuration/history/{number}/restore";
/// Route pattern of [`undo`].
pub const CONFIGURATION_UNDO_PATTERN: &str = "/configuration/history/{number}/undo";
/// The configuration over the API, as `curl` calls it.
pub const API_CONFIG: &str = "/api/v1/config";
/// Undoing one revision, over the API.
pub const API_CONFIG_UNDO: &str = "/api/v1/config/undo";
/// Exchange with the nodes, over the API.
pub const API_EXCHANGE_SYNC: &str = "/api/v1/exchange/sync";
/// A report to carry, over the API.
pub const API_EXCHANGE_REPORT: &str = "/api/v1/exchange/report";
/// The answer to a report, over the API.
pub const API_EXCHANGE_RESPONSE: &str = "/api/v1/exchange/response";
/// The use of licenses, over the API.
pub const API_USAGE: &str = "/api/v1/usage";
/// The clients, over the API.
pub const API_CLIENTS: &str = "/api/v1/clients";
/// The log, over the API.
pub const API_LOGS: &str = "/api/v1/logs";
/// The servers, over the API.
pub const API_SERVERS: &str = "/api/v1/servers";
/// The audit log, over the API.
pub const API_AUDIT: &str = "/api/v1/audit";
/// The backups, over the API.
pub const API_BACKUPS: &str = "/api/v1/backups";
/// How this server and its surroundings are, over the API.
pub const API_DIAGNOSTICS: &str = "/api/v1/diagnostics";
/// The API tokens, over the API.
pub const API_TOKENS: &str = "/api/v1/tokens";
/// The users, over the API.
pub const API_USERS: &str = "/api/v1/users";
/// The licenses, over the API.
pub const API_LICENSES: &str = "/api/v1/licenses";
/// The sources, over the API.
pub const API_SOURCES: &str = "/api/v1/sources";
/// Unlocks records.
pub const API_LOCKED_UNLOCK: &str = "/api/v1/locked/unlock";

/// Route pattern of [`report_download`].
pub const EXCHANGE_REPORT_DOWNLOAD_PATTERN: &str = "/exchange/report/{id}/download";
/// Route pattern of [`receipt`].
pub const EXCHANGE_RECEIPT_PATTERN: &str = "/exchange/receipt/{id}";
/// Route pattern of [`cluster`]; its actions lie under it.
pub const EXCHANGE_CLUSTER_PATTERN: &str = "/exchange/clusters/{id}";

/// One saved version of the configuration file.
pub fn revision(number: i64) -> String {
    format!("{CONFIGURATION_HISTORY}/{number}")
}

/// The audit log from an entry on, which stands first.
pub fn audit_entry(seq: i64) -> String {
    format!("{AUDIT}?before={}", seq.saturating_add(1))
}

/// What restoring a revision would change, and the form that does it.
pub fn restore(number: i64) -> String {
    format!("{}/restore", revision(number))
}

/// The file without what a revision changed, before it is saved.
pub fn undo(number: i64) -> String {
    format!("{}/undo", revision(number))
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

/// The configuration form, showing only what matches; all of it when nothing is asked for.
#[cfg(feature = "ssr")]
pub fn configuration_filtered(text: &str) -> String {
    with_query(CONFIGURATION, &[("q", text)])
}

/// The exchange by hand, showing one report.
pub fn hand_report(status_id: &str) -> String {
    format!("{EXCHANGE_HAND}?{}", query(&[("report", status_id)]))
}

/// A report as a file.
pub fn report_download(status_id: &str) -> String {
    format!("{EXCHANGE}/report/{}/download", percent_encoded(status_id))
}

/// What an answered report changed.
pub fn receipt(status_id: &str) -> String {
    format!("{EXCHANGE}/receipt/{}", percent_encoded(status_id))
}

/// The ledger with its filter; empty parts are left out.
pub fn ledger(state: &str, before: &str) -> String {
    let query = query(&[("state", state), ("before", before)]);
    if query.is_empty() { EXCHANGE_LEDGER.to_owned() } else { format!("{EXCHANGE_LEDGER}?{query}") }
}

/// Another cluster.
pub fn cluster(id: i64) -> String {
    format!("{EXCHANGE_CLUSTERS}/{id}")
}

/// What can be done with another cluster: `report`, `pull`, `push` or `remove`.
pub fn cluster_action(id: i64, action: &str) -> String {
    format!("{EXCHANGE_CLUSTERS}/{id}/{action}")
}

/// One source.
pub fn source(tag: &str) -> String {
    format!("{SOURCES}/{}", percent_encoded(tag))
}

/// What can be done with a source: `look`, `text` or `remove`.
pub fn source_action(tag: &str, action: &str) -> String {
    format!("{}/{action}", source(tag))
}

/// The licenses in this state.
pub fn licenses_in(state: &str) -> String {
    with_query(LICENSES, &[("state", state)])
}

/// An address with a filter as its query; what is empty is left out.
///
/// A filter is a flat struct of texts, numbers and words that serde reads from the query of an address and writes to it.
#[cfg(feature = "ssr")]
pub fn with(path: &str, filter: &impl Serialize) -> String {
    let query: Vec<String> =
        pairs(filter).iter().map(|(key, value)| format!("{key}={}", percent_encoded(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// What a filter writes to an address: names and values, without the empty ones.
#[cfg(feature = "ssr")]
pub(crate) fn pairs(filter: &impl Serialize) -> Vec<(String, String)> {
    let query = serde_urlencoded::to_string(filter).expect("a filter is a flat struct of texts, numbers and words");
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&query).unwrap_or_default();
    pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// An address with those pairs that are not empty.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = query(pairs);
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// One client.
pub fn client(id: i64) -> String {
    format!("{CLIENTS}/{id}")
}

/// Takes the licenses of a client back.
pub fn client_release(id: i64) -> String {
    format!("{CLIENTS}/{id}/release")
}

/// The clients that have this product.
pub fn clients_of(product: &str) -> String {
    with_query(CLIENTS, &[("product", product)])
}

/// The denials of this product.
pub fn denials_of(product: &str) -> String {
    with_query(USAGE, &[("product", product), ("tab", "refused")])
}

/// The licenses of this product.
pub fn licenses_of(product: &str) -> String {
    with_query(LICENSES, &[("q", product)])
}

/// Entries of the audit log about this: a setting, a user, a server, a client.
pub fn audit_of(object: &str) -> String {
    with_query(AUDIT, &[("object", object)])
}

/// The use of this product over time.
pub fn usage_of(product: &str) -> String {
    with_query(USAGE, &[("product", product)])
}

/// One user.
pub fn user(id: i64) -> String {
    format!("{USERS}/{id}")
}

/// What can be done with a user: `role`, `disable`, `enable`, `password-link`, `reset-two-step`, `end-sessions` or `remove`.
pub fn user_action(id: i64, action: &str) -> String {
    format!("{USERS}/{id}/{action}")
}

/// A one-time link: an invitation, or a new password.
pub fn invite(token: &str) -> String {
    format!("{INVITE}/{}", percent_encoded(token))
}

/// One rule of the alerts.
pub fn alert_rule(id: i64) -> String {
    format!("{ALERT_RULES}/{id}")
}

/// Where a rule is silenced.
pub fn alert_rule_silence(id: i64) -> String {
    format!("{ALERT_RULES}/{id}#silence")
}

/// What can be done with a rule: `acknowledge`, `silence`, `disable` or `remove`.
pub fn alert_rule_action(id: i64, action: &str) -> String {
    format!("{ALERT_RULES}/{id}/{action}")
}

/// The form of a new rule that watches this.
pub fn alert_rule_of(kind: &str) -> String {
    with_query(ALERT_RULE_NEW, &[("kind", kind)])
}

/// One channel of the alerts.
pub fn alert_channel(id: i64) -> String {
    format!("{ALERT_CHANNELS}/{id}")
}

/// What can be done with a channel: `test` or `remove`.
pub fn alert_channel_action(id: i64, action: &str) -> String {
    format!("{ALERT_CHANNELS}/{id}/{action}")
}

/// The form of a new channel: `email` or `webhook`.
pub fn alert_channel_of(kind: &str) -> String {
    with_query(ALERT_CHANNEL_NEW, &[("kind", kind)])
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
    fn what_an_address_holds_is_encoded_and_what_is_empty_is_left_out() {
        assert_eq!(hand_report("a b"), "/exchange/hand?report=a%20b");
        assert_eq!(receipt("../x"), "/exchange/receipt/..%2Fx");
        assert_eq!(report_download("7"), "/exchange/report/7/download");
        assert_eq!(
            (ledger("", ""), ledger("open", "12")),
            (EXCHANGE_LEDGER.into(), "/exchange/ledger?state=open&before=12".into())
        );
        assert_eq!(cluster_action(3, "pull"), "/exchange/clusters/3/pull");
        assert_eq!(
            (source("../x"), source_action("eu_acme", "look")),
            ("/sources/..%2Fx".into(), "/sources/eu_acme/look".into())
        );
        assert_eq!(clients_of("A&B"), "/clients?product=A%26B");
        assert_eq!((client(7), client_release(7)), ("/clients/7".into(), "/clients/7/release".into()));
        assert_eq!((licenses_in(""), licenses_in("active")), (LICENSES.into(), "/licenses?state=active".into()));
    }

    #[test]
    fn a_filter_survives_characters_that_mean_something_in_an_address() {
        assert_eq!(
            with_query(AUDIT, &[("who", "a&b"), ("what", "50 % ü"), ("before", "")]),
            "/audit?who=a%26b&what=50%20%25%20%C3%BC"
        );
    }
}
