use super::shown::{hidden, is_printable, printable};
use crate::conf::{
    MAX_BYTES,
    diff::blocks,
    document::{BOM, ConfLine, Document},
};

/// Where submitted text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOrigin {
    /// A text box, whose line endings are meaningless, so the file keeps its own.
    Browser,
    /// A program, whose line endings and byte order mark are intended.
    Exact,
}

/// Why submitted text can't be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Larger than [`MAX_BYTES`].
    #[error("The file would be larger than {} KiB, the maximum for a configuration file. Remove some of it.", MAX_BYTES / 1024)]
    TooLarge,
    /// A changed line has a mark for bytes that can't be shown.
    #[error(
        "Line {line} was changed and contains “\u{fffd}”, a mark for bytes that can't be shown. Remove the mark, or leave the line unchanged."
    )]
    Unshowable {
        /// The submitted line, from 1.
        line: usize,
    },
    /// A changed line has an invisible character.
    #[error("Line {line} contains an invisible control character. Type the line again.")]
    Control {
        /// The submitted line, from 1.
        line: usize,
    },
}

/// The bytes to write after [`super::shown`]`(current)` was edited into `submitted`. Unchanged lines keep their bytes.
/// With [`TextOrigin::Browser`] they also keep their endings, new lines get the most common ending, and the byte order
/// mark stays; with [`TextOrigin::Exact`] both are as submitted.
///
/// # Errors
/// If the result would be too large, or a changed line is invalid; see [`TextError`].
pub fn apply(current: &[u8], submitted: &str, source: TextOrigin) -> Result<Vec<u8>, TextError> {
    // A byte of the file becomes at most four when shown and submitted.
    if submitted.len() > 4 * MAX_BYTES {
        return Err(TextError::TooLarge);
    }
    let document = Document::parse(current);
    let old: Vec<ConfLine<'_>> = document.lines().collect();
    let (bom, new) = match source {
        TextOrigin::Browser => (current.starts_with(BOM), browser_lines(submitted)),
        TextOrigin::Exact => match submitted.strip_prefix('\u{feff}') {
            Some(rest) => (true, exact_lines(rest)),
            None => (false, exact_lines(submitted)),
        },
    };
    let edit = Edit {
        hides: !old.iter().all(|line| is_printable(line.bytes)),
        ending: document.dominant_ending(),
        source,
        old,
        new,
    };
    let mut result = if bom { BOM.to_vec() } else { Vec::new() };
    edit.write(&mut result)?;
    if result.len() > MAX_BYTES && result != current {
        return Err(TextError::TooLarge);
    }
    Ok(result)
}

/// A submitted line and its ending, as submitted.
type Submitted<'a> = (&'a str, &'a str);

struct Edit<'a> {
    old: Vec<ConfLine<'a>>,
    new: Vec<Submitted<'a>>,
    source: TextOrigin,
    /// The ending for new lines.
    ending: &'static str,
    /// Whether the current file has bytes that can't be shown.
    hides: bool,
}

impl Edit<'_> {
    fn write(&self, result: &mut Vec<u8>) -> Result<(), TextError> {
        let shown: Vec<String> = self.old.iter().map(|line| printable(line.bytes)).collect();
        let old: Vec<&str> = shown.iter().map(String::as_str).collect();
        let new: Vec<&str> = self.new.iter().map(|(text, _)| *text).collect();
        for block in blocks(&old, &new) {
            if block.same {
                for (old, new) in block.old.zip(block.new) {
                    result.extend_from_slice(self.old[old].bytes);
                    result.extend_from_slice(self.ending(new, Some(old)).as_bytes());
                }
            } else {
                for new in block.new {
                    let (text, _) = self.new[new];
                    self.refuse(text, new + 1)?;
                    result.extend_from_slice(text.as_bytes());
                    result.extend_from_slice(self.ending(new, None).as_bytes());
                }
            }
        }
        Ok(())
    }

    fn refuse(&self, text: &str, line: usize) -> Result<(), TextError> {
        if self.hides && text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(TextError::Unshowable { line });
        }
        if self.source == TextOrigin::Browser && text.chars().any(hidden) {
            return Err(TextError::Control { line });
        }
        Ok(())
    }

    /// The ending of submitted line `new`, which is the same as line `old` of the file, if any.
    fn ending(&self, new: usize, old: Option<usize>) -> &str {
        let (_, submitted) = self.new[new];
        let kept = old.map(|old| match self.old[old].ending {
            b"\r\n" => "\r\n",
            b"\n" => "\n",
            _ => "",
        });
        match (self.source, kept) {
            (TextOrigin::Exact, _) => submitted,
            // The last line of the text box has no line break; the file ends as before.
            (TextOrigin::Browser, _) if submitted.is_empty() && self.ended_open() => "",
            (TextOrigin::Browser, Some(kept)) if !kept.is_empty() || submitted.is_empty() => kept,
            (TextOrigin::Browser, _) => self.ending,
        }
    }

    /// Whether the last line of the file has no ending.
    fn ended_open(&self) -> bool {
        self.old.last().is_some_and(|line| line.ending.is_empty())
    }
}

/// Lines ended by CRLF, CR or LF.
fn browser_lines(text: &str) -> Vec<Submitted<'_>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let ending = if rest[end..].starts_with("\r\n") { 2 } else { (rest.len() - end).min(1) };
        lines.push((&rest[..end], &rest[end..end + ending]));
        rest = &rest[end + ending..];
    }
    lines
}

/// Lines as the file has them: ended by CRLF or LF.
fn exact_lines(text: &str) -> Vec<Submitted<'_>> {
    text.split_inclusive('\n')
        .map(|line| {
            let content = line.strip_suffix('\n').map_or(line, |l| l.strip_suffix('\r').unwrap_or(l));
            (content, &line[content.len()..])
        })
        .collect()
}
