use super::{HostsError, Setting, SettingKind, hosts};
use crate::{
    excerpt::quoted,
    guid::{Guid, GuidError},
};

/// Why a value is not accepted. Each message is a sentence that says what to enter instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The setting cannot be changed.
    #[error("{key} is read-only: the software maintains it. Leave it unchanged.")]
    ReadOnly {
        /// The setting.
        key: &'static str,
    },
    /// Nothing was entered.
    #[error("{key} is empty. {allowed} The word default means {default}.")]
    Empty {
        /// The setting.
        key: &'static str,
        /// What it takes, as a sentence.
        allowed: String,
        /// Its default.
        default: &'static str,
    },
    /// The value is not one of the allowed ones.
    #[error("{} is not a valid {key}. {allowed}", quoted(.typed))]
    NotAllowed {
        /// The setting.
        key: &'static str,
        /// What was typed, shortened.
        typed: String,
        /// What to enter, as a sentence.
        allowed: String,
    },
    /// The GUID is wrong.
    #[error(transparent)]
    Guid(#[from] GuidError),
    /// The list of hosts is wrong.
    #[error(transparent)]
    Hosts(#[from] HostsError),
}

/// The word for the built-in default.
const DEFAULT: &str = "default";

/// Whether a value is the word `default`.
pub(crate) fn is_default(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case(DEFAULT)
}

pub(super) fn accept(setting: &Setting, input: &str) -> Result<String, ValueError> {
    if !setting.editable() {
        return Err(ValueError::ReadOnly { key: setting.key });
    }
    if is_default(input) {
        return Ok(DEFAULT.to_owned());
    }
    let typed = input.trim();
    if typed.is_empty() {
        return match setting.kind {
            SettingKind::Guid => Ok(String::new()),
            _ => Err(ValueError::Empty {
                key: setting.key,
                allowed: instruction(setting),
                default: if setting.kind == SettingKind::Hosts { "the vendor's nodes" } else { setting.default },
            }),
        };
    }
    let accepted = match setting.kind {
        SettingKind::Version => None,
        SettingKind::Port => number(typed, 1, u32::from(u16::MAX)),
        SettingKind::Number { min, max } => number(typed, min, max),
        SettingKind::Flag => flag(typed),
        SettingKind::Choice(choices) => choices.iter().find(|choice| choice.value == typed).map(|c| c.value.to_owned()),
        SettingKind::Guid => return Ok(Guid::parse(typed)?.to_string()),
        SettingKind::Hosts => return Ok(hosts::parse(input).map(|_| typed.to_owned())?),
    };
    accepted.ok_or_else(|| ValueError::NotAllowed {
        key: setting.key,
        typed: typed.chars().take(64).collect(),
        allowed: instruction(setting),
    })
}

/// What to enter, as a sentence.
fn instruction(setting: &Setting) -> String {
    match setting.kind {
        SettingKind::Port => "Enter a whole number from 1 to 65535.".to_owned(),
        SettingKind::Number { min, max } => format!("Enter a whole number from {min} to {max}."),
        SettingKind::Flag => "Enter 0 for off or 1 for on.".to_owned(),
        SettingKind::Choice(_) => format!("Choose {}", setting.allowed),
        SettingKind::Hosts => "Enter host names separated by semicolons.".to_owned(),
        SettingKind::Guid => "Enter the GUID of this server.".to_owned(),
        SettingKind::Version => "Leave it unchanged.".to_owned(),
    }
}

/// ASCII digits only: no sign, no decimal point. Leading zeros are dropped.
fn number(typed: &str, min: u32, max: u32) -> Option<String> {
    if !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u32 = typed.parse().ok()?;
    (min..=max).contains(&value).then(|| value.to_string())
}

fn flag(typed: &str) -> Option<String> {
    let is = |words: [&str; 4]| words.iter().any(|word| typed.eq_ignore_ascii_case(word));
    if is(["1", "on", "yes", "true"]) {
        Some("1".to_owned())
    } else if is(["0", "off", "no", "false"]) {
        Some("0".to_owned())
    } else {
        None
    }
}
