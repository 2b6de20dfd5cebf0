//! The use of one product in a sentence: how high it went, when, and how many requests were denied.

use super::model::{Period, ProductRow, UsageFilter};
use super::words::{refused_words, tone};
use crate::components::Statement;
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::words::{count, grouped, time_in_use};

/// "SPEECH peaked at 38 of 40 licensed on Tue 17 Nov, 10:00–11:00; 12 requests were denied."
pub(super) fn sentence(row: &ProductRow) -> String {
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
            (row(1, None, 1), "SPEECH peaked at 1 on Tue 17 Nov, 10:00\u{2013}11:00; 1 request was denied."),
            (row(0, Some(0), 3), "SPEECH was requested and never granted; 3 requests were denied."),
            (row(0, Some(4), 0), "SPEECH was not in use."),
        ] {
            assert_eq!(sentence(&row), words);
        }
    }
}
