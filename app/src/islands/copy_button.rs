//! Copies a text. On plain `http` the clipboard API is absent; then the browser's older command is used.

use leptos::html;
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
#[component]
pub fn CopyButton(
    text: String,
    /// Completes "Copy": "the GUID".
    what: String,
) -> impl IntoView {
    view! { <span class="around" data-copy=text data-what=what><Copier /></span> }
}

#[island]
fn Copier() -> impl IntoView {
    let button = NodeRef::<html::Button>::new();
    let label = RwSignal::new(None::<String>);
    let outcome = RwSignal::new(Outcome::Idle);
    Effect::new(move |_| {
        label.set(button.get().and_then(|button| around(&button, "data-what")).map(|what| format!("Copy {what}")))
    });
    let press = move |_| {
        let text = button.get_untracked().and_then(|button| around(&button, "data-copy"));
        copy(&text.unwrap_or_default(), outcome);
        set_timeout(move || outcome.set(Outcome::Idle), std::time::Duration::from_millis(2_500));
    };
    view! {
        <button
            type="button" class="copy" node_ref=button hidden=move || label.get().is_none()
            aria-label=move || label.get() on:click=press
        >
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
use super::browser::around;

#[cfg(feature = "hydrate")]
fn copy(text: &str, outcome: RwSignal<Outcome>) {
    super::browser::copy(text, move |done| outcome.set(if done { Outcome::Copied } else { Outcome::Refused }));
}

#[cfg(not(feature = "hydrate"))]
fn copy(_text: &str, _outcome: RwSignal<Outcome>) {}
#[cfg(not(feature = "hydrate"))]
fn around<T>(_element: &T, _name: &str) -> Option<String> {
    None
}
