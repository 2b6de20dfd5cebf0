//! What is found by words. The palette shows the same while one types; this page works without script.

use crate::components::{Card, EmptyState, Hidden, NothingMatches, PageHeader, Tag};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;
use licensing::permission::Permission;

/// Something to go to, or to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// "Page", "Setting", "Client".
    pub kind: &'static str,
    pub label: String,
    /// What tells it from others of its name.
    pub hint: String,
    pub href: String,
    /// It is done by sending a form to `href`: its one field, name and value.
    pub post: Option<(&'static str, &'static str)>,
}

impl Found {
    /// A place.
    pub fn at(label: impl Into<String>, href: impl Into<String>) -> Found {
        Found { label: label.into(), href: href.into(), ..Found::default() }
    }
}

/// Something to do.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    pub label: &'static str,
    /// Other words for it.
    pub also: &'static str,
    pub href: &'static str,
    pub post: Option<(&'static str, &'static str)>,
    pub permission: Permission,
}

impl Action {
    const fn to(label: &'static str, also: &'static str, href: &'static str, permission: Permission) -> Action {
        Action { label, also, href, post: None, permission }
    }

    const fn theme(label: &'static str, word: &'static str) -> Action {
        let post = Some(("theme", word));
        Action { label, also: "appearance colors colours", href: paths::THEME, post, permission: Permission::View }
    }

    /// As a result.
    pub fn found(&self) -> Found {
        Found { post: self.post, ..Found::at(self.label, self.href) }
    }
}

/// All actions. What cannot be taken back leads to its form, which asks first.
pub const ACTIONS: [Action; 23] = [
    Action {
        post: Some(("now", "yes")),
        ..Action::to("Sync now", "exchange synchronize nodes licenses", paths::EXCHANGE_SYNC, Permission::Exchange)
    },
    Action::to("Offline exchange", "air gap report upload response", paths::EXCHANGE_HAND, Permission::Exchange),
    Action::to(
        "Correct the registration",
        "guid auth string context customer vendor key refused",
        paths::EXCHANGE_AT_REGISTRATION,
        Permission::Register,
    ),
    Action::to("Drain to backup", "maintenance planned stop update", paths::SERVERS_AT_MAINTENANCE, Permission::Drain),
    Action::to("Start a failover drill", "rehearse test backup", paths::SERVERS_AT_DRILL, Permission::Drain),
    Action::to("Back up the data", "database copy save restore", paths::DATABASE_AT_BACKUPS, Permission::ManageBackups),
    Action::to("Add a server", "join backup invite code", paths::SERVERS_AT_JOIN, Permission::ManageServers),
    Action::to(
        "Add an alert rule",
        "notify warning mail webhook",
        paths::ALERT_RULE_NEW,
        Permission::EditConfiguration,
    ),
    Action::to(
        "Add an alert channel",
        "mail webhook smtp slack",
        paths::ALERT_CHANNEL_NEW,
        Permission::EditConfiguration,
    ),
    Action::to(
        "Add a source",
        "daemon observe flexnet rlm lmstat rlmstat",
        paths::SOURCES_AT_ADD,
        Permission::ManageSources,
    ),
    Action::to(
        "Edit configuration as text",
        "license_server.conf",
        paths::CONFIGURATION_TEXT,
        Permission::EditConfiguration,
    ),
    Action::to("Configuration history", "revisions restore diff", paths::CONFIGURATION_HISTORY, Permission::View),
    Action::to(
        "Change the log level",
        "verbosity debug logging",
        paths::SETTING_LOG_LEVEL,
        Permission::EditConfiguration,
    ),
    Action::to("Machine license", "request install virtual", paths::LICENSES_AT_MACHINE, Permission::View),
    Action::to("Invite a user", "add person account", paths::USERS_AT_INVITE, Permission::ManageUsers),
    Action::to("API tokens", "create revoke script", paths::TOKENS, Permission::ManageTokens),
    Action::to(
        "Two-step sign-in",
        "totp 2fa second factor authenticator recovery codes",
        paths::ACCOUNT_TOTP,
        Permission::OwnAccount,
    ),
    Action::to("Change my password", "account sign in", paths::ACCOUNT_AT_PASSWORD, Permission::OwnAccount),
    Action::to("Show my sessions", "account signed in devices", paths::ACCOUNT_AT_SESSIONS, Permission::OwnAccount),
    Action::theme("Theme: light", "light"),
    Action::theme("Theme: dark", "dark"),
    Action::theme("Theme: system", "system"),
    Action {
        post: Some(("out", "yes")),
        ..Action::to("Sign out", "log out leave", paths::LOGOUT, Permission::OwnAccount)
    },
];

/// The page of `/search`.
#[component]
pub fn SearchPage(typed: String, found: Vec<Found>) -> impl IntoView {
    let results = match (found.is_empty(), typed.trim().is_empty()) {
        (true, false) => view! { <NothingMatches title="Nothing matches" clear=paths::SEARCH.to_owned() /> }.drawn(),
        (true, true) => view! { <EmptyState title="Type a word" why="Pages, settings, products, clients, servers and actions are found by their names." /> }.drawn(),
        _ => view! { <ul class="found">{found.into_iter().map(|found| view! { <Result found=found /> }).collect_view()}</ul> }.drawn(),
    };
    view! {
        <PageHeader title="Search" />
        <form method="get" action=paths::SEARCH role="search" class="search">
            <label class="vh" for="search-words">"Search for"</label>
            <input id="search-words" type="search" name="q" value=typed autofocus=true autocomplete="off" data-filter="" placeholder="Page, setting, product, client, action" />
            <button type="submit" class="button primary">"Search"</button>
        </form>
        <Card title="Results" id="results">{results}</Card>
    }
    .drawn()
}

#[component]
fn Result(found: Found) -> impl IntoView {
    let Found { kind, label, hint, href, post } = found;
    let name = match post {
        None => view! { <a href=href>{label}</a> }.drawn(),
        Some((field, value)) => view! {
            <form method="post" action=href>
                <Hidden name=field value=value />
                <Hidden name="next" value=paths::SEARCH />
                <button type="submit" class="button">{label}</button>
            </form>
        }
        .drawn(),
    };
    view! { <li>{name}<span class="fine">{hint}</span><Tag text=kind /></li> }.drawn()
}
