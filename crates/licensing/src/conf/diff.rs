//! The differences between two versions of a file, line by line, for people.

mod align;
mod rows;
mod unified;

use serde::{Deserialize, Serialize};

use super::document::Document;
use super::setting::{SETTINGS, Setting};
use crate::plain_text::one_line;

pub(crate) use align::{Block, blocks};

/// Unchanged lines shown before and after a change. Blank lines and rules of asterisks are not among them.
pub const CONTEXT: usize = 3;

/// They are looked for among this many lines next to the change.
const REACH: usize = 2 * CONTEXT;

/// Maximum number of rows; a last row says how many more there are.
pub const MAX_ROWS: usize = 2000;

/// The difference between two files.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Diff {
    /// Rows to show: changes with some unchanged lines around them, at most [`MAX_ROWS`]. Unchanged blank lines and rules
    /// (`#*****#`) are left out.
    pub rows: Vec<DiffLine>,
    /// Number of lines removed, shown or not.
    pub removed: usize,
    /// Number of lines added, shown or not.
    pub added: usize,
}

/// One row of a difference.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = DiffRow))]
pub struct DiffLine {
    /// The change.
    pub kind: RowKind,
    /// Its number in the old file; the first line is 1.
    pub old_line: Option<usize>,
    /// Its number in the new file; the first line is 1.
    pub new_line: Option<usize>,
    /// The printable line without its ending; with a mark if only the ending differs.
    pub text: String,
}

/// The change of a line.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = DiffRowKind))]
pub enum RowKind {
    /// In both.
    Same,
    /// Only in the old file.
    Removed,
    /// Only in the new file.
    Added,
    /// Placeholder for hidden lines; its text says how many.
    Gap,
}

/// Compares two files by bytes. Fast for any two files up to [`super::MAX_BYTES`]: if very many lines differ, all of
/// them count as removed and added.
#[must_use]
pub fn lines(old: &[u8], new: &[u8]) -> Diff {
    rows::build(old, new)
}

/// Longest value of a changed setting, characters.
const MOST_SHOWN: usize = 300;

/// A setting whose value differs between two files.
#[derive(Debug, Clone)]
pub struct ChangedSetting {
    pub setting: &'static Setting,
    /// Empty where the file has none.
    pub old: String,
    /// Empty where the file has none.
    pub new: String,
}

/// `port_number from “7569” to “7570”`.
impl std::fmt::Display for ChangedSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} from “{}” to “{}”", self.setting.key, self.old, self.new)
    }
}

/// The settings whose values differ between two files, in their usual order.
#[must_use]
pub fn settings(old: &Document, new: &Document) -> Vec<ChangedSetting> {
    let value = |document: &Document, setting: &Setting| {
        let found = document.get(setting.section, setting.key);
        found.map(|found| String::from_utf8_lossy(found.value).trim().to_owned()).unwrap_or_default()
    };
    let changed = SETTINGS.iter().filter_map(|setting| {
        let (old, new) = (value(old, setting), value(new, setting));
        let shown = |value: &str| one_line(value, MOST_SHOWN);
        (old != new).then(|| ChangedSetting { setting, old: shown(&old), new: shown(&new) })
    });
    changed.collect()
}

impl Diff {
    /// Whether the files are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removed == 0 && self.added == 0
    }

    /// The rows as a unified diff with the given names; empty for equal files. Unchanged lines that don't adjoin a
    /// change are left out.
    #[must_use]
    pub fn to_unified(&self, old_name: &str, new_name: &str) -> String {
        if self.is_empty() { String::new() } else { unified::write(self, old_name, new_name) }
    }
}

#[cfg(test)]
mod tests;
