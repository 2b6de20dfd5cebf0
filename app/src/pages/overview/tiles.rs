//! The parts of the installation, one tile each: quiet while all is well, else coloured and leading to the cause.

use crate::components::Pill;
use crate::drawn::Draw;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::attention::{Issue, PartState};
use licensing::service::Urgency;

/// All parts.
#[component]
pub(super) fn Tiles() -> impl IntoView {
    let parts = request().badge.attention.clone();
    view! {
        <section aria-label="Status by area">
            <ul class="tiles">{parts.into_iter().map(|part| view! { <Tile part=part /> }).collect_view()}</ul>
        </section>
    }
    .drawn()
}

#[component]
fn Tile(part: PartState) -> impl IntoView {
    // A note is nothing to act on.
    let tone = if part.level >= Urgency::Warning { part.level.into() } else { Tone::Neutral };
    let rest: Vec<Issue> = part.issues.into_iter().skip(1).collect();
    view! {
        <li class=format!("tile {}", tone.class())>
            <a href=part.path>
                <span class="tile-part">{part.part.label()}</span>
                <Pill tone=tone text=part.state />
            </a>
            <p>{part.sentence}</p>
            {(!rest.is_empty()).then(|| view! {
                <ul class="tile-more">
                    {rest.into_iter().map(|issue| view! { <li><a href=issue.path>{issue.state}</a>" "{issue.sentence}</li> }).collect_view()}
                </ul>
            })}
        </li>
    }
    .drawn()
}
