//! What is wrong with a file, in sentences with line numbers. A finding never stops the file from being kept.

mod lines;
mod values;

use serde::{Deserialize, Serialize};

use super::document::Document;

/// One thing to know about the file.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfFinding {
    /// The line it is about; the first line is 1. `None` when it is about the whole file.
    pub line: Option<usize>,
    /// The setting or key it is about.
    pub key: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What it is and what to do.
    pub sentence: String,
}

/// How bad a finding is.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Severity {
    /// The file does not do what it says.
    Error,
    /// The file works, and may not mean what was meant.
    Warning,
}

/// The most warnings listed. Errors are listed all; there are at most a few per setting.
pub const MAX_WARNINGS: usize = 500;

/// Everything worth saying about a file, by line.
#[must_use]
pub fn check(document: &Document) -> Vec<ConfFinding> {
    if utf16(document.as_bytes()) {
        return vec![ConfFinding {
            line: None,
            key: None,
            severity: Severity::Error,
            sentence: "The file is saved as UTF-16, so no setting in it can be read. Save it as UTF-8.".to_owned(),
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
            sentence: format!("{left_out} more warnings are not listed. Make sure that this is the right file."),
        });
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
