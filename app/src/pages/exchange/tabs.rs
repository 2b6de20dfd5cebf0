//! The pages of the exchange, side by side.

use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;

/// The four views, in their order.
const TABS: [(&str, &str); 4] = [
    ("Online", paths::EXCHANGE),
    ("Offline", paths::EXCHANGE_HAND),
    ("Ledger", paths::EXCHANGE_LEDGER),
    ("Other clusters", paths::EXCHANGE_CLUSTERS),
];

/// Links to the views; the one shown is marked.
#[component]
pub(super) fn Tabs() -> impl IntoView {
    let path = request().path.clone();
    view! {
        <nav class="tabs" aria-label="Exchange">
            {TABS.into_iter().map(|(label, href)| {
                let current = (path == href || (href == paths::EXCHANGE_HAND && path.starts_with(paths::EXCHANGE_HAND))).then_some("page");
                view! { <a href=href aria-current=current>{label}</a> }
            }).collect_view()}
        </nav>
    }
    .drawn()
}
