//! The products side by side. They are never added together.

use super::model::{Period, ProductRow, UsageFilter, UsagePage};
use crate::charts::Bar;
use crate::components::{Card, Cell, Column, Statement, Table};
use crate::drawn::Draw;
use crate::request::Tone;
use leptos::prelude::*;
use licensing::usage::growth;
use licensing::words::{count, grouped, time_in_use};
use std::cmp::Ordering;

/// One row per product; the name leads to its detail.
#[component]
pub(super) fn Summary(data: UsagePage, chosen: String) -> impl IntoView {
    let (csv, json) = (data.filter.summary_file("csv"), data.filter.summary_file("json"));
    let aside = view! { <a href=csv download="">"CSV"</a>" · "<a href=json download="">"JSON"</a> }.drawn();
    let filter = data.filter;
    let recorded_since = data.period.recorded_since.clone();
    let before = match &recorded_since {
        None => format!("Change against {}", data.period.before_words),
        Some(day) => format!("Recorded since {day}, so there is no whole period before to compare with"),
    };
    let table = Table::new(format!("Use by product, {}", data.period.words))
        .labelled()
        .look("products")
        .sorts("products", "product", false)
        .row_class(|row: &ProductRow| if row.product == chosen { "current" } else { "" })
        .column(
            Column::row_header("Product", |row: &ProductRow, cell| {
                let href = filter.of_product(&row.product).href_at_product();
                let current = (row.product == chosen).then_some("true");
                let product = row.product.clone();
                cell.view(view! { <a href=href aria-current=current><code class="product">{product}</code></a> });
                if row.now > 0 {
                    cell.sub(|cell| cell.text(&format!("{} in use now", grouped(row.now))));
                }
            })
            .sort_by("product", |row| row.product.clone()),
        )
        .column(
            Column::text("Peak / licensed", write_peak)
                .meaning("The most in use at once, and how many were licensed then".to_owned())
                .class("peak-cell")
                .sort_by("peak", |row| row.totals.peak),
        )
        .column(
            Column::number("Check-outs", |row: &ProductRow, cell| cell.number(row.totals.taken))
                .sort_by("taken", |row| row.totals.taken),
        )
        .column(
            Column::number("Time in use", |row: &ProductRow, cell| cell.text(&time_in_use(row.totals.use_ms)))
                .sort_by("time", |row| row.totals.use_ms),
        )
        .column(
            Column::number("Denied", |row: &ProductRow, cell| match row.totals.denied {
                0 => cell.text("0"),
                denied => {
                    let href = filter.at_tab(&row.product, "refused").href_at_product();
                    cell.view(view! { <a class="refused-count" href=href>{grouped(denied)}</a> });
                }
            })
            .sort_by("denied", |row| row.totals.denied),
        )
        .column(
            Column::number("Change", |row: &ProductRow, cell| write_change(row, recorded_since.as_deref(), cell))
                .meaning(before)
                .class("change")
                .sort_by("change", |row| row.before.map(|before| Gain::of(row.totals.taken, before.taken))),
        )
        .draw(&data.products);
    view! {
        <Card title="Products" id="products" aside=aside>
            {table}
            <p class="fine">"Rows overlap, so there is no total."</p>
        </Card>
    }
    .drawn()
}

/// By how much a number grew, to sort by: the ratio of now to before; from nothing is the most.
#[derive(Debug, Clone, Copy)]
struct Gain {
    now: u64,
    before: u64,
}

impl Gain {
    /// Nothing at both times is no change.
    fn of(now: u64, before: u64) -> Gain {
        if (now, before) == (0, 0) { Gain { now: 1, before: 1 } } else { Gain { now, before } }
    }
}

impl Ord for Gain {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, others) =
            (u128::from(self.now) * u128::from(other.before), u128::from(other.now) * u128::from(self.before));
        match (self.before, other.before) {
            // From nothing: by what it grew to.
            (0, 0) => self.now.cmp(&other.now),
            _ => mine.cmp(&others),
        }
    }
}

impl PartialOrd for Gain {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Gain {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Gain {}

/// The peak, against what was licensed in its hour.
fn write_peak(row: &ProductRow, cell: &mut Cell<'_>) {
    let peak = row.totals.peak;
    cell.markup("<span class=\"peak-line\">");
    cell.strong(&grouped(peak));
    match row.licensed {
        _ if row.metered => cell.muted(", metered"),
        Some(licensed) => cell.muted(&format!(" of {}", grouped(licensed))),
        None => cell.muted(", licensed then is not known"),
    }
    cell.markup("</span>");
    if let Some(licensed) = row.licensed.filter(|_| !row.metered) {
        let mark = (peak > licensed).then_some(licensed);
        cell.view(view! { <Bar value=peak of=licensed.max(peak) mark=mark look=look(row) /> });
    }
    if let Some((licensed, at)) = &row.full {
        cell.sub(|cell| cell.text(&format!("all {} in use on {}", grouped(*licensed), at.words)));
    }
}

/// How the number of check-outs changed, and the peak. Half a period is nothing to compare with.
fn write_change(row: &ProductRow, recorded_since: Option<&str>, cell: &mut Cell<'_>) {
    let Some(before) = &row.before else {
        return cell.muted(&match recorded_since {
            Some(day) => format!("recorded since {day}"),
            None => "nothing to compare".to_owned(),
        });
    };
    cell.markup("<span>");
    cell.text(&growth(row.totals.taken, before.taken));
    cell.sub(|cell| cell.text(&format!("peak {} \u{2192} {}", grouped(before.peak), grouped(row.totals.peak))));
    cell.markup("</span>");
}

/// How near a product came to its limit.
fn tone(row: &ProductRow) -> Tone {
    let limit = row.licensed.filter(|_| !row.metered && row.totals.peak > 0);
    let full = row.full.is_some() || limit.is_some_and(|licensed| row.totals.peak >= licensed);
    if full || row.totals.denied > 0 { Tone::Warning } else { Tone::Success }
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
    let of = match row.licensed {
        _ if row.metered => String::new(),
        Some(licensed) => format!(" of {} licensed", grouped(licensed)),
        None => " (licensed then is not known)".to_owned(),
    };
    let when = row.peak_at.as_ref().map(|at| format!(" on {}", at.words)).unwrap_or_default();
    format!("{product} peaked at {}{of}{when}; {refused}.", grouped(row.totals.peak))
}

/// The figures behind it, and those of the period before.
fn more(row: &ProductRow, period: &Period) -> String {
    let totals = &row.totals;
    let full = row
        .full
        .as_ref()
        .map(|(licensed, at)| format!("When {} were licensed, all were in use on {}. ", grouped(*licensed), at.words));
    let now = format!(
        "{}{}, in use for {}.",
        full.unwrap_or_default(),
        count(totals.taken, "check-out", "check-outs"),
        time_in_use(totals.use_ms)
    );
    match (&row.before, &period.recorded_since) {
        (Some(before), _) => format!(
            "{now} The previous period ({}) peaked at {}; {}.",
            period.before_words,
            grouped(before.peak),
            refused_words(before.denied)
        ),
        (None, Some(day)) => format!("{now} Recorded since {day}, so there is no whole period before to compare with."),
        (None, None) => format!("{now} There is no data for the previous period."),
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
        <Statement tone=tone(&row) sentence=sentence(&row)>
            <p>{more(&row, &period)}</p>
            {narrowed.map(|words| view! { <p class="muted">{words}</p> })}
        </Statement>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::usage::{Moment, Totals};

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
            (
                row(1, None, 1),
                "SPEECH peaked at 1 (licensed then is not known) on Tue 17 Nov, 10:00\u{2013}11:00; 1 request was denied.",
            ),
            (
                ProductRow { metered: true, ..row(7, None, 0) },
                "SPEECH peaked at 7 on Tue 17 Nov, 10:00\u{2013}11:00; no request was denied.",
            ),
            (row(0, Some(0), 3), "SPEECH was requested and never granted; 3 requests were denied."),
            (row(0, Some(4), 0), "SPEECH was not in use."),
        ] {
            assert_eq!(sentence(&row), words);
        }
    }

    #[test]
    fn without_a_whole_period_before_it_says_since_when_use_is_recorded_and_compares_nothing() {
        let at = Moment { at_ms: 0, words: "Tue 3 Nov, 10:00\u{2013}11:00".into() };
        let row = ProductRow { full: Some((29, at)), ..ProductRow::default() };
        let period = Period { recorded_since: Some("24 Oct 2026".into()), ..Period::default() };
        let words = more(&row, &period);
        assert!(
            words.starts_with("When 29 were licensed, all were in use on Tue 3 Nov, 10:00\u{2013}11:00. 0 check-outs"),
            "{words}"
        );
        assert!(
            words.ends_with("Recorded since 24 Oct 2026, so there is no whole period before to compare with."),
            "{words}"
        );
        let html = Cell::alone(|cell| write_change(&row, Some("24 Oct 2026"), cell)).to_html();
        assert_eq!(html, "<span class=\"muted\">recorded since 24 Oct 2026</span>");
        assert_eq!(tone(&row), Tone::Warning, "its limit was reached");
    }

    #[test]
    fn growth_is_sorted_by_its_ratio_and_from_nothing_is_the_most() {
        let mut all = [(5, 0), (0, 4), (112, 100), (0, 0), (9, 0), (92, 100)];
        all.sort_by_key(|(now, before)| Gain::of(*now, *before));
        assert_eq!(all, [(0, 4), (92, 100), (0, 0), (112, 100), (5, 0), (9, 0)]);
    }
}
