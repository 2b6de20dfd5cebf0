//! One product: its views as tabs, because each answers another question.

use super::lists::{ByClient, ByUser};
use super::model::{Detail, UsageFilter, UsagePage};
use super::over_time::OverTime;
use super::refusals::Refusals;
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::words::grouped;

/// The views: value in the address, and words.
const TABS: [(&str, &str); 4] =
    [("course", "Over time"), ("clients", "Clients"), ("users", "Users"), ("refused", "Denied")];

/// Name, tabs, and the view that was chosen.
#[component]
pub(super) fn ProductDetail(detail: Detail, data: UsagePage) -> impl IntoView {
    let product = detail.row.product.clone();
    let tab = TABS.iter().find(|(value, _)| *value == data.filter.tab).map_or("course", |(value, _)| value);
    let filter = data.filter.clone();
    let denied = detail.row.totals.denied;
    view! {
        <div class="detail-head" id="product">
            <h2><span class="vh">"Product "</span><code>{product.clone()}</code></h2>
            <nav class="tabs" aria-label="Views of the product">
                {TABS.into_iter().map(|(value, words)| {
                    let target = if value == "course" { "" } else { value };
                    let href = filter.at_tab(&product, target).href_at_product();
                    let count = (value == "refused" && denied > 0).then(|| format!(" ({})", grouped(denied)));
                    view! { <a href=href aria-current=(value == tab).then_some("page")>{words}{count}</a> }
                }).collect_view()}
            </nav>
        </div>
        {match tab {
            "clients" => view! { <ByClient detail=detail data=data /> }.drawn(),
            "users" => view! { <ByUser detail=detail data=data /> }.drawn(),
            "refused" => view! { <Refusals detail=detail data=data /> }.drawn(),
            _ => view! { <OverTime detail=detail data=data /> }.drawn(),
        }}
    }
    .drawn()
}

/// The same data as files.
#[component]
pub(super) fn Files(detail: Detail) -> impl IntoView {
    view! { <a href=detail.csv download="">"CSV"</a>" · "<a href=detail.json download="">"JSON"</a> }.drawn()
}

/// Links to the widths of a step; nothing when there is no choice.
#[component]
pub(super) fn Steps(detail: Detail, filter: UsageFilter) -> impl IntoView {
    let chosen = detail.step;
    (detail.steps.len() > 1)
        .then(|| {
            view! {
                <nav class="segments links steps" aria-label="One column for each">
                    {detail.steps.into_iter().map(|step| {
                        let target = UsageFilter { step: step.clone(), ..filter.clone() };
                        let words = super::over_time::step_words(&step).0;
                        view! { <a href=target.href_at_product() aria-current=(step == chosen).then_some("true")>{words}</a> }
                    }).collect_view()}
                </nav>
            }
        })
        .drawn()
}
