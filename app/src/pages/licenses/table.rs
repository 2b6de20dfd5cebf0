//! The licenses as two tables: those that applications can take, and those they cannot, each with the reason.

use super::model::{LicenseFilter, LicenseRow};
use crate::components::{Cell, Column, Table};
use crate::drawn::Drawn;
use crate::paths;
use crate::request::Tone;
use licensing::words::grouped;

/// The states there are: the value in the address, and the words.
pub(super) const STATES: [(&str, &str); 6] = [
    ("active", "Active"),
    ("expired", "Expired"),
    ("lapsed", "Lapsed"),
    ("wrong_context", "Other context"),
    ("other_guid", "Other server"),
    ("not_yet_served", "Not synced yet"),
];

/// The words for a state; an unknown one is shown as it is.
pub(super) fn state_words(state: &str) -> String {
    STATES.iter().find(|(value, _)| *value == state).map_or(state, |(_, words)| words).to_owned()
}

/// The words for a kind: "Concurrent".
pub(super) fn kind_words(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The licenses that applications can take. All of them are active, so no column says it.
pub(super) fn loaded(items: &[LicenseRow], filter: &LicenseFilter) -> Drawn {
    let sorted_by = |sort, descending| LicenseFilter { sort, descending, ..filter.clone() }.href();
    Table::new("Loaded licenses")
        .look("licenses")
        .sorted("product", &filter.sort, filter.descending, sorted_by)
        .column(Column::row_header("Product", write_product).by("product"))
        .column(Column::text("Kind", write_kind).by("kind"))
        .column(Column::number("Licensed", write_licensed).by("licensed"))
        .column(Column::number("In use", write_in_use).by("in_use"))
        .column(Column::time("Expires", write_expires).by("expires"))
        .column(Column::time("Maintenance", write_maintenance).by("maintenance"))
        .draw(items)
}

/// The licenses that are kept, and why they do not count.
pub(super) fn not_loaded(items: &[LicenseRow]) -> Drawn {
    Table::new("Licenses that are not loaded")
        .look("licenses off")
        .column(Column::row_header("Product", write_product))
        .column(Column::text("Kind", write_kind))
        .column(Column::number("Licensed", write_licensed))
        .column(Column::text("Context", |row: &LicenseRow, cell| cell.text(&row.context)))
        .column(Column::state("State", |row: &LicenseRow, cell| {
            cell.pill(row.tone, &row.state_label);
            if let Some(at) = row.expires_ms.filter(|_| row.state == "expired") {
                cell.sub(|cell| {
                    cell.text("since ");
                    cell.date_of(at);
                });
            }
        }))
        .column(
            Column::text("Reason", |row: &LicenseRow, cell| {
                cell.text(row.reason.as_deref().unwrap_or_default());
            })
            .whole_line(),
        )
        .draw(items)
}

/// How many there are. A metered license sets no limit; it says how many uses it includes.
fn write_licensed(row: &LicenseRow, cell: &mut Cell<'_>) {
    if row.kind == "metered" {
        cell.text("metered");
        cell.sub(|cell| cell.text(&format!("{} included", grouped(row.licensed))));
    } else {
        cell.number(row.licensed);
    }
}

/// The product, with the version it is good for and the id of the license.
fn write_product(row: &LicenseRow, cell: &mut Cell<'_>) {
    cell.code(&row.product);
    cell.sub(|cell| {
        if let Some(version) = &row.version {
            cell.text(&format!("up to version {version} · "));
        }
        cell.text(&row.id);
    });
}

fn write_kind(row: &LicenseRow, cell: &mut Cell<'_>) {
    cell.text(&kind_words(&row.kind));
    if let Some(hours) = row.hours {
        cell.sub(|cell| {
            cell.number(hours);
            cell.text(" h");
        });
    }
}

/// How many are in use; the number leads to the clients that have them.
fn write_in_use(row: &LicenseRow, cell: &mut Cell<'_>) {
    if row.in_use > 0 || row.over_committed {
        cell.link(&paths::clients_of(&row.product), &grouped(row.in_use));
    } else {
        cell.number(row.in_use);
    }
    if row.over_committed {
        cell.sub(|cell| cell.pill(Tone::Danger, "Over-committed"));
    }
}

/// The day, and how long that is where it is near.
fn write_expires(row: &LicenseRow, cell: &mut Cell<'_>) {
    match row.expires_ms {
        Some(at) if row.expires_soon => {
            cell.date(at);
            cell.markup(" ");
            cell.pill_until(Tone::Warning, at);
        }
        Some(at) => cell.date(at),
        None => cell.text("Never"),
    }
}

fn write_maintenance(row: &LicenseRow, cell: &mut Cell<'_>) {
    match row.maintenance_ms {
        Some(at) => cell.date(at),
        None => cell.text("No end"),
    }
    if row.maintenance_over {
        cell.markup(" ");
        cell.tag("off", "over");
    }
}
