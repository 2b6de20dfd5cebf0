//! Entries of the audit log.

use super::model::{AuditItem, Outcome};
use crate::components::{Cell, Column, Table, absolute};
use crate::drawn::Drawn;
use crate::request::Tone;

/// Entries, newest first, or `empty` when there are none.
pub(super) fn entries(items: &[AuditItem], empty: Drawn) -> Drawn {
    Table::new("Entries, newest first")
        .look("audit")
        .column(Column::row_header("When", |item: &AuditItem, cell| {
            cell.text(&absolute(item.at_ms));
            cell.sub(|cell| cell.ago(item.at_ms));
        }))
        .column(Column::text("Who", |item: &AuditItem, cell| cell.strong(&item.who)))
        .column(Column::text("What", write_what).whole_line())
        .column(Column::text("From", |item: &AuditItem, cell| cell.text(&item.from)))
        .column(Column::number("Entry", |item: &AuditItem, cell| cell.number(item.id.unsigned_abs())))
        .empty(empty)
        .draw(items)
}

/// What was done, how it ended when not well, and what was said to it.
fn write_what(item: &AuditItem, cell: &mut Cell<'_>) {
    match &item.href {
        Some(href) => cell.link(href, &item.what),
        None => cell.text(&item.what),
    }
    let outcome = match item.outcome {
        Outcome::Done => None,
        Outcome::Refused => Some((Tone::Warning, "Refused")),
        Outcome::Failed => Some((Tone::Danger, "Failed")),
    };
    if let Some((tone, word)) = outcome {
        cell.markup(" ");
        cell.pill(tone, word);
    }
    if let Some(comment) = &item.comment {
        cell.markup("<p class=\"comment\">");
        cell.text(comment);
        cell.markup("</p>");
    }
}
