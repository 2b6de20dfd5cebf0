//! Two changes to the same file, setting by setting: which of them both made.

use serde::{Deserialize, Serialize};

use super::{
    document::Document,
    reading::{SettingReading, readings},
};

/// A setting that both changes set, to different values.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingConflict {
    /// Its name in the file.
    pub key: String,
    /// Its name for people.
    pub label: String,
    /// The value both changes began with, as written; `None` if the key was missing.
    pub before: Option<String>,
    /// The value you set; `None` if you removed the key.
    pub yours: Option<String>,
    /// The value the file has now; `None` if the key was removed.
    pub theirs: Option<String>,
}

impl SettingConflict {
    /// "port_number: you set 7571, the file now has 7570, before it was default."
    #[must_use]
    pub fn sentence(&self) -> String {
        let or = |value: &Option<String>, none: &str, set: &str| match value.as_deref() {
            None => none.to_owned(),
            Some("") => format!("{set}nothing"),
            Some(value) => format!("{set}{value}"),
        };
        let yours = or(&self.yours, "you removed it", "you set ");
        let theirs = or(&self.theirs, "the file no longer has it", "the file now has ");
        let before = or(&self.before, "it was not there before", "before it was ");
        format!("{}: {yours}, {theirs}, {before}.", self.key)
    }
}

/// The settings that both sides changed to different values. All others merge by themselves: at most one side touched
/// them, or both agree.
#[must_use]
pub fn conflicts(before: &Document, yours: &Document, theirs: &Document) -> Vec<SettingConflict> {
    let text = |reading: &SettingReading<'_>| reading.value.map(|value| String::from_utf8_lossy(value).into_owned());
    let (before, yours, theirs) = (readings(before), readings(yours), readings(theirs));
    before
        .iter()
        .zip(&yours)
        .zip(&theirs)
        .filter(|((before, yours), theirs)| {
            before.value != yours.value && before.value != theirs.value && yours.value != theirs.value
        })
        .map(|((before, yours), theirs)| SettingConflict {
            key: before.setting.key.to_owned(),
            label: before.setting.label.to_owned(),
            before: text(before),
            yours: text(yours),
            theirs: text(theirs),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: &str) -> Document {
        Document::parse(format!("[GLOBAL]\n{lines}"))
    }

    #[test]
    fn only_a_setting_that_both_changed_to_different_values_is_a_conflict() {
        let before = file("port_number = 1\nLOGGING_VERBOSITY = 1\n");
        for (yours, theirs, keys) in [
            ("port_number = 2\nLOGGING_VERBOSITY = 1\n", "port_number = 1\nLOGGING_VERBOSITY = 3\n", &[][..]),
            ("port_number = 2\nLOGGING_VERBOSITY = 1\n", "port_number = 2\nLOGGING_VERBOSITY = 3\n", &[]),
            ("port_number = 1\nLOGGING_VERBOSITY = 1\n# a comment\n", "port_number = 3\n", &[]),
            ("port_number = 2\nLOGGING_VERBOSITY = 1\n", "port_number = 3\nLOGGING_VERBOSITY = 1\n", &["port_number"]),
            ("port_number = 2\n", "port_number = 3\nLOGGING_VERBOSITY = 2\n", &["port_number", "LOGGING_VERBOSITY"]),
        ] {
            let found = conflicts(&before, &file(yours), &file(theirs));
            assert_eq!(found.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), keys, "{yours} {theirs}");
        }
    }

    #[test]
    fn a_conflict_names_all_three_values() {
        let found = conflicts(
            &file("port_number = default\n"),
            &file("port_number = 7571\n"),
            &file("port_number = 7570\nFLEX_NODE_LIST = a\n"),
        );
        assert_eq!(
            found.iter().map(SettingConflict::sentence).collect::<Vec<_>>(),
            ["port_number: you set 7571, the file now has 7570, before it was default."]
        );
        let found = conflicts(&file(""), &file("LICENSE_SERVER_GUID =\n"), &file("LICENSE_SERVER_GUID = x\n"));
        assert_eq!(
            found[0].sentence(),
            "LICENSE_SERVER_GUID: you set nothing, the file now has x, it was not there before."
        );
        let found = conflicts(&file("port_number = 1\n"), &file(""), &file("port_number = 2\n"));
        assert_eq!(found[0].sentence(), "port_number: you removed it, the file now has 2, before it was 1.");
    }
}
