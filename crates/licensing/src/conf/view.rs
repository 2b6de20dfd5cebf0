//! The settings for pages and the API.

use serde::{Deserialize, Serialize};

use super::{
    document::Document,
    reading::{SettingReading, readings},
    setting::{Group, SettingKind},
};

/// One setting with its value in a file.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Setting))]
pub struct SettingView {
    /// Its name in the file, in the vendor's letter case.
    pub key: String,
    /// Its section.
    pub section: String,
    /// Its name for people.
    pub label: String,
    /// What it does.
    pub help: String,
    /// The heading of its group.
    pub group: String,
    /// `version`, `port`, `flag`, `guid`, `choice`, `number` or `hosts`.
    pub kind: String,
    /// Value and label of each choice, if there are any.
    pub choices: Vec<(String, String)>,
    /// The values it takes, in words.
    pub allowed: String,
    /// The built-in default.
    pub default: String,
    /// The value as written; `None` if the key is missing.
    pub value: Option<String>,
    /// Whether the key is missing, or its value is the word `default`.
    pub is_default: bool,
    /// The effective value, in words where the value alone would mislead.
    pub effective: String,
    /// Whether the setting is used.
    pub active: bool,
    /// Why it is not used.
    pub why_inactive: Option<String>,
    /// Whether it may be changed.
    pub editable: bool,
    /// `live` or `restart`: when a change takes effect.
    pub effect: String,
    /// The line of the value that counts, from 1.
    pub line: Option<usize>,
    /// What is wrong with the value in the file.
    pub error: Option<String>,
    /// What overrides the value in the file on this server.
    #[serde(default)]
    pub overridden: Option<SettingOverride>,
    /// Whether the value was changed since this server started, and takes effect with the next start.
    #[serde(default)]
    pub restart_required: bool,
}

/// One of Leasehold's own settings that is used instead of a value in the file.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingOverride {
    /// Where it is set: `--clients`, `LEASEHOLD_CLIENTS` or `clients in leasehold.toml`.
    pub by: String,
    /// What it is set to.
    pub value: String,
}

/// The meaning of a sync time of 00:00.
const NO_PRESET: &str = "no fixed time; syncs 24 h after the last sync";

/// One view per setting, in the order of the vendor's file.
#[must_use]
pub fn settings(document: &Document) -> Vec<SettingView> {
    let readings = readings(document);
    let effective = |key: &str| readings.iter().find(|r| r.setting.key == key).map_or("", |r| &r.effective);
    let https = effective("USE_FLEX_REPORTING_HTTPS") == "1";
    let preset = effective("FLEX_DESIRED_SYNC_HOUR") != "0" || effective("FLEX_DESIRED_SYNC_MINUTE") != "0";
    readings.iter().map(|reading| view(reading, https, preset)).collect()
}

fn view(reading: &SettingReading<'_>, https: bool, preset: bool) -> SettingView {
    let setting = reading.setting;
    let why_inactive = setting.active.why_not(https);
    let choices = setting.kind.choices().iter();
    SettingView {
        key: setting.key.to_owned(),
        section: setting.section.to_owned(),
        label: setting.label.to_owned(),
        help: setting.help.to_owned(),
        group: setting.group.label().to_owned(),
        kind: setting.kind.as_str().to_owned(),
        choices: choices.map(|choice| (choice.value.to_owned(), choice.label.to_owned())).collect(),
        allowed: setting.allowed.to_owned(),
        default: setting.default.to_owned(),
        value: reading.value.map(|value| String::from_utf8_lossy(value).into_owned()),
        is_default: reading.is_default(),
        effective: in_words(reading, preset),
        active: why_inactive.is_none(),
        why_inactive: why_inactive.map(str::to_owned),
        editable: setting.editable(),
        effect: setting.effect.as_str().to_owned(),
        line: reading.line,
        error: reading.error.clone(),
        overridden: None,
        restart_required: false,
    }
}

fn in_words(reading: &SettingReading<'_>, preset: bool) -> String {
    match reading.setting.kind {
        SettingKind::Number { .. } if reading.setting.group == Group::Schedule && !preset => NO_PRESET.to_owned(),
        SettingKind::Guid if reading.effective.is_empty() => "not registered".to_owned(),
        _ => reading.effective.clone().into_owned(),
    }
}

#[cfg(test)]
mod tests;
