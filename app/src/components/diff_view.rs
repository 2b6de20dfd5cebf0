//! Two versions of the file, line by line. Within a replaced line the part that differs is marked.

use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::conf::diff::{Diff, DiffLine, RowKind};

/// A diff as a table. Signs and words say what colour says.
#[component]
pub fn DiffView(
    diff: Diff,
    /// Names the table: "What you change".
    #[prop(into)]
    caption: String,
) -> impl IntoView {
    let marks = marks(&diff.rows);
    view! {
        <div class="diff" role="group" aria-label=caption tabindex="0">
            <table>
                <caption class="vh">{caption.clone()}</caption>
                <thead class="vh"><tr><th scope="col">"Line before"</th><th scope="col">"Line after"</th><th scope="col">"Change"</th><th scope="col">"Text"</th></tr></thead>
                <tbody>
                    {diff.rows.into_iter().zip(marks).map(|(row, mark)| view! { <DiffRow row=row mark=mark /> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
    .drawn()
}

#[component]
fn DiffRow(row: DiffLine, mark: Option<(usize, usize)>) -> impl IntoView {
    let number = |line: Option<usize>| line.map(|line| line.to_string()).unwrap_or_default();
    let (class, sign, word) = match row.kind {
        RowKind::Same => ("same", "", "unchanged"),
        RowKind::Removed => ("removed", "−", "removed"),
        RowKind::Added => ("added", "+", "added"),
        RowKind::Gap => ("gap", "", "left out"),
    };
    if row.kind == RowKind::Gap {
        let text = if row.text.is_empty() { "unchanged lines left out".to_owned() } else { row.text };
        return view! { <tr class="gap"><td colspan="4">{text}</td></tr> }.drawn();
    }
    let text = match mark {
        Some((from, to)) => {
            let (head, rest) = row.text.split_at(from);
            let (middle, tail) = rest.split_at(to - from);
            view! { {head.to_owned()}<mark>{middle.to_owned()}</mark>{tail.to_owned()} }.drawn()
        }
        None => row.text.drawn(),
    };
    view! {
        <tr class=class>
            <td class="n">{number(row.old_line)}</td>
            <td class="n">{number(row.new_line)}</td>
            <td class="sign"><span aria-hidden="true">{sign}</span><span class="vh">{word}</span></td>
            <td class="text"><code>{text}</code></td>
        </tr>
    }
    .drawn()
}

/// "2 lines": the larger of what goes and what comes, as people count a change.
pub fn changed_lines(diff: &Diff) -> usize {
    diff.removed.max(diff.added)
}

/// For each row the bytes that differ from its partner, where a run of removed lines meets an equally long run of added ones.
fn marks(rows: &[DiffLine]) -> Vec<Option<(usize, usize)>> {
    let mut marks = vec![None; rows.len()];
    let mut at = 0;
    while at < rows.len() {
        let removed = run(rows, at, RowKind::Removed);
        let added = run(rows, at + removed, RowKind::Added);
        if removed > 0 && removed == added {
            for offset in 0..removed {
                let (old, new) = (at + offset, at + removed + offset);
                let (first, second) = difference(&rows[old].text, &rows[new].text);
                marks[old] = first;
                marks[new] = second;
            }
        }
        at += (removed + added).max(1);
    }
    marks
}

/// Length of the run of one kind that starts here.
fn run(rows: &[DiffLine], from: usize, kind: RowKind) -> usize {
    rows.get(from..).unwrap_or_default().iter().take_while(|row| row.kind == kind).count()
}

/// A part of a line, from and to in bytes.
type Part = Option<(usize, usize)>;

/// The parts of two lines between their common start and their common end; none when hardly anything is common.
fn difference(old: &str, new: &str) -> (Part, Part) {
    let start: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let end: usize = old[start..]
        .chars()
        .rev()
        .zip(new[start..].chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    if start + end < 3 {
        return (None, None);
    }
    let part = |text: &str| (text.len() - end > start).then_some((start, text.len() - end));
    (part(old), part(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_within_a_line_is_marked() {
        assert_eq!(difference("PORT = 443", "PORT = 8443"), (None, Some((7, 8))));
        assert_eq!(difference("PORT = 80", "PORT = 8080"), (None, Some((9, 11))));
        assert_eq!(difference("NAME = ä", "NAME = öü"), (Some((7, 9)), Some((7, 11))));
        assert_eq!(difference("abc", "xyz"), (None, None));
    }
}
