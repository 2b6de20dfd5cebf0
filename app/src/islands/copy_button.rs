//! Copies a text. On plain `http` the clipboard API is absent; then the browser's older command is used.

use leptos::prelude::*;

/// What the last press led to.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "some are made in the browser only"))]
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Idle,
    Copied,
    Refused,
}

/// A button that copies `text`; it appears once script runs.
#[island]
pub fn CopyButton(
    text: String,
    /// Completes "Copy": "the GUID".
    what: String,
) -> impl IntoView {
    let ready = RwSignal::new(false);
    let outcome = RwSignal::new(Outcome::Idle);
    Effect::new(move |_| ready.set(true));
    let press = move |_| {
        copy(&text, outcome);
        set_timeout(move || outcome.set(Outcome::Idle), std::time::Duration::from_millis(2_500));
    };
    let label = format!("Copy {what}");
    view! {
        <button type="button" class="copy" hidden=move || !ready.get() aria-label=label on:click=press>
            {move || match outcome.get() {
                Outcome::Idle => "Copy",
                Outcome::Copied => "Copied",
                Outcome::Refused => "Select and copy manually",
            }}
        </button>
        <span class="vh" role="status">
            {move || match outcome.get() {
                Outcome::Idle => "",
                Outcome::Copied => "Copied.",
                Outcome::Refused => "The browser blocked copying. Select the text and copy it manually.",
            }}
        </span>
    }
}

#[cfg(feature = "hydrate")]
fn copy(text: &str, outcome: RwSignal<Outcome>) {
    super::browser::copy(text, move |done| outcome.set(if done { Outcome::Copied } else { Outcome::Refused }));
}

#[cfg(not(feature = "hydrate"))]
fn copy(_text: &str, _outcome: RwSignal<Outcome>) {}
