use super::{Diff, DiffLine, RowKind};

pub(super) fn write(diff: &Diff, old_name: &str, new_name: &str) -> String {
    let mut text = format!("--- {}\n+++ {}\n", one_line(old_name), one_line(new_name));
    let (mut old, mut new) = (0, 0);
    for hunk in diff.rows.split(|row| row.kind == RowKind::Gap) {
        if hunk.is_empty() {
            continue;
        }
        text.push_str(&header(hunk, &mut old, &mut new));
        for row in hunk {
            let sign = match row.kind {
                RowKind::Removed => '-',
                RowKind::Added => '+',
                RowKind::Same | RowKind::Gap => ' ',
            };
            text.push(sign);
            text.push_str(&row.text);
            text.push('\n');
        }
    }
    if let Some(DiffLine { kind: RowKind::Gap, text: more, .. }) = diff.rows.last() {
        text.push_str(&format!("\\ {more}\n"));
    }
    text
}

/// `@@ -first,count +first,count @@`; a side without lines names the line before. `old` and `new` are the last lines of
/// the hunk before this one, and become those of this one.
fn header(hunk: &[DiffLine], old: &mut usize, new: &mut usize) -> String {
    let side = |line: fn(&DiffLine) -> Option<usize>| {
        let mut numbers = hunk.iter().filter_map(line);
        let first = numbers.next();
        (first, first.map_or(0, |_| 1 + numbers.count()))
    };
    let (old_first, old_count) = side(|row| row.old_line);
    let (new_first, new_count) = side(|row| row.new_line);
    // Between hunks both files are the same, so one side tells how far the other has moved on.
    let skipped = match (old_first, new_first) {
        (Some(first), _) => first - 1 - *old,
        (None, Some(first)) => first - 1 - *new,
        (None, None) => 0,
    };
    let old_start = old_first.unwrap_or(*old + skipped);
    let new_start = new_first.unwrap_or(*new + skipped);
    *old += skipped + old_count;
    *new += skipped + new_count;
    format!("@@ -{old_start},{old_count} +{new_start},{new_count} @@\n")
}

fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
