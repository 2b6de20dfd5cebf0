//! Where a report stands, in a word.

use crate::components::Pill;
use crate::request::Tone;
use leptos::prelude::*;

/// Tone and word of a state of the ledger.
pub(super) fn look(state: &str) -> (Tone, &'static str) {
    match state {
        "answered" => (Tone::Success, "Answered"),
        "open" => (Tone::Info, "Waiting for answer"),
        _ => (Tone::Warning, "No answer"),
    }
}

/// The state as a pill.
#[component]
pub(super) fn ReportState(#[prop(into)] state: String) -> impl IntoView {
    let (tone, word) = look(&state);
    view! { <Pill tone=tone text=word /> }
}

/// How it was carried: "online", "offline, in the console".
pub(super) fn way(channel: &str) -> String {
    match channel {
        "online" => "online".to_owned(),
        "console" => "offline, in the console".to_owned(),
        "API" => "offline, over the API".to_owned(),
        "command line" => "offline, with a command".to_owned(),
        "reporting API" => "over the reporting API".to_owned(),
        other => other.to_owned(),
    }
}
