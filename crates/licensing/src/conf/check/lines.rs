use std::collections::BTreeMap;

use super::{ConfFinding, MAX_WARNINGS, Severity};
use crate::{
    conf::{
        document::{ConfLine, Document, LineKind},
        setting::{self, SECTION},
    },
    excerpt::quoted,
};

/// At most [`MAX_WARNINGS`] warnings about lines, and how many more there are.
pub(super) fn warnings(document: &Document) -> (Vec<ConfFinding>, usize) {
    let mut warnings = Warnings::default();
    junk(document, &mut warnings);
    duplicates(document, &mut warnings);
    strangers(document, &mut warnings);
    (warnings.listed, warnings.left_out)
}

#[derive(Default)]
struct Warnings {
    listed: Vec<ConfFinding>,
    left_out: usize,
}

impl Warnings {
    fn add(&mut self, line: usize, key: Option<&[u8]>, sentence: impl FnOnce() -> String) {
        if self.listed.len() == MAX_WARNINGS {
            self.left_out += 1;
            return;
        }
        let key = key.map(|key| String::from_utf8_lossy(key).into_owned());
        self.listed.push(ConfFinding { line: Some(line), key, severity: Severity::Warning, sentence: sentence() });
    }
}

/// Lines without effect, except comments without their `#`: a line that starts with `*`, or between two comment lines.
fn junk(document: &Document, warnings: &mut Warnings) {
    let mut lines = document.lines().peekable();
    let mut after_comment = false;
    while let Some(line) = lines.next() {
        let between = after_comment && lines.peek().is_some_and(comment);
        if line.kind == LineKind::Junk && !comment(&line) && !between {
            warnings.add(line.number, None, || junk_sentence(&line));
        }
        after_comment = comment(&line);
    }
}

/// A comment, or the rest of one that started with `#*`.
fn comment(line: &ConfLine<'_>) -> bool {
    let starred = line.bytes.trim_ascii_start().starts_with(b"*");
    line.kind == LineKind::Comment || (line.kind == LineKind::Junk && starred)
}

fn junk_sentence(line: &ConfLine<'_>) -> String {
    let text = quoted(String::from_utf8_lossy(line.bytes.trim_ascii()).as_ref());
    if line.bytes.trim_ascii_start().starts_with(b"[") {
        format!("{text} has no closing bracket, so it is not a section. Add the “]”.")
    } else {
        format!("{text} is not a setting or comment and has no effect. Put a # in front of it, or remove it.")
    }
}

/// Every occurrence of a key but the last.
fn duplicates(document: &Document, warnings: &mut Warnings) {
    let mut counting: BTreeMap<(Vec<u8>, Vec<u8>), usize> = BTreeMap::new();
    let name = |section: &[u8], key: &[u8]| (section.to_ascii_lowercase(), key.to_ascii_lowercase());
    for entry in document.entries() {
        counting.insert(name(entry.section, entry.key), entry.line);
    }
    for entry in document.entries() {
        let last = counting.get(&name(entry.section, entry.key)).copied().unwrap_or(entry.line);
        if entry.line != last {
            warnings.add(entry.line, Some(entry.key), || {
                let key = quoted(&String::from_utf8_lossy(entry.key));
                format!("{key} appears again on line {last}, which is the one that counts. Remove this line.")
            });
        }
    }
}

/// Known keys in other sections, and unknown keys in the section of the known ones.
fn strangers(document: &Document, warnings: &mut Warnings) {
    for entry in document.entries() {
        let key = String::from_utf8_lossy(entry.key);
        let home = entry.section.eq_ignore_ascii_case(SECTION.as_bytes());
        match setting::find(&key) {
            Some(known) if !home => warnings.add(entry.line, Some(entry.key), || {
                format!("{} has an effect only in the section [{SECTION}]. Move the line there.", known.key)
            }),
            None if home => warnings.add(entry.line, Some(entry.key), || unknown(&key)),
            _ => {}
        }
    }
}

fn unknown(key: &str) -> String {
    let name = quoted(key);
    match setting::nearest(key) {
        Some(near) => {
            format!("{name} is not a setting and has no effect. If you meant {}, correct the name.", near.key)
        }
        None => format!("{name} is not a setting and has no effect."),
    }
}
