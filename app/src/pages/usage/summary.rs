//! The products side by side. They are never added together.

use super::model::{ProductRow, UsageFilter, UsagePage};
use super::words::{change, look};
use crate::charts::Bar;
use crate::components::Card;
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::words::{grouped, time_in_use};

/// One row per product; the name leads to its detail.
#[component]
pub(super) fn Summary(data: UsagePage, chosen: String) -> impl IntoView {
    let (csv, json) = (data.filter.summary_file("csv"), data.filter.summary_file("json"));
    let aside = view! { <a href=csv download="">"CSV"</a>" · "<a href=json download="">"JSON"</a> }.drawn();
    let filter = data.filter;
    let before = format!("Change against {}", data.period.before_words);
    view! {
        <Card title="Products" id="products" aside=aside>
            <table class="table products">
                <caption class="vh">{format!("Use by product, {}", data.period.words)}</caption>
                <thead><tr>
                    <th scope="col">"Product"</th>
                    <th scope="col">"Peak / licensed"</th>
                    <th scope="col" class="num">"Check-outs"</th>
                    <th scope="col" class="num">"Time in use"</th>
                    <th scope="col" class="num">"Denied"</th>
                    <th scope="col" class="num"><abbr title=before>"Change"</abbr></th>
                </tr></thead>
                <tbody>{data.products.into_iter().map(|row| {
                    let current = row.product == chosen;
                    view! { <Row row=row filter=filter.clone() current=current /> }
                }).collect_view()}</tbody>
            </table>
            <p class="fine">"Rows overlap, so there is no total."</p>
        </Card>
    }
    .drawn()
}

#[component]
fn Row(row: ProductRow, filter: UsageFilter, current: bool) -> impl IntoView {
    let href = filter.of_product(&row.product).href_at_product();
    let refusals = filter.at_tab(&row.product, "refused").href_at_product();
    let (peak, licensed) = (row.totals.peak, row.licensed);
    let look = look(&row);
    let taken = change(row.totals.taken, row.before.map(|before| before.taken));
    let peaks = row.before.map(|before| format!("peak {} \u{2192} {}", grouped(before.peak), grouped(peak)));
    view! {
        <tr class=if current { "current" } else { "" }>
            <th scope="row">
                <a href=href aria-current=current.then_some("true")><code class="product">{row.product}</code></a>
                {(row.now > 0).then(|| view! { <span class="sub">{format!("{} in use now", grouped(row.now))}</span> })}
            </th>
            <td data-label="Peak / licensed" class="peak-cell">
                <span class="peak-line">
                    <b>{grouped(peak)}</b>
                    {match licensed {
                        Some(licensed) => view! { <span class="muted">{format!(" of {}", grouped(licensed))}</span> }.drawn(),
                        None => view! { <span class="muted">", licensed unknown"</span> }.drawn(),
                    }}
                </span>
                {licensed.map(|licensed| view! { <Bar value=peak of=licensed.max(peak) mark=(peak > licensed).then_some(licensed) look=look /> })}
            </td>
            <td data-label="Check-outs" class="num">{grouped(row.totals.taken)}</td>
            <td data-label="Time in use" class="num">{time_in_use(row.totals.use_ms)}</td>
            <td data-label="Denied" class="num">
                {if row.totals.denied > 0 {
                    view! { <a class="refused-count" href=refusals>{grouped(row.totals.denied)}</a> }.drawn()
                } else {
                    "0".drawn()
                }}
            </td>
            <td data-label="Change" class="num change">
                {match taken {
                    Some(words) => view! { <span>{words}<span class="sub">{peaks}</span></span> }.drawn(),
                    None => view! { <span class="muted">"nothing to compare"</span> }.drawn(),
                }}
            </td>
        </tr>
    }
    .drawn()
}
