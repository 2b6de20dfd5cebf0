//! The file Leasehold writes when there is none, in the layout of the vendor's.

use super::setting::{SECTION, SETTINGS, Setting, SettingKind};

/// Width of a rule between its two `#`.
const RULE: usize = 76;

/// Maximum length of a comment line, characters.
const WIDTH: usize = 78;

/// A complete file with the given `(key, value)` pairs and defaults for the rest. Keys match in any case; unknown ones
/// are ignored. Values must have passed [`Setting::accept`].
#[must_use]
pub fn write(values: &[(&str, &str)]) -> String {
    let mut text = format!("[{SECTION}]\n");
    for setting in SETTINGS {
        let given = values.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(setting.key));
        let value = given.map_or(initial(setting), |(_, value)| one_line(value));
        text.push('\n');
        text.push_str(&comment(setting));
        text.push_str(&format!("{} = {value}\n", setting.key));
    }
    text.push_str("\n[AuthenticationLogFile]\n");
    text
}

/// The value a setting has in a new file.
fn initial(setting: &Setting) -> &'static str {
    match setting.kind {
        SettingKind::Version | SettingKind::Guid => setting.default,
        _ if setting.key == "FLEXIBLE_LICENSING_MODE" => setting.default,
        _ => "default",
    }
}

/// A value can't contain a line break.
fn one_line(value: &str) -> &str {
    value.split(['\n', '\r', '\0']).next().unwrap_or_default().trim_matches([' ', '\t'])
}

fn comment(setting: &Setting) -> String {
    let rule = format!("#{}#\n", "*".repeat(RULE));
    let default = match setting.default {
        "" => "(empty)".to_owned(),
        list => list.replace(';', "; "),
    };
    let mut text = rule.clone();
    text.push_str(&wrapped(&format!("Description: {}", setting.help)));
    text.push_str(&wrapped(&format!("Possible Values: {}", setting.allowed)));
    text.push_str(&wrapped(&format!("Default Value: {default}")));
    text + &rule
}

/// Comment lines of at most [`WIDTH`] characters; lines after the first are indented.
fn wrapped(sentence: &str) -> String {
    let mut text = String::new();
    let mut line = "#*".to_owned();
    for word in sentence.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = "#*  ".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    text + &line + "\n"
}

#[cfg(test)]
mod tests;
