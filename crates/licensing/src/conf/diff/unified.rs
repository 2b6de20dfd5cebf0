use super::{Diff, DiffLine, RowKind};

pub(super) fn write(diff: &Diff, old_name: &str, new_name: &str) -> String {
    let mut text = format!("--- {}\n+++ {}\n", one_line(old_name), one_line(new_name));
    // Lines of either file that are behind us.
    let (mut old, mut new) = (0, 0);
    let mut hunk = Hunk::default();
    for row in &diff.rows {
        // Between two rows both files are the same, so one side tells how far the other has moved on.
        let skipped = match (row.old_line, row.new_line) {
            (Some(line), _) => line - 1 - old,
            (None, Some(line)) => line - 1 - new,
            (None, None) => continue,
        };
        (old, new) = (old + skipped, new + skipped);
        if skipped > 0 || hunk.rows.is_empty() {
            hunk.end(&mut text);
            hunk = Hunk { old, new, rows: Vec::new() };
        }
        hunk.rows.push(row);
        old += usize::from(row.kind != RowKind::Added);
        new += usize::from(row.kind != RowKind::Removed);
    }
    hunk.end(&mut text);
    if let Some(DiffLine { kind: RowKind::Gap, text: more, .. }) = diff.rows.last() {
        text.push_str(&format!("\\ {more}\n"));
    }
    text
}

/// Rows without a line missing between them.
#[derive(Default)]
struct Hunk<'a> {
    /// Lines of either file before it.
    old: usize,
    new: usize,
    rows: Vec<&'a DiffLine>,
}

impl Hunk<'_> {
    /// `@@ -first,count +first,count @@` and the rows; a side without lines names the line before. Nothing if nothing in
    /// it changes.
    fn end(&self, text: &mut String) {
        if self.rows.iter().all(|row| row.kind == RowKind::Same) {
            return;
        }
        let side = |before: usize, other: RowKind| {
            let count = self.rows.iter().filter(|row| row.kind != other).count();
            format!("{},{count}", before + usize::from(count > 0))
        };
        let (old, new) = (side(self.old, RowKind::Added), side(self.new, RowKind::Removed));
        text.push_str(&format!("@@ -{old} +{new} @@\n"));
        for row in &self.rows {
            text.push(match row.kind {
                RowKind::Removed => '-',
                RowKind::Added => '+',
                RowKind::Same | RowKind::Gap => ' ',
            });
            text.push_str(&row.text);
            text.push('\n');
        }
    }
}

fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
