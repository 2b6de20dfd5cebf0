//! The fingerprint of a key, set so that two people can compare it group by group.

use crate::drawn::Draw;
use leptos::prelude::*;

/// A grouped fingerprint, four groups in a row.
#[component]
pub fn Fingerprint(
    /// "3F2A 91C0 …": groups with blanks between them.
    #[prop(into)]
    grouped: String,
) -> impl IntoView {
    view! {
        <code class="fingerprint">
            {grouped.split_whitespace().map(|group| view! { <span>{group.to_owned()}</span>" " }).collect_view()}
        </code>
    }
    .drawn()
}
