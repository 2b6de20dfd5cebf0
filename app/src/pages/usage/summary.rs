//! The products side by side. They are never added together.

use super::model::{Period, ProductRow, Totals, UsageFilter, UsagePage};
use crate::charts::Bar;
use crate::components::{Card, Cell, Column, Statement, Table};
use crate::drawn::Draw;
use crate::request::Tone;
use leptos::prelude::*;
use licensing::words::{count, grouped, time_in_use};

/// One row per product; the name leads to its detail.
#[component]
pub(super) fn Summary(data: UsagePage, chosen: String) -> impl IntoView {
    let (csv, json) = (data.filter.summary_file("csv"), data.filter.summary_file("json"));
    let aside = view! { <a href=csv download="">"CSV"</a>" · "<a href=json download="">"JSON"</a> }.drawn();
    let filter = data.filter;
    let before = format!("Change against {}", data.period.before_words);
    let table = Table::new(format!("Use by product, {}", data.period.words))
        .labelled()
        .look("products")
        .row_class(|row: &ProductRow| if row.product == chosen { "current" } else { "" })
        .column(Column::row_header("Product", |row: &ProductRow, cell| {
            let href = filter.of_product(&row.product).href_at_product();
            let current = (row.product == chosen).then_some("true");
            let product = row.product.clone();
            cell.view(view! { <a href=href aria-current=current><code class="product">{product}</code></a> });
            if row.now > 0 {
                cell.sub(|cell| cell.text(&format!("{} in use now", grouped(row.now))));
            }
        }))
        .column(Column::text("Peak / licensed", write_peak).class("peak-cell"))
        .column(Column::number("Check-outs", |row: &ProductRow, cell| cell.number(row.totals.taken)))
        .column(Column::number("Time in use", |row: &ProductRow, cell| cell.text(&time_in_use(row.totals.use_ms))))
        .column(Column::number("Denied", |row: &ProductRow, cell| match row.totals.denied {
            0 => cell.text("0"),
            denied => {
                let href = filter.at_tab(&row.product, "refused").href_at_product();
                cell.view(view! { <a class="refused-count" href=href>{grouped(denied)}</a> });
            }
        }))
        .column(Column::number("Change", write_change).meaning(before).class("change"))
        .draw(&data.products);
    view! {
        <Card title="Products" id="products" aside=aside>
            {table}
            <p class="fine">"Rows overlap, so there is no total."</p>
        </Card>
    }
    .drawn()
}

fn write_peak(row: &ProductRow, cell: &mut Cell<'_>) {
    let peak = row.totals.peak;
    cell.markup("<span class=\"peak-line\">");
    cell.strong(&grouped(peak));
    match row.licensed {
        Some(licensed) => cell.muted(&format!(" of {}", grouped(licensed))),
        None => cell.muted(", licensed unknown"),
    }
    cell.markup("</span>");
    if let Some(licensed) = row.licensed {
        let mark = (peak > licensed).then_some(licensed);
        cell.view(view! { <Bar value=peak of=licensed.max(peak) mark=mark look=look(row) /> });
    }
}

/// How the number of check-outs changed, and the peak.
fn write_change(row: &ProductRow, cell: &mut Cell<'_>) {
    let Some(before) = &row.before else { return cell.muted("nothing to compare") };
    cell.markup("<span>");
    cell.text(&change(row.totals.taken, before.taken));
    cell.sub(|cell| cell.text(&format!("peak {} \u{2192} {}", grouped(before.peak), grouped(row.totals.peak))));
    cell.markup("</span>");
}

/// "+12 %", "−8 %", "no change", "new".
fn change(now: u64, before: u64) -> String {
    match (now, before) {
        (0, 0) => "no change".to_owned(),
        (_, 0) => "new".to_owned(),
        (now, before) => {
            let (now, before) = (i128::from(now), i128::from(before));
            let percent = ((now - before) * 200 + before * (now - before).signum()) / (before * 2);
            match percent {
                0 if now == before => "no change".to_owned(),
                0 => "about the same".to_owned(),
                1.. => format!("+{percent} %"),
                _ => format!("\u{2212}{} %", -percent),
            }
        }
    }
}

/// How near a product came to its limit.
fn tone(totals: &Totals, licensed: Option<u64>) -> Tone {
    match licensed {
        _ if totals.denied > 0 => Tone::Warning,
        Some(licensed) if totals.peak >= licensed && totals.peak > 0 => Tone::Warning,
        _ => Tone::Success,
    }
}

/// How a bar of the peak looks.
fn look(row: &ProductRow) -> &'static str {
    match row.licensed {
        Some(licensed) if row.totals.peak > licensed => "over",
        Some(licensed) if row.totals.peak == licensed && licensed > 0 => "full",
        _ => "",
    }
}

/// "1 request was denied", "12 requests were denied".
pub(super) fn refused_words(denied: u64) -> String {
    match denied {
        0 => "no request was denied".to_owned(),
        some => format!("{} denied", count(some, "request was", "requests were")),
    }
}

/// "SPEECH peaked at 38 of 40 licensed on Tue 17 Nov, 10:00–11:00; 12 requests were denied."
fn sentence(row: &ProductRow) -> String {
    let product = &row.product;
    let refused = refused_words(row.totals.denied);
    if row.totals.peak == 0 {
        return match row.totals.denied {
            0 => format!("{product} was not in use."),
            _ => format!("{product} was requested and never granted; {refused}."),
        };
    }
    let of = row.licensed.map(|licensed| format!(" of {} licensed", grouped(licensed))).unwrap_or_default();
    let when = row.peak_at.as_ref().map(|at| format!(" on {}", at.words)).unwrap_or_default();
    format!("{product} peaked at {}{of}{when}; {refused}.", grouped(row.totals.peak))
}

/// The figures behind it, and those of the period before.
fn more(row: &ProductRow, period: &Period) -> String {
    let totals = &row.totals;
    let now = format!("{}, in use for {}.", count(totals.taken, "check-out", "check-outs"), time_in_use(totals.use_ms));
    match &row.before {
        Some(before) => format!(
            "{now} The previous period ({}) peaked at {}; {}.",
            period.before_words,
            grouped(before.peak),
            refused_words(before.denied)
        ),
        None => format!("{now} There is no data for the previous period."),
    }
}

/// The statement of the page.
#[component]
pub(super) fn Opening(row: ProductRow, period: Period, filter: UsageFilter) -> impl IntoView {
    let narrowed = match (filter.client.is_empty(), filter.context.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("Only what the client {} used.", filter.client)),
        (true, false) => Some(format!("Only the context {}.", filter.context)),
        (false, false) => {
            Some(format!("Only what the client {} used in the context {}.", filter.client, filter.context))
        }
    };
    view! {
        <Statement tone=tone(&row.totals, row.licensed) sentence=sentence(&row)>
            <p>{more(&row, &period)}</p>
            {narrowed.map(|words| view! { <p class="muted">{words}</p> })}
        </Statement>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::usage::Moment;

    #[test]
    fn a_change_is_told_against_what_was_before() {
        for (now, before, words) in [
            (112, 100, "+12 %"),
            (92, 100, "\u{2212}8 %"),
            (0, 4, "\u{2212}100 %"),
            (5, 0, "new"),
            (0, 0, "no change"),
            (1_000_001, 1_000_000, "about the same"),
            (u64::MAX, u64::MAX, "no change"),
        ] {
            assert_eq!(change(now, before), words, "{now} {before:?}");
        }
    }

    #[test]
    fn the_sentence_tells_peak_limit_time_and_refusals() {
        let row = |peak, licensed, denied| ProductRow {
            product: "SPEECH".into(),
            totals: Totals { taken: 9, use_ms: 1, denied, peak },
            licensed,
            peak_at: Some(Moment { at_ms: 0, words: "Tue 17 Nov, 10:00\u{2013}11:00".into() }),
            ..ProductRow::default()
        };
        for (row, words) in [
            (
                row(38, Some(40), 12),
                "SPEECH peaked at 38 of 40 licensed on Tue 17 Nov, 10:00\u{2013}11:00; 12 requests were denied.",
            ),
            (row(1, None, 1), "SPEECH peaked at 1 on Tue 17 Nov, 10:00\u{2013}11:00; 1 request was denied."),
            (row(0, Some(0), 3), "SPEECH was requested and never granted; 3 requests were denied."),
            (row(0, Some(4), 0), "SPEECH was not in use."),
        ] {
            assert_eq!(sentence(&row), words);
        }
    }
}
