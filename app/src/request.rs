//! What every page may know about the request it answers: who asks, the state shown in the shell, what was typed.
//!
//! The server provides one [`RequestContext`] per request; pages read it with [`request`]. Pages read no clock: the time
//! is [`RequestContext::now_ms`].

use std::sync::Arc;

use crate::pages::settings::Settings;
use leptos::prelude::use_context;
use licensing::attention::{Issue, PartState};
use licensing::permission::{Permission, Role};
use licensing::service::Urgency;
use serde::{Deserialize, Serialize};

/// The signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub name: String,
    pub role: Role,
}

/// Whether this server has an identity at the licensing nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerStanding {
    #[default]
    Unregistered,
    /// Registered, and not yet told by a node what for.
    Registered,
    /// Its licenses are for production or development.
    Primary,
    /// Its licenses are for a backup.
    Backup,
}

/// The facts the top bar shows on each page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Badge {
    pub server_name: String,
    /// The short form, `{DF99…0B8E}`.
    pub guid_short: Option<String>,
    pub standing: ServerStanding,
    /// The configuration file differs from the last saved revision.
    pub changed_outside: bool,
    /// How each part of the installation is; empty for somebody who is not signed in.
    pub attention: Vec<PartState>,
    /// The other servers of the installation: whom to ask when this one does not answer. Empty for somebody who is not signed in.
    pub peers: Vec<PeerConsole>,
}

/// Another server of the installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerConsole {
    pub name: String,
    /// "backup".
    pub role: &'static str,
    /// The address of its console, if known.
    pub url: Option<String>,
}

impl Badge {
    /// What asks for somebody to act, most urgent first.
    pub fn issues(&self) -> Vec<&Issue> {
        let mut issues: Vec<&Issue> = self.attention.iter().flat_map(|part| &part.issues).collect();
        issues.retain(|issue| issue.level >= Urgency::Warning);
        issues.sort_by_key(|issue| std::cmp::Reverse(issue.level));
        issues
    }
}

/// The colour theme a person chose; kept in a cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All themes, in the order they are offered.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// The word used in the form and in the cookie.
    pub fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The word people read.
    pub fn label(self) -> &'static str {
        match self {
            Theme::System => "System",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    /// The theme of a form or cookie value; anything unknown is [`Theme::System`].
    pub fn from_word(word: &str) -> Theme {
        match word {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }

    /// Value of `<html data-theme>`; none while the system decides.
    pub fn attribute(self) -> Option<&'static str> {
        (self != Theme::System).then(|| self.word())
    }
}

/// How good or bad a message is. Always shown with an icon and a word, never by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    Info,
    Success,
    Warning,
    Danger,
}

impl Tone {
    /// The class name of the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Neutral => "neutral",
            Tone::Info => "info",
            Tone::Success => "success",
            Tone::Warning => "warning",
            Tone::Danger => "danger",
        }
    }
}

impl From<Urgency> for Tone {
    fn from(level: Urgency) -> Tone {
        match level {
            Urgency::Ok => Tone::Success,
            Urgency::Info => Tone::Info,
            Urgency::Warning => Tone::Warning,
            Urgency::Critical => Tone::Danger,
        }
    }
}

/// What a message that survives one redirect is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlashKind {
    Success,
    Info,
    Warning,
    Danger,
}

impl FlashKind {
    /// The tone it is shown in.
    pub fn tone(self) -> Tone {
        match self {
            FlashKind::Success => Tone::Success,
            FlashKind::Info => Tone::Info,
            FlashKind::Warning => Tone::Warning,
            FlashKind::Danger => Tone::Danger,
        }
    }
}

/// A message that survives one redirect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    pub kind: FlashKind,
    pub text: String,
    /// The revision of the configuration file that can be undone, as its base names it.
    #[serde(default)]
    pub undo: Option<String>,
}

/// One reason why a form was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field; none when the whole form is meant.
    pub field: Option<String>,
    pub message: String,
}

/// A refused form: what was typed, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormState {
    pub values: Vec<(String, String)>,
    pub errors: Vec<FieldError>,
}

impl FormState {
    /// What was typed into a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// What is wrong with a field.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field.as_deref() == Some(name)).map(|error| error.message.as_str())
    }

    /// The field that gets the focus.
    pub fn first_wrong_field(&self) -> Option<&str> {
        self.errors.iter().find_map(|error| error.field.as_deref())
    }
}

/// Everything a page may know about the request it answers.
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// Of the page, for the title of the window.
    pub title: String,
    /// Work goes on that the page shows: without script it refreshes until that ends.
    pub working: bool,
    pub viewer: Option<Viewer>,
    pub badge: Badge,
    pub theme: Theme,
    pub flash: Option<Flash>,
    /// Set after a refused post.
    pub form: Option<FormState>,
    /// The time of the request, Unix milliseconds.
    pub now_ms: i64,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub request_id: String,
    /// How the console is reached: `http://127.0.0.1:8084`.
    pub origin: String,
    /// The versions of what is shown, in one word; none when the page answers a form, and cannot be fetched again.
    pub seen: Option<String>,
    /// The request came over TLS.
    pub secure: bool,
}

impl RequestContext {
    /// "Configuration · lic-01 · Leasehold".
    pub fn document_title(&self) -> String {
        let parts = [self.title.as_str(), &self.badge.server_name, "Leasehold"];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" \u{b7} ")
    }

    /// Value of a query parameter; empty counts as absent.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Where the page is, with its filters.
    pub fn address(&self) -> String {
        let query: Vec<(&str, &str)> = self.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        crate::paths::with_query(&self.path, &query)
    }

    /// Why the viewer may not do this; none when it is allowed.
    pub fn why_not(&self, permission: Permission) -> Option<&'static str> {
        match &self.viewer {
            Some(viewer) => viewer.role.why_not(permission),
            None => Some("Sign in first."),
        }
    }

    /// What was typed into a field of the refused form, else the given value.
    pub fn typed(&self, name: &str, otherwise: &str) -> String {
        self.form.as_ref().and_then(|form| form.value(name)).unwrap_or(otherwise).to_owned()
    }

    /// What is wrong with a field of the refused form.
    pub fn error(&self, name: &str) -> Option<String> {
        self.form.as_ref().and_then(|form| form.error(name)).map(str::to_owned)
    }

    /// Whether a field gets the focus because it is the first wrong one.
    pub fn focuses(&self, name: &str) -> bool {
        self.form.as_ref().and_then(FormState::first_wrong_field) == Some(name)
    }
}

/// The addresses of the files the server delivers with each page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    pub css: String,
    /// `/pkg/leasehold.<hash>.js`; none when the server was built without the WebAssembly part.
    pub js: Option<String>,
    /// `/pkg/leasehold.<hash>_bg.wasm`.
    pub wasm: Option<String>,
    pub favicon: String,
}

/// This installation: what the server knows of itself beyond one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Installation {
    /// `http://127.0.0.1:8084`: how the console is reached.
    pub origin: String,
    /// The file that holds the set-up token.
    pub token_file: String,
    /// The command that prints a new set-up link.
    pub setup_command: String,
    /// Restores a backup into the data folder.
    pub restore_command: String,
    /// Our own settings and where they come from.
    pub settings: Settings,
}

/// The context of the current request.
pub fn request() -> Arc<RequestContext> {
    use_context().unwrap_or_default()
}

/// The addresses of the delivered files.
pub fn assets() -> Assets {
    use_context().unwrap_or_default()
}
