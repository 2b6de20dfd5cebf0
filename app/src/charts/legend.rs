//! What the marks of a chart mean: a sample of the mark, and its word.

use crate::drawn::{Draw, Drawn};
use leptos::prelude::*;

/// Mark classes and their words: `peak`, `full`, `licensed`, `before`, `refused`.
#[component]
pub fn Legend(items: Vec<(&'static str, String)>) -> impl IntoView {
    view! {
        <ul class="legend">
            {items.into_iter().map(|(mark, words)| view! {
                <li><svg class=format!("legend-mark {mark}") width="16" height="12" aria-hidden="true" focusable="false">
                    {sample(mark)}
                </svg><span>{words}</span></li>
            }).collect_view()}
        </ul>
    }
    .drawn()
}

/// A small piece of what is drawn.
fn sample(mark: &str) -> Drawn {
    match mark {
        "licensed" => view! { <line class="course-licensed" x1="0" x2="16" y1="6" y2="6" /> }.drawn(),
        "before" => view! { <line class="course-before" x1="0" x2="16" y1="6" y2="6" /> }.drawn(),
        "refused" => view! { <line class="course-refused" x1="8" x2="8" y1="1" y2="11" /> }.drawn(),
        "full" => view! { <rect class="course-full" x="3" y="1" width="10" height="10" /> }.drawn(),
        _ => view! { <rect class="course-peak" x="3" y="1" width="10" height="10" /> }.drawn(),
    }
}
