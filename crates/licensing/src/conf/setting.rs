//! The settings of the file, each described once: label, help, values, default, effect. Forms, checks, the command line
//! and the documentation all come from this table.

mod hosts;
mod nearest;
mod table;
mod value;

pub use hosts::{HostsError, MAX_HOSTS, NodeHost};
pub use nearest::nearest;
pub use table::SETTINGS;
pub use value::ValueError;

pub(crate) use hosts::parse as parse_hosts;
pub(crate) use value::is_default;

/// The section of all settings.
pub const SECTION: &str = "GLOBAL";

/// One setting of `license_server.conf`.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the file, in the vendor's letter case.
    pub key: &'static str,
    /// Its section, always [`SECTION`].
    pub section: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it does, in one or two sentences.
    pub help: &'static str,
    /// The kind of its values.
    pub kind: SettingKind,
    /// The built-in default, used for the word `default` and a missing key.
    pub default: &'static str,
    /// The values it takes, in words.
    pub allowed: &'static str,
    /// When a change takes effect.
    pub effect: SettingEffect,
    /// The group it is shown in.
    pub group: Group,
    /// When it is used.
    pub active: UsedWhen,
}

/// The kind of a setting's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// The version of the file: read only.
    Version,
    /// A TCP port, 1–65535.
    Port,
    /// `0` or `1`.
    Flag,
    /// A GUID, or nothing.
    Guid,
    /// One of a few values.
    Choice(&'static [SettingChoice]),
    /// A whole number.
    Number {
        /// The least.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// Host names or addresses, `;`-separated.
    Hosts,
}

/// One value of a [`SettingKind::Choice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingChoice {
    /// As written in the file.
    pub value: &'static str,
    /// For people.
    pub label: &'static str,
}

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingEffect {
    /// At once.
    Live,
    /// After a restart.
    Restart,
}

/// Settings that belong together on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// This server's identity.
    Identity,
    /// How the licensing nodes are reached.
    Nodes,
    /// When the daily exchange happens.
    Schedule,
    /// The server itself.
    Service,
}

/// When a setting is used. An unused one is shown as such and never rejected for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsedWhen {
    /// Always.
    Always,
    /// Only while HTTPS to the nodes is on.
    HttpsOn,
    /// Only while HTTPS to the nodes is off.
    HttpsOff,
}

impl SettingKind {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SettingKind::Version => "version",
            SettingKind::Port => "port",
            SettingKind::Flag => "flag",
            SettingKind::Guid => "guid",
            SettingKind::Choice(_) => "choice",
            SettingKind::Number { .. } => "number",
            SettingKind::Hosts => "hosts",
        }
    }

    /// The choices, for kinds that have them.
    #[must_use]
    pub fn choices(self) -> &'static [SettingChoice] {
        match self {
            SettingKind::Flag => {
                &[SettingChoice { value: "0", label: "Off" }, SettingChoice { value: "1", label: "On" }]
            }
            SettingKind::Choice(choices) => choices,
            _ => &[],
        }
    }
}

impl SettingEffect {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SettingEffect::Live => "live",
            SettingEffect::Restart => "restart",
        }
    }
}

impl Group {
    /// All, in the order they are shown.
    pub const ALL: [Group; 4] = [Group::Identity, Group::Nodes, Group::Schedule, Group::Service];

    /// Heading.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Group::Identity => "Identity",
            Group::Nodes => "Licensing nodes",
            Group::Schedule => "Daily sync",
            Group::Service => "Service",
        }
    }
}

impl UsedWhen {
    /// Why a setting is unused, given whether HTTPS to the nodes is on; `None` if it is used.
    #[must_use]
    pub fn why_not(self, https: bool) -> Option<&'static str> {
        match (self, https) {
            (UsedWhen::HttpsOff, true) => Some("Not used while HTTPS to the nodes is on."),
            (UsedWhen::HttpsOn, false) => Some("Not used while HTTPS to the nodes is off."),
            _ => None,
        }
    }
}

impl Setting {
    /// The value to write for an entered one: trimmed, in canonical spelling. The word `default`, in any case, is
    /// always accepted and written `default`.
    ///
    /// # Errors
    /// A sentence that says what is wrong, where, and what to enter instead.
    pub fn accept(&self, input: &str) -> Result<String, ValueError> {
        value::accept(self, input)
    }

    /// Whether it may be changed.
    #[must_use]
    pub fn editable(&self) -> bool {
        self.kind != SettingKind::Version
    }
}

/// The setting with this key, in any letter case.
#[must_use]
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests;
