//! The clients as a table.

use super::model::{ClientFilter, ClientRow, Holding};
use super::state::write_state;
use crate::components::{Cell, Column, Table};
use crate::drawn::Drawn;
use crate::paths;

/// The clients and what each holds, or `empty` when there are none.
pub(super) fn table(items: &[ClientRow], filter: &ClientFilter, empty: Drawn) -> Drawn {
    let sorted_by = |sort, descending| ClientFilter { sort, descending, ..filter.clone() }.href();
    Table::new("Clients and the licenses they hold")
        .look("clients")
        .sorted("name", &filter.sort, filter.descending, sorted_by)
        .row_class(|row: &ClientRow| if row.state == "gone" { "gone" } else { "" })
        .column(Column::row_header("Client", write_name).by("name"))
        .column(
            Column::text("Host", |row: &ClientRow, cell| {
                cell.text(&row.host);
                cell.sub(|cell| cell.code(&row.address));
            })
            .by("host")
            .whole_line(),
        )
        .column(Column::text("Holds", write_holdings).by("held").whole_line())
        .column(Column::time("Connected", |row: &ClientRow, cell| cell.ago(row.since_ms)).by("since"))
        .column(Column::time("Last refresh", |row: &ClientRow, cell| cell.ago(row.seen_ms)).by("seen"))
        .column(Column::state("State", write_state))
        .empty(empty)
        .draw(items)
}

fn write_name(row: &ClientRow, cell: &mut Cell<'_>) {
    cell.link(&paths::client(row.id), &row.name);
    if !row.software.is_empty() {
        cell.sub(|cell| cell.text(&row.software));
    }
}

/// "TTS3 12 of 14" for each product; what is wanted beyond it is said.
fn write_holdings(row: &ClientRow, cell: &mut Cell<'_>) {
    let has = |holding: &&Holding| holding.held > 0 || holding.counted > 0 || holding.want > 0;
    if !row.holdings.iter().any(|holding| has(&holding)) {
        return cell.muted("nothing");
    }
    cell.markup("<ul class=\"holdings\">");
    for holding in row.holdings.iter().filter(has) {
        cell.markup("<li>");
        cell.code(&holding.product);
        cell.markup(" <b>");
        cell.number(holding.held);
        cell.markup("</b><span class=\"muted\"> of ");
        cell.number(holding.limit);
        let short = holding.want.saturating_sub(holding.limit.max(holding.held));
        if short > 0 {
            cell.markup(", requested ");
            cell.number(short);
            cell.markup(" more");
        }
        cell.markup("</span></li>");
    }
    cell.markup("</ul>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::Draw;
    use leptos::prelude::*;

    #[test]
    fn sorting_keeps_the_filter() {
        let filter = ClientFilter { product: "TTS3".into(), sort: "seen".into(), ..ClientFilter::default() };
        let html = table(&[ClientRow::default()], &filter, ().drawn()).to_html();
        for address in ["/clients?product=TTS3&amp;sort=name\"", "/clients?product=TTS3&amp;sort=seen&amp;dir=desc\""] {
            assert!(html.contains(address), "{html}");
        }
    }
}
