use std::collections::BTreeMap;

use super::{Block, CONTEXT, Diff, DiffLine, MAX_ROWS, REACH, RowKind, blocks};
use crate::conf::{
    document::{BOM, first_line},
    text::printable,
};

/// A line and its ending. A byte order mark is part of the first line here.
type Line<'a> = (&'a [u8], &'a [u8]);

pub(super) fn build(old: &[u8], new: &[u8]) -> Diff {
    let (old, new) = (split(old), split(new));
    let blocks = blocks(&old, &new);
    let marks = Marks::of(&blocks, &old, &new);
    let mut diff = Diff::default();
    let mut left_out = 0;
    let mut add = |row: &dyn Fn() -> DiffLine| {
        if diff.rows.len() < MAX_ROWS { diff.rows.push(row()) } else { left_out += 1 }
    };
    for (index, block) in blocks.iter().enumerate() {
        if block.same {
            let padding = |at: usize| is_padding(old[block.old.start + at].0);
            let shown = context(block.old.len(), padding, index == 0, index + 1 == blocks.len());
            let same = |at: usize| DiffLine {
                kind: RowKind::Same,
                old_line: Some(block.old.start + at + 1),
                new_line: Some(block.new.start + at + 1),
                text: printable(old[block.old.start + at].0),
            };
            shown.after.into_iter().for_each(|at| add(&|| same(at)));
            if index > 0 && index + 1 < blocks.len() && shown.hidden > 0 {
                add(&|| gap(&format!("{} unchanged {}", shown.hidden, lines(shown.hidden))));
            }
            shown.before.into_iter().for_each(|at| add(&|| same(at)));
        } else {
            for at in block.old.clone() {
                let text = || marks.text(&old[at]);
                add(&|| DiffLine { kind: RowKind::Removed, old_line: Some(at + 1), new_line: None, text: text() });
            }
            for at in block.new.clone() {
                let text = || marks.text(&new[at]);
                add(&|| DiffLine { kind: RowKind::Added, old_line: None, new_line: Some(at + 1), text: text() });
            }
        }
    }
    if left_out > 0 {
        diff.rows.push(gap(&format!("{left_out} more {} not shown", lines(left_out))));
    }
    let changed = || blocks.iter().filter(|block| !block.same);
    diff.removed = changed().map(|block| block.old.len()).sum();
    diff.added = changed().map(|block| block.new.len()).sum();
    diff
}

/// What to show of an unchanged block, as places in it.
struct Shown {
    /// Lines after the change before it.
    after: Vec<usize>,
    /// Number of lines between the two; 0 if all of them are padding.
    hidden: usize,
    /// Lines before the change behind it.
    before: Vec<usize>,
}

/// Picks the lines next to a change that say something: padding is left out, and what lies behind it is shown instead.
fn context(length: usize, padding: impl Fn(usize) -> bool, first: bool, last: bool) -> Shown {
    let speaks = |at: &usize| !padding(*at);
    let near = REACH.min(length);
    let after: Vec<usize> = match first {
        true => Vec::new(),
        false => (0..near).filter(speaks).take(CONTEXT).collect(),
    };
    let from = after.last().map_or(0, |at| at + 1);
    let mut before: Vec<usize> = match last {
        true => Vec::new(),
        false => (from.max(length - near)..length).rev().filter(speaks).take(CONTEXT).collect(),
    };
    before.reverse();
    let between = from..before.first().copied().unwrap_or(length);
    let hidden = if between.clone().any(|at| speaks(&at)) { between.len() } else { 0 };
    Shown { after, hidden, before }
}

/// Whether a line only separates others: nothing but blanks, comment marks and the rules that files are drawn with (`#*****#`).
fn is_padding(line: &[u8]) -> bool {
    without_bom(line).iter().all(|byte| b" \t\x0b\x0c\r#;*-=_~".contains(byte))
}

fn gap(text: &str) -> DiffLine {
    DiffLine { kind: RowKind::Gap, old_line: None, new_line: None, text: text.to_owned() }
}

fn lines(count: usize) -> &'static str {
    if count == 1 { "line" } else { "lines" }
}

fn split(mut bytes: &[u8]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    while let Some((line, ending)) = first_line(bytes) {
        lines.push((line, ending));
        bytes = &bytes[line.len() + ending.len()..];
    }
    lines
}

/// The changed lines whose text is on both sides with different endings or byte order marks.
struct Marks<'a> {
    endings: BTreeMap<&'a [u8], (Option<&'a [u8]>, bool)>,
    bom_differs: bool,
}

impl<'a> Marks<'a> {
    fn of(blocks: &[Block], old: &[Line<'a>], new: &[Line<'a>]) -> Marks<'a> {
        let mut endings: BTreeMap<&[u8], (Option<&[u8]>, bool)> = BTreeMap::new();
        for block in blocks.iter().filter(|block| !block.same) {
            for (text, ending) in old[block.old.clone()].iter().chain(&new[block.new.clone()]) {
                let (known, differ) = endings.entry(without_bom(text)).or_default();
                *differ |= known.is_some_and(|known| known != *ending);
                *known = Some(ending);
            }
        }
        let bom = |lines: &[Line<'_>]| lines.first().is_some_and(|(text, _)| text.starts_with(BOM));
        Marks { endings, bom_differs: bom(old) != bom(new) }
    }

    fn text(&self, (line, ending): &Line<'_>) -> String {
        let mut text = printable(without_bom(line));
        if self.bom_differs && line.starts_with(BOM) {
            text.insert_str(0, "(byte order mark) ");
        }
        if self.endings.get(without_bom(line)).is_some_and(|(_, differ)| *differ) {
            match *ending {
                b"\r\n" => text.push_str(" ␍"),
                b"" => text.push_str(" (no newline at the end)"),
                _ => {}
            }
        }
        text
    }
}

fn without_bom(line: &[u8]) -> &[u8] {
    line.strip_prefix(BOM).unwrap_or(line)
}
