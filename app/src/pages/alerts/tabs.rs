//! The pages of the settings, side by side.

use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;

const TABS: [(&str, &str); 2] = [("This server", paths::SETTINGS), ("Alerts", paths::ALERTS)];

/// Links to the pages; the one shown is marked.
#[component]
pub(crate) fn SettingsTabs() -> impl IntoView {
    let path = request().path.clone();
    view! {
        <nav class="tabs" aria-label="Settings">
            {TABS.into_iter().map(|(label, href)| {
                let current = (path == href).then_some("page");
                view! { <a href=href aria-current=current>{label}</a> }
            }).collect_view()}
        </nav>
    }
    .drawn()
}
