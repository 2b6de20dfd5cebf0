//! Two changes to the same file: what both made, setting by setting, and how they merge; and one change taken out again
//! from under the later ones.

use serde::{Deserialize, Serialize};

use super::{
    document::Document,
    reading::{SettingReading, readings},
    text::{TextOrigin, apply, shown},
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
        let yours = said(&self.yours, "you removed it", "you set ");
        self.with(&yours, &self.before)
    }

    /// "port_number: revision 12 set 7571, the file now has 7570, before it was default." Of [`LaterChanges`].
    #[must_use]
    pub fn sentence_of_undo(&self, revision: i64) -> String {
        let set = said(&self.before, &format!("revision {revision} removed it"), &format!("revision {revision} set "));
        self.with(&set, &self.yours)
    }

    fn with(&self, change: &str, before: &Option<String>) -> String {
        let theirs = said(&self.theirs, "the file no longer has it", "the file now has ");
        let before = said(before, "it was not there before", "before it was ");
        format!("{}: {change}, {theirs}, {before}.", self.key)
    }
}

fn said(value: &Option<String>, none: &str, set: &str) -> String {
    match value.as_deref() {
        None => none.to_owned(),
        Some("") => format!("{set}nothing"),
        Some(value) => format!("{set}{value}"),
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

/// Both changes to the text, as [`shown`], if they don't touch the same lines.
#[must_use]
pub fn lines(before: &[u8], yours: &[u8], theirs: &[u8]) -> Option<String> {
    diffy::merge(&shown(before), &shown(yours), &shown(theirs)).ok()
}

/// Later changes touch what a revision changed, so that it can't be taken out by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterChanges {
    /// The settings that were set again: `before` is the revision's value, `yours` the one before the revision. Empty when only
    /// the lines are the same.
    pub settings: Vec<SettingConflict>,
}

/// The file without what one revision changed, from `before` to `after`. What changed later stays.
///
/// # Errors
/// [`LaterChanges`]
pub fn without(before: &[u8], after: &[u8], current: &[u8]) -> Result<Vec<u8>, LaterChanges> {
    if current == after {
        return Ok(before.to_vec());
    }
    let document = |bytes: &[u8]| Document::parse(bytes.to_vec());
    let (was, then, now) = (document(before), document(after), document(current));
    let settings = conflicts(&then, &was, &now);
    if !settings.is_empty() {
        return Err(LaterChanges { settings });
    }
    // A merge of lines that neither side finds in its way can still set a value twice.
    let is_right = |fresh: &[u8]| {
        let fresh = document(fresh);
        let (was, then, now, fresh) = (readings(&was), readings(&then), readings(&now), readings(&fresh));
        was.iter().zip(&then).zip(&now).zip(&fresh).all(|(((was, then), now), fresh)| {
            let expected = if was.value == then.value { now.value } else { was.value };
            fresh.value == expected
        })
    };
    lines(after, before, current)
        .and_then(|text| apply(current, &text, TextOrigin::Browser).ok())
        .or_else(|| values_back(&was, &then, &now))
        .filter(|fresh| is_right(fresh))
        .ok_or(LaterChanges { settings })
}

/// The same where neighbouring lines were changed, if the revision changed values of settings and nothing else.
fn values_back(was: &Document, then: &Document, now: &Document) -> Option<Vec<u8>> {
    let changed: Vec<_> = readings(was)
        .into_iter()
        .zip(readings(then))
        .filter(|(was, then)| was.value != then.value)
        .map(|(was, _)| Some((was.setting, str::from_utf8(was.value?).ok()?)))
        .collect::<Option<_>>()?;
    let set = |document: &Document| {
        let mut document = document.clone();
        for (setting, value) in &changed {
            document.set(setting.section, setting.key, value).ok()?;
        }
        Some(document.into_bytes())
    };
    (set(then)?.as_slice() == was.as_bytes()).then(|| set(now)).flatten()
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

    #[test]
    fn one_change_is_taken_out_from_under_the_later_ones() {
        let file = |lines: &str| format!("[GLOBAL]\n{lines}").into_bytes();
        for (before, after, current, expected) in [
            // Nothing came later: byte for byte as before.
            ("port_number = 1\n", "port_number=2\n", "port_number=2\n", "port_number = 1\n"),
            // Another setting came later, far away and on the next line.
            (
                "port_number = 1\n\n\n\nLOGGING_VERBOSITY = 1\n",
                "port_number = 2\n\n\n\nLOGGING_VERBOSITY = 1\n",
                "port_number = 2\n\n\n\nLOGGING_VERBOSITY = 3\n",
                "port_number = 1\n\n\n\nLOGGING_VERBOSITY = 3\n",
            ),
            (
                "port_number = 1\nLOGGING_VERBOSITY = 1\n",
                "port_number = 2\nLOGGING_VERBOSITY = 1\n",
                "port_number = 2\nLOGGING_VERBOSITY = 3\n",
                "port_number = 1\nLOGGING_VERBOSITY = 3\n",
            ),
            // A comment came with the change, another was written later.
            ("a\n\n\nz\n", "a\n# why\n\n\nz\n", "a\n# why\n\n\nz\n# later\n", "a\n\n\nz\n# later\n"),
            // Somebody has taken it out already.
            ("port_number = 1\n", "port_number = 2\n", "port_number = 1\n# x\n", "port_number = 1\n# x\n"),
        ] {
            let found = without(&file(before), &file(after), &file(current));
            assert_eq!(
                found.map(|bytes| String::from_utf8(bytes).unwrap()),
                Ok(format!("[GLOBAL]\n{expected}")),
                "{after}"
            );
        }
    }

    #[test]
    fn what_was_set_again_later_is_named_and_nothing_is_taken_out() {
        let file = |lines: &str| format!("[GLOBAL]\n{lines}").into_bytes();
        let (before, after) = (file("port_number = default\n"), file("port_number = 7571\n"));
        let refused = without(&before, &after, &file("port_number = 7570\n")).unwrap_err();
        assert_eq!(
            refused.settings.iter().map(|setting| setting.sentence_of_undo(12)).collect::<Vec<_>>(),
            ["port_number: revision 12 set 7571, the file now has 7570, before it was default."]
        );
        // The same line of a comment: no setting to name.
        let refused = without(&file("# a\n"), &file("# b\n"), &file("# c\n"));
        assert_eq!(refused, Err(LaterChanges { settings: Vec::new() }));
    }
}
