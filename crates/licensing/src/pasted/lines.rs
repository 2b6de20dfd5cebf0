use crate::plain_text::is_blank;

/// The narrowest width mail programs wrap lines at, characters (they use 65 to 80).
pub(crate) const LINE: usize = 60;

/// What only quoted-printable has: `=` is written `=3D` there, and neither a license nor the base64 in JSON has it so.
const QUOTED_PRINTABLE: [&str; 3] = ["_TYPE=3D", "=3D\"", "=3D="];

/// Ends of lines, those of word processors included.
const ENDS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// One line of a carried text, without quotation marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CarriedLine {
    /// In the text as it arrived, counted from 1.
    pub(crate) number: usize,
    /// With plain spaces and without invisible characters.
    pub(crate) text: String,
}

/// Where a program broke lines that were too long for it. Which of these it was can't be seen: all are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrappedAt {
    /// At spaces, and inside a word when it fills the widest line.
    Words,
    /// At spaces, and inside a word when it fills a line; other lines are wider.
    LongWords,
    /// At a fixed column.
    Columns,
}

impl WrappedAt {
    /// All, the usual one first.
    pub(crate) const ALL: [WrappedAt; 3] = [WrappedAt::Words, WrappedAt::LongWords, WrappedAt::Columns];

    /// What stood between two lines before the break; `widest` is the width of the widest of all lines.
    pub(crate) fn gap(self, before: &str, after: &str, widest: usize) -> &'static str {
        let line = before.trim();
        let narrower_than = |width: usize| line.contains(' ') || line.chars().count() < width;
        let at_a_space = match self {
            WrappedAt::Words => narrower_than(widest.max(LINE)),
            WrappedAt::LongWords => narrower_than(LINE),
            WrappedAt::Columns => before.ends_with(' ') || after.starts_with(' '),
        };
        if at_a_space { " " } else { "" }
    }
}

/// The width of the widest line, characters.
pub(crate) fn widest(lines: &[CarriedLine]) -> usize {
    lines.iter().map(|line| line.text.trim().chars().count()).max().unwrap_or_default()
}

/// The lines from the first one that `begins` accepts, without quotation marks and encodings of mail; none if nothing
/// begins. Line breaks stay.
pub(crate) fn carried(text: &str, begins: impl Fn(&str) -> bool) -> Vec<CarriedLine> {
    let mut lines = if QUOTED_PRINTABLE.iter().any(|mark| text.contains(mark)) { printable(text) } else { plain(text) };
    for line in &mut lines {
        line.text = line.text.chars().filter_map(ordinary).collect();
    }
    let Some(first) = lines.iter().position(|line| begins(unquoted(&line.text).trim())) else { return Vec::new() };
    lines.drain(..first);
    if lines.first().is_some_and(|line| line.text.trim_start().starts_with(QUOTES)) {
        for line in &mut lines {
            line.text = unquoted(&line.text).to_owned();
        }
    }
    lines
}

/// Marks of quoted lines.
const QUOTES: [char; 2] = ['>', '|'];

fn unquoted(line: &str) -> &str {
    let mut rest = line;
    while let Some(inner) = rest.trim_start().strip_prefix(QUOTES) {
        rest = inner.strip_prefix(' ').unwrap_or(inner);
    }
    rest
}

/// Controls and marks that turn the text stay: they are refused, or no part of what was signed.
fn ordinary(c: char) -> Option<char> {
    match c {
        c if c.is_whitespace() => Some(' '),
        c if is_blank(c) => None,
        c => Some(c),
    }
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // The feed of CR LF ends no line of its own.
    let mut number = 0;
    let mut after_return = false;
    text.split_inclusive(ENDS).filter_map(move |line| {
        let feed = after_return && line == "\n";
        after_return = line.ends_with('\r');
        number += usize::from(!feed);
        (!feed).then(|| (number, line.trim_end_matches(ENDS)))
    })
}

fn plain(text: &str) -> Vec<CarriedLine> {
    numbered(text).map(|(number, line)| CarriedLine { number, text: line.to_owned() }).collect()
}

/// Decodes quoted-printable (RFC 2045): `=` before a line's end continues it, `=` and two digits are a byte.
fn printable(text: &str) -> Vec<CarriedLine> {
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in numbered(text) {
        let line = line.trim_end();
        let (line, soft) = line.strip_suffix('=').map_or((line, false), |line| (line, true));
        if !goes_on || lines.is_empty() {
            lines.push((number, Vec::new()));
        }
        if let Some((_, bytes)) = lines.last_mut() {
            // The quotation marks of an answer stand before each piece of a line.
            decoded(if goes_on { unquoted(line) } else { line }, bytes);
        }
        goes_on = soft;
    }
    let line =
        |(number, bytes): (usize, Vec<u8>)| CarriedLine { number, text: String::from_utf8_lossy(&bytes).into_owned() };
    lines.into_iter().map(line).collect()
}

fn decoded(line: &str, into: &mut Vec<u8>) {
    let mut rest = line.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let byte = match (first, digit(0), digit(1)) {
            (b'=', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        into.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
}
