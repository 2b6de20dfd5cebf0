use super::{
    BOM, Document, LineKind,
    line::{is_key, trim},
};

/// The result of [`Document::set`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfEdit {
    /// The key's line now, from 1.
    pub line: usize,
    /// Whether that line is new.
    pub inserted: bool,
}

/// Why a value can't be written to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The value would end the line, or contains a NUL.
    #[error("A value must be on one line: remove the line breaks and NUL characters.")]
    LineBreak,
    /// Blanks at either end are not part of a value.
    #[error("A value can't begin or end with a space or tab: remove them.")]
    OuterBlank,
    /// The key is empty or has other characters than letters, digits, `_`, `-` and `.`.
    #[error("A key may contain only letters, digits, “_”, “-” and “.”: choose another name.")]
    Key,
    /// The section name contains `]` or a line break, or has blanks at either end.
    #[error("A section name can't contain “]” or line breaks, nor begin or end with blanks: choose another name.")]
    Section,
}

pub(super) fn set(document: &mut Document, section: &str, key: &str, value: &str) -> Result<ConfEdit, SetError> {
    refuse(section, key, value)?;
    let found = document.matching(section, key).last().map(|entry| (entry.line, entry.at));
    if let Some((line, at)) = found {
        if document.as_bytes()[at.clone()] != *value.as_bytes() {
            document.splice(at, value.as_bytes());
        }
        return Ok(ConfEdit { line, inserted: false });
    }
    Ok(Place::in_section(document, section).insert(document, section, &format!("{key} = {value}")))
}

fn refuse(section: &str, key: &str, value: &str) -> Result<(), SetError> {
    let breaks = |text: &str| text.contains(['\n', '\r', '\0']);
    let outer_blank = |text: &str| trim(text.as_bytes()).len() != text.len();
    if breaks(section) || section.contains(']') || outer_blank(section) {
        return Err(SetError::Section);
    }
    if !is_key(key.as_bytes()) {
        return Err(SetError::Key);
    }
    if breaks(value) {
        return Err(SetError::LineBreak);
    }
    if outer_blank(value) {
        return Err(SetError::OuterBlank);
    }
    Ok(())
}

/// Where a new line goes.
struct Place {
    /// Offset in the file; `None` when the section does not exist yet.
    offset: Option<usize>,
    /// The number of lines before it.
    before: usize,
}

impl Place {
    /// After the last entry of the section's last occurrence, else right after its header. The unnamed section always
    /// exists, at the start of the file.
    fn in_section(document: &Document, section: &str) -> Place {
        let start = if document.as_bytes().starts_with(BOM) { BOM.len() } else { 0 };
        let mut inside = section.is_empty();
        let mut place = Place { offset: inside.then_some(start), before: 0 };
        for line in document.scan() {
            match line.kind {
                LineKind::Section(name) => inside = name.eq_ignore_ascii_case(section.as_bytes()),
                LineKind::Entry { .. } => {}
                _ => continue,
            }
            if inside {
                place = Place { offset: Some(line.end()), before: line.number };
            }
        }
        place
    }

    fn insert(self, document: &mut Document, section: &str, entry: &str) -> ConfEdit {
        let ending = document.dominant_ending();
        let end = document.as_bytes().len();
        let (offset, before, header) = match self.offset {
            Some(offset) => (offset, self.before, String::new()),
            None => (end, document.line_count(), format!("[{section}]{ending}")),
        };
        let open = document.as_bytes()[..offset].last().is_some_and(|byte| *byte != b'\n');
        let first_ending = match document.scan().last() {
            // A lone carriage return at the end belongs to that line's text and must stay so.
            Some(last) if open && offset == end && last.ending.is_empty() => {
                if last.bytes.ends_with(b"\r") {
                    "\r\n"
                } else {
                    ending
                }
            }
            _ => "",
        };
        let line = before + 1 + usize::from(!header.is_empty());
        document.splice(offset..offset, format!("{first_ending}{header}{entry}{ending}").as_bytes());
        ConfEdit { line, inserted: true }
    }
}
