//! How a client is doing: connected, silent or gone, and what asks for attention.

use super::model::ClientRow;
use crate::components::{Pill, TimeUntil, duration_words};
use crate::drawn::Draw;
use crate::request::Tone;
use leptos::prelude::*;

/// The states: value in the address, words, tone.
pub(super) const STATES: [(&str, &str, Tone); 3] =
    [("connected", "Connected", Tone::Success), ("silent", "Silent", Tone::Warning), ("gone", "Gone", Tone::Neutral)];

/// Words and tone of a state.
pub(super) fn state(value: &str) -> (&'static str, Tone) {
    STATES
        .iter()
        .find(|(name, ..)| *name == value)
        .map_or(("Not known", Tone::Neutral), |(_, words, tone)| (words, *tone))
}

/// "3 min ahead", "40 s behind".
pub(super) fn clock_words(off_ms: i64) -> String {
    let by = duration_words(off_ms.saturating_abs());
    if off_ms > 0 { format!("{by} ahead") } else { format!("{by} behind") }
}

/// The state as a pill, and what else is worth knowing as lines under it.
#[component]
pub(super) fn StateCell(row: ClientRow) -> impl IntoView {
    let (words, tone) = state(&row.state);
    let released = row.holdings.iter().filter_map(|holding| holding.released_until_ms).max();
    view! {
        <Pill tone=tone text=words />
        {row.over_limit.then(|| view! { " "<Pill tone=Tone::Danger text="Over its limit" /> })}
        {row.counted_until_ms.map(|at| view! { <span class="sub">"counted until "<TimeUntil at_ms=at /></span> })}
        {released.map(|at| view! { <span class="sub">"released, gets none until "<TimeUntil at_ms=at /></span> })}
        {row.clock_off_ms.map(|off| view! { <span class="sub">{format!("clock {}", clock_words(off))}</span> })}
    }
    .drawn()
}
