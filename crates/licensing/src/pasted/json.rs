use std::{borrow::Cow, convert::Infallible};

use serde_json::{Value, error::Category};

use super::lines::{CarriedLine, WrappedAt, carried, widest};
use crate::plain_text::is_blank;

/// Why no JSON was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRead<E> {
    /// It is not JSON.
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1; 0 at a line break.
        column: usize,
        /// Whether it begins as an object and ends too early.
        cut: bool,
    },
    /// It is JSON, and refused.
    Refused(E),
}

/// Reads the one JSON object in a text. If the text as it is is not one that `read` accepts, the object is looked for
/// between other lines, and read as it was before it was quoted and wrapped.
///
/// # Errors
/// What is wrong with the text as it is; if that is not even JSON but holds an object, what is wrong with the object.
pub fn json<T, E>(text: &str, read: impl Fn(Value) -> Result<T, E>) -> Result<T, NotRead<E>> {
    let as_it_is = plain(text).and_then(|value| read(value).map_err(NotRead::Refused));
    if as_it_is.is_ok() {
        return as_it_is;
    }
    let lines = carried(text, begins);
    let mut refused = None;
    for wrapped in WrappedAt::ALL {
        let object = restored(&lines, wrapped).and_then(|object| serde_json::from_str(&object).ok());
        match object.map(&read) {
            Some(Ok(found)) => return Ok(found),
            Some(Err(error)) => refused = refused.or(Some(error)),
            None => {}
        }
    }
    match (as_it_is, refused) {
        (Err(NotRead::NotJson { .. }), Some(error)) => Err(NotRead::Refused(error)),
        (as_it_is, _) => as_it_is,
    }
}

/// The one JSON object in a text, and the text to pass on: as it is where that is JSON, else the object alone. A signature
/// covers what it says, however it is written.
///
/// # Errors
/// What is wrong with the text as it is.
pub fn json_text(text: &str) -> serde_json::Result<(Value, Cow<'_, str>)> {
    serde_json::from_str(text).map(|value| (value, text.into())).or_else(|error| {
        let value: Value = json(text, Ok::<_, Infallible>).map_err(|_| error)?;
        let written = value.to_string();
        Ok((value, written.into()))
    })
}

fn begins(line: &str) -> bool {
    line.starts_with('{')
}

fn plain<E>(text: &str) -> Result<Value, NotRead<E>> {
    let body = text.trim_matches(is_blank);
    let above = text.len() - text.trim_start_matches(is_blank).len();
    serde_json::from_str(body).map_err(|error| NotRead::NotJson {
        line: text[..above].matches('\n').count() + error.line(),
        column: error.column(),
        cut: error.classify() == Category::Eof && begins(body),
    })
}

/// The object that the lines begin with, if it is the only one. A break inside a string was made by a program.
fn restored(lines: &[CarriedLine], wrapped: WrappedAt) -> Option<String> {
    // What a mail has below the object says nothing about the object's lines.
    let end = lines.iter().rposition(|line| line.text.trim_end().ends_with('}')).unwrap_or(lines.len());
    let widest = widest(&lines[..end]);
    let mut object = String::new();
    let mut depth = 0_usize;
    let (mut in_string, mut escaped) = (false, false);
    let mut before = None;
    let mut lines = lines.iter().map(|line| line.text.as_str()).filter(|line| !line.trim().is_empty());
    while let Some(line) = lines.next() {
        let mut text = line;
        if let Some(before) = before {
            text = line.trim_start();
            object.truncate(object.trim_end_matches(' ').len());
            // Between two words of JSON there is always a sign: outside of strings a break may even be inside of `null`.
            if in_string && !escaped {
                object.push_str(wrapped.gap(before, line, widest));
            }
        }
        for (at, character) in text.char_indices() {
            object.push(character);
            match character {
                _ if escaped => escaped = false,
                '\\' if in_string => escaped = true,
                '"' => in_string = !in_string,
                '{' | '[' if !in_string => depth += 1,
                '}' | ']' if !in_string => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 && character == '}' && !in_string {
                let alone = text[at + 1..].trim().is_empty() && !lines.any(|line| begins(line.trim()));
                return alone.then_some(object);
            }
        }
        before = Some(line);
    }
    None
}
