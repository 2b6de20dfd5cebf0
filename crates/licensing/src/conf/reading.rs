use std::borrow::Cow;

use super::{
    document::Document,
    setting::{SECTION, SETTINGS, Setting, SettingKind, is_default},
};

/// One setting in the file.
pub(crate) struct SettingReading<'a> {
    pub setting: &'static Setting,
    /// The bytes of the value that counts; `None` if the key is missing.
    pub value: Option<&'a [u8]>,
    /// Its line.
    pub line: Option<usize>,
    /// The effective value: as accepted, else the built-in default.
    pub effective: Cow<'a, str>,
    /// Why the value in the file is not accepted.
    pub error: Option<String>,
}

impl SettingReading<'_> {
    /// Missing, or the word `default`.
    pub fn is_default(&self) -> bool {
        self.value.is_none_or(|value| str::from_utf8(value).is_ok_and(is_default))
    }
}

/// One reading per setting, in the order of [`SETTINGS`]. Reads the file once.
pub(crate) fn readings(document: &Document) -> Vec<SettingReading<'_>> {
    let mut found = vec![None; SETTINGS.len()];
    for entry in document.entries() {
        if !entry.section.eq_ignore_ascii_case(SECTION.as_bytes()) {
            continue;
        }
        let known = |setting: &Setting| entry.key.eq_ignore_ascii_case(setting.key.as_bytes());
        if let Some(index) = SETTINGS.iter().position(known) {
            found[index] = Some((entry.value, entry.line));
        }
    }
    SETTINGS.iter().zip(found).map(|(setting, found)| read(setting, found)).collect()
}

fn read<'a>(setting: &'static Setting, found: Option<(&'a [u8], usize)>) -> SettingReading<'a> {
    let (value, line) = found.unzip();
    let (effective, error) = match value.map(str::from_utf8) {
        None | Some(Ok("")) => (setting.default.into(), None),
        Some(Ok(text)) if is_default(text) => (setting.default.into(), None),
        Some(Ok(text)) if setting.kind == SettingKind::Version => (text.into(), None),
        Some(Ok(text)) => match setting.accept(text) {
            Ok(accepted) => (accepted.into(), None),
            Err(error) => (setting.default.into(), Some(error.to_string())),
        },
        Some(Err(_)) => (setting.default.into(), Some(not_text(setting))),
    };
    SettingReading { setting, value, line, effective, error }
}

fn not_text(setting: &Setting) -> String {
    format!("The value of {} is not valid UTF-8. Enter it again.", setting.key)
}
