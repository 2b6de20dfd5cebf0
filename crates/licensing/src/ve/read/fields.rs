use std::borrow::Cow;

use super::super::{TextError, lines::TextLine};

/// Section markers, which are never keys.
const MARKERS: [&str; 6] = ["KEYSEC", "KEYEND", "PRODSEC", "PRODEND", "SIGNSEC", "SIGNEND"];

/// Whether a line begins or ends a section.
pub(in super::super) fn is_marker(line: &str) -> bool {
    MARKERS.contains(&line)
}

/// The only key that may repeat.
const REPEATED: &str = "K_COMPONENT";

/// One key and its value.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) line: usize,
    /// As the code knows it: `K_EXPIRED`.
    pub(super) key: Cow<'a, str>,
    /// As in the text: `Expiration date`.
    pub(super) shown: &'a str,
    pub(super) value: Cow<'a, str>,
}

/// The keys of one section, in order; removed when read.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    fields: Vec<Field<'a>>,
    last: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(line: usize) -> Fields<'a> {
        Fields { fields: Vec::new(), last: line }
    }

    /// The section from the first of `lines` to `end`, and the lines after it.
    pub(super) fn section<'b>(
        lines: &'b [TextLine<'a>],
        end: &'static str,
    ) -> Result<(Fields<'a>, &'b [TextLine<'a>]), TextError> {
        let mut fields = Fields::new(lines.first().map_or(1, |line| line.number));
        for (index, line) in lines.iter().enumerate().skip(1) {
            fields.last = line.number;
            if line.text == end {
                return Ok((fields, &lines[index + 1..]));
            }
            if is_marker(line.text) {
                return Err(TextError::OutOfOrder { line: line.number, found: line.text.to_owned(), expected: end });
            }
            let (key, value) = line
                .text
                .split_once('=')
                .ok_or_else(|| TextError::NoKey { line: line.number, found: line.text.to_owned() })?;
            let key = key.trim();
            fields.push(Field { line: line.number, key: key.into(), shown: key, value: value.trim().into() })?;
        }
        Err(TextError::CutOff { line: fields.last, missing: end })
    }

    pub(super) fn push(&mut self, field: Field<'a>) -> Result<(), TextError> {
        if field.key != REPEATED && self.fields.iter().any(|other| other.key == field.key) {
            return Err(TextError::Twice { line: field.line, key: field.shown.to_owned() });
        }
        self.last = field.line;
        self.fields.push(field);
        Ok(())
    }

    /// The line it ends with.
    pub(super) fn last_line(&self) -> usize {
        self.last
    }

    /// The last field, for continuation lines.
    pub(super) fn latest(&mut self) -> Option<&mut Field<'a>> {
        self.fields.last_mut()
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Field<'a>> {
        let index = self.fields.iter().position(|field| field.key == key)?;
        Some(self.fields.remove(index))
    }

    pub(super) fn required(&mut self, key: &'static str) -> Result<Field<'a>, TextError> {
        self.take(key).ok_or(TextError::Missing { line: self.last, key })
    }

    /// A sentence for every unread field.
    pub(super) fn unknown(&self) -> impl Iterator<Item = String> + use<'_, 'a> {
        let sentence = |field: &Field<'_>| {
            format!("Line {}: {} is unknown and has no effect.", field.line, crate::excerpt::quoted(field.shown))
        };
        self.fields.iter().map(sentence)
    }
}
