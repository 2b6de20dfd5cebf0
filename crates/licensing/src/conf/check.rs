//! Findings about a file, as sentences with line numbers. They never prevent a save.

mod lines;
mod values;

use serde::{Deserialize, Serialize};

use super::document::Document;
use super::effective::KeptValue;

/// One finding.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfFinding {
    /// The line, from 1; `None` for the whole file.
    pub line: Option<usize>,
    /// The setting or key.
    pub key: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, and what to do.
    pub sentence: String,
}

/// How bad a finding is.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Severity {
    /// The file does not work as written.
    Error,
    /// The file works, but may not be as intended.
    Warning,
}

/// Maximum number of warnings listed. Errors are all listed; there are only a few per setting.
pub const MAX_WARNINGS: usize = 500;

/// All findings, by line.
#[must_use]
pub fn check(document: &Document) -> Vec<ConfFinding> {
    if utf16(document.as_bytes()) {
        return vec![ConfFinding {
            line: None,
            key: None,
            severity: Severity::Error,
            sentence: "The file is UTF-16, so no setting can be read. Save it as UTF-8.".to_owned(),
        }];
    }
    let mut findings = values::findings(document);
    let (warnings, left_out) = lines::warnings(document);
    findings.extend(warnings);
    findings.sort_by_key(|finding| (finding.line, finding.severity));
    if left_out > 0 {
        findings.push(ConfFinding {
            line: None,
            key: None,
            severity: Severity::Warning,
            sentence: format!("{left_out} more warnings are not listed. Check that this is the right file."),
        });
    }
    findings
}

/// All findings of a file in use, by line: of a value that can't be read, they name the one that stays in effect.
#[must_use]
pub fn check_running(document: &Document, kept: &[KeptValue]) -> Vec<ConfFinding> {
    let mut findings = check(document);
    for finding in findings.iter_mut().filter(|finding| finding.severity == Severity::Error) {
        let Some(kept) = kept.iter().find(|kept| finding.key.as_deref() == Some(kept.key)) else { continue };
        let value = if kept.value.is_empty() { "no value" } else { &kept.value };
        finding.sentence.push_str(&format!(" Until this server restarts, {value} stays in use."));
    }
    findings
}

/// A UTF-16 byte order mark, or text in which every other byte is NUL.
fn utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] => *a != 0 && *b != 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
