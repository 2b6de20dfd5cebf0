//! Which period, whose use, in which zone: links and a form, so that the address says it all.

use super::model::{UsageFilter, UsagePage};
use crate::components::{FilterChoice, FilterForm, plain_options};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

/// The periods there are: value and words. The first but one is the default.
const RANGES: [(&str, &str, &str); 5] = [
    ("7d", "7 days", "7 d"),
    ("30d", "30 days", "30 d"),
    ("90d", "90 days", "90 d"),
    ("365d", "1 year", "1 y"),
    ("custom", "Dates", "Dates"),
];

/// The default period.
const DEFAULT_RANGE: &str = "30d";

#[component]
pub(super) fn Tools(data: UsagePage) -> impl IntoView {
    let filter = data.filter.clone();
    let range = if filter.range.is_empty() { DEFAULT_RANGE } else { filter.range.as_str() }.to_owned();
    let period = data.period.clone();
    let ranges = RANGES.map(|(value, words, short)| {
        let custom = value == "custom";
        let target = UsageFilter {
            range: if value == DEFAULT_RANGE { String::new() } else { value.to_owned() },
            from: if custom { period.first_day.clone() } else { String::new() },
            to: if custom { period.last_day.clone() } else { String::new() },
            step: String::new(),
            before: String::new(),
            ..filter.clone()
        };
        let current = (value == range).then_some("true");
        view! { <a href=target.href() aria-current=current aria-label=words><span class="long">{words}</span><span class="short" aria-hidden="true">{short}</span></a> }
    });
    view! {
        <div class="usage-tools">
            <nav class="segments links" aria-label="Period">{ranges.into_iter().collect_view()}</nav>
            <UsageFilters data=data range=range />
        </div>
    }
    .drawn()
}

#[component]
fn UsageFilters(data: UsagePage, range: String) -> impl IntoView {
    let UsagePage { filter, period, zones, clients, contexts, .. } = data;
    let narrowed = !filter.client.is_empty() || !filter.context.is_empty();
    let clear = narrowed.then(|| {
        UsageFilter { client: String::new(), context: String::new(), before: String::new(), ..filter.clone() }.href()
    });
    let kept = vec![
        ("product", filter.product.clone()),
        ("range", filter.range.clone()),
        ("tab", filter.tab.clone()),
        ("step", filter.step.clone()),
    ];
    let dates = (range == "custom").then_some([("from", "From", period.first_day), ("to", "To", period.last_day)]);
    view! {
        <FilterForm action=paths::USAGE label="Filter the usage" kept=kept submit="Show" clear=clear>
            {dates.map(|dates| dates.into_iter().map(|(name, label, day)| view! {
                <div class="field inline">
                    <label for=format!("filter-{name}")>{label}</label>
                    <input class="input" type="date" id=format!("filter-{name}") name=name value=day required />
                </div>
            }).collect_view())}
            <FilterChoice name="client" label="Client" all="All clients" chosen=filter.client options=plain_options(clients) />
            {(contexts.len() > 1).then(|| view! {
                <FilterChoice name="context" label="Context" all="All contexts" chosen=filter.context options=plain_options(contexts) />
            })}
            <FilterChoice name="zone" label="Time zone" all="The server's" chosen=filter.zone options=zones />
        </FilterForm>
    }
    .drawn()
}
